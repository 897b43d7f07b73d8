"""From samples to figures, and from figures to a word. Pure: nothing here runs anything."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Any

from benchmarks.measure import Sample

Samples = Mapping[str, Sequence[Sample]]
"""Of one block: a contender's samples, a round each."""

NOT_RUN = "not run"

Formula = Callable[[Samples], list[float]]
"""A figure, round by round."""


@dataclass(frozen=True, slots=True)
class Spread:
    """The median over the rounds, and how far the rounds were apart."""

    value: float
    lowest: float
    highest: float


@dataclass(frozen=True, slots=True)
class Check:
    """Something that is so or not."""

    name: str
    holds: bool
    detail: str


@dataclass(frozen=True, slots=True)
class Run:
    """Everything that a run of the benchmarks found out.

    `absent` says of a block why there are no samples of it.
    """

    machine: Mapping[str, Any]
    sizes: Mapping[str, int]
    samples: Mapping[str, Samples]
    checks: Sequence[Check] = ()
    absent: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Figure:
    """A row of a table: what is computed of which block, and how much it may be.

    Without a limit it is only reported. `wall` is the same of the time on the wall.
    """

    name: str
    block: str
    formula: Formula
    limit: float | None = None
    unit: str = ""
    wall: Formula | None = None
    wall_limit: float | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """What a figure came to; `word` is met, missed, reported, or why there is nothing."""

    figure: Figure
    value: Spread | None
    wall: Spread | None
    word: str


def find(figure: Figure, run: Run) -> Found:
    samples = run.samples.get(figure.block)
    if samples is None:
        return Found(figure, None, None, run.absent.get(figure.block, NOT_RUN))
    value = spread(figure.formula(samples))
    wall = spread(figure.wall(samples)) if figure.wall else None
    judged = [(value, figure.limit), (wall, figure.wall_limit)]
    limits = [(found, limit) for found, limit in judged if found is not None and limit is not None]
    if not limits:
        return Found(figure, value, wall, "reported")
    met = all(found.value <= limit for found, limit in limits)
    return Found(figure, value, wall, "met" if met else "missed")


def spread(values: Sequence[float]) -> Spread:
    return Spread(float(median(values)), min(values), max(values))


def ratio(of: str, to: str, what: str = "cpu") -> Formula:
    """One contender against another, pair by pair: both ran in the same round."""

    def formula(samples: Samples) -> list[float]:
        return [amount(one, what) / amount(other, what) for one, other in _pairs(samples, of, to)]

    return formula


def difference(of: str, to: str, what: str, per: float) -> Formula:
    """What one contender takes more than another, divided by `per`, pair by pair."""

    def formula(samples: Samples) -> list[float]:
        return [
            (amount(one, what) - amount(other, what)) / per
            for one, other in _pairs(samples, of, to)
        ]

    return formula


def value(of: str, what: str, per: float = 1) -> Formula:
    """What one contender takes."""
    return lambda samples: [amount(each, what) / per for each in samples[of]]


def amount(sample: Sample, what: str) -> float:
    """`cpu`, `wall`, `rss`, `rows`, or the number of `requests`."""
    found = getattr(sample, what)
    return float(sum(found.values()) if what == "requests" else found)


def _pairs(samples: Samples, of: str, to: str) -> Iterator[tuple[Sample, Sample]]:
    """Round by round; one of them may run in fewer rounds."""
    return zip(samples[of], samples[to], strict=False)
