"""What is said when a revision cannot be read, or cannot be a base."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from e2e.git_repo import GitRepo
from history_specs import CONFIGURATION, base, names, new_repo, refusal, table

LISTED = "name a branch, a tag or a commit: `git log --oneline` lists them"


@pytest.fixture
def repo(tmp_path: Path) -> GitRepo:
    return new_repo(tmp_path / "repo")


@pytest.mark.parametrize(
    ("revision", "expected"),
    [
        ("mian", 'error[HIST003]: there is no revision mian; did you mean "main"?'),
        ("feature", 'error[HIST003]: there is no revision feature; did you mean "origin/feature"?'),
        (
            "1234567890",
            "error[HIST003]: there is no revision 1234567890; check its spelling, or fetch it: "
            "`git fetch origin 1234567890`",
        ),
        ("HEAD~9", f"error[HIST003]: there is no revision HEAD~9; {LISTED}"),
        ("HEAD:a", f"error[HIST003]: there is no revision HEAD:a; {LISTED}"),
        ("HEAD..main", f"error[HIST003]: there is no revision HEAD..main; {LISTED}"),
        ("^main", "error[HIST003]: '^main' is no name of a revision; "),
        ("", "error[HIST003]: '' is no name of a revision; name a branch, a tag or a commit"),
        ("--all", "error[HIST003]: '--all' is no name of a revision; "),
        ("a\0b", "error[HIST003]: 'a\\x00b' is no name of a revision; "),
    ],
)
def test_an_unknown_revision_is_told(repo: GitRepo, revision: str, expected: str) -> None:
    repo.commit({"catalog-specs/a.yaml": table("a")})
    repo.git("update-ref", "refs/remotes/origin/feature", "HEAD")
    assert refusal(repo.root, revision).startswith(expected)


def test_a_repository_without_a_commit_has_no_revision(repo: GitRepo) -> None:
    expected = "error[HIST003]: there is no revision HEAD; nothing is committed here yet: "
    assert refusal(repo.root, "HEAD").startswith(expected)


def test_a_short_hash_must_name_one_commit(repo: GitRepo, tmp_path: Path) -> None:
    repo.commit()
    commit = subprocess.run(
        ["git", "-C", str(repo.root), "cat-file", "commit", "HEAD"], capture_output=True, check=True
    ).stdout
    alike: dict[str, bytes] = {}
    for number in range(10_000):
        body = commit + b"%d\n" % number
        start = hashlib.sha1(b"commit %d\0" % len(body) + body).hexdigest()[:4]
        if start in alike:
            break
        alike[start] = body
    for content in (alike[start], body):
        (tmp_path / "commit").write_bytes(content)
        repo.git("hash-object", "-t", "commit", "-w", str(tmp_path / "commit"))
    assert refusal(repo.root, start) == (
        f"error[HIST003]: {start} names more than one commit; write more of the hash"
    )


def test_a_folder_that_is_no_repository_is_told(tmp_path: Path) -> None:
    (tmp_path / "catalogctl.yaml").write_text(CONFIGURATION)
    expected = f"error[HIST001]: {tmp_path} is not the work tree of a git repository; "
    assert refusal(tmp_path, "HEAD").startswith(expected)
    # Git ignores an empty `.git` and looks further up, where it is another repository.
    GitRepo(tmp_path).commit()
    (tmp_path / "sub" / ".git").mkdir(parents=True)
    (tmp_path / "sub" / "catalogctl.yaml").write_text(CONFIGURATION)
    assert refusal(tmp_path / "sub", "HEAD").startswith("error[HIST001]: ")


def test_a_bare_repository_is_told(repo: GitRepo, tmp_path: Path) -> None:
    repo.commit()
    bare = repo.clone(tmp_path / "bare.git", "--bare")
    (bare.root / "catalogctl.yaml").write_text(CONFIGURATION)
    assert refusal(bare.root, "HEAD").startswith("error[HIST001]: ")


def test_a_machine_without_git_is_told(
    repo: GitRepo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    repo.commit()
    monkeypatch.setenv("PATH", str(tmp_path))
    assert refusal(repo.root, "HEAD") == (
        "error[HIST001]: git cannot be started: No such file or directory; "
        "install git, or plan without a base"
    )


def test_a_repository_of_somebody_else_is_told(
    repo: GitRepo, monkeypatch: pytest.MonkeyPatch
) -> None:
    repo.commit()
    monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
    assert refusal(repo.root, "HEAD") == (
        "error[HIST002]: git refuses a repository that somebody else owns; if you trust it: "
        f"`git config --global --add safe.directory {repo.root}`"
    )


def test_a_shallow_clone_says_how_to_get_more(repo: GitRepo, tmp_path: Path) -> None:
    first = repo.commit({"catalog-specs/a.yaml": table("a")})
    repo.commit({"catalog-specs/b.yaml": table("b")})
    clone = repo.clone(tmp_path / "clone", "--depth=1")
    for revision in ("HEAD~1", first):
        assert refusal(clone.root, revision) == (
            f"error[HIST004]: this clone is shallow and does not hold the revision {revision}; "
            "fetch the history: `fetch-depth: 0` of actions/checkout, `GIT_DEPTH: 0` in GitLab, "
            "`git fetch --unshallow` elsewhere"
        )
    assert names(base(clone.root, "HEAD").specs) == ["a", "b"]
    clone.git("fetch", "--quiet", "--unshallow")
    assert names(base(clone.root, "HEAD~1").specs) == ["a"]


def test_a_partial_clone_is_not_filled_in_passing(repo: GitRepo, tmp_path: Path) -> None:
    repo.commit({"catalog-specs/a.yaml": table("a")})
    clone = repo.clone(tmp_path / "clone", "--filter=blob:none", "--no-checkout")
    clone.write({"catalogctl.yaml": CONFIGURATION})
    said = refusal(clone.root, "HEAD")
    expected = "error[HIST005]: this is a partial clone that does not hold all files of HEAD; "
    assert said.startswith(expected)
    command = said.split("`")[1].split()
    clone.git(*command[1:])
    assert names(base(clone.root, "HEAD").specs) == ["a"]


@pytest.mark.parametrize("name", ["HEAD:catalog-specs/a.yaml", "HEAD:catalog-specs", "HEAD"])
@pytest.mark.parametrize("content", [b"garbage", b"", None])
def test_a_damaged_object_is_told(repo: GitRepo, name: str, content: bytes | None) -> None:
    repo.commit({"catalog-specs/a.yaml": table("a")})
    id = repo.git("rev-parse", name)
    path = repo.root / ".git" / "objects" / id[:2] / id[2:]
    path.unlink()
    if content is not None:
        path.write_bytes(content)
    said = refusal(repo.root, "HEAD")
    if name == "HEAD" and content is None:
        assert said.startswith("error[HIST003]: there is no revision HEAD; ")
    else:
        assert said.startswith("error[HIST006]: git cannot read the repository: ")
        assert said.endswith("; look at it with `git fsck`, or clone it anew")


def test_a_damaged_repository_is_told(repo: GitRepo) -> None:
    repo.commit()
    (repo.root / ".git" / "config").write_text("[core\n")
    said = refusal(repo.root, "HEAD")
    assert said.startswith("error[HIST006]: git cannot read the repository: bad config")


def test_a_git_that_ends_early_is_told(
    repo: GitRepo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    repo.commit()
    real = shutil.which("git")
    fake = tmp_path / "bin" / "git"
    fake.parent.mkdir()
    fake.write_text(f'#!/bin/sh\ncase "$*" in *cat-file*) exit 9;; esac\nexec {real} "$@"\n')
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", f"{fake.parent}:{os.environ['PATH']}")
    assert refusal(repo.root, "HEAD").startswith("error[HIST006]: ")


def test_specs_that_were_invalid_are_told_with_the_revision(repo: GitRepo) -> None:
    bad = "desciption: x\nvote: up\n"
    repo.commit({"catalog-specs/a.yaml": table("a", bad), "catalog-specs/b.yaml": table("b", bad)})
    repo.commit({"catalog-specs/a.yaml": table("a"), "catalog-specs/b.yaml": table("b")})
    said = refusal(repo.root, "HEAD~1")
    assert said.startswith(
        "error[HIST007]: the specs of HEAD~1 cannot be used as a base: "
        'HEAD~1:catalog-specs/a.yaml:3:1: unknown key "desciption"; HEAD~1:catalog-specs/a.yaml:4:1'
    )
    assert said.endswith("; and 1 more; choose another base, in which this is mended")


def test_a_configuration_that_was_invalid_is_told_with_the_revision(repo: GitRepo) -> None:
    repo.commit({"catalogctl.yaml": "specs: [s]\ngards: {}\n"})
    repo.write({"catalogctl.yaml": CONFIGURATION})
    assert refusal(repo.root, "HEAD") == (
        "error[HIST008]: the configuration of HEAD cannot be used as a base: "
        'HEAD:catalogctl.yaml:2:1: unknown key "gards"; '
        "choose another base, in which this is mended"
    )


def test_specs_outside_of_the_repository_have_no_past(repo: GitRepo, tmp_path: Path) -> None:
    repo.commit()
    assert refusal(repo.root, "HEAD", tmp_path / "specs") == (
        f"error[HIST009]: {tmp_path / 'specs'} lies outside of the repository {repo.root}: "
        "HEAD does not hold it; keep the specs in it, or plan without a base"
    )
    (tmp_path / "link").symlink_to(repo.root)
    assert base(repo.root, "HEAD", tmp_path / "link" / "catalog-specs").specs.desired == ()
