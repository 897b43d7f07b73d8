"""Tables that Alation has, lacks, or has without a column: planned, synced, proved."""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from catalogctl.providers.alation import provider
from catalogctl.providers.alation.mapping import Name
from catalogctl.providers.alation.reading import ALONE
from catalogctl.providers.alation.syncing import Syncer
from catalogctl.providers.alation.wire import Synced
from catalogctl.sandbox import Sandbox
from catalogctl.sandbox.alation.large import large_seed
from e2e.alation_project import AlationProject, projects

TABLES, COLUMNS = 500, 6
MISSING = [f"t_{number:04}" for number in (3, 10, 77, 200, 301, 302, 499)]
OUTDATED = ["t_0001", "t_0002", "t_0400"]


@pytest.fixture(scope="module")
def _running() -> Iterator[Sandbox]:
    seed = large_seed(TABLES, uncatalogued=MISSING, columns=COLUMNS)
    with Sandbox(seed=None, posthog_seed=None, alation_seed=seed) as sandbox:
        yield sandbox


@pytest.fixture
def project(
    _running: Sandbox,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Iterator[AlationProject]:
    with projects(_running, tmp_path, monkeypatch, capsys) as made:
        yield made


def place(table: str) -> tuple[int, str]:
    return (6, "public") if int(table[2:]) % 2 else (8, "main.dbo")


def address(table: str) -> str:
    ds_id, schema = place(table)
    return f"TableSync/{ds_id}/{schema}/{table}"


def declare_all(project: AlationProject) -> None:
    """Every table with its columns; three got a column at their source that nobody synced."""
    for number in range(TABLES):
        table = f"t_{number:04}"
        ds_id, schema = place(table)
        columns = ["id", *(f"c_{column}" for column in range(1, COLUMNS))]
        new = ["currency"] if table in OUTDATED else []
        project.sync(table, schema=schema, ds_id=ds_id, columns=[*columns, *new])
    for table in OUTDATED:
        ds_id, schema = place(table)
        tables = {table: {"columns": {"currency": "char(3)"}}}
        project.tune(data_sources={ds_id: {"schemas": {schema: {"tables": tables}}}})


def reads(project: AlationProject, what: str) -> int:
    return sum(
        each["method"] == "GET" and each["path"].endswith(f"/{what}/")
        for each in project.requests()
    )


def test_of_five_hundred_tables_those_that_differ_are_synced_and_no_others(
    project: AlationProject,
) -> None:
    declare_all(project)
    planned = project.plan("--out", "plan.json").json
    assert planned["summary"]["trigger"] == 10
    assert planned["summary"]["in_sync"] == TABLES - 10
    assert [change["address"] for change in planned["changes"]] == sorted(
        map(address, MISSING + OUTDATED)
    )
    # one page of tables for each data source, and the columns in pages of a thousand
    assert reads(project, "table") == 2
    assert reads(project, "column") <= TABLES * COLUMNS / 1000 + 6
    assert project.calls() == []
    done = project.apply("plan.json")
    assert set(done.outcomes.values()) == {"applied"}
    assert project.syncs() == len(project.calls()) == 10
    # before and after, for the batch of each data source; and once, where none of several names
    # is there but one, a few by themselves
    assert reads(project, "table") <= 4 + ALONE
    assert reads(project, "column") <= 6
    for table in MISSING:
        assert project.is_catalogued(table, place(table)[0])
    for table in OUTDATED:
        assert "currency" in project.columns_of(table, place(table)[0])
    again = project.plan()
    assert again.json["changes"] == []
    assert again.json["summary"]["in_sync"] == TABLES


def test_each_kind_of_difference_says_what_it_is(project: AlationProject) -> None:
    missing = project.sync("t_0010", columns=["id", "total"])
    bare = project.sync("t_0200")
    project.sync("t_0000", columns=["ID", "C_1"])
    lacking = project.sync("t_0004", columns=["id", "nothing", "other"])
    surplus = project.sync("t_0006", columns={"only": ["id", "c_1", "c_2", "c_3", "c_4"]})
    typed = project.sync("t_0008", table_type="VIEW")
    titled = project.sync("t_0012", title="T")
    done = project.plan()
    changes = {each["address"]: each for each in done.json["changes"]}
    assert {address: each["action"] for address, each in changes.items()} == {
        missing: "trigger",
        bare: "trigger",
        lacking: "trigger",
        surplus: "trigger",
        typed: "trigger",
        titled: "update",
    }
    assert {address: each.get("reason") for address, each in changes.items()} == {
        missing: "not catalogued",
        bare: "not catalogued",
        lacking: "lacks nothing, other",
        surplus: "has surplus c_5",
        typed: "is catalogued as TABLE",
        titled: None,
    }
    assert [each["path"] for each in changes[missing]["fields"]] == ["columns"]
    assert [each["path"] for each in changes[bare]["fields"]] == ["table"]
    assert "gone at the source" in done.field("columns", surplus)["message"]
    assert {each["verdict"] for each in changes.values()} == {"unverified"}


def test_a_new_table_with_more_than_the_declared_columns_says_what_it_has(
    project: AlationProject,
) -> None:
    project.sync("t_0010", columns={"only": ["id", "c_1"]})
    message = project.apply(code=1).field("columns")["message"]
    assert message.endswith("does not hold it: it has c_1, c_2, c_3, c_4, c_5, id")
    assert project.plan().json["changes"][0]["reason"] == "has surplus c_2, c_3, c_4, c_5"


def test_a_run_that_is_stopped_syncs_no_more_than_what_is_under_way(
    project: AlationProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(provider, "SYNCS", 1)
    for number in (10, 200, 302):
        project.sync(f"t_{number:04}")
    sync = Syncer.sync

    async def interrupted(self: Syncer, name: Name, table_type: str) -> tuple[Synced, Any]:
        os.kill(os.getpid(), signal.SIGINT)
        return await sync(self, name, table_type)

    monkeypatch.setattr(Syncer, "sync", interrupted)
    done = project.apply(code=130)
    assert sorted(done.outcomes.values()) == ["applied", "skipped", "skipped"]
    assert project.syncs() == 1


@pytest.mark.parametrize("cap", [1, 7, 100])
def test_a_lower_cap_of_the_pages_changes_nothing(project: AlationProject, cap: int) -> None:
    for number in range(60 if cap > 1 else 4):
        table = f"t_{2 * number:04}"
        project.sync(table, columns=["id"])
    project.tune(page_cap=cap)
    addresses = [change["address"] for change in project.plan().json["changes"]]
    assert addresses == [] if cap == 1 else [address("t_0010")]


def test_a_few_tables_are_asked_for_by_name(project: AlationProject) -> None:
    for table in ("t_0000", "t_0002", "t_0004"):
        project.sync(table, columns=["id"])
    assert project.plan().json["changes"] == []
    assert reads(project, "table") == 1
    assert reads(project, "column") == 1
    (read,) = [each for each in project.requests() if each["path"].endswith("/table/")]
    assert len(re.findall("name__iexact=t_", read["query"])) == 3


def test_columns_are_read_only_where_they_are_declared(project: AlationProject) -> None:
    project.sync("t_0000", title="")
    assert project.plan().json["changes"] == []
    assert reads(project, "column") == 0


def test_names_match_whatever_their_case(project: AlationProject) -> None:
    project.sync(
        "T_0000", schema="MAIN.dbo", columns={"only": ["ID", "C_1", "C_2", "C_3", "c_4", "c_5"]}
    )
    assert project.plan().json["changes"] == []


def test_a_data_source_that_is_not_there_is_said_at_the_line_of_the_table(
    project: AlationProject,
) -> None:
    project.sync("t_0000", ds_id=99)
    field = project.plan(code=1).field("table")
    assert field["verdict"] == "refused"
    assert field["message"] == "data source 99 is not there, or the token may not see it"
    assert field["source"]["line"] == 5
    assert project.apply(code=1).json["summary"]["skipped"] == 1
    assert project.calls() == []
