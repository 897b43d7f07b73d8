"""`catalogctl comment`: one comment of ours, whatever GitHub and others do meanwhile."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace

import pytest

from builders import change, field_change, plan
from catalogctl.cli import exits
from catalogctl.model import Violation
from github.fake import BOT, REPO, STRANGER, TOKEN, GitHub
from github.job import CHANGED, EMPTY, HEAD, RESULT, SHA, Workflow

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
    github.fail("POST", COMMENTS, 429, **limited(**headers))
    workflow.comment(CHANGED, code=1, said=["secondary rate limit", "--max-wait"])
    assert workflow.waits == []
    workflow.comment(CHANGED, "--or-summary")


def test_all_waiting_together_stays_within_max_wait(github: GitHub, workflow: Workflow) -> None:
    github.fail("POST", COMMENTS, 429, times=9, **limited(retry_after="8"))
    workflow.comment(CHANGED, "--max-wait", "20s", code=1, said=["--max-wait leaves 4 s"])
    assert workflow.waits == [8, 8]
    assert github.comments == []


# -- where


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
