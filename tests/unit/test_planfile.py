"""The saved plan: documented shape, the same bytes, and refusals of what is not one."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalogctl import planfile
from catalogctl.errors import Diagnostic, InvalidError, Location, Severity
from catalogctl.model import (
    Action,
    Address,
    CatalogInfo,
    Change,
    FieldChange,
    Origin,
    Outcome,
    Plan,
    Secret,
    Verdict,
    Violation,
    encode_part,
)

TEXT = st.text(max_size=12)
PLACE = st.builds(Location, st.just("catalog-specs/a.yaml"), st.integers(1, 99), st.integers(1, 99))
VALUE = st.one_of(
    st.none(),
    TEXT,
    st.booleans(),
    st.integers(0, 9),
    st.lists(TEXT, max_size=3).map(tuple),
    st.builds(Secret, TEXT),
)
MEMBERS = st.one_of(st.none(), st.lists(TEXT, max_size=3).map(tuple))
FIELD = st.builds(
    FieldChange,
    path=TEXT,
    before=VALUE,
    after=VALUE,
    added=MEMBERS,
    removed=MEMBERS,
    exact=st.booleans(),
    origin=st.sampled_from(Origin),
    verdict=st.sampled_from(Verdict),
    message=st.one_of(st.none(), TEXT),
    source=st.one_of(st.none(), PLACE),
    outcome=st.one_of(st.none(), st.sampled_from(Outcome)),
).filter(lambda field: (field.added is None) == (field.removed is None))
ADDRESS = st.builds(
    Address,
    st.sampled_from(["prod", "test"]),
    st.just("Table"),
    TEXT.map(encode_part),
    st.booleans(),
)
CHANGE = st.builds(
    Change, ADDRESS, st.sampled_from(Action), st.lists(FIELD, min_size=1, max_size=3).map(tuple)
)
PLAN = st.builds(
    Plan,
    changes=st.lists(CHANGE, max_size=3).map(tuple),
    in_sync=st.integers(0, 99),
    catalogs=st.dictionaries(
        st.sampled_from(["prod", "test"]),
        st.builds(CatalogInfo, st.just("openmetadata"), TEXT, TEXT, TEXT),
    ),
    guards=st.lists(st.builds(Violation, TEXT, TEXT, TEXT), max_size=2).map(tuple),
    diagnostics=st.lists(
        st.builds(
            Diagnostic, TEXT, TEXT, st.one_of(st.none(), PLACE), TEXT, st.sampled_from(Severity)
        ),
        max_size=2,
    ).map(tuple),
    allowed=st.lists(TEXT, max_size=2).map(tuple),
    applied=st.booleans(),
)


@given(PLAN)
def test_a_plan_is_read_back_as_it_was_written(plan: Plan) -> None:
    assert planfile.loads(planfile.dumps(plan), "plan.json") == plan


@given(PLAN)
def test_the_same_plan_gives_the_same_bytes(plan: Plan) -> None:
    again = planfile.loads(planfile.dumps(plan), "plan.json")
    assert planfile.dumps(again) == planfile.dumps(plan)


def sample() -> Plan:
    tags = FieldChange(
        "columns.email.tags",
        before=("PII.None",),
        after=("PII.None", "PII.Sensitve"),
        added=("PII.Sensitve",),
        removed=(),
        verdict=Verdict.REFUSED,
        message="Tag PII.Sensitve not found",
        source=Location("catalog-specs/customers.yaml", 11, 5),
    )
    text = FieldChange(
        "description",
        before="old",
        after="One row per customer.",
        source=Location("catalog-specs/customers.yaml", 3, 1),
    )
    address = Address("openmetadata", "Table", "snowflake_prod.analytics.public.customers")
    return Plan(
        changes=(Change(address, Action.UPDATE, (tags, text)),),
        in_sync=408,
        catalogs={
            "openmetadata": CatalogInfo("openmetadata", "https://om", "1.9.1", "ingestion-bot")
        },
    )


def test_the_json_is_the_documented_one() -> None:
    body = planfile.dump(sample())
    assert body.pop("digest")
    assert body.pop("tool_version")
    assert body == {
        "format_version": "1.0",
        "kind": "plan",
        "base": None,
        "catalogs": {
            "openmetadata": {
                "type": "openmetadata",
                "url": "https://om",
                "server_version": "1.9.1",
                "principal": "ingestion-bot",
            }
        },
        "summary": {
            "objects": 409, "in_sync": 408, "create": 0, "update": 1, "delete": 0, "trigger": 0,
            "drift": 0, "conflict": 0, "refused": 1, "unverified": 0,
        },
        "changes": [
            {
                "address": "Table/snowflake_prod.analytics.public.customers",
                "catalog": "openmetadata",
                "kind": "Table",
                "action": "update",
                "origin": "change",
                "verdict": "refused",
                "fields": [
                    {
                        "path": "columns.email.tags",
                        "before": ["PII.None"],
                        "after": ["PII.None", "PII.Sensitve"],
                        "added": ["PII.Sensitve"],
                        "removed": [],
                        "origin": "change",
                        "verdict": "refused",
                        "message": "Tag PII.Sensitve not found",
                        "source": {
                            "file": "catalog-specs/customers.yaml", "line": 11, "column": 5,
                        },
                    },
                    {
                        "path": "description",
                        "before": "old",
                        "after": "One row per customer.",
                        "origin": "change",
                        "verdict": "unverified",
                        "source": {
                            "file": "catalog-specs/customers.yaml", "line": 3, "column": 1,
                        },
                    },
                ],
            }
        ],
        "guards": [],
        "diagnostics": [],
    }  # fmt: skip


def test_a_result_counts_outcomes_by_object() -> None:
    change = sample().changes[0].ended(Outcome.APPLIED)
    body = planfile.dump(Plan(changes=(change,), applied=True))
    assert body["kind"] == "result"
    assert body["changes"][0]["outcome"] == "applied"
    outcomes = {word: body["summary"][word] for word in ("applied", "failed", "skipped", "unknown")}
    assert outcomes == {"applied": 1, "failed": 0, "skipped": 0, "unknown": 0}


def test_what_a_terminal_obeys_and_what_no_utf8_holds_is_escaped_in_the_text() -> None:
    nasty = "\x9b31m \u202e \u2028 \ud800 \x85 \u00e9 \U0001f600"
    plan = replace(sample(), base=nasty)
    text = planfile.dumps(plan)
    assert text.encode("utf-8").decode() == text
    assert not {"\x9b", "\u202e", "\u2028", "\ud800", "\x85"} & set(text)
    assert {"\u00e9", "\U0001f600"} <= set(text)
    assert planfile.loads(text, "plan.json") == plan


@pytest.mark.parametrize("share", ["", "1", "a/b", 7])
def test_a_share_that_is_none_is_refused(share: object) -> None:
    with pytest.raises(InvalidError) as problem:
        planfile.loads(reindexed(share=share), "plan.json")
    assert problem.value.diagnostics[0].code == "PLAN901"


def test_unknown_keys_are_ignored() -> None:
    body = planfile.dump(sample())
    body["from_the_future"] = {"x": 1}
    body["digest"] = planfile.digest(body)
    assert planfile.loads(json.dumps(body), "plan.json") == sample()


def edited(**changes: Any) -> str:
    body = {**planfile.dump(sample()), **changes}
    return json.dumps(body)


def reindexed(**changes: Any) -> str:
    body = {**planfile.dump(sample()), **changes}
    return json.dumps({**body, "digest": planfile.digest(body)})


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "PLAN901"),
        ("[]", "PLAN901"),
        ('{"kind": "diagnostics"}', "PLAN901"),
        (planfile.dumps(sample())[:-40], "PLAN901"),
        (reindexed(format_version="2.0"), "PLAN902"),
        (edited(summary={"in_sync": 1}), "PLAN903"),
        (reindexed(changes=[{"address": "Table/x"}]), "PLAN901"),
        (reindexed(changes=7), "PLAN901"),
    ],
)
def test_what_is_no_plan_is_refused_with_a_reason(text: str, code: str) -> None:
    with pytest.raises(InvalidError) as problem:
        planfile.loads(text, "plan.json")
    (found,) = problem.value.diagnostics
    assert (found.code, found.location) == (code, Location("plan.json"))
    assert found.hint == "make a new one with `catalogctl plan --out FILE`"
