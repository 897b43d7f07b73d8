"""Entities, their versions, followers, votes, events and CSV jobs, as rows of the store.

A stored document is what the API shows, with two differences: references are ``{"id", "type"}``
only (names are looked up when they are shown), and domains are always a list under ``domains``.
Keys that begin with ``$`` are never shown.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from catalogctl.sandbox.store import Store
from catalogctl.sandbox.wire import compact

from .errors import Unhandled
from .kinds import BY_TYPE, Kind

SCHEMA = """
CREATE TABLE IF NOT EXISTS openmetadata_entity (
    id TEXT PRIMARY KEY, type TEXT NOT NULL, fqn TEXT NOT NULL, name TEXT NOT NULL,
    parent TEXT, deleted INTEGER NOT NULL, json TEXT NOT NULL, UNIQUE (type, fqn));
CREATE INDEX IF NOT EXISTS openmetadata_listed ON openmetadata_entity (type, name, id);
CREATE INDEX IF NOT EXISTS openmetadata_contained ON openmetadata_entity (parent, type, name, id);
CREATE TABLE IF NOT EXISTS openmetadata_version (
    entity TEXT NOT NULL, version REAL NOT NULL, json TEXT NOT NULL,
    PRIMARY KEY (entity, version));
CREATE TABLE IF NOT EXISTS openmetadata_edge (
    entity TEXT NOT NULL, relation TEXT NOT NULL, user TEXT NOT NULL, value TEXT NOT NULL,
    PRIMARY KEY (entity, relation, user));
CREATE INDEX IF NOT EXISTS openmetadata_followed ON openmetadata_edge (user, relation);
CREATE TABLE IF NOT EXISTS openmetadata_event (
    number INTEGER PRIMARY KEY, timestamp INTEGER NOT NULL, type TEXT NOT NULL,
    entity_type TEXT NOT NULL, json TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS openmetadata_job (
    id INTEGER PRIMARY KEY AUTOINCREMENT, json TEXT NOT NULL, output TEXT);
"""
NUL = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")
TABLES = ("entity", "version", "edge", "event", "job")


@dataclass
class Entity:
    kind: Kind
    doc: dict[str, Any]

    @property
    def id(self) -> str:
        return str(self.doc["id"])

    @property
    def fqn(self) -> str:
        return str(self.doc["fullyQualifiedName"])

    @property
    def deleted(self) -> bool:
        return bool(self.doc.get("deleted"))

    @property
    def parent_id(self) -> str | None:
        for name in ("parent", *self.kind.ancestors[:1]):
            reference = self.doc.get(name)
            if isinstance(reference, dict):
                return str(reference["id"])
        return None

    def copy(self) -> Entity:
        copied: dict[str, Any] = json.loads(json.dumps(self.doc))
        return Entity(self.kind, copied)


class Records:
    def __init__(self, store: Store) -> None:
        self.store = store
        store.define(SCHEMA)

    def clear(self) -> None:
        with self.store.transaction():
            for table in TABLES:
                self.store.write(f"DELETE FROM openmetadata_{table}")

    def is_empty(self) -> bool:
        return self.store.row("SELECT 1 FROM openmetadata_entity LIMIT 1") is None

    # Entities

    def get(self, entity_id: str) -> Entity | None:
        row = self.store.row(
            "SELECT type, json FROM openmetadata_entity WHERE id = ?", (entity_id.lower(),)
        )
        return _entity(row)

    def find(self, kind: Kind, fqn: str) -> Entity | None:
        row = self.store.row(
            "SELECT type, json FROM openmetadata_entity WHERE type = ? AND fqn = ?",
            (kind.type, fqn),
        )
        return _entity(row)

    def many(self, ids: Iterable[str]) -> dict[str, Entity]:
        """By id, in one query; ids of nothing are left out."""
        wanted = list(ids)
        found: dict[str, Entity] = {}
        for start in range(0, len(wanted), 500):
            part = wanted[start : start + 500]
            for row in self.store.rows(
                "SELECT type, json, id FROM openmetadata_entity WHERE id IN "
                f"({','.join('?' * len(part))})",
                part,
            ):
                found[row[2]] = Entity(BY_TYPE[row[0]], json.loads(row[1]))
        return found

    def children(self, entity_id: str, kind: str | None = None) -> list[Entity]:
        """Everything directly inside an entity, soft-deleted included, in order of name."""
        sql = "SELECT type, json FROM openmetadata_entity WHERE parent = ?"
        parameters = [entity_id]
        if kind is not None:
            sql += " AND type = ?"
            parameters.append(kind)
        rows = self.store.rows(sql + " ORDER BY name, id", parameters)
        return [Entity(BY_TYPE[row[0]], json.loads(row[1])) for row in rows]

    def insert(self, entity: Entity) -> None:
        self.store.write(
            "INSERT INTO openmetadata_entity (id, type, fqn, name, parent, deleted, json) "
            "VALUES (?, ?, ?, ?, ?, ?, ?)",
            (entity.id, entity.kind.type, *_columns(entity)),
        )

    def update(self, entity: Entity) -> None:
        self.store.write(
            "UPDATE openmetadata_entity SET fqn = ?, name = ?, parent = ?, deleted = ?, json = ? "
            "WHERE id = ?",
            (*_columns(entity), entity.id),
        )

    def remove(self, entity: Entity) -> None:
        """Forget an entity for good, with its versions, followers and votes, and those it gave."""
        store = self.store
        store.write("DELETE FROM openmetadata_entity WHERE id = ?", (entity.id,))
        store.write("DELETE FROM openmetadata_version WHERE entity = ?", (entity.id,))
        store.write(
            "DELETE FROM openmetadata_edge WHERE entity = ? OR user = ?", (entity.id, entity.id)
        )

    def ids(
        self, conditions: Sequence[str], parameters: Sequence[Any], order: str, limit: int
    ) -> list[str]:
        where = " AND ".join(conditions)
        rows = self.store.rows(
            f"SELECT id FROM openmetadata_entity WHERE {where} ORDER BY {order} LIMIT ?",
            (*parameters, limit),
        )
        return [row[0] for row in rows]

    def count(self, conditions: Sequence[str], parameters: Sequence[Any]) -> int:
        row = self.store.row(
            f"SELECT COUNT(*) FROM openmetadata_entity WHERE {' AND '.join(conditions)}", parameters
        )
        return int(row[0]) if row else 0

    # Versions

    def save_version(self, entity: Entity) -> None:
        self.store.write(
            "INSERT OR REPLACE INTO openmetadata_version VALUES (?, ?, ?)",
            (entity.id, entity.doc["version"], compact(entity.doc)),
        )

    def version(self, entity: Entity, number: float) -> Entity | None:
        row = self.store.row(
            "SELECT json FROM openmetadata_version WHERE entity = ? AND version = ?",
            (entity.id, number),
        )
        return Entity(entity.kind, json.loads(row[0])) if row else None

    def drop_version(self, entity: Entity, number: float) -> None:
        self.store.write(
            "DELETE FROM openmetadata_version WHERE entity = ? AND version = ?",
            (entity.id, number),
        )

    def versions(self, entity: Entity) -> list[Entity]:
        """Earlier versions, newest first."""
        rows = self.store.rows(
            "SELECT json FROM openmetadata_version WHERE entity = ? ORDER BY version DESC",
            (entity.id,),
        )
        return [Entity(entity.kind, json.loads(row[0])) for row in rows]

    # Followers and votes

    def connect(self, entity_id: str, relation: str, user_id: str, value: str = "") -> None:
        self.store.write(
            "INSERT OR REPLACE INTO openmetadata_edge VALUES (?, ?, ?, ?)",
            (entity_id, relation, user_id, value),
        )

    def disconnect(self, entity_id: str, relation: str, user_id: str) -> None:
        self.store.write(
            "DELETE FROM openmetadata_edge WHERE entity = ? AND relation = ? AND user = ?",
            (entity_id, relation, user_id),
        )

    def edges(self, entity_ids: Sequence[str], relation: str) -> list[tuple[str, str, str]]:
        """(entity, user, value) of all the given entities."""
        found: list[tuple[Any, ...]] = []
        for start in range(0, len(entity_ids), 500):
            part = entity_ids[start : start + 500]
            found += self.store.rows(
                "SELECT entity, user, value FROM openmetadata_edge WHERE relation = ? "
                f"AND entity IN ({','.join('?' * len(part))})",
                (relation, *part),
            )
        return [(row[0], row[1], row[2]) for row in found]

    def followed_by(self, user_id: str) -> list[str]:
        rows = self.store.rows(
            "SELECT entity FROM openmetadata_edge WHERE user = ? AND relation = 'follows'",
            (user_id,),
        )
        return [row[0] for row in rows]

    def members_of(self, team_id: str) -> list[str]:
        rows = self.store.rows(
            "SELECT id FROM openmetadata_entity WHERE type = 'user' AND deleted = 0 AND EXISTS "
            "(SELECT 1 FROM json_each(openmetadata_entity.json, '$.teams') "
            "WHERE json_extract(value, '$.id') = ?)",
            (team_id,),
        )
        return [row[0] for row in rows]

    # Events

    def add_event(self, event: dict[str, Any]) -> None:
        self.store.write(
            "INSERT INTO openmetadata_event (timestamp, type, entity_type, json) "
            "VALUES (?, ?, ?, ?)",
            (event["timestamp"], event["eventType"], event["entityType"], compact(event)),
        )

    def events(self, since_ms: int) -> list[dict[str, Any]]:
        rows = self.store.rows(
            "SELECT json FROM openmetadata_event WHERE timestamp >= ? ORDER BY number", (since_ms,)
        )
        return [json.loads(row[0]) for row in rows]


def _entity(row: tuple[Any, ...] | None) -> Entity | None:
    return Entity(BY_TYPE[row[0]], json.loads(row[1])) if row else None


def _columns(entity: Entity) -> tuple[Any, ...]:
    text = compact(entity.doc)
    if "\\u0000" in text and NUL.search(text):
        # What PostgreSQL says to it (recorded).
        raise Unhandled(
            "org.postgresql.util.PSQLException: ERROR: unsupported Unicode escape sequence\n  "
            "Detail: \\u0000 cannot be converted to text."
        )
    return (
        entity.fqn,
        entity.doc["name"],
        entity.parent_id,
        int(entity.deleted),
        text,
    )
