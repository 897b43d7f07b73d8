"""What a source says about cursors, keys and sync types."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from catalogctl.errors import Forbidden
from catalogctl.model import Prediction, Verdict
from catalogctl.providers.posthog import rehearsal
from catalogctl.providers.posthog.wire import Offer
from unit.providers.posthog.hogs import case, schema


def offer(**more: Any) -> Offer:
    fields = [
        {"field": "id", "field_type": "integer", "nullable": False, "is_indexed": True},
        {"field": "updated_at", "field_type": "timestamp", "nullable": True, "is_indexed": False},
        {"field": "created", "field_type": "integer", "label": "created_at"},
    ]
    known = {
        "incremental_fields": fields,
        "incremental_available": True,
        "append_available": True,
        "full_refresh_available": True,
        "cdc_available": None,
        "supports_webhooks": False,
        "available_columns": [{"field": "id"}, {"field": "updated_at"}],
        "detected_primary_keys": ["id"],
    }
    return msgspec.convert({**known, **more}, Offer)


def said(live: dict[str, Any], given: Offer, /, **after: Any) -> dict[str, Prediction]:
    found = rehearsal.verdicts(case(schema(**live), **after), given)
    assert {each.path for each in found} <= after.keys(), "only of what changes"
    assert len({each.path for each in found}) == len(found)
    return {each.path: each for each in found}


def test_a_good_cursor_is_verified_with_what_is_odd_about_it() -> None:
    fields = {"incremental_field": "updated_at", "incremental_field_type": "timestamp"}
    found = said({}, offer(), sync_type="incremental", **fields)
    assert {each.verdict for each in found.values()} == {Verdict.VERIFIED}
    assert found.keys() == {"sync_type", *fields}
    remark = str(found["incremental_field"].message)
    assert "null are not synced" in remark
    assert "no index" in remark
    live = {"sync_type": "append", "incremental_field_type": "integer"}
    good = said(live, offer(), incremental_field="id")
    assert good["incremental_field"].message is None


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("updated", "did you mean updated_at? it offers id, updated_at, created"),
        ("created_at", "write created: created_at is only how PostHog shows it"),
        ("qq", "it offers id, updated_at, created"),
    ],
)
def test_a_wrong_cursor_is_refused_with_what_there_is(name: str, hint: str) -> None:
    found = said({"sync_type": "append"}, offer(), incremental_field=name)["incremental_field"]
    assert (found.verdict, found.message) == (Verdict.REFUSED, f"orders has no cursor {name}")
    assert found.hint == hint


def test_a_cursor_that_is_there_already_is_blamed_on_the_new_type() -> None:
    found = said({"incremental_field": "gone"}, offer(), sync_type="append")
    assert found["sync_type"].verdict is Verdict.REFUSED
    assert said({"incremental_field": "gone", "sync_type": "xmin"}, offer(), sync_type="cdc")


def test_the_type_of_the_cursor_is_the_source_s_to_tell() -> None:
    live = {"sync_type": "append"}
    wrong = said(live, offer(), incremental_field="id", incremental_field_type="timestamp")
    assert wrong["incremental_field"].verdict is Verdict.VERIFIED
    assert wrong["incremental_field_type"].verdict is Verdict.REFUSED
    assert wrong["incremental_field_type"].hint == "declare incremental_field_type: integer"
    missing = said(live, offer(), incremental_field="id")["incremental_field"]
    assert missing.message == "the cursor id needs its type"
    undeclared = said(
        {**live, "incremental_field_type": "integer"}, offer(), incremental_field="updated_at"
    )
    assert undeclared["incremental_field"].verdict is Verdict.REFUSED


@pytest.mark.parametrize(
    ("flags", "wanted", "verdict"),
    [
        ({}, "full_refresh", Verdict.VERIFIED),
        ({"incremental_available": False}, "incremental", Verdict.REFUSED),
        ({}, "webhook", Verdict.REFUSED),
        ({"webhook_only": True, "supports_webhooks": True}, "webhook", Verdict.VERIFIED),
        ({"webhook_only": True}, "full_refresh", Verdict.REFUSED),
        ({}, "cdc", Verdict.UNVERIFIED),
        ({"cdc_available": False}, "cdc", Verdict.REFUSED),
        ({"xmin_available": True}, "xmin", Verdict.VERIFIED),
    ],
)
def test_a_sync_type_is_possible_or_not(
    flags: dict[str, Any], wanted: str, verdict: Verdict
) -> None:
    live = {"incremental_field": "id", "incremental_field_type": "integer"}
    assert said(live, offer(**flags), sync_type=wanted)["sync_type"].verdict is verdict


def test_an_incremental_sync_needs_a_key_where_keys_can_be_found() -> None:
    live = {"incremental_field": "day", "incremental_field_type": "date"}
    view = {
        "incremental_fields": [{"field": "day", "field_type": "date"}],
        "available_columns": [{"field": "day"}],
        "detected_primary_keys": [],
        "primary_key_detection_supported": True,
    }
    found = said(live, offer(**view), sync_type="incremental")["sync_type"]
    assert found.verdict is Verdict.REFUSED
    keyed = said(live, offer(**view), sync_type="incremental", primary_key_columns=("day",))
    assert keyed["sync_type"].verdict is Verdict.VERIFIED


def test_a_key_is_made_of_columns_that_are_there() -> None:
    live = {"sync_type": "append", "incremental_field": "id", "incremental_field_type": "integer"}
    wrong = said(live, offer(), primary_key_columns=("id", "idd"))["primary_key_columns"]
    assert (wrong.verdict, wrong.member) == (Verdict.REFUSED, "idd")
    assert (wrong.message, wrong.hint) == ("orders has no column idd", "did you mean id?")
    right = said(live, offer(), primary_key_columns=("updated_at", "id"))
    assert right["primary_key_columns"].verdict is Verdict.VERIFIED
    assert said(live, offer(available_columns=[]), primary_key_columns=("x",)) == {}


def test_only_existing_schemas_and_set_fields_are_worth_the_question() -> None:
    assert rehearsal.is_worth_it(case(schema(), sync_type="append"))
    assert not rehearsal.is_worth_it(case(schema(), sync_type="", primary_key_columns=()))
    assert not rehearsal.is_worth_it(case(schema(), sync_frequency="1hour"))
    assert not rehearsal.is_worth_it(case(None, sync_type="append"))


def test_a_question_that_fails_leaves_the_fields_unverified_with_the_reason() -> None:
    met = case(schema(), sync_type="append", sync_frequency="1hour")
    (found,) = rehearsal.unasked(met, Forbidden("the key lacks the scope x."))
    assert (found.path, found.verdict) == ("sync_type", Verdict.UNVERIFIED)
    assert found.message == "not rehearsed: the key lacks the scope x"
