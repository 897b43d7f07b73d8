"""Who may do what: roles, policies and rules, evaluated as the server does.

Followers and votes are not among it: the server asks no permission for them (recorded).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from .call import Call
from .errors import ApiError
from .records import Entity

GENERAL = ("Create", "Delete", "ViewAll", "EditAll")
EDITS = {
    "1.6": (
        "EditCustomFields", "EditDataProfile", "EditDescription", "EditDisplayName",
        "EditLineage", "EditOwners", "EditQueries", "EditSampleData", "EditTags", "EditTests",
    ),
    "2.0": (
        "EditCertification", "EditCustomFields", "EditDataProfile", "EditDescription",
        "EditDisplayName", "EditGlossaryTerms", "EditLineage", "EditOwners", "EditQueries",
        "EditSampleData", "EditTags", "EditTests", "EditTier",
    ),
}  # fmt: skip
PATH_OPERATIONS = {
    "description": "EditDescription",
    "displayName": "EditDisplayName",
    "tags": "EditTags",
    "owners": "EditOwners",
    "extension": "EditCustomFields",
}


@dataclass(frozen=True)
class Grant:
    """A rule that applies to a user, and where it comes from."""

    rule: dict[str, Any]
    policy: str
    role: str | None

    @property
    def denies(self) -> bool:
        return bool(self.rule["effect"] == "deny")

    def covers(self, operation: str, resource: str) -> bool:
        resources = {str(entry).lower() for entry in self.rule["resources"]}
        if not resources & {"all", resource.lower()}:
            return False
        operations = set(self.rule["operations"])
        wider = {"Edit": "EditAll", "View": "ViewAll"}.get(operation[:4], operation)
        return bool(operations & {"All", operation, wider})

    def applies(self, call: Call, entity: Entity | None) -> bool:
        condition = self.rule.get("condition")
        if condition is None:
            return True
        if entity is None:
            return False
        owners, _ = call.references.effective(entity, "owners")
        if "noOwner()" in condition and not owners:
            return True
        mine = {call.principal.id, *(team["id"] for team in call.principal.doc.get("teams", []))}
        return "isOwner()" in condition and any(owner["id"] in mine for owner in owners)

    def origin(self) -> dict[str, Any]:
        return {"rule": self.rule, "policy": self.policy} | (
            {"role": self.role} if self.role else {}
        )


def authorize(
    call: Call, operations: list[str], resource: str, entity: Entity | None = None
) -> None:
    """403 unless the caller may do all ``operations``; 404 if the caller's user is unknown."""
    if call.principal.doc.get("isAdmin"):
        return
    grants = list(grants_of(call, call.principal))
    for operation in operations:
        for grant in grants:
            if grant.denies and grant.covers(operation, resource) and grant.applies(call, entity):
                raise ApiError(
                    403,
                    f"Principal: CatalogPrincipal{{name='{call.user}'}} operation {operation} "
                    f"denied by role {grant.role}, policy {grant.policy}, rule "
                    f"{grant.rule['name']}",
                )
    missing = [
        operation
        for operation in operations
        if not any(
            not grant.denies and grant.covers(operation, resource) and grant.applies(call, entity)
            for grant in grants
        )
    ]
    if missing:
        raise ApiError(
            403,
            f"Principal: CatalogPrincipal{{name='{call.user}'}} operations "
            f"[{', '.join(missing)}] not allowed",
        )


def require_admin(call: Call) -> None:
    if not call.principal.doc.get("isAdmin"):
        raise ApiError(403, f"Principal: CatalogPrincipal{{name='{call.user}'}} is not admin")


def grants_of(call: Call, user: Entity) -> Iterator[Grant]:
    """The rules of a user's own roles, then those of the roles and policies of the teams."""
    yield from _of_roles(call, user.doc.get("roles", []))
    for team_reference in user.doc.get("teams", []):
        team = call.references.entity(team_reference["id"])
        while team is not None:
            yield from _of_roles(call, team.doc.get("defaultRoles", []))
            yield from _of_policies(call, team.doc.get("policies", []), None)
            parents = team.doc.get("parents", [])
            team = call.references.entity(parents[0]["id"]) if parents else None


def _of_roles(call: Call, roles: list[dict[str, Any]]) -> Iterator[Grant]:
    for reference in roles:
        role = call.references.entity(reference["id"])
        if role is not None:
            yield from _of_policies(call, role.doc.get("policies", []), role.doc["name"])


def _of_policies(call: Call, policies: list[dict[str, Any]], role: str | None) -> Iterator[Grant]:
    for reference in policies:
        policy = call.references.entity(reference["id"])
        for rule in policy.doc.get("rules", []) if policy else []:
            yield Grant(rule, policy.doc["name"] if policy else "", role)


def patch_operations(call: Call, patch: list[dict[str, Any]]) -> list[str]:
    """The operations that a JSON Patch needs, by what its paths end in."""
    needed: list[str] = []
    for entry in patch:
        for operation in _operations_of(call, entry):
            if operation not in needed:
                needed.append(operation)
    return needed


def _operations_of(call: Call, entry: dict[str, Any]) -> list[str]:
    names = [name for name in str(entry.get("path", "")).split("/") if name in PATH_OPERATIONS]
    if not names:
        return ["EditAll"]
    operation = PATH_OPERATIONS[names[-1]]
    if operation != "EditTags" or not call.behaviour.finer_label_rights:
        return [operation]
    value = entry.get("value")
    labels = value if isinstance(value, list) else [value] if isinstance(value, dict) else []
    kinds = sorted({_label_operation(label) for label in labels if isinstance(label, dict)})
    return kinds or ["EditTags"]


def _label_operation(label: dict[str, Any]) -> str:
    """2.0 has operations of their own for terms and tiers (named in its published rules)."""
    if label.get("source") == "Glossary":
        return "EditGlossaryTerms"
    return "EditTier" if str(label.get("tagFQN", "")).startswith("Tier.") else "EditTags"


def listing(call: Call, user: Entity, resource: str, entity: Entity | None) -> dict[str, Any]:
    """The answer of ``/v1/permissions``: access to each operation and the rule behind it."""
    asking = Call(
        call.request, call.records, call.behaviour, call.clock, call.settings, user.doc["name"]
    )
    grants = list(grants_of(call, user))
    permissions = [_access(asking, grants, name, resource, entity) for name in GENERAL]
    if permissions[-1]["access"] != "allow":
        edits = EDITS[call.behaviour.mode]
        permissions += [_access(asking, grants, name, resource, entity) for name in edits]
    return {"resource": resource, "permissions": permissions}


def _access(
    call: Call, grants: list[Grant], operation: str, resource: str, entity: Entity | None
) -> dict[str, Any]:
    if call.principal.doc.get("isAdmin"):
        return {"operation": operation, "access": "allow"}
    access = {"operation": operation, "access": "notAllow"}
    covering = [grant for grant in grants if grant.covers(operation, resource)]
    for grant in sorted(covering, key=lambda grant: (not grant.denies, "condition" in grant.rule)):
        word = "deny" if grant.denies else "allow"
        if entity is None and "condition" in grant.rule:
            return {**access, "access": f"conditional{word.capitalize()}", **grant.origin()}
        if grant.applies(call, entity):
            return {**access, "access": word, **grant.origin()}
    return access
