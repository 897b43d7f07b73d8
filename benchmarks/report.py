"""Samples to rows, rows to a table and to JSON."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from benchmarks.measure import Ratio, Sample, middle, ratio
from benchmarks.scenarios import Scenario
from benchmarks.stage import Catalog

Samples = Mapping[str, Sequence[Sample]]


@dataclass(frozen=True, slots=True)
class Row:
    """What one contender came to in one catalog: medians over its samples."""

    tables: int
    schemas: int
    scenario: str
    delay_ms: float
    name: str
    cpu: float
    wall: float
    rss: int
    requests: Mapping[str, int]
    ratios: Mapping[str, Ratio]
    samples: Sequence[Sample]


def rows(catalog: Catalog, scenario: Scenario, samples: Samples) -> Iterator[Row]:
    """A row for each contender of a scenario."""
    for name, own in samples.items():
        yield Row(
            catalog.tables,
            catalog.schemas,
            scenario.name,
            scenario.delay_ms,
            name,
            middle(own, "cpu"),
            middle(own, "wall"),
            int(middle(own, "rss")),
            own[-1].requests,
            {
                f"{each.figure} / {each.to}": ratio(own, samples[each.to], each.figure)
                for each in scenario.ratios
                if each.of == name
            },
            own,
        )


def table(found: Sequence[Row]) -> str:
    """Rows for people to read: first the figures, then requests and ratios below each."""
    width = max(len(row.name) for row in found)
    lines = []
    above: tuple[object, ...] = ()
    for row in found:
        head = (row.tables, row.schemas, row.scenario, row.delay_ms)
        if head != above:
            schemas = "1 schema" if row.schemas == 1 else f"{row.schemas} schemas"
            title = f"{row.tables:,} tables in {schemas}, {row.delay_ms:g} ms a request"
            lines += [
                "",
                f"{title:{width}}    CPU s   wall s   RSS MB  requests",
                "-" * (width + 37),
            ]
            above = head
        figures = f"{row.cpu:9.2f}{row.wall:9.2f}{row.rss / 1e6:9.0f}"
        total = sum(row.requests.values())
        kinds = ", ".join(
            f"{count:,} {kind}"
            for kind, count in sorted(row.requests.items(), key=lambda each: -each[1])
        )
        lines.append(f"{row.name:{width}}{figures}{total:10,}  ({kinds})")
        for name, value in row.ratios.items():
            figure, _, other = name.partition(" / ")
            text = f"    {value.value:.2f} of the {figure} of {other}"
            if len(row.samples) > 1:
                text += f" ({value.lowest:.2f} to {value.highest:.2f})"
            lines.append(text)
    return "\n".join(lines)


def as_json(found: Sequence[Row]) -> dict[str, Any]:
    """Everything that was measured, and on what."""
    machine = {
        "python": platform.python_version(),
        "system": platform.system(),
        "machine": platform.machine(),
        "cpus": os.cpu_count(),
    }
    return {"machine": machine, "rows": [asdict(row) for row in found]}
