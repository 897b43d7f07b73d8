"""What a change of a schema may cost, and what cannot be changed at all."""

from __future__ import annotations

from typing import Any

import pytest

from catalogctl.model import Risk, Verdict
from catalogctl.providers.posthog import refusals
from catalogctl.providers.posthog.case import Case
from catalogctl.providers.posthog.wire import Era
from unit.providers.posthog.hogs import TABLE, case, change, schema

FREE, BILLABLE, RESET, DESTROY = Risk.FREE, Risk.BILLABLE, Risk.RESET, Risk.DESTROY
CURSOR = {"incremental_field": "id", "incremental_field_type": "integer"}
INCREMENTAL = {"sync_type": "incremental", **CURSOR, "primary_key_columns": ["id"]}
CDC = {"sync_type": "cdc", "primary_key_columns": ["id"]}


def cost(live: dict[str, Any] | None, path: str, /, **after: Any) -> Risk | None:
    met = case(None if live is None else schema(**live), **after)
    found = {each.path: each for each in refusals.predictions(met, frozenset())}
    assert found[path].verdict is Verdict.UNVERIFIED, found[path].message
    assert found.keys() == after.keys(), "each field has its risk"
    return found[path].risk


SYNCED = {"table": TABLE}
COSTS: list[tuple[dict[str, Any] | None, dict[str, Any], Risk]] = [
    ({}, {"sync_frequency": "1hour"}, FREE),
    ({}, {"sync_time_of_day": "01:00:00"}, FREE),
    ({**SYNCED, **INCREMENTAL}, {"incremental_field_lookback_seconds": 5}, FREE),
    ({**SYNCED, "sync_type": "full_refresh"}, {"full_refresh_interval_days": 5}, FREE),
    ({**SYNCED}, {"api_version": "2"}, FREE),
    # enabling and disabling
    ({"sync_type": "full_refresh"}, {"should_sync": True}, BILLABLE),
    ({**SYNCED, "sync_type": "full_refresh"}, {"should_sync": True}, BILLABLE),
    ({**SYNCED, "sync_type": "webhook"}, {"should_sync": True}, RESET),
    ({"sync_type": "webhook"}, {"should_sync": True}, BILLABLE),
    ({**SYNCED, **CDC}, {"should_sync": True}, RESET),
    ({**SYNCED, **INCREMENTAL, "should_sync": True}, {"should_sync": False}, FREE),
    ({**SYNCED, **CDC, "should_sync": True}, {"should_sync": False}, RESET),
    (None, {"should_sync": False}, FREE),
    # the sync type
    ({**SYNCED, **INCREMENTAL}, {"sync_type": "full_refresh"}, BILLABLE),
    ({**SYNCED, **INCREMENTAL}, {"sync_type": "append"}, FREE),
    ({**SYNCED, **INCREMENTAL, "sync_type": "full_refresh"}, {"sync_type": "append"}, FREE),
    ({**SYNCED, **INCREMENTAL}, {"sync_type": "cdc"}, RESET),
    ({**SYNCED, **INCREMENTAL}, {"sync_type": "xmin"}, RESET),
    ({**SYNCED, **INCREMENTAL}, {"sync_type": "webhook"}, RESET),
    ({**SYNCED, **CDC, **CURSOR}, {"sync_type": "append"}, RESET),
    ({**SYNCED, **INCREMENTAL, "sync_type": "xmin"}, {"sync_type": ""}, RESET),
    ({**INCREMENTAL}, {"sync_type": "cdc"}, FREE),
    ({}, {"sync_type": "full_refresh"}, FREE),
    # cursor, key, columns, rows
    ({**SYNCED, **INCREMENTAL}, {"incremental_field": "x"}, RESET),
    ({**SYNCED, **INCREMENTAL}, {"incremental_field_type": "date"}, RESET),
    ({**INCREMENTAL}, {"incremental_field": "x"}, FREE),
    ({**SYNCED, **INCREMENTAL, "sync_type": "append"}, {"primary_key_columns": ("x",)}, RESET),
    ({**INCREMENTAL}, {"primary_key_columns": ("x",)}, FREE),
    ({**SYNCED}, {"row_filters": ("{}",)}, RESET),
    ({}, {"row_filters": ("{}",)}, FREE),
    ({**SYNCED}, {"enabled_columns": ("a",)}, RESET),
    ({**SYNCED, "enabled_columns": ["a"]}, {"enabled_columns": ("b", "a")}, FREE),
    ({**SYNCED, "enabled_columns": ["a", "b"]}, {"enabled_columns": ("b",)}, RESET),
    ({**SYNCED, "enabled_columns": ["a"]}, {"enabled_columns": ""}, FREE),
    ({"enabled_columns": ["a"]}, {"enabled_columns": ()}, FREE),
    # change capture's tables
    ({**SYNCED, **CDC}, {"cdc_table_mode": "both"}, RESET),
    ({**SYNCED, **CDC}, {"cdc_table_mode": "cdc_only"}, RESET),
    ({**SYNCED, **CDC, "cdc_table_mode": "both"}, {"cdc_table_mode": "cdc_only"}, FREE),
    ({**CDC}, {"cdc_table_mode": "both"}, FREE),
]


@pytest.mark.parametrize(("live", "after", "risk"), COSTS)
def test_a_change_costs(live: dict[str, Any] | None, after: dict[str, Any], risk: Risk) -> None:
    assert cost(live, next(iter(after)), **after) is risk


def test_a_cursor_that_comes_with_a_new_type_resets_synced_data() -> None:
    live = {**SYNCED, "sync_type": "full_refresh"}
    assert cost(live, "sync_type", sync_type="append", **CURSOR) is RESET
    assert cost(live, "incremental_field", sync_type="append", **CURSOR) is RESET
    assert cost({"sync_type": "full_refresh"}, "sync_type", sync_type="append", **CURSOR) is FREE


def test_what_is_created_costs_its_first_sync_only() -> None:
    fields: dict[str, Any] = {"should_sync": True, "sync_type": "append", **CURSOR}
    assert cost(None, "should_sync", **fields) is BILLABLE
    assert {cost(None, path, **fields) for path in fields} == {BILLABLE, FREE}


# -- refusals


def refused(met: Case, lacking: frozenset[str] = frozenset()) -> dict[str, str | None]:
    found = refusals.predictions(met, lacking)
    assert len({each.path for each in found}) == len(found) == len(met.change.fields)
    return {each.path: each.message for each in found if each.verdict is Verdict.REFUSED}


REFUSED: list[tuple[dict[str, Any] | None, dict[str, Any], str, str]] = [
    (
        {**INCREMENTAL},
        {"sync_type": "full_refresh", "incremental_field": "x"},
        "incremental_field",
        "PostHog drops incremental_field with sync_type: full_refresh",
    ),
    (
        {"sync_type": "full_refresh"},
        {"primary_key_columns": ("id",)},
        "primary_key_columns",
        "PostHog drops primary_key_columns with sync_type: full_refresh",
    ),
    (
        {"sync_type": "append", **CURSOR},
        {"incremental_field_lookback_seconds": 5},
        "incremental_field_lookback_seconds",
        "PostHog drops incremental_field_lookback_seconds with sync_type: append",
    ),
    ({}, {"primary_key_columns": ("id",)}, "primary_key_columns", "without a sync_type"),
    ({**INCREMENTAL}, {"cdc_table_mode": "both", "sync_type": "append"}, "cdc_table_mode", "drops"),
    ({}, {"should_sync": True}, "should_sync", "without a sync_type cannot be enabled"),
    (None, {"should_sync": True}, "should_sync", "without a sync_type cannot be enabled"),
    (
        {"sync_type": "append", **CURSOR},
        {"sync_type": "", "should_sync": True},
        "should_sync",
        "without a sync_type cannot be enabled",
    ),
    ({}, {"sync_type": "incremental"}, "sync_type", "needs a cursor"),
    ({"sync_type": "append"}, {"should_sync": True}, "should_sync", "needs a cursor"),
    ({**INCREMENTAL}, {"incremental_field": ""}, "incremental_field", "needs a cursor"),
    (None, {"sync_type": "append"}, "sync_type", "needs a cursor"),
    ({}, {"sync_type": "cdc"}, "sync_type", "needs a primary key"),
    ({"sync_type": "cdc"}, {"should_sync": True}, "should_sync", "needs a primary key"),
    ({**CDC}, {"sync_frequency": "30day"}, "sync_frequency", "30day is too slow"),
    (
        {**INCREMENTAL, "sync_frequency": "30day"},
        {"sync_type": "cdc"},
        "sync_type",
        "30day is too slow",
    ),
    ({**CDC}, {"sync_frequency": "1min"}, "sync_frequency", "every 5 minutes at most"),
    (
        {"sync_type": "full_refresh", "sync_frequency": None},
        {"should_sync": True},
        "should_sync",
        "cannot be scheduled",
    ),
    (
        {"sync_type": "full_refresh", "sync_frequency": None},
        {"sync_time_of_day": "01:00:00"},
        "sync_time_of_day",
        "cannot be scheduled",
    ),
    ({"sync_type": "webhook"}, {"incremental_field": ""}, "incremental_field", "does not clear"),
]


@pytest.mark.parametrize(("live", "after", "path", "said"), REFUSED)
def test_a_change_is_refused(
    live: dict[str, Any] | None, after: dict[str, Any], path: str, said: str
) -> None:
    found = refused(case(None if live is None else schema(**live), **after))
    assert found.keys() == {path}
    assert said in str(found[path])


def test_every_minute_is_for_change_capture() -> None:
    live = schema(Era.MIDDLE, **INCREMENTAL)
    fast = case(live, Era.MIDDLE, sync_frequency="1min")
    assert refused(fast) == {"sync_frequency": "only a cdc sync can run every minute"}
    leaving = case(
        schema(Era.MIDDLE, **CDC, sync_frequency="1min"), Era.MIDDLE, sync_type="full_refresh"
    )
    assert refused(leaving).keys() == {"sync_type"}
    assert refused(case(schema(Era.MIDDLE, **CDC), Era.MIDDLE, sync_frequency="1min")) == {}


LOCKED = "PostHog locks the primary key of data that is synced"


@pytest.mark.parametrize(
    ("era", "sync_type", "key", "table", "locked"),
    [
        (Era.NEWEST, "incremental", ["id"], TABLE, True),
        (Era.NEWEST, "incremental", None, TABLE, False),
        (Era.NEWEST, "incremental", ["id"], None, False),
        (Era.MIDDLE, "incremental", None, TABLE, True),
        (Era.FIRST, "incremental", ["id"], TABLE, True),
        (Era.FIRST, "append", ["id"], TABLE, False),
        (Era.NEWEST, "webhook", ["id"], TABLE, False),
        (Era.NEWEST, "cdc", ["id"], TABLE, True),
        (Era.NEWEST, "xmin", ["id"], TABLE, True),
    ],
)
def test_the_key_of_synced_data_is_locked(
    era: Era, sync_type: str, key: Any, table: Any, locked: bool
) -> None:
    live = schema(era, **{**CURSOR, "sync_type": sync_type}, primary_key_columns=key, table=table)
    met = case(live, era, primary_key_columns=("order_id",))
    assert refused(met) == ({"primary_key_columns": LOCKED} if locked else {})
    if locked:
        (found,) = refusals.predictions(met, frozenset())
        assert found.risk is DESTROY
        assert "catalogctl run delete-data posthog" not in str(found.hint)
        assert "catalogctl run delete-data DataSource/Postgres/prod_#orders" in str(found.hint)


def test_a_direct_source_syncs_nothing() -> None:
    fields = {"should_sync": True, "enabled_columns": (), "sync_frequency": "1hour"}
    met = Case(change(**fields), schema(), Era.NEWEST, direct=True)
    assert refused(met).keys() == {"sync_frequency"}


def test_a_field_of_newer_servers_is_refused_of_what_is_created() -> None:
    met = case(None, row_filters=("{}",), sync_type="full_refresh")
    assert refused(met, frozenset({"row_filters", "api_version"})) == {
        "row_filters": "this PostHog has no row_filters"
    }


def test_a_source_is_created_with_typed_cursors_only() -> None:
    fields = {"sync_type": "append", "incremental_field": "id", "should_sync": True}
    met = Case(change(**fields), None, Era.NEWEST, new_source=True)
    assert refused(met) == {
        "incremental_field": "a cursor needs its type when the source is created"
    }
