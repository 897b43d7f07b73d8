"""A run as tables: for a terminal, and in Markdown between the markers of a document. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict
from statistics import median
from typing import Any

from benchmarks.blocks import Sizes
from benchmarks.figures import NOT_RUN, Check, Found, Run, Spread, amount, find, ratio, spread
from benchmarks.measure import Sample
from benchmarks.targets import CHECKS, CHOICES, Choice, targets

Table = Sequence[Sequence[str]]
"""Rows of cells, the first of them the heading."""

MARKER = re.compile(r"(<!-- table: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)


def judged(run: Run) -> Table:
    """Every target that was looked at, with its figures, and whether it is met."""
    rows: list[Sequence[str]] = [
        ("#", "target", "figure", "at most", "measured", "on the wall", "")
    ]
    for target in targets(Sizes(**run.sizes)):
        found = [_row(find(figure, run)) for figure in target.figures] or list(_checked(run))
        if all(row[-1] == NOT_RUN for row in found):
            continue
        heads = [(str(target.number or ""), target.name), *[("", "")] * (len(found) - 1)]
        rows += [(*head, *row) for head, row in zip(heads, found, strict=True)]
    return rows


def _row(found: Found) -> tuple[str, str, str, str, str]:
    figure = found.figure
    limits = [_digits(figure.limit) + figure.unit] if figure.limit is not None else []
    if figure.wall_limit is not None:
        limits.append(f"wall {_digits(figure.wall_limit)}")
    measured, wall = (_spread(each, figure.unit) for each in (found.value, found.wall))
    return figure.name, ", ".join(limits), measured, wall, found.word


def _checked(run: Run) -> Iterator[tuple[str, str, str, str, str]]:
    if not run.checks:
        yield "checks", "", "", "", run.absent.get(CHECKS, NOT_RUN)
    for check in run.checks:
        yield check.name, "", check.detail, "", "met" if check.holds else "missed"


def chosen(run: Run) -> Table:
    """What a run takes without each design choice, divided by what it takes with it."""
    rows: list[Sequence[str]] = [
        ("choice", "CPU without / with", "wall", "memory", "requests with; without")
    ]
    for choice in CHOICES:
        samples = run.samples.get(choice.block)
        if samples is None:
            if choice.block in run.absent:
                rows.append((choice.name, run.absent[choice.block], "", "", ""))
            continue
        figures = [
            _spread(spread(ratio(choice.without, choice.chosen, what)(samples)))
            for what in ("cpu", "wall", "rss")
        ]
        rows.append((choice.name, *figures, _requests(choice, samples)))
    return rows


def _requests(choice: Choice, samples: Mapping[str, Sequence[Sample]]) -> str:
    with_, without = (
        amount(samples[name][-1], "requests") for name in (choice.chosen, choice.without)
    )
    return f"{with_:,.0f}" if with_ == without else f"{with_:,.0f}; {without:,.0f}"


def everything(run: Run) -> Table:
    """Every contender: medians over its rounds."""
    rows: list[Sequence[str]] = [
        ("block", "run", "rounds", "CPU s", "wall s", "memory MB", "requests")
    ]
    for block, samples in run.samples.items():
        for name, own in samples.items():
            cpu, wall, rss = (median(getattr(each, what) for each in own) for what in _COSTS)
            kinds = sorted(own[-1].requests.items(), key=lambda each: -each[1])
            requests = ", ".join(f"{count:,} {kind}" for kind, count in kinds)
            figures = (_digits(cpu), _digits(wall), _digits(rss / 1e6))
            rows.append((block, name, str(len(own)), *figures, requests))
    return rows


_COSTS = ("cpu", "wall", "rss")


def parts(run: Run) -> Table:
    """Where the programs that say so spent their time."""
    rows: list[Sequence[str]] = [("run", "part", "seconds")]
    for samples in run.samples.values():
        for name, own in samples.items():
            for part in own[0].parts:
                seconds = median(each.parts[part] for each in own)
                rows.append((name, part, f"{seconds:.2f}"))
    return rows


def machine(run: Run) -> Table:
    """What it was measured on."""
    return [("what", "value"), *((name, str(value)) for name, value in run.machine.items())]


TABLES: Mapping[str, Callable[[Run], Table]] = {
    each.__name__: each for each in (judged, chosen, everything, parts, machine)
}


def terminal(table: Table) -> str:
    """In columns."""
    widths = [max(len(row[at]) for row in table) for at in range(len(table[0]))]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in table
    ]
    return "\n".join([lines[0], "-" * max(len(line) for line in lines), *lines[1:]])


def markdown(table: Table) -> str:
    heading, *rows = table
    lines = [heading, ["---"] * len(heading), *rows]
    return "".join(
        "| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |\n" for row in lines
    )


def document(text: str, run: Run) -> str:
    """The text with each table between its markers written anew. `KeyError` for an unknown one."""
    return MARKER.sub(lambda found: found[1] + markdown(TABLES[found[2]](run)) + found[3], text)


def as_json(run: Run) -> dict[str, Any]:
    return asdict(run)


def from_json(known: Mapping[str, Any]) -> Run:
    """What `as_json` made."""
    samples = {
        block: {name: [Sample(**each) for each in own] for name, own in contenders.items()}
        for block, contenders in known["samples"].items()
    }
    checks = [Check(**each) for each in known["checks"]]
    return Run(known["machine"], known["sizes"], samples, checks, known["absent"])


def _spread(found: Spread | None, unit: str = "") -> str:
    if found is None:
        return ""
    text = _digits(found.value) + unit
    low, high = (_digits(each) for each in (found.lowest, found.highest))
    return text if low == high else f"{text} ({low} to {high})"


def _digits(value: float) -> str:
    """Three digits are as many as a measurement is worth."""
    if abs(value) >= 100:
        return f"{value:,.0f}"
    text = f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"
    if abs(value) < 0.1:
        text = f"{value:.3f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
