"""A client of a sandbox's Alation API, as tests use it.

A test module imports the fixtures ``fresh`` and ``one_server``, which are called ``alation`` and
``server``.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest

from catalogctl.sandbox import Sandbox

DAY, HOUR = 86400, 3600
SYNC = "/api/v1/table/sync/"
JOB = "/api/v1/bulk_metadata/job/"
V1, V2 = "/integration/v1", "/integration/v2"
STATUS, NOTES, REGIONS = 10002, 10001, 10003


class Alation:
    """A client of one sandbox; it acts as the admin unless another user is named."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.http = httpx.Client(base_url=sandbox.alation_url, timeout=10)

    def call(
        self, method: str, path: str, body: Any = None, user: str | None = "admin", **query: Any
    ) -> httpx.Response:
        headers = {"Token": self.sandbox.alation_token(user)} if user else {}
        return self.http.request(method, path, json=body, headers=headers, params=query or None)

    def ok(self, method: str, path: str, body: Any = None, **query: Any) -> Any:
        answer = self.call(method, path, body, **query)
        assert answer.status_code in (200, 201, 202), f"{answer.status_code} {answer.text}"
        return answer.json()

    def sync(
        self, table: str, user: str | None = "admin", without: str = "", **body: Any
    ) -> httpx.Response:
        """Trigger a table of ``main.dbo`` in data source 8."""
        full = {"datasource_id": 8, "schema": "main.dbo", "table": table, **body}
        full.pop(without, None)
        return self.call("POST", SYNC, full, user)

    def tables(self, **query: Any) -> list[Any]:
        found: list[Any] = self.ok("GET", f"{V2}/table/", **query)
        return found

    def table(self, name: str, ds_id: int = 8) -> Any:
        """The one table of that name."""
        (found,) = self.tables(ds_id=ds_id, name=name)
        return found

    def columns(self, table: str) -> dict[str, Any]:
        """By name, in the order of their positions."""
        found = self.ok("GET", f"{V2}/column/", table_id=self.table(table)["id"])
        return {each["name"]: each for each in sorted(found, key=lambda each: each["position"])}

    def write(self, method: str, kind: str, *items: Any, ds_id: int = 8) -> Any:
        """Write and wait; the only entry of the job's result."""
        started = self.call(method, f"{V2}/{kind}/", list(items), ds_id=ds_id)
        assert started.status_code == 202, f"{started.status_code} {started.text}"
        job = self.finish(started.json()["job_id"])
        assert job["status"] == "successful", job
        (result,) = job["result"]
        return result

    def job(self, number: int) -> Any:
        return self.ok("GET", JOB, id=number)

    def finish(self, number: int) -> Any:
        """Poll until the job has ended."""
        for _ in range(20):
            job = self.job(number)
            if job["status"] != "running":
                return job
        raise AssertionError(f"job {number} does not end")

    def tune(self, **settings: Any) -> Any:
        return self.sandbox.configure(alation=settings)["alation"]

    def source(self, tables: Any, schema: str = "main.dbo", ds_id: int = 8, **more: Any) -> None:
        """Change tables at the source, and the schema they are in."""
        self.tune(data_sources={ds_id: {"schemas": {schema: {"tables": tables, **more}}}})

    def trouble(self, level: str, kind: str, **more: Any) -> None:
        """Put a trouble in the way to ``main.dbo.orders``: at data source, schema or table."""
        trouble = {"kind": kind, **more}
        if level == "data source":
            self.tune(data_sources={8: {"trouble": trouble}})
        elif level == "schema":
            self.source({}, trouble=trouble)
        else:
            self.source({"orders": {"trouble": trouble}})

    def advance(self, seconds: float) -> None:
        self.sandbox.configure(advance_clock_seconds=seconds)


@contextmanager
def running(**options: Any) -> Iterator[Alation]:
    """A sandbox of its own and a client of it."""
    with Sandbox(seed=None, posthog_seed=None, **options) as sandbox:
        client = Alation(sandbox)
        with client.http:
            yield client


@pytest.fixture(name="server", scope="module")
def one_server() -> Iterator[Alation]:
    """One sandbox for all tests of a module; see ``alation``."""
    with running() as client:
        yield client


@pytest.fixture(name="alation")
def fresh(server: Alation) -> Alation:
    """A freshly reset sandbox with the demo seed."""
    server.sandbox.reset()
    return server
