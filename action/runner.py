"""What the scripts of the action share: inputs, outputs, and what they say in the log.

The files and commands are those of GitHub's documentation ("Workflow commands for GitHub Actions").
"""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any


class Mistake(Exception):
    """An expected failure: one sentence for the log."""


def text(name: str, default: str = "") -> str:
    """An input, which `action.yml` hands over as a variable. An empty one is its default."""
    return os.environ.get(f"INPUT_{name}", "").strip() or default


def words(name: str) -> list[str]:
    """An input of several words, quoted as in a shell; nothing is expanded."""
    try:
        return shlex.split(text(name))
    except ValueError as problem:
        raise Mistake(f"the input {_written(name)} cannot be split into words: {problem}") from None


def choice(name: str, choices: tuple[str, ...], default: str = "") -> str:
    given = text(name, default)
    if given not in choices:
        raise Mistake(f"the input {_written(name)} is {given!r}; it may be {', '.join(choices)}")
    return given


def matching(name: str, pattern: str, meant: str) -> str:
    """An input that is empty or matches as a whole."""
    given = text(name)
    if given and not re.fullmatch(pattern, given):
        raise Mistake(f"the input {_written(name)} is {given!r}; it is {meant}")
    return given


def temporary() -> Path:
    """RUNNER_TEMP, which the runner empties after each job."""
    return Path(os.environ["RUNNER_TEMP"])


def event() -> dict[str, Any]:
    """What the workflow was started by; empty where the runner names no file."""
    file = os.environ.get("GITHUB_EVENT_PATH")
    try:
        found = json.loads(Path(file).read_bytes()) if file else {}
    except (OSError, ValueError) as problem:
        raise Mistake(f"the event file {file} cannot be read: {problem}") from None
    return found if isinstance(found, dict) else {}


def git(*arguments: str) -> str | None:
    """What git prints in the working directory, or None where it fails."""
    ended = subprocess.run(["git", *arguments], capture_output=True, text=True, check=False)
    return ended.stdout.strip() if ended.returncode == 0 else None


def artifact_name(environment: str, head: str, tree: str) -> str:
    """The name under which the plan of a pull request is kept: its commit, and what was planned."""
    return "-".join(filter(None, ("catalogctl-plan", environment, head, tree)))


def output(**values: object) -> None:
    """Outputs of the step, `plan_file` as `plan-file`."""
    lines = []
    for name, value in values.items():
        shown = str(value)
        if "\n" in shown or "\r" in shown:
            raise Mistake(f"the output {_written(name)} holds a line break: {shown!r}")
        lines.append(f"{_written(name)}={shown}\n")
    with Path(os.environ["GITHUB_OUTPUT"]).open("a", encoding="utf-8") as file:
        file.writelines(lines)


def say(what: str) -> None:
    """A line in the log, ahead of what a command prints next."""
    sys.stdout.write(" ".join(what.splitlines()) + "\n")
    sys.stdout.flush()


def fail(problem: Mistake) -> None:
    sys.stdout.write(f"::error title=catalogctl::{_escaped(str(problem))}\n")
    sys.stdout.flush()


def _escaped(what: str) -> str:
    """One line, as the runner reads it in the message of a command."""
    return what.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _written(name: str) -> str:
    return name.lower().replace("_", "-")
