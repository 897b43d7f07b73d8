"""Change events: what happened to which entity, by whom."""

from __future__ import annotations

import uuid
from typing import Any

from catalogctl.sandbox.wire import Response, compact

from .call import Call
from .errors import HttpError
from .projection import patchable_fields, show
from .records import Entity

QUERY_NAMES = {
    "entityCreated": ("entityCreated",),
    "entityUpdated": ("entityUpdated", "entityFieldsChanged"),
    "entityDeleted": ("entityDeleted", "entitySoftDeleted"),
    "entityRestored": ("entityRestored",),
}


def build(
    call: Call, kind: str, entity: Entity, description: dict[str, Any] | None = None
) -> dict[str, Any]:
    """An event about ``entity`` as it is now, without the entity itself."""
    version = entity.doc["version"]
    change = description or entity.doc.get("changeDescription")
    event: dict[str, Any] = {
        "id": str(uuid.uuid4()),
        "eventType": kind,
        "entityType": entity.kind.type,
        "entityId": entity.id,
        "entityFullyQualifiedName": entity.fqn,
        "previousVersion": (change or {}).get("previousVersion", version),
        "currentVersion": version,
        "userName": call.user,
        "timestamp": call.clock.now_ms(),
    }
    if change:
        event["changeDescription"] = change
        if call.behaviour.incremental_changes:
            event["incrementalChangeDescription"] = change
    return event


def record(call: Call, kind: str, entity: Entity) -> None:
    fields = patchable_fields(call, entity.kind)
    event = build(call, kind, entity)
    call.records.add_event({**event, "entity": show(call, entity, fields, links=False)})


def listing(call: Call) -> Response:
    """GET /v1/events: everything since ``timestamp`` of the asked types, unpaged."""
    since = call.request.parameter("timestamp") or "0"
    if not since.lstrip("-").isdigit():
        raise HttpError(404)
    wanted = {
        event: set((call.request.parameter(name) or "").split(","))
        for name, events in QUERY_NAMES.items()
        for event in events
    }
    found = [
        event
        for event in call.records.events(int(since))
        if wanted.get(event["eventType"], set()) & {event["entityType"], "*"}
    ]
    if call.behaviour.events_carry_text:
        found = [_as_text(event) for event in found]
    return Response.json(200, {"data": found, "paging": {"total": len(found)}})


def _as_text(event: dict[str, Any]) -> dict[str, Any]:
    text = {name: value for name, value in event.items() if name != "entityFullyQualifiedName"}
    return {**text, "entity": compact(event["entity"])}
