"""PostHog: a source that is declared and not there."""

from __future__ import annotations

import json
from typing import Any

import pytest

from e2e.posthog_project import NEW, PASSWORD, HogProject

SCHEMAS: dict[str, Any] = {
    "orders": {
        "should_sync": True,
        "sync_type": "incremental",
        "incremental_field": "updated_at",
        "incremental_field_type": "timestamp",
        "primary_key_columns": ["id"],
        "sync_frequency": "1hour",
        "sync_time_of_day": "02:30:00",
    },
    "customers": {"should_sync": True, "sync_type": "full_refresh", "sync_frequency": "24hour"},
    "coupons": {"should_sync": False},
}


newest = pytest.mark.parametrize("shop", ["2026-09"], indirect=True)


def calls(shop: HogProject) -> list[str]:
    return [call for call, _ in shop.written()]


def creates(shop: HogProject) -> list[Any]:
    return [body for call, body in shop.written() if call == "POST sources"]


def test_a_source_is_created_with_its_schemas_and_then_in_sync(shop: HogProject) -> None:
    shop.source(**NEW, schemas=SCHEMAS)
    planned = shop.plan()
    assert {each["action"] for each in planned.json["changes"]} == {"create"}
    password = planned.field("job_inputs.password", "DataSource/Postgres/new_")
    assert password["after"] == {"secret": "env/PG_PASSWORD"}
    assert planned.json["summary"]["create"] == 4
    done = shop.apply()
    assert set(done.outcomes.values()) == {"applied"}
    (body,) = creates(shop)
    assert body["payload"]["password"] == PASSWORD
    assert "sync_frequency" not in body["payload"]["schemas"][0]
    assert calls(shop)[:2] == ["POST sources/database_schema", "POST sources"]
    second = [body for call, body in shop.written() if call.startswith("PATCH")]
    assert sorted(each["sync_frequency"] for each in second) == ["1hour", "24hour"]
    assert all(each.keys() == {"sync_frequency"} for each in second)
    again = shop.plan().json
    assert (again["changes"], again["summary"]["in_sync"]) == ([], 4)


def test_settings_below_settings_are_sent_as_objects(shop: HogProject) -> None:
    charge = {
        "sync_type": "append",
        "incremental_field": "created",
        "incremental_field_type": "integer",
        "sync_frequency": "5min",
        "should_sync": True,
    }
    inputs = {"auth_method": {"selection": "api_key", "stripe_secret_key": "env/STRIPE"}}
    shop.environ.setenv("STRIPE", "rk_demo_stripe")
    shop.source("Stripe", "eu", job_inputs=inputs, schemas={"Charge": charge})
    shop.apply()
    (body,) = creates(shop)
    auth = {"selection": "api_key", "stripe_secret_key": "rk_demo_stripe"}
    assert body["payload"]["auth_method"] == auth
    assert shop.plan().json["changes"] == []


def test_a_wrong_cursor_is_refused_before_the_source_is_created(shop: HogProject) -> None:
    wrong = {**SCHEMAS["orders"], "incremental_field": "updated"}
    shop.source(**NEW, schemas={**SCHEMAS, "orders": wrong})
    done = shop.apply(code=5)
    field = done.field("incremental_field", "DataSource/Postgres/new_#orders")
    assert field["message"].startswith("orders has no cursor updated; did you mean updated_at?")
    (body,) = creates(shop)
    assert {each["name"] for each in body["payload"]["schemas"]} == {"customers", "coupons"}
    outcomes = done.outcomes
    assert outcomes.pop("DataSource/Postgres/new_#orders") == "failed"
    assert set(outcomes.values()) == {"applied"}
    shop.source(**{**NEW, "prefix": "newer_"}, schemas={"orders": wrong})
    assert set(shop.apply(code=1).outcomes.values()) == {"failed"}
    assert creates(shop) == [], "none of its schemas is left"


def test_a_cursor_by_its_label_is_refused_with_its_column(shop: HogProject) -> None:
    charge = {
        "sync_type": "append",
        "incremental_field": "created_at",
        "incremental_field_type": "datetime",
    }
    inputs = {"auth_method": {"selection": "api_key", "stripe_secret_key": "env/STRIPE"}}
    shop.environ.setenv("STRIPE", "rk_demo_stripe")
    shop.source("Stripe", "eu", job_inputs=inputs, schemas={"Charge": charge})
    field = shop.apply(code=1).field("incremental_field", "DataSource/Stripe/eu#Charge")
    assert "write created: created_at is only how PostHog shows it" in field["message"]


def test_tables_that_cannot_be_asked_about_are_created_all_the_same(shop: HogProject) -> None:
    shop.sandbox.faults.add(method="POST", path="database_schema", times=None, status=500)
    shop.source(**NEW, schemas=SCHEMAS)
    shop.apply()
    assert shop.plan().json["changes"] == []


def test_a_new_source_needs_settings_and_schemas(shop: HogProject) -> None:
    shop.source(**NEW)
    assert "no schemas are declared" in shop.plan(code=1).json["changes"][0]["fields"][0]["message"]
    shop.source(prefix="new_", schemas=SCHEMAS)
    for change in shop.plan(code=1).json["changes"]:
        (field,) = change["fields"]
        assert field["path"] == "name"
        assert "PostHog has no Postgres source with the prefix new_" in field["message"]
        assert "no job_inputs are declared" in field["message"]


def test_an_answer_that_was_lost_is_looked_for_and_not_sent_again(shop: HogProject) -> None:
    shop.sandbox.faults.add(method="POST", path="sources/$", action="cut_after")
    shop.source(**NEW, schemas=SCHEMAS)
    done = shop.apply()
    assert set(done.outcomes.values()) == {"applied"}
    assert len(creates(shop)) == 1
    assert shop.hog.ok("GET", "sources/")["count"] == 4
    assert shop.plan().json["changes"] == []


def test_a_request_that_was_lost_is_reported_and_not_sent_again(shop: HogProject) -> None:
    shop.sandbox.faults.add(method="POST", path="sources/$", action="cut")
    shop.source(**NEW, schemas=SCHEMAS)
    done = shop.apply(code=1)
    assert set(done.outcomes.values()) == {"failed"}
    assert len(creates(shop)) == 1
    message = done.field("description", "DataSource/Postgres/new_")["message"]
    assert "plan again before you apply again" in message
    assert shop.hog.ok("GET", "sources/")["count"] == 3
    shop.apply()
    assert shop.hog.ok("GET", "sources/")["count"] == 4


def test_a_refused_creation_names_the_reason_at_every_change(shop: HogProject) -> None:
    shop.environ.setenv("PG_PASSWORD", "not-the-right-one")
    shop.source(**NEW, schemas=SCHEMAS)
    done = shop.apply(code=1)
    messages = {field["message"] for change in done.json["changes"] for field in change["fields"]}
    said = "Invalid credentials (HTTP 400)"
    assert messages == {said, f"creating its source: {said}"}
    assert shop.hog.ok("GET", "sources/")["count"] == 3


def test_an_unknown_type_is_refused_with_its_schemas(shop: HogProject) -> None:
    shop.source(**{**NEW, "source_type": "Postgress"}, schemas=SCHEMAS)
    planned = shop.plan(code=1)
    assert "PostHog has no source type Postgress" in planned.err
    assert "did you mean Postgres?" in planned.err
    assert planned.json["summary"]["refused"] == 4
    shop.apply(code=1)
    assert shop.written() == []


def test_a_second_unprefixed_source_is_the_first_era_s_to_refuse(shop: HogProject) -> None:
    shop.source(**{**NEW, "prefix": ""}, schemas={"coupons": {"should_sync": False}})
    planned = shop.plan(code=1 if shop.hog.era == "2026-05" else 0)
    assert ("needs a prefix" in planned.err) == (shop.hog.era == "2026-05")


def test_a_new_schema_without_a_cursor_is_refused(shop: HogProject) -> None:
    schemas = {"orders": {"should_sync": True, "sync_type": "incremental"}}
    shop.source(**NEW, schemas=schemas)
    planned = shop.plan(code=1)
    message = planned.field("sync_type", "DataSource/Postgres/new_#orders")["message"]
    assert message == "sync_type: incremental needs a cursor"


def test_a_table_that_the_source_lacks_is_named_and_left_out(shop: HogProject) -> None:
    shop.source(**NEW, schemas={**SCHEMAS, "custmers": {"sync_type": "full_refresh"}})
    done = shop.apply(code=5)
    message = done.field("sync_type", "DataSource/Postgres/new_#custmers")["message"]
    assert message == "the source has no table custmers; did you mean customers?"
    assert done.outcomes["DataSource/Postgres/new_#customers"] == "applied"


def test_a_creation_that_answers_nothing_is_found_and_finished(shop: HogProject) -> None:
    shop.sandbox.faults.add(method="POST", path="sources/$", action="respond_after", body=None)
    shop.source(**NEW, schemas=SCHEMAS)
    assert set(shop.apply().outcomes.values()) == {"applied"}
    assert len(creates(shop)) == 1
    assert shop.plan().json["changes"] == []


@newest
def test_what_creation_cannot_carry_of_a_source_comes_after_it(shop: HogProject) -> None:
    own = {**NEW, "auto_sync_new_schemas": True, "auto_sync_schema_patterns": ["c*"]}
    shop.source(**own, schemas={"coupons": {"should_sync": False}})
    shop.apply()
    calls = dict(shop.written())
    assert calls["PATCH sources/ID"] == {
        "auto_sync_new_schemas": True,
        "auto_sync_schema_patterns": ["c*"],
    }
    assert shop.plan().json["changes"] == []


def test_a_direct_source_is_created_with_a_name(shop: HogProject) -> None:
    own = {**NEW, "prefix": "Live shop", "access_method": "direct"}
    shop.source(**own, schemas={"orders": {"should_sync": True}})
    shop.apply()
    (body,) = creates(shop)
    assert (body["access_method"], body["prefix"]) == ("direct", "Live shop")
    assert shop.plan().json["changes"] == []


def test_secrets_are_in_no_plan_log_or_error(shop: HogProject) -> None:
    secret = "s3cr3t-of-the-database"
    shop.environ.setenv("PG_PASSWORD", secret)
    shop.source(**NEW, schemas=SCHEMAS)
    echo = {"message": f"could not log in with {secret}"}
    shop.sandbox.faults.add(method="POST", path="sources/$", status=400, body=echo)
    texts = []
    for arguments in (
        ["plan", "--out", "plan.json", "--format", "json"],
        ["plan", "--format", "markdown"],
        ["apply", "plan.json", "--log-level", "debug", "--format", "json"],
        ["run", "rotate-secrets", "DataSource/Postgres/prod_"],
    ):
        done = shop(*arguments, code=None)
        texts += [done.out, done.err]
    texts += [path.read_text("utf-8") for path in shop.root.rglob("*") if path.is_file()]
    key = shop.sandbox.posthog_key()
    assert any("could not log in with ***" in text for text in texts)
    assert not [text for text in texts if secret in text or key in text]


WORDS = {
    "Postgres": {
        "fields": [
            {"name": "host", "type": "text"},
            {"name": "magic", "type": "password"},
        ]
    }
}


@pytest.mark.parametrize("prefix", ["prod_", "new_"])
def test_a_literal_that_posthog_calls_secret_is_refused_and_never_shown(
    shop: HogProject, prefix: str
) -> None:
    """Its name says nothing, so only PostHog's own form can tell."""
    shop.sandbox.faults.add(path="/wizard", times=None, status=200, body=WORDS)
    schemas = {"orders": {"sync_frequency": "7day"}}
    shop.source(prefix=prefix, job_inputs={"magic": "open-sesame"}, schemas=schemas)
    for form in ("json", "terminal", "markdown"):
        done = shop("plan", "--format", form, "--out", "plan.json", code=1)
        texts = (done.out, done.err, (shop.root / "plan.json").read_text("utf-8"))
        assert not [text for text in texts if "open-sesame" in text]
        assert "keeps this setting secret" in done.err
    shop.apply(code=None)
    assert "open-sesame" not in json.dumps(shop.sent)


def test_a_literal_whose_name_says_secret_is_refused(shop: HogProject) -> None:
    shop.source(job_inputs={"password": "hunter2-literal"})
    done = shop.plan(code=4)
    assert "hunter2-literal" not in done.out + done.err
