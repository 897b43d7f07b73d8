"""`run`: one thing done to one object, by hand."""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
import sys
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import click

from catalogctl import fqn
from catalogctl.cli import exits
from catalogctl.cli.options import cache_folder, duration, global_options, interactive
from catalogctl.cli.planning import (
    configured,
    in_session,
    json_diagnostics,
    stopping_on_interrupt,
)
from catalogctl.errors import Error, InvalidError, UsageError
from catalogctl.github import workflow
from catalogctl.model import Address, Declared, encode_part
from catalogctl.providers.actions import ACTIONS, Action, Ending, Order, Report, RowOutcome, of
from catalogctl.render.text import disarm

if TYPE_CHECKING:
    from catalogctl.config import Config
    from catalogctl.session import Session

_ADDRESS = re.compile(
    r"(?:(?P<catalog>[A-Za-z0-9][\w.-]*):)?(?P<kind>[A-Za-z]+)/(?P<identity>.+)", re.DOTALL
)
_EXAMPLE = "such as Table/service.database.schema.table"
_EXITS = {
    Ending.DONE: exits.DONE,
    Ending.PARTLY: exits.PARTLY,
    Ending.FAILED: exits.FAILED,
    Ending.INTERRUPTED: exits.INTERRUPTED,
}


def _overview() -> str:
    """All actions, for the help."""
    actions: dict[str, tuple[Action, list[str]]] = {}
    for kinds in ACTIONS.values():
        for kind, rows in kinds.items():
            for name, action in rows.items():
                actions.setdefault(name, (action, []))[1].append(kind)
    lines = [
        f"  {name}: {action.about}\n      ({', '.join(kinds)})"
        for name, (action, kinds) in sorted(actions.items())
    ]
    return "\b\nActions (# is a part, such as a schema of a DataSource):\n" + "\n".join(lines)


@click.command(epilog=_overview())
@click.argument("action")
@click.argument("address")
@click.argument("file", required=False)
@click.option("--yes", is_flag=True, help="Do not ask. Needed where nobody can answer.")
@click.option("--dry-run", is_flag=True, help="Let the server rehearse it. Never writes.")
@click.option(
    "--async",
    "asynchronous",
    is_flag=True,
    help="As a job on the server, which is waited for. For exports and imports that take longer"
    " than a gateway allows.",
)
@click.option("--wait", is_flag=True, help="Follow what was started to its end; --async does.")
@click.option(
    "--wait-timeout",
    callback=duration,
    default="30m",
    show_default=True,
    metavar="TIME",
    help="How long, such as 90s, 30m or 2h. When it is over the exit code is 1.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["terminal", "json"]),
    default="terminal",
    help="json prints what the API answered.",
)
@global_options
def run(
    action: str,
    address: str,
    file: str | None,
    yes: bool,
    form: str,
    wait_timeout: float,
    **options: bool,
) -> int:
    """Do one thing to one object, by hand.

    ADDRESS is KIND/IDENTITY as plans print it, with a /, # or % in a name percent-encoded; with
    several catalogs of a type CATALOG:KIND/IDENTITY. An import is checked against the catalog
    first, asks before it writes, and sends only the rows that differ.

    \b
    catalogctl run export Table/shop.main.public.orders orders.csv
    catalogctl run import Table/shop.main.public.orders orders.csv --dry-run
    catalogctl run export MessagingService/kafka --async > topics.csv
    catalogctl run reload 'DataSource/Postgres/prod_#public.orders' --wait
    catalogctl run sync TableSync/8/main.dbo/foobar

    \b
    Exit codes: 0 done; 5 a part of it; 1 nothing, refused, or still running when the time was up;
    4 a file that cannot be sent as it is; 130 interrupted.
    """
    type, named, kind, identity = _subject(address)
    what = _action(action, type, kind, identity)
    _fitting(action, what, file, form, options)
    with json_diagnostics(form):
        config = configured()
        catalog, qualified = _catalog(named, type, address, config)
        stop, stopping = asyncio.Event(), contextlib.ExitStack()

        def agree(question: str, about: Sequence[str]) -> bool:
            agreed = yes or _agreed(question, about)
            if agreed:
                stopping.enter_context(stopping_on_interrupt(stop))
            return agreed

        order = Order(
            action,
            Address(catalog, kind, identity, qualified),
            content=_content(file) if what.file == "in" else b"",
            file=_name(file, config),
            dry_run=options["dry_run"],
            asynchronous=options["asynchronous"],
            wait=options["wait"],
            wait_seconds=wait_timeout,
            agree=agree,
            stop=stop,
            declared=_declared(config, Address(catalog, kind, identity)) if what.spec else {},
        )
        gently = order.asynchronous and (order.dry_run or not what.asks)
        report = in_session(config, lambda session: _run(session, order, stopping, gently))
    _show(report, file, form)
    return _EXITS[report.ending]


async def _run(
    session: Session, order: Order, stopping: contextlib.ExitStack, gently: bool
) -> Report:
    """Ctrl-C ends what only reads at once; what writes, or runs as a job, is ended in order.

    At a question it still means no, so that the gentle way begins with the yes.
    """
    with stopping:
        if gently:
            stopping.enter_context(stopping_on_interrupt(order.stop))
        return await session.run(order)


# -- what was asked for


def _subject(address: str) -> tuple[str, str | None, str, str]:
    """The type, catalog, kind and identity that an address names; needs no configuration."""
    found = _ADDRESS.fullmatch(address)
    if found is None:
        raise UsageError(f"{address!r} is no address; write KIND/IDENTITY, {_EXAMPLE}")
    kind = found["kind"]
    type_of = {each.rstrip("#"): type for type, kinds in ACTIONS.items() for each in kinds}
    if kind not in type_of:
        known = ", ".join(sorted(type_of))
        raise UsageError(
            f"there is nothing to run on a {kind!r}{_meant(kind, type_of)}; kinds: {known}"
        )
    type = type_of[kind]
    return type, found["catalog"], kind, _identity(found["identity"], type)


def _identity(identity: str, type: str) -> str:
    """As plans print it: OpenMetadata's names have one spelling, and a single part."""
    if type != "openmetadata":
        return identity
    if "/" in identity or "#" in identity:
        right = identity.replace("/", "%2F").replace("#", "%23")
        raise UsageError(f"a / or # in a name is written %2F or %23: {right}")
    try:
        return encode_part(fqn.normal(unquote(identity)))
    except ValueError as problem:
        raise UsageError(f"{identity!r} is no name: {problem}") from None


def _action(name: str, type: str, kind: str, identity: str) -> Action:
    known = of(type, kind, identity)
    if name in known:
        return known[name]
    listed = "".join(f"\n  {each}: {action.about}" for each, action in known.items())
    raise UsageError(
        f"there is no action {name!r} of a {kind}{_meant(name, known)}\nits actions:{listed}"
    )


def _catalog(named: str | None, type: str, text: str, config: Config) -> tuple[str, bool]:
    """Which configured catalog is meant, and whether an address has to name it."""
    fitting = [name for name, each in config.catalogs.items() if each.type == type]
    if not fitting:
        raise UsageError(f"no catalog of type {type} is configured")
    if named is None and len(fitting) > 1:
        choice = ", ".join(f"{name}:{text}" for name in fitting)
        raise UsageError(f"which catalog? {choice}")
    if named is not None and named not in fitting:
        raise UsageError(
            f"{named!r} is no catalog of type {type}{_meant(named, fitting)};"
            f" configured: {', '.join(fitting)}"
        )
    return named or fitting[0], len(fitting) > 1


def _meant(word: str, known: Mapping[str, Any] | Sequence[str] | set[str]) -> str:
    close = get_close_matches(word, list(known), n=1)
    return f"; did you mean {close[0]!r}?" if close else ""


def _fitting(
    name: str, action: Action, file: str | None, form: str, options: Mapping[str, bool]
) -> None:
    """Options and FILE, as far as the action takes them."""
    flags = {"dry_run": "dry-run", "asynchronous": "async", "wait": "wait"}
    for option, flag in flags.items():
        if options[option] and flag not in action.options:
            takes = ", ".join(f"--{each}" for each in sorted(action.options)) or "none of them"
            raise UsageError(f"{name} has no --{flag}; it takes {takes}")
    if action.file == "in" and file is None:
        raise UsageError(f"{name} needs a FILE; - is standard input")
    if not action.file and file is not None:
        raise UsageError(f"{name} takes no FILE")
    if form == "json" and not action.json:
        raise UsageError(f"what {name} gives is the file itself; leave --format json away")


def _declared(config: Config, address: Address) -> Mapping[str, Declared]:
    """What the specs say of the object; nothing when they do not declare it."""
    from catalogctl.session import load_specs

    specs = load_specs(config, cache=cache_folder())
    if specs.has_errors:
        raise InvalidError(specs.diagnostics)
    return next((one.fields for one in specs.desired if one.address == address), {})


def _content(file: str | None) -> bytes:
    if file is None or file == "-":
        return sys.stdin.buffer.read()
    try:
        return Path(file).read_bytes()
    except OSError as problem:
        raise Error(f"{file} cannot be read: {problem.strerror}") from None


def _name(file: str | None, config: Config) -> str:
    return "<stdin>" if file is None or file == "-" else config.relative(Path(file))


def _agreed(question: str, about: Sequence[str]) -> bool:
    for line in about:
        click.echo(exits.safe(line), err=True)
    if not interactive():
        click.echo("error: nobody is here to say yes; add --yes", err=True)
        return False
    return click.confirm(exits.safe(question), default=False, err=True)


# -- what came of it


def _show(report: Report, file: str | None, form: str) -> None:
    if report.content is not None:
        _put(report.content, file)
        click.echo(exits.safe(report.message), err=True)
        return
    if form == "json":
        click.echo(workflow.json(json.dumps(_as_json(report), indent=2, ensure_ascii=False)))
    else:
        for line in (*_table(report), *report.lines):
            click.echo(disarm(exits.safe(line)))
    for note in report.notes:
        click.echo(exits.safe(f"note: {note}"), err=True)
    if form == "json" or report.ending is not Ending.DONE:
        click.echo(exits.safe(report.message), err=True)
    else:
        click.echo(exits.safe(report.message))


def _put(content: bytes, file: str | None) -> None:
    """The very bytes: no new line ends, no other encoding."""
    if file is not None and file != "-":
        Path(file).write_bytes(content)
        return
    sys.stdout.flush()
    sys.stdout.buffer.write(content)
    sys.stdout.buffer.flush()


def _table(report: Report) -> list[str]:
    """A line for each row, but for those that were not sent: they are counted in the message."""
    rows = [row for row in report.rows if row.outcome is not RowOutcome.UNCHANGED]
    names = max((len(row.name) for row in rows if len(row.name) <= 40), default=0)
    words = max((len(row.outcome.value) for row in rows), default=0)
    digits = max((len(str(row.line)) for row in rows), default=0)
    lines = []
    for row in rows:
        said = row.details
        if row.outcome in _GOOD:
            said = f"changes {', '.join(row.changed)}" if row.changed else "no change"
        lines.append(
            f"line {row.line:>{digits}}  {row.name:<{names}}  {row.outcome.value:<{words}}  {said}"
        )
    return lines


_GOOD = (RowOutcome.ACCEPTED, RowOutcome.WRITTEN)


def _as_json(report: Report) -> dict[str, Any]:
    rows = [
        {
            "line": row.line,
            "name": row.name,
            "outcome": row.outcome.value,
            "details": row.details,
            "changed": list(row.changed),
        }
        for row in report.rows
    ]
    # The API's answer as it came; it stands in `answers` too, since a long file has several.
    alone = report.answers[0] if len(report.answers) == 1 else {}
    alone = alone if isinstance(alone, dict) else {}
    return {
        **alone,
        "format_version": "1.0",
        "kind": "run",
        "ending": report.ending.value,
        "message": report.message,
        "answers": list(report.answers),
        "rows": rows,
        "notes": list(report.notes),
    }
