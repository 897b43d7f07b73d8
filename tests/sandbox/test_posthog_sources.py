"""PostHog in the sandbox: sources, their settings, discovery, and webhooks."""

from __future__ import annotations

import json
from typing import Any

import pytest
from posthog_api import DAY, HOUR, POSTGRES, Hog, standard

PREFIX = (
    "Prefix must contain only letters, numbers, and underscores, and start with a letter or "
    "underscore"
)


def postgres(*schemas: Any, **fields: Any) -> dict[str, Any]:
    """A body that creates a source."""
    return {
        "source_type": "Postgres",
        "payload": {**POSTGRES, "schemas": list(schemas)},
        "prefix": "new_",
        **fields,
    }


def test_a_source_in_full(hog: Hog) -> None:
    source = hog.source()
    assert source["prefix"] == "prod_"
    assert source["status"] == "Failed", "one table fails"
    assert source["latest_error"] == "canceling statement due to statement timeout"
    names = [schema["name"] for schema in source["schemas"]]
    assert names == sorted(names)
    assert len(names) == 8
    assert (source["engine"], source["access_method"]) == (None, "warehouse")
    assert len(source) == {"2026-05": 16, "2026-06": 18, "2026-09": 23}[hog.era]
    assert hog.source("Stripe")["supports_webhooks"] is True
    assert hog.source("Hubspot")["latest_error"] is not None


def test_lists_are_trimmed_in_the_newest_era(hog: Hog) -> None:
    listed = {source["source_type"]: source for source in hog.ok("GET", "sources/")["results"]}
    orders = next(s for s in listed["Postgres"]["schemas"] if s["name"] == "orders")
    assert ("incremental_field" in orders) != hog.newest
    assert ("columns" in orders["table"]) != hog.newest


def test_settings_are_text_without_secrets(hog: Hog) -> None:
    assert hog.source()["job_inputs"] == {
        "host": "db.shop.example",
        "port": "5432",
        "database": "shop",
        "user": "posthog",
        "schema": "public",
        "ssh_tunnel": {
            "enabled": "False",
            "host": None,
            "port": None,
            "auth": {"selection": "password", "username": None},
            "require_tls": {"enabled": "True"},
        },
    }
    stripe = hog.source("Stripe")["job_inputs"]
    assert stripe == {"auth_method": {"selection": "api_key"}, "stripe_account_id": "acct_demo"}


def test_writing_settings(hog: Hog) -> None:
    path = f"sources/{hog.source()['id']}"
    answer = hog.ok("PATCH", path, {"job_inputs": {"port": 5433, "password": "", "odd": "x"}})
    assert answer["job_inputs"]["port"] == 5433, "from memory"
    inputs = hog.source()["job_inputs"]
    assert (inputs["port"], "odd" in inputs) == ("5433", False)
    assert hog.ok("POST", f"{hog.path('orders')}/incremental_fields"), "the secret is still known"
    wrong = hog.refused("PATCH", path, {"job_inputs": {"password": "wrong"}})
    assert wrong == standard("Invalid credentials")
    for body in ({"job_inputs": {"ssh_tunnel": "no"}}, {"job_inputs": {"port": "many"}}):
        assert hog.refused("PATCH", path, body)["type"] == "validation_error"
    tunnel = {"ssh_tunnel": {"auth": {"username": "jump", "password": "s"}}}
    hog.ok("PATCH", path, {"job_inputs": tunnel})
    stored = hog.source()["job_inputs"]["ssh_tunnel"]
    assert stored["auth"] == {"selection": "password", "username": "jump"}
    assert stored["require_tls"] == {"enabled": "True"}


def test_a_new_host_needs_the_secrets_again(hog: Hog) -> None:
    path = f"sources/{hog.source()['id']}"
    refused = hog.refused("PATCH", path, {"job_inputs": {"host": "elsewhere.example"}})
    if hog.era == "2026-05":
        assert refused == standard("could not translate host name to address")
    else:
        text = "Changing the connection host requires re-entering your credentials."
        assert refused == standard(text)
        tunnel = {"job_inputs": {"ssh_tunnel": {"host": "jump.example"}}}
        assert "SSH tunnel" in hog.refused("PATCH", path, tunnel)["detail"]
    assert hog.source()["job_inputs"]["host"] == "db.shop.example"


def test_when_a_patch_asks_the_source(hog: Hog) -> None:
    path = f"sources/{hog.source()['id']}"
    hog.system(error="unreachable")
    assert hog.ok("PATCH", path, {"description": "quiet"})["description"] == "quiet"
    same = hog.call("PATCH", path, {"job_inputs": {"port": "5432"}})
    assert same.status_code == (200 if hog.newest else 400)
    assert hog.call("PATCH", path, {"job_inputs": {"port": "5433"}}).status_code == 400


def test_what_a_patch_ignores_and_refuses(hog: Hog) -> None:
    before = hog.source()
    path = f"sources/{before['id']}"
    ignored = {"prefix": "other_", "source_type": "MySQL", "payload": {"host": "x"}, "schemas": []}
    assert hog.ok("PATCH", path, ignored)["prefix"] == "prod_"
    assert hog.source() == before
    assert hog.refused("PATCH", path, {"access_method": "direct"}) == standard(
        "Access method cannot be changed. Create a new source instead."
    )
    put = hog.refused("PUT", path, {"description": "x"})
    assert (put["attr"], put["code"]) == ("client_secret", "required")
    assert hog.ok("PATCH", path, {"description": None})["description"] is None
    long = hog.refused("PATCH", path, {"description": "x" * 401})
    assert (long["attr"], long["code"]) == ("description", "max_length")
    auto = hog.ok("PATCH", path, {"auto_sync_new_schemas": True})
    assert auto.get("auto_sync_new_schemas", False) == hog.newest


def test_create(hog: Hog) -> None:
    wanted = {
        "name": "orders",
        "should_sync": True,
        "sync_type": "incremental",
        "incremental_field": "updated_at",
        "incremental_field_type": "timestamp",
        "sync_time_of_day": "04:00",
        "sync_frequency": "1hour",
    }
    answer = hog.call("POST", "sources/", postgres(wanted, {"name": "events"}))
    assert answer.status_code == 201
    assert list(answer.json()) == ["id"]
    source = hog.ok("GET", f"sources/{answer.json()['id']}/")
    events, orders = source["schemas"]
    assert (orders["status"], orders["sync_frequency"]) == ("Running", "6hour")
    assert orders["primary_key_columns"] == ["id"], "the key that the source has"
    assert orders["sync_time_of_day"] == "04:00:00"
    assert (events["should_sync"], events["sync_type"], events["status"]) == (False, None, None)
    assert source["created_by"] == "dev@example.com"
    assert "pg-demo-password" not in json.dumps(source)
    hog.advance(5)
    orders = hog.ok("GET", f"schemas/{orders['id']}")
    assert orders["table"]["name"] == "new_orders"


def test_a_label_as_cursor(hog: Hog) -> None:
    charge = {
        "name": "Charge",
        "should_sync": True,
        "sync_type": "append",
        "incremental_field": "created_at",
        "incremental_field_type": "datetime",
    }
    payload = {
        "auth_method": {"selection": "api_key", "stripe_secret_key": "rk_demo_stripe"},
        "schemas": [charge],
    }
    body = {"source_type": "Stripe", "payload": payload, "prefix": "eu"}
    source = hog.ok("GET", f"sources/{hog.ok('POST', 'sources', body)['id']}")
    stored = source["schemas"][0]["incremental_field"]
    assert stored == ("created" if hog.newest else "created_at")


def test_creates_that_are_refused(hog: Hog) -> None:
    enabled = {"name": "orders", "should_sync": True, "sync_type": "incremental"}
    payload = postgres()["payload"]
    messages: list[tuple[Any, str]] = [
        (postgres({"name": "nope"}), "Schemas given do not exist in source"),
        (postgres(enabled), "Incremental schemas given do not have an incremental field set"),
        (
            postgres({**enabled, "incremental_field": "updated_at"}),
            "Incremental schemas given do not have an incremental field type set",
        ),
        (
            postgres(payload={**payload, "host": None}),
            "Invalid source config: Missing required field: host",
        ),
        (postgres(payload={**payload, "password": "wrong"}), "Invalid credentials"),
        (
            postgres(payload={**payload, "host": "x"}),
            "could not translate host name to address",
        ),
    ]
    if hog.newest:
        cdc = {"name": "orders", "sync_type": "cdc"}
        messages.append((postgres(payload={**payload, "schemas": 1}), "The 'schemas' field must"))
        messages.append((postgres({**enabled, "sync_type": "x"}), "Unknown sync type: x. Use one"))
        messages.append((postgres(cdc), "CDC must be enabled on the source"))
    else:
        messages.append((postgres(payload=POSTGRES), "Schemas not given"))
    for body, text in messages:
        refused = hog.refused("POST", "sources/", body)
        assert refused["message"].startswith(text), refused
    unknown = hog.refused("POST", "sources/", postgres(source_type="Abacus"))
    assert unknown == standard('"Abacus" is not a valid choice.', "source_type", "invalid_choice")
    missing = hog.refused("POST", "sources/", {"source_type": "Postgres"})
    assert (missing["attr"], missing["code"]) == ("payload", "required")
    unreleased = hog.refused("POST", "sources/", postgres(source_type="Braze"))
    assert unreleased["message"].startswith("The Braze source isn't available to connect yet.")
    assert hog.ok("GET", "sources/")["count"] == 3, "nothing stayed"


def test_prefixes(hog: Hog) -> None:
    for bad in ("1st", "a-b"):
        assert hog.refused("POST", "sources/", postgres(prefix=bad)) == standard(PREFIX)
    only = hog.refused("POST", "sources/", postgres(prefix="__"))
    assert only == standard("Prefix cannot consist of only underscores")
    check = {"source_type": "Postgres", "prefix": "prod_"}
    taken = hog.refused("POST", "sources/source_prefix", check)
    assert hog.refused("POST", "sources/", postgres(prefix="prod_")) == taken
    assert hog.ok("POST", "sources/source_prefix", {**check, "prefix": "prod"}) is None
    bare = hog.call("POST", "sources/", postgres({"name": "orders"}, prefix=None))
    if hog.newest:
        assert taken["message"].startswith("Another source of this type already uses")
        assert bare.status_code == 201, "one without a prefix may stand beside it"
        again = hog.refused("POST", "sources/", postgres(prefix=""))
        assert again["message"].startswith("You already have a source of this type.")
    else:
        assert taken == {"message": "Prefix already exists"}
        assert bare.json() == {"message": "Source type already exists. Prefix is required"}


def test_without_a_list_of_schemas_the_newest_era_takes_all(new: Hog) -> None:
    made = new.ok("POST", "sources/", postgres(payload=POSTGRES))
    schemas = {s["name"]: s for s in new.ok("GET", f"sources/{made['id']}")["schemas"]}
    assert len(schemas) == 9
    assert schemas["orders"]["incremental_field"] == "updated_at"
    assert schemas["payments"]["incremental_field"] == "created_at"
    assert all(schema["should_sync"] for schema in schemas.values())


def test_direct_sources(hog: Hog) -> None:
    body = postgres({"name": "orders"}, access_method="direct", prefix="Shop live")
    nameless = hog.refused("POST", "sources/", {**body, "prefix": None})
    assert nameless == {"message": "Name is required for direct query sources"}
    path = f"sources/{hog.ok('POST', 'sources/', body)['id']}"
    source = hog.ok("GET", path)
    assert (source["engine"], source["prefix"]) == ("postgres", "Shop live")
    assert hog.ok("PATCH", path, {"prefix": "Shop"})["prefix"] == "Shop"
    schema = f"schemas/{source['schemas'][0]['id']}"
    enabled = hog.ok("PATCH", schema, {"should_sync": True})
    assert (enabled["should_sync"], enabled["status"]) == (True, None), "no type, no run"
    assert hog.ok("DELETE", f"{schema}/delete_data") is None
    assert hog.ok("GET", schema)["should_sync"] is False
    assert [entry["prefix"] for entry in hog.ok("GET", "sources/connections")] == ["Shop"]


def test_delete(hog: Hog) -> None:
    source = hog.source("Stripe")
    path = f"sources/{source['id']}"
    assert hog.call("DELETE", f"{path}/").status_code == 204
    assert hog.call("GET", path).status_code == 404
    assert hog.call("GET", f"schemas/{source['schemas'][0]['id']}").status_code == 404
    check = {"source_type": "Stripe", "prefix": None}
    assert hog.ok("POST", "sources/source_prefix", check) is None, "its prefix is free again"
    hog.advance(2 * DAY)
    assert hog.ok("GET", "sources/")["count"] == 2


def test_refresh(hog: Hog) -> None:
    path = f"sources/{hog.source()['id']}/refresh_schemas/"
    hog.system(tables={"events": None, "order_items": None, "orders": None, "new": {"rows": 1}})
    answer = hog.ok("POST", path)
    newest = {"auto_enabled": 0, "total_tables_seen": 7} if hog.newest else {}
    assert answer == {"added": 2, "deleted": 1, **newest}
    schemas = {schema["name"]: schema for schema in hog.source()["schemas"]}
    assert "events" not in schemas, "never synced and not enabled"
    orders, found = schemas["orders"], schemas["new"]
    assert (orders["should_sync"], orders["status"]) == (False, "Completed")
    assert (found["should_sync"], found["sync_type"], found["sync_frequency"]) == (
        False,
        None,
        "6hour",
    )
    assert hog.ok("POST", path)["added"] == 0


@pytest.mark.parametrize(
    ("patch", "text"),
    [
        ({"error": "unreachable"}, "Could not connect to the source. Check the host, port, and"),
        ({"error": "timeout"}, "Connection timed out while fetching schemas from the source."),
        ({"error": "unknown_host"}, "Could not resolve the source host."),
        ({"secrets": {"password": "x"}}, "Could not authenticate with the source."),
    ],
)
def test_refreshes_that_fail(hog: Hog, patch: dict[str, Any], text: str) -> None:
    hog.system(**patch)
    refused = hog.refused("POST", f"sources/{hog.source()['id']}/refresh_schemas")
    assert refused["message"].startswith(text)


def test_the_broken_source_of_the_demo(hog: Hog) -> None:
    path = f"sources/{hog.source('Hubspot')['id']}/refresh_schemas"
    assert hog.refused("POST", path)["message"].startswith("Could not connect to the source.")
    hog.system("hubspot", error=None)
    assert hog.ok("POST", path)["added"] == 0


def test_qualified_names(hog: Hog) -> None:
    """A source whose settings fix no namespace has qualified names, and keeps its rows."""
    path = f"sources/{hog.source()['id']}"
    before = hog.schema("orders")["id"]
    hog.ok("PATCH", path, {"job_inputs": {"schema": ""}})
    assert hog.ok("POST", f"{path}/refresh_schemas")["added"] == 1
    assert hog.schema("public.orders")["id"] == before


def test_discovery_runs_by_itself_in_the_newest_era(hog: Hog) -> None:
    path = f"sources/{hog.source()['id']}"
    hog.ok("PATCH", path, {"auto_sync_new_schemas": True, "auto_sync_schema_patterns": ["coup*"]})
    hog.advance(6 * HOUR + 60)
    schemas = {schema["name"]: schema for schema in hog.source()["schemas"]}
    assert ("coupons" in schemas) == hog.newest
    if hog.newest:
        assert schemas["coupons"]["should_sync"] is True


def test_database_schema_and_wizard(hog: Hog) -> None:
    tables = hog.ok("POST", "sources/database_schema", {"source_type": "Postgres", **POSTGRES})
    orders = next(table for table in tables if table["table"] == "orders")
    assert (orders["rows"], orders["detected_primary_keys"]) == (98200, ["id"])
    missing = hog.refused("POST", "sources/database_schema", POSTGRES)
    assert missing == {"message": "Missing required parameter: source_type"}
    wrong = {"source_type": "Postgres", **POSTGRES, "password": "x"}
    assert hog.refused("POST", "sources/database_schema", wrong) == {
        "message": "Invalid credentials"
    }
    assert "Postgres" in hog.ok("GET", "sources/wizard")
    some = hog.call("GET", "sources/wizard", source_type="Stripe,Abacus")
    assert some.status_code == (400 if hog.newest else 200)
