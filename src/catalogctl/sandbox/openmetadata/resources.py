"""Handlers of the routes that every kind of entity has."""

from __future__ import annotations

import hashlib
from typing import Any

from catalogctl.sandbox.wire import Response, compact

from . import (
    csvcontainers,
    csvimport,
    csvjobs,
    csvtables,
    entities,
    events,
    jsonpatch,
    listing,
    permissions,
    projection,
    social,
)
from .call import Call
from .columns import flat
from .columns import show as show_columns
from .csvimport import Import
from .errors import ApiError, HttpError
from .kinds import Kind
from .names import is_uuid
from .records import Entity

CHANGE = "X-OpenMetadata-Change"
MASKED = "********@masked.com"
LISTS_OWNERS = ("table", "databaseSchema", "glossaryTerm")
"""Kinds of which a new entity shows ``owners`` also if there are none (recorded)."""


def locate(call: Call, kind: Kind, place: dict[str, str], include: str = "non-deleted") -> Entity:
    """The entity a path names, by ``id`` or by ``fqn``."""
    if "fqn" in place:
        return call.named(kind.type, place["fqn"], include)
    if not is_uuid(place["id"]):
        raise HttpError(404)
    return call.with_id(kind.type, place["id"], include)


def answer(call: Call, status: int, shown: dict[str, Any], change: str | None = None) -> Response:
    """One entity; on 2.0 with the strong tag, a hash of this very answer."""
    headers = {CHANGE: change} if change else {}
    if call.behaviour.etags:
        headers["ETag"] = f'"{_hash(shown)}"'
    return Response.json(status, shown, headers)


def _hash(shown: dict[str, Any]) -> str:
    return hashlib.sha256(compact(shown).encode()).hexdigest()[:16]


def list_all(call: Call, kind: Kind) -> Response:
    permissions.authorize(call, ["ViewBasic"], kind.type)
    shown, paging = listing.page(call, kind)
    return Response.json(200, {"data": [_masked(call, row) for row in shown], "paging": paging})


def _masked(call: Call, shown: dict[str, Any]) -> dict[str, Any]:
    """Other people's addresses are for admins and bots only (seen in a list recorded on 1.6)."""
    if "email" in shown and shown["name"] != call.user:
        privileged = call.principal.doc.get("isAdmin") or call.is_bot
        shown["email"] = shown["email"] if privileged else MASKED
    return shown


def get(call: Call, kind: Kind, **place: str) -> Response:
    fields = projection.parse_fields(call, kind)
    include = call.include()
    entity = _viewable(call, kind, place, "ViewBasic", include)
    return answer(call, 200, _masked(call, projection.show(call, entity, fields)))


def _viewable(
    call: Call, kind: Kind, place: dict[str, str], operation: str, include: str = "non-deleted"
) -> Entity:
    """A plain denial comes before the look-up: 403 also for what does not exist (recorded)."""
    permissions.authorize(call, [operation], kind.type)
    return locate(call, kind, place, include)


def post(call: Call, kind: Kind) -> Response:
    permissions.authorize(call, ["Create"], kind.type)
    entity = entities.create(call, kind, call.json())
    events.record(call, "entityCreated", entity)
    response = answer(call, 201, created(call, entity))
    location = {"Location": call.references.link(entity)}
    return Response(201, response.body, {**response.headers, **location})


def created(call: Call, entity: Entity) -> dict[str, Any]:
    """A new entity without the lists that are still empty (recorded)."""
    fields = projection.patchable_fields(call, entity.kind) - {"followers", "votes"}
    shown = projection.show(call, entity, fields | entity.kind.on_request & {"inheritedRoles"})
    for name in fields - {"columns"}:
        if shown.get(name) == [] and not (name == "owners" and entity.kind.type in LISTS_OWNERS):
            del shown[name]
    return _without_empty_labels(call, shown)


def _without_empty_labels(call: Call, shown: dict[str, Any]) -> dict[str, Any]:
    """Answers to POST and PUT leave ``tags`` out of columns that have none (recorded on 1.6)."""
    if not call.behaviour.empty_column_tags:
        for column in flat(shown.get("columns", [])):
            if column.get("tags") == []:
                del column["tags"]
    return shown


def put(call: Call, kind: Kind) -> Response:
    body = call.json()
    status, entity, header = entities.put(call, kind, body)
    if status == 201:
        return answer(call, status, created(call, entity), header)
    # The answer to an update shows labels only if the request had some (recorded).
    hidden = {"followers", "votes"} | (set() if "tags" in body else {"tags"})
    fields = projection.patchable_fields(call, kind) - hidden
    shown = projection.show(call, entity, fields)
    return answer(call, status, _without_empty_labels(call, shown), header)


def patch(call: Call, kind: Kind, **place: str) -> Response:
    operations = jsonpatch.parse(call.json())
    entity = locate(call, kind, place)
    permissions.authorize(call, permissions.patch_operations(call, operations), kind.type, entity)
    match = call.request.headers.get("if-match") if call.behaviour.etags else None
    if match is not None:
        _require_match(call, entity, match)
    outcome = entities.patch(call, entity, operations, alone=match is not None)
    if outcome.header == "entityUpdated":
        events.record(call, "entityUpdated", outcome.entity)
    shown = projection.show(call, outcome.entity, projection.patchable_fields(call, kind))
    return answer(call, 200, shown | _echo(operations), outcome.header)


def _echo(operations: list[dict[str, Any]]) -> dict[str, Any]:
    """Followers and votes can't be patched, but the answer pretends so (recorded)."""
    return {
        name: entry["value"]
        for entry in operations
        for name in ("followers", "votes")
        if entry.get("path") == f"/{name}" and entry.get("value") is not None
    }


def _require_match(call: Call, entity: Entity, match: str) -> None:
    """``*``, the weak tag of the version, or the hash of what a PATCH answers; else 412.

    A strong tag from a GET is a hash of other fields, so it never fits, as on the real server.
    """
    shown = projection.show(call, entity, projection.patchable_fields(call, entity.kind))
    current = _hash(shown)
    accepted = {"*", f'W/"{entity.doc["version"]}"', f'"{current}"'}
    if not accepted & {tag.strip() for tag in match.split(",")}:
        raise ApiError(
            412,
            f'The entity has been modified. Current ETag: "{current}". Please refresh and retry '
            "with the latest version.",
        )


def delete(call: Call, kind: Kind, **place: str) -> Response:
    entity = locate(call, kind, place, "all")
    permissions.authorize(call, ["Delete"], kind.type, entity)
    hard = (call.request.parameter("hardDelete") or "").lower() == "true"
    recursive = (call.request.parameter("recursive") or "").lower() == "true"
    deleted = entities.delete(call, entity, hard=hard, recursive=recursive)
    event = "entityDeleted" if hard else "entitySoftDeleted"
    shown = projection.show(call, deleted, projection.patchable_fields(call, kind))
    events.record(call, event, deleted)
    if hard:
        entities.remove_for_good(call, entity)
    return answer(call, 200, shown, event)


def restore(call: Call, kind: Kind) -> Response:
    entity = entities.restore(call, kind, str((call.json() or {}).get("id", "")))
    events.record(call, "entityRestored", entity)
    shown = projection.show(call, entity, projection.patchable_fields(call, kind))
    return answer(call, 200, shown, "entityRestored")


def versions(call: Call, kind: Kind, **place: str) -> Response:
    """Newest first; each is JSON text inside the JSON."""
    entity = _viewable(call, kind, place, "ViewAll", "all")
    fields = projection.patchable_fields(call, kind)
    shown = [
        projection.show(call, entity, fields, links=False),
        *(_past(call, found, fields) for found in call.records.versions(entity)),
    ]
    texts = [compact(version) for version in shown]
    return Response.json(200, {"entityType": kind.type, "versions": texts})


def version(call: Call, kind: Kind, version: str, **place: str) -> Response:
    entity = _viewable(call, kind, place, "ViewAll", "all")
    try:
        number = float(version)
    except ValueError:
        raise ApiError(400, f'For input string: "{version}"') from None
    found = entity if entity.doc["version"] == number else call.records.version(entity, number)
    if found is None:
        raise ApiError(404, f"{kind.type} instance for {entity.id} and version {version} not found")
    return Response.json(200, _past(call, found, projection.patchable_fields(call, kind)))


def _past(call: Call, entity: Entity, fields: set[str]) -> dict[str, Any]:
    """An earlier version; followers and votes have no history, so it shows none (recorded)."""
    shown = projection.show(call, entity, fields, links=False, social=False)
    shown |= {"followers": []} if "followers" in fields else {}
    shown |= {"votes": dict(projection.NO_VOTES)} if "votes" in fields else {}
    return shown


def follow(call: Call, kind: Kind, **place: str) -> Response:
    return social.follow(call, locate(call, kind, place))


def unfollow(call: Call, kind: Kind, userId: str, **place: str) -> Response:
    return social.unfollow(call, locate(call, kind, place), userId)


def vote(call: Call, kind: Kind, **place: str) -> Response:
    return social.vote(call, locate(call, kind, place))


def column_page(call: Call, kind: Kind, **place: str) -> Response:
    """2.0: the top-level columns of a table, by offset."""
    table = _viewable(call, kind, place, "ViewBasic")
    limit = _bounded(call, "limit", 50, 1, 1000)
    offset = _bounded(call, "offset", 0, 0, None)
    asked = {name.strip() for name in (call.request.parameter("fields") or "").split(",")}
    all_columns = table.doc["columns"]
    page = show_columns(
        call, all_columns[offset : offset + limit], "full" if "tags" in asked else "empty"
    )
    paging = {"offset": offset, "limit": limit, "total": len(all_columns)}
    return Response.json(200, {"data": page, "paging": paging})


def _bounded(call: Call, name: str, default: int, least: int, most: int | None) -> int:
    text = call.request.parameter(name)
    if text is None:
        return default
    if not text.lstrip("-").isdigit():
        raise HttpError(404)
    value = int(text)
    if value < least:
        raise ApiError(400, f"[query param {name} must be greater than or equal to {least}]")
    if most is not None and value > most:
        raise ApiError(400, f"[query param {name} must be less than or equal to {most}]")
    return value


# CSV


def export(call: Call, kind: Kind, fqn: str) -> Response:
    entity = _viewable(call, kind, {"fqn": fqn}, "ViewAll")
    return Response.text(200, _export_text(call, entity))


def export_async(call: Call, kind: Kind, fqn: str) -> Response:
    entity = _viewable(call, kind, {"fqn": fqn}, "ViewAll")
    return csvjobs.start_export(call, entity, lambda job: _export_text(job, entity))


def import_(call: Call, kind: Kind, fqn: str) -> Response:
    """200 for every file that could be read, whatever became of its rows; a dry run needs
    the same permission as a real one (recorded)."""
    entity = _importable(call, kind, fqn)
    text, dry = csvimport.body_text(call), csvimport.is_dry(call)
    return Response.json(200, _import_text(call, entity, text, dry).answer())


def import_async(call: Call, kind: Kind, fqn: str) -> Response:
    entity = _importable(call, kind, fqn)
    text, dry = csvimport.body_text(call), csvimport.is_dry(call)
    return csvjobs.start_import(
        call, entity, text, dry, lambda job: _import_text(job, _fresh(job, entity), text, dry)
    )


def _importable(call: Call, kind: Kind, fqn: str) -> Entity:
    entity = locate(call, kind, {"fqn": fqn})
    permissions.authorize(call, ["EditAll"], kind.type, entity)
    return entity


def _fresh(call: Call, entity: Entity) -> Entity:
    """The entity as it is when the job runs, not as it was when it was queued."""
    return call.with_id(entity.kind.type, entity.id)


def _export_text(call: Call, entity: Entity) -> str:
    _refuse_recursive(call)
    if entity.kind.type == "table":
        return csvtables.export(call, entity)
    return csvcontainers.export(call, entity)


def _import_text(call: Call, entity: Entity, text: str, dry: bool) -> Import:
    _refuse_recursive(call)
    if entity.kind.type == "table":
        return csvtables.import_(call, entity, text, dry=dry)
    return csvcontainers.import_(call, entity, text, dry=dry)


def _refuse_recursive(call: Call) -> None:
    """1.6 ignores ``recursive`` (recorded); the recursive format of 2.0 is not emulated."""
    recursive = (call.request.parameter("recursive") or "").lower() == "true"
    if recursive and call.behaviour.async_csv:
        raise ApiError(501, "The sandbox does not emulate recursive CSV.")
