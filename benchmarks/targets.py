"""The targets, and what each design choice gave, as rows of data.

A row names the block of `blocks.py` that it is computed from, and how. Nothing here is measured,
and no figure is typed in.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.blocks import APPLY_DELAY, CONCURRENCIES, EDITS, LONG_DELAY, Sizes
from benchmarks.figures import Figure, Formula, difference, ratio, value

CHECKS = "correctness"
"""Stands for a block where the figure is a list of checks."""


@dataclass(frozen=True, slots=True)
class Target:
    """A promise, and the figures that show whether it is kept. Without figures it is `CHECKS`."""

    number: int | None
    name: str
    figures: Sequence[Figure] = ()


@dataclass(frozen=True, slots=True)
class Choice:
    """What the run takes without the choice, in terms of what it takes with it."""

    name: str
    block: str
    without: str
    chosen: str


def _waits(name: str, of: str, delay: float, limit: float | None = None) -> Figure:
    formula = difference(f"{of}, slow", f"{of}, at once", "wall", delay / 1e3)
    return Figure(name, "waits", formula, limit)


def _cpu(
    name: str, block: str, of: str, to: str, limit: float | None, wall_limit: float | None = None
) -> Figure:
    """CPU against CPU, and the wall beside it."""
    return Figure(name, block, ratio(of, to), limit, "", ratio(of, to, "wall"), wall_limit)


def _cold(to: str, block: str, limit: float, wall_limit: float | None = None) -> list[Figure]:
    """A cold plan against another program: with the ordinary dependencies, and with the extra."""
    return [
        _cpu(f"{name}plan / {to}", block, of, to, limit, wall_limit)
        for name, of in (("", "plan, cold"), ("with `[fast]`: ", "plan, cold, [fast]"))
    ]


def targets(sizes: Sizes) -> Sequence[Target]:
    """In the order in which they are shown. Those without a number are no targets."""
    usual, small, large, huge = (
        f"{each:,}" for each in (sizes.usual, sizes.small, sizes.large, sizes.huge)
    )
    more, fewer = sizes.large / sizes.usual, sizes.usual / sizes.small
    changed = max(1, sizes.usual // 100)
    peers, needed = f"{sizes.peers:,}", sizes.named
    return (
        Target(
            1,
            "a cold plan beside the floor",
            [
                _cpu("plan / floor", "ground", "plan, cold", "floor, libyaml events", 3),
                *(
                    _cpu(f"with `[fast]`: plan / {name}", "ground", "plan, cold, [fast]", name, 1.5)
                    for name in ("floor, fast parser", "floor, libyaml events")
                ),
            ],
        ),
        Target(
            2,
            f"a cold plan beside `terraform plan` over {peers} resources",
            _cold("Terraform", "resources", 0.05, 0.08),
        ),
        Target(
            3,
            f"a cold plan beside `octodns-sync` over {peers} records",
            _cold("octoDNS", "dns", 0.6),
        ),
        Target(
            4,
            "a cold plan beside a script of the usual libraries",
            _cold("naive pipeline", "script", 0.06),
        ),
        Target(
            5,
            "a warm plan beside the floor",
            [_cpu("plan / floor", "ground", "plan, warm", "floor, libyaml events", 0.85)],
        ),
        Target(
            6,
            "memory",
            [
                Figure("peak", "growth", value("plan, usual", "rss", 1e6), 175, " MB"),
                Figure(
                    f"each table from {usual} to {large}",
                    "growth",
                    difference("plan, large", "plan, usual", "rss", 1e3 * _between(sizes)),
                    3,
                    " kB",
                ),
                Figure(f"peak of {huge}", "growth", value("plan, huge", "rss", 1e6), None, " MB"),
            ],
        ),
        Target(
            7,
            "growth",
            [
                _cpu(f"{large} / {usual}", "growth", "plan, large", "plan, usual", 1.1 * more),
                _cpu(f"{usual} / {small}", "growth", "plan, usual", "plan, small", 1.05 * fewer),
                Figure(
                    f"{huge} in sync, CPU",
                    "growth",
                    value("plan, huge", "cpu"),
                    None,
                    " s",
                    value("plan, huge", "wall"),
                ),
            ],
        ),
        Target(
            8,
            "1 % of the tables changed",
            [
                _cpu(
                    "`--no-rehearse` / no change",
                    "changes",
                    "1 % changed, --no-rehearse",
                    "no change",
                    1.15,
                ),
                Figure(
                    "requests a table to rehearse it",
                    "changes",
                    difference("1 % changed", "1 % changed, --no-rehearse", "requests", changed),
                    2,
                ),
                Figure(
                    "CPU a table to rehearse it",
                    "changes",
                    difference("1 % changed", "1 % changed, --no-rehearse", "cpu", changed / 1e3),
                    None,
                    " ms",
                ),
            ],
        ),
        Target(
            9,
            "requests with nothing to change",
            [
                Figure("one schema", "scopes", value("one schema", "requests"), 40),
                Figure("100 schemas", "scopes", value("many schemas", "requests"), 40),
                *(
                    Figure(f"{name}: read / needed", "scopes", value(of, "rows", needed), 2.5)
                    for name, of in (
                        (f"{needed:,} declared, whole schemas", "whole schemas declared"),
                        (f"{needed:,} declared, of every schema", "some of every schema declared"),
                    )
                ),
            ],
        ),
        Target(
            10,
            f"a server that takes {LONG_DELAY} ms a request",
            [
                _waits("waits one after another", "one list", LONG_DELAY, 12),
                _waits("waits, the schemas of a tenth", "lists of schemas", LONG_DELAY, 12),
                _waits(f"waits, {needed:,} by name, {APPLY_DELAY} ms", "by name", APPLY_DELAY),
            ],
        ),
        Target(
            11,
            "beside a bare interpreter",
            [
                _cpu("`--version`", "start", "--version", "bare interpreter", 1.5),
                _cpu("`--help`", "start", "--help", "bare interpreter", 4.5),
            ],
        ),
        Target(12, f"apply of {sizes.changed} changed tables, 20 ms a request", _applies(sizes)),
        Target(13, f"correct while fast, {usual} tables"),
        Target(
            None,
            f"`--base HEAD~1` where {sizes.committed} tables changed",
            [
                figure
                for temper in ("cold", "warm")
                for figure in (
                    _cpu(f"CPU, {temper}", "base", *_based(temper), 1.1),
                    Figure(f"memory, {temper}", "base", ratio(*_based(temper), "rss"), 1.1),
                )
            ],
        ),
    )


def _between(sizes: Sizes) -> int:
    return sizes.large - sizes.usual


def _based(temper: str) -> tuple[str, str]:
    return f"--base HEAD~1, {temper}", f"without base, {temper}"


def _applies(sizes: Sizes) -> list[Figure]:
    figures = []
    for edit, requests in zip(EDITS, (5, 7), strict=True):
        ours, theirs = f"apply, {edit}", f"sample, {edit}"
        for name, of in (("", ours), ("with `[fast]`, ", f"{ours}, [fast]")):
            wall = ratio(of, theirs, "wall")
            told = f"{name}{edit}: wall / that of the vendor's sample"
            figures.append(Figure(told, "apply", wall, 0.35))
        count = _writing(ours, sizes.changed)
        figures.append(Figure(f"{edit}: requests a table", "apply", count, requests))
    return figures


def _writing(of: str, changed: int) -> Formula:
    """Requests that are about single tables: those of the plan's lists are not."""
    kinds = ("read", "export", "rehearse", "import", "patch", "follow", "vote")
    return lambda samples: [
        sum(each.requests.get(kind, 0) for kind in kinds) / changed for each in samples[of]
    ]


CHOICES: Sequence[Choice] = (
    Choice(
        "YAML from libyaml's events, not `CSafeLoader` (floor)",
        "ground", "floor, CSafeLoader", "floor, libyaml events",
    ),
    Choice(
        "YAML from the parser of `[fast]`, not libyaml's events",
        "ground", "plan, cold", "plan, cold, [fast]",
    ),
    Choice("the parse cache, from the second run on", "ground", "plan, --no-cache", "plan, warm"),
    Choice("the parse cache, in the first run", "ground", "plan, --no-cache", "plan, cold"),
    Choice(
        "what agreed before is not compared again, from the second run on",
        "ground", "plan, warm, without unchanged", "plan, warm",
    ),
    Choice(
        "what agreed before is not compared again, in the first run",
        "ground", "plan, cold, without unchanged", "plan, cold",
    ),
    Choice("lists instead of a request a table", "choices", "without lists", "as it is"),
    Choice("pages of 1,000 rows instead of 100", "choices", "without pages", "as it is"),
    Choice("garbage collector off while loading", "choices", "without collector", "as it is"),
    Choice("declared fields on a shelf, not in memory", "choices", "without shelf", "as it is"),
    Choice(
        "declared fields packed and shelved, not objects", "choices", "without packing", "as it is"
    ),
    *(
        Choice(
            f"16 requests of an apply at once, not {number}",
            "concurrency", f"{number} at once", "16 at once",
        )
        for number in CONCURRENCIES
        if number != 16
    ),
)  # fmt: skip


def blocks_of(chosen: Sequence[Target]) -> Sequence[str]:
    """The blocks whose samples their figures need."""
    found = [figure.block for target in chosen for figure in target.figures]
    if any(not target.figures for target in chosen):
        found.append(CHECKS)
    return list(dict.fromkeys(found))
