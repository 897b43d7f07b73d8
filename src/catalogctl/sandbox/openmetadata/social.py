"""Followers and votes (recorded on 1.6; no permission is asked, no version changes)."""

from __future__ import annotations

import re
from typing import Any

from catalogctl.sandbox.wire import Response

from . import events
from .call import Call
from .errors import ApiError, Unhandled
from .names import is_uuid
from .projection import show
from .records import Entity

VOTES = ("votedUp", "votedDown", "unVoted")
SHORT_UUID = re.compile(r"[0-9a-fA-F]{1,8}(-[0-9a-fA-F]{1,4}){3}-[0-9a-fA-F]{1,12}")
REDACTED = (
    "\n at [Source: REDACTED (`StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION` disabled); line: 1, "
    "column: 1]"
)


def follow(call: Call, entity: Entity) -> Response:
    user_id = _user_id(call.json())
    user = call.with_id("user", user_id)
    before = show(call, entity, {"followers"}, links=False)
    call.records.connect(entity.id, "follows", user.id)
    reference = call.references.show(user.id, links=False)
    changed = {"fieldsAdded": [{"name": "followers", "newValue": [reference]}]}
    return _answer(call, entity, changed, before)


def _user_id(body: Any) -> str:
    """The body is a bare JSON string that holds a UUID."""
    if body is None:
        raise Unhandled('Cannot invoke "java.util.UUID.toString()" because "id" is null')
    if isinstance(body, (dict, list)):
        token = "Object" if isinstance(body, dict) else "Array"
        raise ApiError(
            400,
            f"Cannot deserialize value of type `java.util.UUID` from {token} value (token "
            f"`JsonToken.START_{token.upper()}`){REDACTED}",
        )
    if not isinstance(body, str) or not is_uuid(body.strip()):
        raise ApiError(
            400,
            f'Cannot deserialize value of type `java.util.UUID` from String "{body}": UUID has to '
            f"be represented by standard 36-char representation{REDACTED}",
        )
    return body.strip()


def unfollow(call: Call, entity: Entity, user: str) -> Response:
    """A soft-deleted user can still be removed (recorded)."""
    found = call.with_id("user", path_uuid(user), include="all")
    before = show(call, entity, {"followers"}, links=False)
    call.records.disconnect(entity.id, "follows", found.id)
    reference = call.references.show(found.id, links=False)
    changed = {"fieldsDeleted": [{"name": "followers", "oldValue": [reference]}]}
    return _answer(call, entity, changed, before)


def path_uuid(text: str) -> str:
    """A UUID in a path, as ``UUID.fromString`` takes it: short groups are filled up."""
    if len(text) > 36:
        raise ApiError(400, "UUID string too large")
    if not SHORT_UUID.fullmatch(text):
        raise ApiError(400, f"Invalid UUID string: {text}")
    widths = (8, 4, 4, 4, 12)
    groups = zip(text.split("-"), widths, strict=True)
    return "-".join(group.zfill(width) for group, width in groups).lower()


def vote(call: Call, entity: Entity) -> Response:
    """Always the caller's own vote; ``{}`` takes it back."""
    body = call.json()
    value = _vote(body)
    user = call.principal
    if value in ("votedUp", "votedDown"):
        call.records.connect(entity.id, "votes", user.id, value)
    else:
        call.records.disconnect(entity.id, "votes", user.id)
    entry = {"name": "votes"} | ({"newValue": value} if value else {})
    after = show(call, entity, {"votes"}, links=False)
    return _answer(call, entity, {"fieldsUpdated": [entry]}, after)


def _vote(body: Any) -> str | None:
    class_name = "org.openmetadata.schema.api.VoteRequest"
    if body is None:
        raise Unhandled(
            f'Cannot invoke "{class_name}.getUpdatedVoteType()" because "request" is null'
        )
    if not isinstance(body, dict):
        raise ApiError(
            400,
            f"Cannot construct instance of `{class_name}` (although at least one Creator exists): "
            f"no String-argument constructor/factory method to deserialize from String value "
            f"('{body}'){REDACTED}",
        )
    for name in body:
        if name != "updatedVoteType":
            raise ApiError(
                400,
                f'Unrecognized field "{name}" (class {class_name}), not marked as ignorable (one '
                f'known property: "updatedVoteType"]){REDACTED} (through reference chain: '
                f'{class_name}["{name}"])',
            )
    value = body.get("updatedVoteType", "unVoted")
    if value is not None and value not in VOTES:
        raise ApiError(
            400,
            f"Cannot construct instance of `{class_name}$VoteType`, problem: {value}{REDACTED} "
            f'(through reference chain: {class_name}["updatedVoteType"])',
        )
    return str(value) if value is not None else None


def _answer(call: Call, entity: Entity, changed: dict[str, Any], shown: dict[str, Any]) -> Response:
    """A change event; its entity is the state before a follower came or went (recorded)."""
    description = {
        "fieldsAdded": [],
        "fieldsUpdated": [],
        "fieldsDeleted": [],
        **changed,
        "previousVersion": entity.doc["version"],
    }
    shown = {**shown, "changeDescription": description}
    event = {**events.build(call, "entityUpdated", entity, description), "entity": shown}
    if call.behaviour.incremental_changes and "followers" in shown:
        event["entity"] = show(call, entity, {"followers"}, links=False)
    call.records.add_event(event)
    return Response.json(200, event, {"X-OpenMetadata-Change": "entityFieldsChanged"})
