"""PostHog: what one does by hand with `catalogctl run`."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from catalogctl.providers.actions import ACTIONS
from catalogctl.providers.posthog import following
from e2e.posthog_project import PASSWORD, POSTGRES, Done, HogProject

SOURCE = "DataSource/Postgres/prod_"
ORDERS = f"{SOURCE}#orders"
STRIPE = "DataSource/Stripe"


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(following, "FIRST_PAUSE", 0.01)
    monkeypatch.setattr(following, "LONGEST_PAUSE", 0.02)


@pytest.fixture
def passing(shop: HogProject, monkeypatch: pytest.MonkeyPatch) -> None:
    """A minute passes in PostHog between two looks; its runs take half of one."""

    async def stopped(stop: asyncio.Event, seconds: float) -> bool:
        shop.hog.advance(60)
        return stop.is_set()

    monkeypatch.setattr(following, "_stopped", stopped)
    shop.hog.tune(run_seconds=30)


newest = pytest.mark.parametrize("shop", ["2026-09"], indirect=True)


def calls(shop: HogProject) -> list[str]:
    return [call for call, _ in shop.written()]


def json_of(done: Done) -> Any:
    return json.loads(done.out)


# -- schemas


def test_reload_starts_a_sync(shop: HogProject) -> None:
    done = shop("run", "reload", ORDERS)
    assert done.out == "a sync of orders was started\n"
    assert calls(shop) == ["POST schemas/ID/reload"]
    assert shop.hog.schema("orders")["status"] == "Running"
    again = shop("run", "reload", ORDERS)
    assert "note: a sync was running already" in again.err


def test_reload_is_followed_to_its_end(shop: HogProject, passing: None) -> None:
    done = shop("run", "reload", ORDERS, "--wait")
    assert "orders: Completed" in done.out
    assert shop.asked().count("GET schemas/ID") >= 2
    assert calls(shop) == ["POST schemas/ID/reload"]


def test_a_run_that_ended_at_once_is_seen_at_the_first_look(shop: HogProject) -> None:
    shop.hog.tune(run_seconds=0)
    done = shop("run", "reload", ORDERS, "--wait")
    assert "orders: Completed" in done.out
    assert shop.asked().count("GET schemas/ID") == 1


def test_a_run_that_was_on_its_way_is_followed(shop: HogProject, passing: None) -> None:
    shop.hog.ok("POST", f"{shop.hog.path('orders')}/reload")
    done = shop("run", "reload", ORDERS, "--wait")
    assert "orders: Completed" in done.out
    assert "running already" in done.err


def test_a_run_that_fails_is_a_failure(shop: HogProject, passing: None) -> None:
    shop.hog.system(tables={"orders": {"fails": "disk full"}})
    done = shop("run", "reload", ORDERS, "--wait", code=1)
    assert "orders: Failed, disk full" in done.err


def test_time_that_is_up_says_that_it_still_runs(shop: HogProject) -> None:
    shop.hog.tune(stuck=True)
    done = shop("run", "reload", ORDERS, "--wait", "--wait-timeout", "1s", code=1)
    assert "the time is up, and it still runs: orders" in done.err


def test_a_run_that_cannot_be_started(shop: HogProject) -> None:
    shop.hog.tune(trigger_fails=True)
    newest_era = shop.hog.newest
    arguments = () if newest_era else ("--wait", "--wait-timeout", "1s")
    done = shop("run", "reload", ORDERS, *arguments, code=1)
    said = "Couldn't start the sync" if newest_era else "it still runs"
    assert said in done.err, "older servers say yes, and nothing ever runs"


def test_what_is_refused_was_not_done_and_what_is_lost_may_have_been(shop: HogProject) -> None:
    shop.sandbox.faults.add(method="POST", path="/reload", status=400, body={"message": "no"})
    refused = shop("run", "reload", ORDERS, code=1)
    assert "reload of Postgres/prod_#orders: no; nothing was done" in refused.err
    shop.sandbox.faults.add(method="POST", path="/reload", action="cut_after")
    lost = shop("run", "reload", ORDERS, code=1)
    assert f"may have been done all the same; `catalogctl run jobs {SOURCE}` shows" in lost.err
    assert len(shop.hog.jobs("orders")) == 2, "one of them from this sandbox's seed"


def test_resync_asks_and_imports_anew(shop: HogProject, passing: None) -> None:
    refused = shop("run", "resync", ORDERS, code=1)
    assert "table prod_orders, 98200 rows" in refused.err
    assert "add --yes" in refused.err
    assert shop.written() == []
    done = shop("run", "resync", ORDERS, "--yes", "--wait")
    assert "orders is imported anew; orders: Completed" in done.out
    assert calls(shop) == ["POST schemas/ID/resync"]


def test_cancel_ends_what_runs(shop: HogProject) -> None:
    nothing = shop("run", "cancel", ORDERS, code=1)
    assert "No running sync to cancel" in nothing.err
    shop.hog.ok("POST", f"{shop.hog.path('orders')}/reload")
    done = shop("run", "cancel", ORDERS, "--wait")
    assert "the sync of orders was cancelled; orders: Failed" in done.out
    assert shop.hog.schema("orders")["status"] == "Failed"


def test_delete_data_asks_and_keeps_the_settings(shop: HogProject) -> None:
    shop("run", "delete-data", ORDERS, code=1)
    assert shop.written() == []
    done = shop("run", "delete-data", ORDERS, "--yes")
    assert "its settings stay" in done.out
    assert calls(shop) == ["DELETE schemas/ID/delete_data"]
    orders = shop.hog.schema("orders")
    assert (orders["table"], orders["sync_type"]) == (None, "incremental")
    again = shop("run", "delete-data", ORDERS)
    assert "has no synced data" in again.out
    assert shop.written() == []


def test_incremental_fields_are_shown_and_given_as_the_api_gave_them(shop: HogProject) -> None:
    done = shop("run", "incremental-fields", ORDERS)
    assert "updated_at  timestamp\n" in done.out
    assert "shipped_at  timestamp  nullable  not indexed\n" in done.out
    assert "can be synced as full_refresh, incremental, append" in done.out
    answer = json_of(shop("run", "incremental-fields", ORDERS, "--format", "json"))
    assert answer["detected_primary_keys"] == ["id"]
    assert answer["answers"][0]["incremental_available"] is True
    stripe = shop("run", "incremental-fields", f"{STRIPE}#Charge")
    assert "created  integer  (shown as created_at)" in stripe.out


def test_a_schema_that_is_not_there(shop: HogProject) -> None:
    done = shop("run", "reload", f"{SOURCE}#nothing", code=1)
    assert "has no schema nothing" in done.err
    assert "catalogctl run refresh-schemas DataSource/Postgres/prod_" in done.err
    assert "PostHog has no Abacus source" in shop("run", "jobs", "DataSource/Abacus", code=1).err


# -- sources


def test_reload_of_a_source_follows_all_that_is_enabled(shop: HogProject, passing: None) -> None:
    done = shop("run", "reload", SOURCE, "--wait")
    assert "a sync of the 4 enabled schemas was started" in done.out
    assert "customers, invoices, orders, payments: Completed" in done.out
    assert calls(shop) == ["POST sources/ID/reload"]


def test_reload_of_a_direct_source_only_looks_its_tables_up(shop: HogProject) -> None:
    body = {
        "source_type": "Postgres",
        "payload": {**POSTGRES, "schemas": [{"name": "orders", "should_sync": True}]},
        "prefix": "live",
        "access_method": "direct",
    }
    shop.hog.ok("POST", "sources/", body)
    done = shop("run", "reload", "DataSource/Postgres/live", "--wait")
    assert done.out == "its tables were looked up anew; a direct source is not synced\n"


def test_reload_of_a_source_fails_in_part(shop: HogProject, passing: None) -> None:
    shop.hog.system(tables={"orders": {"fails": "disk full"}})
    done = shop("run", "reload", SOURCE, "--wait", code=5)
    assert "orders: Failed, disk full" in done.err


def test_refresh_schemas_counts(shop: HogProject) -> None:
    done = shop("run", "refresh-schemas", SOURCE)
    assert "discovered 1 new schemas; 0 are gone from the source" in done.out
    answer = json_of(shop("run", "refresh-schemas", SOURCE, "--format", "json"))
    assert (answer["added"], answer["deleted"]) == (0, 0)
    broken = shop("run", "refresh-schemas", "DataSource/Hubspot", code=1)
    assert "Could not connect to the source" in broken.err


def test_a_webhook_is_created_once(shop: HogProject) -> None:
    done = shop("run", "create-webhook", STRIPE)
    assert "a webhook was created: http" in done.out
    assert calls(shop) == ["POST sources/ID/create_webhook"]
    again = shop("run", "create-webhook", STRIPE)
    assert "it has a webhook already" in again.out
    assert shop.written() == []
    unsupported = shop("run", "create-webhook", SOURCE, code=1)
    assert "PostHog knows no webhooks of Postgres sources" in unsupported.err


def test_a_success_that_is_none_is_a_failure(shop: HogProject) -> None:
    shop.hog.system("stripe", webhook_error="Stripe says no.")
    done = shop("run", "create-webhook", STRIPE, code=1)
    assert "Stripe says no" in done.err
    assert "catalogctl run delete-webhook DataSource/Stripe" in done.err


def test_delete_webhook_asks(shop: HogProject) -> None:
    shop("run", "create-webhook", STRIPE)
    shop("run", "delete-webhook", STRIPE, code=1)
    assert shop.written() == []
    done = shop("run", "delete-webhook", STRIPE, "--yes")
    assert "the webhook was deleted" in done.out
    assert calls(shop) == ["POST sources/ID/delete_webhook"]


def test_a_webhook_in_use_is_not_deleted(shop: HogProject) -> None:
    shop.hog.set("Charge", "Stripe", sync_type="webhook")
    refused = shop("run", "delete-webhook", STRIPE, code=1)
    assert "schemas that sync by webhook: Charge" in refused.err
    done = shop("run", "delete-webhook", STRIPE, "--yes", code=1)
    assert "webhook" in done.err


def test_jobs_are_listed_the_newest_first(shop: HogProject) -> None:
    shop.hog.ok("POST", f"{shop.hog.path('orders')}/reload")
    done = shop("run", "jobs", SOURCE)
    first = done.out.splitlines()[0]
    assert "  orders  Running" in first
    assert "jobs, the newest first" in done.out
    assert shop.written() == []
    answer = json_of(shop("run", "jobs", SOURCE, "--format", "json"))
    (jobs,) = answer["answers"]
    assert jobs[0]["status"] == "Running"


def test_more_jobs_than_one_answer_holds_are_mentioned(shop: HogProject) -> None:
    shop.hog.set("orders", sync_frequency="5min")
    for _ in range(5):
        shop.hog.advance(3600)
        shop.hog.jobs()
    done = shop("run", "jobs", SOURCE)
    assert "50 jobs, the newest first" in done.out
    assert "there may be older ones" in done.err


def test_secrets_are_rotated_from_the_specs(shop: HogProject) -> None:
    shop.hog.system(secrets={"user": "posthog", "password": "changed"})
    shop.environ.setenv("PG_PASSWORD", "changed")
    shop.source(job_inputs={"user": "posthog", "port": "5433", "password": "env/PG_PASSWORD"})
    done = shop("run", "rotate-secrets", SOURCE)
    assert "PostHog took job_inputs.password, job_inputs.port" in done.out
    assert shop.bodies() == [{"job_inputs": {"password": "changed", "port": "5433"}}]
    assert "changed" not in done.out + done.err
    assert shop.plan().json["changes"] == []


def test_wrong_secrets_are_refused_without_being_told(shop: HogProject) -> None:
    shop.environ.setenv("PG_PASSWORD", "wrong-one")
    shop.source(job_inputs={"password": "env/PG_PASSWORD"})
    done = shop("run", "rotate-secrets", SOURCE, code=1)
    assert "Invalid credentials" in done.err
    assert "wrong-one" not in done.out + done.err


def test_without_a_declared_secret_there_is_nothing_to_rotate(shop: HogProject) -> None:
    shop.source(job_inputs={"port": "5433"})
    done = shop("run", "rotate-secrets", SOURCE, code=1)
    assert "no secret is declared" in done.err
    assert shop.written() == []


def test_an_unset_secret_is_said_before_anything_is_sent(shop: HogProject) -> None:
    shop.environ.delenv("PG_PASSWORD")
    shop.source(job_inputs={"password": "env/PG_PASSWORD"})
    done = shop("run", "rotate-secrets", SOURCE, code=None)
    assert done.code in (1, 4)
    assert "PG_PASSWORD" in done.err
    assert shop.written() == []


def test_another_way_to_log_in_is_sent_whole(shop: HogProject) -> None:
    shop.environ.setenv("STRIPE", "rk_demo_stripe")
    auth = {"selection": "api_key", "stripe_secret_key": "env/STRIPE"}
    shop.source("Stripe", "", job_inputs={"auth_method": auth})
    shop("run", "rotate-secrets", STRIPE)
    assert shop.bodies() == [
        {"job_inputs": {"auth_method": {"stripe_secret_key": "rk_demo_stripe"}}}
    ]


def test_delete_asks_and_deletes(shop: HogProject) -> None:
    refused = shop("run", "delete", STRIPE, code=1)
    assert "6 schemas, 2 of them with synced data" in refused.err
    assert shop.written() == []
    shop("run", "delete", STRIPE, "--yes")
    assert calls(shop) == ["DELETE sources/ID"]
    assert shop.hog.ok("GET", "sources/")["count"] == 2


def test_a_deletion_that_broke_off_after_the_fact_is_one(shop: HogProject) -> None:
    shop.sandbox.faults.add(method="DELETE", action="respond_after", status=500)
    done = shop("run", "delete", STRIPE, "--yes")
    assert "was deleted" in done.out
    shop.sandbox.faults.add(method="DELETE", status=500)
    assert "HTTP 500" in shop("run", "delete", SOURCE, "--yes", code=1).err
    assert shop.hog.ok("GET", "sources/")["count"] == 2


# -- all of them


def test_every_action_is_listed_and_runs(shop: HogProject) -> None:
    """None is without a handler: a key that only reads is refused by PostHog, and by no bug."""
    shop.environ.setenv("POSTHOG_API_KEY", shop.sandbox.posthog_key("read"))
    shop.environ.setenv("PG_PASSWORD", PASSWORD)
    shop.source(job_inputs={"password": "env/PG_PASSWORD"})
    listed = ACTIONS["posthog"]
    for kind, address in (("DataSource", SOURCE), ("DataSource#", ORDERS)):
        for name in listed[kind]:
            done = shop("run", name, address, "--yes", code=None)
            if name in ("jobs", "create-webhook"):
                continue  # the first only reads; the second sees beforehand that there are none
            assert done.code == 1, name
            assert "the key lacks the scope external_data_source:write" in done.err, name


@newest
def test_nothing_but_the_action_itself_is_written(shop: HogProject) -> None:
    """The guard that keeps plans from writing is up again after an action, and before it."""
    for name in ("jobs", "incremental-fields"):
        shop("run", name, SOURCE if name == "jobs" else ORDERS)
        assert shop.written() == []
