"""Storing a change: version numbers, history, and the session that folds changes together.

A PATCH by the same user within ten minutes of that user's last change does not get a version of
its own. The server goes back to the version before the session and describes the difference from
there, so that the version may stay, or even go down when the user undoes everything (recorded).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from .call import Call
from .changes import Changes, between, next_version
from .columns import flat
from .errors import ApiError
from .records import Entity

SESSION_MS = 600_000
SUMMARISED = ("description", "owners")


@dataclass(frozen=True)
class Outcome:
    entity: Entity
    header: str
    """For ``X-OpenMetadata-Change``; an event is written only if it says ``entityUpdated``."""


def store_change(
    call: Call,
    old: Entity,
    new: Entity,
    *,
    session: bool = False,
    only: set[str] | None = None,
    late: Callable[[], None] | None = None,
    always: bool = False,
) -> Outcome:
    """Write ``new`` over ``old`` if they differ, as a new version or as part of the session.

    ``late`` holds the checks that the server makes while it writes. ``always`` writes a version
    even without a difference.
    """
    base = _session_start(call, old) if session else None
    try:
        if late is not None:
            late()
    except ApiError:
        if base is not None and call.behaviour.failing_patch_reverts_session:
            _revert_relations(call, old, base)
        raise
    step = between(call, old, new, only)
    whole_session = call.behaviour.header_tells_session and base is not None
    if not (step or always or whole_session):
        return Outcome(old, "entityNoChange")
    if base is None:
        call.records.save_version(old)
        return _write(call, old, new, step, step, old.doc)
    total = between(call, base, new)
    if not total:
        call.records.drop_version(base, base.doc["version"])
        call.records.update(base)
        call.references.forget()
        return Outcome(base, "entityNoChange" if whole_session else "entityUpdated")
    return _write(call, old, new, total, step, base.doc)


def _session_start(call: Call, entity: Entity) -> Entity | None:
    """The version before the caller's running session; ``None`` if there is no session."""
    doc = entity.doc
    description = doc.get("changeDescription")
    if (
        doc["version"] <= 0.1
        or not description
        or doc["updatedBy"] != call.user
        or call.clock.now_ms() - doc["updatedAt"] > SESSION_MS
        or _same_source(call, description)
    ):
        return None
    return call.records.version(entity, description["previousVersion"])


def _same_source(call: Call, description: dict[str, Any]) -> bool:
    """2.0: naming the source that the last change had keeps changes apart (read from source)."""
    source = call.request.parameter("changeSource")
    summary = description.get("changeSummary") or {}
    latest = max(summary.values(), key=lambda entry: entry["changedAt"], default=None)
    return bool(source and latest and latest["changeSource"] == source)


def _write(
    call: Call,
    old: Entity,
    new: Entity,
    changes: Changes,
    step: Changes,
    previous: dict[str, Any],
) -> Outcome:
    number = previous["version"]
    description = changes.describe(number)
    new.doc["version"] = next_version(number, major=changes.major)
    new.doc["updatedAt"] = call.clock.now_ms()
    new.doc["updatedBy"] = call.user
    if call.behaviour.incremental_changes:
        description["changeSummary"] = _summary(call, old, step)
        new.doc["incrementalChangeDescription"] = step.describe(old.doc["version"])
    new.doc["changeDescription"] = description
    call.records.update(new)
    call.references.forget()
    call.memo.clear()
    return Outcome(new, "entityUpdated")


def _summary(call: Call, old: Entity, step: Changes) -> dict[str, Any]:
    """Who last changed each curated field, and how."""
    summary: dict[str, Any] = dict(
        (old.doc.get("changeDescription") or {}).get("changeSummary") or {}
    )
    entry = {
        "changeSource": call.request.parameter("changeSource") or "Manual",
        "changedBy": call.user,
        "changedAt": call.clock.now_ms(),
    }
    for name in step.names():
        if name.rsplit(".", 1)[-1] in SUMMARISED:
            summary[name] = entry
    return summary


def _revert_relations(call: Call, entity: Entity, base: Entity) -> None:
    """What is left of a session when a patch fails late (recorded on 1.6).

    Owners and column labels are those from before the session; everything else stays.
    """
    reverted = entity.copy()
    reverted.doc["owners"] = base.doc.get("owners", [])
    before = flat(base.doc.get("columns", []))
    labels = {column["fullyQualifiedName"]: column.get("tags", []) for column in before}
    for column in flat(reverted.doc.get("columns", [])):
        column["tags"] = labels.get(column["fullyQualifiedName"], column.get("tags", []))
    call.records.update(reverted)
