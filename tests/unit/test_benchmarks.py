"""The benchmarks compute and show what they say, and their catalog is what it claims to be."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

sys.path.append(str(Path(__file__).parents[2]))  # they are no part of what is installed

from benchmarks import report, specs, stage, tables
from benchmarks.blocks import BLOCKS, QUICK, Bench, Sizes
from benchmarks.catalog import Catalog
from benchmarks.correctness import checks
from benchmarks.figures import (
    NOT_RUN,
    Check,
    Figure,
    Run,
    difference,
    find,
    ratio,
    spread,
    value,
)
from benchmarks.measure import Contender, Failed, Sample, interleave, run
from benchmarks.tables import Tables
from benchmarks.targets import CHECKS, CHOICES, blocks_of, targets

ROOT = Path(__file__).parents[2]
SLOW = [Sample(2.0, 4.0, 200, {"list": 3}), Sample(3.0, 9.0, 300), Sample(8.0, 8.0, 240)]
FAST = [Sample(1.0, 2.0, 100, {"list": 1}), Sample(2.0, 3.0, 100), Sample(2.0, 8.0, 120)]


def a_run(**more: Any) -> Run:
    known: dict[str, Any] = {"samples": {"block": {"slow": SLOW, "fast": FAST}}} | more
    return Run({"Python": "3.11"}, asdict(Sizes()), **known)


def test_a_ratio_is_taken_round_by_round_before_the_median_is() -> None:
    assert ratio("slow", "fast")({"slow": SLOW, "fast": FAST}) == [2.0, 1.5, 4.0]
    found = spread([2.0, 1.5, 4.0])
    assert (found.value, found.lowest, found.highest) == (2.0, 1.5, 4.0)


def test_a_ratio_pairs_the_rounds_in_which_both_ran() -> None:
    assert ratio("slow", "fast")({"slow": SLOW[:1], "fast": FAST}) == [2.0]


def test_a_difference_counts_all_requests_and_is_divided() -> None:
    samples = {"slow": SLOW[:1], "fast": FAST[:1]}
    assert difference("slow", "fast", "requests", 4)(samples) == [0.5]
    assert value("slow", "rss", 10)(samples) == [20.0]


@pytest.mark.parametrize(
    ("limit", "wall_limit", "word"),
    [(2.0, None, "met"), (1.9, None, "missed"), (None, None, "reported"), (2.0, 1.9, "missed")],
)
def test_a_figure_is_met_when_its_medians_are_within_the_limits(
    limit: float | None, wall_limit: float | None, word: str
) -> None:
    wall = ratio("slow", "fast", "wall")
    figure = Figure("name", "block", ratio("slow", "fast"), limit, "", wall, wall_limit)
    assert find(figure, a_run()).word == word


def test_a_figure_without_samples_says_why() -> None:
    figure = Figure("name", "elsewhere", ratio("slow", "fast"), 1)
    assert find(figure, a_run()).word == NOT_RUN
    skipped = a_run(absent={"elsewhere": "skipped: not installed"})
    assert find(figure, skipped).word == "skipped: not installed"


def complete(sizes: Sizes) -> Run:
    """A run in which every contender that a row names took the same."""

    class Everyone(dict[str, list[Sample]]):
        def __missing__(self, name: str) -> list[Sample]:
            return FAST

    samples = {name: Everyone() for name in BLOCKS}
    return Run({}, asdict(sizes), samples, [Check("it holds", True, "looked at")])


@pytest.mark.parametrize("sizes", [Sizes(), QUICK])
def test_every_target_has_a_row_and_a_word(sizes: Sizes) -> None:
    _, *rows = report.judged(complete(sizes))
    assert [row[0] for row in rows if row[1]] == [*map(str, range(1, 14)), ""]
    assert {row[-1] for row in rows} <= {"met", "missed", "reported"}
    assert len(report.chosen(complete(sizes))) == 1 + len(CHOICES)


def test_targets_and_choices_name_blocks_that_there_are() -> None:
    named = {*blocks_of(targets(Sizes())), *(choice.block for choice in CHOICES)}
    assert named == {*BLOCKS, CHECKS}


def test_what_was_not_run_has_no_row() -> None:
    assert len(report.judged(a_run())) == len(report.chosen(a_run())) == 1


def test_a_failed_check_is_a_missed_target() -> None:
    _, row = report.judged(a_run(checks=[Check("it holds", False, "2 tables")]))
    assert row[-1] == "missed"


def test_a_run_is_the_same_after_it_was_saved() -> None:
    found = a_run(checks=[Check("it holds", True, "")], absent={"dns": "skipped: no"})
    again = report.from_json(json.loads(json.dumps(report.as_json(found))))
    assert report.as_json(again) == report.as_json(found)


def test_a_document_changes_between_its_markers_only() -> None:
    text = "Before.\n\n<!-- table: machine -->\nold\n<!-- end -->\n\nAfter.\n"
    written = report.document(text, a_run())
    table = "| what | value |\n| --- | --- |\n| Python | 3.11 |\n"
    assert written == f"Before.\n\n<!-- table: machine -->\n{table}<!-- end -->\n\nAfter.\n"
    assert report.document(written, a_run()) == written


def test_a_document_cannot_ask_for_a_table_that_there_is_not() -> None:
    with pytest.raises(KeyError):
        report.document("<!-- table: nothing -->\n<!-- end -->", a_run())


def test_the_document_holds_every_table_and_nothing_untold() -> None:
    text = (ROOT / "docs" / "performance.md").read_text("utf-8")
    assert {found[2] for found in report.MARKER.finditer(text)} == set(report.TABLES)


def test_a_run_that_does_not_end_as_it_must_stops_its_block(tmp_path: Path) -> None:
    command = [sys.executable, "-c", "print('half done')"]
    good = Contender("good", command, tmp_path, {}, says="half done")
    wrong = Contender("wrong", command, tmp_path, {}, says="all done")
    log = tmp_path / "log"
    assert len(interleave([good], 2, log, lambda _: None)["good"]) == 2
    with pytest.raises(Failed, match="wrong"):
        interleave([wrong], 1, log, lambda _: None)


def test_a_bigger_catalog_holds_the_smaller_one() -> None:
    assert list(Tables(9, 3, 4, 20)) == list(Tables(30, 3, 4, 20))[:9]


def test_declared_tables_fill_schemas_or_are_scattered_over_all() -> None:
    made = Tables(30, 3, 2, 20)
    whole = [table.schema for table in specs.declared(made, 10, scattered=False)]
    assert set(whole) == {"schema_000"}
    some = [table.schema for table in specs.declared(made, 9, scattered=True)]
    assert {name: some.count(name) for name in some} == {f"schema_00{n}": 3 for n in range(3)}


def test_the_server_s_catalog_counts_the_rows_it_sends(tmp_path: Path) -> None:
    state = tmp_path / "state.jsonl"
    made = Tables(5, 1, 2, 20)
    specs.write_state(state, made)
    catalog = Catalog(state)
    first = json.loads(catalog.page({"limit": "3"}).body)
    rest = json.loads(catalog.page({"limit": "3", "after": first["paging"]["after"]}).body)
    names = [table["fullyQualifiedName"] for table in first["data"] + rest["data"]]
    assert set(names) == {table.fqn for table in made}
    assert catalog.rows == 5
    assert "after" not in rest["paging"]


def test_an_edit_moves_what_it_says_and_nothing_else() -> None:
    table = Tables(1, 1, 3, 20)[0]
    edit = tables.edits([table], 1, "columns", 20)[table.fqn]
    edited = tables.edited(table, edit)
    assert edited.columns[0].description == f"{table.columns[0].description} Reviewed."
    assert edited.columns[1] == table.columns[1]
    assert edited.description == table.description


def test_plans_of_a_made_up_catalog_are_right_cold_and_warm(tmp_path: Path) -> None:
    catalog = stage.Catalog(12, 3, specs.SEED, tmp_path)
    found = list(checks(catalog, 4, tmp_path / "checked"))
    assert len(found) == 8
    assert all(check.holds for check in found), found


def test_the_vendor_s_sample_needs_three_requests_a_table_and_seven(tmp_path: Path) -> None:
    with Bench(Sizes(usual=12, changed=4), specs.SEED, tmp_path) as bench:
        contenders = {each.name: each for each in BLOCKS["apply"].contenders(bench)}
        for edit, requests in (("columns", 3), ("everything", 7)):
            sample = run(contenders[f"sample, {edit}"], tmp_path / "log")
            assert sum(sample.requests.values()) == 4 * requests


def test_a_plan_can_be_made_without_any_of_the_choices(tmp_path: Path) -> None:
    with Bench(Sizes(usual=12, changed=4), specs.SEED, tmp_path) as bench:
        found = {
            each.name: run(each, tmp_path / "log")  # raises for another end than it must have
            for each in BLOCKS["choices"].contenders(bench)
        }
    assert found["without lists"].requests["read"] == 12
    assert found["as it is"].requests.keys() == {"system", "count", "list"}


def test_a_target_can_be_run_alone(tmp_path: Path) -> None:
    output = tmp_path / "run.json"
    options = f"targets 9 --quick --tables 60 --folder {tmp_path} --json {output}"
    ran = subprocess.run(
        [sys.executable, "-m", "benchmarks", *options.split()],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert ran.returncode == 0, ran.stderr
    assert "requests with nothing to change" in ran.stdout
    samples = report.from_json(json.loads(output.read_text("utf-8"))).samples
    assert list(samples) == ["scopes"]
    [plan] = samples["scopes"]["one schema"]
    assert set(plan.requests) == {"system", "count", "list"}
    assert plan.rows == 60
