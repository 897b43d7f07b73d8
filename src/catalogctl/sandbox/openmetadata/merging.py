"""What a PUT makes of an entity that is there already."""

from __future__ import annotations

from typing import Any

from . import columns, tags
from .call import Call
from .kinds import READ_ONLY
from .records import Entity

TEXTS = ("description", "displayName")


def merge(call: Call, existing: Entity, built: Entity) -> Entity:
    """The entity to store (rules recorded on 1.6).

    Texts are overwritten, also by nothing, except that a bot can't overwrite one that is there.
    Labels are added, never taken away; owners and domains are replaced if given. Columns must be
    complete: one that is missing is dropped.
    """
    new = existing.copy()
    keep_texts = call.is_bot
    for name in TEXTS:
        if not (keep_texts and existing.doc.get(name)):
            new.doc.pop(name, None)
            new.doc |= {name: built.doc[name]} if name in built.doc else {}
    kept = READ_ONLY | {*TEXTS, "columns"}
    new.doc |= {
        name: value for name, value in built.doc.items() if name not in kept and value != []
    }
    new.doc["tags"] = _merged_labels(call, existing.doc, built.doc)
    if "columns" in built.doc:
        new.doc["columns"] = _merged_columns(
            call, existing.doc["columns"], built.doc["columns"], keep_texts
        )
    return new


def _merged_labels(call: Call, old: dict[str, Any], new: dict[str, Any]) -> list[tags.Label]:
    return tags.accept(call, [*old.get("tags", []), *new.get("tags", [])])


def _merged_columns(
    call: Call, old: list[columns.Column], new: list[columns.Column], keep_texts: bool
) -> list[columns.Column]:
    before = {(column["name"], column.get("dataType")): column for column in old}
    merged = []
    for column in new:
        match = before.get((column["name"], column.get("dataType")))
        if match is None:
            merged.append(column)
            continue
        result = {**column, "tags": _merged_labels(call, match, column)}
        for name in TEXTS:
            if keep_texts and match.get(name):
                result[name] = match[name]
        if "children" in column:
            result["children"] = _merged_columns(
                call, match.get("children", []), column["children"], keep_texts
            )
        merged.append(result)
    return merged
