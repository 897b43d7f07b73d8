"""Lists: filters, order and cursors.

Rows come in order of (name, id). A cursor is the padded Base64 of the JSON of an edge row's name
and id; clients must not look inside, but tests may.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from catalogctl.sandbox.wire import compact

from . import projection
from .call import Call
from .errors import ApiError, HttpError, Unhandled
from .kinds import BY_TYPE, Kind
from .names import is_uuid, user_fqn
from .records import Entity

MAX_LIMIT = 1_000_000


@dataclass
class Selection:
    """SQL conditions that all must hold."""

    conditions: list[str] = field(default_factory=list)
    parameters: list[Any] = field(default_factory=list)

    def add(self, condition: str, *parameters: Any) -> None:
        self.conditions.append(condition)
        self.parameters += parameters


def page(call: Call, kind: Kind) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """A page of entities and its ``paging``."""
    limit = _limit(call)
    before, after = call.request.parameter("before"), call.request.parameter("after")
    if before is not None and after is not None:
        raise ApiError(400, "Only one of before or after query parameter allowed")
    fields = projection.parse_fields(call, kind)
    selection = _selection(call, kind)
    paging: dict[str, Any] = {}
    rows: list[Entity] = []
    total = call.records.count(selection.conditions, selection.parameters)
    if limit:
        rows, paging = _page(call, selection, limit, before, after)
    return projection.show_many(call, rows, fields), {**paging, "total": total}


def _limit(call: Call) -> int:
    text = call.request.parameter("limit")
    if text is None:
        return 10
    try:
        limit = int(text)
    except ValueError:
        raise HttpError(404) from None
    if limit < 0:
        raise ApiError(400, "[query param limit must be greater than or equal to 0]")
    if limit > MAX_LIMIT:
        raise ApiError(400, f"[query param limit must be less than or equal to {MAX_LIMIT}]")
    return limit


def _page(
    call: Call, selection: Selection, limit: int, before: str | None, after: str | None
) -> tuple[list[Entity], dict[str, str]]:
    conditions, parameters = list(selection.conditions), list(selection.parameters)
    if before is not None:
        if not before:
            raise Unhandled("Index -1 out of bounds for length 0")
        conditions.append("(name, id) < (?, ?)")
        parameters += _edge(before)
        ids = call.records.ids(conditions, parameters, "name DESC, id DESC", limit + 1)
        more, ids = len(ids) > limit, ids[:limit][::-1]
        rows = _in_order(call, ids)
        return rows, _cursors(rows, first=not more, last=False)
    if after:
        conditions.append("(name, id) > (?, ?)")
        parameters += _edge(after)
    ids = call.records.ids(conditions, parameters, "name, id", limit + 1)
    rows = _in_order(call, ids[:limit])
    if not rows and after and not call.behaviour.generic_errors_are_500:
        return rows, {"before": after}
    return rows, _cursors(rows, first=after is None, last=len(ids) <= limit)


def _in_order(call: Call, ids: list[str]) -> list[Entity]:
    found = call.records.many(ids)
    return [found[entity_id] for entity_id in ids if entity_id in found]


def _cursors(rows: list[Entity], *, first: bool, last: bool) -> dict[str, str]:
    paging = {}
    if rows and not first:
        paging["before"] = _cursor(rows[0])
    if rows and not last:
        paging["after"] = _cursor(rows[-1])
    return paging


def _cursor(entity: Entity) -> str:
    edge = compact({"id": entity.id, "name": entity.doc["name"]})
    return base64.urlsafe_b64encode(edge.encode()).decode()


def _edge(cursor: str) -> tuple[str, str]:
    for character in cursor:
        if not (character.isascii() and (character.isalnum() or character in "-_=+/")):
            raise ApiError(400, f"Illegal base64 character {ord(character):x}")
    try:
        decoded = base64.b64decode(cursor, altchars=b"-_")
    except (binascii.Error, ValueError):
        raise ApiError(400, "Input byte array has wrong 4-byte ending unit") from None
    try:
        edge = json.loads(decoded)
        return str(edge["name"]), str(edge["id"])
    except (ValueError, KeyError, TypeError):
        raise _BrokenCursor() from None


class _BrokenCursor(ApiError):
    def __init__(self) -> None:
        super().__init__(
            500,
            "An exception with message [Failed to process JSON ] was thrown while processing "
            "request.",
        )


def _selection(call: Call, kind: Kind) -> Selection:
    selection = Selection()
    selection.add("type = ?", kind.type)
    include = call.include()
    if include != "all":
        selection.add("deleted = ?", int(include == "deleted"))
    for name, narrow in _FILTERS.get(kind.type, {}).items():
        value = call.request.parameter(name)
        if value is not None:
            narrow(call, selection, value)
    if call.behaviour.hides_disabled_tags and kind.type in ("tag", "classification"):
        shown = call.request.parameter("disabled") == "true"
        selection.add("COALESCE(json_extract(json, '$.disabled'), 0) = ?", int(shown))
    return selection


def _below(_call: Call, selection: Selection, fqn: str) -> None:
    """Everything whose full name begins with ``fqn`` and a dot."""
    selection.add("fqn >= ? AND fqn < ?", f"{fqn}.", f"{fqn}/")


def _inside(*kinds: str) -> Callable[[Call, Selection, str], None]:
    """Directly inside the entity of that full name; an unknown one contains nothing."""

    def narrow(call: Call, selection: Selection, fqn: str) -> None:
        found = [call.records.find(BY_TYPE[kind], fqn) for kind in kinds]
        selection.add("parent = ?", next((entity.id for entity in found if entity), ""))

    return narrow


def _glossary(call: Call, selection: Selection, value: str) -> None:
    """By id, not by name (recorded)."""
    if not is_uuid(value):
        raise ApiError(400, f"Invalid UUID string: {value}")
    found = call.records.get(value)
    _below(call, selection, found.fqn if found else "\0")


def _flag(name: str) -> Callable[[Call, Selection, str], None]:
    def narrow(_call: Call, selection: Selection, value: str) -> None:
        wanted = int(value.lower() == "true")
        selection.add(f"COALESCE(json_extract(json, '$.{name}'), 0) = ?", wanted)

    return narrow


def _member(call: Call, selection: Selection, team: str) -> None:
    found = call.records.find(BY_TYPE["team"], team)
    selection.add(
        "EXISTS (SELECT 1 FROM json_each(openmetadata_entity.json, '$.teams') "
        "WHERE json_extract(value, '$.id') = ?)",
        found.id if found else user_fqn(team),
    )


_FILTERS: dict[str, dict[str, Callable[[Call, Selection, str], None]]] = {
    "table": {"database": _below, "databaseSchema": _inside("databaseSchema")},
    "databaseSchema": {"database": _inside("database")},
    "database": {"service": _inside("databaseService")},
    "topic": {"service": _inside("messagingService")},
    "tag": {"parent": _below},
    "glossaryTerm": {
        "glossary": _glossary,
        "parent": _below,
        "directChildrenOf": _inside("glossaryTerm", "glossary"),
    },
    "user": {"isBot": _flag("isBot"), "isAdmin": _flag("isAdmin"), "team": _member},
}
