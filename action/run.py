"""Run one command of catalogctl in a workflow, and tell GitHub what came of it.

Inputs are those of `action.yml`, as variables. The exit code is that of catalogctl, save that 2
(there are changes, there is drift) is none, and that a comment which could not be written fails a
step that went well. The token of the comment reaches the command that comments, and no other.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import runner

CHANGES = 2
USAGE = 64
NAME = r"[A-Za-z0-9._-]{1,100}"


@dataclass(frozen=True)
class Job:
    """What is asked for. `comment` is auto, true or false."""

    mode: str
    environment: str
    saved: Path | None
    comment: str
    issue: str
    token: str


def asked() -> Job:
    """The inputs that decide more than an argument. Raises `Mistake` for what makes no sense."""
    mode = runner.choice("MODE", ("validate", "plan", "apply", "drift"))
    saved = runner.text("PLAN_FILE")
    job = Job(
        mode=mode,
        environment=runner.matching("ENVIRONMENT", NAME, "letters, digits, '.', '_' and '-'"),
        saved=Path(saved) if saved else None,
        comment=runner.choice("COMMENT", ("auto", "true", "false"), "auto"),
        issue=runner.text("ISSUE"),
        token=runner.text("TOKEN"),
    )
    if mode == "drift" and job.comment == "true" and not job.issue:
        raise runner.Mistake("a comment on drift is an issue: set the input issue to its title")
    if mode == "apply" and saved and runner.text("PATHS"):
        raise runner.Mistake("a saved plan is applied alone: leave the input paths empty")
    return job


def command(job: Job, found: Path) -> list[str]:
    """The arguments of catalogctl. `found` is where a plan or the drift is saved."""
    saved = job.saved if job.mode == "apply" else None
    options = {
        "validate": [],
        "plan": ["--out", str(found), "--detailed-exitcode"],
        "drift": ["--out", str(found)],
        "apply": ["--format", "json", *([] if saved else ["--yes"])],
    }[job.mode]
    if job.mode != "validate" and not saved:
        for name in ("base", "shard"):
            given = runner.text(name.upper())
            options += [f"--{name}", given] if given else []
    return [
        job.mode,
        *_config(),
        *options,
        *runner.words("ARGS"),
        *(["--", *runner.words("PATHS")] if not saved else ["--", str(saved)]),
    ]


def _config() -> list[str]:
    given = runner.text("CONFIG")
    return ["--config", given] if given else []


def _place(job: Job) -> Path:
    """Where what a plan or drift finds is saved, or what an apply came to."""
    if job.saved is not None and job.mode != "apply":
        job.saved.parent.mkdir(parents=True, exist_ok=True)
        return job.saved
    kind = "result" if job.mode == "apply" else job.mode
    return runner.temporary() / "-".join(
        filter(None, ("catalogctl", job.environment, f"{kind}.json"))
    )


def carried_out(job: Job) -> tuple[int, Path | None, Any]:
    """The exit code, and the file with the plan, the result or the drift where there is one."""
    file = _place(job)
    file.unlink(missing_ok=True)  # one of an earlier step is not what this one found
    if job.mode == "apply":
        with file.open("wb") as out:
            code = call(command(job, file), stdout=out)
    else:
        code = call(command(job, file))
    made = _read(file)
    if made is None:
        return code, None, None
    if job.mode == "apply":  # it went to the file instead of the log
        call(["show", *_config(), str(file)])
    return code, file, made


def _read(file: Path) -> Any:
    """A plan or a result; None for anything else, such as diagnostics."""
    try:
        made = json.loads(file.read_bytes())
    except (OSError, ValueError):
        return None
    return made if isinstance(made, dict) and made.get("kind") in ("plan", "result") else None


def commented(job: Job, file: Path) -> int:
    """Write the comment or the issue, where one is wanted; the exit code."""
    if not _wanted(job):
        return 0
    options = ["--issue", job.issue] if job.mode == "drift" else []
    options += ["--environment", job.environment] if job.environment else []
    if job.comment == "auto":
        options += ["--or-summary", "--skip-empty"]
    if not job.token:
        raise runner.Mistake("the input token is empty, so no comment can be written")
    environ = _environ() | {"GITHUB_TOKEN": job.token}
    done = subprocess.run(
        [_catalogctl(), "comment", *_config(), *options, "--", str(file)],
        env=environ, stdout=subprocess.PIPE, text=True, check=False,
    )  # fmt: skip
    url = done.stdout.strip()
    if url:
        runner.say(url)
        runner.output(comment_url=url)
    return done.returncode


def _wanted(job: Job) -> bool:
    if job.comment == "false" or job.mode == "validate":
        return False
    if job.comment == "true":
        return True
    if job.mode == "drift":
        return bool(job.issue)
    started_by = os.environ.get("GITHUB_EVENT_NAME", "")
    return job.mode == "apply" or started_by.startswith("pull_request")


def _artifact(job: Job) -> str:
    """Empty outside of git."""
    reviewed = runner.event().get("pull_request") or {}
    head = (reviewed.get("head") or {}).get("sha") or os.environ.get("GITHUB_SHA", "")
    tree = runner.git("rev-parse", "HEAD^{tree}")
    return runner.artifact_name(job.environment, head, tree) if head and tree else ""


# -- the command


def call(arguments: list[str], stdout: Any = None) -> int:
    """Run catalogctl to its end. An interruption is handed on, and it ends by itself.

    The runner interrupts, terminates and kills the one process that it started; catalogctl
    finishes at the first of them what is under way, and at the second it stops.
    """
    sys.stdout.flush()
    running: list[subprocess.Popen[bytes]] = []
    early: list[int] = []

    def hand_on(number: int, _: object) -> None:
        for process in running:
            process.send_signal(signal.SIGINT)
        if not running:
            early.append(number)

    # Before the command starts: there is no moment in which an interruption could be lost.
    before = {number: signal.signal(number, hand_on) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        with subprocess.Popen(
            [_catalogctl(), *arguments], env=_environ(), stdout=stdout, start_new_session=True
        ) as process:
            running.append(process)
            if early:
                process.send_signal(signal.SIGINT)
            return process.wait()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _catalogctl() -> str:
    return os.environ["CATALOGCTL"]


def _environ() -> dict[str, str]:
    """The job's own variables, without what was handed to this script."""
    return {name: value for name, value in os.environ.items() if not name.startswith("INPUT_")}


def main() -> int:
    try:
        job = asked()
        code, file, made = carried_out(job)
        runner.output(exit_code=code, artifact=_artifact(job))
        commenting = 0
        if file is not None:
            planned = job.saved if job.mode == "apply" else file
            runner.output(
                plan_file=planned or "",
                result_file=file if job.mode == "apply" else "",
                changes="true" if made["changes"] else "false",
            )
            commenting = commented(job, file)
    except runner.Mistake as problem:
        runner.fail(problem)
        return USAGE
    return commenting if code in (0, CHANGES) else code


if __name__ == "__main__":
    sys.exit(main())
