"""A folder with specs, a configuration and a sandbox, as a user has them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from catalogctl.cli import run
from catalogctl.sandbox import Sandbox

CONFIGURATION = """\
catalogs:
  openmetadata:
    type: openmetadata
    url: env/OPENMETADATA_HOST
    token: env/OPENMETADATA_JWT_TOKEN
"""
_PATCH = {"Content-Type": "application/json-patch+json"}
_CLOCKS = ("updatedAt", "version", "changeDescription", "incrementalChangeDescription", "updatedBy")


@dataclass(frozen=True)
class Done:
    """What a command came to."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    def field(self, path: str, address: str | None = None) -> dict[str, Any]:
        """One field of a plan or result in JSON; without an address there must be one object."""
        changes = self.json["changes"]
        if address is None:
            assert len(changes) == 1, [change["address"] for change in changes]
            address = changes[0]["address"]
        change = next(each for each in changes if each["address"] == address)
        found: dict[str, Any] = next(each for each in change["fields"] if each["path"] == path)
        return found

    @property
    def outcomes(self) -> dict[str, str]:
        return {change["address"]: change["outcome"] for change in self.json["changes"]}


class Project:
    """Call it with a command line. The working directory and the environment are the user's."""

    def __init__(
        self,
        root: Path,
        sandbox: Sandbox,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        self.root = root
        self.sandbox = sandbox
        self.environ = monkeypatch
        self._capsys = capsys
        self.http = httpx.Client(
            base_url=f"{sandbox.openmetadata_url}/api/v1",
            headers={"Authorization": f"Bearer {sandbox.token('admin')}"},
        )
        (root / "catalogctl.yaml").write_text(CONFIGURATION, encoding="utf-8")
        (root / "catalog-specs").mkdir()
        monkeypatch.chdir(root)
        monkeypatch.setenv("NO_COLOR", "1")
        for name in [each for each in os.environ if each.startswith(("GITHUB_", "GITLAB_", "CI_"))]:
            monkeypatch.delenv(name)
        for name, value in sandbox.variables().items():
            monkeypatch.setenv(name, value)

    def write(self, name: str, text: str) -> None:
        """A file below the specs."""
        path = self.root / "catalog-specs" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())

    def declare(self, table: str, **fields: Any) -> None:
        """A spec of one table; JSON is YAML too, so any text survives."""
        body = {"kind": "Table", "name": table, **fields}
        name = "".join(char if char.isalnum() else "_" for char in table)
        self.write(f"{name}.yaml", json.dumps(body, ensure_ascii=False, indent=1))

    def act_as(self, user: str) -> None:
        self.environ.setenv("OPENMETADATA_JWT_TOKEN", self.sandbox.token(user))

    def __call__(self, *arguments: str, code: int | None = 0) -> Done:
        """Run a command in this process; `code` is the exit code that it must end with."""
        self._capsys.readouterr()
        self.sandbox.clear_requests()
        ended = run(list(arguments))
        out, err = self._capsys.readouterr()
        done = Done(ended, out, err)
        assert code is None or ended == code, f"exit {ended}\n{out}\n{err}"
        assert "Traceback" not in err, err
        assert "never retrieved" not in err, err
        return done

    def plan(self, *arguments: str, code: int | None = 0) -> Done:
        return self("plan", "--format", "json", *arguments, code=code)

    def apply(self, *arguments: str, code: int | None = 0) -> Done:
        """A saved plan as it is, specs with --yes."""
        yes = [] if any(each.endswith(".json") for each in arguments) else ["--yes"]
        return self("apply", "--format", "json", *yes, *arguments, code=code)

    def process(self, *arguments: str, code: int | None = 0, **options: Any) -> Done:
        """Run a command in a process of its own."""
        options = {"stdin": subprocess.DEVNULL, **options}
        ended = subprocess.run(
            self.command(*arguments),
            cwd=self.root,
            capture_output=True,
            timeout=30,
            check=False,
            **options,
        )
        done = Done(ended.returncode, ended.stdout.decode(), ended.stderr.decode())
        assert code is None or done.code == code, f"exit {done.code}\n{done.out}\n{done.err}"
        assert "Traceback" not in done.err, done.err
        return done

    def start(self, *arguments: str) -> subprocess.Popen[bytes]:
        """The same, without waiting for its end."""
        return subprocess.Popen(
            self.command(*arguments),
            cwd=self.root,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=dict(os.environ),
        )

    @staticmethod
    def command(*arguments: str) -> list[str]:
        return [sys.executable, "-m", "catalogctl", *arguments]

    # -- what the catalog holds and was asked

    def table(self, name: str, *, clocks: bool = False) -> dict[str, Any]:
        """A table as the server has it, with everything; versions and times only with `clocks`."""
        domains = "domain" if self.mode == "1.6" else "domains"
        fields = f"owners,tags,columns,followers,votes,tableConstraints,{domains}"
        answer = self.http.get(f"/tables/name/{quote(name, safe='')}", params={"fields": fields})
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found if clocks else {key: found[key] for key in found if key not in _CLOCKS}

    @property
    def mode(self) -> str:
        version = self.http.get("/system/version").json()["version"]
        return "1.6" if str(version).startswith("1.6") else "2.0"

    def columns(self, name: str) -> dict[str, dict[str, Any]]:
        """The columns of a table by path, nested ones too, without their children."""
        return dict(walk(self.table(name)["columns"]))

    def patch(self, name: str, *operations: tuple[str, Any]) -> None:
        """What somebody else does to a table in the meantime."""
        body = [{"op": "add", "path": path, "value": value} for path, value in operations]
        answer = self.http.patch(
            f"/tables/{self.table(name)['id']}", content=json.dumps(body), headers=_PATCH
        )
        assert answer.status_code == 200, answer.text

    def requests(self) -> list[dict[str, Any]]:
        """The tool's requests since the last command began; this class itself asks as admin."""
        return [each for each in self.sandbox.requests() if each["user"] != "admin"]

    def writes(self) -> list[dict[str, Any]]:
        """Those that may change something."""
        return [each for each in self.requests() if not is_harmless(each)]

    def calls(self) -> list[str]:
        """The writes in short: method and the last word of the path, sorted."""
        return sorted(call_of(each) for each in self.writes())


def is_harmless(entry: Mapping[str, Any]) -> bool:
    rehearsal = (
        entry["method"] == "PUT"
        and entry["path"].endswith("/import")
        and entry["query"] == "dryRun=true"
    )
    return entry["method"] == "GET" or rehearsal


def call_of(entry: Mapping[str, Any]) -> str:
    words = [each for each in entry["path"].split("/") if each in ("import", "followers", "vote")]
    return f"{entry['method']} {words[-1] if words else 'table'}"


def walk(columns: list[dict[str, Any]], above: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    for column in columns:
        own = f'"{column["name"]}"' if "." in column["name"] else column["name"]
        path = f"{above}.{own}" if above else own
        yield path, {key: value for key, value in column.items() if key != "children"}
        yield from walk(column.get("children") or [], path)


def labels(holder: Mapping[str, Any]) -> list[str]:
    return sorted(label["tagFQN"] for label in holder.get("tags") or [])
