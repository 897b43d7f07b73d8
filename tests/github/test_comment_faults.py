"""`catalogctl comment`: what GitHub refuses, what gets lost on the way, and limits."""

from __future__ import annotations

import pytest

from builders import change, plan
from github.fake import BOT, REPO, STRANGER, TOKEN, GitHub
from github.job import CHANGED, Workflow

MARKER = "<!-- catalogctl:default -->"
COMMENTS = f"/repos/{REPO}/issues/7/comments"
PERSON = {"login": "alice", "id": 5, "type": "User"}


# -- what GitHub refuses


def test_a_token_without_the_right_is_told_what_it_needs(
    github: GitHub, workflow: Workflow
) -> None:
    refusal = {"message": "Resource not accessible by integration"}
    github.fail("POST", COMMENTS, 403, body=refusal, times=9)
    workflow.comment(CHANGED, code=1, said=["Resource not accessible", "pull-requests: write"])
    assert not workflow.summary.exists()
    ended = workflow.comment(CHANGED, "--or-summary", said=["step summary instead"])
    assert ended.out == ""
    assert "### Plan: 2 to change" in workflow.summary.read_text()


def test_without_a_step_summary_there_is_nothing_to_fall_back_on(
    github: GitHub, workflow: Workflow
) -> None:
    workflow.env(GITHUB_STEP_SUMMARY=None)
    github.fail("POST", COMMENTS, 403, body={"message": "Resource not accessible by integration"})
    workflow.comment(CHANGED, "--or-summary", code=1)


def test_a_comment_that_may_be_read_and_not_written_is_a_lack_of_rights(
    github: GitHub, workflow: Workflow
) -> None:
    github.fail("POST", COMMENTS, 404, body={"message": "Not Found"}, times=2)
    workflow.comment(CHANGED, code=1, said=["Not Found", "pull-requests: write"])
    workflow.comment(CHANGED, "--or-summary", said=["step summary instead"])


@pytest.mark.parametrize("kind", ["FORBIDDEN", "INSUFFICIENT_SCOPES"])
def test_a_lack_of_rights_that_graphql_tells_of_is_one(
    github: GitHub, workflow: Workflow, kind: str
) -> None:
    told = {"errors": [{"type": kind, "message": "Resource not accessible"}], "data": None}
    github.fail("POST", "/graphql", 200, body=told, times=2)
    workflow.comment(CHANGED, code=1, said=["whose token it is: Resource not accessible"])
    workflow.comment(CHANGED, "--or-summary", said=["step summary instead"])


def test_a_locked_conversation_is_named(github: GitHub, workflow: Workflow) -> None:
    refusal = {"message": "Unable to create comment because issue is locked."}
    github.fail("POST", COMMENTS, 403, body=refusal, times=2)
    workflow.comment(CHANGED, code=1, said=["issue is locked", "unlock it"])
    workflow.comment(CHANGED, "--or-summary", said=["issue is locked"])


def test_a_token_that_github_does_not_know_fails_whatever_was_asked(
    github: GitHub, workflow: Workflow
) -> None:
    workflow.env(GITHUB_TOKEN="ghp_wrong")
    workflow.comment(CHANGED, "--or-summary", code=1, said=["Bad credentials"])


@pytest.mark.parametrize("token", [None, "", "  "])
def test_no_token_is_said_before_anything_is_sent(
    github: GitHub, workflow: Workflow, token: str | None
) -> None:
    workflow.env(GITHUB_TOKEN=token)
    workflow.comment(CHANGED, code=1, said=["GITHUB_TOKEN is not set"])
    assert github.requests == []


def test_a_token_that_cannot_be_sent_is_not_shown(github: GitHub, workflow: Workflow) -> None:
    workflow.env(GITHUB_TOKEN=f"{TOKEN}\n{TOKEN}")
    workflow.comment(CHANGED, code=1, said=["no token can hold"])
    assert github.requests == []


def test_an_unknown_pull_request_is_said(github: GitHub, workflow: Workflow) -> None:
    github.fail("GET", COMMENTS, 404, body={"message": "Not Found"})
    workflow.comment(CHANGED, code=1, said=["Not Found", "is it there"])
    assert github.count("POST", "comments") == 0


def test_a_text_that_is_too_long_is_cut_harder_once(github: GitHub, workflow: Workflow) -> None:
    github.longest = 31_000
    many = plan(*(change(identity=f"a.b.c.t{n:04}") for n in range(2_000)))
    workflow.comment(many)
    (comment,) = github.comments
    assert 25_000 < len(comment["body"].encode()) <= 30_000
    github.comments.clear()
    github.longest = 100
    workflow.comment(many, code=1, said=["too long"])
    assert github.count("POST", "comments") == 4


# -- what goes wrong on the way


@pytest.mark.parametrize("status", [0, 500, 502, 503])
def test_a_creation_whose_answer_was_lost_is_looked_for_first(
    github: GitHub, workflow: Workflow, status: int
) -> None:
    github.fail("POST", COMMENTS, status, after=True)
    ended = workflow.comment(CHANGED)
    (comment,) = github.comments
    assert ended.out == comment["html_url"] + "\n"
    assert github.count("POST", "comments") == 1


@pytest.mark.parametrize("status", [0, 502])
def test_a_creation_that_did_not_happen_is_tried_again(
    github: GitHub, workflow: Workflow, status: int
) -> None:
    github.fail("POST", COMMENTS, status, times=2)
    workflow.comment(CHANGED)
    assert len(github.comments) == 1
    assert github.count("POST", "comments") == 3


def test_a_creation_that_is_never_answered_ends(github: GitHub, workflow: Workflow) -> None:
    github.fail("POST", COMMENTS, 502, times=99)
    workflow.comment(CHANGED, code=1, said=["HTTP 502"])
    assert github.count("POST", "comments") < 6


@pytest.mark.parametrize("status", [0, 500, 403, 200])
@pytest.mark.parametrize("page", [1, 2])
def test_a_listing_that_fails_never_leads_to_a_new_comment(
    github: GitHub, workflow: Workflow, status: int, page: int
) -> None:
    for number in range(150):
        github.said(f"comment {number}", STRANGER)
    github.said(f"{MARKER}\nold", BOT)
    github.fail("GET", COMMENTS, status, body={"message": "no list"}, skip=page - 1, times=99)
    workflow.comment(CHANGED, code=1)
    assert github.count("POST", "comments") == 0


def test_a_reading_that_failed_once_is_tried_again(github: GitHub, workflow: Workflow) -> None:
    github.fail("GET", COMMENTS, 502)
    github.fail("POST", "/graphql", 502)
    workflow.comment(CHANGED)
    assert len(github.comments) == 1


@pytest.mark.parametrize("status", [0, 502])
def test_an_edit_whose_answer_was_lost_is_sent_again(
    github: GitHub, workflow: Workflow, status: int
) -> None:
    github.said(f"{MARKER}\nold", BOT)
    github.fail("PATCH", r"comments/\d+", status, after=True)
    workflow.comment(CHANGED)
    assert len(github.comments) == 1
    assert github.count("PATCH") == 2


def test_a_comment_that_was_deleted_meanwhile_is_made_again(
    github: GitHub, workflow: Workflow
) -> None:
    ours = github.said(f"{MARKER}\nold", BOT)
    gone = {"message": "Not Found"}
    github.fail("PATCH", r"comments/\d+", 404, body=gone, then=github.comments.clear)
    workflow.comment(CHANGED)
    (comment,) = github.comments
    assert comment["id"] != ours["id"]


def test_a_second_one_that_cannot_be_deleted_is_only_mentioned(
    github: GitHub, workflow: Workflow
) -> None:
    github.said(f"{MARKER}\nold", BOT)
    github.said(f"{MARKER}\nnewer", BOT)
    github.fail("DELETE", r"comments/\d+", 403, body={"message": "no"})
    workflow.comment(CHANGED, said=["an older one of ours stays"])


# -- limits


def limited(**headers: str) -> dict[str, object]:
    told = {"message": "You have exceeded a secondary rate limit. Please wait a few minutes."}
    return {"body": told, "headers": {name.replace("_", "-"): headers[name] for name in headers}}


@pytest.mark.parametrize("status", [403, 429])
def test_retry_after_is_obeyed(github: GitHub, workflow: Workflow, status: int) -> None:
    github.fail("POST", COMMENTS, status, **limited(retry_after="17"))
    workflow.comment(CHANGED, said=["waiting 17 s"])
    assert 17 in workflow.waits
    assert len(github.comments) == 1


def test_retry_after_of_a_failing_server_is_obeyed_as_well(
    github: GitHub, workflow: Workflow
) -> None:
    github.fail("GET", COMMENTS, 503, headers={"Retry-After": "9"})
    workflow.comment(CHANGED)
    assert workflow.waits == [9]


def test_a_primary_limit_is_waited_for_by_githubs_own_clock(
    github: GitHub, workflow: Workflow
) -> None:
    headers = {
        "x-ratelimit-remaining": "0",
        "x-ratelimit-reset": "1000000090",
        "Date": "Sun, 09 Sep 2001 01:46:40 GMT",  # 1,000,000,000 seconds
    }
    github.fail("GET", COMMENTS, 403, body={"message": "API rate limit exceeded"}, headers=headers)
    workflow.comment(CHANGED)
    assert workflow.waits == [91]


def test_a_limit_that_graphql_tells_of_with_a_200_is_waited_for(
    github: GitHub, workflow: Workflow
) -> None:
    told = {"errors": [{"type": "RATE_LIMITED", "message": "API rate limit exceeded"}]}
    github.fail("POST", "/graphql", 200, body=told, headers={"Retry-After": "12"})
    workflow.comment(CHANGED)
    assert workflow.waits == [12]
    github.fail("POST", "/graphql", 200, body={"errors": [{"message": "no viewer"}]})
    workflow.comment(CHANGED, code=1, said=["whose token it is: no viewer"])


def test_a_secondary_limit_without_a_time_is_waited_for_longer_each_time(
    github: GitHub, workflow: Workflow
) -> None:
    github.fail("POST", COMMENTS, 403, times=2, **limited())
    workflow.comment(CHANGED)
    assert workflow.waits == [60, 120]


@pytest.mark.parametrize("headers", [{"retry_after": "301"}, {"retry_after": "3600"}])
def test_github_is_not_waited_for_longer_than_max_wait(
    github: GitHub, workflow: Workflow, headers: dict[str, str]
) -> None:
    github.fail("POST", COMMENTS, 429, times=2, **limited(**headers))
    workflow.comment(CHANGED, code=1, said=["secondary rate limit", "--max-wait"])
    workflow.comment(CHANGED, "--or-summary", code=1)  # a limit is no lack of rights
    assert workflow.waits == []
    assert github.comments == []


def test_all_waiting_together_stays_within_max_wait(github: GitHub, workflow: Workflow) -> None:
    github.fail("POST", COMMENTS, 429, times=9, **limited(retry_after="8"))
    workflow.comment(CHANGED, "--max-wait", "20s", code=1, said=["--max-wait leaves 4 s"])
    assert workflow.waits == [8, 8]
    assert github.comments == []
