"""PostHog in the sandbox: reading and writing schemas."""

from __future__ import annotations

from typing import Any

import pytest
from posthog_api import Hog, standard

KEYS = [
    *("id", "name", "label", "table", "should_sync", "last_synced_at", "latest_error"),
    *("incremental", "status", "sync_type", "incremental_field", "incremental_field_type"),
    *("sync_frequency", "sync_time_of_day", "description", "primary_key_columns"),
    "cdc_table_mode",
]
LOCKED = standard(
    "Primary key cannot be changed after data has been synced. Delete the synced data first, then "
    "change the primary key."
)
NEVER = '"never" is not a sync frequency. To stop syncing this table, set should_sync to false.'
NO_TYPE = standard("Sync type must be set up first before enabling schema")


def test_a_schema_in_full(hog: Hog) -> None:
    orders = hog.schema("orders")
    assert list(orders)[:17] == KEYS
    assert len(orders) == {"2026-05": 17, "2026-06": 20, "2026-09": 31}[hog.era]
    expected = {
        "table": {**orders["table"], "name": "prod_orders", "row_count": 98200},
        "should_sync": True,
        "incremental": True,
        "status": "Completed",
        "sync_type": "incremental",
        "incremental_field": "updated_at",
        "incremental_field_type": "timestamp",
        "sync_frequency": "1hour",
        "sync_time_of_day": None,
        "primary_key_columns": ["id"],
        "cdc_table_mode": "consolidated",
    }
    assert {name: orders[name] for name in expected} == expected
    assert orders["last_synced_at"].endswith("Z")
    assert orders["table"]["columns"][0]["type"] == "integer"
    if hog.era != "2026-05":
        assert orders["source"]["source_type"] == "Postgres"
        listed = hog.ok("GET", "schemas/")["results"]
        assert {schema["source"] for schema in listed} == {None}
    never_ran = hog.schema("events")
    assert (never_ran["table"], never_ran["status"], never_ran["sync_type"]) == (None, None, None)


WRONG: list[tuple[dict[str, Any], dict[str, Any]]] = [
    (
        {"sync_type": "blah"},
        standard('"blah" is not a valid choice.', "sync_type", "invalid_choice"),
    ),
    (
        {"should_sync": None},
        standard("This field may not be null.", "should_sync", "null"),
    ),
    (
        {"primary_key_columns": "id"},
        standard(
            'Expected a list of items but got type "str".', "primary_key_columns", "not_a_list"
        ),
    ),
    (
        {"primary_key_columns": [["id"]]},
        standard("Not a valid string.", "primary_key_columns__0"),
    ),
    (
        {"incremental_field_type": "text"},
        standard('"text" is not a valid choice.', "incremental_field_type", "invalid_choice"),
    ),
    (
        {"cdc_table_mode": "all"},
        standard('"all" is not a valid choice.', "cdc_table_mode", "invalid_choice"),
    ),
    (
        {"sync_time_of_day": "noon"},
        standard(
            "Time has wrong format. Use one of these formats instead: hh:mm[:ss[.uuuuuu]].",
            "sync_time_of_day",
        ),
    ),
    ({"sync_time_of_day": "15:30"}, standard("Invalid sync time of day")),
    ({"sync_time_of_day": "15:30:00.5"}, standard("Invalid sync time of day")),
]


@pytest.mark.parametrize(("body", "answer"), WRONG, ids=lambda value: str(value)[:30])
def test_wrong_values(hog: Hog, body: dict[str, Any], answer: dict[str, Any]) -> None:
    before = hog.schema("orders")
    assert hog.refused("PATCH", hog.path("orders"), body) == answer
    assert hog.schema("orders") == before


@pytest.mark.parametrize("frequency", ["5min", "15min", "30min", "12hour", "7day", "30day"])
def test_frequencies(hog: Hog, frequency: str) -> None:
    assert hog.set("orders", sync_frequency=frequency)["sync_frequency"] == frequency


def test_wrong_frequencies(hog: Hog) -> None:
    refused = hog.patch("orders", sync_frequency="2hour").json()
    fastest = '"2hour" is not a valid sync frequency. The fastest sync frequency is 5 minutes.'
    stock = '"2hour" is not a valid choice.'
    text = fastest if hog.newest else stock
    assert refused == standard(text, "sync_frequency", "invalid_choice")
    fast = hog.patch("orders", sync_frequency="1min").json()
    texts = {
        "2026-05": '"1min" is not a valid choice.',
        "2026-06": "A 1-minute sync frequency is only available for CDC schemas. The fastest "
        "frequency for other sync types is 5 minutes.",
        "2026-09": fastest.replace("2hour", "1min"),
    }
    assert fast["detail"] == texts[hog.era]


def test_never(hog: Hog) -> None:
    answer = hog.patch("orders", sync_frequency="never")
    if hog.newest:
        assert answer.json() == standard(NEVER, "sync_frequency")
        return
    assert answer.status_code == 500, "the row is saved, then the schedule can't be built"
    assert answer.json() == {
        "type": "server_error",
        "code": "error",
        "detail": "A server error occurred.",
        "attr": None,
    }
    assert hog.schema("orders")["sync_frequency"] is None
    assert hog.patch("orders", sync_time_of_day="01:00:00").status_code == 500, "stuck"
    assert hog.set("orders", sync_frequency="6hour")["sync_frequency"] == "6hour"


def test_null_frequency_is_ignored_and_null_time_clears(hog: Hog) -> None:
    customers = hog.set("customers", sync_frequency=None)
    assert (customers["sync_frequency"], customers["sync_time_of_day"]) == ("24hour", "02:30:00")
    assert hog.set("customers", sync_time_of_day=None)["sync_time_of_day"] is None
    assert hog.set("customers", sync_time_of_day="00:00:00")["sync_time_of_day"] == "00:00:00"


def test_times_are_echoed_as_sent_and_read_back_normalised(hog: Hog) -> None:
    assert hog.patch("orders", sync_time_of_day="2:30:00").json()["sync_time_of_day"] == "2:30:00"
    assert hog.schema("orders")["sync_time_of_day"] == "02:30:00"


def test_unknown_and_read_only_keys_are_ignored(hog: Hog) -> None:
    before = hog.schema("orders")
    sent = {**before, "name": "other", "status": "Failed", "nonsense": 1}
    answer = hog.patch("orders", **{name: sent[name] for name in ("name", "status", "nonsense")})
    assert answer.status_code == 200
    assert hog.schema("orders") == before


def test_enabling_needs_a_sync_type(hog: Hog) -> None:
    assert hog.refused("PATCH", hog.path("events"), {"should_sync": True}) == NO_TYPE
    fields = {
        "should_sync": True,
        "sync_type": "incremental",
        "incremental_field": "occurred_at",
        "incremental_field_type": "timestamp",
        "primary_key_columns": ["event_id"],
        "sync_frequency": "1hour",
    }
    events = hog.set("events", **fields)
    assert {name: events[name] for name in fields} == fields
    assert events["status"] == "Running"


def test_null_clears_the_sync_type(hog: Hog) -> None:
    assert hog.set("order_items", sync_type=None)["sync_type"] is None
    assert hog.refused("PATCH", hog.path("order_items"), {"should_sync": True}) == NO_TYPE


def test_a_cursor_without_a_sync_type(hog: Hog) -> None:
    answer = hog.patch("orders", incremental_field="created_at")
    assert answer.status_code == 200
    stored = hog.schema("orders")["incremental_field"]
    assert stored == ("created_at" if hog.newest else "updated_at")
    on_full = hog.patch("customers", incremental_field="updated_at", primary_key_columns=["id"])
    if hog.newest:
        assert on_full.json() == standard(
            "incremental_field, primary_key_columns cannot be applied to a schema with sync type "
            "full_refresh on its own. Include sync_type in the same request to change the sync "
            "type."
        )
    else:
        assert on_full.status_code == 200
    customers = hog.schema("customers")
    assert (customers["incremental_field"], customers["primary_key_columns"]) == (None, None)


def test_full_refresh_drops_cursor_and_key_that_come_with_it(hog: Hog) -> None:
    orders = hog.set(
        "orders",
        sync_type="full_refresh",
        incremental_field="created_at",
        primary_key_columns=["status"],
    )
    assert orders["sync_type"] == "full_refresh"
    assert orders["incremental_field"] == "updated_at", "the old one is still shown"
    assert orders["primary_key_columns"] == ["id"]
    assert orders["incremental"] is False


def test_what_a_patch_does_not_refuse(hog: Hog) -> None:
    inventory = hog.set("inventory", sync_type="append", incremental_field="no_such_column")
    assert inventory["incremental_field"] == "no_such_column"
    assert hog.set("inventory", sync_type="incremental")["incremental"] is True
    assert hog.set("inventory", sync_type="webhook")["sync_type"] == "webhook"


def test_the_key_of_synced_data_is_locked(hog: Hog) -> None:
    body = {"sync_type": "incremental", "primary_key_columns": ["id", "status"]}
    path = hog.path("orders")
    assert hog.refused("PATCH", path, body) == LOCKED
    assert hog.call("PATCH", path, {**body, "primary_key_columns": ["id"]}).status_code == 200
    bare = hog.patch("orders", primary_key_columns=["status"])
    assert bare.status_code == (400 if hog.newest else 200)
    assert hog.schema("orders")["primary_key_columns"] == ["id"]
    assert hog.ok("DELETE", f"{path}/delete_data") is None
    assert hog.set("orders", **body)["primary_key_columns"] == ["id", "status"]


def test_a_first_key_on_synced_data(hog: Hog) -> None:
    body = {"sync_type": "incremental", "primary_key_columns": ["id"]}
    answer = hog.patch("customers", **body)
    assert answer.status_code == (200 if hog.newest else 400)
    appended = hog.set("payments", sync_type="append", primary_key_columns=["order_id"])
    assert appended["primary_key_columns"] == ["order_id"], "append tables have no lock"


def test_keys_are_checked_in_the_newest_era(hog: Hog) -> None:
    unknown = hog.patch("invoices", sync_type="incremental", primary_key_columns=["nr", "id"])
    keyless = hog.patch("daily_revenue", sync_type="incremental")
    if not hog.newest:
        assert (unknown.status_code, keyless.status_code) == (200, 200)
        return
    assert unknown.json() == standard("'invoices' has no column named nr to merge on.")
    assert keyless.json() == standard(
        "'daily_revenue' has no primary key to sync incrementally on. Choose a primary key for it, "
        "or switch it to full table replication."
    )
    hog.system(error="unreachable")
    assert hog.patch("daily_revenue", sync_type="incremental").status_code == 200


def test_webhook_only_tables(hog: Hog) -> None:
    answer = hog.patch("DisputeEvent", "Stripe", sync_type="full_refresh")
    if hog.era == "2026-05":
        assert answer.status_code == 200
    else:
        assert answer.json()["detail"].startswith("DisputeEvent can only be synced via webhooks")


def test_change_capture(hog: Hog) -> None:
    body = {"sync_type": "cdc", "should_sync": True}
    refused = hog.patch("daily_revenue", **body).json()
    assert refused["detail"].startswith("CDC requires a primary key on table 'daily_revenue'.")
    events = hog.set("events", **body, primary_key_columns=["event_id"], cdc_table_mode="both")
    assert (events["sync_type"], events["cdc_table_mode"]) == ("cdc", "both")
    assert len(hog.jobs("events")) == 2, "one for each table that is written"
    stripe = hog.patch("Payout", "Stripe", sync_type="cdc", primary_key_columns=["id"])
    if hog.newest:
        assert stripe.json() == standard("CDC is not supported for Stripe sources.")
        slow = hog.patch("events", sync_frequency="30day").json()
        assert slow["attr"] == "sync_frequency"
        assert slow["detail"].startswith("Change data capture keeps captured changes for 14 days")
    if hog.era == "2026-06":
        assert hog.set("events", sync_frequency="1min")["sync_frequency"] == "1min"
        assert hog.patch("events", sync_type="full_refresh").status_code == 400


def test_change_capture_is_a_feature_of_the_team(hog: Hog) -> None:
    found = hog.call("GET", "/api/projects/2/external_data_schemas", key="second").json()
    path = f"/api/projects/2/external_data_schemas/{found['results'][0]['id']}/"
    answer = hog.call("PATCH", path, {"sync_type": "cdc"}, key="second")
    assert answer.json() == standard("CDC is not enabled for this team")


def test_a_new_write_target_takes_a_new_snapshot(hog: Hog) -> None:
    hog.set("orders", sync_type="cdc")
    before = len(hog.jobs("orders"))
    hog.set("orders", cdc_table_mode="both")
    assert len(hog.jobs("orders")) == before + 2
    hog.advance(30)
    hog.set("orders", cdc_table_mode="cdc_only")
    assert len(hog.jobs("orders")) == before + 2, "dropping one of two needs none"


def test_xmin(hog: Hog) -> None:
    answer = hog.patch("orders", sync_type="xmin")
    if not hog.newest:
        assert answer.json()["code"] == "invalid_choice"
        return
    assert hog.schema("orders")["status"] == "Running", "everything is imported again"
    view = hog.patch("daily_revenue", sync_type="xmin").json()["detail"]
    assert view.startswith("xmin replication is not available for table 'daily_revenue'.")
    stripe = hog.patch("Payout", "Stripe", sync_type="xmin").json()["detail"]
    assert stripe == "xmin replication is only available for Postgres sources."


def test_columns(hog: Hog) -> None:
    if hog.era == "2026-05":
        assert "enabled_columns" not in hog.set("orders", enabled_columns=["nope"])
        return
    refused = hog.patch("orders", enabled_columns=["status", "nope"]).json()["detail"]
    assert refused == (
        "Unknown columns in enabled_columns: ['nope']. Run `Pull new schemas` to refresh available "
        "columns."
    )
    assert hog.set("orders", enabled_columns=[])["enabled_columns"] == []
    hog.ok("POST", f"{hog.path('orders')}/resync")
    hog.advance(5)
    columns = [column["name"] for column in hog.schema("orders")["table"]["columns"]]
    assert columns == ["id", "updated_at"], "key and cursor always come"
    stripe = hog.patch("Charge", "Stripe", enabled_columns=["id"])
    assert stripe.status_code == (400 if hog.newest else 200)


def test_fields_of_the_newest_era(hog: Hog) -> None:
    fields = {
        "row_filters": [{"column": "status", "operator": "IN", "value": ["paid"]}],
        "incremental_field_lookback_seconds": 3600,
        "full_refresh_interval_days": 7,
        "full_refresh_time_of_day": "03:00:00",
        "api_version": "2026-01",
    }
    orders = hog.set("orders", **fields)
    if not hog.newest:
        assert not set(fields) & set(orders)
        return
    assert {name: orders[name] for name in fields} == fields
    assert orders["next_full_refresh_at"] is not None
    for name, value, code in (
        ("incremental_field_lookback_seconds", -1, "min_value"),
        ("full_refresh_interval_days", 91, "max_value"),
        ("row_filters", [{"column": "a", "operator": "~", "value": 1}], "invalid_choice"),
    ):
        assert hog.refused("PATCH", hog.path("orders"), {name: value})["code"] == code
    wrong_type = hog.refused("PATCH", hog.path("customers"), {"full_refresh_interval_days": 7})
    assert wrong_type["attr"] == "full_refresh_interval_days"


def test_deleting_a_schema_lasts_until_the_next_discovery(hog: Hog) -> None:
    source, path = hog.source(), hog.path("orders")
    assert hog.call("DELETE", f"{path}/").status_code == 204
    assert hog.call("GET", path).status_code == 404
    refreshed = hog.ok("POST", f"sources/{source['id']}/refresh_schemas")
    assert refreshed["added"] == 2, "this one, and a table that nobody had discovered"
    orders = hog.schema("orders")
    assert f"schemas/{orders['id']}" == path
    assert (orders["should_sync"], orders["sync_type"], orders["table"]) == (
        True,
        "incremental",
        None,
    )


def test_incremental_fields(hog: Hog) -> None:
    offer = hog.ok("POST", f"{hog.path('orders')}/incremental_fields/")
    assert {
        "label": "updated_at",
        "type": "datetime",
        "field": "updated_at",
        "field_type": "timestamp",
        "nullable": False,
        "is_indexed": True,
    } in offer["incremental_fields"]
    assert offer["detected_primary_keys"] == ["id"]
    assert offer["cdc_available"] is None
    assert ("webhook_only" in offer) == (hog.era != "2026-05")
    assert ("xmin_available" in offer) == hog.newest
    stripe = hog.ok("POST", f"{hog.path('Charge', 'Stripe')}/incremental_fields/")
    assert stripe["incremental_fields"][0]["label"] == "created_at"
    assert stripe["incremental_fields"][0]["field"] == "created"
    assert (stripe["available_columns"], stripe["detected_primary_keys"]) == ([], None)
    assert (stripe["incremental_available"], stripe["append_available"]) == (False, True)


def test_incremental_fields_of_a_source_that_does_not_answer(hog: Hog) -> None:
    path = f"{hog.path('orders')}/incremental_fields"
    before = hog.schema("orders")
    hog.system(error="unreachable")
    assert hog.refused("POST", path) == {
        "message": "connection to server failed: Connection refused"
    }
    hog.system(error=None, secrets={"password": "changed"})
    assert hog.refused("POST", path) == {"message": "Invalid credentials"}
    hog.system(secrets={"password": "pg-demo-password"}, tables={"orders": None})
    assert hog.refused("POST", path) == {"message": "Schema with name orders not found"}
    assert hog.schema("orders") == before


def test_change_capture_locks_the_key_too(hog: Hog) -> None:
    hog.set("orders", sync_type="cdc")
    body = {"sync_type": "cdc", "primary_key_columns": ["id", "status"]}
    assert hog.refused("PATCH", hog.path("orders"), body) == LOCKED
