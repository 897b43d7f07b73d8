"""PostHog's words and ours, in both directions."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalogctl import diff, planning
from catalogctl.model import Address, Desired, Secret
from catalogctl.providers.posthog import mapping
from catalogctl.providers.posthog.identity import Key, PostHogRules, key_of, schema_of
from catalogctl.providers.posthog.mapping import Live
from catalogctl.providers.posthog.wire import Era, Schema
from unit.providers.posthog.hogs import TABLE, address, schema, source, wire_schema

RULES = PostHogRules()


def observed(live: Any, declared: dict[str, Any], identity: str = "Postgres/prod_#orders") -> Any:
    return mapping.observed(address(identity), declared, Live(live), lacking=None, comparing=True)


def held(live: Schema, **declared: Any) -> dict[str, Any]:
    fields: dict[str, Any] = observed(
        source(wire_schema(**msgspec.to_builtins(live))), declared
    ).fields
    return fields


@pytest.mark.parametrize(
    ("identity", "key", "name"),
    [
        ("Stripe", Key("Stripe", ""), None),
        ("Postgres/prod_", Key("Postgres", "prod_"), None),
        ("Postgres/prod_#public.orders", Key("Postgres", "prod_"), "public.orders"),
        ("Stripe#Charge", Key("Stripe", ""), "Charge"),
        ("Postgres/a%2Fb#x%23y%25", Key("Postgres", "a/b"), "x#y%"),
    ],
)
def test_addresses_name_sources_and_schemas(identity: str, key: Key, name: str | None) -> None:
    where = Address("posthog", "DataSource", identity)
    assert (key_of(where), schema_of(where)) == (key, name)
    path = "source_type" if name is None else "name"
    assert RULES.identity(where) == (path, name or key.source_type)


@pytest.mark.parametrize(
    ("text", "stored"),
    [
        ("2:30", "02:30:00"),
        ("02:30:00", "02:30:00"),
        ("2:30:00", "02:30:00"),
        ("0:0:7.5", "00:00:07"),
    ],
)
def test_times_have_seconds(text: str, stored: str) -> None:
    assert mapping.time_of_day(text) == stored


def test_a_key_that_is_not_there_is_a_field_that_the_server_lacks() -> None:
    declared = {"row_filters": (), "enabled_columns": "", "sync_type": "append"}
    lacking = {
        Era.FIRST: {"row_filters", "enabled_columns"},
        Era.MIDDLE: {"row_filters"},
        Era.NEWEST: set(),
    }
    for era, paths in lacking.items():
        seen = observed(source(wire_schema(era), era=era), declared)
        assert seen.missing == {path: f"this PostHog has no {path}" for path in paths}
        assert source(era=era).era is era


def test_nothing_and_an_empty_text_are_the_same_and_no_list_is_not() -> None:
    fields = held(schema(), sync_time_of_day="", enabled_columns="", primary_key_columns=())
    assert fields == {"sync_time_of_day": None, "enabled_columns": None, "primary_key_columns": ()}
    only_key = held(schema(enabled_columns=[]), enabled_columns=())
    assert only_key == {"enabled_columns": ()}
    assert not diff.in_sync({"enabled_columns": ()}, held(schema(), enabled_columns=()), RULES)


def test_a_row_filter_is_its_canonical_json() -> None:
    live = schema(row_filters=[{"value": ["ä"], "operator": "IN", "column": "status"}])
    wanted = ('{"column":"status","operator":"IN","value":["ä"]}',)
    assert held(live, row_filters=wanted) == {"row_filters": wanted}


CURSOR = {"incremental_field": "id", "incremental_field_type": "integer"}


@pytest.mark.parametrize("sync_type", ["full_refresh", "cdc", "xmin", None])
def test_a_cursor_that_is_not_used_is_no_difference(sync_type: str | None) -> None:
    live = schema(sync_type=sync_type, incremental_field="old", incremental_field_type="date")
    assert held(live, **CURSOR) == CURSOR


@pytest.mark.parametrize("sync_type", ["incremental", "append", "webhook"])
def test_a_cursor_that_is_used_is_one(sync_type: str) -> None:
    live = schema(sync_type=sync_type, incremental_field="old", incremental_field_type="date")
    assert held(live, **CURSOR) == {"incremental_field": "old", "incremental_field_type": "date"}


def test_a_cursor_counts_when_the_type_is_to_change() -> None:
    live = schema(sync_type="full_refresh", incremental_field="old")
    for sync_type in ("incremental", "full_refresh"):
        fields = held(live, sync_type=sync_type, incremental_field="id")
        unused = sync_type == "full_refresh"
        assert fields["incremental_field"] == ("id" if unused else "old")
    contradiction = held(schema(sync_type="append"), sync_type="xmin", incremental_field="id")
    assert contradiction["incremental_field"] is None, "dropped by xmin: to be seen and refused"


def test_the_table_mode_counts_with_change_capture_only() -> None:
    assert held(schema(), cdc_table_mode="both") == {"cdc_table_mode": "both"}
    shown = held(schema(), cdc_table_mode="both", sync_type="cdc")
    assert shown["cdc_table_mode"] == "consolidated"
    assert held(schema(sync_type="cdc"), cdc_table_mode="both")["cdc_table_mode"] == "consolidated"


def test_settings_compare_as_text_and_secrets_never() -> None:
    inputs = {"port": "5432", "ssh_tunnel": {"enabled": "False", "auth": {"username": None}}}
    declared = {
        "job_inputs.port": 5432,
        "job_inputs.ssh_tunnel.enabled": False,
        "job_inputs.ssh_tunnel.auth.username": "",
        "job_inputs.ssh_tunnel.auth.password": Secret("env/X"),
        "job_inputs.host": "db",
    }
    seen = observed(source(job_inputs=inputs), declared, "Postgres/prod_")
    change = planning.compare(Desired(address("Postgres/prod_"), declared), seen, RULES)
    assert change is not None
    assert [(each.path, each.before) for each in change.fields] == [("job_inputs.host", None)]
    other = {"job_inputs.port": "5433", "job_inputs.ssh_tunnel.enabled": True}
    fields = observed(source(job_inputs=inputs), other, "Postgres/prod_").fields
    assert fields == {"job_inputs.port": "5432", "job_inputs.ssh_tunnel.enabled": "False"}


def test_what_is_not_there_says_why() -> None:
    nothing = mapping.observed(address("Stripe"), {}, Live(), lacking="no job_inputs")
    assert (nothing.exists, nothing.creatable) == (False, False)
    assert nothing.missing[""] == "PostHog has no Stripe source without a prefix; no job_inputs"
    made = mapping.observed(address(), {}, Live(), lacking=None)
    assert (made.exists, made.creatable) == (False, True)
    undiscovered = observed(source(wire_schema(name="other")), {})
    assert (undiscovered.exists, undiscovered.creatable) == (False, True)
    assert "has not discovered it yet" in undiscovered.missing[""]
    twice = observed(source(wire_schema(), wire_schema(id="s2")), {})
    assert (twice.exists, twice.creatable) == (False, False)
    assert twice.missing[""] == "two schemas of this source are called orders: ids s1, s2"
    unclear = mapping.observed(address(), {}, Live(problem="two of them"), lacking=None)
    assert (unclear.exists, unclear.creatable, unclear.missing) == (
        False,
        False,
        {"": "two of them"},
    )


def test_a_schema_is_pristine_as_discovery_leaves_it() -> None:
    assert observed(source(wire_schema()), {}).pristine
    assert not observed(source(wire_schema(should_sync=True)), {}).pristine
    assert not observed(source(wire_schema(sync_type="append")), {}).pristine


# -- laws

_name = st.text("abcXYZ_ä#/.", min_size=1, max_size=6)
_names = st.lists(_name, max_size=3, unique=True)
_time = st.times().map(lambda time: time.strftime("%H:%M:%S"))
_filter = st.fixed_dictionaries(
    {"column": _name, "operator": st.sampled_from(["=", ">"]), "value": st.integers() | _name}
)
WIRE: dict[str, Any] = {
    "should_sync": st.booleans(),
    "sync_frequency": st.sampled_from(["5min", "1hour", "30day"]),
    "sync_time_of_day": st.none() | _time,
    "enabled_columns": st.none() | _names,
    "row_filters": st.none() | st.lists(_filter, min_size=1, max_size=2),
    "incremental_field": st.none() | _name,
    "incremental_field_type": st.none() | st.sampled_from(["integer", "timestamp"]),
    "incremental_field_lookback_seconds": st.none() | st.integers(0, 5_184_000),
    "primary_key_columns": st.none() | st.lists(_name, min_size=1, max_size=3, unique=True),
    "full_refresh_interval_days": st.none() | st.integers(1, 90),
    "full_refresh_time_of_day": st.none() | _time,
    "api_version": st.none() | _name,
}
schemas = st.fixed_dictionaries(WIRE).map(
    lambda fields: wire_schema(**fields, sync_type="incremental", table=TABLE)
)


def as_declared(path: str, value: Any) -> Any:
    """How a spec declares what a server holds."""
    if path == "row_filters":
        return tuple(mapping.canonical(each) for each in value or ())
    if path == "primary_key_columns":
        return tuple(value or ())
    if value is None:
        return ""
    return tuple(value) if isinstance(value, list) else value


@given(schemas, schemas)
def test_a_patch_makes_one_schema_the_other_and_sends_nothing_else(
    before: dict[str, Any], after: dict[str, Any]
) -> None:
    """wire -> fields -> PATCH -> wire."""
    declared = {path: as_declared(path, after[path]) for path in WIRE}
    wanted = Desired(address(), declared)
    change = planning.compare(wanted, observed(source(before), declared), RULES)
    body = {}
    if change is not None:
        body = mapping.patch_of(change.fields, msgspec.convert(before, Schema))
    written = json.loads(json.dumps({**before, **body}))
    assert planning.compare(wanted, observed(source(written), declared), RULES) is None
    different = {path for path in WIRE if (before[path] or None) != (after[path] or None)}
    different |= {
        path
        for path in ("enabled_columns", "should_sync", "incremental_field_lookback_seconds")
        if before[path] != after[path]
    }
    assert body.keys() - {"sync_type"} == different
    assert ("sync_type" in body) == bool(different & set(mapping.WITH_TYPE))
    assert body.get("sync_type", "incremental") == "incremental"


@given(schemas)
def test_what_is_declared_as_it_is_is_in_sync(live: dict[str, Any]) -> None:
    declared = {path: as_declared(path, live[path]) for path in WIRE}
    assert diff.in_sync(declared, observed(source(live), declared).fields, RULES)
