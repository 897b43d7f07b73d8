"""What agreed the last time is found again by its bytes, and by nothing less."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest

from catalogctl.model import Address, Declared, Desired, Members
from catalogctl.providers.openmetadata import unchanged
from catalogctl.providers.openmetadata.unchanged import Unchanged
from catalogctl.spec.packed import Fields

NAME = "shop.main.public.orders"
ROW: dict[str, Any] = {"id": "1", "fullyQualifiedName": NAME, "description": "All orders."}
DECLARED: dict[str, Declared] = {"description": "All orders.", "tags": Members(("A.b",))}


def raw(**more: Any) -> msgspec.Raw:
    return msgspec.Raw(msgspec.json.encode({**ROW, **more}))


def desired(name: str = NAME, **more: Declared) -> Desired:
    return Desired(Address("om", "Table", name), Fields.of({**DECLARED, **more}))


def opened(folder: Path | None, url: str = "http://om/api", user: str | None = "me") -> Unchanged:
    found = Unchanged(folder)
    found.load(url, user)
    return found


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    """A folder in which a run has left that the table agreed."""
    folder = tmp_path / "cache"
    run = opened(folder)
    run.keep(raw(), desired())
    run.write()
    return folder


def found(run: Unchanged, row: msgspec.Raw, one: Desired) -> bool:
    return run.find(row, {one.address.name: one}) is one


def test_what_has_not_changed_is_found(kept: Path) -> None:
    assert found(opened(kept), raw(), desired())


@pytest.mark.parametrize(
    "more",
    [{"description": "All Orders."}, {"version": 0.2}, {"followers": []}, {"id": "2"}],
    ids=str,
)
def test_a_row_that_differs_in_anything_is_not(kept: Path, more: dict[str, Any]) -> None:
    assert not found(opened(kept), raw(**more), desired())


@pytest.mark.parametrize(
    "more",
    [{"description": "All orders"}, {"tags": Members(("A.b",), only=True)}, {"displayName": ""}],
    ids=str,
)
def test_nor_is_an_object_of_which_anything_else_is_declared(
    kept: Path, more: dict[str, Declared]
) -> None:
    assert not found(opened(kept), raw(), desired(**more))


def test_nor_one_that_is_not_wanted(kept: Path) -> None:
    assert opened(kept).find(raw(), {}) is None
    assert not found(opened(kept), raw(fullyQualifiedName="a.b.c.d"), desired("a.b.c.d"))


@pytest.mark.parametrize("other", [{"url": "http://other/api"}, {"user": "you"}, {"user": None}])
def test_another_server_or_user_knows_nothing_of_it(kept: Path, other: dict[str, Any]) -> None:
    assert not found(opened(kept, **other), raw(), desired())


def test_another_version_of_the_code_knows_nothing_of_it(
    kept: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unchanged, "_CODE", ("fqn.py",))
    assert not found(opened(kept), raw(), desired())


def test_the_file_is_named_by_all_the_code_that_compares() -> None:
    """Whatever `agreement` imports, and what packs the fields."""
    program = (
        "import sys, catalogctl.providers.openmetadata.agreement\n"
        "own = [each for each in sys.modules.items() if each[0].startswith('catalogctl.')]\n"
        "print(*(name for name, module in own if not hasattr(module, '__path__')))"
    )
    said = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    imported = {
        f"{name.removeprefix('catalogctl.').replace('.', '/')}.py" for name in said.stdout.split()
    }
    assert {"groups.py", "providers/openmetadata/mapping.py"} < imported
    assert imported <= {*unchanged._CODE, "version.py"}  # the version is in the name anyway
    assert "spec/packed.py" in unchanged._CODE


def test_a_name_that_stands_elsewhere_first_is_no_harm(tmp_path: Path) -> None:
    """Some server's rows may begin with the schema: then everything is compared as ever."""
    row = msgspec.Raw(msgspec.json.encode({"schema": {"fullyQualifiedName": "shop.main"}, **ROW}))
    run = opened(tmp_path)
    run.keep(row, desired())
    assert not found(run, row, desired())
    assert run.find(row, {"shop.main": desired("shop.main")}) is None


@pytest.mark.parametrize("content", [b"", b"\xc1", b"\x93abc", b"\x81\xa1a\x01"])
def test_a_broken_file_is_as_if_it_were_not_there(kept: Path, content: bytes) -> None:
    (file,) = kept.iterdir()
    file.write_bytes(content)
    run = opened(kept)
    assert not found(run, raw(), desired())
    run.keep(raw(), desired())
    run.write()
    assert found(opened(kept), raw(), desired())


def test_nothing_is_written_when_nothing_is_new(kept: Path) -> None:
    (file,) = kept.iterdir()
    os.utime(file, (1, 1))
    run = opened(kept)
    assert found(run, raw(), desired())
    run.write()
    assert file.stat().st_mtime == 1


def test_what_others_know_stays(kept: Path) -> None:
    run = opened(kept)
    run.keep(raw(fullyQualifiedName="a.b.c.d"), desired("a.b.c.d"))
    run.write()
    assert found(opened(kept), raw(), desired())
    assert found(opened(kept), raw(fullyQualifiedName="a.b.c.d"), desired("a.b.c.d"))


def test_without_a_folder_or_a_place_for_it_everything_is_compared(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    for folder in (None, tmp_path / "file" / "below"):
        run = opened(folder)
        run.keep(raw(), desired())
        run.write()
        assert not found(opened(folder), raw(), desired())
    assert [each.name for each in tmp_path.iterdir()] == ["file"]


def test_fields_that_do_not_lie_packed_are_compared(tmp_path: Path) -> None:
    plain = Desired(Address("om", "Table", NAME), DECLARED)
    run = opened(tmp_path)
    run.keep(raw(), plain)
    assert not found(run, raw(), plain)
    run.keep(raw(), desired())
    assert not found(run, raw(), plain)


def test_the_file_holds_no_text_of_the_catalog(kept: Path) -> None:
    (file,) = kept.iterdir()
    assert b"orders" in file.read_bytes()
    assert b"All orders" not in file.read_bytes()
