"""A client of a sandbox's PostHog API, as tests use it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx

from catalogctl.sandbox import Sandbox

ERAS = ("2026-05", "2026-06", "2026-09")
HOUR, DAY = 3600, 86400
POSTGRES = {
    "host": "db.shop.example",
    "port": 5432,
    "database": "shop",
    "user": "posthog",
    "password": "pg-demo-password",
    "schema": "public",
}


class Hog:
    """A client of one sandbox, with the full key of project 1 unless another is named."""

    def __init__(self, sandbox: Sandbox, era: str) -> None:
        self.sandbox, self.era = sandbox, era
        self.http = httpx.Client(base_url=sandbox.posthog_url, timeout=10)

    @property
    def newest(self) -> bool:
        return self.era == "2026-09"

    def call(
        self, method: str, path: str, body: Any = None, key: str | None = "full", **query: Any
    ) -> httpx.Response:
        """A path that does not start with /api is one of project 1, without ``external_data_``."""
        if not path.startswith("/api"):
            path = f"/api/projects/1/external_data_{path}"
        headers = {"Authorization": f"Bearer {self.sandbox.posthog_key(key)}"} if key else {}
        return self.http.request(method, path, json=body, headers=headers, params=query or None)

    def ok(self, method: str, path: str, body: Any = None, **query: Any) -> Any:
        """The JSON of an answer that is a 200 or 201, ``None`` if its body is empty."""
        answer = self.call(method, path, body, **query)
        assert answer.status_code in (200, 201, 204), f"{answer.status_code} {answer.text}"
        return answer.json() if answer.content else None

    def refused(self, method: str, path: str, body: Any = None, status: int = 400) -> Any:
        answer = self.call(method, path, body)
        assert answer.status_code == status, f"{answer.status_code} {answer.text}"
        return answer.json()

    def source(self, source_type: str = "Postgres") -> Any:
        """A seeded source in full."""
        found = self.ok("GET", "sources/")["results"]
        found_id = next(s["id"] for s in found if s["source_type"] == source_type)
        return self.ok("GET", f"sources/{found_id}/")

    def schema(self, name: str, source_type: str = "Postgres") -> Any:
        """A seeded schema as its own GET shows it."""
        found = {s["name"]: s for s in self.source(source_type)["schemas"]}[name]
        return self.ok("GET", f"schemas/{found['id']}/")

    def path(self, name: str, source_type: str = "Postgres") -> str:
        return f"schemas/{self.schema(name, source_type)['id']}"

    def patch(self, name: str, source_type: str = "Postgres", /, **fields: Any) -> httpx.Response:
        return self.call("PATCH", self.path(name, source_type), fields)

    def set(self, name: str, source_type: str = "Postgres", /, **fields: Any) -> Any:
        """PATCH, which must succeed; then what a GET shows."""
        answer = self.patch(name, source_type, **fields)
        assert answer.status_code == 200, answer.text
        return self.schema(name, source_type)

    def jobs(self, name: str | None = None, source_type: str = "Postgres") -> list[Any]:
        source = self.source(source_type)
        found = self.ok("GET", f"sources/{source['id']}/jobs/")
        return [job for job in found if name is None or job["schema"]["name"] == name]

    def advance(self, seconds: float) -> None:
        self.sandbox.configure(advance_clock_seconds=seconds)

    def tune(self, **settings: Any) -> Any:
        return self.sandbox.configure(posthog=settings)["posthog"]

    def system(self, name: str = "shop-db", **patch: Any) -> None:
        """Change a simulated system."""
        self.tune(connections={name: patch})


@contextmanager
def running(era: str = ERAS[-1], **options: Any) -> Iterator[Hog]:
    """A sandbox of its own and a client of it."""
    with Sandbox(seed=None, posthog_era=era, **options) as sandbox:
        hog = Hog(sandbox, era)
        with hog.http:
            yield hog


def standard(
    detail: str, attr: str | None = None, code: str = "invalid_input"
) -> dict[str, str | None]:
    """The framework's body for a wrong request."""
    return {"type": "validation_error", "code": code, "detail": detail, "attr": attr}
