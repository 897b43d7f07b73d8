"""References to other entities, and owners and domains taken over from what contains an entity."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from .kinds import words
from .records import Entity, Records

Reference = dict[str, Any]
REFERENCE_LISTS = words(
    "roles teams reviewers policies parents experts relatedTerms defaultRoles dataProducts"
)
SINGLE_REFERENCES = frozenset({"parent", "botUser"})


class References:
    """Looks references up; remembers what it saw, so it lives for one call only."""

    def __init__(self, records: Records, base: str) -> None:
        self._records = records
        self._base = base
        self._entities: dict[str, Entity | None] = {}
        self._inherited: dict[tuple[str, str], list[Reference]] = {}

    def forget(self) -> None:
        """After a write, what was seen may be stale."""
        self._entities.clear()
        self._inherited.clear()

    def entity(self, entity_id: str) -> Entity | None:
        if entity_id not in self._entities:
            self._entities[entity_id] = self._records.get(entity_id)
        return self._entities[entity_id]

    def preload(self, ids: Iterable[str]) -> None:
        missing = {entity_id for entity_id in ids if entity_id not in self._entities}
        self._entities.update(self._records.many(missing))

    def link(self, entity: Entity) -> str:
        return f"{self._base}/{entity.kind.collection}/{entity.id}"

    def show(
        self, entity_id: str, *, inherited: bool = False, links: bool = True
    ) -> Reference | None:
        """A reference as answers hold it; ``None`` if its entity is gone for good."""
        entity = self.entity(entity_id)
        if entity is None:
            return None
        doc = entity.doc
        shown: Reference = {
            "id": entity.id,
            "type": entity.kind.type,
            "name": doc["name"],
            "fullyQualifiedName": entity.fqn,
        }
        if doc.get("description"):
            shown["description"] = doc["description"]
        shown["displayName"] = doc.get("displayName") or doc["name"]
        if "deleted" in doc:
            shown["deleted"] = entity.deleted
        if inherited:
            shown["inherited"] = True
        if links:
            shown["href"] = self.link(entity)
        return shown

    def show_all(
        self, references: Iterable[Reference], *, inherited: bool = False, links: bool = True
    ) -> list[Reference]:
        """In order of name, as the server returns them."""
        shown = (
            self.show(reference["id"], inherited=inherited, links=links) for reference in references
        )
        return sorted((entry for entry in shown if entry), key=lambda entry: str(entry["name"]))

    def effective(self, entity: Entity, name: str) -> tuple[list[Reference], bool]:
        """An entity's own ``owners`` or ``domains``, else those inherited, and which of the two."""
        own = entity.doc.get(name)
        if own:
            return own, False
        if name not in entity.kind.inherits:
            return [], False
        return self._from_parent(entity, name), True

    def _from_parent(self, entity: Entity, name: str) -> list[Reference]:
        parent_id = entity.parent_id
        if parent_id is None:
            return []
        key = (parent_id, name)
        if key not in self._inherited:
            parent = self.entity(parent_id)
            self._inherited[key] = self.effective(parent, name)[0] if parent else []
        return self._inherited[key]

    def inherited_text(self, entity: Entity, name: str) -> str | None:
        """A text such as ``retentionPeriod`` from the nearest container that has it."""
        if name not in entity.kind.inherits or entity.parent_id is None:
            return None
        parent = self.entity(entity.parent_id)
        if parent is None:
            return None
        own: str | None = parent.doc.get(name)
        return self.inherited_text(parent, name) if own is None else own


def bare(reference: Reference) -> Reference:
    """What is stored of a reference."""
    return {"id": str(reference["id"]).lower(), "type": reference["type"]}
