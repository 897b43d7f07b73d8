"""`plan` and `apply`."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from catalogctl import policy
from catalogctl.cli import exits
from catalogctl.cli.bases import base_options, chosen, kept, memory_for
from catalogctl.cli.options import cache_folder, global_options, interactive, settings
from catalogctl.cli.progress import Progress, clear
from catalogctl.cli.showing import ALL, FORMAT, load, out_option, save, shown
from catalogctl.errors import Error, InvalidError, UsageError
from catalogctl.github import workflow
from catalogctl.model import Plan

if TYPE_CHECKING:
    from catalogctl.config import Config
    from catalogctl.history import Base
    from catalogctl.session import Session
    from catalogctl.spec import Memory, Specs

T = TypeVar("T")

PATHS = click.argument(
    "paths", nargs=-1, type=click.Path(exists=True, path_type=Path), metavar="[PATH]..."
)

ONLY = click.option(
    "--only",
    multiple=True,
    metavar="GLOB",
    help="Only objects whose address matches, such as 'Table/*.public.*'. Repeatable; * crosses "
    "everything.",
)


def planning_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """What `plan` and `apply` share."""
    for option in (
        click.option("--allow", multiple=True, metavar="GUARD", type=click.Choice(policy.GUARDS),
                     help=f"Let the plan pass this guard, once: {', '.join(policy.GUARDS)}. "
                          "Repeatable."),
        click.option("--no-rehearse", is_flag=True,
                     help="Ask for no dry run. References are checked all the same."),
        ONLY,
        ALL,
    ):  # fmt: skip
        command = option(command)
    return command


@click.command()
@PATHS
@out_option("Save the plan, for `apply FILE` and `show FILE`.")
@FORMAT
@click.option("--detailed-exitcode", is_flag=True, help="Exit 2 when the plan holds changes.")
@planning_options
@base_options
@global_options
def plan(
    paths: tuple[Path, ...],
    out: Path | None,
    form: str,
    detailed_exitcode: bool,
    **options: Any,
) -> int:
    """Show what would change so that the catalogs hold what the specs say.

    Reads the catalogs, checks every reference, and has the server rehearse the changes where it
    can; it never writes. PATH replaces the configured spec files and folders.

    \b
    Exit codes: 0 fine; 1 something is refused or could not be read; 2 there are changes
    (only with --detailed-exitcode); 3 a guard stops the plan; 4 invalid specs or configuration.
    """
    with json_diagnostics(form):
        config = configured()
        memory = memory_for(options)
        specs = _specs(config, paths, memory)
        base = chosen(config, paths, options, memory)
        made = in_session(
            config,
            lambda session: _plan(session, specs, base, options),
            cache=cache_folder(),
        )
    save(made, out)
    shown(made, form, show_all=options["show_all"])
    exits.tell(made.diagnostics)
    workflow.report(made)
    return exits.of_plan(made, detailed=detailed_exitcode)


@click.command()
@PATHS
@click.option("--yes", is_flag=True, help="Do not ask. Needed where nobody can answer.")
@FORMAT
@click.option("--fail-fast", is_flag=True, help="Begin nothing more after the first failure.")
@planning_options
@base_options
@global_options
def apply(paths: tuple[Path, ...], yes: bool, form: str, fail_fast: bool, **options: Any) -> int:
    """Carry out a plan: write, read back, report.

    With a saved plan (`apply plan.json`) exactly that plan is carried out, and what has moved in
    the catalog since then is skipped and reported. Without one, a plan is made, shown, and carried
    out after you said yes. Running it again is safe.

    \b
    Exit codes: 0 every change is applied; 5 some are; 1 none is; 3 a guard stops the plan;
    4 invalid specs, configuration or saved plan; 130 interrupted.
    """
    file = _saved_plan(paths)
    if file is not None:
        _refuse_another_selection(options)
    with json_diagnostics(form):
        config = configured()
        saved = None if file is None else _loaded(file)
        memory = memory_for(options)
        specs = None if saved is not None else _specs(config, paths, memory)
        base = chosen(config, paths, options, memory) if specs is not None else None

        async def work(session: Session) -> int:
            made = None if saved is None else await session.judged(saved, options["allow"])
            if specs is not None:
                made = await _plan(session, specs, base, options)
                if form == "terminal" or made.guards:
                    shown(made, form, show_all=options["show_all"])
                exits.tell(made.diagnostics)
            assert made is not None
            if not made.changes and not made.guards:
                if form != "terminal" or saved is not None:
                    shown(replace(made, applied=True), form)
                workflow.report(made)
                return exits.DONE
            asked = saved is not None or yes
            return await _apply(session, config, made, form, fail_fast, agreed=asked)

        return in_session(config, work)


async def _apply(
    session: Session, config: Config, made: Plan, form: str, fail_fast: bool, *, agreed: bool
) -> int:
    if made.guards:
        for guard in made.guards:
            click.echo(
                f"stopped by {guard.guard}: {guard.message}; to permit it once: {guard.permit}",
                err=True,
            )
        click.echo("nothing was written", err=True)
        workflow.report(made)
        return exits.GUARDED
    if not agreed and not _agreed(made):
        return exits.FAILED
    _tell_of_earlier(config)
    stopped = asyncio.Event()
    with stopping_on_interrupt(stopped):
        result = await session.apply(made, fail_fast=fail_fast, stop=stopped)
    shown(result, form)
    workflow.report(result)
    if session.undo is not None:
        click.echo(f"To take this back: catalogctl apply {_short(session.undo)}", err=True)
    return exits.INTERRUPTED if stopped.is_set() else exits.of_result(result)


def _loaded(file: Path) -> Plan:
    saved = load(file)
    if saved.applied:
        raise UsageError("a result cannot be applied; apply the plan, or the undo file")
    return saved


def _refuse_another_selection(options: Mapping[str, Any]) -> None:
    """A saved plan is applied as it is: what would choose from it may not be passed over."""
    names = {"only": "--only", "base": "--base", "share": "--shard", "no_drift": "--no-drift",
             "only_drift": "--only-drift"}  # fmt: skip
    given = [flag for name, flag in names.items() if options[name]]
    if given:
        raise UsageError(f"a saved plan is applied as it is; plan again with {', '.join(given)}")


def _agreed(made: Plan) -> bool:
    clear()
    if not interactive():
        click.echo(
            "error: nothing was written: nobody is here to say yes;"
            " add --yes, or apply a saved plan",
            err=True,
        )
        return False
    count = len(made.changes)
    question = f"Apply the changes of {count} object{'' if count == 1 else 's'}?"
    if click.confirm(question, default=False, err=True):
        return True
    click.echo("nothing was written", err=True)
    return False


def _tell_of_earlier(config: Config) -> None:
    from catalogctl import journal, session

    earlier = journal.interrupted(session.state_folder(config))
    if earlier is not None:
        under_way = exits.safe(", ".join(earlier.under_way)) or "nothing"
        click.echo(
            f"note: an earlier apply was cut off after {earlier.done} of {earlier.changes} objects;"
            f" under way then: {under_way}. Every object is read again before it is written.",
            err=True,
        )


@contextlib.contextmanager
def stopping_on_interrupt(stopped: asyncio.Event) -> Iterator[None]:
    """The first Ctrl-C lets what is under way finish; the second one cuts it off."""
    loop = asyncio.get_running_loop()
    task = asyncio.current_task()

    def interrupt() -> None:
        if stopped.is_set() and task is not None:
            task.cancel()
            return
        stopped.set()
        click.echo("\nstopping: what is under way is finished and reported", err=True)

    with contextlib.suppress(NotImplementedError):  # Windows: Ctrl-C cuts off at once
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, interrupt)
    yield
    with contextlib.suppress(NotImplementedError):
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)


def _saved_plan(paths: Sequence[Path]) -> Path | None:
    saved = [path for path in paths if path.suffix == ".json"]
    if not saved:
        return None
    if len(paths) > 1:
        raise UsageError("a saved plan is applied alone")
    return saved[0]


def configured() -> Config:
    from catalogctl.config import load_config

    return load_config(settings().get("config"))


def _specs(config: Config, paths: Sequence[Path], memory: Memory | None) -> Specs:
    from catalogctl import session

    for path in paths:
        if path.suffix == ".json":
            raise UsageError(f"{path} is no spec; a saved plan is for `show` or `apply`")

    specs = session.load_specs(config, list(paths) or None, cache=cache_folder(), memory=memory)
    exits.tell(found for found in specs.diagnostics if found.severity.value == "warning")
    return specs


async def _plan(session: Session, specs: Specs, base: Base | None, options: dict[str, Any]) -> Plan:
    made = await session.plan(
        specs,
        only=options["only"],
        allow=options["allow"],
        rehearse=not options["no_rehearse"],
        base=base,
        keep=kept(options),
        share=options["share"],
    )
    if options["only"] and not made.objects:
        click.echo("warning: no object matches --only", err=True)
    return made if options["show_all"] else replace(made, unchanged=())


def in_session(
    config: Config, work: Callable[[Session], Awaitable[T]], *, cache: Path | None = None
) -> T:
    """Run a coroutine over connected catalogs, with progress on stderr. `cache` is of a plan."""
    from catalogctl.session import Session

    async def run() -> T:
        with Progress() as progress:
            async with Session(
                config,
                concurrency=settings().get("concurrency"),
                progress=progress,
                on_wait=progress.waiting,
                cache=cache,
            ) as session:
                return await work(session)

    try:
        return asyncio.run(run())
    except asyncio.CancelledError:  # by the second Ctrl-C
        raise KeyboardInterrupt from None


@contextlib.contextmanager
def json_diagnostics(form: str) -> Iterator[None]:
    """With `--format json`, what is invalid is printed as data too."""
    try:
        yield
    except InvalidError as problem:
        if form == "json":
            from catalogctl import planfile

            click.echo(workflow.json(planfile.diagnostics(problem.diagnostics)), nl=False)
        workflow.report_findings(problem.diagnostics)
        raise
    except Error as problem:
        workflow.report_failure(problem)
        raise


def _short(path: Path) -> str:
    with contextlib.suppress(ValueError):
        return str(path.resolve().relative_to(Path.cwd()))
    return str(path)
