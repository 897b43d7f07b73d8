"""Which files are read, and what is said when there are none."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import NoReturn

import pytest

from catalogctl import spec
from catalogctl.model import Members
from catalogctl.spec import Source, Specs

ONE = {"openmetadata": "openmetadata"}


def write(root: Path, files: Mapping[str, str]) -> None:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)


def table(name: str) -> str:
    return f"kind: Table\nname: s.d.p.{name}\n"


def names(specs: Specs) -> list[str]:
    return [each.address.name.rpartition(".")[2] for each in specs.desired]


def test_folders_are_walked_and_only_yaml_is_read(tmp_path: Path) -> None:
    files = {"s/b.yml": "b", "s/x/a.yaml": "a", "s/.git/c.yaml": "c", "s/.d.yaml": "d"}
    write(tmp_path, {name: table(text) for name, text in files.items()})
    write(tmp_path, {"s/notes.md": "a: [", "s/x/data.json": "{"})
    specs = spec.load([tmp_path / "s"], root=tmp_path, catalogs=ONE)
    assert (names(specs), specs.diagnostics) == (["a", "b"], ())
    assert specs.desired[0].documents == (("s/x/a.yaml", 0, False),)


def test_a_file_that_is_reached_twice_is_read_once(tmp_path: Path) -> None:
    write(tmp_path, {"s/a.yaml": table("a") + "vote: unVoted\n"})
    os.symlink(tmp_path / "s", tmp_path / "s" / "loop")
    os.symlink(tmp_path / "s" / "a.yaml", tmp_path / "s" / "b.yaml")
    os.symlink(tmp_path / "nowhere", tmp_path / "s" / "c.yaml")
    specs = spec.load([tmp_path / "s", tmp_path / "s/a.yaml"], root=tmp_path)
    assert (names(specs), specs.diagnostics) == (["a"], ())


def test_a_single_file_has_the_defaults_of_the_folders_above_it(tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            "_defaults.yaml": "Table: {vote: votedUp}\n",
            "s/_defaults.yml": "Table: {domains: [D]}\n",
            "s/x/a.yaml": table("a"),
        },
    )
    (desired,) = spec.load([tmp_path / "s/x/a.yaml"], root=tmp_path).desired
    assert desired.fields == {"vote": "votedUp", "domains": Members(("D",))}


def test_defaults_of_the_root_are_not_for_files_outside_of_it(tmp_path: Path) -> None:
    write(tmp_path, {"r/_defaults.yaml": "Table: {vote: votedUp}\n", "r/a.yaml": table("a")})
    write(tmp_path, {"o/b.yaml": table("b")})
    specs = spec.load([tmp_path / "r", tmp_path / "o"], root=tmp_path / "r")
    assert [dict(each.fields) for each in specs.desired] == [{"vote": "votedUp"}, {}]


@pytest.mark.parametrize(
    ("files", "reason"),
    [
        ({"s/a.yaml": table("a")}, None),
        ({}, "s: no such file or folder"),
        ({"s/notes.md": ""}, "there are no specs in s"),
        ({"s/a.yaml": "# nothing yet\n"}, "there are no specs in s"),
        ({"s/_defaults.yaml": "Table: {}\n"}, "there are no specs in s"),
        ({"s/a.yaml": "a: ["}, None),
    ],
)
def test_specs_that_hold_nothing_say_why(
    tmp_path: Path, files: Mapping[str, str], reason: str | None
) -> None:
    write(tmp_path, files)
    assert spec.load([tmp_path / "s"], root=tmp_path).empty_reason == reason


def test_a_missing_folder_is_told_also_when_another_one_is_there(tmp_path: Path) -> None:
    write(tmp_path, {"s/a.yaml": table("a")})
    specs = spec.load([tmp_path / "s", tmp_path / "t"], root=tmp_path)
    assert (names(specs), specs.empty_reason) == (["a"], "t: no such file or folder")


def test_a_folder_that_cannot_be_read_is_a_finding(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: str) -> NoReturn:
        raise PermissionError(13, "Permission denied")

    write(tmp_path, {"s/a.yaml": table("a")})
    monkeypatch.setattr(os, "scandir", refuse)
    specs = spec.load([tmp_path / "s"], root=tmp_path)
    assert [str(found.location) for found in specs.diagnostics] == ["s:1:1"]
    assert specs.has_errors


def test_a_file_that_cannot_be_read_is_a_finding() -> None:
    def refuse() -> bytes:
        raise PermissionError(13, "Permission denied")

    (found,) = spec.load_sources([Source("a.yaml", refuse)]).diagnostics
    assert str(found).startswith("a.yaml:1:1: error[YAML012]: the file cannot be read: Permission")


def test_a_link_that_leads_to_itself_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("kind: Topic\nname: a.b\n")
    (tmp_path / "loop.yaml").symlink_to("loop.yaml")
    (tmp_path / "folder").symlink_to("folder")
    (tmp_path / "through.yaml").symlink_to("a.yaml/b.yaml")
    specs = spec.load([tmp_path], root=tmp_path)
    assert [one.address.identity for one in specs.desired] == ["a.b"]
    assert specs.diagnostics == ()
