"""Fast ways and plain ways come to the same plan, byte for byte."""

from __future__ import annotations

import json
import os
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from catalogctl.providers.openmetadata import provider, scope
from catalogctl.providers.openmetadata.api import Listed
from catalogctl.spec import packed
from e2e.git_repo import GitRepo
from e2e.project import Project
from e2e.shop import BOOKS, CLICKS, CUSTOMERS, EVENTS, ITEMS, LEDGER, ODD_NAMES, ORDERS

PLAIN = (ORDERS, CUSTOMERS, ITEMS, LEDGER)
TABLES = (*PLAIN, BOOKS, *ODD_NAMES)


@pytest.fixture
def declared(project: Project) -> Project:
    """Much that is in sync, some that differs, and some that is refused."""
    chance = random.Random(7)
    for table in TABLES:
        live = project.table(table)
        same = {
            column["name"]: {"description": column.get("description", "")}
            for column in live["columns"]
            if "." not in column["name"]
        }
        fields: dict[str, object] = {"columns": same, "description": live.get("description", "")}
        if chance.random() < 0.5:
            fields["description"] = f"New text of {table}."
        if chance.random() < 0.4:
            fields["tags"] = ["Level.Public", "Level.Nothing"][: chance.randint(1, 2)]
        project.declare(table, **fields)
    project.declare("shop.main.public.nothing", description="Not there.")
    topics = ({"name": EVENTS, "tags": ["Level.Public"]}, {"name": CLICKS, "displayName": "Clicks"})
    project.write("topics.yaml", "\n---\n".join(json.dumps({"kind": "Topic", **t}) for t in topics))
    project.write("_defaults.yaml", "Topic: {domains: [Sales]}\n")
    return project


def plan(project: Project, *options: str) -> str:
    return project.plan("--all", *options, code=None).out


def by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scope, "FEW", 1_000)


def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scope, "FEW", 0)
    monkeypatch.setattr(provider, "PAGE", 2)


def everything_on_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packed, "IN_MEMORY", 1)


def compared_in_full(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(provider, "agrees", lambda *_: False)


WAYS: dict[str, Callable[[pytest.MonkeyPatch], None]] = {
    "objects by name": by_name,
    "lists in small pages": small_pages,
    "fields in a file": everything_on_disk,
    "objects compared in full": compared_in_full,
}


@pytest.mark.parametrize("way", WAYS)
def test_every_way_to_read_gives_the_same_plan(
    declared: Project, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    usual = plan(declared, "--no-cache")
    assert '"refused"' in usual
    assert '"in_sync": 0' not in usual
    WAYS[way](monkeypatch)
    assert plan(declared, "--no-cache") == usual


def test_cold_warm_and_no_cache_and_one_request_at_a_time_give_the_same_plan(
    declared: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CATALOGCTL_CACHE_DIR", str(tmp_path / "cache"))
    cold = plan(declared)
    assert list((tmp_path / "cache").iterdir())
    assert plan(declared) == cold
    assert plan(declared, "--no-cache") == cold
    assert plan(declared, "--concurrency", "1") == cold


def test_a_warm_plan_sees_an_edit_of_the_same_size_and_time(
    declared: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CATALOGCTL_CACHE_DIR", str(tmp_path / "cache"))
    declared.declare(ORDERS, description="aaaa")
    plan(declared)
    (file,) = (declared.root / "catalog-specs").glob("*_orders.yaml")
    before = file.stat()
    file.write_text(file.read_text().replace("aaaa", "bbbb"))
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert '"after": "bbbb"' in plan(declared)


@pytest.fixture
def decoded(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[str]:
    """The rows that are decoded, by name; everything is read in lists, and the cache is new."""
    monkeypatch.setenv("CATALOGCTL_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setattr(scope, "FEW", 0)
    monkeypatch.setattr(scope, "ENOUGH", 0)
    names: list[str] = []
    decode = Listed.decode

    def noted(self: Listed, row: Any) -> Any:
        entity = decode(self, row)
        names.append(entity.fullyQualifiedName)
        return entity

    monkeypatch.setattr(Listed, "decode", noted)
    return names


@pytest.fixture
def synced(project: Project) -> Project:
    """Tables whose texts are as declared, and one that differs."""
    for table in PLAIN:
        project.patch(table, ("/description", f"Text of {table}."))
        project.declare(table, description=f"Text of {table}.")
    project.declare(BOOKS, description="New.")
    return project


def test_what_agreed_and_has_not_changed_is_not_decoded_again(
    synced: Project, decoded: list[str]
) -> None:
    cold = plan(synced)
    assert set(PLAIN) < set(decoded)
    decoded.clear()
    assert plan(synced) == cold
    assert BOOKS in decoded
    assert not {*PLAIN} & {*decoded}


def test_a_warm_plan_sees_what_moved_in_the_catalog_and_what_is_declared_now(
    synced: Project, decoded: list[str]
) -> None:
    plan(synced)
    moved, edited, followed, _ = PLAIN
    synced.patch(moved, ("/description", "Moved."))
    synced.declare(edited, displayName="Declared now.")
    carol = synced.http.get("/users/name/carol").json()["id"]
    followers = f"/tables/{synced.table(followed)['id']}/followers"
    synced.http.put(followers, json=carol).raise_for_status()
    warm = plan(synced)
    assert warm == plan(synced, "--no-cache")
    changed = {change["address"].partition("/")[2] for change in json.loads(warm)["changes"]}
    assert changed == {moved, edited, BOOKS}


def test_an_apply_looks_at_everything_itself(synced: Project, decoded: list[str]) -> None:
    plan(synced)
    decoded.clear()
    synced.apply()
    assert set(PLAIN) < set(decoded)


def test_a_base_that_shares_files_with_today_is_the_base_that_is_read_in_full(
    declared: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    repo = GitRepo(declared.root)
    repo.commit()
    declared.declare(ORDERS, description="Later.", tags=["Level.Internal"])
    repo.commit()
    shared = plan(declared, "--base", "HEAD~1", "--no-cache")
    monkeypatch.setattr("catalogctl.cli.planning.memory_for", lambda options: None)
    assert plan(declared, "--base", "HEAD~1", "--no-cache") == shared
    assert '"origin": "drift"' in shared
    assert '"origin": "conflict"' in shared
