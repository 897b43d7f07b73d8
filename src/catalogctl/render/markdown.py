"""A plan, or the result of an apply, as GitHub Markdown: the body of a comment.

Whatever comes from a catalog or a file stands in code (a fence longer than any run of backticks in
it, a code span, or `<code>`), with control characters spelt out. GitHub makes no mention, link,
reference or markup of what is in code, so nothing has to be escaped one sign at a time.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterator, Sequence
from itertools import chain

from catalogctl.errors import Location
from catalogctl.model import Address, Change, FieldChange, Outcome, Plan, Verdict, Violation
from catalogctl.render import text, words
from catalogctl.render.text import Group
from catalogctl.render.words import Kind, Line, Run, Shape

Link = Callable[[Location], "str | None"]

_LAMPS = {
    Group.FAILED: "🔴 ",
    Group.UNKNOWN: "🔴 ",
    Group.REFUSED: "🔴 ",
    Group.SKIPPED: "🟠 ",
    Group.CONFLICT: "🟠 ",
    Group.REMOVAL: "🟠 ",
}
_USUAL = (Verdict.VERIFIED.value, Verdict.UNVERIFIED.value, Outcome.APPLIED.value)
_MARKS = {Kind.KEPT: ("", ""), Kind.REMOVED: ("[-", "-]"), Kind.ADDED: ("{+", "+}")}

# Where not everything fits, an object is shortened to its fair share, which is never less than a
# fourth of the comment, and lines of text to a length that can be read.
_LEAST_SHARE = 4
_LONGEST_LINE = 400
_LONGEST_NAME = 300
_LONGEST_MESSAGE = 600
_FIELDS_NAMED = 3


def plan(
    plan: Plan,
    *,
    limit: int = 60_000,
    link: Link | None = None,
    all_objects: bool = False,
) -> str:
    """The plan (or result) as Markdown of at most `limit` bytes of UTF-8, from 2,000 up.

    First the summary and the guards; then, unfolded, what is refused, failed, in conflict or takes
    something away; then the rest, folded. What does not fit is left out in whole objects, the
    least important first, and counted at the end. `link` gives the URL of a place in the specs.
    With the same arguments the bytes are the same.
    """
    page = _Page(text.by_importance(plan), plan.applied, link)
    head = _head(plan)
    head += _guards(plan.guards, (limit - _size(head)) // 2)
    room = limit - _size(head) - _size(_notice(len(plan.changes), len(plan.changes)))
    body = page.whole(room)
    if body is None:
        shown = page.shortened(room)
        body = "".join(shown)
        if len(shown) < len(plan.changes):
            body += _notice(len(plan.changes) - len(shown), len(plan.changes))
    elif all_objects and plan.unchanged:
        body += _unchanged(plan.unchanged, room - _size(body))
    return (head + body).rstrip("\n") + "\n"


def _size(shown: str) -> int:
    return len(shown.encode())


def _head(plan: Plan) -> str:
    said = "".join(f"{sentence}\n\n" for sentence in text.sentences(plan))
    return f"### {text.summary(plan)}\n\n{said}"


def _guards(guards: Sequence[Violation], room: int) -> str:
    shown = ""
    for number, violation in enumerate(guards):
        name, message, permit = text.guard(violation)
        alert = text.disarm(
            "> [!CAUTION]\n"
            f"> **Stopped by the guard** {_code(words.cut(name, _LONGEST_NAME))}: "
            f"{_code(words.cut(message, _LONGEST_MESSAGE))}\n"
            f"> To permit it once: {_code(words.cut(permit, _LONGEST_NAME))}\n\n"
        )
        more = f"> [!CAUTION]\n> … {text.count(len(guards) - number, 'more guard')}\n\n"
        if _size(shown + alert + more) > room:
            return shown + more
        shown += alert
    return shown


def _notice(missing: int, objects: int) -> str:
    return f"**… {missing} of {objects} objects are not shown**: the comment would be too long.\n"


def _unchanged(addresses: Sequence[Address], room: int) -> str:
    title = f"<details><summary>In sync ({len(addresses)})</summary>"
    lines = [text.visible(f"= {address}") for address in addresses]
    return _fitted(title, "</details>", lines, room) or ""


class _Page:
    """The objects of a plan, the most important first, as blocks of Markdown."""

    def __init__(
        self, entries: Sequence[tuple[Group, Change]], applied: bool, link: Link | None
    ) -> None:
        self._entries = entries
        self._applied = applied
        self._link = link
        self._members = [group for group, _ in entries]

    def whole(self, room: int) -> str | None:
        """Every object in full, if all of them fit."""
        shown = []
        for number in range(len(self._entries)):
            block = self._block(number, None)
            room -= _size(block or "")
            if block is None or room < 0:
                return None
            shown.append(block)
        return "".join(shown)

    def shortened(self, room: int) -> list[str]:
        """The first objects, as many as fit when long ones are shortened."""
        least = room // _LEAST_SHARE
        shown: list[str] = []
        for number in range(len(self._entries)):
            share = max(room // (len(self._entries) - number), least)
            block = self._block(number, min(share, room))
            if block is None:
                break
            shown.append(block)
            room -= _size(block)
        return shown

    def _block(self, number: int, room: int | None) -> str | None:
        """One object, under the heading of its group if it is the first one there."""
        group, change = self._entries[number]
        heading = ""
        if number == 0 or self._members[number - 1] is not group:
            members = self._members.count(group)
            heading = f"#### {_LAMPS.get(group, '')}{group.title} ({members})\n\n"
        fields = sorted(change.fields, key=lambda field: _importance(field, self._applied))
        title, end = self._title(change, fields, folded=not group.red)
        lines = list(chain.from_iterable(self._lines(field, change) for field in fields))
        if change.reason:
            lines.insert(0, f"# {text.visible(change.reason)}")
        if room is None:
            return heading + _fenced(title, end, lines)
        block = _fitted(title, end, lines, room - _size(heading))
        return None if block is None else heading + block

    def _title(
        self, change: Change, fields: Sequence[FieldChange], *, folded: bool
    ) -> tuple[str, str]:
        """The object's title line, and what ends the object."""
        sign = html.escape(text.SIGNS[change.action])
        parts = [f"{sign} {_code_tag(str(change.address))}"]
        labels = text.labels(change, applied=self._applied)
        parts.append(", ".join(each if each in _USUAL else f"<b>{each}</b>" for each in labels))
        if folded:
            paths = ", ".join(field.path for field in fields[:_FIELDS_NAMED])
            more = len(fields) - _FIELDS_NAMED
            parts.append(_code_tag(paths) + (f" and {more} more" if more > 0 else ""))
        place = next((field.source for field in fields if field.source is not None), None)
        if place is not None:
            url = self._link(place) if self._link else None
            named = _code_tag(f"{place.file}:{place.line}")
            parts.append(f'<a href="{_href(url)}">{named}</a>' if url else named)
        title = " · ".join(parts)
        if folded:
            return f"<details><summary>{title}</summary>", "</details>"
        return f"<p>{title}</p>", ""

    def _lines(self, field: FieldChange, change: Change) -> Iterator[str]:
        place = f" {field.source.file}:{field.source.line}" if field.source else ""
        label = text.label(field, change, applied=self._applied)
        yield text.visible(f"@@ {field.path} @@{place}{'  ' if label else ''}{label}")
        for line in text.lines(field, applied=self._applied):
            yield from _diff(line)


def _importance(field: FieldChange, applied: bool) -> int:
    """Fields too stand in order of importance: where an object is shortened, its end is lost."""
    bad = field.verdict is Verdict.REFUSED
    if applied and field.outcome is not None:
        bad = field.outcome is not Outcome.APPLIED
    return 0 if bad else 1 if field.takes_away else 2


def _diff(line: Line) -> Iterator[str]:
    """A line as GitHub colours it in a `diff` fence: what goes and what comes on its own line."""
    if line.shape in (Shape.MIXED, Shape.SWAPPED):
        yield _side("-", line, Kind.REMOVED)
        yield _side("+", line, Kind.ADDED)
    else:
        yield f"{line.shape.value} " + text.visible(line.text)


def _side(sign: str, line: Line, side: Kind) -> str:
    if line.shape is Shape.SWAPPED:
        runs = [Run(Kind.KEPT, run.text) for run in line.runs if run.kind is side]
    else:
        runs = [run for run in line.runs if run.kind in (Kind.KEPT, side)]
    marked = (_MARKS[run.kind][0] + text.visible_run(run) + _MARKS[run.kind][1] for run in runs)
    return f"{sign} " + "".join(marked)


# -- code, in which everything is inert

_TICKS = re.compile("`+")


def _longest_ticks(shown: str) -> int:
    return max(map(len, _TICKS.findall(shown)), default=0)


def _code(shown: str) -> str:
    """A code span around text that has no line break."""
    ticks = "`" * (_longest_ticks(shown) + 1)
    # One space at each end is taken away again; without it a backtick at an end would join ours.
    pad = " " if not shown.strip("` ") or shown != shown.strip("` ") else ""
    return f"{ticks}{pad}{shown}{pad}{ticks}"


def _code_tag(shown: str) -> str:
    """Code where HTML stands: Markdown is not read there."""
    return f"<code>{html.escape(words.cut(text.visible(shown), _LONGEST_NAME))}</code>"


def _href(url: str) -> str:
    """A URL that cannot end its attribute or its line."""
    safe = re.sub(r"[^!-~]|[\"'<>\\^`{|}\[\]]", _percent, url)
    return html.escape(safe)


def _percent(found: re.Match[str]) -> str:
    return "".join(f"%{byte:02X}" for byte in found.group().encode("utf-8", "replace"))


def _fenced(title: str, end: str, lines: Sequence[str]) -> str:
    body = "\n".join(line.rstrip() for line in lines)
    fence = "`" * max(3, _longest_ticks(body) + 1)
    ending = f"{end}\n\n" if end else ""
    return text.disarm(f"{title}\n\n{fence}diff\n{body}\n{fence}\n\n{ending}")


def _fitted(title: str, end: str, lines: Sequence[str], room: int) -> str | None:
    """The object in at most `room` bytes: in full, else without its last lines; None if not even
    one line fits.
    """
    whole = _fenced(title, end, lines)
    if _size(whole) <= room:
        return whole
    short = [words.cut(line, _LONGEST_LINE) for line in lines]
    ticks = "`" * max(map(_longest_ticks, short), default=0)
    room -= _size(_fenced(title, end, [ticks, _lines_missing(len(lines), len(lines))]))
    shown = []
    for line in short:
        room -= _size(text.disarm(line)) + 1
        if room < 0:
            break
        shown.append(line)
    if not shown:
        return None
    if len(shown) < len(short):
        shown.append(_lines_missing(len(short) - len(shown), len(short)))
    return _fenced(title, end, shown)


def _lines_missing(missing: int, lines: int) -> str:
    return f"# … {missing} of {lines} lines are not shown"
