"""`python -m benchmarks`: run scenarios, print what they cost. See README.md."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks import measure, report
from benchmarks.scenarios import SCENARIOS, Settings
from benchmarks.specs import SEED
from benchmarks.stage import ROOT, Catalog, Server


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    add = parser.add_argument
    names = ", ".join(SCENARIOS)
    about = f"of {names}; default: plan, and apply for the last size only"
    add("scenarios", nargs="*", metavar="SCENARIO", help=about)
    add("--tables", type=int, nargs="+", default=[1_000, 10_000], metavar="N")
    add("--schemas", type=int, nargs="+", default=[100], metavar="N", help="default: 100")
    add("--rounds", type=int, default=3, metavar="N", help="of plans; default: 3")
    add("--apply-rounds", type=int, default=1, metavar="N", help="of applies; default: 1")
    add("--share", type=float, default=0.01, help="of tables changed in a plan; default: 0.01")
    add("--changed", type=int, default=200, metavar="N", help="tables to apply; default: 200")
    add("--delay-ms", type=float, default=0.0, help="of the server, for plans; default: 0")
    add("--apply-delay-ms", type=float, default=20.0, help="for applies; default: 20")
    add("--gzip", action="store_true", help="the server compresses, at its own cost")
    add("--seed", type=int, default=SEED)
    add("--json", type=Path, metavar="FILE", help="write every sample there")
    add("--folder", type=Path, default=ROOT / ".benchmarks", help="for specs; default: .benchmarks")
    given = parser.parse_args()
    unknown = [name for name in given.scenarios if name not in SCENARIOS]
    if unknown:
        parser.error(f"no such scenario: {', '.join(unknown)}")
    return given


def _rows(given: argparse.Namespace) -> Iterator[report.Row]:
    settings = Settings(
        given.share,
        given.changed,
        given.delay_ms,
        given.apply_delay_ms,
        given.rounds,
        given.apply_rounds,
    )
    folder = given.folder.resolve()
    for tables in given.tables:
        for schemas in given.schemas:
            catalog = Catalog(tables, min(schemas, tables), given.seed, folder)
            _tell(f"{tables:,} tables: making specs")
            catalog.project(0, "mixed")
            with Server(catalog.state, given.gzip) as server:
                for name in given.scenarios or _usual(tables == given.tables[-1]):
                    scenario = SCENARIOS[name](catalog, server, settings)
                    server.delay(scenario.delay_ms)
                    samples = measure.interleave(
                        scenario.contenders,
                        scenario.rounds,
                        folder / "last-run.log",
                        lambda what, tables=tables: _tell(f"{tables:,} tables: {what}"),  # type: ignore[misc]
                    )
                    yield from report.rows(catalog, scenario, samples)


def _usual(last: bool) -> list[str]:
    """An apply costs hardly more in a bigger catalog, so one size will do."""
    return [name for name in SCENARIOS if last or name != "apply"]


def _tell(what: str) -> None:
    end = "\r" if sys.stderr.isatty() else "\n"
    print(f"{what:78}", end=end, file=sys.stderr, flush=True)


def main() -> int:
    given = _arguments()
    begun = time.monotonic()
    try:
        rows = list(_rows(given))
    except measure.Failed as problem:
        print(f"error: {problem}", file=sys.stderr)
        return 1
    print(report.table(rows))
    print(f"\nmedians; a ratio is the median of ratios within a round ({_minutes(begun)})")
    if given.json:
        given.json.write_text(json.dumps(report.as_json(rows), indent=1), "utf-8")
    return 0


def _minutes(begun: float) -> str:
    seconds = round(time.monotonic() - begun)
    return f"took {seconds // 60} min {seconds % 60} s"


if __name__ == "__main__":
    sys.exit(main())
