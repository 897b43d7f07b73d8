"""What the action installs."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from action_steps import ROOT, Runner


def test_what_is_locked_is_what_the_package_needs_in_the_versions_of_the_tests() -> None:
    def pinned(file: str) -> set[str]:
        text = (ROOT / file).read_text("utf-8")
        assert "--hash=sha256:" in text
        return set(re.findall(r"^([\w.-]+==\S+(?: ; .*?)?) \\$", text, re.MULTILINE))

    project = (ROOT / "pyproject.toml").read_text("utf-8")
    (listed,) = re.findall(r"^dependencies = \[\n(.*?)^\]", project, re.M | re.S)
    needed = [*re.findall(r'"([\w-]+)', listed), "hatchling"]
    locked = pinned("action/requirements.txt")
    names = {each.partition("==")[0] for each in locked}
    assert set(needed) <= names
    versions = {each.partition(" ;")[0] for each in pinned("constraints.txt")}
    assert {each.partition(" ;")[0] for each in locked} <= versions


@pytest.mark.parametrize(
    ("version", "installed"),
    [("0.1.0", "catalogctl==0.1.0"), ("v1.2.3", "catalogctl==1.2.3"), ("./a.whl", "./a.whl")],
)
def test_a_version_or_a_source_can_be_installed_instead(
    monkeypatch: pytest.MonkeyPatch, version: str, installed: str
) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "action"))
    import install

    assert install.requirements(version) == [[installed]]
    locked, own = install.requirements("")
    assert "--require-hashes" in locked
    assert own[-1] == str(ROOT)


def test_an_option_is_no_version(tmp_path: Path) -> None:
    done = Runner(tmp_path, tmp_path).run(
        step_id="install", mode="plan", version="--index-url=https://example.com"
    )
    assert done.code == 1
    assert "it is a version or a source" in done.log
