"""A plan or a result on its way out: shown in a format, saved, loaded again; and `show`."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import click

from catalogctl.cli.options import colored, global_options, settings
from catalogctl.cli.progress import clear
from catalogctl.errors import Error
from catalogctl.github import workflow
from catalogctl.model import Plan

F = TypeVar("F", bound=Callable[..., Any])

FORMAT = click.option(
    "--format", "form", type=click.Choice(["terminal", "json", "markdown"]), default="terminal",
    help="What goes to stdout. Default: terminal.",
)  # fmt: skip
ALL = click.option("--all", "show_all", is_flag=True, help="List objects in sync as well.")


def out_option(help: str) -> Callable[[F], F]:
    """`--out FILE`, with what it is for."""
    file = click.Path(path_type=Path, dir_okay=False)
    return click.option("--out", type=file, metavar="FILE", help=help)


def shown(made: Plan, form: str, *, show_all: bool = False) -> None:
    clear()
    if form == "json":
        from catalogctl import planfile

        text = workflow.json(planfile.dumps(made))
    elif form == "markdown":
        from catalogctl.render import markdown

        text = markdown.plan(made, all_objects=show_all)
    else:
        from catalogctl.render import terminal

        width = shutil.get_terminal_size((100, 24)).columns if sys.stdout.isatty() else 100
        text = terminal.plan(made, color=colored(sys.stdout), width=width, all_objects=show_all)
    click.echo(text, nl=not text.endswith("\n"), color=True)


def save(made: Plan, out: Path | None) -> None:
    """The plan as a file, if one was asked for."""
    if out is not None:
        from catalogctl import planfile

        out.write_text(planfile.dumps(made), encoding="utf-8")


def load(file: Path) -> Plan:
    from catalogctl import planfile

    try:
        # A file that was cut off inside of a character is then refused like any that was cut off.
        text = file.read_text(encoding="utf-8", errors="replace")
    except OSError as problem:
        raise Error(f"{file} cannot be read: {problem.strerror}") from None
    return planfile.loads(text, str(file))


@click.command()
@click.argument(
    "files", nargs=-1, required=True, type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE...",
)  # fmt: skip
@FORMAT
@ALL
@out_option("Save what is shown: the plan that several files are shares of.")
@global_options  # fmt: skip
def show(files: tuple[Path, ...], form: str, show_all: bool, out: Path | None) -> int:
    """Show saved plans or results again; several are joined into one.

    FILE is what `plan --out FILE` wrote, or what `plan` or `apply` printed with --format json. A
    file that was cut off or edited is refused. Shares (`plan --shard I/N`) are joined into the
    plan that one run would have made, and its guards are judged again.

    \b
    Exit codes: 0 fine; 4 a file is no saved plan, or they do not belong together.
    """
    made = load(files[0]) if len(files) == 1 else joined(files)
    save(made, out)
    shown(made, form, show_all=show_all)
    return 0


def joined(files: tuple[Path, ...]) -> Plan:
    """The plan (or result) that these files are shares of, its guards judged again."""
    from catalogctl import planfile, policy
    from catalogctl.config import load_config

    whole = planfile.join([(str(file), load(file)) for file in files])
    if whole.applied:
        return whole
    # "no-specs" is of the files that were read, not of their objects: it stays.
    kept = tuple(each for each in whole.guards if each.guard == "no-specs")
    guards = load_config(settings().get("config")).guards
    return replace(whole, guards=(*kept, *policy.check(whole, guards)))
