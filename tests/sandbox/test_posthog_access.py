"""PostHog in the sandbox: keys, projects, limits, pages, shapes of errors, faults and the log."""

from __future__ import annotations

import httpx
import pytest
from posthog_api import HOUR, Hog, running, standard

from catalogctl.sandbox import Sandbox

SCOPE = "API key missing required scope 'external_data_source:{}'"


def test_the_variables_open_it(hog: Hog) -> None:
    variables = hog.sandbox.variables()
    answer = httpx.get(
        f"{variables['POSTHOG_HOST']}/api/projects/{variables['POSTHOG_PROJECT_ID']}"
        "/external_data_sources/",
        headers={"Authorization": f"Bearer {variables['POSTHOG_API_KEY']}"},
    )
    assert answer.json()["count"] == 3


def test_an_unknown_era_is_refused() -> None:
    with pytest.raises(ValueError, match="unknown era '2025-01'"):
        Sandbox(posthog_era="2025-01")


def test_keys_that_are_none(hog: Hog) -> None:
    missing = hog.call("GET", "sources/", key=None)
    assert missing.status_code == 401
    assert missing.json() == {
        "type": "authentication_error",
        "code": "not_authenticated",
        "detail": "Authentication credentials were not provided.",
        "attr": None,
    }
    wrong = hog.http.get(
        "/api/projects/1/external_data_sources", headers={"Authorization": "Bearer phx_wrong"}
    )
    assert (wrong.status_code, wrong.json()["code"]) == (401, "authentication_failed")
    value = hog.sandbox.posthog_key()
    in_query = hog.call("GET", "sources/", key=None, personal_api_key=value)
    assert in_query.status_code == 200


def test_scopes(hog: Hog) -> None:
    source, path = hog.source(), hog.path("orders")
    own = f"sources/{source['id']}"
    readable = ["sources/", own, f"{own}/jobs", f"{own}/webhook_info", "schemas/", path]
    writable = [
        ("PATCH", path),
        ("DELETE", path),
        ("POST", f"{path}/cancel"),
        ("DELETE", f"{path}/delete_data"),
        ("POST", f"{path}/incremental_fields"),
        ("POST", f"{path}/reload"),
        ("POST", f"{path}/resync"),
        ("POST", "sources"),
        ("PATCH", own),
        ("DELETE", own),
        ("POST", f"{own}/reload"),
        ("POST", f"{own}/create_webhook"),
        ("POST", f"{own}/delete_webhook"),
        ("POST", f"{own}/refresh_schemas"),
    ]
    for entry in readable:
        assert hog.call("GET", entry, key="read").status_code == 200
        refused = hog.call("GET", entry, key="none")
        assert (refused.status_code, refused.json()["detail"]) == (403, SCOPE.format("read"))
    for method, entry in writable:
        refused = hog.call(method, entry, {}, key="read")
        assert (refused.status_code, refused.json()["detail"]) == (403, SCOPE.format("write"))
        assert refused.json()["code"] == "permission_denied"


def test_projects(hog: Hog) -> None:
    assert hog.ok("GET", "/api/projects/@current/external_data_sources")["count"] == 3
    other = hog.call("GET", "/api/projects/2/external_data_sources")
    assert other.status_code == 403
    assert other.json()["detail"] == "API key does not have access to the requested project: ID 2."
    for unknown in ("99", "shop"):
        answer = hog.call("GET", f"/api/projects/{unknown}/external_data_sources")
        assert (answer.status_code, answer.json()["detail"]) == (404, "Project not found.")
    second = hog.call("GET", "/api/projects/2/external_data_sources", key="second").json()
    assert [source["prefix"] for source in second["results"]] == ["play"]
    foreign = hog.call("GET", f"sources/{second['results'][0]['id']}")
    assert (foreign.status_code, foreign.json()["detail"]) == (404, "Not found.")


def test_a_project_of_others() -> None:
    seed = {
        "projects": {"3": {"name": "Theirs", "member": False}},
        "keys": {"wide": {"value": "phx_wide", "scopes": ["*"], "projects": None}},
    }
    with running(posthog_seed=seed) as hog:
        refused = hog.call("GET", "/api/projects/3/external_data_sources", key="wide")
        assert refused.json()["detail"] == "You don't have access to the project."
        assert hog.call("GET", "sources", key="wide").json()["count"] == 0


def test_the_old_word_for_projects(hog: Hog) -> None:
    answer = hog.call("GET", "/api/environments/1/external_data_schemas/")
    assert answer.status_code == 200
    assert ("Deprecation" in answer.headers) == hog.newest


@pytest.mark.parametrize(
    "path", ["schemas/nonsense", "sources/00000000-0000-4000-8000-000000000000"]
)
def test_what_is_not_there(hog: Hog, path: str) -> None:
    assert hog.refused("GET", path, status=404) == {
        "type": "invalid_request",
        "code": "not_found",
        "detail": "Not found.",
        "attr": None,
    }


def test_methods_and_bodies(hog: Hog) -> None:
    path = hog.path("orders")
    assert hog.refused("GET", f"{path}/reload", status=405)["code"] == "method_not_allowed"
    broken = hog.http.patch(
        f"/api/projects/1/external_data_{path}/",
        content=b"{",
        headers={"Authorization": f"Bearer {hog.sandbox.posthog_key()}"},
    )
    assert (broken.status_code, broken.json()["code"]) == (400, "parse_error")
    assert hog.refused("PATCH", path, [1])["detail"].startswith("Invalid data.")
    posted = hog.call("POST", "schemas/", {"name": "x"})
    assert posted.status_code == (405 if hog.newest else 500)


def test_pages_and_search(hog: Hog) -> None:
    page = hog.ok("GET", "schemas/", limit=5, offset=5)
    assert (page["count"], len(page["results"])) == (17, 5)
    assert (
        page["previous"]
        == f"{hog.sandbox.posthog_url}/api/projects/1/external_data_schemas/?limit=5"
    )
    following = hog.http.get(
        page["next"], headers={"Authorization": f"Bearer {hog.sandbox.posthog_key()}"}
    ).json()
    assert len(following["results"]) == 5
    for bad in ("0", "-1", "x"):
        assert len(hog.ok("GET", "schemas/", limit=bad)["results"]) == 17
    names = [schema["name"] for schema in hog.ok("GET", "schemas/", search="ORD")["results"]]
    assert sorted(names) == ["order_items", "orders"]
    created = [source["created_at"] for source in hog.ok("GET", "sources/")["results"]]
    found = hog.ok("GET", "sources/", search="prod")["results"]
    assert [source["prefix"] for source in found] == (["prod_"] if hog.newest else [])
    assert len(created) == 3


def test_the_minute_limit(hog: Hog) -> None:
    hog.tune(per_minute=3)
    for _ in range(3):
        assert hog.call("GET", "sources/").status_code == 200
    refused = hog.call("GET", "sources/")
    assert refused.status_code == 429
    wait = int(refused.headers["Retry-After"])
    assert 55 <= wait <= 60
    assert refused.json() == {
        "type": "throttled_error",
        "code": "throttled",
        "detail": f"Request was throttled. Expected available in {wait} seconds.",
        "attr": None,
    }
    assert hog.call("GET", "sources/", key="read").status_code == 429, "shared by the project"
    assert hog.call("GET", "/api/projects/2/external_data_sources", key="second").is_success
    hog.advance(wait)
    assert hog.call("GET", "sources/").status_code == 200


def test_the_hour_limit(hog: Hog) -> None:
    assert hog.tune()["per_hour"] == 4800
    hog.tune(per_hour=2, per_minute=0)
    assert [hog.call("GET", "sources/").status_code for _ in range(3)] == [200, 200, 429]
    assert int(hog.call("GET", "sources/").headers["Retry-After"]) > HOUR - 10
    hog.tune(per_hour=0)
    assert hog.call("GET", "sources/").status_code == 200


def test_faults_and_the_log_know_the_key(new: Hog) -> None:
    new.sandbox.faults.add(method="GET", path="external_data_sources", user="read", status=503)
    assert new.call("GET", "sources/", key="full").status_code == 200
    assert new.call("GET", "sources/", key="read").status_code == 503
    log = [(call["user"], call["status"]) for call in new.sandbox.requests()]
    assert log == [("full", 200), ("read", 503)]


def test_settings_over_http(new: Hog) -> None:
    control = f"{new.sandbox.url}/_sandbox/settings"
    answer = httpx.patch(control, json={"posthog": {"run_seconds": 9}}).json()
    assert answer["posthog"]["run_seconds"] == 9.0
    wrong: tuple[dict[str, object], ...] = (
        {"nonsense": 1},
        {"connections": {"new": {}}},
        {"connections": {"shop-db": {"error": "aliens"}}},
    )
    for changes in wrong:
        assert httpx.patch(control, json={"posthog": changes}).status_code == 400
    new.sandbox.reset()
    assert httpx.get(control).json()["posthog"]["run_seconds"] == 5.0


def test_data_in_a_file_survives(tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("posthog") / "sandbox.db"
    with running(data=path) as hog:
        hog.set("orders", sync_frequency="24hour")
    with running(data=path) as hog:
        assert hog.schema("orders")["sync_frequency"] == "24hour"


def test_the_first_error_only(hog: Hog) -> None:
    refused = hog.refused("PATCH", hog.path("orders"), {"sync_type": "blah", "should_sync": "x"})
    assert refused == standard("Must be a valid boolean.", "should_sync")
