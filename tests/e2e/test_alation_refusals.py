"""What Alation refuses, or what breaks on the way: told in words, and never triggered twice."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from catalogctl.sandbox import Sandbox
from e2e.alation_project import SYNC, AlationProject, projects


@pytest.fixture(scope="module")
def _running() -> Iterator[Sandbox]:
    with Sandbox(seed=None, posthog_seed=None) as sandbox:
        yield sandbox


@pytest.fixture
def project(
    _running: Sandbox,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Iterator[AlationProject]:
    with projects(_running, tmp_path, monkeypatch, capsys) as made:
        yield made


# -- while planning


def test_a_schema_that_the_settings_exclude_is_refused_while_planning(
    project: AlationProject,
) -> None:
    project.sync("tmp_1", schema="main.scratch")
    field = project.plan(code=1).field("table")
    assert field["verdict"] == "refused"
    assert field["message"] == (
        "schema main.scratch is excluded from the catalog in the settings of data source 8"
    )


@pytest.mark.parametrize("user", ["viewer", "steward"])
def test_a_user_who_is_no_admin_can_plan_and_is_told_who_may_apply(
    project: AlationProject, user: str
) -> None:
    project.act_as(user)
    project.sync("shipments", columns=["id"], table_type="TABLE", title="Shipments")
    project.sync("products", title="Products")
    done = project.plan()
    for change in done.json["changes"]:
        assert change["verdict"] == "unverified"
        (told,) = [each["message"] for each in change["fields"] if "message" in each]
        assert told.startswith("this token can plan it, not apply it: ")
        assert user.upper() in told
        assert "use the token of a server or catalog admin" in told
    result = project.apply(code=1)
    assert set(result.outcomes.values()) == {"failed"}
    assert "only an admin may do this" in result.out


# -- while applying


@pytest.mark.parametrize(
    ("kind", "more", "said"),
    [
        ("missing_value", {}, "HTTP 400"),
        ("bad_table_type", {}, "HTTP 400"),
        ("schema_excluded", {}, "HTTP 400"),
        (
            "no_permission",
            {},
            "either the service account of data source 8 may not see main.dbo.shipments, or "
            "admin@example.com (SERVER_ADMIN) may not sync it",
        ),
        ("not_admin", {}, "grant the service account SELECT on it; who may sync is a server"),
        ("bad_data_source", {}, "schema main.dbo has no TABLE shipments at the source"),
        ("no_table", {}, "check the names, and declare table_type: VIEW if it is one"),
        ("unreachable", {}, "Alation could not connect to data source 8"),
        ("unreachable", {"html": True}, "Alation could not connect to data source 8"),
    ],
)
def test_each_refusal_of_a_sync_is_told_in_words(
    project: AlationProject, kind: str, more: dict[str, bool], said: str
) -> None:
    project.sync("shipments")
    project.trouble("shipments", kind, **more)
    done = project.apply(code=1)
    field = done.field("table")
    assert field["outcome"] == "failed"
    assert said in field["message"]
    assert "<" not in field["message"]
    assert project.syncs() == 1


def test_a_schema_that_is_not_catalogued_leaves_open_which_of_the_two_is_wrong(
    project: AlationProject,
) -> None:
    project.sync("orders_raw", schema="main.nowhere")
    message = project.apply(code=1).field("table")["message"]
    assert message.startswith(
        "either data source 8 has no schema main.nowhere, or the schema has no TABLE orders_raw"
    )


def test_a_view_that_is_declared_as_one_is_synced_as_one(project: AlationProject) -> None:
    project.sync("foobar", table_type="VIEW")
    assert project.apply().field("table")["outcome"] == "applied"
    assert project.live("foobar")["table_type"] == "VIEW"
    assert project.plan().json["changes"] == []


def test_one_table_that_fails_leaves_the_others_done(project: AlationProject) -> None:
    good = project.sync("shipments", title="Shipments")
    bad = project.sync(
        "foobar", table_type="VIEW", title="Foobar", custom_fields={"Status": "Draft"}
    )
    other = project.sync("refunds", schema="public", ds_id=6)
    project.trouble("foobar", "no_permission")
    done = project.apply(code=5)
    assert done.outcomes == {good: "applied", bad: "failed", other: "applied"}
    assert done.field("title", bad)["message"].startswith(
        "not written, since main.dbo.foobar is not catalogued"
    )
    assert project.syncs() == 3
    assert project.live("shipments")["title"] == "Shipments"


def test_a_connection_that_is_cut_after_the_sync_does_not_sync_twice(
    project: AlationProject,
) -> None:
    project.sync("shipments", title="Shipments")
    project.sandbox.faults.add(method="POST", path=SYNC, action="cut_after")
    done = project.apply()
    assert set(done.outcomes.values()) == {"applied"}
    assert "cut the connection" not in done.out
    assert project.syncs() == 1
    assert project.live("shipments")["title"] == "Shipments"


def test_a_connection_that_is_cut_before_the_sync_is_a_failure_that_reading_found(
    project: AlationProject,
) -> None:
    project.sync("shipments", title="Shipments")
    project.sandbox.faults.add(method="POST", path=SYNC, action="cut")
    done = project.apply(code=1)
    assert done.field("table")["outcome"] == "failed"
    assert "cut the connection" in done.field("table")["message"]
    assert project.syncs() == 1
    project.apply()
    assert project.plan().json["changes"] == []


def test_a_sync_that_takes_too_long_is_settled_by_reading(project: AlationProject) -> None:
    project.configure((project.root / "catalogctl.yaml").read_text() + "    slow_timeout: 0.2\n")
    project.sync("shipments")
    project.trouble("shipments", "delay", seconds=0.5)
    field = project.apply(code=1).field("table")
    assert field["outcome"] == "failed"
    assert "slow_timeout" in field["message"]
    for _ in range(200):  # it goes on at the server
        if project.is_catalogued("shipments"):
            break
        time.sleep(0.02)
    assert project.syncs() == 1
    assert project.plan().json["changes"] == []


@pytest.mark.parametrize("times", [1, 3])
def test_a_busy_server_is_waited_for(project: AlationProject, times: int) -> None:
    project.sync("shipments")
    project.sandbox.faults.add(
        path="/alation/", times=times, status=429, headers={"Retry-After": "0.01"}
    )
    assert project.apply().field("table")["outcome"] == "applied"


# -- tokens


def test_an_expired_access_token_is_called_one(project: AlationProject) -> None:
    project.sync("shipments")
    project.sandbox.configure(advance_clock_seconds=2 * 86400)
    done = project.plan(code=1)
    assert "the API access token is not accepted: it has expired" in done.err
    assert "configure refresh_token and user_id" in done.err


def test_a_refresh_token_gets_access_tokens_by_itself(project: AlationProject) -> None:
    project.refresh_as()
    project.sync("shipments")
    assert project.plan().json["summary"]["trigger"] == 1
    assert project.calls() == ["POST /integration/v1/createAPIAccessToken/"]
    assert project.apply().field("table")["outcome"] == "applied"


def test_a_token_that_expires_in_the_middle_of_a_run_is_renewed(project: AlationProject) -> None:
    project.refresh_as()
    addresses = [project.sync(name) for name in ("shipments", "revenue_per_day")]
    project.sync("revenue_per_day", table_type="VIEW")
    sandbox = project.sandbox
    # the first sync takes its time, and the day is over before the next one
    project.trouble("shipments", "delay", seconds=0.5)
    timer = threading.Timer(0.4, sandbox.configure, kwargs={"advance_clock_seconds": 86401})
    timer.start()
    done = project.apply()
    timer.join()
    assert done.outcomes == dict.fromkeys(addresses, "applied")
    calls = project.calls()
    assert calls.count("POST /integration/v1/createAPIAccessToken/") == 2
    refused = [each for each in project.requests() if each["status"] == 403]
    assert len(refused) == 1


def test_a_refresh_token_that_is_not_accepted_is_called_one(project: AlationProject) -> None:
    project.refresh_as()
    project.environ.setenv("ALATION_REFRESH_TOKEN", "wrong-refresh-token")
    project.sync("shipments")
    done = project.plan(code=1)
    assert "the refresh token is not accepted" in done.err
    assert "/account/auth" in done.err
    assert "wrong-refresh-token" not in done.err


def test_a_missing_right_is_no_reason_for_another_token(project: AlationProject) -> None:
    project.refresh_as()
    project.sync("shipments")
    project.trouble("shipments", "no_permission")
    project.apply(code=1)
    assert project.calls().count("POST /integration/v1/createAPIAccessToken/") == 1
    assert project.syncs() == 1
