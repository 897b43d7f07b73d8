"""Webhooks of a source: one delivery function here, registrations at the provider.

Source: the contract's table of calls on sources. Wording of errors, and what is said about a
provider's registrations, is inferred.
"""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from catalogctl.sandbox.wire import Response

from .errors import ApiError, message
from .kinds import SOURCE_TYPES
from .records import Json, Schema, Source
from .world import SourceProblem

if TYPE_CHECKING:
    from .call import Call

UNSUPPORTED = "Webhooks are not supported for this source type."


class WebhookFailed(Exception):
    """The provider did not take a registration."""


def register(call: Call, source: Source, schema: Schema) -> None:
    """Have a schema delivered by webhook; nothing happens where webhooks don't exist."""
    table = call.world.table_if_reachable(source, schema.name)
    if _fields(source) is None or table is None or not table.webhook:
        return
    if source.webhook is None or not source.webhook["registrations"]:
        problem = _create(call, source)
        if problem is not None:
            raise WebhookFailed(problem)
    assert source.webhook is not None
    source.webhook["mapping"][schema.name] = schema.id
    call.records.save(source)


def _fields(source: Source) -> tuple[str, ...] | None:
    kind = SOURCE_TYPES.get(source.source_type)
    return kind.webhook_fields if kind else None


def _create(call: Call, source: Source) -> str | None:
    """Make the delivery function, then register it; a failure leaves the function behind."""
    if source.webhook is None:
        function = str(uuid.uuid4())
        source.webhook = {
            "function": {
                "id": function,
                "name": f"{source.source_type} webhook",
                "enabled": True,
                "created_at": call.runs.stamp(),
                "status": {"state": 1, "tokens": 0},
            },
            "url": f"{call.request.base_url}/public/webhooks/dwh/{function}",
            "registrations": 0,
            "mapping": {},
            "inputs": {},
        }
    try:
        connection = call.world.connection(source.source_type, source.job_inputs)
        problem: str | None = connection.get("webhook_error")
    except SourceProblem as unreachable:
        problem = unreachable.raw
    if problem is None:
        source.webhook["registrations"] += 1
        source.webhook["mapping"].update(
            {s.name: s.id for s in call.records.schemas_of(source.id) if s.sync_type == "webhook"}
        )
    call.records.save(source)
    return problem


def create(call: Call, id: str) -> Response:
    """``create_webhook``: not idempotent, and a failure is a 200 with ``success`` false."""
    source = call.source(id)
    fields = _fields(source)
    if fields is None:
        raise message(UNSUPPORTED)
    inputs = _inputs(call, fields) if call.era.newest else {}
    problem = _create(call, source)
    assert source.webhook is not None
    source.webhook["inputs"].update(inputs)
    call.records.save(source)
    answer: Json = {
        "success": problem is None,
        "webhook_url": source.webhook["url"],
        "error": problem,
    }
    if call.era.newest:
        given = source.webhook["inputs"]
        missing = [name for name in fields if not given.get(name)]
        answer["pending_inputs"] = missing if problem else []
    return Response.json(200, answer)


def _inputs(call: Call, fields: tuple[str, ...]) -> dict[str, Any]:
    inputs = call.body().get("inputs", {})
    if not isinstance(inputs, dict) or set(inputs) - set(fields):
        text = f"Unknown webhook inputs. Allowed: {', '.join(fields)}"
        if call.era.newest:
            raise ApiError(400, {"success": False, "error": text})
        raise message(text)
    return inputs


def update_inputs(call: Call, id: str) -> Response:
    source = call.source(id)
    fields = _fields(source)
    if fields is None or source.webhook is None:
        text = UNSUPPORTED if fields is None else "No webhook exists for this source."
        if call.era.newest:
            raise ApiError(400, {"success": False, "error": text})
        raise message(text)
    source.webhook["inputs"].update(_inputs(call, fields))
    call.records.save(source)
    return Response.json(200, {"success": True})


def delete(call: Call, id: str) -> Response:
    """``delete_webhook``: refused while a table still depends on it."""
    source = call.source(id)
    if _fields(source) is None:
        raise message(UNSUPPORTED)
    schemas = call.records.schemas_of(source.id)
    if any(schema.sync_type == "webhook" and schema.should_sync for schema in schemas):
        raise message(
            "Webhook cannot be deleted while tables are synced by it. Disable them first."
        )
    if source.webhook is None:
        error = "No webhook exists for this source."
        return Response.json(200, {"success": False, "external_deleted": False, "error": error})
    try:
        call.world.connection(source.source_type, source.job_inputs)
        error_text = None
    except SourceProblem as problem:
        error_text = problem.raw
    source.webhook = None
    call.records.save(source)
    return Response.json(
        200, {"success": True, "external_deleted": error_text is None, "error": error_text}
    )


def info(call: Call, id: str) -> Response:
    """``webhook_info``; a type without webhooks is no error."""
    source = call.source(id)
    hook = source.webhook
    answer: Json = {
        "supports_webhooks": _fields(source) is not None,
        "exists": hook is not None,
        "hog_function": hook and hook["function"],
        "webhook_url": hook and hook["url"],
        "schema_mapping": hook["mapping"] if hook else {},
        "external_status": hook
        and {"exists": bool(hook["registrations"]), "registrations": hook["registrations"]},
    }
    if call.era.newest:
        answer["inputs"] = {name: {"secret": True} for name in hook["inputs"]} if hook else {}
        answer["missing_events"] = []
        answer["auto_creation_blocked_reason"] = None
    return Response.json(200, answer)
