"""The parse cache: the same answers, sooner, and never older than the files."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from catalogctl import spec, yamlfile
from catalogctl.spec import Specs

Load = Callable[..., Specs]

TABLE = """\
kind: Table
name: a.b.c.orders
description: |
  One row per order.
tags: {only: [PII.None, Tier.Tier1]}
columns:
  id: {description: Key., tags: [PII.None]}
"""


@pytest.fixture
def load(tmp_path: Path) -> Load:
    folder = tmp_path / "specs"
    folder.mkdir()

    def loaded(text: str | bytes | None = None, *, cached: bool = True) -> Specs:
        if text is not None:
            content = text.encode() if isinstance(text, str) else text
            (folder / "orders.yaml").write_bytes(content)
        cache = tmp_path / "cache" if cached else None
        return spec.load([folder], root=tmp_path, cache=cache)

    return loaded


def seen(specs: Specs) -> object:
    return specs.desired, specs.diagnostics, specs.empty_reason


def test_a_second_run_parses_nothing(load: Load, monkeypatch: pytest.MonkeyPatch) -> None:
    first = load(TABLE)

    def parse(content: bytes) -> None:
        raise AssertionError("parsed again")

    monkeypatch.setattr(yamlfile, "quick", parse)
    assert seen(load()) == seen(first)


def test_positions_are_found_all_the_same(load: Load) -> None:
    load(TABLE)
    specs = load()
    (desired,) = specs.desired
    place = specs.locate(desired, "columns.id.tags", "PII.None")
    assert str(place) == "specs/orders.yaml:7:34"


def test_an_edit_of_the_same_size_and_time_is_seen(load: Load, tmp_path: Path) -> None:
    load(TABLE)
    path = tmp_path / "specs" / "orders.yaml"
    before = path.stat()
    path.write_text(TABLE.replace("Key.", "Kez."))
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    (desired,) = load().desired
    assert desired.fields["columns.id.description"] == "Kez."


def test_mistakes_are_told_on_every_run(load: Load) -> None:
    text = TABLE.replace("description: Key.", "desciption: Key.")
    assert [found.code for found in load(text).diagnostics] == ["SPEC004"]
    assert [found.code for found in load().diagnostics] == ["SPEC004"]


def test_a_broken_cache_is_as_good_as_none(load: Load, tmp_path: Path) -> None:
    first = load(TABLE)
    for path in (tmp_path / "cache").iterdir():
        path.write_bytes(b"no database")
    assert seen(load()) == seen(first)


def test_a_cache_that_cannot_be_written_stops_nothing(load: Load, tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file where the folder should be")
    assert [str(one.address) for one in load(TABLE).desired] == ["Table/a.b.c.orders"]


def test_a_cache_can_be_deleted_at_any_time(load: Load, tmp_path: Path) -> None:
    first = load(TABLE)
    for path in (tmp_path / "cache").iterdir():
        path.unlink()
    assert seen(load()) == seen(first)


WORDS = st.sampled_from(["kind: Table", "name: a.b.c.t", "tags: [A.B]", "vote: votedUp", "---",
                         "description: x", "columns: {a: {description: y}}", "tags: {only: []}",
                         "owners: [team:x]", "nope: 1", "vote: up", "  - x", "'"])  # fmt: skip


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150)
@given(st.lists(WORDS, max_size=6))
def test_with_and_without_a_cache_the_answer_is_the_same(load: Load, lines: list[str]) -> None:
    text = "\n".join(lines)
    plain = seen(load(text, cached=False))
    assert seen(load()) == plain
    assert seen(load()) == plain
