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

OTHERS = """\
kind: DataSource
source_type: Postgres
description: Production replica
auto_sync_new_schemas: true
job_inputs: {port: 5432, password: env/PG_PASSWORD}
schemas:
  public.orders:
    full_refresh_interval_days: 7
    primary_key_columns: [tenant, id]
    enabled_columns: []
    row_filters: [{column: größe, operator: IN, value: [1, x]}]
  users: {}
---
kind: DataSource
source_type: Stripe
schemas: {Charge: {primary_key_columns: [secret]}}
---
kind: TableSync
datasource_id: 8
schema: main.dbo
table: foobar
columns: {only: [secret, ordered]}
custom_fields: {Regions: [EMEA, APAC], Notes: ordered}
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


@pytest.mark.parametrize("text", [TABLE, OTHERS])
def test_a_second_run_parses_nothing(
    load: Load, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    first = load(text)
    assert first.diagnostics == ()

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


def test_a_schema_is_found_in_its_document_all_the_same(load: Load) -> None:
    load(OTHERS)
    specs = load()
    places = {str(each.address): str(specs.locate(each, "primary_key_columns", "id"))
              for each in specs.desired if "#" in each.address.identity}  # fmt: skip
    assert places == {
        "DataSource/Postgres#public.orders": "specs/orders.yaml:9:35",
        "DataSource/Postgres#users": "specs/orders.yaml:12:3",
        "DataSource/Stripe#Charge": "specs/orders.yaml:16:20",
    }


def test_a_secret_is_kept_by_its_reference_and_never_by_its_value(
    load: Load, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PG_PASSWORD", "hunter2")
    load(OTHERS)
    kept = b"".join(path.read_bytes() for path in (tmp_path / "cache").iterdir())
    assert b"env/PG_PASSWORD" in kept
    assert b"hunter2" not in kept


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
                         "description: x", "kind: DataSource",
                         "source_type: S", "schemas: {a: {sync_time_of_day: 2:30}, b: {}}",
                         "job_inputs: {a: 1, password: env/X}", "tags: {only: []}",
                         "columns: {a: {description: y}}",
                         "owners: [team:x]", "nope: 1", "vote: up", "  - x", "'"])  # fmt: skip


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150)
@given(st.lists(WORDS, max_size=6))
def test_with_and_without_a_cache_the_answer_is_the_same(load: Load, lines: list[str]) -> None:
    text = "\n".join(lines)
    plain = seen(load(text, cached=False))
    assert seen(load()) == plain
    assert seen(load()) == plain
