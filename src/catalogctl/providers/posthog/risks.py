"""What a change of a schema may cost: runs that are paid for, data that is imported anew. Pure.

Source: PostHog's serializers and services, seen 2026-05 to 2026-09. The server decides by things
that the API does not show (the last value of a cursor), so these are what may happen.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from catalogctl.model import FieldChange, Prediction, Risk, Verdict
from catalogctl.providers.posthog.case import Case

Cost = tuple[Risk, "str | None"]
FREE: Cost = (Risk.FREE, None)
_AGAIN = "the synced data may be thrown away and imported again"
_GUARDED = (Risk.RESET, Risk.DESTROY)
_HARD = frozenset({"cdc", "xmin", "webhook"})
"""Sync types that cannot be entered or left without a new start, as far as is known."""
_TARGETS: Mapping[object, frozenset[str]] = {
    "consolidated": frozenset({"consolidated"}),
    "cdc_only": frozenset({"cdc_only"}),
    "both": frozenset({"consolidated", "cdc_only"}),
}


def cost_of(case: Case, field: FieldChange) -> Cost:
    """The worst that this field's change may cost, and why."""
    decide = _COSTS.get(field.path)
    return FREE if decide is None else decide(case, field)


def dearer(case: Case, due: Iterable[FieldChange]) -> list[Prediction]:
    """Refusals of what has become dangerous since it was planned: nobody has permitted that.

    A table that was empty then may be synced by now.
    """
    found = []
    for field in due:
        risk, why = cost_of(case, field)
        if risk in _GUARDED and field.risk not in _GUARDED:
            message = f"{why}; that was not so when it was planned"
            hint = "plan again"
            found.append(
                Prediction(
                    case.change.address, field.path, Verdict.REFUSED, message, hint=hint, risk=risk
                )
            )
    return found


def _should_sync(case: Case, field: FieldChange) -> Cost:
    kept = case.before("sync_type") == case.sync_type
    if field.after is not True:
        if case.before("sync_type") == "cdc":
            return Risk.RESET, "to enable change capture again takes a new snapshot"
        return FREE
    if case.synced and kept and case.sync_type in ("webhook", "cdc"):
        return Risk.RESET, f"a {case.sync_type} sync that is enabled again starts anew"
    return Risk.BILLABLE, None if case.synced else "its first sync starts at once"


def _sync_type(case: Case, field: FieldChange) -> Cost:
    if not case.synced:
        return FREE
    if {case.before("sync_type"), case.sync_type} & _HARD:
        return Risk.RESET, _AGAIN
    if case.field("incremental_field") is not None and case.sync_type in ("incremental", "append"):
        return Risk.RESET, _AGAIN
    if case.sync_type == "full_refresh":
        return Risk.BILLABLE, "each run imports the whole table"
    return FREE


def _imported_by(case: Case, field: FieldChange) -> Cost:
    return (Risk.RESET, _AGAIN) if case.synced else FREE


def _table_mode(case: Case, field: FieldChange) -> Cost:
    nothing: frozenset[str] = frozenset()
    had = _TARGETS.get(case.before("cdc_table_mode"), nothing)
    added = _TARGETS.get(field.after, nothing) - had
    if case.synced and added:
        return Risk.RESET, "a table that is added to change capture takes a new snapshot"
    return FREE


def _columns(case: Case, field: FieldChange) -> Cost:
    """None is all of them."""
    held, wanted = case.before(field.path), case.after(field.path)
    if not isinstance(wanted, tuple) or not case.synced:
        return FREE
    if isinstance(held, tuple) and set(held) <= set(wanted):
        return FREE
    return Risk.RESET, "columns that are left out are hidden at once"


def _version(case: Case, field: FieldChange) -> Cost:
    return Risk.FREE, "an import that is running is cancelled"


_COSTS: Mapping[str, Callable[[Case, FieldChange], Cost]] = {
    "should_sync": _should_sync,
    "sync_type": _sync_type,
    "incremental_field": _imported_by,
    "incremental_field_type": _imported_by,
    "primary_key_columns": _imported_by,
    "row_filters": _imported_by,
    "cdc_table_mode": _table_mode,
    "enabled_columns": _columns,
    "api_version": _version,
}
