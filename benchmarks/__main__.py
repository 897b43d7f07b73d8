"""`python -m benchmarks targets` measures, `document RUN.json` writes down what it found."""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any

from benchmarks import blocks, measure, peers, report
from benchmarks.blocks import BLOCKS, QUICK, Bench, Sizes
from benchmarks.figures import Check, Run, Samples
from benchmarks.specs import SEED
from benchmarks.stage import ROOT
from benchmarks.targets import CHECKS, CHOICES, blocks_of, targets

DOCUMENT = ROOT / "docs" / "performance.md"


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    add = commands.add_parser("targets", help="run the benchmarks, print the tables").add_argument
    add("numbers", type=int, nargs="*", metavar="TARGET", help="default: everything")
    add("--quick", action="store_true", help="a tenth of the sizes, one round: to see that it runs")
    add("--tables", type=int, metavar="N", help=f"of most plans; default: {Sizes().usual}")
    add("--rounds", type=int, default=sys.maxsize, metavar="N", help="at most so many")
    add("--seed", type=int, default=SEED)
    add("--json", type=Path, metavar="FILE", help="write every sample there")
    add("--folder", type=Path, default=ROOT / ".benchmarks", help="for specs; default: .benchmarks")
    write = commands.add_parser("document", help="write the tables of a run into a document")
    write.add_argument("run", type=Path, metavar="RUN.json")
    write.add_argument("document", type=Path, nargs="?", default=DOCUMENT)
    return parser.parse_args()


def _measured(given: argparse.Namespace) -> Run:
    """Every block that is asked for. What cannot run is noted, and the rest goes on."""
    sizes = asdict(QUICK if given.quick else Sizes())
    if given.tables:
        sizes["usual"] = given.tables
    rounds = 1 if given.quick else given.rounds
    folder = given.folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    known, begun = _machine(), time.monotonic()
    samples: dict[str, Samples] = {}
    absent: dict[str, str] = {}
    checks: list[Check] = []
    for name in _blocks(given.numbers, Sizes(**sizes)):
        try:
            if name == CHECKS:
                _tell("correctness")
                checks = _checks(folder, sizes["usual"], given.seed)
                continue
            with Bench(Sizes(**sizes), given.seed, folder) as bench:
                samples[name] = blocks.run(BLOCKS[name], bench, rounds, _tell)
        except peers.Absent as why:
            absent[name] = str(why)
        except (measure.Failed, OSError, RuntimeError, subprocess.SubprocessError) as problem:
            _tell(f"{name}: {problem}")
            absent[name] = f"failed: {str(problem).splitlines()[0]}"
    known |= {"took": _minutes(begun), "load average at the end": _load()}
    return Run(known, sizes, samples, checks, absent)


def _blocks(numbers: Sequence[int], sizes: Sizes) -> Sequence[str]:
    """Those of the targets with these numbers; without numbers all there are."""
    if not numbers:
        more = [choice.block for choice in CHOICES]
        return list(dict.fromkeys([*blocks_of(targets(sizes)), *more]))
    return blocks_of([each for each in targets(sizes) if each.number in numbers])


def _checks(folder: Path, tables: int, seed: int) -> list[Check]:
    options = f"--tables {tables} --seed {seed}".split()
    found = subprocess.run(
        [sys.executable, "-m", "benchmarks.correctness", str(folder), *options],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        check=True,
    )
    return [Check(**each) for each in json.loads(found.stdout)]


def _machine() -> dict[str, Any]:
    return {
        "date": date.today().isoformat(),
        "Python": platform.python_version(),
        "system": f"{platform.system()}, {platform.machine()}",
        "processors": os.cpu_count(),
        "load average at the start": _load(),
    }


def _load() -> str:
    return ", ".join(f"{each:.1f}" for each in os.getloadavg())


def _tell(what: str) -> None:
    end = "\r" if sys.stderr.isatty() else "\n"
    print(f"{what:78}", end=end, file=sys.stderr, flush=True)


def _minutes(begun: float) -> str:
    seconds = round(time.monotonic() - begun)
    return f"{seconds // 60} min {seconds % 60} s"


def _targets(given: argparse.Namespace) -> int:
    run = _measured(given)
    if given.json:
        given.json.write_text(json.dumps(report.as_json(run), indent=1), "utf-8")
    shown: Sequence[Callable[[Run], report.Table]] = (report.judged, report.chosen)
    for table in (report.everything, *shown):
        print(report.terminal(table(run)), end="\n\n")
    if given.quick or given.tables:
        print("the limits are those for 10,000 tables: at other sizes they judge nothing")
    print("measured: the median over the rounds (lowest to highest); a ratio is taken in a round")
    broken = any(word.startswith("failed") for word in run.absent.values())
    return 1 if broken or not all(check.holds for check in run.checks) else 0


def _document(given: argparse.Namespace) -> int:
    run = report.from_json(json.loads(given.run.read_text("utf-8")))
    before = given.document.read_text("utf-8")
    given.document.write_text(report.document(before, run), "utf-8")
    return 0


def main() -> int:
    given = _arguments()
    return _targets(given) if given.command == "targets" else _document(given)


if __name__ == "__main__":
    sys.exit(main())
