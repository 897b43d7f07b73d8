"""The CSV that OpenMetadata exports and imports: columns of a table, topics of a service. Pure.

Facts (recorded on 1.6, read in the sources of 1.8 to 2.0): the header must come back exactly as it
was exported, asterisks included, and differs between versions, so it is never built here; the first
cell names the row (a column's path below its table, a topic), whatever its title says; an import
replaces every cell of a row that it lists and leaves other rows alone; an unknown name creates
something; records end in CRLF; cells hold raw line breaks; members are joined with `;` unquoted.
"""

from __future__ import annotations

import csv
import io
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

csv.field_size_limit(sys.maxsize)  # a description may be longer than the default of 128 KiB

JOIN = ";"


@dataclass(frozen=True, slots=True)
class Layout:
    """Which cells hold which fields, by their titles without the asterisk of required ones."""

    texts: Mapping[str, tuple[str, ...]]
    sets: Mapping[str, tuple[str, ...]]

    def titles(self) -> Mapping[str, tuple[str, ...]]:
        return {**self.texts, **self.sets}


COLUMNS = Layout(
    texts={"displayName": ("column.displayName",), "description": ("column.description",)},
    sets={"tags": ("column.tags",), "glossaryTerms": ("column.glossaryTerms",)},
)
TOPICS = Layout(
    texts={
        "displayName": ("displayName",),
        "description": ("description",),
        "certification": ("certification",),
    },
    sets={
        "tags": ("tags",),
        "glossaryTerms": ("glossaryTerms",),
        "owners": ("owner",),
        "domains": ("domains", "domain"),
        "tiers": ("tiers",),
    },
)
"""Inferred from the CSV of other services: no open server exports messaging services."""


@dataclass(frozen=True, slots=True)
class Export:
    """A parsed export: the header as it came, and the rows by name, in order."""

    layout: Layout
    header: tuple[str, ...]
    rows: Mapping[str, tuple[str, ...]]

    def has(self, field: str) -> bool:
        """Whether the header has a cell for a field that the layout knows."""
        return self._index(field) is not None

    def text(self, name: str, field: str) -> str:
        """The text of a cell; empty where the header has none."""
        index = self._index(field)
        return "" if index is None else self.rows[name][index]

    def members(self, name: str, field: str) -> tuple[str, ...]:
        """The members of a cell, sorted."""
        return tuple(sorted(part for part in self.text(name, field).split(JOIN) if part))

    def with_fields(self, name: str, fields: Mapping[str, str | Sequence[str]]) -> tuple[str, ...]:
        """A row with some fields changed and every other cell echoed."""
        row = list(self.rows[name])
        for field, value in fields.items():
            index = self._index(field)
            if index is None:
                raise KeyError(field)
            row[index] = value if isinstance(value, str) else JOIN.join(value)
        return tuple(row)

    def field_at(self, number: int) -> str | None:
        """The field in a cell, counted from 1 as servers do in their messages."""
        if not 0 < number <= len(self.header):
            return None
        title = self.header[number - 1].rstrip("*")
        titles = self.layout.titles()
        return next((field for field, known in titles.items() if title in known), None)

    def _index(self, field: str) -> int | None:
        titles = self.layout.titles().get(field, ())
        return next(
            (at for at, title in enumerate(self.header) if title.rstrip("*") in titles), None
        )


def read(text: str, layout: Layout) -> Export:
    """Parse an export. Raises `ValueError` when it is not one."""
    records = [row for row in csv.reader(io.StringIO(text, newline="")) if row]
    described = layout.texts["description"]
    if not records or not any(title.rstrip("*") in described for title in records[0]):
        raise ValueError("no CSV with a description in it")
    header = tuple(records[0])
    for row in records[1:]:
        if len(row) != len(header):
            raise ValueError(f"a row of {len(row)} cells under a header of {len(header)}")
    return Export(layout, header, {row[0]: tuple(row) for row in records[1:]})


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

    name: str
    ok: bool
    details: str


def results(text: str, header: Sequence[str]) -> list[RowResult]:
    """The rows of `importResultsCsv`. Matched by name, not by place: order is not kept.

    `header` is that of the import; extra columns, which some versions add, are passed over.
    """
    records = [row for row in csv.reader(io.StringIO(text, newline="")) if row]
    if not records or records[0][:2] != ["status", "details"]:
        return []
    titles = [title.rstrip("*") for title in records[0]]
    key = titles.index(header[0].rstrip("*")) if header[0].rstrip("*") in titles else 2
    return [
        RowResult(row[key], row[0] == "success", row[1]) for row in records[1:] if len(row) > key
    ]
