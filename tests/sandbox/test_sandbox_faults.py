"""Faults on request, and the log of requests."""

from __future__ import annotations

import time
from collections.abc import Callable

import httpx
import pytest
from sandbox_api import CUSTOMERS, Api

from catalogctl.sandbox import Sandbox

TABLE = f"/tables/name/{CUSTOMERS}"


def test_a_fault_strikes_the_calls_that_it_describes(api: Api, sandbox: Sandbox) -> None:
    sandbox.faults.add(
        method="GET", path="/v1/tables/name/", after=1, times=2, status=429,
        headers={"Retry-After": "1"}, body={"message": "slow down"},
    )  # fmt: skip
    answers = [api.http.get(TABLE) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 429, 429, 200]
    assert answers[1].headers["retry-after"] == "1"
    assert answers[1].json() == {"message": "slow down"}
    assert api.http.get("/users").status_code == 200


def test_a_fault_may_be_meant_for_one_user_or_query(
    api: Api, sandbox: Sandbox, as_user: Callable[[str], Api]
) -> None:
    sandbox.faults.add(user="alice", times=None, status=502)
    sandbox.faults.add(query="fields=.*votes", status=500)
    assert as_user("alice").http.get(TABLE).status_code == 502
    assert api.http.get(TABLE).status_code == 200
    assert api.http.get(f"{TABLE}?fields=owners,votes").status_code == 500


def test_a_proxy_page_can_come_instead(api: Api, sandbox: Sandbox) -> None:
    sandbox.faults.add(path="/v1/tables", status=200, body="<html>maintenance</html>")
    answer = api.http.get("/tables")
    assert answer.headers["content-type"] == "text/html"


def test_a_cut_comes_before_or_after_the_write(api: Api, sandbox: Sandbox) -> None:
    sandbox.faults.add(method="PATCH", action="cut")
    with pytest.raises(httpx.TransportError):
        api.patch(TABLE, ("/description", "never"))
    assert api.table()["description"] != "never"
    sandbox.faults.add(method="PATCH", action="cut_after")
    with pytest.raises(httpx.TransportError):
        api.patch(TABLE, ("/description", "written"))
    assert api.table()["description"] == "written"
    assert [entry["status"] for entry in sandbox.requests() if entry["method"] == "PATCH"] == [
        None,
        None,
    ]


def test_an_error_can_come_after_the_write(api: Api, sandbox: Sandbox) -> None:
    sandbox.faults.add(method="PATCH", action="respond_after", status=504)
    assert api.patch(TABLE, ("/description", "written")).status_code == 504
    assert api.table()["description"] == "written"


def test_a_delay_holds_only_its_own_call_up(api: Api, sandbox: Sandbox) -> None:
    sandbox.faults.add(path="/v1/users", action="delay", seconds=0.2)
    start = time.monotonic()
    api.http.get("/tables")
    assert time.monotonic() - start < 0.15
    api.http.get("/users")
    assert time.monotonic() - start >= 0.2


def test_faults_and_log_over_http(api: Api, sandbox: Sandbox) -> None:
    control = f"{sandbox.url}/_sandbox"
    added = httpx.post(f"{control}/faults", json=[{"path": "/v1/tables", "status": 503}])
    assert added.json()[0]["status"] == 503
    api.http.get("/tables?limit=1", headers={"If-Match": 'W/"0.1"'})
    entry = httpx.get(f"{control}/requests").json()[-1]
    assert entry == {
        "method": "GET",
        "path": "/openmetadata/api/v1/tables",
        "query": "limit=1",
        "user": "admin",
        "status": 503,
        "size": 0,
        "ifMatch": 'W/"0.1"',
    }
    assert httpx.delete(f"{control}/faults").json() == []
    assert httpx.delete(f"{control}/requests").json() == []
    assert httpx.post(f"{control}/faults", json={"action": "explode"}).status_code == 400
    assert httpx.post(f"{control}/faults", json={"path": "("}).status_code == 400
    assert httpx.get(control).json()["variables"] == sandbox.variables()


def test_a_reset_brings_the_seed_back(api: Api, sandbox: Sandbox) -> None:
    before = api.table()
    api.patch(TABLE, ("/description", "changed"))
    sandbox.faults.add(status=500, times=None)
    httpx.post(f"{sandbox.url}/_sandbox/reset").raise_for_status()
    after = api.table()
    assert (after["id"], after["description"]) == (before["id"], before["description"])


def test_latency_can_be_set(api: Api, sandbox: Sandbox) -> None:
    httpx.patch(f"{sandbox.url}/_sandbox/settings", json={"latency_ms": 100}).raise_for_status()
    start = time.monotonic()
    api.http.get("/users")
    sandbox.configure(latency_ms=0)
    assert time.monotonic() - start >= 0.1
    refused = httpx.patch(f"{sandbox.url}/_sandbox/settings", json={"speed": 1})
    assert refused.status_code == 400
