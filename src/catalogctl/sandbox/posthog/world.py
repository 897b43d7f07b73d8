"""The simulated systems behind the connections: their tables, and what goes wrong with them.

A connection is described by a JSON object::

    {"source_type": "Postgres",
     "match": {"host": "db.shop.example", "database": "shop"},
     "secrets": {"password": "pg-demo-password"},
     "error": null, "namespace": "public", "webhook_error": null,
     "tables": {"orders": {"rows": 1200, "primary_key": ["id"], "nullable": ["shipped_at"],
                           "columns": {"id": "bigint", "updated_at": "timestamp"}}}}

A source uses the first connection of its type whose ``match`` agrees with its settings; keys of
``match`` and ``secrets`` may go into objects (``auth_method.stripe_secret_key``). ``error`` is
null, "unreachable", "timeout" or "unknown_host"; ``webhook_error`` is what the provider says to a
registration. A table may also have ``cursors`` (whole entries of ``incremental_fields``, instead of
those found by type), ``seconds`` (how long a run takes), ``fails`` (a text with which its runs
fail), ``webhook``, ``webhook_only``, ``xmin`` (false: not possible), ``incremental`` (false: append
only), ``indexed``, ``label`` and ``description``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .kinds import SOURCE_TYPES
from .records import Json, Records, Source

CURSOR_TYPES = {
    "smallint": ("integer", "integer"),
    "integer": ("integer", "integer"),
    "bigint": ("integer", "integer"),
    "numeric": ("numeric", "numeric"),
    "date": ("date", "date"),
    "timestamp": ("datetime", "timestamp"),
    "timestamp with time zone": ("datetime", "timestamp"),
    "timestamp without time zone": ("datetime", "timestamp"),
    "objectid": ("objectid", "objectid"),
}
"""Column types that can be a cursor: the ``type`` shown and the ``field_type`` to send."""
WAREHOUSE_TYPES = {
    "smallint": "integer",
    "integer": "integer",
    "bigint": "integer",
    "numeric": "decimal",
    "double precision": "float",
    "boolean": "boolean",
    "date": "date",
    "json": "json",
    "jsonb": "json",
}
ERRORS = {
    "unreachable": (
        "connection to server failed: Connection refused",
        "Could not connect to the source. Check the host, port, and network access.",
    ),
    "timeout": (
        "connection timeout expired",
        "Connection timed out while fetching schemas from the source.",
    ),
    "unknown_host": (
        "could not translate host name to address",
        "Could not resolve the source host.",
    ),
    "credentials": (
        "Invalid credentials",
        "Could not authenticate with the source. Check the connection credentials.",
    ),
}
"""By cause: what the driver says, and the friendlier words of ``refresh_schemas``."""


class SourceProblem(Exception):
    """The system behind a connection can't be asked."""

    def __init__(self, cause: str) -> None:
        self.raw, self.friendly = ERRORS[cause]
        super().__init__(self.raw)


@dataclass(frozen=True)
class Table:
    """A table of a simulated system, under the name that discovery gives it."""

    name: str
    doc: Json
    sql: bool

    @property
    def columns(self) -> dict[str, str]:
        found: dict[str, str] = self.doc.get("columns", {})
        return found

    @property
    def rows(self) -> int:
        return int(self.doc.get("rows", 0))

    @property
    def primary_key(self) -> list[str] | None:
        """``None`` where the type of source can't tell."""
        found: list[str] | None = self.doc.get("primary_key")
        return found if self.sql else None

    @property
    def webhook(self) -> bool:
        return bool(self.doc.get("webhook") or self.doc.get("webhook_only"))

    @property
    def webhook_only(self) -> bool:
        return bool(self.doc.get("webhook_only"))

    @property
    def appendable(self) -> bool:
        return bool(self.cursors) and not self.webhook_only

    @property
    def incremental(self) -> bool:
        return self.appendable and bool(self.doc.get("incremental", True))

    @property
    def xmin(self) -> bool:
        return bool(self.doc.get("xmin", True))

    @property
    def cursors(self) -> list[Json]:
        if "cursors" in self.doc:
            return [dict(entry) for entry in self.doc["cursors"]]
        return [
            {
                "label": name,
                "type": CURSOR_TYPES[type_][0],
                "field": name,
                "field_type": CURSOR_TYPES[type_][1],
                "nullable": self.nullable(name),
                "is_indexed": self._indexed(name),
            }
            for name, type_ in self.columns.items()
            if type_ in CURSOR_TYPES
        ]

    def nullable(self, column: str) -> bool:
        return column in self.doc.get("nullable", ())

    def _indexed(self, column: str) -> bool:
        return column in (*self.doc.get("indexed", ()), *self.doc.get("primary_key", ()))

    @property
    def available_columns(self) -> list[Json]:
        """Empty for sources that are no database."""
        return [
            {"field": name, "label": name, "type": type_, "nullable": self.nullable(name)}
            for name, type_ in self.columns.items()
            if self.sql
        ]

    @property
    def metadata(self) -> list[Json] | None:
        """The columns as a schema remembers them."""
        return [
            {
                "name": entry["field"],
                "data_type": entry["type"],
                "is_nullable": entry["nullable"],
            }
            for entry in self.available_columns
        ] or None

    def warehouse_columns(self, chosen: list[str] | None = None) -> list[Json]:
        """The columns of the imported table, all or the chosen ones."""
        return [
            {
                "key": name,
                "name": name,
                "type": WAREHOUSE_TYPES.get(
                    type_, "datetime" if type_.startswith("timestamp") else "string"
                ),
                "schema_valid": True,
            }
            for name, type_ in self.columns.items()
            if chosen is None or name in chosen
        ]


def same_name(one: str, other: str) -> bool:
    """A bare name and a qualified one with the same last part are one table."""
    if one == other:
        return True
    if ("." in one) == ("." in other):
        return False
    return one.rpartition(".")[2] == other.rpartition(".")[2]


class World:
    """All simulated systems of a sandbox."""

    def __init__(self, records: Records) -> None:
        self._records = records

    def change(self, name: str, patch: Mapping[str, Any]) -> None:
        """Apply a JSON merge patch to a connection, or make a new one."""
        current = self._records.setup("connection").get(name, {"tables": {}})
        result = _merge_patch(current, patch)
        if result.get("source_type") not in SOURCE_TYPES:
            raise ValueError(f"connection {name!r} has no known source_type")
        if result.get("error") not in (None, *ERRORS):
            raise ValueError(f"error of connection {name!r} is one of {', '.join(ERRORS)}")
        self._records.put_setup("connection", name, result)

    def connection(self, source_type: str, inputs: Mapping[str, Any]) -> Json:
        """The system that settings lead to; ``SourceProblem`` if none answers."""
        for found in self._records.setup("connection").values():
            if found["source_type"] != source_type or not _agree(found.get("match", {}), inputs):
                continue
            if found.get("error"):
                raise SourceProblem(found["error"])
            if not _agree(found.get("secrets", {}), inputs):
                raise SourceProblem("credentials")
            return found
        raise SourceProblem("unknown_host" if SOURCE_TYPES[source_type].sql else "credentials")

    def discover(self, source_type: str, inputs: Mapping[str, Any]) -> dict[str, Table]:
        """Every table, qualified with its namespace unless the settings fix one."""
        found = self.connection(source_type, inputs)
        sql = SOURCE_TYPES[source_type].sql
        namespace = found.get("namespace") if sql and not inputs.get("schema") else None
        names = (
            (f"{namespace}.{name}" if namespace else name, doc)
            for name, doc in found.get("tables", {}).items()
        )
        return {name: Table(name, doc, sql) for name, doc in names}

    def table(self, source: Source, name: str) -> Table | None:
        """One table of a source; ``SourceProblem`` if the source can't be asked."""
        tables = self.discover(source.source_type, source.job_inputs)
        return next((table for table in tables.values() if same_name(table.name, name)), None)

    def table_if_reachable(self, source: Source, name: str) -> Table | None:
        try:
            return self.table(source, name)
        except SourceProblem:
            return None


def _agree(wanted: Mapping[str, Any], inputs: Mapping[str, Any]) -> bool:
    return all(str(_at(inputs, path)) == str(value) for path, value in wanted.items())


def _at(inputs: Any, path: str) -> Any:
    for part in path.split("."):
        inputs = inputs.get(part) if isinstance(inputs, Mapping) else None
    return inputs


def _merge_patch(target: Any, patch: Any) -> Any:
    if not isinstance(patch, Mapping):
        return patch
    result = dict(target) if isinstance(target, Mapping) else {}
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
        else:
            result[key] = _merge_patch(result.get(key), value)
    return result
