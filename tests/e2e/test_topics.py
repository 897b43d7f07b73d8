"""Topics and messaging services, where the server takes their CSV and where it does not."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from catalogctl.sandbox import Sandbox
from e2e.project import Project

TOPICS = 300
SERVERS = [("1.6", "off"), ("2.0", "off"), ("2.0", "inferred"), ("2.0", "docs")]
SEED: dict[str, Any] = {
    "users": [{"name": "dave"}, {"name": "erin"}],
    "teams": [{"name": "streams", "teamType": "Group"}],
    "domains": [{"name": "Sales", "domainType": "Aggregate", "description": "Sales."}],
    "messagingServices": [{"name": "kafka", "serviceType": "Kafka"}],
    "topics": [
        {"name": "orders", "messagingService": "kafka", "description": "Old.", "tags": []},
        {"name": "web.clicks", "messagingService": "kafka", "tags": ["PII.Sensitive"]},
        {"name": "untouched", "messagingService": "kafka", "description": "Kept."},
        *({"name": f"t{number:03}", "messagingService": "kafka"} for number in range(TOPICS)),
    ],
}
SPECS = """\
kind: MessagingService
name: kafka
displayName: The bus
description: "Events, of everything."
tags: [Tier.Tier2]
owners: [team:streams]
domains: [Sales]
---
kind: Topic
name: kafka.orders
displayName: Orders
description: |
  Commas, "quotes", <b>html</b> and 😀;

  = and a second paragraph
tags: [PII.None]
owners: [user:dave]
domains: [Sales]
followers: [erin]
vote: votedUp
---
kind: Topic
name: kafka."web.clicks"
description: "#clicks"
tags: [Tier.Tier3]
"""


@pytest.fixture(params=SERVERS, ids=lambda server: f"{server[0]}-{server[1]}")
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Any:
    return request.param


@pytest.fixture
def streams(
    server: tuple[str, str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Iterator[Project]:
    seed = tmp_path / "seed.json"
    seed.write_text(json.dumps(SEED), encoding="utf-8")
    mode, messaging_csv = server
    with Sandbox(mode=mode, messaging_csv=messaging_csv, seed=seed) as sandbox:
        project = Project(tmp_path, sandbox, monkeypatch, capsys)
        yield project
        project.http.close()


def write(project: Project, text: str) -> None:
    (project.root / "catalog-specs" / "kafka.yaml").write_text(text, encoding="utf-8")


def writes(project: Project) -> Counter[str]:
    """The writing calls so far: by their last word, or by method for a patch."""
    return Counter(
        "PATCH" if call["method"] == "PATCH" else call["path"].rsplit("/", 1)[-1]
        for call in project.sandbox.requests()
        if call["method"] != "GET" and "dryRun=true" not in call["query"]
    )


def topic(project: Project, name: str) -> Any:
    fields = "tags,owners,followers,votes"
    found = project.http.get(f"/topics/name/{name}", params={"fields": fields}).json()
    return {key: value for key, value in found.items() if key != "service"}


def test_one_spec_has_the_same_result_on_every_server(
    streams: Project, server: tuple[str, str]
) -> None:
    write(streams, SPECS)
    before = topic(streams, "kafka.untouched")
    plan = streams("plan", "--format", "json")
    assert plan.json["summary"]["update"] == 3
    verdict = plan.field("description", "Topic/kafka.orders")["verdict"]
    assert verdict == ("unverified" if server[1] == "off" else "verified")
    streams("apply", "--yes")
    assert (
        streams("plan", "--detailed-exitcode", "--format", "json").json["summary"]["in_sync"] == 3
    )
    orders = topic(streams, "kafka.orders")
    assert orders["description"] == (
        'Commas, "quotes", <b>html</b> and 😀;\n\n= and a second paragraph'
    )
    assert [each["name"] for each in orders["followers"]] == ["erin"]
    clicks = topic(streams, 'kafka."web.clicks"')
    assert [label["tagFQN"] for label in clicks["tags"]] == ["PII.Sensitive", "Tier.Tier3"]
    assert topic(streams, "kafka.untouched") == before


def test_three_hundred_topics_are_planned_applied_and_planned_empty(
    streams: Project, server: tuple[str, str]
) -> None:
    write(
        streams,
        "---\n".join(
            f"kind: Topic\nname: kafka.t{number:03}\ndescription: Topic {number}.\n"
            for number in range(TOPICS)
        ),
    )
    streams("plan", "--format", "json")
    assert len(streams.sandbox.requests()) < 20  # pages and one rehearsal, not topics
    streams("apply", "--yes")
    done = writes(streams)
    assert done == ({"PATCH": TOPICS} if server[1] == "off" else {"import": 1})
    assert streams("plan", "--format", "json").json["summary"]["in_sync"] == TOPICS


def test_what_a_row_of_a_topic_cannot_carry_goes_by_patch(
    streams: Project, server: tuple[str, str]
) -> None:
    """The documented header has no cell for glossary terms and Tiers; another one has."""
    write(streams, 'kind: Topic\nname: kafka."web.clicks"\ntags: [Tier.Tier1]\n')
    streams("apply", "--yes")
    assert writes(streams) == ({"import": 1} if server[1] == "inferred" else {"PATCH": 1})


def test_a_topic_that_is_not_there_is_an_error_at_its_line(streams: Project) -> None:
    write(streams, "kind: Topic\nname: kafka.nope\ndescription: x\n")
    done = streams("plan", code=1)
    assert (
        "catalog-specs/kafka.yaml:2:1: error[PLAN001]: Topic/kafka.nope: name:"
        " Topic kafka.nope not found" in done.err
    )
    assert not writes(streams)


def test_a_wrong_tag_of_a_topic_is_refused_before_anything_is_written(streams: Project) -> None:
    write(streams, "kind: Topic\nname: kafka.orders\ntags:\n  - PII.None\n  - PII.Nope\n")
    done = streams("apply", "--yes", code=1)
    assert "catalog-specs/kafka.yaml:5:5: error[PLAN001]" in done.err
    assert not writes(streams)


def test_a_field_that_the_server_lacks_is_refused(
    streams: Project, server: tuple[str, str]
) -> None:
    write(streams, "kind: MessagingService\nname: kafka\nfollowers: [erin]\n")
    if server[0] == "1.6":
        done = streams("plan", "--format", "json", code=1)
        message = done.field("followers")["message"]
        assert message == "this server has no followers for messaging services"
    else:
        streams("apply", "--yes")
        streams("plan", "--detailed-exitcode")


def test_a_service_has_no_vote(streams: Project) -> None:
    write(streams, "kind: MessagingService\nname: kafka\nvote: votedUp\n")
    assert 'error[SPEC004]: unknown key "vote"' in streams("validate", code=4).err
