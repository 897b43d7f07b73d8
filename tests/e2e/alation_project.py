"""A project whose specs are about tables in Alation, and a sandbox that answers as one."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from catalogctl import client
from catalogctl.providers.alation import jobs
from catalogctl.reconcile import applying
from catalogctl.sandbox import Sandbox
from e2e.project import Project

CONFIGURATION = """\
catalogs:
  alation:
    type: alation
    url: env/ALATION_URL
    token: env/ALATION_TOKEN
"""
WITH_REFRESH_TOKEN = """\
catalogs:
  alation:
    type: alation
    url: env/ALATION_URL
    refresh_token: env/ALATION_REFRESH_TOKEN
    user_id: env/ALATION_USER_ID
"""
SYNC = "/api/v1/table/sync/"


class AlationProject(Project):
    """Call it with a command line. `requests` are those of the command alone."""

    def __init__(
        self,
        root: Path,
        sandbox: Sandbox,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        super().__init__(root, sandbox, monkeypatch, capsys)
        self.configure(CONFIGURATION)
        self.alation = httpx.Client(base_url=sandbox.alation_url, timeout=10)

    def configure(self, text: str) -> None:
        (self.root / "catalogctl.yaml").write_text(text, encoding="utf-8")

    def act_as(self, user: str) -> None:
        self.environ.setenv("ALATION_TOKEN", self.sandbox.alation_token(user))

    def refresh_as(self, user: str = "admin") -> None:
        """Log in with a refresh token from now on."""
        self.configure(WITH_REFRESH_TOKEN)
        self.environ.delenv("ALATION_TOKEN", raising=False)
        self.environ.setenv("ALATION_REFRESH_TOKEN", self.sandbox.alation_refresh_token(user))
        self.environ.setenv("ALATION_USER_ID", str(self.sandbox.alation_user_id(user)))

    def sync(self, table: str, *, schema: str = "main.dbo", ds_id: int = 8, **fields: Any) -> str:
        """A spec of one table; its address."""
        body = {"kind": "TableSync", "datasource_id": ds_id, "schema": schema, "table": table}
        text = json.dumps({**body, **fields}, ensure_ascii=False, indent=1)
        self.write(f"{ds_id}_{schema}_{table}.yaml", text)
        return f"TableSync/{ds_id}/{schema}/{table}"

    def tune(self, **settings: Any) -> None:
        self.sandbox.configure(alation=settings)

    def trouble(self, table: str, kind: str, **more: Any) -> None:
        """What goes wrong when this table of `main.dbo` is synced."""
        tables = {table: {"trouble": {"kind": kind, **more}}}
        self.tune(data_sources={8: {"schemas": {"main.dbo": {"tables": tables}}}})

    def live(self, table: str, ds_id: int = 8) -> dict[str, Any]:
        """A table as the catalog has it; it must be there once."""
        (found,) = self._list("table", ds_id=ds_id, name=table)
        return dict(found)

    def columns_of(self, table: str, ds_id: int = 8) -> set[str]:
        found = self._list("column", table_id=self.live(table, ds_id)["id"])
        return {each["name"] for each in found}

    def is_catalogued(self, table: str, ds_id: int = 8) -> bool:
        return bool(self._list("table", ds_id=ds_id, name=table))

    def _list(self, what: str, **query: Any) -> list[Any]:
        headers = {"Token": self.sandbox.alation_token("admin")}
        answer = self.alation.get(f"/integration/v2/{what}/", headers=headers, params=query)
        assert answer.status_code == 200, answer.text
        found: list[Any] = answer.json()
        return found

    def requests(self) -> list[dict[str, Any]]:
        return self.sandbox.requests()

    def calls(self) -> list[str]:
        """The writes so far, in order: method and path."""
        return [
            f"{each['method']} {each['path'].partition('/alation')[2]}"
            for each in self.requests()
            if each["method"] != "GET"
        ]

    def syncs(self) -> int:
        return self.calls().count(f"POST {SYNC}")


@contextmanager
def projects(
    sandbox: Sandbox,
    root: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Iterator[AlationProject]:
    """A project on a freshly reset sandbox, with little patience."""
    sandbox.reset()
    monkeypatch.setattr(client, "FIRST_BACKOFF", 0.001)
    monkeypatch.setattr(applying, "PAUSE", 0.001)
    monkeypatch.setattr(jobs, "FIRST_PAUSE", 0.001)
    made = AlationProject(root, sandbox, monkeypatch, capsys)
    yield made
    made.alation.close()
    made.http.close()
