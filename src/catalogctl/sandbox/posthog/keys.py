"""Projects and personal API keys: who may do what where.

A key has scopes and may be confined to projects (source: the contract's section on auth). Every
sandbox knows these keys; a seed may add others under ``keys``:

=========  ====================  =====================================================
name       projects              scopes
=========  ====================  =====================================================
full       1                     external_data_source:read, external_data_source:write
read       1                     external_data_source:read
none       1                     feature_flag:read
second     2                     external_data_source:read, external_data_source:write
=========  ====================  =====================================================
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from catalogctl.sandbox.wire import Request

from .errors import bad_key, forbidden, not_found, unauthenticated
from .records import Json, Records

READ, WRITE = "external_data_source:read", "external_data_source:write"
KEYS: dict[str, Json] = {
    "full": {"value": "phx_sandbox_full", "scopes": [READ, WRITE], "projects": [1]},
    "read": {"value": "phx_sandbox_read", "scopes": [READ], "projects": [1]},
    "none": {"value": "phx_sandbox_none", "scopes": ["feature_flag:read"], "projects": [1]},
    "second": {"value": "phx_sandbox_second", "scopes": [READ, WRITE], "projects": [2]},
}
PROJECTS: dict[str, Json] = {"1": {"name": "Shop"}, "2": {"name": "Playground"}}
USER = "dev@example.com"


@dataclass(frozen=True)
class Key:
    name: str
    scopes: tuple[str, ...]
    projects: tuple[int, ...] | None
    """``None``: all projects that the user is a member of."""
    email: str

    def may(self, scope: str) -> bool:
        """Writing implies reading, and ``*`` everything."""
        return bool({"*", scope, scope.replace(":read", ":write")} & set(self.scopes))


def authenticate(known: Mapping[str, Json], request: Request) -> Key:
    """The key of a request: in its header, else in the body, else in the query."""
    value = _sent(request)
    if value is None:
        raise unauthenticated()
    for name, entry in known.items():
        if entry["value"] == value:
            projects = entry.get("projects")
            return Key(
                name,
                tuple(entry.get("scopes", ())),
                None if projects is None else tuple(projects),
                entry.get("email", USER),
            )
    raise bad_key()


def _sent(request: Request) -> str | None:
    scheme, _, value = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and value.strip():
        return value.strip()
    try:
        body = json.loads(request.body or b"null")
    except ValueError:
        body = None
    found = body.get("personal_api_key") if isinstance(body, dict) else None
    return str(found) if found else request.parameter("personal_api_key")


def name_of(known: Mapping[str, Json], headers: Mapping[str, str]) -> str | None:
    """The name of the key in a header, for the log of requests."""
    value = headers.get("authorization", "").partition(" ")[2].strip()
    for name, entry in known.items():
        if entry["value"] == value:
            return name
    return None


def project_of(records: Records, key: Key, text: str) -> int:
    """The project that a path names, if the key may use it.

    ``@current`` is the first project of the key. A project with ``"member": false`` is one that
    the key's user does not belong to.
    """
    projects = records.setup("project")
    if text == "@current":
        text = str(key.projects[0] if key.projects else min(map(int, projects)))
    if not text.isdecimal() or text not in projects:
        raise not_found("Project not found.")
    if key.projects is not None and int(text) not in key.projects:
        raise forbidden(f"API key does not have access to the requested project: ID {text}.")
    if not projects[text].get("member", True):
        raise forbidden("You don't have access to the project.")
    return int(text)


def check_scope(key: Key, scope: str | None, newest: bool) -> None:
    """``None`` is an action that has no scope, so no key may call it."""
    if scope is None:
        word = "personal API key" if newest else "Personal API Key"
        raise forbidden(f"This action does not support {word} access")
    if not key.may(scope):
        raise forbidden(f"API key missing required scope '{scope}'")
