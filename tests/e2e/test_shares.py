"""`--shard I/N`, and joining what the shares found with `show`."""

from __future__ import annotations

import json

import pytest

from e2e.conftest import new_server
from e2e.git_repo import GitRepo
from e2e.project import Project
from e2e.shop import BOOKS, CUSTOMERS, ITEMS, LEDGER, ORDERS

TABLES = (ORDERS, CUSTOMERS, ITEMS, LEDGER, BOOKS)


@new_server
def test_shares_are_joined_into_the_very_plan(project: Project) -> None:
    for table in TABLES:
        project.declare(table, description="New.", tags=["Level.Nothing"])
    whole = project.plan("--all", code=1)
    for number in (1, 2, 3):
        project.plan("--all", "--shard", f"{number}/3", "--out", f"{number}.json", code=None)
    shares = [json.loads((project.root / f"{number}.json").read_text()) for number in (1, 2, 3)]
    addresses = [change["address"] for share in shares for change in share["changes"]]
    assert sorted(addresses) == [change["address"] for change in whole.json["changes"]]
    joined = project("show", "--format", "json", "--out", "all.json", "3.json", "1.json", "2.json")
    assert joined.out == whole.out
    assert (project.root / "all.json").read_text() == whole.out


@new_server
def test_what_does_not_belong_together_is_not_joined(project: Project) -> None:
    project.declare(ORDERS, description="New.")
    project.plan("--out", "plan.json")
    done = project("show", "plan.json", "plan.json", code=4)
    assert "PLAN905" in done.err
    project.apply("plan.json")
    (project.root / "result.json").write_text(project.apply("plan.json").out)
    assert "its kind differs" in project("show", "plan.json", "result.json", code=4).err


@new_server
@pytest.mark.parametrize("share", ["0/2", "3/2", "1", "a/b", "1/0"])
def test_a_share_that_is_none_is_wrong_usage(project: Project, share: str) -> None:
    assert "is no share" in project.plan("--shard", share, code=64).err


@new_server
def test_with_a_base_the_shares_are_joined_too(project: Project) -> None:
    repo = GitRepo(project.root)
    for table in TABLES:
        project.declare(table, description="Before.", tags=["Level.Public"])
    repo.commit()
    project.apply()
    for table in TABLES:
        project.declare(table, description="Before.", tags=[])
    whole = project.plan("--base", "HEAD")
    assert len(whole.json["changes"]) == len(TABLES)
    for share in ("1/2", "2/2"):
        project.plan("--base", "HEAD", "--shard", share, "--out", f"{share[0]}.json")
    assert project("show", "--format", "json", "1.json", "2.json").out == whole.out


@new_server
def test_a_share_that_is_missing_is_named(project: Project) -> None:
    for table in TABLES:
        project.declare(table, description="New.")
    for number in (1, 2, 3):
        project.plan("--shard", f"{number}/3", "--out", f"{number}.json")
    done = project("show", "1.json", "3.json", code=4)
    assert "of 3 shares these are missing: 2/3" in done.err
    assert "it is the same share as 1.json" in project("show", "1.json", "1.json", code=4).err
    assert project("show", "--format", "json", "1.json").json["share"] == "1/3"


@new_server
def test_what_is_no_share_is_joined_as_it_is(project: Project) -> None:
    for table in (ORDERS, CUSTOMERS):
        project.declare(table, description="New.")
        project.plan("--only", f"*{table}", "--out", f"{table}.json")
    joined = project("show", "--format", "json", f"{ORDERS}.json", f"{CUSTOMERS}.json")
    assert joined.json["changes"] == project.plan().json["changes"]
