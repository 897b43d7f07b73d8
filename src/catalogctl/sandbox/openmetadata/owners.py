"""Who may own an entity (rules and texts recorded on 1.6)."""

from __future__ import annotations

from typing import Any

from .call import Call
from .errors import ApiError, Unhandled
from .records import Entity
from .references import Reference, bare

MIXED = "Data Assets can have up to 5 users or a Team but not both as owners."


def accept(call: Call, owners: Any) -> list[Reference]:
    """Owners as they are stored: users, or one team of type Group."""
    accepted: list[Reference] = []
    teams = 0
    for reference in owners or []:
        owner = _resolved(call, reference)
        teams += owner.kind.type == "team"
        stored = bare({"id": owner.id, "type": owner.kind.type})
        if stored not in accepted:
            accepted.append(stored)
    if teams and len(accepted) > 1:
        raise ApiError(400, MIXED)
    for reference in accepted:
        _refuse_wrong_team(call, reference)
    return accepted


def _resolved(call: Call, reference: Any) -> Entity:
    if reference.get("type") is None:
        raise Unhandled(
            'Cannot invoke "String.equals(Object)" because the return value of '
            '"org.openmetadata.schema.type.EntityReference.getType()" is null'
        )
    if reference["type"] not in ("user", "team"):
        raise ApiError(
            400,
            f"Entity of type {reference['type']} can't be the owner. Only Team of type Group or a "
            "User can own entities.",
        )
    if reference.get("id") is None:
        raise Unhandled("id is marked non-null but is null")
    return call.with_id(reference["type"], str(reference["id"]))


def _refuse_wrong_team(call: Call, reference: Reference) -> None:
    owner = call.references.entity(reference["id"])
    team_type = owner.doc.get("teamType", "Group") if owner else "Group"
    if reference["type"] == "team" and team_type != "Group":
        raise ApiError(
            400,
            f"Team of type {team_type} can't own entities. Only Team of type Group can own "
            "entities.",
        )
