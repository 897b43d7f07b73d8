"""PostHog in the sandbox: schedules, runs by the sandbox's clock, jobs, and what people start."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

import pytest
from posthog_api import DAY, ERAS, HOUR, POSTGRES, Hog, running

ENABLE = {
    "should_sync": True,
    "sync_type": "incremental",
    "incremental_field": "occurred_at",
    "incremental_field_type": "timestamp",
}
BILLING = "Monthly sync limit reached. Please increase your billing limit to resume syncing."


def test_the_first_enabling_starts_a_run_that_ends(hog: Hog) -> None:
    assert hog.set("events", **ENABLE)["status"] == "Running"
    (job,) = hog.jobs("events")
    assert (job["status"], job["finished_at"], job["rows_synced"]) == ("Running", None, None)
    hog.advance(10)
    assert hog.schema("events")["status"] == "Running", "this table takes twenty seconds"
    hog.advance(15)
    events = hog.schema("events")
    assert (events["status"], events["table"]["row_count"]) == ("Completed", 2450000)
    (job,) = hog.jobs("events")
    assert (job["status"], job["rows_synced"]) == ("Completed", 2450000)
    assert job["created_at"] < job["finished_at"] <= events["last_synced_at"]
    assert hog.source()["last_run_at"] == job["created_at"].replace("Z", "+00:00")


def test_a_second_enabling_starts_none(hog: Hog) -> None:
    hog.set("orders", should_sync=False)
    before = len(hog.jobs("orders"))
    hog.advance(2 * DAY)
    assert len(hog.jobs("orders")) == before, "paused"
    orders = hog.set("orders", should_sync=True)
    assert (orders["status"], len(hog.jobs("orders"))) == ("Completed", before)
    hog.advance(HOUR)
    assert len(hog.jobs("orders")) == before + 1


def test_schedules_fire_by_the_clock(hog: Hog) -> None:
    before = len(hog.jobs("payments"))
    hog.advance(DAY)
    jobs = hog.jobs("payments")
    assert len(jobs) == before + 4, "every six hours"
    assert {job["status"] for job in jobs[1:]} == {"Completed"}
    hog.system(tables={"payments": {"rows": 101400}})
    hog.advance(6 * HOUR)
    hog.advance(5)
    assert 50 in [job["rows_synced"] for job in hog.jobs("payments")], "only what is new"


def test_the_time_of_day_shifts_the_schedule(hog: Hog) -> None:
    hog.set("customers", sync_frequency="24hour", sync_time_of_day="15:30:00")
    hog.advance(DAY)
    started = datetime.fromisoformat(hog.jobs("customers")[0]["created_at"].replace("Z", "+00:00"))
    assert started.astimezone(timezone.utc).strftime("%H:%M:%S") == "15:30:00"


def test_a_frequency_before_the_first_enabling(hog: Hog) -> None:
    """Older servers save the row and then miss the schedule."""
    answer = hog.patch("events", sync_frequency="1hour")
    assert answer.status_code == (200 if hog.newest else 500)
    events = hog.schema("events")
    assert (events["sync_frequency"], events["status"]) == ("1hour", None)


def test_the_scheduler_fails_after_the_save(hog: Hog) -> None:
    hog.tune(schedule_fails=True)
    assert hog.patch("orders", sync_frequency="24hour").status_code == 500
    assert hog.schema("orders")["sync_frequency"] == "24hour"
    hog.tune(unsaveable=["orders"])
    assert hog.patch("orders", sync_frequency="6hour").status_code == 500
    assert hog.schema("orders")["sync_frequency"] == "24hour"


def test_a_new_cursor_that_the_table_has_resets_nothing(hog: Hog) -> None:
    before = len(hog.jobs("orders"))
    hog.set("orders", sync_type="incremental", incremental_field="created_at")
    assert len(hog.jobs("orders")) == before
    hog.set("orders", sync_type="incremental", incremental_field="not_imported")
    assert len(hog.jobs("orders")) == before + 1, "no maximum: all is imported again"
    hog.advance(5)
    orders = hog.schema("orders")
    assert orders["status"] == "Failed"
    assert orders["latest_error"] == 'column "not_imported" does not exist'
    assert hog.source()["status"] == "Failed"


def test_switching_between_modes_starts_nothing(hog: Hog) -> None:
    before = len(hog.jobs("orders"))
    for sync_type in ("full_refresh", "append", "incremental"):
        hog.set("orders", sync_type=sync_type)
    assert len(hog.jobs("orders")) == before


def test_reload_does_not_care_whether_a_schema_syncs(hog: Hog) -> None:
    path = f"{hog.path('events')}/reload"
    answer = hog.call("POST", path)
    assert (answer.status_code, answer.content) == (200, b"")
    events = hog.schema("events")
    assert (events["status"], events["should_sync"]) == ("Running", False)
    hog.ok("POST", path)
    assert len(hog.jobs("events")) == 1, "a run that goes on is not started again"


def test_resync_imports_everything_again(hog: Hog) -> None:
    path = hog.path("orders")
    hog.ok("POST", f"{path}/reload")
    assert hog.ok("POST", f"{path}/resync") is None
    running, cancelled = hog.jobs("orders")[:2]
    assert (running["status"], cancelled["status"]) == ("Running", "Failed")
    hog.advance(5)
    assert hog.jobs("orders")[0]["rows_synced"] == 98200


def test_cancel(hog: Hog) -> None:
    path = hog.path("orders")
    assert hog.refused("POST", f"{path}/cancel") == {"detail": "No running sync to cancel."}
    hog.ok("POST", f"{path}/reload")
    assert hog.call("POST", f"{path}/cancel").content == b""
    orders = hog.schema("orders")
    word = "Sync cancelled by user" if hog.newest else "Cancelled"
    assert (orders["status"], orders["latest_error"]) == ("Failed", word)
    hog.ok("POST", f"{path}/reload")
    hog.advance(5)
    assert hog.schema("orders")["latest_error"] is None


def test_a_run_that_can_not_be_started(hog: Hog) -> None:
    hog.tune(trigger_fails=True)
    path = hog.path("orders")
    if hog.newest:
        refused = hog.refused("POST", f"{path}/reload")
        assert refused == {"detail": "Couldn't start the sync. Try again in a few minutes."}
        return
    assert hog.ok("POST", f"{path}/reload") is None
    hog.advance(5)
    assert hog.schema("orders")["status"] == "Running", "and nothing will ever end it"
    assert hog.refused("POST", f"{path}/cancel") == {"detail": "No running sync to cancel."}


def test_a_run_that_never_ends(new: Hog) -> None:
    new.tune(stuck=True)
    new.ok("POST", f"{new.path('orders')}/reload")
    new.advance(DAY)
    assert new.schema("orders")["status"] == "Running"
    assert new.ok("POST", f"{new.path('orders')}/cancel") is None


def test_deleting_data_keeps_the_settings(hog: Hog) -> None:
    path = hog.path("orders")
    answer = hog.call("DELETE", f"{path}/delete_data/")
    assert (answer.status_code, answer.content) == (200, b"")
    orders = hog.schema("orders")
    assert [orders[name] for name in ("table", "status", "last_synced_at")] == [None, None, None]
    kept = [orders[name] for name in ("should_sync", "sync_type", "incremental_field")]
    assert kept == [True, "incremental", "updated_at"]
    assert hog.ok("DELETE", f"{path}/delete_data/") is None, "nothing to do"
    hog.ok("POST", f"{path}/reload")
    hog.advance(5)
    assert hog.jobs("orders")[0]["rows_synced"] == 98200


@pytest.mark.parametrize(
    ("patch", "error"),
    [
        ({"error": "unreachable"}, "connection to server failed: Connection refused"),
        ({"secrets": {"password": "changed"}}, "Invalid credentials"),
        ({"tables": {"orders": None}}, "Table orders does not exist at the source"),
        ({"tables": {"orders": {"fails": "disk full"}}}, "disk full"),
    ],
)
def test_runs_that_fail(hog: Hog, patch: dict[str, Any], error: str) -> None:
    hog.ok("POST", f"{hog.path('orders')}/reload")
    hog.system(**patch)
    hog.advance(5)
    orders = hog.schema("orders")
    assert (orders["status"], orders["latest_error"]) == ("Failed", error)
    assert orders["table"] is not None, "the data of earlier runs stays"
    job = hog.jobs("orders")[0]
    assert (job["status"], job["latest_error"]) == ("Failed", error)


def test_disabling_ends_what_runs_in_the_newest_era(hog: Hog) -> None:
    hog.ok("POST", f"{hog.path('orders')}/reload")
    hog.set("orders", should_sync=False)
    assert hog.jobs("orders")[0]["status"] == ("Failed" if hog.newest else "Running")


def test_reload_of_a_source(hog: Hog) -> None:
    source = hog.source()
    assert hog.ok("POST", f"sources/{source['id']}/reload") is None
    running = {job["schema"]["name"] for job in hog.jobs() if job["status"] == "Running"}
    assert running == {"orders", "customers", "payments", "invoices"}
    hog.advance(5)
    assert hog.source()["status"] == "Completed", "the failed one works now"
    assert hog.source()["latest_error"] is None


def test_billing_holds_up_every_run() -> None:
    for era in ERAS:
        seed = {
            "connections": {
                "db": {"source_type": "Postgres", "tables": {"t": {"columns": {"id": "bigint"}}}}
            },
            "sources": [
                {
                    "source_type": "Postgres",
                    "job_inputs": POSTGRES,
                    "schemas": [{"name": "t", "sync_type": "full_refresh", "status": "Paused"}],
                }
            ],
        }
        with running(era, posthog_seed=seed) as hog:
            path = hog.path("t")
            own = f"sources/{hog.source()['id']}"
            for entry in (f"{path}/reload", f"{path}/resync", f"{own}/reload"):
                assert hog.refused("POST", entry) == {"message": BILLING}


def test_a_schema_without_a_frequency(hog: Hog) -> None:
    """Left behind by an older server that took "never"."""
    schema = {"name": "t", "sync_type": "full_refresh", "sync_frequency": None}
    table = {"columns": {"id": "bigint"}, "primary_key": ["id"]}
    seed = {
        "connections": {"db": {"source_type": "Postgres", "tables": {"t": table}}},
        "sources": [{"source_type": "Postgres", "job_inputs": POSTGRES, "schemas": [schema]}],
    }
    with running(hog.era, posthog_seed=seed) as own:
        answer = own.patch("t", should_sync=True)
        reload = own.call("POST", f"{own.path('t')}/reload")
        if own.newest:
            for refused in (answer, reload):
                assert (refused.status_code, refused.json()["attr"]) == (400, "sync_frequency")
        else:
            assert (answer.status_code, reload.status_code) == (500, 200)
            assert own.schema("t")["should_sync"] is True, "saved before the failure"
        assert own.set("t", should_sync=True, sync_frequency="1hour")["status"] == "Running"


def test_change_capture_that_is_enabled_again_takes_a_new_snapshot(hog: Hog) -> None:
    hog.set("orders", sync_type="cdc")
    hog.set("orders", should_sync=False)
    before = len(hog.jobs("orders"))
    hog.set("orders", should_sync=True)
    assert len(hog.jobs("orders")) == before + 1


def test_jobs_page_back_by_time(hog: Hog) -> None:
    hog.set("orders", sync_frequency="5min")
    for _ in range(5):
        hog.advance(HOUR)
        hog.jobs()
    source = hog.source()
    path = f"sources/{source['id']}/jobs"
    newest = hog.ok("GET", path)
    assert len(newest) == 50
    created = [job["created_at"] for job in newest]
    assert created == sorted(created, reverse=True)
    older = hog.ok("GET", path, before=created[-1])
    assert older[0]["created_at"] < created[-1]
    assert hog.ok("GET", path, after=created[0]) == []
    bad = hog.call("GET", path, after="yesterday")
    assert bad.status_code == (400 if hog.newest else 500)
    only = hog.ok("GET", path, schemas="customers")
    assert ({job["schema"]["name"] for job in only} == {"customers"}) == hog.newest
    assert set(newest[0]) - {"cdc_write_mode", "billable", "destination_ids"} == {
        "id",
        "created_at",
        "created_by",
        "finished_at",
        "status",
        "schema",
        "rows_synced",
        "latest_error",
        "workflow_run_id",
    }


def test_clocks_moved_far_do_not_take_long(new: Hog) -> None:
    new.set("orders", sync_frequency="5min")
    new.advance(60 * DAY)
    jobs = new.jobs("orders")
    assert 10 < len(jobs) <= 20
    assert jobs[1]["status"] == "Completed"


def test_a_status_that_no_run_stands_behind(hog: Hog) -> None:
    schema = {"name": "t", "sync_type": "full_refresh", "status": "Running"}
    seed = {
        "connections": {"db": {"source_type": "Postgres", "tables": {"t": {"rows": 1}}}},
        "sources": [{"source_type": "Postgres", "job_inputs": POSTGRES, "schemas": [schema]}],
    }
    with running(hog.era, posthog_seed=seed) as own:
        answer = own.call("POST", f"{own.path('t')}/cancel")
        if own.newest:
            detail = "No sync was running. The sync status has been updated."
            assert (answer.status_code, answer.json()) == (200, {"detail": detail})
            assert own.schema("t")["status"] is None
        else:
            assert answer.status_code == 400
            assert own.schema("t")["status"] == "Running"


def test_a_run_of_a_schema_that_was_deleted_meanwhile(hog: Hog) -> None:
    path = hog.path("orders")
    hog.ok("POST", f"{path}/reload")
    hog.call("DELETE", path)
    hog.advance(5)
    assert hog.jobs()[0]["status"] == ("Failed" if hog.newest else "Completed")
    hog.ok("POST", f"sources/{hog.source()['id']}/refresh_schemas")
    assert hog.schema("orders")["table"] is None


def test_an_unchanged_cursor_sent_again_can_reset(hog: Hog) -> None:
    """Where nothing is known of the last value, as after a switch from full refresh."""
    again = {"sync_type": "incremental", "incremental_field": "created_at"}
    hog.set("customers", **again)
    before = len(hog.jobs("customers"))
    hog.set("customers", **again)
    assert len(hog.jobs("customers")) == before, "the imported column has a maximum"
    hog.set("customers", **{**again, "incremental_field": "elsewhere"})
    assert len(hog.jobs("customers")) == before + 1
    hog.advance(5)
    hog.set("customers", **{**again, "incremental_field": "elsewhere"})
    assert len(hog.jobs("customers")) == before + 2, "has none, so once more"
