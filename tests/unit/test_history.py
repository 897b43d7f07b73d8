"""The specs and the configuration as they were at a git revision."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catalogctl import spec, yamlfile
from catalogctl.model import Members
from catalogctl.policy import Limit
from catalogctl.spec import Memory, Specs
from e2e.git_repo import GitRepo
from history_specs import CONFIGURATION, base, configured, names, new_repo, refusal, table, today


@pytest.fixture
def repo(tmp_path: Path) -> GitRepo:
    return new_repo(tmp_path / "repo")


def wanted(specs: Specs) -> dict[str, dict[str, Any]]:
    return {str(each.address): dict(each.fields) for each in specs.desired}


def files(specs: Specs) -> list[str]:
    return [each.documents[0].file for each in specs.desired]


def seen(specs: Specs) -> object:
    return specs.desired, [each.documents for each in specs.desired], specs.diagnostics


# What was declared


def test_a_revision_is_read_as_it_was(repo: GitRepo) -> None:
    first = repo.commit({"catalog-specs/a.yaml": table("a", "tags: [A.B, A.C]\n")})
    repo.git("tag", "--annotate", "--message", "One.", "v1")
    repo.git("branch", "old")
    repo.commit({"catalog-specs/a.yaml": table("a", "tags: [A.B]\n")})
    for revision in ("HEAD~1", "v1", "old", first, first[:10], "main^", "@~1"):
        found = base(repo.root, revision)
        assert (found.revision, found.commit) == (revision, first)
        assert wanted(found.specs) == {"Table/s.d.p.a": {"tags": Members(("A.B", "A.C"))}}
    assert wanted(base(repo.root, "HEAD").specs) == {"Table/s.d.p.a": {"tags": Members(("A.B",))}}


def test_nothing_is_written_and_what_is_not_committed_does_not_count(repo: GitRepo) -> None:
    repo.commit({"catalog-specs/a.yaml": table("a"), "catalog-specs/b.yaml": table("b")})
    repo.write({"catalog-specs/a.yaml": "a: [", "catalog-specs/c.yaml": table("c")})
    repo.write({"catalog-specs/b.yaml": None})
    repo.git("add", "catalog-specs/c.yaml")

    def everything() -> dict[Path, tuple[int, int]]:
        paths = [repo.root, *repo.root.rglob("*")]
        return {path: (path.stat().st_mtime_ns, path.stat().st_size) for path in paths}

    before = everything()
    assert names(base(repo.root, "HEAD").specs) == ["a", "b"]
    assert everything() == before


def test_defaults_documents_and_folders_are_those_of_then(repo: GitRepo) -> None:
    repo.commit(
        {
            "_defaults.yaml": "Table: {vote: votedUp}\n",
            "catalog-specs/_defaults.yml": "Table: {owners: [team:old]}\n",
            "catalog-specs/x/two.yml": table("a") + "---\n" + table("b", "vote: unVoted\n"),
            "catalog-specs/.hidden.yaml": "a: [",
            "catalog-specs/.x/a.yaml": "a: [",
            "catalog-specs/notes.md": "a: [",
        }
    )
    then = seen(today(repo.root))
    repo.commit(
        {
            "_defaults.yaml": None,
            "catalog-specs/_defaults.yml": "Table: {owners: [team:new]}\n",
            "catalog-specs/x/two.yml": table("a"),
        }
    )
    found = base(repo.root, "HEAD~1")
    assert seen(found.specs) == then
    owners = Members(("team:old",))
    assert wanted(found.specs) == {
        "Table/s.d.p.a": {"vote": "votedUp", "owners": owners},
        "Table/s.d.p.b": {"vote": "unVoted", "owners": owners},
    }


def test_the_configuration_is_that_of_then(repo: GitRepo) -> None:
    second = CONFIGURATION + CONFIGURATION.splitlines()[1].replace("openmetadata:", "other:", 1)
    files = {"one/a.yaml": table("a", "catalog: other\n"), "two/b.yaml": table("b")}
    repo.commit({"catalogctl.yaml": f"specs: [one]\nguards: {{max_changed: 7}}\n{second}", **files})
    repo.commit({"catalogctl.yaml": f"specs: [two]\n{CONFIGURATION}"})
    found = base(repo.root, "HEAD~1")
    assert found.config.specs == (repo.root / "one",)
    assert sorted(found.config.catalogs) == ["openmetadata", "other"]
    assert found.config.guards.max_changed == Limit(7, percent=False)
    assert (found.config.root, found.config.file) == (repo.root, repo.root / "catalogctl.yaml")
    assert wanted(found.specs) == {"other:Table/s.d.p.a": {}}
    assert wanted(base(repo.root, "HEAD").specs) == {"Table/s.d.p.b": {}}


def test_without_a_configuration_then_the_present_one_holds(repo: GitRepo) -> None:
    repo.write({"catalogctl.yaml": None})
    repo.commit({"specs/a.yaml": table("a")})
    repo.write({"catalogctl.yaml": f"specs: [specs]\n{CONFIGURATION}"})
    found = base(repo.root, "HEAD")
    assert (found.config, names(found.specs)) == (configured(repo.root), ["a"])


def test_without_any_configuration_the_environment_names_the_catalogs(repo: GitRepo) -> None:
    repo.write({"catalogctl.yaml": None})
    repo.commit({"catalog-specs/a.yaml": table("a")})
    assert names(base(repo.root, "HEAD").specs) == ["a"]
    repo.commit({"catalogctl.yaml": "specs: [catalog-specs]\n"})
    environ = {"OPENMETADATA_HOST": "http://localhost"}
    assert list(base(repo.root, "HEAD", environ=environ).config.catalogs) == ["openmetadata"]


def test_a_type_that_no_catalog_is_configured_for_is_no_fault(repo: GitRepo) -> None:
    repo.commit({"catalogctl.yaml": "catalogs: {}\n", "catalog-specs/a.yaml": table("a")})
    assert wanted(base(repo.root, "HEAD").specs) == {"Table/s.d.p.a": {}}


def test_named_paths_replace_the_configured_ones(
    repo: GitRepo, monkeypatch: pytest.MonkeyPatch
) -> None:
    repo.commit(
        {
            "catalog-specs/_defaults.yaml": "Table: {vote: votedUp}\n",
            "catalog-specs/x/a.yaml": table("a"),
            "catalog-specs/x/b.yaml": table("b"),
            "catalog-specs/c.yaml": table("c"),
        }
    )
    monkeypatch.chdir(repo.root / "catalog-specs")
    found = base(repo.root, "HEAD", Path("x"), Path("x/../x/a.yaml"))
    assert files(found.specs) == ["catalog-specs/x/a.yaml", "catalog-specs/x/b.yaml"]
    assert {each.fields["vote"] for each in found.specs.desired} == {"votedUp"}
    assert names(base(repo.root, "HEAD", Path("c.yaml")).specs) == ["c"]


def test_a_path_that_was_not_there_holds_nothing(repo: GitRepo) -> None:
    repo.commit({"notes.md": ""})
    repo.commit({"catalog-specs/a.yaml": table("a")})
    assert base(repo.root, "HEAD~1").specs.desired == ()
    named = [repo.root / "notes.md" / "a.yaml", repo.root / "catalog-specs" / "a.yaml"]
    assert base(repo.root, "HEAD~1", *named).specs.desired == ()


def test_a_file_that_was_renamed_declares_the_same_objects(repo: GitRepo) -> None:
    text = table("a", "tags: [A.B]\n")
    repo.commit({"catalog-specs/a.yaml": text})
    repo.commit({"catalog-specs/a.yaml": None, "catalog-specs/x/b.yaml": text})
    found = base(repo.root, "HEAD~1")
    assert found.specs.desired == today(repo.root).desired
    assert files(found.specs) == ["catalog-specs/a.yaml"]


def test_a_line_can_still_be_found_afterwards(repo: GitRepo) -> None:
    repo.commit({"catalog-specs/a.yaml": table("a", "tags: [A.B, A.C]\n")})
    repo.commit({"catalog-specs/a.yaml": table("a")})
    specs = base(repo.root, "HEAD~1").specs
    place = specs.locate(specs.desired[0], "tags", "A.C")
    assert str(place) == "catalog-specs/a.yaml:3:13"


def test_many_files_are_read_and_equal_ones_too(repo: GitRepo, tmp_path: Path) -> None:
    many = {
        f"catalog-specs/{number % 7}/{number}.yaml": table(str(number)) for number in range(180)
    }
    empty = {f"catalog-specs/{number}/empty.yaml": "# nothing yet\n" for number in range(7)}
    repo.commit({**many, **empty})
    for cache in (None, tmp_path / "cache", tmp_path / "cache"):
        assert seen(base(repo.root, "HEAD", cache=cache).specs) == seen(today(repo.root))


def test_only_what_differs_from_today_is_read(
    repo: GitRepo, monkeypatch: pytest.MonkeyPatch
) -> None:
    repo.commit(
        {
            "catalog-specs/_defaults.yaml": "Table: {vote: votedUp}\n",
            "catalog-specs/a.yaml": table("a", "tags: [A.B]\n"),
            "catalog-specs/b.yaml": table("b"),
            "catalog-specs/more.yaml": table("b", "owners: [team:x]\n"),
        }
    )
    then = base(repo.root, "HEAD").specs
    repo.commit(
        {
            "catalog-specs/_defaults.yaml": "Table: {vote: unVoted, domains: [D]}\n",
            "catalog-specs/a.yaml": table("a", "tags: [A.C]\n"),
            "catalog-specs/more.yaml": table("b", "domains: [E]\n"),
        }
    )
    memory = Memory()
    config = configured(repo.root)
    present = spec.load(config.specs, root=config.root, catalogs=config.types, memory=memory)
    assert seen(present) == seen(today(repo.root))
    parsed: list[bytes] = []
    quick = yamlfile.quick
    monkeypatch.setattr(yamlfile, "quick", lambda text: parsed.append(text) or quick(text))
    found = base(repo.root, "HEAD~1", memory=memory).specs
    assert seen(found) == seen(then)
    assert len(parsed) == 3
    assert seen(present) == seen(today(repo.root))


# Where it is read


def test_a_project_may_be_a_part_of_its_repository(repo: GitRepo) -> None:
    repo.write({"catalogctl.yaml": None})
    repo.commit({"deep/er/catalogctl.yaml": "specs: [s, ../t]\n" + CONFIGURATION})
    repo.commit({"deep/er/s/a.yaml": table("a"), "deep/t/b.yaml": table("b")})
    found = base(repo.root / "deep/er", "HEAD")
    assert files(found.specs) == ["deep/er/s/a.yaml", "deep/t/b.yaml"]


def test_links_are_followed_as_they_were(repo: GitRepo, tmp_path: Path) -> None:
    specs = repo.root / "catalog-specs"
    repo.write({"catalog-specs/x/a.yaml": table("a"), "shared/b.yaml": table("b")})
    repo.write({"shared/more/c.yaml": table("c"), "shared/d.txt": table("d")})
    links = {
        "again.yaml": "x/a.yaml",
        "loop": ".",
        "shared": "../shared",
        "absolute.yaml": str(repo.root / "shared" / "d.txt"),
        "nowhere.yaml": "gone.yaml",
        "through.yaml": "shared/more/c.yaml",
    }
    for name, target in links.items():
        os.symlink(target, specs / name)
    repo.commit()
    found = base(repo.root, "HEAD").specs
    assert seen(found) == seen(today(repo.root))
    assert names(found) == ["a", "b", "c", "d"]
    os.symlink(tmp_path, specs / "outside")
    os.symlink("../../..", specs / "above")
    os.symlink("round.yaml", specs / "round.yaml")
    os.symlink("x/a.yaml/b.yaml", specs / "file.yaml")
    repo.commit()
    assert seen(base(repo.root, "HEAD").specs) == seen(found)


def test_a_configured_folder_may_be_a_link(repo: GitRepo) -> None:
    repo.write({"real/a.yaml": table("a"), "real/_defaults.yaml": "Table: {vote: votedUp}\n"})
    os.symlink("real", repo.root / "catalog-specs")
    repo.commit()
    for paths in ([], [repo.root / "catalog-specs" / "a.yaml"]):
        found = base(repo.root, "HEAD", *paths).specs
        assert files(found) == ["catalog-specs/a.yaml"]
        assert wanted(found) == {"Table/s.d.p.a": {"vote": "votedUp"}}


def test_odd_file_names_are_read(repo: GitRepo) -> None:
    odd = [b"caf\xe9.yaml", "späß.yaml".encode(), b"a\nb.yaml", b'"q".yaml', b"-x.yaml", b" .yaml"]
    if sys.platform == "darwin":
        odd = odd[1:]  # its file systems know no other names than UTF-8
    repo.write(
        {f"catalog-specs/{os.fsdecode(name)}": table(str(at)) for at, name in enumerate(odd)}
    )
    repo.commit()
    found = base(repo.root, "HEAD").specs
    assert seen(found) == seen(today(repo.root))
    assert len(found.desired) == len(odd)


def test_submodules_hold_nothing(repo: GitRepo) -> None:
    first = repo.commit({"catalog-specs/a.yaml": table("a")})
    repo.git("update-index", "--add", "--cacheinfo", f"160000,{first},catalog-specs/sub")
    repo.git("commit", "--quiet", "--message", "A submodule.")
    sub = repo.root / "catalog-specs" / "sub"
    assert names(base(repo.root, "HEAD").specs) == ["a"]
    assert names(base(repo.root, "HEAD", sub, sub / "b.yaml").specs) == []


def test_a_worktree_is_read_like_a_repository(repo: GitRepo, tmp_path: Path) -> None:
    repo.commit({"catalog-specs/a.yaml": table("a")})
    repo.git("worktree", "add", "--quiet", "-b", "other", str(tmp_path / "other"))
    repo.commit({"catalog-specs/b.yaml": table("b")})
    assert names(base(tmp_path / "other", "HEAD").specs) == ["a"]
    assert names(base(tmp_path / "other", "main").specs) == ["a", "b"]


def test_in_a_hook_the_repository_is_the_one_of_the_configuration(
    repo: GitRepo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    repo.commit({"catalog-specs/a.yaml": table("a")})
    other = GitRepo(tmp_path / "other")
    monkeypatch.setenv("GIT_DIR", str(other.root / ".git"))
    monkeypatch.setenv("GIT_TRACE", "1")
    assert names(base(repo.root, "HEAD").specs) == ["a"]


def test_a_repository_may_have_long_hashes(tmp_path: Path) -> None:
    repo = GitRepo(tmp_path / "repo", hashes="sha256")
    head = repo.commit({"catalogctl.yaml": CONFIGURATION, "catalog-specs/x/a.yaml": table("a")})
    found = base(repo.root, "HEAD")
    assert (found.commit, len(head), names(found.specs)) == (head, 64, ["a"])


_NAMES = st.sampled_from(["a", "b", "c"])
_FOLDERS = st.lists(st.sampled_from(["x", "y", ".z"]), max_size=2).map("/".join)
_TAGS = st.lists(st.sampled_from(["A.B", "A.C", "Tier.Tier1"]), unique=True)
_FIELDS = st.fixed_dictionaries({}, optional={"tags": _TAGS, "vote": st.just("votedUp")})
_DEFAULTS = st.dictionaries(st.just("Table"), _FIELDS)


@st.composite
def _files(draw: st.DrawFn) -> dict[str, str]:
    found = {}
    for _ in range(draw(st.integers(0, 6))):
        folder = "/".join(filter(None, ["catalog-specs", draw(_FOLDERS)]))
        if draw(st.booleans()):
            found[f"{folder}/_defaults.yaml"] = json.dumps(draw(_DEFAULTS))
            continue
        documents = draw(st.lists(st.tuples(_NAMES, _FIELDS), max_size=2))
        name = f"{folder}/{draw(_NAMES)}.{draw(st.sampled_from(['yaml', 'yml', 'txt']))}"
        found[name] = "\n---\n".join(
            json.dumps({"kind": "Table", "name": f"s.d.{folder.count('/')}.{table}", **fields})
            for table, fields in documents
        )
    return found


@settings(max_examples=60)
@given(_files())
def test_the_head_of_a_clean_tree_is_the_work_tree(files: Mapping[str, str]) -> None:
    with TemporaryDirectory() as folder:
        repo = GitRepo(Path(folder) / "repo")
        repo.commit({"catalogctl.yaml": CONFIGURATION, **files})
        present = today(repo.root)
        if present.has_errors:
            mistake = present.diagnostics[0]
            assert f"HEAD:{mistake.location}: {mistake.message}" in refusal(repo.root, "HEAD")
        else:
            assert seen(base(repo.root, "HEAD").specs) == seen(present)
