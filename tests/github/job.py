"""A job of a workflow that runs commands of the tool, and plans for it to show."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from builders import change, field_change, location, plan, set_change
from catalogctl import cli, planfile
from catalogctl.github import api
from catalogctl.model import Outcome, Plan
from github.fake import TOKEN

SHA = "a" * 40
HEAD = "b" * 40

CHANGED = plan(
    change(field_change(source=location(3))),
    change(set_change("tags", removed=("PII.None",), source=location(7)), identity="a.b.c.t"),
    in_sync=5,
)
RESULT = plan(*(each.ended(Outcome.APPLIED) for each in CHANGED.changes), in_sync=5, applied=True)
EMPTY = plan(in_sync=7)


@dataclass
class Ended:
    code: int
    out: str
    err: str


class Workflow:
    """Runs commands in a folder, in the environment that a runner gives a job."""

    def __init__(
        self, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        self.folder = folder
        self.summary = folder / "summary.md"
        self._monkeypatch = monkeypatch
        self._capsys = capsys
        self.waits: list[float] = []
        monkeypatch.chdir(folder)
        monkeypatch.setattr(api, "sleep", self.waits.append)

    def env(self, **variables: str | None) -> None:
        for name, value in variables.items():
            if value is None:
                self._monkeypatch.delenv(name, raising=False)
            else:
                self._monkeypatch.setenv(name, value)

    def event(self, event: dict[str, Any]) -> None:
        file = self.folder / "event.json"
        file.write_text(json.dumps(event))
        self.env(GITHUB_EVENT_PATH=str(file))

    def save(self, made: Plan, name: str = "plan.json") -> Path:
        file = self.folder / name
        file.write_text(planfile.dumps(made), encoding="utf-8")
        return file

    def run(self, *arguments: str) -> Ended:
        code = cli.run(list(arguments))
        out, err = self._capsys.readouterr()
        assert TOKEN not in out + err
        assert "Traceback" not in err
        return Ended(code, out, err)

    def comment(self, made: Plan, *options: str, code: int = 0, said: Sequence[str] = ()) -> Ended:
        ended = self.run("comment", str(self.save(made)), *options)
        assert ended.code == code, ended.err
        for each in said:
            assert each in ended.err
        return ended
