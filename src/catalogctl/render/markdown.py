"""A plan, or the result of an apply, as GitHub Markdown: the body of a comment.

Whatever comes from a catalog or a file stands in code: see `inert`.
"""

from __future__ import annotations

import html
from collections.abc import Callable, Iterator, Sequence
from itertools import chain

from catalogctl.errors import Diagnostic, Location, Severity
from catalogctl.model import Address, Change, FieldChange, Outcome, Plan, Verdict, Violation
from catalogctl.render import inert, text, words
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

# Where not everything fits, an object is shortened to its fair share, which is never less than a
# fourth of the comment, and lines of text to a length that can be read.
_LEAST_SHARE = 4
_LONGEST_LINE = 400
_LONGEST_MESSAGE = 600
_FIELDS_NAMED = 3


def plan(
    plan: Plan,
    *,
    limit: int = 60_000,
    link: Link | None = None,
    rest: str | None = None,
    all_objects: bool = False,
) -> str:
    """The plan (or result) as Markdown of at most `limit` bytes of UTF-8, from 2,000 up.

    First the summary and the guards; then, unfolded, what is refused, failed, in conflict or takes
    something away; then the rest, folded. What does not fit is left out in whole objects, the
    least important first, and counted at the end; `rest` is the URL where they are found. `link`
    gives the URL of a place in the specs. With the same arguments the bytes are the same.
    """
    page = _Page(text.by_importance(plan), plan.applied, link)
    head = _head(plan)
    head += _guards(plan.guards, (limit - _size(head)) // 2)
    room = limit - _size(head) - _size(_notice(len(plan.changes), len(plan.changes), rest))
    body = page.whole(room) or page.whole(room, linked=False)
    if body is None:
        shown = page.shortened(room)
        body = "".join(shown)
        if len(shown) < len(plan.changes):
            body += _notice(len(plan.changes) - len(shown), len(plan.changes), rest)
    elif all_objects and plan.unchanged:
        body += _unchanged(plan.unchanged, room - _size(body))
    return (head + body).rstrip("\n") + "\n"


def findings(found: Sequence[Diagnostic], *, limit: int = 60_000) -> str:
    """What is wrong with specs or configuration, as Markdown of at most `limit` bytes."""
    errors = sum(each.severity is Severity.ERROR for each in found)
    counts = (text.count(errors, "error"), text.count(len(found) - errors, "warning"))
    title = f"### {counts[0]}, {counts[1]}"
    return _fitted(title, "", [text.visible(str(each)) for each in found], limit, "") or ""


def _size(shown: str) -> int:
    return len(shown.encode())


def _head(plan: Plan) -> str:
    said = "".join(f"{sentence}\n\n" for sentence in text.sentences(plan, inert.span))
    return f"### {text.summary(plan)}\n\n{said}"


def _guards(guards: Sequence[Violation], room: int) -> str:
    shown = ""
    for number, violation in enumerate(guards):
        name, message, permit = text.guard(violation)
        alert = text.disarm(
            "> [!CAUTION]\n"
            f"> **Stopped by the guard** {inert.span(words.cut(name, inert.LONGEST_NAME))}: "
            f"{inert.span(words.cut(message, _LONGEST_MESSAGE))}\n"
            f"> To permit it once: {inert.span(words.cut(permit, inert.LONGEST_NAME))}\n\n"
        )
        more = f"> [!CAUTION]\n> … {text.count(len(guards) - number, 'more guard')}\n\n"
        if _size(shown + alert + more) > room:
            return shown + more
        shown += alert
    return shown


def _notice(missing: int, objects: int, rest: str | None) -> str:
    why = f"**… {missing} of {objects} objects are not shown**: the comment would be too long."
    found = f" They are in {inert.anchor(rest, 'the workflow run')}." if rest else ""
    return f"{why}{found}\n"


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

    def whole(self, room: int, *, linked: bool = True) -> str | None:
        """Every object in full, if all of them fit; with a link for each field if `linked`."""
        shown = []
        for number in range(len(self._entries)):
            block = self._object(number, linked=linked)
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
            block = self._object(number, room=min(share, room))
            if block is None:
                break
            shown.append(block)
            room -= _size(block)
        return shown

    def _object(self, number: int, *, room: int | None = None, linked: bool = False) -> str | None:
        """One object, under the heading of its group if it is the first one there."""
        group, change = self._entries[number]
        heading = ""
        if number == 0 or self._members[number - 1] is not group:
            members = self._members.count(group)
            heading = f"#### {_LAMPS.get(group, '')}{group.title} ({members})\n\n"
        fields = sorted(change.fields, key=lambda field: _importance(field, self._applied))
        title, end = self._title(change, fields, folded=not group.red)
        standing = text.standing(change, applied=self._applied)
        lines = list(chain.from_iterable(self._lines(field, standing) for field in fields))
        if change.reason:
            lines.insert(0, f"# {text.visible(change.reason)}")
        if room is None:
            links = self._links(fields) if linked else ""
            return heading + _block(title + links, end, lines)
        block = _fitted(title, end, lines, room - _size(heading))
        return None if block is None else heading + block

    def _title(
        self, change: Change, fields: Sequence[FieldChange], *, folded: bool
    ) -> tuple[str, str]:
        """The object's title line, and what ends the object."""
        sign = html.escape(text.SIGNS[change.action])
        parts = [f"{sign} {inert.tag(str(change.address))}"]
        labels = text.labels(change, applied=self._applied)
        parts.append(", ".join(each if each in _USUAL else f"<b>{each}</b>" for each in labels))
        if folded:
            paths = ", ".join(field.path for field in fields[:_FIELDS_NAMED])
            more = len(fields) - _FIELDS_NAMED
            parts.append(inert.tag(paths) + (f" and {more} more" if more > 0 else ""))
        place = next((field.source for field in fields if field.source is not None), None)
        if place is not None:
            url = self._link(place) if self._link else None
            named = inert.tag(f"{place.file}:{place.line}")
            parts.append(inert.anchor(url, named) if url else named)
        title = " · ".join(parts)
        if folded:
            return f"<details><summary>{title}</summary>", "</details>"
        return f"<p>{title}</p>", ""

    def _links(self, fields: Sequence[FieldChange]) -> str:
        """Each field's line in the specs, where the title's link is not enough."""
        places = [(field.path, field.source) for field in fields if field.source is not None]
        urls = [(path, self._link(place) if self._link else None) for path, place in places]
        links = [inert.anchor(url, inert.tag(path)) for path, url in urls if url]
        return f"\n\n<p>{' · '.join(links)}</p>" if len(links) > 1 else ""

    def _lines(self, field: FieldChange, of_object: Verdict | Outcome) -> Iterator[str]:
        place = f" {field.source.file}:{field.source.line}" if field.source else ""
        label = text.label(field, of_object, applied=self._applied)
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
    shown = "".join(text.visible_run(run) for run in runs)
    bare = shown.rstrip(" ")  # blanks at the end may be all that changes, and nobody would see them
    return f"{sign} {bare}" + "\\x20" * (len(shown) - len(bare))


def _block(title: str, end: str, lines: Sequence[str], language: str = "diff") -> str:
    ending = f"{end}\n\n" if end else ""
    return text.disarm(f"{title}\n\n{inert.fence(lines, language)}\n\n{ending}")


def _fitted(
    title: str, end: str, lines: Sequence[str], room: int, language: str = "diff"
) -> str | None:
    """The object in at most `room` bytes: in full, else without its last lines; None if not even
    one line fits.
    """
    whole = _block(title, end, lines, language)
    if _size(whole) <= room:
        return whole
    short = [words.cut(line, _LONGEST_LINE) for line in lines]
    ticks = "`" * max(map(inert.longest_ticks, short), default=0)
    room -= _size(_block(title, end, [ticks, _lines_missing(len(lines), len(lines))], language))
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
    return _block(title, end, shown, language)


def _lines_missing(missing: int, lines: int) -> str:
    return f"# … {missing} of {lines} lines are not shown"
