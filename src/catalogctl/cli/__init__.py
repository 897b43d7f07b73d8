"""The command line. One file a command group; the only place that prints and that ends a process.

Commands are loaded when they are called: `--help` and `--version` must not wait for an HTTP client.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Any

import click

from catalogctl.cli.exits import INTERRUPTED, USAGE
from catalogctl.version import __version__

COMMANDS = {
    "validate": ("specs", "Check specs and configuration without any network."),
    "plan": ("planning", "Show what would change, with the catalog's own verdict. Never writes."),
    "apply": ("planning", "Carry out a plan, check it and report it."),
    "show": ("showing", "Show saved plans or results again; shares are joined."),
    "drift": ("drifting", "Show what the catalogs moved away from git, by whom and when."),
    "comment": ("comment", "Keep a comment on a pull request, or an issue, up to date."),
    "run": ("running", "Do one thing to one object by hand: a sync, a reload, a CSV import."),
    "schema": ("specs", "Print the JSON Schema of the spec language, for editors."),
    "sandbox": ("sandbox", "Serve catalogs to play with on this machine."),
    "demo": ("sandbox", "Walk through plan and apply on a sandbox, in a minute."),
}


class Commands(click.Group):
    """Lists every command, and imports the one that is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module = import_module(f"catalogctl.cli.{COMMANDS[cmd_name][0]}")
        command: click.Command = getattr(module, cmd_name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, about) for name, (_, about) in COMMANDS.items()])

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as problem:
            from difflib import get_close_matches

            near = get_close_matches(args[0], COMMANDS, n=1)
            hint = f" Did you mean {near[0]!r}?" if near else ""
            raise click.UsageError(problem.message + hint, ctx) from None


def root() -> click.Group:
    """The program as click knows it."""
    from catalogctl.cli.options import global_options

    @click.group(
        cls=Commands,
        context_settings={"help_option_names": ["-h", "--help"]},
        epilog="A first look: catalogctl demo. Exit codes and all options: docs/cli.md.",
    )
    @click.version_option(__version__, message="catalogctl %(version)s")
    @global_options
    def catalogctl(**_: Any) -> None:
        """GitOps for data-platform metadata.

        YAML files in git say what should be true in OpenMetadata, Alation and PostHog; `plan` says
        what would change, `apply` carries it out, checks it and reports it.
        """

    return catalogctl


def run(args: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code. Every expected failure ends here, in words."""
    # A run makes millions of values and hardly a cycle: looking for some this often costs 5 %.
    gc.set_threshold(100_000, 50, 50)
    from catalogctl.github.workflow import disarmed

    with disarmed():
        return _run(args)


def _run(args: Sequence[str] | None) -> int:
    from catalogctl.cli.exits import report

    try:
        code = root().main(
            args=None if args is None else list(args), prog_name="catalogctl", standalone_mode=False
        )
        return code if isinstance(code, int) else 0
    except click.exceptions.Exit as ended:
        return ended.exit_code
    except click.Abort:
        click.echo("interrupted", err=True)
        return INTERRUPTED
    except click.ClickException as problem:
        problem.show()
        return USAGE
    except KeyboardInterrupt:
        click.echo("interrupted", err=True)
        return INTERRUPTED
    except SystemExit:
        # Only so does click end a command: whoever read the output has gone (`plan | head`).
        return 0
    except Exception as problem:
        return report(problem)


def main() -> None:
    """The console script."""
    sys.exit(run())
