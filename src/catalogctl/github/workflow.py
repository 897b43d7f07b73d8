"""A workflow's log and summary: annotations, the step summary, and a log that obeys nobody else.

Only with `GITHUB_ACTIONS=true`; elsewhere every function here does nothing. The commands and the
escapes are those of GitHub's documentation ("Workflow commands for GitHub Actions") and of the
runner's source: it obeys `::…` at the start of a line, after blanks, and `##[` anywhere.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import IO, Any, NamedTuple

from catalogctl.errors import Diagnostic, Error, InvalidError, Location, Severity
from catalogctl.model import Change, FieldChange, Origin, Outcome, Plan, Verdict

MOST = 10
"""Annotations of each level that GitHub shows of one step."""

SUMMARY = 1024 * 1024
"""Bytes of a step's summary; of a longer one the runner keeps nothing."""

LEAST = 2_000
"""A summary that has less room than this is left alone."""


def active() -> bool:
    return os.environ.get("GITHUB_ACTIONS") == "true"


# -- a log in which catalog text is no command


@contextlib.contextmanager
def disarmed() -> Iterator[None]:
    """What is written to stderr meanwhile, by whomever, holds no command but the tool's own.

    What goes to stdout may be somebody's file, byte for byte; there the renderers see to it, and
    `json` for data.
    """
    if not active():
        yield
        return
    before = sys.stderr
    sys.stderr = _Disarmed(before)
    try:
        yield
    finally:
        sys.stderr = before


class _Disarmed:
    """A text stream like the one it stands for."""

    def __init__(self, stream: IO[str]) -> None:
        self.stream = stream

    def write(self, text: str) -> int:
        from catalogctl.render.text import disarm

        self.stream.write(disarm(text))
        return len(text)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.stream, name)


def json(text: str) -> str:
    """The same JSON, without a command of the runner in it."""
    return text.replace("##", "#\\u0023") if active() else text


# -- annotations


class Annotation(NamedTuple):
    level: str
    message: str
    place: Location | None = None
    title: str = ""

    def __str__(self) -> str:
        properties = {"title": self.title}
        if self.place is not None:
            at = self.place
            properties = {"file": at.file, "line": str(at.line), "col": str(at.column)} | properties
        listed = ",".join(f"{key}={_property(value)}" for key, value in properties.items() if value)
        return f"::{self.level}{' ' if listed else ''}{listed}::{_data(self.message)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def annotate(found: Iterable[Annotation]) -> None:
    """Print the first ten of each level; the most important stand first."""
    from catalogctl.render.text import disarm, visible

    left = {"error": MOST, "warning": MOST, "notice": MOST}
    stream = sys.stderr.stream if isinstance(sys.stderr, _Disarmed) else sys.stderr
    for each in found:
        if left[each.level] > 0:
            left[each.level] -= 1
            place = each.place and replace(each.place, file=visible(each.place.file))
            message, title = (disarm(visible(said)) for said in (each.message, each.title))
            stream.write(f"{Annotation(each.level, message, place, title)}\n")
    stream.flush()


def of_findings(found: Iterable[Diagnostic]) -> Iterator[Annotation]:
    for each in found:
        level = "error" if each.severity is Severity.ERROR else "warning"
        hint = f"; {each.hint}" if each.hint else ""
        yield Annotation(level, f"{each.message}{hint}", each.location, each.code)


def of_plan(plan: Plan) -> Iterator[Annotation]:
    """Guards, then what is refused, failed or moved, in the order of importance."""
    from catalogctl.render.text import by_importance

    for guard in plan.guards:
        message = f"{guard.message}; to permit it once: {guard.permit}"
        yield Annotation("error", message, title=f"stopped by the guard {guard.guard}")
    yield from of_findings(plan.diagnostics if not plan.applied else ())
    for _, change in by_importance(plan):
        for field in change.fields:
            level, said = _ended(field) if plan.applied else _moved(field)
            if level:
                title = f"{change.address}: {field.path}"
                yield Annotation(level, f"{said}: {title}{_why(field, change)}", field.source, said)


def _ended(field: FieldChange) -> tuple[str, str]:
    if field.outcome in (None, Outcome.APPLIED):
        return "", ""
    return ("warning" if field.outcome is Outcome.SKIPPED else "error"), field.outcome.value


def _moved(field: FieldChange) -> tuple[str, str]:
    if field.verdict is Verdict.REFUSED:
        return "", ""  # a finding of its own says so, with the very line
    levels = {Origin.CONFLICT: ("warning", "conflict"), Origin.DRIFT: ("notice", "drift")}
    return levels.get(field.origin, ("", ""))


def _why(field: FieldChange, change: Change) -> str:
    why = field.message or change.reason
    return f": {why}" if why else ""


# -- the step summary


def append(render: Callable[[int], str]) -> bool:
    """Append what `render` gives, in the bytes that are left, to the step's summary.

    False when there is no summary to write to, or no room in it.
    """
    file = os.environ.get("GITHUB_STEP_SUMMARY")
    if not file:
        return False
    path = Path(file)
    try:
        room = SUMMARY - (path.stat().st_size if path.exists() else 0) - 1
        if room < LEAST:
            return False
        with path.open("a", encoding="utf-8", newline="\n") as summary:
            summary.write(render(room) + "\n")
    except OSError as problem:
        raise Error(f"the step summary {file} cannot be written: {problem.strerror}") from None
    return True


# -- what the commands call


def report(plan: Plan) -> None:
    """A plan or a result, in annotations and in the step summary."""
    if active():
        from catalogctl.github import context
        from catalogctl.render import markdown

        annotate(of_plan(plan))
        with _told():
            known = os.environ.get("GITHUB_REPOSITORY")
            link = context.of(os.environ).link if known else None
            append(lambda room: markdown.plan(plan, limit=room, link=link))


def report_findings(found: Sequence[Diagnostic]) -> None:
    """What is wrong with specs or configuration, in annotations and in the step summary."""
    if active() and found:
        from catalogctl.render import markdown

        annotate(of_findings(found))
        with _told():
            append(lambda room: markdown.findings(found, limit=room))


def report_failure(problem: Error) -> None:
    """What ended the command, as an annotation; findings have their own."""
    if active() and not isinstance(problem, InvalidError):
        annotate([Annotation("error", str(problem))])


@contextlib.contextmanager
def _told() -> Iterator[None]:
    """A summary that cannot be written spoils neither a plan nor an apply."""
    try:
        yield
    except Error as problem:
        annotate([Annotation("warning", str(problem))])
