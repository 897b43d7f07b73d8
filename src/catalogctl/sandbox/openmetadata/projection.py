"""What an answer shows of an entity."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from . import columns, tags
from .call import Call
from .errors import ApiError
from .kinds import Kind, words
from .records import Entity
from .references import REFERENCE_LISTS, SINGLE_REFERENCES, Reference

NO_VOTES: dict[str, Any] = {"upVotes": 0, "downVotes": 0, "upVoters": [], "downVoters": []}
EMPTY_LISTS = words("dataProducts reviewers roles teams experts relatedTerms")


def parse_fields(call: Call, kind: Kind) -> set[str]:
    """The ``fields`` parameter; a name that the schema lacks fails the whole call (recorded)."""
    asked = call.request.parameter("fields") or ""
    allowed = kind.allowed_fields(call.behaviour)
    if asked.strip() == "*":
        return allowed
    fields = {name.strip() for name in asked.split(",") if name.strip()}
    for name in (part.strip() for part in asked.split(",")):
        if name and name not in allowed:
            raise ApiError(400, f"Invalid field name {name}")
    return fields


def patchable_fields(call: Call, kind: Kind) -> set[str]:
    """What the answer to a PATCH, PUT or DELETE shows, and what a JSON Patch applies to."""
    fields = {"owners", "tags", "columns", "extension", call.behaviour.domain_property}
    if kind.type == "user":
        fields -= {"owners", "tags"}
    fields |= {"followers"} if kind.has_followers(call.behaviour) else set()
    fields |= {"votes"} if kind.has_votes(call.behaviour) else set()
    if kind.type not in ("databaseService", "messagingService", "user", "bot", "role", "policy"):
        fields |= {"dataProducts"}
    fields |= kind.on_request & {
        "roles", "teams", "reviewers", "tableConstraints", "experts", "parents", "policies",
        "defaultRoles", "certification", "schemaDefinition", "dataModel", "profile",
    }  # fmt: skip
    if not call.behaviour.certification:
        fields.discard("certification")
    return fields


def show(
    call: Call, entity: Entity, fields: Iterable[str], *, links: bool = True, social: bool = True
) -> dict[str, Any]:
    """One entity; see ``show_many`` for lists."""
    return show_many(call, [entity], fields, links=links, social=social)[0]


def show_many(
    call: Call,
    entities: Sequence[Entity],
    fields: Iterable[str],
    *,
    links: bool = True,
    social: bool = True,
) -> list[dict[str, Any]]:
    """Entities with the asked fields; followers and votes are read in one query for all."""
    wanted = set(fields)
    _preload(call, entities)
    followers = _followers(call, entities, links) if social and "followers" in wanted else {}
    votes = _votes(call, entities) if social and "votes" in wanted else {}
    shown = []
    for entity in entities:
        answer = _show_one(call, entity, wanted, links)
        if social and "followers" in wanted:
            answer["followers"] = followers.get(entity.id, [])
        if social and "votes" in wanted:
            answer["votes"] = votes.get(entity.id, dict(NO_VOTES))
        shown.append(answer)
    return shown


def _preload(call: Call, entities: Sequence[Entity]) -> None:
    ids: set[str] = set()
    for entity in entities:
        for name in (*entity.kind.ancestors, *SINGLE_REFERENCES):
            if isinstance(entity.doc.get(name), dict):
                ids.add(entity.doc[name]["id"])
        for name in ("owners", "domains"):
            ids.update(reference["id"] for reference in entity.doc.get(name, []))
    call.references.preload(ids)


def _show_one(call: Call, entity: Entity, wanted: set[str], links: bool) -> dict[str, Any]:
    kind, doc, references = entity.kind, entity.doc, call.references
    answer: dict[str, Any] = {}
    for name, value in doc.items():
        if name.startswith("$") or name in kind.on_request or name in ("columns", "domains"):
            continue
        if name in kind.ancestors or name in SINGLE_REFERENCES:
            answer[name] = references.show(value["id"], links=links)
        elif name in REFERENCE_LISTS:
            answer[name] = references.show_all(value, links=links)
        else:
            answer[name] = value
    if links:
        answer["href"] = references.link(entity)
    if "columns" in doc:
        answer["columns"] = columns.show(call, doc["columns"], _labels_shown(call, wanted))
    if "retentionPeriod" not in doc:
        retention = references.inherited_text(entity, "retentionPeriod")
        answer |= {"retentionPeriod": retention} if retention is not None else {}
    for name in wanted & kind.on_request - {"followers", "votes"}:
        _show_field(call, entity, name, answer, links)
    return answer


def _labels_shown(call: Call, wanted: set[str]) -> str:
    if {"columns", "tags"} <= wanted:
        return "full"
    return "empty" if "columns" in wanted and call.behaviour.empty_column_tags else "none"


def _show_field(call: Call, entity: Entity, name: str, answer: dict[str, Any], links: bool) -> None:
    doc, references = entity.doc, call.references
    if name == "owners":
        own, inherited = references.effective(entity, "owners")
        answer[name] = references.show_all(own, inherited=inherited, links=links)
    elif name in ("domain", "domains"):
        own, inherited = references.effective(entity, "domains")
        found = references.show_all(own, inherited=inherited, links=links)
        if name == "domains":
            answer[name] = found
        elif found:
            answer[name] = found[0]
    elif name == "tags":
        answer[name] = tags.show(call, doc.get("tags", []))
    elif name == "inheritedRoles":
        answer[name] = references.show_all(_inherited_roles(call, doc), links=links)
    elif name == "follows":
        ids = call.records.followed_by(entity.id)
        answer[name] = references.show_all([{"id": target} for target in ids], links=links)
    elif name == "users":
        # Everybody belongs to the organization, but it lists nobody (recorded).
        everybody = doc.get("teamType") == "Organization"
        ids = [] if everybody else call.records.members_of(entity.id)
        answer[name] = references.show_all([{"id": user} for user in ids], links=links)
    elif name in REFERENCE_LISTS and (name in doc or name in EMPTY_LISTS):
        answer[name] = references.show_all(doc.get(name, []), links=links)
    elif name in doc:
        answer[name] = doc[name]
    elif name in ("owns", "children"):
        answer[name] = []


def _inherited_roles(call: Call, doc: dict[str, Any]) -> list[Reference]:
    roles: dict[str, Reference] = {}
    for team in doc.get("teams", []):
        found = call.references.entity(team["id"])
        for role in found.doc.get("defaultRoles", []) if found else []:
            roles[role["id"]] = role
    return list(roles.values())


def _followers(call: Call, entities: Sequence[Entity], links: bool) -> dict[str, list[Reference]]:
    edges = call.records.edges([entity.id for entity in entities], "follows")
    call.references.preload(user for _, user, _ in edges)
    found: dict[str, list[Reference]] = {}
    for entity_id, user, _ in edges:
        shown = call.references.show(user, links=links)
        if shown is not None:
            found.setdefault(entity_id, []).append(shown)
    for shown_followers in found.values():
        shown_followers.sort(key=lambda follower: str(follower["name"]))
    return found


def _votes(call: Call, entities: Sequence[Entity]) -> dict[str, dict[str, Any]]:
    """Voters carry no link (recorded)."""
    edges = call.records.edges([entity.id for entity in entities], "votes")
    call.references.preload(user for _, user, _ in edges)
    found: dict[str, dict[str, Any]] = {}
    for entity_id, user, value in edges:
        shown = call.references.show(user, links=False)
        if shown is not None:
            votes = found.setdefault(entity_id, {"up": [], "down": []})
            votes["up" if value == "votedUp" else "down"].append(shown)
    return {
        entity_id: {
            "upVotes": len(votes["up"]),
            "downVotes": len(votes["down"]),
            "upVoters": sorted(votes["up"], key=lambda voter: str(voter["name"])),
            "downVoters": sorted(votes["down"], key=lambda voter: str(voter["name"])),
        }
        for entity_id, votes in found.items()
    }
