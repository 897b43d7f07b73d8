"""Which revision a run in CI is compared with."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from catalogctl.history import Found, find_base
from e2e.git_repo import GitRepo
from history_specs import new_repo

ZEROS = "0" * 40


@pytest.fixture
def repo(tmp_path: Path) -> GitRepo:
    return new_repo(tmp_path / "repo")


@pytest.fixture
def event(tmp_path: Path) -> Any:
    def written(name: str, body: object, **more: str) -> dict[str, str]:
        path = tmp_path / "event.json"
        path.write_text(json.dumps(body))
        return {"GITHUB_EVENT_NAME": name, "GITHUB_EVENT_PATH": str(path), **more}

    return written


class Forked:
    """`main` and `feature`, each two commits past the fork, and a clone that is asked."""

    def __init__(self, origin: GitRepo) -> None:
        self.origin = origin
        self.fork = origin.commit({"a": "1"})
        origin.git("checkout", "--quiet", "-b", "feature")
        origin.commit({"f": "1"})
        self.feature = origin.commit({"f": "2"})
        origin.git("checkout", "--quiet", "main")
        origin.commit({"m": "1"})
        self.main = origin.commit({"m": "2"})

    def checkout(self, to: Path, revision: str, *options: str) -> Path:
        clone = self.origin.clone(to, "--no-single-branch", *options)
        clone.git("checkout", "--quiet", "--detach", revision)
        return clone.root


@pytest.fixture
def forked(repo: GitRepo) -> Forked:
    return Forked(repo)


def test_the_base_of_a_pull_request_is_where_it_left_its_target(
    forked: Forked, tmp_path: Path, event: Any
) -> None:
    root = forked.checkout(tmp_path / "clone", "origin/feature")
    environ = event("pull_request", {}, GITHUB_BASE_REF="main")
    assert find_base(environ, root) == Found(forked.fork, "the merge base with origin/main")


def test_the_base_of_the_merge_commit_of_a_pull_request_is_its_first_parent(
    forked: Forked, tmp_path: Path, event: Any
) -> None:
    forked.origin.git("checkout", "--quiet", "-b", "pull")
    merge = forked.origin.merge("feature")
    forked.origin.git("checkout", "--quiet", "main")
    forked.origin.commit({"m": "3"})
    root = forked.checkout(tmp_path / "clone", merge)
    environ = event("pull_request", {}, GITHUB_BASE_REF="main")
    assert find_base(environ, root) == Found(forked.main, "the merge base with origin/main")


def test_the_event_names_the_base_where_the_target_is_not_fetched(
    forked: Forked, tmp_path: Path, event: Any
) -> None:
    root = forked.checkout(tmp_path / "clone", "origin/feature")
    body = {"pull_request": {"base": {"sha": forked.fork}}}
    environ = event("pull_request", body, GITHUB_BASE_REF="gone")
    assert find_base(environ, root) == Found(forked.fork, "the base of the pull request")


def test_the_base_of_a_merge_queue_is_what_it_builds_on(
    forked: Forked, tmp_path: Path, event: Any
) -> None:
    merge = forked.origin.merge("feature")
    root = forked.checkout(tmp_path / "clone", merge)
    body = {"merge_group": {"base_sha": forked.main, "head_sha": merge}}
    words = "the commit that the merge queue builds on"
    assert find_base(event("merge_group", body), root) == Found(forked.main, words)


def test_after_the_merge_the_base_is_what_it_was_merged_into(
    forked: Forked, tmp_path: Path, event: Any
) -> None:
    forked.origin.merge("feature")
    root = forked.checkout(tmp_path / "clone", "origin/main")
    body = {"pull_request": {"base": {"sha": forked.main}}}
    environ = event("pull_request", body, GITHUB_BASE_REF="main")
    assert find_base(environ, root) == Found(forked.main, "the base of the pull request")


def test_a_shallow_checkout_has_no_base_and_says_the_mend(
    forked: Forked, tmp_path: Path, event: Any
) -> None:
    root = forked.checkout(tmp_path / "clone", "origin/feature", "--depth=1")
    environ = event("pull_request", {}, GITHUB_BASE_REF="main")
    assert find_base(environ, root) == Found(
        None,
        "this shallow clone does not reach back to the merge base with origin/main; "
        "check out with `fetch-depth: 0`",
    )
    environ = event("push", {"before": forked.fork})
    assert find_base(environ, root) == Found(
        None,
        f"this shallow clone does not reach back to {forked.fork}; check out with `fetch-depth: 0`",
    )


def test_branches_that_have_nothing_in_common_have_no_base(
    repo: GitRepo, tmp_path: Path, event: Any
) -> None:
    repo.commit({"a": "1"})
    repo.git("checkout", "--quiet", "--orphan", "other")
    repo.commit({"b": "1"})
    root = repo.clone(tmp_path / "clone").root
    environ = event("pull_request", {}, GITHUB_BASE_REF="main")
    words = "this clone does not hold the merge base with origin/main"
    assert find_base(environ, root) == Found(None, words)


def test_the_base_of_a_push_is_the_commit_before(forked: Forked, event: Any) -> None:
    root = forked.origin.root
    environ = event("push", {"before": forked.fork})
    assert find_base(environ, root) == Found(forked.fork, "the commit before the push")
    new = "the branch is new: there is no commit before this push"
    for body in ({"before": ZEROS}, {}, [], {"before": 7}):
        assert find_base(event("push", body), root) == Found(None, new)
    for gone in (forked.feature, "1" * 40, "--all"):
        words = f"the branch was rewritten: {gone} is no longer a part of it"
        assert find_base(event("push", {"before": gone}), root) == Found(None, words)


def test_an_event_file_that_cannot_be_read_names_nothing(forked: Forked, tmp_path: Path) -> None:
    environ = {"GITHUB_EVENT_NAME": "push", "GITHUB_EVENT_PATH": str(tmp_path / "gone.json")}
    found = find_base(environ, forked.origin.root)
    assert found is not None
    assert found.revision is None


def test_gitlab_names_the_base_of_a_merge_request(forked: Forked, tmp_path: Path) -> None:
    root = forked.checkout(tmp_path / "clone", "origin/feature")
    environ = {"GITLAB_CI": "true", "CI_MERGE_REQUEST_TARGET_BRANCH_NAME": "main"}
    assert find_base(environ, root) == Found(forked.fork, "the merge base with origin/main")
    environ["CI_MERGE_REQUEST_DIFF_BASE_SHA"] = forked.fork
    assert find_base(environ, root) == Found(forked.fork, "the base of the merge request")
    shallow = forked.checkout(tmp_path / "shallow", "origin/feature", "--depth=1")
    assert find_base(environ, shallow) == Found(
        None,
        "this shallow clone does not reach back to the base of the merge request or the merge "
        "base with origin/main; set `GIT_DEPTH: 0`",
    )


def test_gitlab_names_the_commit_before_a_push(forked: Forked) -> None:
    root = forked.origin.root
    environ = {"GITLAB_CI": "true", "CI_COMMIT_BEFORE_SHA": forked.fork}
    assert find_base(environ, root) is None
    environ["CI_PIPELINE_SOURCE"] = "push"
    assert find_base(environ, root) == Found(forked.fork, "the commit before the push")


@pytest.mark.parametrize(
    "environ",
    [{}, {"CI": "true"}, {"GITHUB_EVENT_NAME": "schedule"}, {"GITLAB_CI": "true"}],
)
def test_elsewhere_there_is_no_base_and_nothing_to_say(
    tmp_path: Path, environ: Mapping[str, str]
) -> None:
    assert find_base(environ, tmp_path) is None


def test_a_repository_that_cannot_be_read_has_no_base(tmp_path: Path, event: Any) -> None:
    environ = event("pull_request", {}, GITHUB_BASE_REF="main")
    found = find_base(environ, tmp_path)
    assert found is not None
    assert found.revision is None
    assert found.why.startswith(f"{tmp_path} is not the work tree of a git repository; ")
