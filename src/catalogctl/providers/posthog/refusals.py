"""Changes of a schema that the server refuses, or takes and does not carry out. Pure.

Source of the rules: PostHog's serializers, seen 2026-05 to 2026-09. What only its source can tell
(whether a column exists) is left to the rehearsal.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from difflib import get_close_matches

from catalogctl.model import Change, Prediction, Risk, Verdict
from catalogctl.providers.posthog.case import Case
from catalogctl.providers.posthog.identity import of_source
from catalogctl.providers.posthog.mapping import KEPT_BY, lacks
from catalogctl.providers.posthog.risks import cost_of
from catalogctl.providers.posthog.wire import Era

DIRECT_FIELDS = frozenset({"name", "should_sync", "enabled_columns"})


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a field's change cannot be, and the mend."""

    path: str
    message: str
    hint: str | None = None
    risk: Risk | None = None
    member: str | None = None

    def of(self, change: Change) -> Prediction:
        return Prediction(
            change.address,
            self.path,
            Verdict.REFUSED,
            self.message,
            self.member,
            hint=self.hint,
            risk=self.risk,
        )


def predictions(case: Case, lacking: frozenset[str]) -> list[Prediction]:
    """One for each field: refused, or what it may cost. `lacking` are fields of newer servers."""
    refused: dict[str, Refusal] = {}
    for rule in _RULES:
        for refusal in rule(case):
            refused.setdefault(refusal.path, refusal)
    found = []
    for field in case.change.fields:
        if field.path in refused:
            found.append(refused[field.path].of(case.change))
        elif field.path in lacking:
            found.append(Refusal(field.path, lacks(field.path)).of(case.change))
        else:
            risk, why = cost_of(case, field)
            if field is case.change.fields[0]:
                why = "; ".join(each for each in (_undiscovered(case), why) if each) or None
            found.append(
                Prediction(case.change.address, field.path, Verdict.UNVERIFIED, why, risk=risk)
            )
    return found


def _undiscovered(case: Case) -> str | None:
    """A remark to what is still to be found: a name that is misspelt never is."""
    if case.source is None or case.schema is not None:
        return None
    close = get_close_matches(case.name, [each.name for each in case.source.schemas], n=1)
    meant = f"; did you mean {close[0]}?" if close else ""
    return f"PostHog has not discovered {case.name} yet{meant}"


def _direct(case: Case) -> Iterator[Refusal]:
    """Inferred of the fields beside type, frequency and times."""
    if case.direct:
        for field in case.change.fields:
            if field.path not in DIRECT_FIELDS:
                message = (
                    f"the tables of a direct source are not synced, so there is no {field.path}"
                )
                yield Refusal(field.path, message, f"delete {field.path}")


def _dropped(case: Case) -> Iterator[Refusal]:
    """What the server would take with a 200 and drop, so that no plan would ever become empty."""
    for path, types in KEPT_BY.items():
        if case.field(path) is None or case.sync_type in types:
            continue
        if case.sync_type is None:
            message = f"PostHog keeps no {path} without a sync_type"
        else:
            message = f"PostHog drops {path} with sync_type: {case.sync_type}"
        yield Refusal(path, message, f"delete {path}, or declare sync_type: {types[0]}")
    cursor = case.field("incremental_field")
    cleared = cursor is not None and case.after("incremental_field") is None
    if cleared and case.sync_type == "webhook" and case.era is Era.NEWEST:
        message = "this PostHog does not clear the cursor of a webhook sync"
        yield Refusal("incremental_field", message, "delete incremental_field")


def _enabled(case: Case) -> Iterator[Refusal]:
    if case.enables and case.sync_type is None and not case.direct:
        hint = "declare sync_type, such as full_refresh"
        yield Refusal("should_sync", "a schema without a sync_type cannot be enabled", hint)
    if case.schema is None or case.after("sync_frequency") is not None or case.direct:
        return
    message = "the schema has no sync_frequency, so its sync cannot be scheduled"
    for path in ("should_sync", "sync_time_of_day"):
        if case.enables if path == "should_sync" else case.field(path) is not None:
            yield Refusal(path, message, "declare sync_frequency")


def _cursor(case: Case) -> Iterator[Refusal]:
    """The server asks for it when a source is created, and never again."""
    if case.sync_type not in ("incremental", "append") or case.direct:
        return
    message = f"sync_type: {case.sync_type} needs a cursor"
    cleared = case.field("incremental_field")
    if case.after("incremental_field") is None:
        if cleared is not None:
            hint = "name a column, or declare sync_type: full_refresh"
            yield Refusal("incremental_field", message, hint)
        for path in ("sync_type", "should_sync"):
            if case.field(path) is not None and (path == "sync_type" or case.enables):
                hint = "declare incremental_field and incremental_field_type"
                yield Refusal(path, message, hint)
    elif case.new_source and case.after("incremental_field_type") is None:
        message = "a cursor needs its type when the source is created"
        yield Refusal("incremental_field", message, "declare incremental_field_type")


def _capture(case: Case) -> Iterator[Refusal]:
    if case.sync_type == "cdc":
        path = next((each for each in ("sync_type", "should_sync") if case.field(each)), None)
        begins = path == "sync_type" or case.enables
        if path is not None and begins and not case.key_columns and not case.new_source:
            message = "change capture needs a primary key"
            yield Refusal(path, message, "declare primary_key_columns")
        if case.after("sync_frequency") == "30day":
            path = "sync_frequency" if case.field("sync_frequency") else "sync_type"
            message = "PostHog keeps captured changes for 14 days, so 30day is too slow"
            yield Refusal(path, message, "declare sync_frequency: 7day or shorter")
    yield from _every_minute(case)


def _every_minute(case: Case) -> Iterator[Refusal]:
    if case.after("sync_frequency") != "1min":
        return
    if case.field("sync_frequency") is not None:
        if case.era is Era.NEWEST:
            yield Refusal(
                "sync_frequency", "this PostHog syncs every 5 minutes at most", "declare 5min"
            )
        elif case.sync_type != "cdc":
            message = "only a cdc sync can run every minute"
            yield Refusal("sync_frequency", message, "declare 5min, or sync_type: cdc")
    elif case.sync_type != "cdc" and case.field("sync_type") and case.era is not Era.NEWEST:
        message = "only a cdc sync can run every minute, as this one does"
        yield Refusal("sync_type", message, "declare sync_frequency: 5min beside it")


def _locked_key(case: Case) -> Iterator[Refusal]:
    """The key of synced data: any change before 2026-09, later only one of a key that was there.

    With `cdc` and `xmin` a first key may be locked as well (inferred); that is left to the server.
    """
    if case.field("primary_key_columns") is None or not case.synced:
        return
    had = bool(case.before("primary_key_columns"))
    first_locked = case.sync_type == "incremental" and case.era is not Era.NEWEST
    if case.sync_type in ("incremental", "cdc", "xmin") and (had or first_locked):
        address = case.change.address
        hint = (
            f"`catalogctl run delete-data {address}`, apply, then `catalogctl run reload"
            f" {address}`; or declare another source"
        )
        message = "PostHog locks the primary key of data that is synced"
        yield Refusal("primary_key_columns", message, hint, Risk.DESTROY)


def _columns(case: Case) -> Iterator[Refusal]:
    """Columns are known to servers that know `enabled_columns`, of what they have discovered."""
    changed = case.field("enabled_columns")
    if changed is None or not isinstance(changed.after, tuple):
        return
    if case.source is not None and case.source.supports_column_selection is False:
        message = f"PostHog selects no columns of {case.source.source_type} sources"
        yield Refusal("enabled_columns", message, "delete enabled_columns")
        return
    shown = case.schema.available_columns if case.schema is not None else None
    known = [each.name for each in shown or ()]
    absent = [each for each in changed.after if known and each not in known]
    if absent:
        close = get_close_matches(absent[0], known, n=1)
        found = f"`catalogctl run refresh-schemas {of_source(case.change.address)}` finds new ones"
        hint = f"did you mean {close[0]}?" if close else found
        message = f"PostHog knows no column {absent[0]} of {case.name}"
        yield Refusal("enabled_columns", message, hint, member=absent[0])


_RULES: tuple[Callable[[Case], Iterator[Refusal]], ...] = (
    _direct,
    _dropped,
    _enabled,
    _cursor,
    _capture,
    _locked_key,
    _columns,
)
