"""`catalogctl comment`: one comment of ours, edited in place, and what it shows."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace

import pytest

from builders import change, field_change, plan
from catalogctl.cli import exits
from catalogctl.model import Violation
from github.fake import BOT, REPO, STRANGER, GitHub
from github.job import CHANGED, EMPTY, RESULT, Workflow

MARKER = "<!-- catalogctl:default -->"
COMMENTS = f"/repos/{REPO}/issues/7/comments"
PERSON = {"login": "alice", "id": 5, "type": "User"}


def test_the_first_run_makes_a_comment_and_prints_its_url(
    github: GitHub, workflow: Workflow
) -> None:
    ended = workflow.comment(CHANGED)
    (comment,) = github.comments
    assert ended.out == comment["html_url"] + "\n"
    assert comment["number"] == 7
    assert comment["body"].startswith(f"{MARKER}\n## catalogctl\n\n### Plan: 2 to change")


def test_the_next_run_edits_it_in_place(github: GitHub, workflow: Workflow) -> None:
    first = workflow.comment(CHANGED)
    second = workflow.comment(EMPTY)
    assert second.out == first.out
    (comment,) = github.comments
    assert "No changes." in comment["body"]
    assert github.count("POST", "comments$") == 1


def test_a_comment_that_says_it_already_is_not_sent_again(
    github: GitHub, workflow: Workflow
) -> None:
    first = workflow.comment(CHANGED)
    github.comments[0]["body"] = github.comments[0]["body"].replace("\n", "\r\n").strip()
    assert workflow.comment(CHANGED).out == first.out
    assert github.count("PATCH") == 0


def test_each_environment_has_a_comment_of_its_own(github: GitHub, workflow: Workflow) -> None:
    workflow.comment(CHANGED, "--environment", "prod")
    workflow.comment(CHANGED, "--environment", "prod.eu-1")
    workflow.comment(EMPTY, "--environment", "prod")
    one, other = (each["body"] for each in github.comments)
    assert one.startswith("<!-- catalogctl:prod -->\n## catalogctl: `prod`\n")
    assert "No changes." in one
    assert other.startswith("<!-- catalogctl:prod.eu-1 -->\n")
    assert "2 to change" in other


@pytest.mark.parametrize("name", ["", "a b", "-->", "é", "x\n"])
def test_a_name_that_could_leave_the_marker_is_refused(workflow: Workflow, name: str) -> None:
    workflow.comment(CHANGED, "--environment", name, code=exits.USAGE, said=["letters, digits"])


def test_an_old_comment_is_found_on_the_second_page(github: GitHub, workflow: Workflow) -> None:
    for number in range(130):
        github.said(f"comment {number}", STRANGER)
    ours = github.said(f"{MARKER}\nold", BOT)
    for number in range(130):
        github.said(f"comment {number}", STRANGER)
    assert workflow.comment(CHANGED).out == ours["html_url"] + "\n"
    assert len(github.comments) == 261
    assert github.count("GET", "comments") == 3


def test_of_two_of_our_own_the_first_is_kept_and_the_other_deleted(
    github: GitHub, workflow: Workflow
) -> None:
    first = github.said(f"{MARKER}\nold", BOT)
    github.said(f"{MARKER}\nnewer", BOT)
    assert workflow.comment(CHANGED).out == first["html_url"] + "\n"
    assert [each["id"] for each in github.comments] == [first["id"]]
    assert "2 to change" in first["body"]


def test_a_race_that_was_lost_leaves_the_comment_of_the_winner(
    github: GitHub, workflow: Workflow
) -> None:
    def another_run() -> None:
        github.said(f"{MARKER}\nfrom another run", BOT)["id"] = 1

    github.fail("GET", COMMENTS, 200, body=[{"id": 2, "body": "hello"}], then=another_run)
    ended = workflow.comment(CHANGED)
    (winner,) = github.comments
    assert winner["id"] == 1
    assert ended.out == winner["html_url"] + "\n"
    assert "2 to change" in winner["body"]


def test_a_comment_that_the_next_listing_does_not_show_yet_is_not_made_twice(
    github: GitHub, workflow: Workflow
) -> None:
    for _ in range(2):
        github.fail("GET", COMMENTS, 200, body=[{"id": 2, "body": "hello"}])
    assert workflow.comment(CHANGED).out == github.comments[0]["html_url"] + "\n"
    assert len(github.comments) == 1


@pytest.mark.parametrize("author", [STRANGER, PERSON, {"login": "github-actions", "id": 9}, None])
def test_a_comment_of_somebody_else_is_never_touched_whatever_it_starts_with(
    github: GitHub, workflow: Workflow, author: dict[str, object] | None
) -> None:
    forged = github.said(f"{MARKER}\nforged", author or {})
    forged["user"] = author  # of an account that is gone GitHub gives null
    workflow.comment(CHANGED)
    assert github.comments[0]["body"] == f"{MARKER}\nforged"
    assert len(github.comments) == 2
    assert github.count("PATCH") == github.count("DELETE") == 0


def test_our_own_comment_without_the_marker_at_its_start_is_not_touched(
    github: GitHub, workflow: Workflow
) -> None:
    github.said(f"see {MARKER}", BOT)
    github.said("<!-- catalogctl:default2 -->", BOT)
    workflow.comment(CHANGED)
    assert len(github.comments) == 3


def test_a_person_with_a_token_edits_their_own_comment(github: GitHub, workflow: Workflow) -> None:
    github.viewer = PERSON
    github.said(f"{MARKER}\nof the bot", BOT)
    ours = github.said(f"{MARKER}\nof alice", PERSON)
    assert workflow.comment(CHANGED).out == ours["html_url"] + "\n"
    assert github.comments[0]["body"] == f"{MARKER}\nof the bot"


# -- what is shown


def test_no_first_comment_is_made_for_a_plan_without_changes_when_asked(
    github: GitHub, workflow: Workflow
) -> None:
    assert workflow.comment(EMPTY, "--skip-empty").out == ""
    assert github.comments == []
    stopped = replace(EMPTY, guards=(Violation("no-specs", "nothing", "--allow no-specs"),))
    workflow.comment(stopped, "--skip-empty")
    assert "Stopped by the guard" in github.comments[0]["body"]
    workflow.comment(EMPTY, "--skip-empty")
    assert "No changes." in github.comments[0]["body"]


def test_two_thousand_objects_fit_into_a_comment(github: GitHub, workflow: Workflow) -> None:
    many = [
        change(field_change(before="x" * 40, after="y" * 40), identity=f"a.b.c.t{n:04}")
        for n in range(2_000)
    ]
    refused = change(field_change().refused("no such tag"), identity="a.b.c.zzz")
    workflow.comment(plan(*many, refused))
    body = github.comments[0]["body"]
    assert 55_000 < len(body.encode()) <= 60_000
    assert "zzz" in body
    shown = len(re.findall(r"^<details>|^<p>", body, re.MULTILINE))
    assert f"**… {2001 - shown} of 2001 objects are not shown**" in body
    assert f'href="https://github.com/{REPO}/actions/runs/99">the workflow run</a>' in body


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        (lambda text: text[: len(text) // 2], "PLAN901"),
        (lambda text: text.replace('"new"', '"other"'), "PLAN903"),
        (
            lambda text: text.replace('"format_version": "1.0"', '"format_version": "2.0"'),
            "PLAN902",
        ),
    ],
)
def test_a_plan_that_cannot_be_trusted_is_refused_with_the_reason(
    github: GitHub, workflow: Workflow, spoil: Callable[[str], str], code: str
) -> None:
    file = workflow.save(CHANGED)
    file.write_text(spoil(file.read_text()))
    ended = workflow.run("comment", str(file))
    assert ended.code == exits.INVALID
    assert code in ended.err
    assert github.requests == []


def test_a_newer_minor_version_is_read(github: GitHub, workflow: Workflow) -> None:
    from catalogctl import planfile

    body = {**planfile.dump(CHANGED), "format_version": "1.7", "news": []}
    file = workflow.folder / "plan.json"
    file.write_text(json.dumps({**body, "digest": planfile.digest(body)}))
    assert workflow.run("comment", str(file)).code == 0


def test_several_shares_are_joined(github: GitHub, workflow: Workflow) -> None:
    one = workflow.save(replace(CHANGED, changes=CHANGED.changes[:1]), "one.json")
    other = workflow.save(replace(CHANGED, changes=CHANGED.changes[1:]), "other.json")
    ended = workflow.run("comment", str(one), str(other))
    assert ended.code == 0, ended.err
    assert "### Plan: 2 to change" in github.comments[0]["body"]


@pytest.mark.parametrize(("name", "made"), [("plan", CHANGED), ("result", RESULT)])
def test_a_comment_looks_like_this(
    github: GitHub,
    workflow: Workflow,
    golden: Callable[[str, str], None],
    name: str,
    made: object,
) -> None:
    workflow.comment(CHANGED if name == "plan" else RESULT, "--environment", "prod")
    golden(f"github/{name}.md", github.comments[0]["body"])
