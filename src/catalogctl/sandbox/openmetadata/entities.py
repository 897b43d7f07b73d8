"""Creating, replacing, patching, deleting and restoring entities."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from . import columns, creation, events, jsonpatch, owners, permissions, tags
from .call import Call
from .errors import ApiError, Unhandled, not_found, unknown_property
from .kinds import READ_ONLY, Kind, words
from .merging import merge
from .projection import patchable_fields, show
from .records import Entity
from .references import REFERENCE_LISTS, SINGLE_REFERENCES, Reference, bare
from .versions import Outcome, store_change

TEXTS = words("description displayName retentionPeriod sourceUrl email status")


def create(call: Call, kind: Kind, body: Any) -> Entity:
    """POST: a new entity; 409 if the name is taken, also by a soft-deleted one (recorded)."""
    entity = creation.build(call, kind, body)
    insert_new(call, entity)
    return entity


def insert_new(call: Call, entity: Entity) -> None:
    if call.records.find(entity.kind, entity.fqn) is not None:
        raise ApiError(409, "Entity already exists")
    call.records.insert(entity)


def put(call: Call, kind: Kind, body: Any) -> tuple[int, Entity, str]:
    """PUT: create, or update by the rules of ``merge``; status, entity and change header."""
    built = creation.build(call, kind, body)
    existing = call.records.find(kind, built.fqn)
    if existing is None:
        permissions.authorize(call, ["Create"], kind.type)
        call.records.insert(built)
        events.record(call, "entityCreated", built)
        return 201, built, "entityCreated"
    permissions.authorize(call, ["EditAll"], kind.type, existing)
    if kind.type.endswith("Service") and "connection" not in body:
        raise ApiError(
            400,
            'Cannot invoke "org.openmetadata.schema.ServiceConnectionEntityInterface.getConfig()" '
            'because the return value of "org.openmetadata.schema.ServiceEntityInterface.'
            'getConnection()" is null',
        )
    outcome = store_change(call, existing, merge(call, existing, built))
    if outcome.header == "entityUpdated":
        events.record(call, "entityUpdated", outcome.entity)
    return 200, outcome.entity, outcome.header


def patch(
    call: Call, entity: Entity, operations: list[dict[str, Any]], *, alone: bool = False
) -> Outcome:
    """Apply a JSON Patch to what a reader sees of the entity and store the result.

    ``alone``: as a version of its own, outside the caller's session.
    """
    before = show(call, entity, patchable_fields(call, entity.kind))
    patched = jsonpatch.apply(before, operations, replace_adds=call.behaviour.replace_adds_missing)
    only = jsonpatch.touched(operations) if call.behaviour.compares_only_patched_fields else None
    new = absorb(call, entity, before, patched, only)
    return store_change(
        call, entity, new, session=not alone, only=only, late=lambda: check_late(call, new)
    )


def absorb(
    call: Call,
    entity: Entity,
    before: dict[str, Any],
    patched: dict[str, Any],
    only: set[str] | None,
) -> Entity:
    """The entity to store, from the patched projection; what may not change is put back."""
    kind = entity.kind
    _check_properties(call, kind, patched)
    if bool(patched.get("deleted")) != entity.deleted:
        raise ApiError(400, f"{kind.type} attribute deleted can't be modified")
    fixed = READ_ONLY | set(kind.ancestors) | SINGLE_REFERENCES
    doc = {
        name: value
        for name, value in entity.doc.items()
        if name in fixed or name.startswith("$") or _hidden(call, name, before)
    }
    for name, value in patched.items():
        if name in fixed or value is None:
            continue
        if name == "retentionPeriod" and value == before.get(name):
            doc |= {name: entity.doc[name]} if name in entity.doc else {}
        else:
            doc |= _absorbed(call, entity, name, value)
    if only is not None:
        touched = {"domains" if name == "domain" else name for name in only}
        kept = {name: value for name, value in entity.doc.items() if name not in touched}
        doc = kept | {name: value for name, value in doc.items() if name in touched}
    return Entity(kind, doc)


def _hidden(call: Call, name: str, before: dict[str, Any]) -> bool:
    """Stored, but not part of the projection that was patched."""
    return name not in before and not (
        name == "domains" and call.behaviour.domain_property in before
    )


def _check_properties(call: Call, kind: Kind, patched: dict[str, Any]) -> None:
    known = sorted(kind.allowed_fields(call.behaviour))
    for name, value in patched.items():
        if name not in known:
            raise unknown_property(name, kind.class_name, known)
        if name in TEXTS and isinstance(value, (dict, list)):
            token = "Object" if isinstance(value, dict) else "Array"
            raise ApiError(
                400,
                f"Cannot deserialize value of type `java.lang.String` from {token} value (token "
                f"`JsonToken.START_{token.upper()}`)\n at [Source: UNKNOWN; byte offset: #UNKNOWN] "
                f'(through reference chain: {kind.class_name}["{name}"])',
            )


def _absorbed(call: Call, entity: Entity, name: str, value: Any) -> dict[str, Any]:
    if name == "owners":
        return {name: owners.accept(call, _own(call, value))}
    if name in ("domain", "domains"):
        given = value if isinstance(value, list) else [value]
        # A domain that is taken over stays so, unlike an owner on 1.6 (recorded).
        own = [bare(reference) for reference in given if not reference.get("inherited")]
        return {"domains": own}
    if name == "tags":
        return {name: tags.accept(call, value)}
    if name == "columns":
        return {name: columns.accept(call, value, entity.fqn)}
    if name == "certification":
        return {name: _certification(call, value)}
    if name in REFERENCE_LISTS:
        return {name: [bare(reference) for reference in value]}
    if name in TEXTS and not isinstance(value, str):
        return {name: str(value).lower() if isinstance(value, bool) else str(value)}
    return {name: value}


def _own(call: Call, references: list[Reference]) -> list[Reference]:
    if call.behaviour.inherited_owner_becomes_direct:
        return references
    return [reference for reference in references if not reference.get("inherited")]


def _certification(call: Call, value: dict[str, Any]) -> dict[str, Any]:
    """Read from published source of 2.0; the server sets both dates itself."""
    label = (value.get("tagLabel") or {}) | {"source": "Classification"}
    fqn = str(label.get("tagFQN"))
    if fqn.split(".")[0] != tags.CERTIFICATION:
        raise ApiError(400, f"Invalid Classification: {fqn} is not valid for Certification.")
    if tags.target(call, fqn, "Classification") is None:
        raise not_found("tag", fqn)
    now = call.clock.now_ms()
    stored = {
        "tagFQN": fqn,
        "source": "Classification",
        "labelType": "Manual",
        "state": "Confirmed",
    }
    return {"tagLabel": stored, "appliedDate": now, "expiryDate": now + 30 * 86_400_000}


def check_late(call: Call, entity: Entity) -> None:
    """What the server finds only while it writes; on 1.6 half of the work is done by then."""
    for reference in entity.doc.get("domains", []):
        call.with_id("domain", reference["id"])
    if "columns" in entity.doc:
        columns.validate(entity.doc["columns"])


def delete(call: Call, entity: Entity, *, hard: bool, recursive: bool) -> Entity:
    """Soft or for good; 400 if something is inside and ``recursive`` is not asked for."""
    children = call.records.children(entity.id)
    if not recursive and any(not child.deleted for child in children):
        raise ApiError(400, f"{entity.kind.type} is not empty")
    for child in children:
        if hard or not child.deleted:
            delete(call, child, hard=hard, recursive=True)
    if hard:
        return entity
    if entity.deleted:
        return entity
    deleted = Entity(entity.kind, deepcopy(entity.doc) | {"deleted": True})
    return store_change(call, entity, deleted).entity


def restore(call: Call, kind: Kind, entity_id: str) -> Entity:
    entity = call.records.get(entity_id)
    if entity is None or entity.kind != kind or not entity.deleted:
        raise Unhandled(
            'Cannot invoke "org.openmetadata.service.util.RestUtil$PutResponse.getEntity()" '
            'because "response" is null'
        )
    permissions.authorize(call, ["EditAll"], kind.type, entity)
    return _restored(call, entity)


def _restored(call: Call, entity: Entity) -> Entity:
    restored = Entity(entity.kind, deepcopy(entity.doc) | {"deleted": False})
    result = store_change(call, entity, restored).entity
    for child in call.records.children(entity.id):
        if child.deleted:
            _restored(call, child)
    return result


def remove_for_good(call: Call, entity: Entity) -> None:
    for child in call.records.children(entity.id):
        remove_for_good(call, child)
    call.records.remove(entity)
