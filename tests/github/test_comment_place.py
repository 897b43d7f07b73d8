"""`catalogctl comment`: on which pull request, of which server."""

from __future__ import annotations

import re

import pytest

from github.fake import REPO, GitHub
from github.job import CHANGED, HEAD, RESULT, SHA, Workflow

MARKER = "<!-- catalogctl:default -->"
COMMENTS = f"/repos/{REPO}/issues/7/comments"
PERSON = {"login": "alice", "id": 5, "type": "User"}


def test_after_a_merge_the_same_comment_says_what_was_applied(
    github: GitHub, workflow: Workflow
) -> None:
    workflow.comment(CHANGED)
    workflow.event({"ref": "refs/heads/main", "head_commit": {"id": SHA}})
    workflow.env(GITHUB_REF_NAME="main")
    merged = {"merged_at": "2026-11-25T10:00:00Z", "base": {"ref": "main"}, "head": {"sha": HEAD}}
    github.pulls[SHA] = [
        {"number": 3, "merge_commit_sha": "c" * 40, **merged},
        {"number": 7, "merge_commit_sha": SHA, **merged},
        {"number": 9, "merge_commit_sha": None, **merged, "merged_at": None},
    ]
    workflow.comment(RESULT)
    (comment,) = github.comments
    assert "### Applied: 2 applied" in comment["body"]
    assert f"/blob/{SHA}/" in comment["body"]


def test_a_push_without_a_pull_request_says_so(github: GitHub, workflow: Workflow) -> None:
    workflow.event({"ref": "refs/heads/main"})
    github.pulls[SHA] = []
    workflow.comment(
        CHANGED, code=1, said=["no pull request belongs to commit aaaaaaaaaaaa", "--pr"]
    )
    workflow.comment(CHANGED, "--or-summary")
    assert workflow.summary.read_text().startswith(MARKER)


def test_a_nightly_run_is_of_no_pull_request(github: GitHub, workflow: Workflow) -> None:
    workflow.event({"schedule": "0 3 * * *"})
    workflow.env(GITHUB_EVENT_NAME="schedule")
    workflow.comment(CHANGED, code=1, said=["schedule belongs to no pull request", "--issue"])
    assert github.comments == []


def test_several_pull_requests_of_a_commit_are_not_guessed_between(
    github: GitHub, workflow: Workflow
) -> None:
    workflow.event({"ref": "refs/heads/main"})
    merged = {"merged_at": "2026-11-25T10:00:00Z", "merge_commit_sha": "c" * 40}
    github.pulls[SHA] = [{"number": 3, **merged}, {"number": 4, **merged}]
    workflow.comment(CHANGED, code=1, said=["several pull requests belong", "--pr"])


@pytest.mark.parametrize(
    "event",
    [
        {"issue": {"number": 7, "pull_request": {"url": "x"}}},
        {"workflow_run": {"head_sha": HEAD, "pull_requests": [{"number": 7}]}},
    ],
)
def test_other_events_name_the_pull_request_too(
    github: GitHub, workflow: Workflow, event: dict[str, object]
) -> None:
    workflow.event(event)
    workflow.comment(CHANGED)
    assert [each["number"] for each in github.comments] == [7]


def test_flags_come_before_the_environment(github: GitHub, workflow: Workflow) -> None:
    workflow.env(GITHUB_REPOSITORY="other/place")
    workflow.comment(CHANGED, "--repo", REPO, "--pr", "8")
    (comment,) = github.comments
    assert comment["number"] == 8
    assert "blob" not in comment["body"]  # the commit is one of the other repository


def test_lines_link_to_the_head_of_the_pull_request(github: GitHub, workflow: Workflow) -> None:
    workflow.comment(CHANGED)
    links = re.findall(r'href="([^"]+)"', github.comments[0]["body"])
    assert f"https://github.com/{REPO}/blob/{HEAD}/catalog-specs/customers.yaml#L3" in links


# -- servers


@pytest.mark.parametrize("graphql", [None, "/api/graphql"])
def test_an_enterprise_server_is_reached_under_its_own_paths(
    workflow: Workflow, graphql: str | None
) -> None:
    with GitHub(prefix="/api/v3") as github:
        url = None if graphql is None else github.root + graphql
        workflow.env(GITHUB_API_URL=github.url, GITHUB_GRAPHQL_URL=url, GITHUB_SERVER_URL=None)
        workflow.comment(CHANGED)
        assert len(github.comments) == 1
        assert f"{github.root}/{REPO}/blob/" in github.comments[0]["body"]


def test_a_renamed_repository_is_followed_to_where_it_went(
    github: GitHub, workflow: Workflow
) -> None:
    for method, old in (("GET", "/repos/acme/old/issues/7/comments"),
                        ("POST", "/repos/acme/old/issues/7/comments")):  # fmt: skip
        to = {"Location": f"{github.url}{COMMENTS}"}
        github.fail(method, old, 301, body={"message": "Moved"}, headers=to, times=9)
    workflow.comment(CHANGED, "--repo", "acme/old", "--pr", "7")
    assert len(github.comments) == 1


def test_the_token_is_not_sent_to_another_host(github: GitHub, workflow: Workflow) -> None:
    with GitHub() as elsewhere:
        to = {"Link": f'<{elsewhere.url}{COMMENTS}?page=2>; rel="next"'}
        github.fail("GET", COMMENTS, 200, body=[{"id": 1}], headers=to)
        workflow.comment(CHANGED, code=1, said=["another host"])
        assert elsewhere.requests == []


def test_something_else_than_github_is_told(github: GitHub, workflow: Workflow) -> None:
    github.fail("GET", COMMENTS, 200, body=b"<html>", times=9)
    workflow.comment(CHANGED, code=1, said=["something else than JSON"])


def test_without_a_repository_it_says_what_to_give(workflow: Workflow) -> None:
    workflow.env(GITHUB_REPOSITORY=None)
    workflow.comment(CHANGED, code=1, said=["--repo OWNER/NAME"])
    workflow.comment(CHANGED, "--repo", "a/b/c", code=1, said=["no repository"])


def test_an_event_file_that_cannot_be_read_is_said(workflow: Workflow) -> None:
    (workflow.folder / "event.json").write_text("{")
    workflow.comment(CHANGED, code=1, said=["event file"])
