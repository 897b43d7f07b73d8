"""Runs commands as processes of their own and tells what each cost. Nothing here knows the tool.

CPU is user and system time of the process, which the kernel keeps count of; it varies far less from
run to run than the time on the wall. What is compared runs in the same round, since a machine has
better and worse minutes.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

# A child's peak begins with what its parent held when it was started, so this process stays small:
# whatever needs memory runs in another one.
_RSS_UNIT = 1 if sys.platform == "darwin" else 1024


@dataclass(frozen=True, slots=True)
class Counters:
    """What a server counted: requests by kind, and tables that it sent."""

    requests: Mapping[str, int] = field(default_factory=dict)
    rows: int = 0


@dataclass(frozen=True, slots=True)
class Sample:
    """One run: seconds of CPU and on the wall, bytes of peak memory, what the server counted.

    `parts` is how a contender says it spent its seconds.
    """

    cpu: float
    wall: float
    rss: int
    requests: Mapping[str, int] = field(default_factory=dict)
    rows: int = 0
    parts: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Contender:
    """A command, what to do before each run, and what to read off the server after it.

    It takes part in the first `rounds` rounds. Its output must hold `says`.
    """

    name: str
    command: Sequence[str]
    folder: Path
    environment: Mapping[str, str]
    expected: int = 0
    says: str = ""
    rounds: int = sys.maxsize
    before: Callable[[], None] = lambda: None
    after: Callable[[], Counters] = Counters


class Failed(Exception):
    """A run did not end as it must, so that its figures would mean nothing."""


def run(contender: Contender, log: Path) -> Sample:
    """Run it once, its output in `log`. Raises `Failed` for another end than it must have."""
    contender.before()
    with log.open("wb") as output:
        begun = time.perf_counter()
        process = subprocess.Popen(
            contender.command,
            cwd=contender.folder,
            env=contender.environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        _, status, used = os.wait4(process.pid, 0)
        wall = time.perf_counter() - begun
    code = process.returncode = os.waitstatus_to_exitcode(status)
    text = _end(log)
    if code != contender.expected:
        raise Failed(f"{contender.name}: exit {code}, not {contender.expected}\n{text[-2000:]}")
    if contender.says not in text:
        raise Failed(f"{contender.name}: does not say {contender.says!r}\n{text[-2000:]}")
    counted = contender.after()
    return Sample(
        used.ru_utime + used.ru_stime,
        wall,
        used.ru_maxrss * _RSS_UNIT,
        counted.requests,
        counted.rows,
        _parts(text),
    )


def _end(log: Path) -> str:
    """The last of what was said: a plan can be long."""
    with log.open("rb") as file:
        file.seek(max(0, log.stat().st_size - 20_000))
        return file.read().decode("utf-8", "replace")


def _parts(text: str) -> Mapping[str, float]:
    with suppress(ValueError, KeyError, TypeError, IndexError):
        return dict(json.loads(text.splitlines()[-1])["seconds"])
    return {}


def interleave(
    contenders: Sequence[Contender], rounds: int, log: Path, told: Callable[[str], None]
) -> dict[str, list[Sample]]:
    """Every contender once a round, beginning with another one each round."""
    samples: dict[str, list[Sample]] = {each.name: [] for each in contenders}
    for number in range(rounds):
        for at in range(len(contenders)):
            contender = contenders[(at + number) % len(contenders)]
            if number < contender.rounds:
                told(f"round {number + 1} of {rounds}: {contender.name}")
                samples[contender.name].append(run(contender, log))
    return samples
