"""After a merge: whether the plan that was reviewed still holds, asked of a GitHub of our own."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from action_steps import Runner, Step
from e2e.git_repo import GitRepo

REPO = "acme/data"
HEAD = "b" * 40
SPEC = "catalog-specs/a.yaml"
WORKFLOW = ".github/workflows/plan-on-pull-request.yml"
TOKEN = "ghs_0123456789abcdefghij"


class GitHub:
    """What is read, by path; a number is the status of an error."""

    def __init__(self) -> None:
        self.answers: dict[str, Any] = {}
        github = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                path = self.path.partition("?")[0].removeprefix(f"/repos/{REPO}")
                answer = github.answers.get(path, 404)
                if self.headers["authorization"] != f"Bearer {TOKEN}":
                    answer = 401
                self.send_response(answer if isinstance(answer, int) else 200)
                self.end_headers()
                self.wfile.write(json.dumps(answer).encode())

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


class Merge:
    """A repository whose last commit merged pull request 7, which had a plan."""

    def __init__(self, folder: Path, github: GitHub) -> None:
        self.github, self.answers = github, github.answers
        self.repo = GitRepo(folder / "repo")
        self.first = self.repo.commit({SPEC: "1", "README.md": "1"})
        self.before = self.repo.commit({SPEC: "2"})
        self.commit = self.repo.commit({SPEC: "3"})
        temporary = folder / "temp"
        temporary.mkdir()
        self.runner = Runner(self.repo.root, temporary)
        self.named = f"catalogctl-plan-{HEAD}-{self.repo.git('rev-parse', 'HEAD^{tree}')}"
        self.run = {
            "id": 55, "event": "pull_request", "head_sha": HEAD, "path": f"{WORKFLOW}@main",
            "head_repository": {"id": 1}, "repository": {"id": 1},
        }  # fmt: skip
        self.artifact = {
            "name": self.named, "expired": False, "created_at": "2026-01-02T00:00:00Z",
            "workflow_run": {"id": 55},
        }  # fmt: skip
        self.answers |= {
            f"/commits/{self.commit}/pulls": [
                {"merged_at": "2026-01-03", "merge_commit_sha": self.commit, "head": {"sha": HEAD}},
                {"merged_at": None, "merge_commit_sha": None, "head": {"sha": "c" * 40}},
            ],
            "/actions/artifacts": {"artifacts": [self.artifact]},
            "/actions/runs/55": self.run,
        }
        self.applied(self.before)

    def applied(self, *commits: str, states: tuple[str, ...] = ("inactive", "success")) -> None:
        """Deployments that succeeded, the newest first; before all of them one that failed."""
        self.answers["/deployments"] = [{"id": n, "sha": sha} for n, sha in enumerate(commits, 1)]
        for number in range(1, len(commits) + 1):
            listed = [{"state": state} for state in states]
            self.answers[f"/deployments/{number}/statuses"] = listed

    def find(self, **inputs: str) -> Step:
        self.runner.variables = {
            "GITHUB_EVENT_NAME": "push",
            **self.runner.variables,
            "GITHUB_API_URL": self.github.url,
            "GITHUB_REPOSITORY": REPO,
            "GITHUB_SHA": self.repo.head,
        }
        return self.runner.run(
            "action/reviewed-plan", "find", token=TOKEN, deployment="catalog", **inputs
        )

    def is_planned_again(self, why: str) -> dict[str, str]:
        done = self.find()
        assert done.code == 0, done.log
        assert f"Plan again: {why}" in done.log
        assert "plan-file" not in done.outputs
        assert "run-id" not in done.outputs
        return done.outputs


@pytest.fixture
def merge(tmp_path: Path) -> Iterator[Merge]:
    github = GitHub()
    yield Merge(tmp_path, github)
    github.close()


def test_the_plan_of_the_merged_tree_is_found(merge: Merge) -> None:
    done = merge.find()
    assert done.code == 0, done.log
    folder = merge.runner.temporary / "catalogctl-reviewed"
    assert done.outputs == {
        "base": merge.before,
        "artifact": merge.named,
        "run-id": "55",
        "folder": str(folder),
        "plan-file": str(folder / "plan.json"),
    }


def test_without_any_deployment_the_reviewed_plan_holds(merge: Merge) -> None:
    merge.applied()
    done = merge.find()
    assert (done.outputs["run-id"], done.outputs["base"]) == ("55", "")


def test_commits_that_touched_no_specs_need_no_apply(merge: Merge) -> None:
    merge.repo.git("reset", "--quiet", "--hard", merge.before)
    merge.repo.commit({"README.md": "2"})
    merge.repo.commit({SPEC: "3"})
    tree = merge.repo.git("rev-parse", "HEAD^{tree}")
    merge.artifact["name"] = f"catalogctl-plan-{HEAD}-{tree}"
    pulls = merge.answers.pop(f"/commits/{merge.commit}/pulls")
    pulls[0]["merge_commit_sha"] = merge.repo.head
    merge.answers[f"/commits/{merge.repo.head}/pulls"] = pulls
    assert merge.find().outputs["run-id"] == "55"


def test_a_tree_that_was_not_planned_is_planned_again(merge: Merge) -> None:
    merge.artifact["name"] = f"catalogctl-plan-{HEAD}-{'d' * 40}"
    merge.is_planned_again("there is no artefact")


def test_what_a_failed_apply_left_undone_is_planned_again_from_before_it(merge: Merge) -> None:
    merge.applied(merge.first)
    outputs = merge.is_planned_again(f"what came after {merge.first[:12]} was not applied yet")
    assert outputs["base"] == merge.first


def test_a_deployment_that_failed_is_no_apply(merge: Merge) -> None:
    merge.applied(merge.before, states=("failure", "in_progress"))
    assert merge.find().outputs["base"] == ""


def test_a_push_without_a_pull_request_is_planned(merge: Merge) -> None:
    merge.answers[f"/commits/{merge.commit}/pulls"] = []
    merge.is_planned_again("no single pull request was merged by this commit")


@pytest.mark.parametrize(
    "other",
    [
        {"head_repository": {"id": 2}},
        {"event": "push"},
        {"head_sha": "c" * 40},
        {"path": ".github/workflows/mine.yml"},
    ],
)
def test_an_artefact_of_any_other_run_is_not_trusted(merge: Merge, other: dict[str, Any]) -> None:
    merge.run |= other
    merge.is_planned_again("there is no artefact")


def test_an_artefact_that_has_expired_is_none(merge: Merge) -> None:
    merge.artifact["expired"] = True
    merge.is_planned_again("there is no artefact")


def test_a_later_apply_is_not_taken_back_by_running_an_earlier_one_again(merge: Merge) -> None:
    later = merge.repo.commit({SPEC: "4"})
    merge.repo.git("checkout", "--quiet", merge.commit)
    merge.applied(later)
    done = merge.find()
    assert done.code == 1
    assert f"::error title=catalogctl::a later commit, {later[:12]}, was applied" in done.log


def test_a_branch_that_was_rewritten_is_planned_from_what_can_be_found(merge: Merge) -> None:
    merge.applied("e" * 40)
    assert merge.find().outputs["base"] == ""


def test_a_shallow_checkout_says_what_to_change(merge: Merge, tmp_path: Path) -> None:
    merge.applied()
    merge.runner.workspace = merge.repo.clone(tmp_path / "shallow", "--depth=1").root
    merge.is_planned_again("this checkout does not hold the commit before")


def test_a_run_by_hand_plans_again_since_something_moved(merge: Merge) -> None:
    merge.runner.event("workflow_dispatch")
    outputs = merge.is_planned_again("this run was started by hand")
    assert outputs["base"] == merge.before


def test_missing_permissions_are_named(merge: Merge) -> None:
    merge.answers["/actions/artifacts"] = 403
    done = merge.find()
    assert done.code == 1
    assert "GitHub answers 403" in done.log
    assert "actions: read, deployments: read and pull-requests: read" in done.log
    assert TOKEN not in done.log
