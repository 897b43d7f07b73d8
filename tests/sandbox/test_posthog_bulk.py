"""PostHog in the sandbox: many schemas in one call, and webhooks."""

from __future__ import annotations

from typing import Any

from posthog_api import POSTGRES, Hog, running, standard

from catalogctl.sandbox.posthog.keys import READ, WRITE


def bulk(hog: Hog, *items: dict[str, Any], source_type: str = "Postgres") -> Any:
    path = f"sources/{hog.source(source_type)['id']}/bulk_update_schemas"
    return hog.call("PATCH", path, {"schemas": list(items)})


def item(hog: Hog, name: str, **fields: Any) -> dict[str, Any]:
    return {"id": hog.schema(name)["id"], **fields}


def test_older_eras_refuse_keys(hog: Hog) -> None:
    answer = bulk(hog, item(hog, "orders", sync_frequency="24hour"))
    if hog.newest:
        assert answer.status_code == 200
        return
    assert answer.status_code == 403
    assert answer.json() == {
        "type": "authentication_error",
        "code": "permission_denied",
        "detail": "This action does not support Personal API Key access",
        "attr": None,
    }


def test_older_eras_write_all_or_nothing(hog: Hog) -> None:
    if hog.newest:
        return
    hog.tune(bulk_for_keys=True)
    good = item(hog, "orders", sync_frequency="24hour", primary_key_columns=["status"])
    refused = bulk(hog, good, item(hog, "events", should_sync=True))
    assert refused.json()["detail"] == "Sync type must be set up first before enabling schema"
    assert hog.schema("orders")["sync_frequency"] == "1hour"
    hog.tune(unsaveable=["customers"])
    assert bulk(hog, good, item(hog, "customers", sync_frequency="7day")).status_code == 500
    assert hog.schema("orders")["sync_frequency"] == "1hour"
    assert bulk(hog, good).status_code == 200
    orders = hog.schema("orders")
    assert orders["sync_frequency"] == "24hour"
    assert orders["primary_key_columns"] == ["id"], "no field of bulk in these eras"
    hog.tune(schedule_fails=True)
    assert bulk(hog, item(hog, "orders", sync_frequency="6hour")).status_code == 500
    assert hog.schema("orders")["sync_frequency"] == "6hour", "committed all the same"


def test_success_is_an_array_in_the_order_of_the_request(new: Hog) -> None:
    answer = bulk(
        new,
        item(new, "orders", sync_frequency="24hour", sync_time_of_day="15:30"),
        item(new, "customers", should_sync=False, incremental_field_lookback_seconds=5),
    )
    assert answer.status_code == 200
    orders, customers = answer.json()
    assert (orders["name"], customers["name"]) == ("orders", "customers")
    assert orders["sync_time_of_day"] == "15:30:00", "seconds are not asked for here"
    assert customers["incremental_field_lookback_seconds"] is None, "no field of bulk"
    assert new.schema("customers")["should_sync"] is False


def test_what_is_refused_before_anything_is_written(new: Hog) -> None:
    good = item(new, "orders", sync_frequency="24hour")
    stripe = {"id": new.schema("Payout", "Stripe")["id"]}
    refused = [
        ((good, good), standard("Schema updates must contain unique ids")),
        (
            (good, stripe),
            standard("One or more schemas could not be found for this source"),
        ),
        (
            (good, item(new, "customers", sync_type="x")),
            standard('"x" is not a valid choice.', "schemas__1__sync_type", "invalid_choice"),
        ),
        (
            (good, item(new, "customers", sync_frequency="x")),
            standard(
                '"x" is not a valid sync frequency. The fastest sync frequency is 5 minutes.',
                "sync_frequency",
                "invalid_choice",
            ),
        ),
        ((good, {}), standard("This field is required.", "schemas__1__id", "required")),
        ((), standard("This list may not be empty.", "schemas", "empty")),
    ]
    for items, body in refused:
        answer = bulk(new, *items)
        assert (answer.status_code, answer.json()) == (400, body)
    assert new.schema("orders")["sync_frequency"] == "1hour"


def test_a_400_may_be_a_partial_success(new: Hog) -> None:
    answer = bulk(
        new,
        item(new, "orders", sync_frequency="24hour"),
        item(new, "events", should_sync=True),
        item(new, "customers", sync_frequency="7day"),
    )
    assert answer.status_code == 400
    assert answer.json() == {
        "type": "server_error",
        "code": "bulk_schema_save_failed",
        "detail": "These schemas in the batch could not be saved: events (Sync type must be set up "
        "first before enabling schema). Any other schemas in the batch were saved successfully — "
        "retry the ones listed here.",
        "attr": None,
    }
    assert new.schema("orders")["sync_frequency"] == "24hour"
    assert new.schema("customers")["sync_frequency"] == "7day"


def test_a_503_too(new: Hog) -> None:
    new.tune(unsaveable=["orders"])
    answer = bulk(
        new,
        item(new, "orders", sync_frequency="24hour"),
        item(new, "customers", sync_frequency="7day"),
    )
    assert (answer.status_code, answer.json()["code"]) == (503, "bulk_schema_save_failed")
    assert new.schema("customers")["sync_frequency"] == "7day"


def test_the_scheduler_fails_after_all_were_saved(new: Hog) -> None:
    new.tune(schedule_fails=True)
    answer = bulk(new, item(new, "orders", sync_frequency="24hour"))
    assert answer.status_code == 500
    assert new.schema("orders")["sync_frequency"] == "24hour"


def test_defaults_for_schemas_without_a_type(new: Hog) -> None:
    answer = bulk(
        new,
        item(new, "events", apply_sync_defaults=True),
        item(new, "orders", apply_sync_defaults=True),
    )
    events, orders = answer.json()
    assert (events["sync_type"], events["incremental_field"]) == ("incremental", "event_id")
    assert orders["incremental_field"] == "updated_at", "has a type already"


def test_deleted_schemas_are_found_too(new: Hog) -> None:
    gone = item(new, "events", sync_frequency="24hour")
    new.call("DELETE", f"schemas/{gone['id']}")
    assert bulk(new, gone).status_code == 200


def test_two_hundred_schemas() -> None:
    columns = {"id": "bigint", "updated_at": "timestamp"}
    tables = {
        f"t{number:03}": {"rows": 5, "primary_key": ["id"], "columns": columns}
        for number in range(200)
    }
    seed = {
        "connections": {"db": {"source_type": "Postgres", "tables": tables}},
        "keys": {"ci": {"value": "phx_ci", "scopes": [READ, WRITE]}},
        "sources": [{"source_type": "Postgres", "job_inputs": POSTGRES, "schemas": "all"}],
    }
    with running(posthog_seed=seed) as hog:
        source = hog.source()
        items = [
            {"id": schema["id"], "sync_type": "full_refresh", "should_sync": True}
            for schema in source["schemas"]
        ]
        path = f"sources/{source['id']}/bulk_update_schemas"
        assert len(hog.ok("PATCH", path, {"schemas": items})) == 200
        hog.advance(5)
        assert hog.source()["status"] == "Completed"
        assert len(hog.ok("GET", f"sources/{source['id']}/jobs")) == 50


def test_webhooks(hog: Hog) -> None:
    source = hog.source("Stripe")
    path = f"sources/{source['id']}"
    assert hog.ok("GET", f"{path}/webhook_info")["exists"] is False
    made = hog.ok("POST", f"{path}/create_webhook", {})
    assert (made["success"], made["error"]) == (True, None)
    assert made.get("pending_inputs") == ([] if hog.newest else None)
    assert hog.ok("POST", f"{path}/create_webhook")["webhook_url"] == made["webhook_url"]
    info = hog.ok("GET", f"{path}/webhook_info")
    assert info["exists"] is True
    assert info["external_status"]["registrations"] == 2, "not idempotent"
    assert ("inputs" in info) == hog.newest
    assert hog.ok("POST", f"{path}/update_webhook_inputs", {"inputs": {"signing_secret": "x"}}) == {
        "success": True
    }
    wrong = hog.refused("POST", f"{path}/update_webhook_inputs", {"inputs": {"nope": "x"}})
    assert ("error" if hog.newest else "message") in wrong
    hog.set("Invoice", "Stripe", sync_type="webhook", should_sync=True)
    info = hog.ok("GET", f"{path}/webhook_info")
    assert info["schema_mapping"] == {"Invoice": hog.schema("Invoice", "Stripe")["id"]}
    assert "message" in hog.refused("POST", f"{path}/delete_webhook")
    hog.set("Invoice", "Stripe", should_sync=False)
    assert hog.ok("POST", f"{path}/delete_webhook") == {
        "success": True,
        "external_deleted": True,
        "error": None,
    }


def test_a_webhook_that_fails_is_a_200(hog: Hog) -> None:
    path = f"sources/{hog.source('Stripe')['id']}"
    hog.system("stripe", webhook_error="The key may not manage webhooks.")
    made = hog.ok("POST", f"{path}/create_webhook")
    assert (made["success"], made["error"]) == (False, "The key may not manage webhooks.")
    info = hog.ok("GET", f"{path}/webhook_info")
    assert info["exists"] is True, "the delivery function stays behind"
    if hog.newest:
        assert made["pending_inputs"] == ["signing_secret"]


def test_a_schema_whose_webhook_fails_is_saved_all_the_same(hog: Hog) -> None:
    hog.system("stripe", webhook_error="no rights")
    refused = hog.refused("PATCH", hog.path("Invoice", "Stripe"), {"sync_type": "webhook"})
    assert refused == standard(
        "Failed to register webhook on your source: no rights. You can set up the webhook manually "
        "from the Webhook tab."
    )
    assert hog.schema("Invoice", "Stripe")["sync_type"] == "webhook"


def test_types_without_webhooks(hog: Hog) -> None:
    path = f"sources/{hog.source()['id']}"
    info = hog.ok("GET", f"{path}/webhook_info")
    assert (info["supports_webhooks"], info["exists"]) == (False, False)
    assert "message" in hog.refused("POST", f"{path}/create_webhook")
    assert "message" in hog.refused("POST", f"{path}/delete_webhook")


def test_enabling_a_synced_webhook_table_again_imports_it_again(hog: Hog) -> None:
    hog.set("Customer", "Stripe", sync_type="webhook")
    hog.set("Customer", "Stripe", should_sync=False)
    before = len(hog.jobs("Customer", "Stripe"))
    hog.set("Customer", "Stripe", should_sync=True)
    assert len(hog.jobs("Customer", "Stripe")) == before + 1


def test_webhooks_of_a_source_that_does_not_answer(hog: Hog) -> None:
    path = f"sources/{hog.source('Stripe')['id']}"
    nothing = hog.ok("POST", f"{path}/delete_webhook")
    assert (nothing["success"], nothing["external_deleted"]) == (False, False)
    assert hog.call("POST", f"{path}/update_webhook_inputs", {"inputs": {}}).status_code == 400
    hog.ok("POST", f"{path}/create_webhook")
    hog.system("stripe", error="timeout")
    assert hog.ok("POST", f"{path}/create_webhook")["success"] is False
    gone = hog.ok("POST", f"{path}/delete_webhook")
    assert (gone["success"], gone["external_deleted"]) == (True, False)
    assert gone["error"] == "connection timeout expired"
