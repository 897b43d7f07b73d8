"""PostHog's own words for what went wrong, and what passes while planning."""

from __future__ import annotations

import json
from typing import Any

import pytest

from catalogctl.client.failures import of_answer
from catalogctl.config import Connection
from catalogctl.errors import InvalidError
from catalogctl.providers import connect
from catalogctl.providers.posthog.api import NO_PROJECT, base_url, explain, is_rehearsal


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (
            {"type": "validation_error", "code": "c", "detail": "Not so.", "attr": None},
            "Not so.",
        ),
        ({"detail": '"x" is not a valid choice.', "attr": "a"}, 'a: "x" is not a valid choice.'),
        ({"message": "Could not connect."}, "Could not connect."),
        ({"detail": "No running sync to cancel."}, "No running sync to cancel."),
        ({"success": False, "error": "nope"}, "nope"),
        (
            {"detail": "API key missing required scope 'external_data_source:write'"},
            "the key lacks the scope external_data_source:write",
        ),
        (
            {"detail": "This action does not support Personal API Key access"},
            "PostHog lets no API key do this",
        ),
        (
            {"detail": "API key does not have access to the requested project: ID 2."},
            "the key has no access to project 2",
        ),
        ({"detail": "Project not found."}, NO_PROJECT),
        ({"odd": 1}, '{"odd": 1}'),
        ([1], "[1]"),
    ],
)
def test_errors_are_told_in_posthog_s_words_or_plain_ones(body: Any, said: str) -> None:
    assert explain(400, json.dumps(body).encode()) == (400, said)


def test_a_body_that_is_no_json_stays_as_it_is() -> None:
    assert explain(502, b"<html>") == (502, "<html>")
    assert explain(500, b"") == (500, "")


def test_a_limit_says_how_long_also_without_a_header() -> None:
    body = json.dumps({"detail": "Request was throttled. Expected available in 7 seconds."})
    found = of_answer(429, {}, body.encode(), explain, "http://x", True)
    assert (found.retry_after, found.transient) == (7.0, True)
    told = of_answer(429, {"retry-after": "3"}, body.encode(), explain, "http://x", True)
    assert told.retry_after == 3.0


ASKING = "/api/projects/1/external_data_schemas/s1/incremental_fields/"


@pytest.mark.parametrize(
    ("method", "path", "params", "passes"),
    [
        ("POST", ASKING, {}, True),
        ("POST", ASKING.replace("/1/", "/@current/"), {}, True),
        ("POST", ASKING, {"a": "b"}, False),
        ("PATCH", ASKING, {}, False),
        ("POST", ASKING.replace("incremental_fields", "reload"), {}, False),
        ("POST", "/x" + ASKING, {}, False),
        ("POST", ASKING + "more/", {}, False),
        ("POST", ASKING.replace("schemas", "sources"), {}, False),
    ],
)
def test_only_the_question_about_cursors_passes_while_planning(
    method: str, path: str, params: dict[str, str], passes: bool
) -> None:
    assert is_rehearsal(method, path, params) is passes


@pytest.mark.parametrize("host", ["https://x", "https://x/", "https://x/api", "https://x/api/"])
def test_a_host_may_end_in_api(host: str) -> None:
    assert base_url(host) == "https://x"


def test_a_missing_project_is_said_before_anything_is_sent() -> None:
    with pytest.raises(InvalidError, match="project_id"):
        connect(Connection("posthog", "posthog", "http://127.0.0.1:1", token="x"))
