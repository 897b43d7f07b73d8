"""The kind DataSource: what is declared, of which objects, and where it stands."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from catalogctl.errors import Location
from catalogctl.model import Address, Declared, Secret
from spec_texts import findings, load

HEAD = "kind: DataSource\nsource_type: Postgres\nprefix: prod_\n"

SOURCE = (
    HEAD
    + """\
description: Production replica
access_method: warehouse
direct_query_enabled: false
auto_sync_new_schemas: true
auto_sync_schema_patterns: [public.*, audit.*]
job_inputs:
  host: db.internal
  port: 5432
  password: env/PG_PASSWORD
  ssh_tunnel:
    enabled: true
    auth: {password: file/secrets/tunnel, user: "22"}
schemas:
  public.orders:
    should_sync: true
    sync_type: incremental
    incremental_field: updated_at
    incremental_field_type: timestamp
    incremental_field_lookback_seconds: 3600
    primary_key_columns: [tenant, id]
    sync_frequency: 1hour
    sync_time_of_day: 2:30
    full_refresh_interval_days: 7
    full_refresh_time_of_day: 12:30:00
    enabled_columns: [total, id]
    row_filters:
      - {column: status, operator: "!=", value: test}
      - {value: [1, 2.50, true], operator: IN, column: größe}
    api_version: "2024-01-01"
  audit.log: {sync_type: cdc, cdc_table_mode: both, sync_frequency: 1min}
  'a/b#c%d': {}
"""
)


def objects(text: str) -> dict[str, Mapping[str, Declared]]:
    """The fields of each object in a text without mistakes, by address."""
    specs = load(text)
    assert specs.diagnostics == ()
    return {str(each.address): dict(each.fields) for each in specs.desired}


def schema_fields(text: str) -> Mapping[str, Any]:
    """The fields of the schema `orders`, declared as a flow mapping."""
    return objects(f"{HEAD}schemas: {{orders: {{{text}}}}}\n")["DataSource/Postgres/prod_#orders"]


# What is declared


def test_a_source_and_each_of_its_schemas_are_objects() -> None:
    assert objects(SOURCE) == {
        "DataSource/Postgres/prod_": {
            "description": "Production replica",
            "access_method": "warehouse",
            "direct_query_enabled": False,
            "auto_sync_new_schemas": True,
            "auto_sync_schema_patterns": ("public.*", "audit.*"),
            "job_inputs.host": "db.internal",
            "job_inputs.port": "5432",
            "job_inputs.password": Secret("env/PG_PASSWORD"),
            "job_inputs.ssh_tunnel.enabled": True,
            "job_inputs.ssh_tunnel.auth.password": Secret("file/secrets/tunnel"),
            "job_inputs.ssh_tunnel.auth.user": "22",
        },
        "DataSource/Postgres/prod_#a%2Fb%23c%25d": {},
        "DataSource/Postgres/prod_#audit.log": {
            "sync_type": "cdc",
            "cdc_table_mode": "both",
            "sync_frequency": "1min",
        },
        "DataSource/Postgres/prod_#public.orders": {
            "should_sync": True,
            "sync_type": "incremental",
            "incremental_field": "updated_at",
            "incremental_field_type": "timestamp",
            "incremental_field_lookback_seconds": 3600,
            "primary_key_columns": ("tenant", "id"),
            "sync_frequency": "1hour",
            "sync_time_of_day": "02:30:00",
            "full_refresh_interval_days": 7,
            "full_refresh_time_of_day": "12:30:00",
            "enabled_columns": ("total", "id"),
            "row_filters": (
                '{"column":"status","operator":"!=","value":"test"}',
                '{"column":"größe","operator":"IN","value":[1,2.5,true]}',
            ),
            "api_version": "2024-01-01",
        },
    }


@pytest.mark.parametrize(
    ("head", "address"),
    [
        ("source_type: Stripe\n", "DataSource/Stripe"),
        ("source_type: Stripe\nprefix: ''\n", "DataSource/Stripe"),
        ("source_type: Stripe\nprefix: _a1_\n", "DataSource/Stripe/_a1_"),
        ("source_type: a/b#c\n", "DataSource/a%2Fb%23c"),
        (
            "source_type: Postgres\nprefix: Live shop / 2\naccess_method: direct\n",
            "DataSource/Postgres/Live shop %2F 2",
        ),
    ],
)
def test_the_prefix_is_a_part_of_the_address_unless_it_is_empty(head: str, address: str) -> None:
    text = f"kind: DataSource\n{head}description: x\nschemas: {{Charge: {{}}}}\n"
    assert set(objects(text)) == {address, f"{address}#Charge"}


@pytest.mark.parametrize("own", ["", "schemas: {}\n", "job_inputs: {}\n"])
def test_a_source_of_which_no_field_is_declared_is_no_object(own: str) -> None:
    assert objects(HEAD + own) == {}


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("5432", "5432"),
        ('"5432"', "5432"),
        ("1.50", "1.50"),
        ("true", True),
        ("'true'", "true"),
        ('"x\\n"', "x"),
        ('""', ""),
        ("env/HOST", Secret("env/HOST")),
        ("file/a b/c", Secret("file/a b/c")),
        ("env/1X", "env/1X"),
        ("env/", "env/"),
    ],
)
def test_a_setting_is_its_text_a_truth_value_or_a_reference(written: str, value: Declared) -> None:
    found = objects(f"{HEAD}job_inputs: {{host: {written}}}\n")
    assert found == {"DataSource/Postgres/prod_": {"job_inputs.host": value}}
    assert type(found["DataSource/Postgres/prod_"]["job_inputs.host"]) is type(value)


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("2:30", "02:30:00"),
        ("'2:30'", "02:30:00"),
        ("02:30", "02:30:00"),
        ("00:00", "00:00:00"),
        ("12:30:00", "12:30:00"),
        ("'23:59:59'", "23:59:59"),
        ('""', ""),
    ],
)
def test_a_time_of_day_has_one_spelling(written: str, value: str) -> None:
    for field in ("sync_time_of_day", "full_refresh_time_of_day"):
        assert schema_fields(f"{field}: {written}") == {field: value}


@pytest.mark.parametrize(
    ("written", "declared"),
    [
        ('sync_type: ""', {"sync_type": ""}),
        ('incremental_field: ""', {"incremental_field": ""}),
        ('incremental_field_type: ""', {"incremental_field_type": ""}),
        ('incremental_field_lookback_seconds: ""', {"incremental_field_lookback_seconds": ""}),
        ('full_refresh_interval_days: ""', {"full_refresh_interval_days": ""}),
        ('api_version: ""', {"api_version": ""}),
        ('primary_key_columns: ""', {"primary_key_columns": ()}),
        ("primary_key_columns: []", {"primary_key_columns": ()}),
        ('row_filters: ""', {"row_filters": ()}),
        ("row_filters: []", {"row_filters": ()}),
        ('enabled_columns: ""', {"enabled_columns": ""}),
        ("enabled_columns: []", {"enabled_columns": ()}),
    ],
)
def test_an_empty_text_clears_a_setting(written: str, declared: Mapping[str, Declared]) -> None:
    assert schema_fields(written) == declared


@pytest.mark.parametrize(
    "written",
    [
        "sync_type: append, incremental_field: id, primary_key_columns: [id]",
        "sync_type: webhook, incremental_field: id",
        "sync_type: cdc, primary_key_columns: [id], cdc_table_mode: both, sync_frequency: 1min",
        "sync_type: xmin, primary_key_columns: [id]",
        "incremental_field: id, cdc_table_mode: both, sync_frequency: 1min",
    ],
)
def test_fields_that_the_server_keeps_side_by_side_are_declared(written: str) -> None:
    assert len(schema_fields(written)) == written.count(": ")


def test_two_documents_may_declare_different_schemas_and_fields_of_one_source() -> None:
    text = "schemas: {{orders: {{{}}}}}\n"
    files = {
        "a.yaml": HEAD + "description: x\n" + text.format("should_sync: true"),
        "b.yaml": HEAD + "job_inputs: {port: 1}\n" + text.format("sync_frequency: 1hour"),
        "c.yaml": HEAD + "schemas: {users: {}}\n",
    }
    specs = load(files)
    assert specs.diagnostics == ()
    assert [dict(each.fields) for each in specs.desired] == [
        {"description": "x", "job_inputs.port": "1"},
        {"should_sync": True, "sync_frequency": "1hour"},
        {},
    ]
    orders = specs.desired[1]
    assert specs.locate(orders, "should_sync") == Location("a.yaml", 5, 20)
    assert specs.locate(orders, "sync_frequency") == Location("b.yaml", 5, 20)


def test_a_field_of_a_schema_that_two_documents_declare_is_an_error_with_both_places() -> None:
    files = {
        "a.yaml": HEAD + "schemas:\n  orders: {should_sync: true, sync_type: cdc}\n",
        "b.yaml": HEAD + "schemas:\n  orders: {should_sync: true}\n",
    }
    assert findings(files) == [
        "b.yaml:5:12: error[SPEC010]: should_sync of DataSource/Postgres/prod_#orders is declared "
        "twice; first at a.yaml:5:12; keep one of the two"
    ]
    files["b.yaml"] = files["a.yaml"]
    assert findings(files) == [
        "b.yaml:5:3: error[SPEC010]: everything this document declares of "
        "DataSource/Postgres/prod_#orders is declared already, first at a.yaml:5:12; "
        "keep one of the two"
    ]


def test_defaults_are_for_sources_that_are_objects_and_never_for_schemas() -> None:
    files = {
        "_defaults.yaml": "DataSource: {description: far, job_inputs: {port: 1, user: env/U}}\n",
        "a.yaml": HEAD + "job_inputs: {port: 2}\nschemas: {orders: {}}\n",
        "b.yaml": "kind: DataSource\nsource_type: Stripe\nschemas: {Charge: {}}\n",
    }
    specs = load(files)
    assert specs.diagnostics == ()
    assert {str(each.address): dict(each.fields) for each in specs.desired} == {
        "DataSource/Postgres/prod_": {
            "description": "far",
            "job_inputs.port": "2",
            "job_inputs.user": Secret("env/U"),
        },
        "DataSource/Postgres/prod_#orders": {},
        "DataSource/Stripe#Charge": {},
    }
    source = specs.desired[0]
    assert specs.locate(source, "job_inputs.user") == Location("_defaults.yaml", 1, 54)


def test_each_schema_names_its_catalog_when_there_are_several() -> None:
    text = HEAD + "catalog: eu\nschemas: {orders: {}}\n"
    (desired,) = load(text, {"eu": "posthog", "us": "posthog"}).desired
    assert str(desired.address) == "eu:DataSource/Postgres/prod_#orders"


# Places


@pytest.mark.parametrize(
    ("part", "path", "member", "place"),
    [
        ("", "source_type", None, (2, 1)),
        ("", "job_inputs.port", None, (11, 3)),
        ("", "job_inputs.ssh_tunnel.auth.user", None, (15, 43)),
        ("", "job_inputs.ssh_tunnel.auth.private_key", None, (15, 5)),
        ("", "job_inputs.database", None, (9, 1)),
        ("", "auto_sync_schema_patterns", "audit.*", (8, 39)),
        ("#public.orders", "sync_type", None, (19, 5)),
        ("#public.orders", "primary_key_columns", "id", (23, 35)),
        ("#public.orders", "primary_key_columns", "x", (23, 5)),
        (
            "#public.orders",
            "row_filters",
            '{"column":"größe","operator":"IN","value":[1,2.5,true]}',
            (31, 9),
        ),
        ("#public.orders", "cdc_table_mode", None, (17, 3)),
        ("#public.orders", "source_type", None, (17, 3)),
        ("#a%2Fb%23c%25d", "should_sync", None, (34, 3)),
    ],
)
def test_a_field_is_found_at_its_key_else_at_the_nearest_key_above_it(
    part: str, path: str, member: str | None, place: tuple[int, int]
) -> None:
    address = Address("posthog", "DataSource", f"Postgres/prod_{part}")
    assert load(SOURCE).locate(address, path, member) == Location("t.yaml", *place)


def test_a_schema_that_is_not_declared_has_no_place() -> None:
    address = Address("posthog", "DataSource", "Postgres/prod_#orders")
    assert load(SOURCE).locate(address, "sync_type") is None
