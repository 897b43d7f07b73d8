"""The spec language as JSON Schema, for editors and for whoever wants to check specs elsewhere."""

from __future__ import annotations

from typing import Any

from catalogctl.errors import UsageError
from catalogctl.spec.kinds import KINDS
from catalogctl.spec.mistakes import did_you_mean

_DIALECT = "https://json-schema.org/draft/2020-12/schema"


def schema(kind: str | None = None) -> dict[str, Any]:
    """One schema (draft 2020-12) for documents of a kind, or of any kind. Raises UsageError.

    It holds everything it refers to. What it refuses is wrong; a few rules (one team, one Tier,
    two spellings of one name) are only known to `catalogctl validate`.
    """
    if kind is not None and kind not in KINDS:
        hint = did_you_mean(kind, KINDS) or f"the kinds are {', '.join(KINDS)}"
        raise UsageError(f'unknown kind "{kind}"; {hint}')
    common = _file("common")
    if kind is not None:
        return {"$schema": _DIALECT, **_file(kind.lower()), **common}
    return {
        "$schema": _DIALECT,
        "title": "catalogctl spec",
        "description": "One object of a data platform, and what should be true of it.",
        "type": "object",
        "required": ["kind"],
        "properties": {"kind": {"description": "What the document is about.", "enum": [*KINDS]}},
        "allOf": [
            {
                "if": {"properties": {"kind": {"const": name}}, "required": ["kind"]},
                "then": {"$ref": f"#/$defs/{name}"},
            }
            for name in KINDS
        ],
        "$defs": {**common["$defs"], **{name: _file(name.lower()) for name in KINDS}},
    }


def _file(name: str) -> dict[str, Any]:
    import json
    from importlib.resources import files

    folder = files("catalogctl").joinpath("schemas")
    loaded: dict[str, Any] = json.loads(folder.joinpath(f"{name}.schema.json").read_text("utf-8"))
    return loaded
