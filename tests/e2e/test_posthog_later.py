"""PostHog: plans that are applied later, by another key, or backwards."""

from __future__ import annotations

from e2e.posthog_project import HogProject

ORDERS = "DataSource/Postgres/prod_#orders"
EVENTS = {
    "should_sync": True,
    "sync_type": "incremental",
    "incremental_field": "occurred_at",
    "incremental_field_type": "timestamp",
}


def test_what_a_reading_key_could_not_rehearse_is_rehearsed_when_it_is_applied(
    shop: HogProject,
) -> None:
    shop.act_as("read")
    shop.schema("events", **{**EVENTS, "incremental_field": "occured_at"})
    planned = shop.plan("--out", "plan.json")
    assert planned.field("incremental_field")["verdict"] == "unverified"
    shop.act_as("full")
    done = shop.apply("plan.json", code=1)
    assert shop.written() == [], "PostHog would have taken it"
    message = done.field("incremental_field")["message"]
    assert message == (
        "events has no cursor occured_at; did you mean occurred_at?"
        " it offers event_id, customer_id, occurred_at"
    )
    assert done.field("should_sync")["message"] == "another field of this schema was refused"


def test_a_right_cursor_that_was_not_rehearsed_is_applied(shop: HogProject) -> None:
    shop.schema("events", **EVENTS)
    shop.apply("--no-rehearse")
    asked = [each for each in shop.asked() if "incremental_fields" in each]
    assert len(asked) == 1
    assert shop.written() == [("PATCH schemas/ID", EVENTS)]


def test_what_was_rehearsed_is_not_asked_again(shop: HogProject) -> None:
    shop.schema("events", **EVENTS)
    shop.plan("--out", "plan.json")
    shop.apply("plan.json")
    assert not [each for each in shop.asked() if "incremental_fields" in each]


def test_a_change_that_has_become_dangerous_since_the_plan_is_not_made(shop: HogProject) -> None:
    shop.hog.ok("DELETE", f"{shop.hog.path('orders')}/delete_data")
    shop.schema("orders", incremental_field="created_at")
    assert shop.plan("--out", "plan.json").json["guards"] == []
    shop.hog.tune(run_seconds=0)
    shop.hog.ok("POST", f"{shop.hog.path('orders')}/reload")
    done = shop.apply("plan.json", code=1)
    assert shop.written() == []
    message = done.field("incremental_field")["message"]
    assert "may be thrown away" in message
    assert message.endswith("that was not so when it was planned; plan again")
    assert shop.plan(code=3).json["guards"][0]["guard"] == "destructive"


def test_enabling_a_schema_is_taken_back_by_the_undo_file(shop: HogProject) -> None:
    shop.schema("events", **EVENTS, primary_key_columns=["event_id"])
    shop.apply()
    undo = next((shop.root / ".catalogctl").glob("undo-*.json"))
    done = shop.apply(str(undo))
    assert set(done.outcomes.values()) == {"applied"}
    assert shop.written() == [("PATCH schemas/ID", {"should_sync": False, "sync_type": None})]
    events = shop.hog.schema("events")
    assert (events["should_sync"], events["sync_type"]) == (False, None)
