"""The CSV of a table's columns, as OpenMetadata exports and imports it. Pure.

Facts (recorded on 1.6, read in the sources of 1.8 to 2.0): the header must come back exactly as it
was exported, asterisks included, and differs between versions, so it is never built here; the first
cell is the column's path below the table, whatever its title says; an import replaces every cell
of a row that it lists and leaves other rows alone; an unknown path creates a column; records end in
CRLF; cells hold raw line breaks; tags and terms are joined with `;` without quoting.
"""

from __future__ import annotations

import csv
import io
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

csv.field_size_limit(sys.maxsize)  # a description may be longer than the default of 128 KiB

TEXTS = {"description": "column.description", "displayName": "column.displayName"}
LABELS = {"tags": "column.tags", "glossaryTerms": "column.glossaryTerms"}


@dataclass(frozen=True, slots=True)
class Export:
    """A parsed export: the header as it came, and the rows by column path, in order."""

    header: tuple[str, ...]
    rows: Mapping[str, tuple[str, ...]]

    def cell(self, path: str, title: str) -> str:
        """One cell; `title` without the asterisk of a required one."""
        return self.rows[path][self._index(title)]

    def labels(self, path: str, field: str) -> tuple[str, ...]:
        """The members of a `tags` or `glossaryTerms` cell, sorted."""
        return tuple(sorted(split_labels(self.cell(path, LABELS[field]))))

    def with_fields(self, path: str, fields: Mapping[str, str | Sequence[str]]) -> tuple[str, ...]:
        """A row with some fields changed and every other cell echoed."""
        row = list(self.rows[path])
        for field, value in fields.items():
            if isinstance(value, str):
                row[self._index(TEXTS[field])] = value
            else:
                row[self._index(LABELS[field])] = ";".join(value)
        return tuple(row)

    def _index(self, title: str) -> int:
        for index, found in enumerate(self.header):
            if found.rstrip("*") == title:
                return index
        raise KeyError(title)


def split_labels(cell: str) -> list[str]:
    """The members of a cell that joins them with `;`."""
    return [part for part in cell.split(";") if part]


def read(text: str) -> Export:
    """Parse an export. Raises `ValueError` when it is not one."""
    records = [row for row in csv.reader(io.StringIO(text, newline="")) if row]
    if not records or not any(title.startswith("column.") for title in records[0]):
        raise ValueError("no CSV of columns")
    header = tuple(records[0])
    for row in records[1:]:
        if len(row) != len(header):
            raise ValueError(f"a row of {len(row)} cells under a header of {len(header)}")
    return Export(header, {row[0]: tuple(row) for row in records[1:]})


def write(header: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    """A file to import: the header as exported and the rows, CRLF, UTF-8, no byte-order mark."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(header)
    writer.writerows(rows)
    return out.getvalue().encode("utf-8")


@dataclass(frozen=True, slots=True)
class RowResult:
    """What an import, real or rehearsed, said of one row."""

    path: str
    ok: bool
    details: str


def results(text: str) -> list[RowResult]:
    """The rows of `importResultsCsv`. Matched by path, not by place: order is not kept.

    Extra columns, which some versions add, are passed over.
    """
    records = [row for row in csv.reader(io.StringIO(text, newline="")) if row]
    if not records or records[0][:2] != ["status", "details"]:
        return []
    key = next(
        (
            at
            for at, title in enumerate(records[0])
            if title.startswith("column.") and "ame*" in title
        ),
        2,
    )
    return [
        RowResult(row[key], row[0] == "success", row[1]) for row in records[1:] if len(row) > key
    ]
