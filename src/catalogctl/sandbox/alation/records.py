"""Where the catalog, the tokens and the jobs are kept."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from catalogctl.sandbox.store import Store

TABLES = """
CREATE TABLE IF NOT EXISTS alation_object (
    otype TEXT NOT NULL, id INTEGER NOT NULL, ds_id INTEGER NOT NULL,
    schema_id INTEGER NOT NULL, table_id INTEGER NOT NULL,
    name TEXT NOT NULL, key TEXT NOT NULL, json TEXT NOT NULL,
    PRIMARY KEY (otype, id)
);
CREATE INDEX IF NOT EXISTS alation_object_place
    ON alation_object (otype, ds_id, schema_id, table_id, name);
CREATE INDEX IF NOT EXISTS alation_object_schema ON alation_object (otype, schema_id);
CREATE INDEX IF NOT EXISTS alation_object_table ON alation_object (otype, table_id);
CREATE INDEX IF NOT EXISTS alation_object_key ON alation_object (otype, key);
CREATE TABLE IF NOT EXISTS alation_value (
    otype TEXT NOT NULL, oid INTEGER NOT NULL, field_id INTEGER NOT NULL,
    json TEXT NOT NULL, ts_updated TEXT NOT NULL, PRIMARY KEY (otype, oid, field_id)
);
CREATE TABLE IF NOT EXISTS alation_source (
    ds_id INTEGER NOT NULL, schema TEXT NOT NULL, name TEXT NOT NULL, json TEXT NOT NULL,
    PRIMARY KEY (ds_id, schema, name)
);
CREATE TABLE IF NOT EXISTS alation_setup (
    kind TEXT NOT NULL, name TEXT NOT NULL, json TEXT NOT NULL, PRIMARY KEY (kind, name)
);
CREATE TABLE IF NOT EXISTS alation_counter (name TEXT PRIMARY KEY, value INTEGER NOT NULL);
"""
FILTERS = ("id", "ds_id", "schema_id", "table_id", "name", "key")
Json = dict[str, Any]


@dataclass
class Item:
    """A row of the catalog: a schema, a table or a column (``attribute``).

    ``content`` holds what only its kind has, under the API's names.
    """

    otype: str
    id: int
    ds_id: int
    name: str
    key: str
    schema_id: int = 0
    schema_name: str = ""
    table_id: int = 0
    table_name: str = ""
    title: str = ""
    description: str = ""
    content: Json = field(default_factory=dict)


class Records:
    """Typed access to the store; every look-up gives a fresh object, ``save`` writes it back."""

    def __init__(self, store: Store) -> None:
        self.store = store
        store.define(TABLES)

    def clear(self) -> None:
        with self.store.transaction():
            for name in ("object", "value", "source", "setup", "counter"):
                self.store.write(f"DELETE FROM alation_{name}")

    def is_empty(self) -> bool:
        return self.store.row("SELECT 1 FROM alation_setup LIMIT 1") is None

    def next_id(self, name: str, start: int = 1) -> int:
        """Numbers are never used twice."""
        with self.store.transaction():
            row = self.store.row("SELECT value FROM alation_counter WHERE name = ?", (name,))
            number = start if row is None else int(row[0]) + 1
            self.store.write("INSERT OR REPLACE INTO alation_counter VALUES (?, ?)", (name, number))
        return number

    def save(self, item: Item) -> None:
        self.store.write(
            "INSERT OR REPLACE INTO alation_object VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (
                item.otype,
                item.id,
                item.ds_id,
                item.schema_id,
                item.table_id,
                item.name,
                item.key,
                json.dumps(asdict(item)),
            ),
        )

    def remove(self, item: Item) -> None:
        place = (item.otype, item.id)
        self.store.write("DELETE FROM alation_object WHERE otype = ? AND id = ?", place)
        self.store.write("DELETE FROM alation_value WHERE otype = ? AND oid = ?", place)

    def items(self, otype: str, **wanted: Sequence[Any]) -> list[Item]:
        """By id; each name in ``FILTERS`` may be given with the values that will do."""
        where, values = ["otype = ?"], [otype]
        for name, choices in wanted.items():
            assert name in FILTERS
            where.append(f"{name} IN ({', '.join('?' * len(choices))})")
            values.extend(choices)
        rows = self.store.rows(
            f"SELECT json FROM alation_object WHERE {' AND '.join(where)} ORDER BY id", values
        )
        return [Item(**json.loads(row[0])) for row in rows]

    def item(self, otype: str, **wanted: Any) -> Item | None:
        """The one with these values."""
        found = self.items(otype, **{name: [value] for name, value in wanted.items()})
        return found[0] if found else None

    def set_value(self, item: Item, field_id: int, value: Any, moment: str) -> bool:
        """Set a custom field, or clear it with ``None``, ``""`` or ``[]``; whether it was new."""
        place = (item.otype, item.id, field_id)
        old = self.store.row(
            "SELECT 1 FROM alation_value WHERE otype = ? AND oid = ? AND field_id = ?", place
        )
        if value in (None, "", []):
            self.store.write(
                "DELETE FROM alation_value WHERE otype = ? AND oid = ? AND field_id = ?", place
            )
        else:
            self.store.write(
                "INSERT OR REPLACE INTO alation_value VALUES (?, ?, ?, ?, ?)",
                (*place, json.dumps(value), moment),
            )
        return old is None

    def clear_values(self, item: Item) -> None:
        self.store.write(
            "DELETE FROM alation_value WHERE otype = ? AND oid = ?", (item.otype, item.id)
        )

    def values(self, otype: str | None = None, oids: Iterable[int] | None = None) -> list[Json]:
        """``field_id, oid, otype, ts_updated, value``, of all objects or of some."""
        where, parameters = ["1"], list[Any]()
        if otype is not None:
            where.append("otype = ?")
            parameters.append(otype)
        if oids is not None:
            chosen = list(oids)
            where.append(f"oid IN ({', '.join('?' * len(chosen))})")
            parameters.extend(chosen)
        rows = self.store.rows(
            "SELECT field_id, oid, otype, ts_updated, json FROM alation_value "
            f"WHERE {' AND '.join(where)} ORDER BY otype, oid, field_id",
            parameters,
        )
        names = ("field_id", "oid", "otype", "ts_updated", "value")
        return [dict(zip(names, (*row[:4], json.loads(row[4])), strict=True)) for row in rows]

    def put_source(self, ds_id: int, schema: str, name: str, content: Json | None) -> None:
        """A schema of the source (its ``name`` is empty) or a table; ``None`` drops it."""
        if content is not None:
            self.store.write(
                "INSERT OR REPLACE INTO alation_source VALUES (?, ?, ?, ?)",
                (ds_id, schema, name, json.dumps(content)),
            )
            return
        rest, values = ("", ()) if not name else (" AND name = ?", (name,))
        self.store.write(
            f"DELETE FROM alation_source WHERE ds_id = ? AND schema = ?{rest}",
            (ds_id, schema, *values),
        )

    def source(self, ds_id: int, schema: str, name: str = "") -> Json | None:
        row = self.store.row(
            "SELECT json FROM alation_source WHERE ds_id = ? AND schema = ? AND name = ?",
            (ds_id, schema, name),
        )
        return None if row is None else dict(json.loads(row[0]))

    def source_tables(self, ds_id: int, schema: str) -> Iterator[tuple[str, Json]]:
        rows = self.store.rows(
            "SELECT name, json FROM alation_source WHERE ds_id = ? AND schema = ? AND name != '' "
            "ORDER BY rowid",
            (ds_id, schema),
        )
        return ((name, json.loads(text)) for name, text in rows)

    def put_setup(self, kind: str, name: str | int, content: Mapping[str, Any]) -> None:
        self.store.write(
            "INSERT OR REPLACE INTO alation_setup VALUES (?, ?, ?)",
            (kind, str(name), json.dumps(content)),
        )

    def setup(self, kind: str) -> dict[str, Json]:
        """Users, tokens, data sources, custom fields or jobs, by name or number."""
        rows = self.store.rows(
            "SELECT name, json FROM alation_setup WHERE kind = ? ORDER BY rowid", (kind,)
        )
        return {name: json.loads(text) for name, text in rows}

    def one_setup(self, kind: str, name: str | int) -> Json | None:
        row = self.store.row(
            "SELECT json FROM alation_setup WHERE kind = ? AND name = ?", (kind, str(name))
        )
        return None if row is None else dict(json.loads(row[0]))
