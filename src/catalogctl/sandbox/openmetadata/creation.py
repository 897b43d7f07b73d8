"""From the body of a create request to a new entity."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from . import columns, owners, tags
from .call import Call
from .errors import ApiError, unknown_property
from .kinds import BY_TYPE, Kind, words
from .names import join, quote, user_fqn
from .records import Entity
from .references import REFERENCE_LISTS

MAX_NAME = 256
EMAIL_RULES = (
    '[email must match "^[\\S.!#$%&\u2019*+/=?^_`{|}~-]+@\\S+\\.\\S+$", email size must be between '
    "6 and 127, email must be a well-formed email address]"
)
NOT_STORED = words("password confirmPassword createPasswordType botName")


def build(call: Call, kind: Kind, body: Any) -> Entity:
    """A new entity, checked but not yet written."""
    check(call, kind, body)
    doc: dict[str, Any] = {"id": str(uuid.uuid4())}
    parents = _parents(call, kind, body)
    name = str(body["name"]).lower() if kind.type == "user" else str(body["name"])
    doc["name"] = name
    doc["fullyQualifiedName"] = full_name(kind, parents, name)
    doc |= parents_of(kind, parents)
    for key, value in body.items():
        if value is not None and key not in doc and key not in NOT_STORED:
            doc |= _stored(call, key, value, doc["fullyQualifiedName"])
    doc |= {
        "version": 0.1,
        "updatedAt": call.clock.now_ms(),
        "updatedBy": call.user,
        "deleted": False,
    }
    _DEFAULTS.get(kind.type, _no_defaults)(call, doc, body, parents)
    if "columns" in doc:
        columns.validate(doc["columns"])
    return Entity(kind, doc)


def check(call: Call, kind: Kind, body: Any) -> None:
    """What the server's bean validation finds, before it looks anything up."""
    if not isinstance(body, dict):
        raise ApiError(400, "Unable to process JSON")
    known = sorted(kind.create_properties | {call.behaviour.domain_property})
    class_name = f"org.openmetadata.schema.api.Create{kind.class_name.rsplit('.', 1)[-1]}"
    for name in body:
        if name not in known:
            raise unknown_property(name, class_name, known)
    problems = []
    if body.get("name") is None:
        problems.append("name must not be null")
    elif not 1 <= len(str(body["name"])) <= MAX_NAME:
        problems.append(f"name size must be between 1 and {MAX_NAME}")
    elif "::" in str(body["name"]):
        problems.append('name must match "^((?!::).)*$"')
    if kind.parent and kind.type != "tag" and body.get(kind.parent) is None:
        problems.append(f"{kind.parent} must not be null")
    if kind.type == "table" and body.get("columns") is None:
        problems.append("columns must not be null")
    if problems:
        raise ApiError(400, f"[{', '.join(problems)}]")
    if '"' in str(body["name"]).strip('"'):
        raise ApiError(400, f"Invalid name {body['name']}")
    email = str(body.get("email", "a@b.cd"))
    if kind.type == "user" and ("@" not in email or "." not in email.rsplit("@", 1)[-1]):
        raise ApiError(400, EMAIL_RULES)


def full_name(kind: Kind, parents: list[Entity], name: str) -> str:
    if kind.type == "user":
        return user_fqn(name)
    return join(parents[0].fqn, name) if parents else quote(name)


def _parents(call: Call, kind: Kind, body: dict[str, Any]) -> list[Entity]:
    """What contains the new entity, nearest first."""
    if kind.type in ("tag", "glossaryTerm", "domain") and body.get("parent"):
        parent = call.named(kind.type, body["parent"])
        root = parent.doc.get(kind.parent or "")
        return [parent, *([call.with_id(kind.parent_type or "", root["id"])] if root else [])]
    if kind.parent is None or kind.parent_type is None:
        return []
    parent = call.named(kind.parent_type, str(body.get(kind.parent)))
    chain = [parent]
    for name in parent.kind.ancestors:
        found = call.references.entity(parent.doc[name]["id"])
        if found is not None:
            chain.append(found)
    return chain


def parents_of(kind: Kind, parents: list[Entity]) -> dict[str, Any]:
    """The properties that refer to what contains the entity."""
    doc: dict[str, Any] = {}
    if parents and parents[0].kind.type == kind.type:
        doc["parent"] = {"id": parents[0].id, "type": kind.type}
        parents = parents[1:]
    for name, entity in zip(kind.ancestors, parents, strict=False):
        doc[name] = {"id": entity.id, "type": entity.kind.type}
    if parents and kind.ancestors and parents[-1].doc.get("serviceType"):
        doc["serviceType"] = parents[-1].doc["serviceType"]
    return doc


def _stored(call: Call, name: str, value: Any, fqn: str) -> dict[str, Any]:
    if name == "owners":
        return {name: owners.accept(call, value)}
    if name == "tags":
        return {name: tags.accept(call, value)}
    if name == "columns":
        return {name: columns.accept(call, value, fqn)}
    if name in ("domain", "domains"):
        names = value if isinstance(value, list) else [value]
        found = [call.named("domain", str(entry)) for entry in names]
        return {"domains": [{"id": domain.id, "type": "domain"} for domain in found]}
    if name in REFERENCE_LISTS and name not in ("roles", "teams", "policies", "parents"):
        return {name: [entry for entry in value if isinstance(entry, dict)]}
    return {name: value}


def _no_defaults(
    call: Call, doc: dict[str, Any], body: dict[str, Any], parents: list[Entity]
) -> None:
    """Most kinds have none."""


def _user(call: Call, doc: dict[str, Any], body: dict[str, Any], parents: list[Entity]) -> None:
    doc.setdefault("email", f"{doc['name']}@open-metadata.org")
    doc.setdefault("isBot", False)
    doc.setdefault("isAdmin", False)
    doc["$password"] = body.get("password") or "Passw0rd!"
    doc["roles"] = _by_id(call, "role", body.get("roles"))
    doc["teams"] = _by_id(call, "team", body.get("teams")) or _organization(call)


def _team(call: Call, doc: dict[str, Any], body: dict[str, Any], parents: list[Entity]) -> None:
    doc.setdefault("teamType", "Group")
    doc.setdefault("isJoinable", True)
    for name, kind in (("policies", "policy"), ("defaultRoles", "role")):
        doc[name] = _by_id(call, kind, body.get(name))
    doc["parents"] = _by_id(call, "team", body.get("parents")) or _organization(call)


def _role(call: Call, doc: dict[str, Any], body: dict[str, Any], parents: list[Entity]) -> None:
    found = [call.named("policy", str(name)) for name in body.get("policies") or []]
    doc["policies"] = [{"id": policy.id, "type": "policy"} for policy in found]
    doc.setdefault("provider", "user")


def _policy(call: Call, doc: dict[str, Any], body: dict[str, Any], parents: list[Entity]) -> None:
    doc.setdefault("enabled", True)
    doc.setdefault("provider", "user")


def _database(call: Call, doc: dict[str, Any], body: dict[str, Any], parents: list[Entity]) -> None:
    doc.setdefault("default", False)


def _topic(call: Call, doc: dict[str, Any], body: dict[str, Any], parents: list[Entity]) -> None:
    doc.setdefault("partitions", 1)
    doc.setdefault("cleanupPolicies", [])
    doc.setdefault("retentionSize", -1.0)
    if "messageSchema" in doc:
        doc["messageSchema"].setdefault("schemaFields", [])


def _classified(
    call: Call, doc: dict[str, Any], body: dict[str, Any], parents: list[Entity]
) -> None:
    doc.setdefault("provider", "user")
    doc.setdefault("mutuallyExclusive", False)


def _tag(call: Call, doc: dict[str, Any], body: dict[str, Any], parents: list[Entity]) -> None:
    _classified(call, doc, body, parents)
    doc.setdefault("deprecated", False)


def _term(call: Call, doc: dict[str, Any], body: dict[str, Any], parents: list[Entity]) -> None:
    _classified(call, doc, body, parents)
    doc.setdefault("synonyms", [])
    doc.setdefault("references", [])
    doc.setdefault("status", "Approved")


def _domain(call: Call, doc: dict[str, Any], body: dict[str, Any], parents: list[Entity]) -> None:
    doc.setdefault("domainType", "Aggregate")
    del doc["deleted"]


_DEFAULTS: dict[str, Callable[[Call, dict[str, Any], dict[str, Any], list[Entity]], None]] = {
    "user": _user,
    "team": _team,
    "role": _role,
    "policy": _policy,
    "database": _database,
    "topic": _topic,
    "classification": _classified,
    "glossary": _classified,
    "tag": _tag,
    "glossaryTerm": _term,
    "domain": _domain,
}


def _by_id(call: Call, kind: str, ids: Any) -> list[dict[str, Any]]:
    found = [call.with_id(kind, str(entry)) for entry in ids or []]
    return [{"id": entity.id, "type": kind} for entity in found]


def _organization(call: Call) -> list[dict[str, Any]]:
    root = call.records.find(BY_TYPE["team"], "Organization")
    return [{"id": root.id, "type": "team"}] if root else []
