"""`catalogctl comment --issue`: one open issue while something is left, closed afterwards."""

from __future__ import annotations

from dataclasses import replace

import pytest

from builders import plan
from catalogctl.cli import exits
from catalogctl.model import Outcome
from github.fake import BOT, STRANGER, GitHub
from github.job import CHANGED, EMPTY, RESULT, Workflow

MARKER = "<!-- catalogctl:nightly -->"
OPTIONS = ("--issue", "Drift", "--environment", "nightly")


def test_an_issue_lives_as_long_as_something_is_left(github: GitHub, workflow: Workflow) -> None:
    assert workflow.comment(EMPTY, *OPTIONS).out == ""
    assert github.issues == []

    opened = workflow.comment(CHANGED, *OPTIONS)
    (issue,) = github.issues
    assert opened.out == issue["html_url"] + "\n"
    assert (issue["title"], issue["state"]) == ("Drift", "open")
    assert issue["body"].startswith(f"{MARKER}\n")

    fewer = replace(CHANGED, changes=CHANGED.changes[:1])
    assert workflow.comment(fewer, *OPTIONS).out == opened.out
    assert "1 to change" in issue["body"]

    assert workflow.comment(EMPTY, *OPTIONS).out == opened.out
    assert (issue["state"], issue["state_reason"]) == ("closed", "completed")
    assert "No changes." in issue["body"]
    (word,) = github.comments
    assert word["number"] == issue["number"]
    assert word["body"].startswith(f"{MARKER}\nNothing is left. Plan: 0 to change")


def test_drift_after_that_is_a_new_issue(github: GitHub, workflow: Workflow) -> None:
    workflow.comment(CHANGED, *OPTIONS)
    workflow.comment(EMPTY, *OPTIONS)
    workflow.comment(CHANGED, *OPTIONS)
    assert [each["state"] for each in github.issues] == ["closed", "open"]


def test_a_quiet_night_changes_nothing(github: GitHub, workflow: Workflow) -> None:
    workflow.comment(CHANGED, *OPTIONS)
    workflow.comment(CHANGED, *OPTIONS)
    assert github.count("POST", "issues$") == 1
    assert github.count("PATCH") == 0


def test_another_title_renames_the_issue(github: GitHub, workflow: Workflow) -> None:
    workflow.comment(CHANGED, *OPTIONS)
    workflow.comment(CHANGED, "--issue", "Drift of prod", "--environment", "nightly")
    assert [each["title"] for each in github.issues] == ["Drift of prod"]


def test_issues_of_others_and_pull_requests_are_never_touched(
    github: GitHub, workflow: Workflow
) -> None:
    github.opened("Drift", f"{MARKER}\nforged", STRANGER)
    github.opened("Drift", f"{MARKER}\na pull request", BOT, pull_request={"url": "x"})
    github.opened("Drift", "by us, without a marker", BOT)
    workflow.comment(CHANGED, *OPTIONS)
    workflow.comment(EMPTY, *OPTIONS)
    assert [each["state"] for each in github.issues] == ["open", "open", "open", "closed"]
    assert github.count("PATCH") == 1 + 1  # the body, and the end, of our own


def test_of_two_of_our_own_the_first_is_kept_and_the_other_closed(
    github: GitHub, workflow: Workflow
) -> None:
    first = github.opened("Drift", f"{MARKER}\nold", BOT)
    second = github.opened("Drift", f"{MARKER}\nnewer", BOT)
    assert workflow.comment(CHANGED, *OPTIONS).out == first["html_url"] + "\n"
    assert (second["state"], second["state_reason"]) == ("closed", "not_planned")


def test_an_issue_is_found_behind_a_hundred_others(github: GitHub, workflow: Workflow) -> None:
    ours = github.opened("Drift", f"{MARKER}\nold", BOT)
    for number in range(120):
        github.opened(f"issue {number}", "", STRANGER)
    assert workflow.comment(CHANGED, *OPTIONS).out == ours["html_url"] + "\n"


def test_an_issue_that_two_pages_show_is_still_one(github: GitHub, workflow: Workflow) -> None:
    ours = github.opened("Drift", f"{MARKER}\nold", BOT)
    github.fail("GET", "/issues", 200, body=[ours, ours])
    workflow.comment(CHANGED, *OPTIONS)
    assert ours["state"] == "open"


@pytest.mark.parametrize("status", [0, 502])
def test_an_issue_whose_creation_was_not_answered_is_not_made_twice(
    github: GitHub, workflow: Workflow, status: int
) -> None:
    github.fail("POST", "/issues", status, after=True)
    workflow.comment(CHANGED, *OPTIONS)
    assert len(github.issues) == 1


def test_an_apply_leaves_an_issue_for_what_did_not_arrive(
    github: GitHub, workflow: Workflow
) -> None:
    failed = CHANGED.changes[1].ended(Outcome.FAILED, "no such tag")
    partly = plan(RESULT.changes[0], failed, applied=True)
    workflow.comment(partly, *OPTIONS)
    assert "🔴 Failed (1)" in github.issues[0]["body"]
    workflow.comment(RESULT, *OPTIONS)
    assert github.issues[0]["state"] == "closed"


def test_no_commit_and_no_event_are_needed_for_an_issue(github: GitHub, workflow: Workflow) -> None:
    workflow.env(GITHUB_EVENT_PATH=None, GITHUB_SHA=None)
    workflow.comment(CHANGED, *OPTIONS)
    assert len(github.issues) == 1


def test_issues_that_are_switched_off_are_said(github: GitHub, workflow: Workflow) -> None:
    told = {"message": "Issues are disabled for this repo"}
    github.fail("GET", "/issues", 410, body=told)
    workflow.comment(CHANGED, *OPTIONS, code=1, said=["Issues are disabled for this repo"])
    github.fail("POST", "/issues", 410, body=told)  # however it may be asked
    workflow.comment(CHANGED, *OPTIONS, "--or-summary", code=1, said=["Issues are disabled"])


def test_a_token_without_the_right_falls_back_on_the_summary(
    github: GitHub, workflow: Workflow
) -> None:
    github.fail("POST", "/issues", 403, body={"message": "Resource not accessible by integration"})
    workflow.comment(CHANGED, *OPTIONS, "--or-summary", said=["issues: write"])
    assert "2 to change" in workflow.summary.read_text()


def test_an_issue_and_a_pull_request_exclude_each_other(workflow: Workflow) -> None:
    workflow.comment(CHANGED, *OPTIONS, "--pr", "7", code=exits.USAGE)
