"""Change descriptions: what differs between two states of an entity."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from catalogctl.sandbox.wire import compact

from . import tags
from .call import Call
from .columns import Column, local_name
from .kinds import words
from .names import quote
from .records import Entity
from .references import REFERENCE_LISTS, Reference

BOOKKEEPING = words(
    "id name fullyQualifiedName version updatedAt updatedBy href changeDescription",
    "incrementalChangeDescription serviceType customMetrics service database databaseSchema",
    "classification glossary columns owners tags domains",
)


@dataclass
class Changes:
    added: list[dict[str, Any]] = field(default_factory=list)
    updated: list[dict[str, Any]] = field(default_factory=list)
    deleted: list[dict[str, Any]] = field(default_factory=list)
    major: bool = False

    def __bool__(self) -> bool:
        return bool(self.added or self.updated or self.deleted)

    def value(self, name: str, old: Any, new: Any) -> None:
        """Note a field that came, went or became another; an empty list is no value."""
        old, new = (None if value == [] else value for value in (old, new))
        if old == new:
            return
        if old is None:
            self.added.append({"name": name, "newValue": _plain(new)})
        elif new is None:
            self.deleted.append({"name": name, "oldValue": _plain(old)})
        else:
            self.updated.append({"name": name, "oldValue": _plain(old), "newValue": _plain(new)})

    def members(self, name: str, gone: list[Any], come: list[Any]) -> None:
        """Note members of a list that came and went; such values are JSON text (recorded)."""
        if come:
            self.added.append({"name": name, "newValue": compact(come)})
        if gone:
            self.deleted.append({"name": name, "oldValue": compact(gone)})

    def describe(self, previous_version: float) -> dict[str, Any]:
        return {
            "fieldsAdded": self.added,
            "fieldsUpdated": self.updated,
            "fieldsDeleted": self.deleted,
            "previousVersion": previous_version,
        }

    def names(self) -> Iterator[str]:
        for entry in (*self.added, *self.updated, *self.deleted):
            yield entry["name"]


def between(call: Call, old: Entity, new: Entity, only: set[str] | None = None) -> Changes:
    """What a reader of ``new`` finds changed; with ``only``, in these top-level fields."""
    changes = Changes()
    kind = new.kind
    names = sorted((set(old.doc) | set(new.doc)) - BOOKKEEPING, key=_field_order)
    for name in names:
        if not name.startswith("$") and (only is None or name in only or name == "deleted"):
            if name in REFERENCE_LISTS:
                _references(call, changes, name, old, new)
            else:
                changes.value(name, old.doc.get(name), new.doc.get(name))
    if only is None or "owners" in only:
        _references(call, changes, "owners", old, new)
    if only is None or "tags" in only:
        _labels(call, changes, "tags", old.doc.get("tags", []), new.doc.get("tags", []))
    if only is None or only & {"domain", "domains"}:
        _domains(call, changes, old, new)
    if kind.type == "table" and (only is None or "columns" in only):
        _columns(call, changes, new.fqn, "", old.doc["columns"], new.doc["columns"])
    return changes


def _field_order(name: str) -> tuple[int, str]:
    first = ("deleted", "description", "displayName")
    return (first.index(name) if name in first else len(first), name)


def _plain(value: Any) -> Any:
    return compact(value) if isinstance(value, (list, dict)) else value


def _references(call: Call, changes: Changes, name: str, old: Entity, new: Entity) -> None:
    before = {reference["id"]: reference for reference in old.doc.get(name, [])}
    after = {reference["id"]: reference for reference in new.doc.get(name, [])}
    changes.members(
        name,
        _shown(call, [before[key] for key in before if key not in after]),
        _shown(call, [after[key] for key in after if key not in before]),
    )


def _shown(call: Call, references: list[Reference]) -> list[Reference]:
    return call.references.show_all(references, links=False)


def _domains(call: Call, changes: Changes, old: Entity, new: Entity) -> None:
    if call.behaviour.many_domains:
        _references(call, changes, "domains", old, new)
        return
    before = _shown(call, old.doc.get("domains", []))
    after = _shown(call, new.doc.get("domains", []))
    changes.value("domain", before[0] if before else None, after[0] if after else None)


def _labels(
    call: Call, changes: Changes, name: str, old: list[tags.Label], new: list[tags.Label]
) -> None:
    """Labels are the same if name and source are; the rest is not compared."""
    if old == new:
        return
    before = {(label["tagFQN"], label["source"]): label for label in tags.show(call, old)}
    after = {(label["tagFQN"], label["source"]): label for label in tags.show(call, new)}
    changes.members(
        name,
        [before[key] for key in before if key not in after],
        [after[key] for key in after if key not in before],
    )


def _columns(
    call: Call, changes: Changes, table_fqn: str, path: str, old: list[Column], new: list[Column]
) -> None:
    """Columns are the same if name (in any letter case), type and array type are."""
    before = {_identity(column): column for column in old}
    after = [_identity(column) for column in new]
    where = f"columns.{path}" if path else "columns"
    changes.members(
        where,
        [_with_labels(call, column) for key, column in before.items() if key not in after],
        [_with_labels(call, column) for column in new if _identity(column) not in before],
    )
    if any(key not in after for key in before) or len(set(after)) < len(after):
        changes.major = True
    for column in new:
        match = before.get(_identity(column))
        if match is not None:
            _column(call, changes, table_fqn, match, column)


def _identity(column: Column) -> tuple[Any, ...]:
    return (str(column["name"]).lower(), column.get("dataType"), column.get("arrayDataType"))


def _with_labels(call: Call, column: Column) -> Column:
    return {**column, "tags": tags.show(call, column.get("tags", []))}


def _column(call: Call, changes: Changes, table_fqn: str, old: Column, new: Column) -> None:
    path = local_name(table_fqn, old)
    # Recorded on 1.6: texts are listed under the bare name, labels under the whole path.
    text_path = quote(old["name"]) if call.behaviour.short_column_paths else path
    for name in ("description", "displayName", "constraint"):
        changes.value(f"columns.{text_path}.{name}", old.get(name), new.get(name))
    _labels(call, changes, f"columns.{path}.tags", old.get("tags", []), new.get("tags", []))
    for name in ("dataLength", "precision", "scale"):
        if old.get(name) != new.get(name):
            changes.value(f"columns.{text_path}.{name}", old.get(name), new.get(name))
            changes.major = changes.major or (new.get(name) or 0) < (old.get(name) or 0)
    if not call.behaviour.short_column_paths:
        name = "dataTypeDisplay"
        changes.value(f"columns.{text_path}.{name}", old.get(name), new.get(name))
    _columns(call, changes, table_fqn, path, old.get("children", []), new.get("children", []))


def next_version(version: float, *, major: bool) -> float:
    return round(version + (1.0 if major else 0.1), 1)
