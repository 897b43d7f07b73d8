"""A project whose only catalog is the PostHog of a sandbox, and what it sent there."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

from catalogctl.client import Client
from catalogctl.sandbox import Sandbox
from e2e.project import Done, Project
from sandbox.posthog_api import ERAS, POSTGRES, Hog, running

__all__ = ["ERAS", "NEW", "POSTGRES", "Done", "HogProject", "eras", "opened"]

PASSWORD = "pg-demo-password"
CONFIGURATION = """\
catalogs:
  posthog:
    type: posthog
    url: env/POSTHOG_HOST
    token: env/POSTHOG_API_KEY
    project_id: 1
"""
NEW = {
    "source_type": "Postgres",
    "prefix": "new_",
    "description": "New one",
    "job_inputs": {
        **{key: value for key, value in POSTGRES.items() if key not in ("port", "password")},
        "port": "5432",
        "password": "env/PG_PASSWORD",
    },
}
"""A source that can be created; it lacks its schemas."""


@contextmanager
def eras(*wanted: str, **options: Any) -> Iterator[dict[str, Hog]]:
    """A sandbox for each era; reset it before use."""
    with ExitStack() as stack:
        yield {era: stack.enter_context(running(era, **options)) for era in wanted or ERAS}


class HogProject(Project):
    """`sent` holds method, path below the project, and body of each write that was tried."""

    def __init__(
        self,
        root: Path,
        hog: Hog,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        super().__init__(root, hog.sandbox, monkeypatch, capsys)
        self.hog = hog
        self.sent: list[tuple[str, str, Any]] = []
        (root / "catalogctl.yaml").write_text(CONFIGURATION, encoding="utf-8")
        monkeypatch.setenv("PG_PASSWORD", PASSWORD)
        request = Client.request

        async def noting(client: Client, method: str, path: str, **options: Any) -> Any:
            if method != "GET":
                short = path.split("external_data_")[-1]
                self.sent.append((method, short, options.get("json")))
            return await request(client, method, path, **options)

        monkeypatch.setattr(Client, "request", noting)

    def __call__(self, *arguments: str, code: int | None = 0) -> Done:
        self.sent.clear()
        return super().__call__(*arguments, code=code)

    def act_as(self, user: str) -> None:
        """With another key: `full`, `read`, `none` or `second`."""
        self.environ.setenv("POSTHOG_API_KEY", self.sandbox.posthog_key(user))

    def source(self, source_type: str = "Postgres", prefix: str = "prod_", **fields: Any) -> None:
        """A spec of one source, instead of the one that was declared before."""
        body = {"kind": "DataSource", "source_type": source_type, "prefix": prefix, **fields}
        self.write(f"{source_type}_{prefix}.yaml", json.dumps(body, indent=1))

    def schema(self, name: str, source_type: str = "Postgres", /, **fields: Any) -> None:
        """A spec of one schema, and nothing else of its source."""
        self.source(source_type, _PREFIX[source_type], schemas={name: fields})

    def asked(self) -> list[str]:
        """The requests of the last command in short, in order: `GET sources/`, `PATCH schemas/`."""
        found = []
        for each in self.sandbox.requests():
            path = each["path"].split("external_data_")[-1]
            words = [word for word in path.split("/") if word]
            shown = [words[0], *("ID" if _is_id(word) else word for word in words[1:])]
            found.append(f"{each['method']} {'/'.join(shown)}")
        return found

    def written(self) -> list[tuple[str, Any]]:
        """The writes of the last command without rehearsals: method with path, and body."""
        return [
            (f"{method} {_short(path)}", body)
            for method, path, body in self.sent
            if not path.endswith("/incremental_fields/")
        ]

    def bodies(self) -> list[Any]:
        return [body for _, body in self.written()]


_PREFIX = {"Postgres": "prod_", "Stripe": "", "Hubspot": ""}


def _short(path: str) -> str:
    return "/".join("ID" if _is_id(word) else word for word in path.split("/") if word)


def _is_id(word: str) -> bool:
    return len(word) == 36 and word.count("-") == 4


def opened(
    hog: Hog,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Iterator[HogProject]:
    """A project over a freshly reset sandbox."""
    hog.sandbox.reset()
    made = HogProject(tmp_path, hog, monkeypatch, capsys)
    yield made
    made.http.close()


def a_sandbox_of(tables: int, **source: Any) -> Sandbox:
    """One Postgres source whose schemas are `t000`, `t001`, …, all synced in full."""
    names = [f"t{number:03}" for number in range(tables)]
    table = {"columns": {"id": "bigint", "updated_at": "timestamp"}, "primary_key": ["id"]}
    seed = {
        "connections": {
            "shop-db": {
                "source_type": "Postgres",
                "namespace": "public",
                "tables": dict.fromkeys(names, table),
            }
        },
        "sources": [
            {
                "source_type": "Postgres",
                "prefix": "prod_",
                "job_inputs": POSTGRES,
                "schemas": [
                    {"name": name, "should_sync": True, "sync_type": "full_refresh", "synced": True}
                    for name in names
                ],
            }
        ],
    }
    return Sandbox(seed=None, posthog_seed=seed, **source)
