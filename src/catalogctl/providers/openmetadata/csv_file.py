"""A CSV file from somebody's disk, checked against what the catalog exports. Pure.

What a server does with a file that is not quite right is worse than a refusal: a byte-order mark or
another header aborts the import, a wrong width or quote can end it half done, and an unknown name
creates a column or topic. So all of that is found here, with line and column, before it is sent.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches

from catalogctl.errors import Diagnostic, InvalidError, Location
from catalogctl.providers.openmetadata.mapping import TIER
from catalogctl.providers.openmetadata.rows_csv import COLUMNS, JOIN, TOPICS

BOM = b"\xef\xbb\xbf"
_QUOTED = re.compile(r'"([^"]*(?:""[^"]*)*)"(?!")')
_BARE = re.compile(r"[^,\r\n]*")
_END = re.compile(r"\r\n|\n|\r")
_SETS = {
    *(title for layout in (COLUMNS, TOPICS) for titles in layout.sets.values() for title in titles),
    "extension",
}
_ALWAYS = ("column.dataType",)
"""Not marked as required on servers where a row without it still fails the rows after it."""


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell and where it begins."""

    text: str
    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Line:
    """A row: the line of the file that it begins in, and its cells. The first one names it."""

    number: int
    cells: tuple[str, ...]

    @property
    def name(self) -> str:
        return self.cells[0]


@dataclass(frozen=True, slots=True)
class Exported:
    """What the catalog holds: the header that an import must have, and the rows by name."""

    header: tuple[str, ...]
    rows: Mapping[str, tuple[str, ...]]

    @classmethod
    def read(cls, content: bytes) -> Exported:
        """Parse an export. Raises `ValueError` when it is none."""
        try:
            records = [[cell.text for cell in row] for row in _records(content.decode("utf-8"))]
        except _Broken as problem:
            raise ValueError(f"line {problem.line}: {problem}") from None
        if not records or not any("description" in title for title in records[0]):
            raise ValueError("no CSV with a description in it")
        width = len(records[0])
        if any(len(row) != width for row in records):
            raise ValueError("a row is not as wide as the header")
        return cls(tuple(records[0]), {row[0]: tuple(row) for row in records[1:]})

    def differences(self, line: Line, *, proving: bool = False) -> tuple[str, ...]:
        """The titles of the cells in which a row is not what the catalog holds.

        Lists are compared as sets, line breaks in whichever form. `proving` is for what was
        imported: there nothing counts that an export never shows (a Tier among the tags, the
        quotes of an owner's name).
        """
        held = self.rows.get(line.name)
        if held is None:
            return self.header
        return tuple(
            _bare(title)
            for title, here, there in zip(self.header, line.cells, held, strict=True)
            if _meaning(title, here, proving) != _meaning(title, there, proving)
        )


def _bare(title: str) -> str:
    return title.rstrip("*")


def _meaning(title: str, cell: str, proving: bool) -> str | frozenset[str]:
    title = _bare(title)
    if title not in _SETS:
        return _END.sub("\n", cell)
    members = frozenset(part.strip() for part in cell.split(JOIN)) - {""}
    if proving and title.endswith("tags"):
        return frozenset(each for each in members if not each.startswith(TIER))
    if proving and title == "owner":
        return frozenset(each.replace('"', "") for each in members)
    return members


def check(content: bytes, file: str, exported: Exported, noun: str) -> list[Line]:
    """The rows of a file. Raises `InvalidError` with everything that forbids to send it.

    `noun` is what a row is: a column, a topic.
    """
    checked = _Check(file, exported, noun)
    checked.file_as_a_whole(content)
    if checked.found:
        raise InvalidError(checked.found)
    return checked.lines


@dataclass(slots=True)
class _Check:
    file: str
    exported: Exported
    noun: str
    found: list[Diagnostic] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    first_lines: dict[str, int] = field(default_factory=dict)
    width: int = 0
    as_exported: bool = True
    """Whether the header is right, so that a cell is what its place says."""
    named: bool = True
    """Whether at least the first cell of a row is its name."""

    def file_as_a_whole(self, content: bytes) -> None:
        if content.startswith(BOM):
            message = "the file starts with a byte order mark, and the server refuses that"
            self.note("CSV002", 1, 1, message, "save it as UTF-8 without BOM")
            content = content[len(BOM) :]
        text = self.decoded(content)
        if text is None:
            return
        try:
            records = _records(text)
            header = next(records, None)
            if header is None:
                message = "the file is empty: there is not even a header"
                self.note("CSV001", 1, 1, message, "begin with an export, `catalogctl run export`")
                return
            self.header(header)
            for record in records:
                self.record(record)
        except _Broken as problem:
            self.note("CSV004", problem.line, problem.column, str(problem), problem.mend)

    def note(self, code: str, line: int, column: int, message: str, mend: str) -> None:
        self.found.append(Diagnostic(code, message, Location(self.file, line, column), mend))

    def decoded(self, content: bytes) -> str | None:
        try:
            return content.decode("utf-8")
        except UnicodeDecodeError as problem:
            before = content[: problem.start]
            line = before.count(b"\n") + 1
            column = len(before.rpartition(b"\n")[2].decode("utf-8")) + 1
            message = f"byte 0x{content[problem.start]:02X} is not UTF-8"
            self.note("CSV003", line, column, message, "save the file as UTF-8")
            return None

    def header(self, record: Sequence[Cell]) -> None:
        wanted, given = self.exported.header, tuple(cell.text for cell in record)
        self.width = len(wanted)
        if given == wanted:
            return
        # The rows are judged by the file's own header: one mistake is told once.
        self.width, self.as_exported = len(given), False
        self.named = given[0] == wanted[0]
        at = next(
            (cell for cell, title in zip(record, wanted, strict=False) if cell.text != title),
            record[-1],
        )
        message = f"the header is not that of the catalog: {_header_difference(given, wanted)}"
        mend = "take the first line of `catalogctl run export` of the same object, as it is"
        self.note("CSV005", at.line, at.column, message, mend)

    def record(self, record: Sequence[Cell]) -> None:
        first = record[0]
        if len(record) != self.width:
            cells = f"{len(record)} cell{'' if len(record) == 1 else 's'}"
            message = f"a row of {cells} under a header of {self.width}"
            mend = "put a text that holds a comma or a quote into double quotes"
            self.note("CSV006", first.line, first.column, message, mend)
            return
        if self.named:
            self.name(first)
        if self.as_exported:
            self.required(record)
        self.lines.append(Line(first.line, tuple(cell.text for cell in record)))

    def required(self, record: Sequence[Cell]) -> None:
        for title, cell in zip(self.exported.header[1:], record[1:], strict=True):
            if not cell.text and (title.endswith("*") or title in _ALWAYS):
                message = f"{_bare(title)} is empty, and it must not be"
                self.note("CSV009", cell.line, cell.column, message, "write what an export has")

    def name(self, cell: Cell) -> None:
        if not cell.text:
            message = f"the name of the {self.noun} is empty"
            self.note("CSV009", cell.line, cell.column, message, "write what an export has")
            return
        before = self.first_lines.setdefault(cell.text, cell.line)
        if before != cell.line:
            message = f'the {self.noun} "{cell.text}" is there twice; first in line {before}'
            self.note("CSV008", cell.line, cell.column, message, "keep one of the two")
        elif cell.text not in self.exported.rows:
            message = f'unknown {self.noun} "{cell.text}"; an import would create it'
            self.note("CSV007", cell.line, cell.column, message, self.meant(cell.text))

    def meant(self, name: str) -> str:
        known = {each.casefold(): each for each in self.exported.rows}
        close = get_close_matches(name.casefold(), known, n=1)
        if close:
            return f'did you mean "{known[close[0]]}"?'
        return f"write the {self.noun} as the export of the same object names it"


def _header_difference(given: Sequence[str], wanted: Sequence[str]) -> str:
    missing = [title for title in wanted if title not in given]
    unknown = [title for title in given if title not in wanted]
    if not missing and not unknown:
        twice = sorted({title for title in given if given.count(title) > 1})
        if twice:
            return f"{', '.join(twice)} stands there twice"
        return "the same titles in another order"
    parts = [("missing: " + ", ".join(missing))] if missing else []
    parts += [("not known: " + ", ".join(title or '""' for title in unknown))] if unknown else []
    return "; ".join(parts)


class _Broken(Exception):
    """Quoting that cannot be read."""

    def __init__(self, message: str, line: int, column: int, mend: str) -> None:
        super().__init__(message)
        self.line, self.column, self.mend = line, column, mend


def _records(text: str) -> Iterator[list[Cell]]:
    """The records as servers read them: blank lines are passed over, nothing is trimmed."""
    at, line, begin = 0, 1, 0
    while at < len(text):
        ended = _END.match(text, at)
        if ended is not None:
            at, line, begin = ended.end(), line + 1, ended.end()
            continue
        record: list[Cell] = []
        more = True
        while more:
            place = (line, at - begin + 1)
            found = _cell(text, at, place)
            at = found.end()
            if text.startswith('"', found.start()):
                record.append(Cell(found[1].replace('""', '"'), *place))
                for broken in _END.finditer(text, found.start(), at):
                    line, begin = line + 1, broken.end()
                if text[at : at + 1] not in ("", ",", "\r", "\n"):
                    message = "text after a closing quote"
                    mend = "double a quote that belongs to the text"
                    raise _Broken(message, line, at - begin + 1, mend)
            else:
                record.append(Cell(found[0], *place))
            more = text.startswith(",", at)
            at += more
        yield record


def _cell(text: str, at: int, place: tuple[int, int]) -> re.Match[str]:
    found = (_QUOTED if text.startswith('"', at) else _BARE).match(text, at)
    if found is None:
        message = "a quote is opened here and never closed"
        raise _Broken(message, *place, "close it, and double a quote that belongs to the text")
    return found
