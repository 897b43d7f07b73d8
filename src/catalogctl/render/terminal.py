"""A plan, or the result of an apply, for a terminal or a log."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator

from catalogctl.model import Action, Change, FieldChange, Outcome, Plan, Verdict, Violation
from catalogctl.render import text
from catalogctl.render.words import Kind, Line, Run, Shape

_RED, _GREEN, _YELLOW, _CYAN, _BOLD, _DIM = "31", "32", "33", "36", "1", "2"

_ACTIONS = {
    Action.CREATE: _GREEN,
    Action.UPDATE: _YELLOW,
    Action.DELETE: _RED,
    Action.TRIGGER: _CYAN,
}
_SHAPES = {
    Shape.KEPT: _DIM,
    Shape.REMOVED: _RED,
    Shape.ADDED: _GREEN,
    Shape.MIXED: _YELLOW,
    Shape.SWAPPED: _YELLOW,
    Shape.ALERT: f"{_BOLD};{_RED}",
    Shape.QUIET: _DIM,
}
_RUNS = {Kind.KEPT: "", Kind.REMOVED: _RED, Kind.ADDED: _GREEN}
_MARKS = {Kind.KEPT: ("", ""), Kind.REMOVED: ("[-", "-]"), Kind.ADDED: ("{+", "+}")}
_LABELS = {
    "refused": f"{_BOLD};{_RED}",
    "failed": f"{_BOLD};{_RED}",
    "conflict": f"{_BOLD};{_RED}",
    "unknown": _RED,
    "skipped": _YELLOW,
    "drift": _YELLOW,
    "applied": _GREEN,
}
_WIDEST_PATH = 48

Piece = tuple[str, str]
"""A style (codes of ANSI, or none) and a text."""


def plan(plan: Plan, *, color: bool, width: int = 100, all_objects: bool = False) -> str:
    """The plan (or result) as text, with a newline at its end.

    Objects stand in the order of their addresses, but what asks for attention stands last, where
    the reader of a terminal looks: removals, conflicts, what is refused or failed, then guards,
    then the summary line. Of an object that was applied only the fields are named. Long lines are
    wrapped at `width`. No control character but newlines and the tool's own colours leaves this
    function, and nothing in it is a workflow command.
    """
    page = _Page(color, max(width, 40), plan.applied)
    blocks = [page.object(change) for change in _least_important_first(plan)]
    if all_objects and plan.unchanged:
        blocks.insert(0, [page.unchanged(str(address)) for address in plan.unchanged])
    blocks += [page.guard(violation) for violation in plan.guards]
    closing = [page.paint([("", sentence)]) for sentence in text.sentences(plan)]
    blocks.append([*closing, page.paint([(_BOLD, text.summary(plan))])])
    return text.disarm("\n\n".join("\n".join(block) for block in blocks) + "\n")


def _least_important_first(plan: Plan) -> list[Change]:
    groups: dict[text.Group, list[Change]] = {}
    for group, change in text.by_importance(plan):
        groups.setdefault(group, []).append(change)
    return [change for group in reversed(groups) for change in groups[group]]


class _Page:
    """How things are written on a page of this width, in colour or not."""

    def __init__(self, color: bool, width: int, applied: bool) -> None:
        self._color = color
        self._width = width
        self._applied = applied

    def paint(self, pieces: Iterable[Piece]) -> str:
        """One finished line."""
        if not self._color:
            return "".join(shown for _, shown in pieces).rstrip()
        return "".join(
            f"\x1b[{style}m{shown}\x1b[0m" if style and shown else shown for style, shown in pieces
        )

    def object(self, change: Change) -> list[str]:
        style = _ACTIONS[change.action]
        pieces = [
            (style, text.SIGNS[change.action]),
            ("", " "),
            (_BOLD, text.visible(str(change.address))),
        ]
        for label in text.labels(change, applied=self._applied):
            pieces += [("", "  "), (_LABELS.get(label, _DIM), label)]
        block = [self.paint(pieces)]
        if change.reason:
            block += self._wrapped("  ", (_DIM, "# "), [(_DIM, text.visible(change.reason))])
        paths = [text.visible(field.path) for field in change.fields]
        if self._applied and change.outcome is Outcome.APPLIED and not change.takes_away:
            # The plan has shown the texts; now the eye should find what went otherwise.
            return block + self._wrapped("    ", ("", ""), [(_DIM, ", ".join(paths))])
        standing = text.standing(change, applied=self._applied)
        column = max((len(path) for path in paths if len(path) <= _WIDEST_PATH), default=0)
        for path, field in zip(paths, change.fields, strict=True):
            block += self._field(path, column, field, standing)
        return block

    def _field(
        self, path: str, column: int, field: FieldChange, of_object: Verdict | Outcome
    ) -> list[str]:
        pieces = [("", f"    {path:{column}}")]
        if field.source is not None:
            place = f"{text.visible(field.source.file)}:{field.source.line}"
            pieces += [("", "  "), (_DIM, place)]
        label = text.label(field, of_object, applied=self._applied)
        if label:
            pieces += [("", "  "), (_LABELS.get(label, _DIM), label)]
        block = [self.paint(pieces)]
        for line in text.lines(field, applied=self._applied):
            block += self._line(line)
        return block

    def _line(self, line: Line) -> list[str]:
        style = _SHAPES[line.shape]
        if line.shape in (Shape.MIXED, Shape.SWAPPED):
            pieces = [self._run(run, line.shape) for run in line.runs]
        else:
            pieces = [(style, text.visible(line.text))]
        return self._wrapped("      ", (style, f"{line.shape.value[0]} "), pieces)

    def _run(self, run: Run, shape: Shape) -> Piece:
        shown = text.visible_run(run)
        if self._color or shape is Shape.SWAPPED:
            return _RUNS[run.kind], shown
        start, end = _MARKS[run.kind]
        return "", f"{start}{shown}{end}"

    def guard(self, violation: Violation) -> list[str]:
        name, message, permit = text.guard(violation)
        alert = f"{_BOLD};{_RED}"
        told = [(alert, f"guard {name}"), ("", f": {message}")]
        return [
            *self._wrapped("", (alert, "! "), told),
            self.paint([("", f"  to permit it once: {permit}")]),
        ]

    def unchanged(self, address: str) -> str:
        return self.paint([(_DIM, f"= {text.visible(address)}  in sync")])

    def _wrapped(self, indent: str, sign: Piece, pieces: list[Piece]) -> list[str]:
        """The pieces after their sign, in as many lines as they need; all but the first indented
        further than the sign, so that a line of text and its continuation are told apart.
        """
        room = self._width - len(indent) - 4
        wrapped = list(_wrap(pieces, room))
        first = self.paint([("", indent), sign, *wrapped[0]])
        return [first, *(self.paint([("", f"{indent}    "), *more]) for more in wrapped[1:])]


_ATOMS = re.compile(r"\s*\S+|\s+")


def _wrap(pieces: list[Piece], room: int) -> Iterator[list[Piece]]:
    """The pieces broken at spaces into lines of at most `room` columns, where that is possible."""
    if sum(_columns(shown) for _, shown in pieces) <= room:
        yield pieces
        return
    current: list[Piece] = []
    used = 0
    for style, shown in pieces:
        columns = len if shown.isascii() else _columns
        start = 0
        for atom in _ATOMS.finditer(shown):
            size = columns(atom.group())
            if used and used + size > room and shown[atom.start()].isspace():
                yield [*current, (style, shown[start : atom.start()])]
                current, used, start = [], -1, atom.start() + 1
            used += size
        current.append((style, shown[start:]))
    yield current


def _columns(shown: str) -> int:
    if shown.isascii():
        return len(shown)
    return sum(
        0 if unicodedata.combining(char) else 1 + (unicodedata.east_asian_width(char) in "WF")
        for char in shown
    )
