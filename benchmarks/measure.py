"""Runs commands as processes of their own and tells what each cost. Nothing here knows the tool.

CPU is user and system time of the process, which the kernel keeps count of; it varies far less from
run to run than the time on the wall. What is compared runs in the same round, since a machine has
better and worse minutes, and ratios are taken within a round before their median is.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

# A child's peak begins with what its parent held when it was started, so this process stays small:
# whatever needs memory runs in another one.
_RSS_UNIT = 1 if sys.platform == "darwin" else 1024


@dataclass(frozen=True, slots=True)
class Sample:
    """One run: seconds of CPU and on the wall, bytes of peak memory, requests by kind."""

    cpu: float
    wall: float
    rss: int
    exit_code: int
    requests: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Ratio:
    """The median of a ratio over the rounds, and how far the rounds were apart."""

    value: float
    lowest: float
    highest: float


@dataclass(frozen=True, slots=True)
class Contender:
    """A command, what to do before each run, and what to read off the server after it."""

    name: str
    command: Sequence[str]
    folder: Path
    environment: Mapping[str, str]
    expected: int = 0
    before: Callable[[], None] = lambda: None
    after: Callable[[], Mapping[str, int]] = dict


class Failed(Exception):
    """A run did not end as it must, so that its figures would mean nothing."""


def run(contender: Contender, log: Path) -> Sample:
    """Run it once, its output in `log`. Raises `Failed` for an unexpected exit code."""
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
    if code != contender.expected:
        text = log.read_text("utf-8", "replace")[-2000:]
        raise Failed(f"{contender.name}: exit {code}, not {contender.expected}:\n{text}")
    cpu = used.ru_utime + used.ru_stime
    return Sample(cpu, wall, used.ru_maxrss * _RSS_UNIT, code, contender.after())


def interleave(
    contenders: Sequence[Contender], rounds: int, log: Path, told: Callable[[str], None]
) -> dict[str, list[Sample]]:
    """Every contender once a round; a sample a round for each, by its name."""
    samples: dict[str, list[Sample]] = {each.name: [] for each in contenders}
    for number in range(rounds):
        for at in range(len(contenders)):
            contender = contenders[(at + number) % len(contenders)]
            told(f"round {number + 1} of {rounds}: {contender.name}")
            samples[contender.name].append(run(contender, log))
    return samples


def middle(samples: Sequence[Sample], figure: str) -> float:
    """The median of one figure."""
    return float(median(getattr(each, figure) for each in samples))


def ratio(samples: Sequence[Sample], others: Sequence[Sample], figure: str) -> Ratio:
    """One figure of `samples` against that of `others`, pair by pair."""
    found = [
        getattr(one, figure) / getattr(other, figure)
        for one, other in zip(samples, others, strict=True)
    ]
    return Ratio(median(found), min(found), max(found))
