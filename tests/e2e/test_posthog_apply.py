"""PostHog: from YAML to a plan, its apply, and an empty plan; what is sent, and what is not."""

from __future__ import annotations

from typing import Any

import pytest

from e2e.posthog_project import POSTGRES, HogProject

CURSOR = {"incremental_field": "occurred_at", "incremental_field_type": "timestamp"}
EVENTS = {"should_sync": True, "sync_type": "incremental", **CURSOR}


def test_a_changed_frequency_is_one_patch_with_one_key(shop: HogProject) -> None:
    shop.schema("orders", sync_frequency="24hour", sync_type="incremental", should_sync=True)
    planned = shop.plan()
    assert planned.field("sync_frequency")["before"] == "1hour"
    assert shop.asked() == ["GET sources", "GET sources/ID"]
    assert shop.apply().outcomes == {"DataSource/Postgres/prod_#orders": "applied"}
    assert shop.written() == [("PATCH schemas/ID", {"sync_frequency": "24hour"})]
    assert shop.plan().json["summary"]["in_sync"] == 1
    assert shop.hog.schema("orders")["sync_frequency"] == "24hour"


def test_a_schema_is_enabled_in_one_patch_and_rehearsed_before(shop: HogProject) -> None:
    wanted = {**EVENTS, "primary_key_columns": ["event_id"], "sync_frequency": "1hour"}
    shop.schema("events", **wanted)
    planned = shop.plan()
    verdicts = {each["path"]: each["verdict"] for each in planned.json["changes"][0]["fields"]}
    assert verdicts == {
        **dict.fromkeys([*CURSOR, "sync_type", "primary_key_columns"], "verified"),
        **dict.fromkeys(["should_sync", "sync_frequency"], "unverified"),
    }
    assert shop.asked()[-1] == "POST schemas/ID/incremental_fields"
    assert shop.written() == []
    shop.apply()
    assert shop.written() == [("PATCH schemas/ID", wanted)]
    events = shop.hog.schema("events")
    assert {name: events[name] for name in wanted} == wanted
    assert shop.plan().json["changes"] == []


def test_a_wrong_cursor_is_refused_at_its_line_before_anything_is_written(
    shop: HogProject,
) -> None:
    shop.schema("events", **{**EVENTS, "incremental_field": "occured_at"})
    planned = shop.plan(code=1)
    field = planned.field("incremental_field")
    assert (field["verdict"], field["message"]) == ("refused", "events has no cursor occured_at")
    assert "did you mean occurred_at?" in planned.err
    assert "PLAN001" in planned.err
    shop.apply(code=1)
    assert shop.written() == []
    assert shop.hog.schema("events")["sync_type"] is None


def test_a_cursor_goes_with_its_sync_type(shop: HogProject) -> None:
    shop.schema("orders", incremental_field="created_at")
    field = shop.plan(code=3).field("incremental_field")
    assert (field["risk"], field["verdict"]) == ("reset", "verified")
    shop.apply("--allow", "destructive")
    body = {"incremental_field": "created_at", "sync_type": "incremental"}
    assert shop.written() == [("PATCH schemas/ID", body)]
    assert shop.plan().json["changes"] == []


def test_a_column_of_a_key_is_blamed_at_its_line(shop: HogProject) -> None:
    shop.write(
        "events.yaml",
        "kind: DataSource\nsource_type: Postgres\nprefix: prod_\nschemas:\n  events:\n"
        "    sync_type: append\n    incremental_field: occurred_at\n"
        "    incremental_field_type: timestamp\n"
        "    primary_key_columns:\n      - event_id\n      - evnt\n",
    )
    planned = shop.plan(code=1)
    assert "events.yaml:11:" in planned.err
    assert "events has no column evnt" in planned.err


def test_everything_of_a_schema_is_applied_and_then_in_sync(shop: HogProject) -> None:
    fields: dict[str, Any] = {
        "should_sync": True,
        "sync_type": "incremental",
        "incremental_field": "updated_at",
        "incremental_field_type": "timestamp",
        "primary_key_columns": ["id"],
        "sync_frequency": "12hour",
        "sync_time_of_day": "2:30",
    }
    if shop.hog.era != "2026-05":
        fields["enabled_columns"] = ["status", "total"]
    if shop.hog.newest:
        paid = {"column": "status", "operator": "IN", "value": ["paid", "sent"]}
        fields |= {
            "row_filters": [paid],
            "incremental_field_lookback_seconds": 3600,
            "full_refresh_interval_days": 7,
            "full_refresh_time_of_day": "03:00",
            "api_version": "2026-01",
        }
    shop.schema("orders", **fields)
    shop.apply("--allow", "destructive")
    assert shop.plan().json["changes"] == []
    cleared = {**fields, "sync_time_of_day": ""}
    for name in ("enabled_columns", "api_version", "full_refresh_time_of_day"):
        if name in fields:
            cleared[name] = ""
    if shop.hog.newest:
        cleared["row_filters"] = []
    shop.schema("orders", **cleared)
    shop.apply("--allow", "destructive", "--allow", "mass-removal")
    orders = shop.hog.schema("orders")
    assert orders["sync_time_of_day"] is None
    assert orders.get("enabled_columns") is None
    assert not orders.get("row_filters")
    assert shop.plan().json["changes"] == []


def test_a_field_that_this_posthog_lacks_is_refused(shop: HogProject) -> None:
    shop.schema("orders", enabled_columns=["id"], api_version="1")
    planned = shop.plan("--allow", "destructive", code=0 if shop.hog.newest else 1)
    message = "this PostHog has no api_version"
    assert (planned.field("api_version")["message"] == message) != shop.hog.newest
    lacking = planned.field("enabled_columns")["verdict"] == "refused"
    assert lacking == (shop.hog.era == "2026-05")


def test_the_key_of_synced_data_is_locked_and_the_way_out_works(shop: HogProject) -> None:
    address = "DataSource/Postgres/prod_#orders"
    shop.schema("orders", primary_key_columns=["id", "status"])
    planned = shop.plan(code=1)
    assert planned.field("primary_key_columns")["risk"] == "destroy"
    assert f"catalogctl run delete-data {address}" in planned.err
    shop("run", "delete-data", address, "--yes")
    shop.apply()
    shop("run", "reload", address)
    assert shop.hog.schema("orders")["primary_key_columns"] == ["id", "status"]


def test_a_type_that_drops_a_key_is_refused(shop: HogProject) -> None:
    shop.schema("customers", primary_key_columns=["id"])
    field = shop.plan(code=1).field("primary_key_columns")
    assert field["message"] == "PostHog drops primary_key_columns with sync_type: full_refresh"


def test_a_cursor_that_is_not_used_is_no_change(shop: HogProject) -> None:
    shop.schema("customers", incremental_field="updated_at", cdc_table_mode="both")
    assert shop.plan().json["changes"] == []


def test_a_500_after_the_row_was_saved_is_settled_by_reading(shop: HogProject) -> None:
    shop.hog.tune(schedule_fails=True)
    shop.schema("orders", sync_frequency="24hour")
    assert shop.apply().outcomes == {"DataSource/Postgres/prod_#orders": "applied"}
    assert shop.hog.schema("orders")["sync_frequency"] == "24hour"


def test_a_row_that_cannot_be_saved_is_tried_again_and_reported(shop: HogProject) -> None:
    shop.hog.tune(unsaveable=["orders"])
    shop.schema("orders", sync_frequency="24hour")
    done = shop.apply(code=1)
    assert "HTTP 500" in done.field("sync_frequency")["message"]
    assert len(shop.written()) == 3


def test_a_write_that_was_lost_on_the_way_is_written_again(shop: HogProject) -> None:
    shop.sandbox.faults.add(method="PATCH", action="cut")
    shop.schema("orders", sync_frequency="24hour")
    shop.apply()
    assert len(shop.written()) == 2
    shop.sandbox.faults.add(method="PATCH", action="cut_after")
    shop.schema("orders", sync_frequency="12hour")
    shop.apply()
    assert len(shop.written()) == 1, "it had arrived"


def test_fields_of_a_source_go_in_one_patch(shop: HogProject) -> None:
    fields: dict[str, Any] = {"description": "Ours", "job_inputs": {"port": "5433"}}
    body = {"description": "Ours", "job_inputs": {"port": "5433"}}
    if shop.hog.newest:
        fields |= {"auto_sync_new_schemas": True, "auto_sync_schema_patterns": ["shop_*"]}
        body |= {"auto_sync_new_schemas": True, "auto_sync_schema_patterns": ["shop_*"]}
    shop.source(**fields)
    shop.plan()
    assert "GET sources/wizard" in shop.asked()
    shop.apply()
    assert shop.written() == [("PATCH sources/ID", body)]
    assert shop.plan().json["changes"] == []
    assert "GET sources/wizard" not in shop.asked()


def test_a_description_alone_asks_for_no_form_and_sends_no_settings(shop: HogProject) -> None:
    shop.source(description="", job_inputs={"port": "5432", "password": "env/PG_PASSWORD"})
    shop.plan()
    assert shop.asked() == ["GET sources", "GET sources/ID"]
    shop.apply()
    assert shop.written() == [("PATCH sources/ID", {"description": None})]


def test_another_host_needs_the_secrets_and_rotating_sends_them(shop: HogProject) -> None:
    shop.hog.tune(connections={"shop-db": {"match": {"host": None, "database": "shop"}}})
    inputs = {"host": "new.example", "password": "env/PG_PASSWORD", "user": "posthog"}
    shop.source(job_inputs=inputs)
    first = shop.hog.era == "2026-05"
    planned = shop.plan(code=0 if first else 1)
    if not first:
        assert "catalogctl run rotate-secrets DataSource/Postgres/prod_" in planned.err
    shop("run", "rotate-secrets", "DataSource/Postgres/prod_")
    sent = {"job_inputs": {"host": "new.example", "password": "pg-demo-password"}}
    assert shop.bodies() == [sent]
    assert shop.plan().json["changes"] == []


def test_how_a_source_is_accessed_is_refused_with_the_way_out(shop: HogProject) -> None:
    shop.source(access_method="direct")
    planned = shop.plan(code=1)
    assert planned.field("access_method")["risk"] == "destroy"
    assert "declare another source" in planned.err


def test_a_schema_that_only_the_source_has_is_discovered_at_apply(shop: HogProject) -> None:
    wanted = {"should_sync": True, "sync_type": "full_refresh", "sync_frequency": "6hour"}
    shop.source(schemas={"coupons": wanted, "nothing": {"should_sync": True, **wanted}})
    planned = shop.plan()
    assert [each["action"] for each in planned.json["changes"]] == ["create", "create"]
    done = shop.apply(code=5)
    assert done.outcomes == {
        "DataSource/Postgres/prod_#coupons": "applied",
        "DataSource/Postgres/prod_#nothing": "failed",
    }
    failed = done.field("sync_type", "DataSource/Postgres/prod_#nothing")
    assert "which has no table nothing" in failed["message"]
    # The frequency is as discovery left it, so it is not sent.
    body = {"should_sync": True, "sync_type": "full_refresh"}
    assert shop.written() == [
        ("POST sources/ID/refresh_schemas", None),
        ("PATCH schemas/ID", body),
    ]


def test_a_discovered_schema_with_a_wrong_cursor_is_left_as_it_was_found(
    shop: HogProject,
) -> None:
    """It could not be rehearsed before, since it was not there."""
    wanted = {
        "should_sync": True,
        "sync_type": "append",
        "incremental_field": "valid_unti",
        "incremental_field_type": "date",
    }
    shop.schema("coupons", **wanted)
    done = shop.apply(code=1)
    message = done.field("incremental_field")["message"]
    assert message.startswith("coupons has no cursor valid_unti; did you mean valid_until?")
    assert "another field" in done.field("should_sync")["message"]
    assert [call for call, _ in shop.written()] == ["POST sources/ID/refresh_schemas"]
    coupons = shop.hog.schema("coupons")
    assert (coupons["should_sync"], coupons["sync_type"]) == (False, None)


def test_a_name_that_was_never_discovered_is_remarked_on(shop: HogProject) -> None:
    shop.schema("ordrs", sync_type="full_refresh")
    message = shop.plan().field("sync_type")["message"]
    assert message == "PostHog has not discovered ordrs yet; did you mean orders?"
    shop.schema("public.orders", sync_type="full_refresh")
    field = shop.plan(code=1).field("name")
    assert (field["verdict"], field["message"]) == ("refused", "this source calls it orders")


SYNCS: list[tuple[str, str, dict[str, Any]]] = [
    ("Postgres", "orders", {"sync_type": "full_refresh"}),
    ("Postgres", "orders", {"sync_type": "append"}),
    ("Postgres", "orders", {"sync_type": "cdc", "cdc_table_mode": "both"}),
    ("Postgres", "orders", {"sync_type": "xmin"}),
    ("Postgres", "orders", {"sync_type": ""}),
    (
        "Postgres",
        "customers",
        {
            "sync_type": "append",
            "incremental_field": "updated_at",
            "incremental_field_type": "timestamp",
            "primary_key_columns": ["id"],
        },
    ),
    ("Stripe", "Charge", {"sync_type": "webhook"}),
    ("Stripe", "DisputeEvent", {"sync_type": "webhook", "should_sync": True}),
    ("Stripe", "Charge", {"should_sync": False, "sync_type": "full_refresh"}),
]


@pytest.mark.parametrize(("source_type", "name", "fields"), SYNCS)
def test_every_way_to_sync_can_be_declared(
    shop: HogProject, source_type: str, name: str, fields: dict[str, Any]
) -> None:
    shop.schema(name, source_type, **fields)
    if fields.get("sync_type") == "xmin" and not shop.hog.newest:
        done = shop.apply("--allow", "destructive", code=1)
        assert "is not a valid choice" in done.field("sync_type")["message"]
        return
    removal = () if fields.get("sync_type") else ("--allow", "mass-removal")
    shop.apply("--allow", "destructive", *removal)
    assert len(shop.written()) == 1
    assert shop.plan().json["changes"] == []


def test_columns_that_are_not_known_are_refused_at_their_line(shop: HogProject) -> None:
    if shop.hog.era == "2026-05":
        return  # it has no such field
    shop.schema("orders", enabled_columns=["id", "statuss"])
    planned = shop.plan(code=1)
    assert "PostHog knows no column statuss of orders" in planned.err
    assert "did you mean status?" in planned.err


def test_a_frequency_of_a_schema_that_never_ran_is_applied(shop: HogProject) -> None:
    """Older servers save it and then fail: their 500 is settled by reading."""
    shop.schema("events", sync_frequency="24hour")
    assert shop.apply().outcomes == {"DataSource/Postgres/prod_#events": "applied"}
    assert shop.plan().json["changes"] == []


def test_a_source_that_cannot_be_discovered_fails_the_new_schemas_only(shop: HogProject) -> None:
    shop.hog.system(error="unreachable")
    coupons = {"should_sync": True, "sync_type": "full_refresh"}
    shop.source(schemas={"coupons": coupons, "orders": {"sync_frequency": "30day"}})
    done = shop.apply(code=5)
    failed = done.field("sync_type", "DataSource/Postgres/prod_#coupons")
    said = "asking the source for its tables: Could not connect to the source."
    assert failed["message"].startswith(said)
    assert done.outcomes["DataSource/Postgres/prod_#orders"] == "applied"


def test_a_source_that_does_not_answer_leaves_the_plan_unverified(shop: HogProject) -> None:
    shop.hog.system(error="unreachable")
    shop.schema("events", **EVENTS)
    planned = shop.plan()
    field = planned.field("incremental_field")
    assert field["verdict"] == "unverified"
    assert "not rehearsed: connection to server failed" in field["message"]


def test_a_direct_source_syncs_nothing(shop: HogProject) -> None:
    body = {
        "source_type": "Postgres",
        "payload": {**POSTGRES, "schemas": [{"name": "orders"}]},
        "prefix": "live",
        "access_method": "direct",
    }
    shop.hog.ok("POST", "sources/", body)
    shop.source(prefix="live", schemas={"orders": {"should_sync": True}})
    shop.apply()
    assert shop.written() == [("PATCH schemas/ID", {"should_sync": True})]
    shop.source(prefix="live", schemas={"orders": {"sync_frequency": "1hour"}})
    field = shop.plan(code=1).field("sync_frequency")
    assert "not synced" in field["message"]


def test_two_sources_of_one_name_are_told_with_their_ids(shop: HogProject) -> None:
    body = {
        "source_type": "Postgres",
        "payload": {**POSTGRES, "schemas": [{"name": "orders"}]},
        "prefix": "live",
        "access_method": "direct",
    }
    ids = {shop.hog.ok("POST", "sources/", body)["id"] for _ in range(2)}
    shop.source(prefix="live", description="x", schemas={"orders": {"should_sync": True}})
    planned = shop.plan(code=1)
    for path, address in (
        ("source_type", "DataSource/Postgres/live"),
        ("name", "DataSource/Postgres/live#orders"),
    ):
        message = planned.field(path, address)["message"]
        assert message.startswith("PostHog has 2 sources called Postgres/live: ids")
        assert all(each in message for each in ids)
