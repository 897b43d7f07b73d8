"""`job_inputs`, the settings of a source's connection, by dotted path. Pure.

The server stores scalars as text (`5432` as `"5432"`, `true` as `"True"`) and shows no secret, so a
setting that is not in an answer may be there all the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from catalogctl.model import Declared, Secret, Value

INPUTS = "job_inputs."
DEEP = frozenset({"auth_method", "auth_type", "ssh_tunnel"})
"""Settings of settings that the server merges; of others what is sent replaces all of it."""
CAPTURE = "cdc_"
"""Settings of change capture begin so; the server keeps them beside those of its form."""


def path_in(path: str) -> str | None:
    """`job_inputs.ssh_tunnel.host` -> `ssh_tunnel.host`; None for other fields."""
    return path[len(INPUTS) :] if path.startswith(INPUTS) else None


def at(settings: Mapping[str, Any] | None, path: str) -> Any:
    """What lies at a dotted path; None when nothing does."""
    value: Any = settings
    for part in path.split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    return value


def held(settings: Mapping[str, Any] | None, path: str, declared: Declared) -> Value:
    """A setting in the words of its declaration: that itself when both mean the same.

    A declared secret counts as held, since the server never shows one.
    """
    if isinstance(declared, Secret):
        return declared
    value = at(settings, path)
    if isinstance(declared, (str, bool, int)) and _same(declared, value):
        return declared
    if value is None or isinstance(value, (str, bool, int)):
        return value
    return str(value)


def _same(declared: str | bool | int, value: Any) -> bool:
    if value is None or isinstance(value, (dict, list)):
        return False
    if isinstance(declared, bool):
        return str(declared).casefold() == str(value).casefold()
    return str(declared) == str(value)


def nested(settings: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    """Settings by dotted path, as the objects that they lie in."""
    made: dict[str, Any] = {}
    for path, value in settings:
        *above, last = path.split(".")
        place = made
        for part in above:
            inner = place.setdefault(part, {})
            if not isinstance(inner, dict):
                inner = place[part] = {}
            place = inner
        place[last] = value
    return made


def to_send(settings: Iterable[tuple[str, Any]], live: Mapping[str, Any] | None) -> dict[str, Any]:
    """The body of a change of these settings: nothing beside them, and nothing lost either."""
    body = nested(settings)
    for name, value in body.items():
        before = (live or {}).get(name)
        if isinstance(value, dict) and isinstance(before, dict) and name not in DEEP:
            body[name] = _overlaid(before, value)
    return body


def _overlaid(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    made = dict(below)
    for name, value in above.items():
        under = made.get(name)
        both = isinstance(value, dict) and isinstance(under, dict)
        made[name] = _overlaid(under, value) if both and isinstance(under, dict) else value
    return made
