"""A runner of the composite actions, as far as it takes to run their own scripts."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[1]
CATALOGCTL = str(Path(sys.executable).with_name("catalogctl"))


@dataclass
class Step:
    """What a step came to."""

    code: int
    log: str
    outputs: dict[str, str]
    summary: str


@dataclass
class Runner:
    """Runs one step of an action in a folder, as GitHub runs it: `bash -e`, with these files."""

    workspace: Path
    temporary: Path
    variables: dict[str, str] = field(default_factory=dict)
    catalogctl: str = CATALOGCTL

    def event(self, name: str, **body: Any) -> None:
        """What starts the workflow."""
        file = self.temporary / "event.json"
        file.write_text(json.dumps(body), "utf-8")
        self.variables |= {"GITHUB_EVENT_NAME": name, "GITHUB_EVENT_PATH": str(file)}

    def command(self, action: str, step_id: str, given: dict[str, str]) -> Any:
        """The script and the environment of a step; outputs are written to files of its own."""
        file = ROOT / action / "action.yml"
        body = yaml.load(file.read_text("utf-8"), Loader=yaml.BaseLoader)
        inputs = {name: each.get("default", "") for name, each in body["inputs"].items()}
        unknown = given.keys() - inputs.keys()
        assert not unknown, unknown
        inputs |= given
        (step,) = (each for each in body["runs"]["steps"] if each.get("id") == step_id)
        known = {f"inputs.{name}": value for name, value in inputs.items()}
        known["steps.install.outputs.catalogctl"] = self.catalogctl
        known["github.token"] = ""

        def value_of(text: str) -> str:
            for _ in range(2):  # the default of an input may be an expression
                text = re.sub(r"\$\{\{ (.*?) \}\}", lambda found: known[found[1]], text)
            return text

        for name in ("output", "summary", "path"):
            (self.temporary / name).write_text("", "utf-8")
        environ = {
            **os.environ,
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "CI": "true",
            "GITHUB_ACTIONS": "true",
            "GITHUB_ACTION_PATH": str(file.parent),
            "GITHUB_OUTPUT": str(self.temporary / "output"),
            "GITHUB_STEP_SUMMARY": str(self.temporary / "summary"),
            "GITHUB_PATH": str(self.temporary / "path"),
            "RUNNER_TEMP": str(self.temporary),
            **self.variables,
            **{name: value_of(text) for name, text in step["env"].items()},
        }
        shell = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]]
        return shell, environ

    def run(self, action: str = ".", step_id: str = "run", **inputs: str) -> Step:
        """`plan_file="x"` is the input `plan-file`."""
        given = {name.replace("_", "-"): value for name, value in inputs.items()}
        shell, environ = self.command(action, step_id, given)
        ended = subprocess.run(
            shell, cwd=self.workspace, env=environ, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60, check=False,
        )  # fmt: skip
        log = ended.stdout.decode()
        assert "Traceback" not in log, log
        return Step(ended.returncode, log, self.outputs(), self.text("summary"))

    def outputs(self) -> dict[str, str]:
        return dict(line.split("=", 1) for line in self.text("output").splitlines())

    def text(self, name: str) -> str:
        return (self.temporary / name).read_text("utf-8")
