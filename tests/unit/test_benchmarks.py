"""The benchmarks run, and their made-up catalog is what they say it is. No figure is judged."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
TABLES, CHANGED = 30, 6


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """The rows of a tiny run, by name. Exit codes are checked inside: 2 only where edits are."""
    folder = tmp_path_factory.mktemp("benchmarks")
    options = (
        f"--tables {TABLES} --schemas 3 --rounds 1 --share 0.2 --changed {CHANGED}"
        f" --apply-delay-ms 0 --folder {folder} --json {folder / 'results.json'}"
    )
    run = subprocess.run(
        [sys.executable, "-m", "benchmarks", *options.split()],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0, run.stderr
    found = json.loads((folder / "results.json").read_text("utf-8"))["rows"]
    return {row["name"]: row for row in found}


def test_every_contender_has_a_row(rows: dict[str, dict[str, Any]]) -> None:
    assert len(rows) == 9
    assert all(row["cpu"] > 0 and row["rss"] > 0 for row in rows.values())


def test_the_vendor_s_sample_needs_three_requests_a_table_and_seven(
    rows: dict[str, dict[str, Any]],
) -> None:
    assert sum(rows[f"naive, {CHANGED} tables, columns"]["requests"].values()) == 3 * CHANGED
    assert sum(rows[f"naive, {CHANGED} tables, everything"]["requests"].values()) == 7 * CHANGED


def test_without_changes_nothing_is_asked_table_by_table(
    rows: dict[str, dict[str, Any]],
) -> None:
    assert set(rows["plan, no change"]["requests"]) == {"system", "count", "list"}
