"""The difference between two texts, word by word and line by line. Pure, and bounded in time.

`segments` says what was kept, removed and added; `lines` lays that out for people: one line of
text a line, long unchanged stretches shortened.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from difflib import SequenceMatcher
from enum import Enum
from typing import NamedTuple

MOST_WORK = 10_000
"""Pairs of equal tokens that a comparison may have to look at. difflib's cost grows with them, so
texts that have more are compared line by line, or replaced as a whole."""

ALIKE = 0.3
"""Texts that share less than this are not interleaved word by word: nobody could read that."""

NEARBY = 40
"""Characters of unchanged text that stay visible beside a change."""


class Segment(NamedTuple):
    """A stretch of text: the same on both sides, or `before` replaced by `after`."""

    before: str
    after: str
    same: bool


class Kind(str, Enum):
    KEPT = " "
    REMOVED = "-"
    ADDED = "+"


class Run(NamedTuple):
    """A piece of one line, and what becomes of it."""

    kind: Kind
    text: str


class Shape(str, Enum):
    """What a line of a change shows. The value is the sign that stands before it."""

    KEPT = " "
    REMOVED = "-"
    ADDED = "+"
    MIXED = "~"  # one line of text of which some words change
    SWAPPED = "~ "  # a short value and the one that takes its place
    ALERT = "!"
    QUIET = "#"


class Line(NamedTuple):
    """One line of a change. It holds no newline, but maybe other controls: it is not yet safe."""

    shape: Shape
    runs: tuple[Run, ...]

    @property
    def text(self) -> str:
        return "".join(run.text for run in self.runs)


def line(shape: Shape, text: str) -> Line:
    """A line of a single piece."""
    kind = {Shape.REMOVED: Kind.REMOVED, Shape.ADDED: Kind.ADDED}.get(shape, Kind.KEPT)
    return Line(shape, (Run(kind, text),))


# -- what changed


class _Token(NamedTuple):
    """A word or a sign with the spaces after it, or a line. Tokens match by what is in `key`."""

    key: str
    space: str = ""


# Chinese and Japanese are written without spaces: there a character counts as a word.
_IDEOGRAPHS = "\u3040-\u30ff\u3400-\u9fff"
_WORDS = re.compile(rf"([{_IDEOGRAPHS}]|[^\W{_IDEOGRAPHS}]+|\n|[^\w\s]|^)([^\S\n]*)")
_HAS_WORD = re.compile(r"\w")


def segments(before: str, after: str) -> list[Segment]:
    """How `before` becomes `after`.

    The `before` of all segments make up the one text, their `after` the other. Lines are matched
    first, then words within the lines that differ.
    """
    found: list[Segment] = []
    for old, new, same in _match(_lines(before), _lines(after)):
        if same or not old or not new:
            found.append(Segment(_joined(old), _joined(new), same))
        else:
            found += _word_by_word(_joined(old), _joined(new))
    return _tidy(found)


def _lines(text: str) -> list[_Token]:
    return [_Token(each) for each in text.splitlines(True)]


def _joined(tokens: Iterable[_Token]) -> str:
    return "".join(map("".join, tokens))


def _word_by_word(before: str, after: str) -> list[Segment]:
    old, new = (list(map(_Token._make, _WORDS.findall(text))) for text in (before, after))
    enough = ALIKE * max(len(_words(old)), len(_words(new)))
    common = Counter(token.key for token in old) & Counter(token.key for token in new)
    at_most = sum(len(key) * times for key, times in common.items() if not _is_junk(key))
    found: list[Segment] = []
    shared = 0
    for these, those, same in _match(old, new) if at_most >= enough else ():
        if same:
            shared += 0 if _is_junk(_words(these)) else len(_words(these))
        found += _respaced(these, those) if same else _replaced(these, those)
    return found if shared >= enough and found else [Segment(before, after, False)]


def _words(tokens: Iterable[_Token]) -> str:
    return "".join([token.key for token in tokens])


def _respaced(old: Sequence[_Token], new: Sequence[_Token]) -> Iterator[Segment]:
    """The same words, maybe with other spaces between them."""
    if old == new:
        yield Segment(_joined(old), _joined(new), True)
        return
    for one, other in zip(old, new, strict=True):
        yield Segment(one.key, other.key, True)
        yield Segment(one.space, other.space, one.space == other.space)


def _replaced(old: Sequence[_Token], new: Sequence[_Token]) -> Iterator[Segment]:
    """Other words. The space that follows both is not part of the change."""
    before, after = _joined(old), _joined(new)
    space = old[-1].space if old and new and old[-1].space == new[-1].space else ""
    yield Segment(before.removesuffix(space), after.removesuffix(space), False)
    yield Segment(space, space, True)


def _is_junk(key: str) -> bool:
    """Signs and empty lines never start a match: they are too common to mean anything."""
    return _HAS_WORD.search(key) is None


_Matched = tuple[Sequence[_Token], Sequence[_Token], bool]


def _match(old: Sequence[_Token], new: Sequence[_Token]) -> Iterator[_Matched]:
    """Stretches of matching and of other tokens, in order."""
    start, limit = 0, min(len(old), len(new))
    while start < limit and old[start] == new[start]:
        start += 1
    end, limit = 0, limit - start
    while end < limit and old[-1 - end] == new[-1 - end]:
        end += 1
    if start:
        yield old[:start], new[:start], True
    yield from _match_middle(old[start : len(old) - end], new[start : len(new) - end])
    if end:
        yield old[-end:], new[-end:], True


def _match_middle(old: Sequence[_Token], new: Sequence[_Token]) -> Iterator[_Matched]:
    old_keys, new_keys = ([token.key for token in each] for each in (old, new))
    often = Counter(key for key in new_keys if not _is_junk(key))
    if sum(often[key] for key in old_keys) > MOST_WORK:
        yield old, new, False
        return
    matcher = SequenceMatcher(_is_junk, old_keys, new_keys, autojunk=False)
    for tag, start, end, new_start, new_end in matcher.get_opcodes():
        yield old[start:end], new[new_start:new_end], tag == "equal"


def _tidy(found: Iterable[Segment]) -> list[Segment]:
    """The same without empty segments, and with neighbours joined."""
    tidy: list[Segment] = []
    for each in found:
        if not each.before and not each.after:
            continue
        if tidy and tidy[-1].same is each.same:
            last = tidy.pop()
            each = Segment(last.before + each.before, last.after + each.after, each.same)
        tidy.append(each)
    return tidy


# -- laid out in lines


def lines(before: str, after: str) -> list[Line]:
    """The change of a text, for reading. Newlines at the end do not count, as in a comparison."""
    laid_out: list[Line] = []
    runs: list[Run] = []
    for run in _runs(segments(before.rstrip("\n") + "\n", after.rstrip("\n") + "\n")):
        first, *more = run.text.split("\n")
        if first:
            runs.append(Run(run.kind, first))
        for text in more:
            laid_out += _line(runs, run.kind)
            runs = [Run(run.kind, text)] if text else []
    return _shorten(laid_out)


def _runs(found: Iterable[Segment]) -> Iterator[Run]:
    for each in found:
        if each.same:
            yield Run(Kind.KEPT, each.before)
            continue
        if each.before:
            yield Run(Kind.REMOVED, each.before)
        if each.after:
            yield Run(Kind.ADDED, each.after)


def _line(runs: list[Run], newline: Kind) -> list[Line]:
    """One line of text; `newline` says what becomes of its end."""
    kinds = {run.kind for run in runs} | {newline}
    if len(kinds) == 1:
        return [Line(Shape(newline.value), tuple(runs))]
    if newline is not Kind.KEPT:
        runs = [*runs, Run(newline, "\\n")]
    elif kinds == set(Kind) and not any(run.kind is Kind.KEPT for run in runs):
        return [
            Line(shape, tuple(run for run in runs if run.kind is kind))
            for shape, kind in ((Shape.REMOVED, Kind.REMOVED), (Shape.ADDED, Kind.ADDED))
        ]
    return [Line(Shape.MIXED, tuple(runs))]


def _shorten(laid_out: list[Line]) -> list[Line]:
    """Of long unchanged stretches only what stands beside a change."""
    shown: list[Line] = []
    for number, each in enumerate(laid_out):
        if each.shape is not Shape.KEPT:
            shown.append(_shorten_line(each) if each.shape is Shape.MIXED else each)
        elif _beside_a_change(laid_out, number):
            shown.append(line(Shape.KEPT, cut(each.text, 2 * NEARBY)))
        elif not shown or shown[-1] != _ELLIPSIS:
            shown.append(_ELLIPSIS)
    return shown


_ELLIPSIS = line(Shape.KEPT, "…")


def _beside_a_change(laid_out: list[Line], number: int) -> bool:
    near = laid_out[max(number - 1, 0) : number + 2]
    return any(each.shape is not Shape.KEPT for each in near)


def _shorten_line(mixed: Line) -> Line:
    last = len(mixed.runs) - 1
    return Line(
        Shape.MIXED,
        tuple(
            Run(run.kind, _middle(run.text, number > 0, number < last))
            if run.kind is Kind.KEPT
            else run
            for number, run in enumerate(mixed.runs)
        ),
    )


def _middle(text: str, keep_start: bool, keep_end: bool) -> str:
    """Unchanged text without its middle, or without the end that is far from any change."""
    if len(text) <= (keep_start + keep_end + 1) * NEARBY:
        return text
    start = _start(text, NEARBY) + " " if keep_start else ""
    end = " " + _start(text[::-1], NEARBY)[::-1] if keep_end else ""
    return f"{start}…{end}"


def _start(text: str, size: int) -> str:
    """The first words of a text, about `size` characters of it."""
    start = text[:size]
    words = start.rpartition(" ")[0]
    return words if len(words) > size // 2 else start


def cut(text: str, size: int) -> str:
    """The text if it is no longer than `size`, else its start and an ellipsis."""
    return text if len(text) <= size else _start(text, size - 2) + " …"
