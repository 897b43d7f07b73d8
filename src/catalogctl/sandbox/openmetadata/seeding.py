"""Filling an empty sandbox from a seed.

A seed is a JSON object of lists, one for each kind: ``databaseServices``, ``databases``,
``databaseSchemas``, ``tables``, ``messagingServices``, ``topics``, ``teams``, ``users``,
``classifications``, ``tags``, ``glossaries``, ``glossaryTerms``, ``domains``. The singular forms
``databaseService``, ``database``, ``databaseSchema`` and ``messagingService`` may hold one object.

Each object is the body of a create request, with these reliefs: owners are ``"user:alice"`` or
``"team:data"``, tags are names (``"PII.Sensitive"``) or labels, terms go under ``glossaryTerms``,
``domains`` holds names, ``followers`` holds names of users, ``votes`` is ``{"alice": "votedUp"}``,
a user's ``teams`` is one name or a list. What contains an object need not be named if there is
only one that could.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from typing import Any

from . import builtin
from .call import Call
from .creation import build
from .entities import insert_new
from .errors import ApiError
from .kinds import BY_TYPE, Kind
from .records import Entity

Seed = dict[str, Any]
ORDER = (
    ("domains", "domain"),
    ("classifications", "classification"),
    ("tags", "tag"),
    ("teams", "team"),
    ("users", "user"),
    ("glossaries", "glossary"),
    ("glossaryTerms", "glossaryTerm"),
    ("databaseServices", "databaseService"),
    ("databases", "database"),
    ("databaseSchemas", "databaseSchema"),
    ("tables", "table"),
    ("messagingServices", "messagingService"),
    ("topics", "topic"),
)
SINGLES = ("databaseService", "database", "databaseSchema", "messagingService")
NAMESPACE = uuid.UUID("6f0c1f5e-43b5-4b53-9f0a-5f3c4c1d2a10")


class SeedError(ValueError):
    """A seed that can't be loaded."""


def load(call: Call, seed: Seed) -> None:
    """The built-in entities, then the seed; ids are the same on every run."""
    with call.records.store.transaction():
        _load_builtin(call)
        lists = _as_lists(seed)
        for plural, kind in ORDER:
            for entry in lists.get(plural, []):
                _load_one(call, BY_TYPE[kind], dict(entry))


def _as_lists(seed: Seed) -> dict[str, list[Seed]]:
    known = {plural for plural, _ in ORDER} | set(SINGLES)
    unknown = set(seed) - known
    if unknown:
        raise SeedError(f"unknown part of a seed: {', '.join(sorted(unknown))}")
    lists = {plural: list(seed.get(plural, [])) for plural, _ in ORDER}
    for name in SINGLES:
        if name in seed:
            lists[f"{name}s"].insert(0, seed[name])
    return lists


def _load_builtin(call: Call) -> None:
    for policy in builtin.policies(call.behaviour.mode):
        _add(call, "policy", {**policy, "provider": "system"})
    for role in builtin.ROLES:
        _add(call, "role", {**role, "provider": "system"})
    organization = _add(call, "team", builtin.ORGANIZATION)
    organization.doc["policies"] = [_reference(call, "policy", "OrganizationPolicy")]
    organization.doc["defaultRoles"] = [_reference(call, "role", "DataConsumer")]
    call.records.update(organization)
    call.references.forget()
    for user in builtin.USERS:
        roles = [_reference(call, "role", name)["id"] for name in user.get("roles", [])]
        added = _add(call, "user", {**user, "roles": roles})
        if user.get("isBot"):
            # A bot's user says that the bot itself wrote it (recorded).
            added.doc["updatedBy"] = user["name"]
            call.records.update(added)
    bot = {"name": "ingestion-bot", "displayName": "IngestionBot", "provider": "system"}
    _add(call, "bot", {**bot, "botUser": _reference(call, "user", "ingestion-bot")})
    for classification in builtin.CLASSIFICATIONS:
        tags = classification["tags"]
        body = {name: value for name, value in classification.items() if name != "tags"}
        _add(call, "classification", {**body, "provider": "system"})
        for name, description in tags.items():
            tag = {"name": name, "description": description, "provider": "system"}
            _add(call, "tag", {**tag, "classification": classification["name"]})


def _add(call: Call, kind: str, body: Seed) -> Entity:
    """Create with an id that follows from the name; ``provider`` is set past the checks."""
    provider = body.pop("provider", None)
    entity = build(call, BY_TYPE[kind], body)
    entity.doc["id"] = _id(kind, entity.fqn)
    if provider is not None:
        entity.doc["provider"] = provider
    insert_new(call, entity)
    return entity


def _id(kind: str, fqn: str) -> str:
    return str(uuid.uuid5(NAMESPACE, f"{kind}:{fqn}"))


def _reference(call: Call, kind: str, name: str) -> Seed:
    return {"id": call.named(kind, name).id, "type": kind}


def _load_one(call: Call, kind: Kind, entry: Seed) -> None:
    followers = entry.pop("followers", [])
    votes = entry.pop("votes", {})
    try:
        body = _body(call, kind, entry)
        if kind.type == "user" and call.records.find(kind, str(body["name"]).lower()):
            return
        entity = _add(call, kind.type, body)
    except ApiError as error:
        raise SeedError(f"{kind.type} {entry.get('name')!r}: {error.message}") from error
    for name in followers:
        call.records.connect(entity.id, "follows", call.named("user", name).id)
    for name, value in votes.items():
        call.records.connect(entity.id, "votes", call.named("user", name).id, value)


def _body(call: Call, kind: Kind, entry: Seed) -> Seed:
    """The create request behind an entry of a seed."""
    body = {name: value for name, value in entry.items() if name in kind.create_properties}
    if kind.parent and kind.parent not in body and not body.get("parent"):
        body[kind.parent] = _only_parent(call, kind)
    if "owners" in body:
        body["owners"] = [_owner(call, owner) for owner in body["owners"]]
    labels = _labels(entry.get("tags", []), "Classification")
    labels += _labels(entry.get("glossaryTerms", []), "Glossary")
    body["tags"] = labels
    if "columns" in body:
        body["columns"] = [_column(column) for column in body["columns"]]
    if "domains" in entry:
        names = list(entry["domains"])
        body[call.behaviour.domain_property] = names if call.behaviour.many_domains else names[0]
    if kind.type == "user":
        body |= _member(call, entry)
    if kind.type == "topic" and "schemaText" in entry:
        body["messageSchema"] = {
            "schemaText": entry["schemaText"],
            "schemaType": entry.get("schemaType", "JSON"),
        }
    return body


def _only_parent(call: Call, kind: Kind) -> str:
    conditions = ["type = ?"]
    found = call.records.ids(conditions, [kind.parent_type], "name", 2)
    if len(found) != 1:
        raise SeedError(f"a {kind.type} needs its {kind.parent}")
    return call.with_id(str(kind.parent_type), found[0]).fqn


def _owner(call: Call, owner: str | Seed) -> Seed:
    if isinstance(owner, dict):
        return owner
    kind, _, name = owner.partition(":")
    return _reference(call, kind, name)


def _labels(names: Iterable[str | Seed], source: str) -> list[Seed]:
    return [{"tagFQN": name, "source": source} if isinstance(name, str) else name for name in names]


def _column(column: Seed) -> Seed:
    labels = _labels(column.get("tags", []), "Classification")
    labels += _labels(column.get("glossaryTerms", []), "Glossary")
    result = {name: value for name, value in column.items() if name != "glossaryTerms"}
    result["tags"] = labels
    if column.get("children"):
        result["children"] = [_column(child) for child in column["children"]]
    return result


def _member(call: Call, entry: Seed) -> Seed:
    names = entry.get("teams") or []
    names = [names] if isinstance(names, str) else names
    roles = [_reference(call, "role", name)["id"] for name in entry.get("roles", [])]
    teams = [_reference(call, "team", name)["id"] for name in names]
    return {"teams": teams, "roles": roles}
