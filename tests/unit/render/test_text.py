"""The words that all renderers share."""

from __future__ import annotations

import sys
import unicodedata

import pytest
from hypothesis import given
from render_strategies import texts, values

from builders import change, field_change, plan, set_change
from catalogctl.model import Action, FieldChange, Origin, Outcome, Risk, Secret, Value, Verdict
from catalogctl.render import text
from catalogctl.render.text import Group
from catalogctl.render.words import Kind, Run, Shape

BIDI = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}


def test_every_control_and_direction_mark_of_unicode_is_spelt_out() -> None:
    for code in range(sys.maxunicode + 1):
        char = chr(code)
        acts = unicodedata.category(char) in ("Cc", "Cs", "Zl", "Zp")
        if acts or unicodedata.bidirectional(char) in BIDI or char in "\u200e\u200f\u061c\u200b":
            assert text.visible(char).isascii()


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("\x1b[31m", "\\x1b[31m"),
        ("\u202e", "\\u202e"),
        ("a\nb\tc\r", "a\\nb\\tc\\r"),
        ("\U000e0041", "\\U000e0041"),
        ("\ud83d", "\\ud83d"),
        ("PII.Sens\u200ditive", "PII.Sens\\u200ditive"),
        (
            "Größe, 漢字, 👩\u200d💻, \u0645\u06cc\u200c\u062e\u0648",
            "Größe, 漢字, 👩\u200d💻, \u0645\u06cc\u200c\u062e\u0648",
        ),
    ],
)
def test_what_acts_or_hides_is_spelt_out_and_what_people_write_is_not(raw: str, shown: str) -> None:
    assert text.visible(raw) == shown


def test_what_looks_alike_is_told_apart_where_words_change() -> None:
    assert text.visible_run(Run(Kind.REMOVED, "a\xa0b")) == "a\\xa0b"
    assert text.visible_run(Run(Kind.ADDED, "cafe\u0301")) == "cafe\\u0301"
    assert text.visible_run(Run(Kind.KEPT, "a\xa0b")) == "a\xa0b"


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, "(none)"),
        (True, "true"),
        (False, "false"),
        (5432, "5432"),
        ("5432", '"5432"'),
        ("true", '"true"'),
        ("(none)", '"(none)"'),
        ("", '""'),
        (" padded", '" padded"'),
        ("1hour", "1hour"),
        ("two\nlines", "two\\nlines"),
        ((), "[]"),
        (("a", "b"), "a, b"),
        (Secret("env/PG_PASSWORD"), "env/PG_PASSWORD"),
    ],
)
def test_a_value_stands_on_one_line_and_is_quoted_only_where_it_would_mislead(
    value: Value, shown: str
) -> None:
    assert text.value(value) == shown


@given(values)
def test_a_value_is_always_one_safe_line(value: Value) -> None:
    shown = text.value(value)
    assert shown
    assert shown == text.visible(shown)


def test_a_value_can_be_shortened() -> None:
    assert text.value("one two three four", 12) == "one two …"


@pytest.mark.parametrize("line", ["::error x", "  ::x", "\t::x", "\x1b[31m::x", "a\n::x\nb"])
def test_no_line_starts_as_a_workflow_command(line: str) -> None:
    assert "::" not in text.disarm(line)


def test_no_workflow_command_of_the_old_kind_is_left() -> None:
    assert "##[" not in text.disarm("x ##[error] ###[error]")
    assert "##vso[" not in text.disarm("##vso[task.complete]")


def test_other_output_is_not_touched_by_disarming() -> None:
    assert text.disarm("a::b ## heading #1") == "a::b ## heading #1"


@given(texts)
def test_disarming_twice_is_disarming_once(raw: str) -> None:
    assert text.disarm(text.disarm(raw)) == text.disarm(raw)


def test_the_summary_of_a_plan_has_a_fixed_shape() -> None:
    assert text.summary(plan(in_sync=409)) == (
        "Plan: 0 to change, 0 to add, 0 to remove, 0 drifted, 0 in conflict; 409 in sync"
    )


def test_triggers_and_refusals_are_in_the_summary_when_there_are_any() -> None:
    everything = plan(
        change(field_change(origin=Origin.DRIFT), identity="a"),
        change(field_change(origin=Origin.CONFLICT), identity="b"),
        change(identity="c", action=Action.CREATE),
        change(identity="d", action=Action.DELETE),
        change(identity="e", action=Action.TRIGGER),
        change(field_change().refused("no"), identity="f"),
        in_sync=1,
    )
    assert text.summary(everything) == (
        "Plan: 3 to change, 1 to add, 1 to remove, 1 to trigger, 1 drifted, 1 in conflict; "
        "1 in sync; 1 refused"
    )


def test_the_summary_of_a_result_counts_objects_by_outcome() -> None:
    ended = [change(identity=each.value).ended(each) for each in Outcome]
    result = plan(*ended, in_sync=407, applied=True)
    assert text.summary(result) == "Applied: 1 applied, 1 failed, 1 unknown, 1 skipped; 407 in sync"


def test_a_plan_says_how_much_of_it_is_unverified() -> None:
    verified = change(field_change(verdict=Verdict.VERIFIED), identity="a")
    assert text.sentences(plan(verified)) == []
    assert text.sentences(plan(verified, change(identity="b"))) == [
        "Rehearsed and accepted by the catalog: 1 of 2 fields; 1 unverified."
    ]
    assert text.sentences(plan(change())) == [
        "Rehearsed and accepted by the catalog: 0 of 1 field; 1 unverified."
    ]


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        (field_change(), Group.CHANGE),
        (field_change(after=""), Group.REMOVAL),
        (set_change(removed=("a",)), Group.REMOVAL),
        (set_change(added=("a",)), Group.CHANGE),
        (field_change(origin=Origin.DRIFT), Group.DRIFT),
        (field_change(after="", origin=Origin.CONFLICT), Group.CONFLICT),
        (field_change(origin=Origin.CONFLICT).refused("no"), Group.REFUSED),
    ],
)
def test_an_object_of_a_plan_stands_with_those_that_matter_as_much(
    field: FieldChange, expected: Group
) -> None:
    assert text.group(change(field)) is expected


@pytest.mark.parametrize(
    ("outcome", "expected"),
    [
        (Outcome.FAILED, Group.FAILED),
        (Outcome.UNKNOWN, Group.UNKNOWN),
        (Outcome.SKIPPED, Group.SKIPPED),
        (Outcome.APPLIED, Group.CHANGE),
    ],
)
def test_in_a_result_the_outcome_decides(outcome: Outcome, expected: Group) -> None:
    assert text.group(change().ended(outcome), applied=True) is expected
    assert text.group(change().ended(outcome)) is Group.CHANGE


def test_deleting_an_object_takes_something_away() -> None:
    assert text.group(change(action=Action.DELETE)) is Group.REMOVAL


def test_nothing_is_said_about_nothing() -> None:
    asked_for_nothing = FieldChange("columns.gone.tags", None, ()).refused("no such column")
    assert [line.text for line in text.lines(asked_for_nothing)] == ["refused: no such column"]


def test_a_conflict_in_a_long_text_shows_what_each_side_made_of_the_base() -> None:
    base = "One row per client, as the shop knows them, refreshed at night.\nSee the wiki."
    conflict = field_change(
        before=base.replace("client", "customer"),
        after=base.replace("the wiki", "the handbook"),
        base=base,
        origin=Origin.CONFLICT,
    )
    shown = [f"{line.shape.value}{line.text}" for line in text.lines(conflict)]
    assert shown == [
        "!conflict: git and the catalog both changed it",
        "#at the base",
        " One row per client, as the shop knows them, refreshed at night.",
        " See the wiki.",
        "#from the base to the catalog",
        "~One row per clientcustomer, as the shop knows them, refreshed at night.",
        " See the wiki.",
        "#from the base to git",
        " One row per client, as the shop knows them, refreshed at night.",
        "~See the wikihandbook.",
    ]


@pytest.mark.parametrize(
    ("risk", "shape", "said"),
    [
        (Risk.BILLABLE, Shape.QUIET, "billed"),
        (Risk.RESET, Shape.ALERT, "import everything again"),
        (Risk.DESTROY, Shape.ALERT, "destroys data"),
    ],
)
def test_a_risk_is_told_before_and_not_after(risk: Risk, shape: Shape, said: str) -> None:
    field = field_change("incremental_field", "id", "updated_at", risk=risk)
    told = [line for line in text.lines(field) if said in line.text]
    assert [line.shape for line in told] == [shape]
    done = field.ended(Outcome.APPLIED)
    assert not any(said in line.text for line in text.lines(done, applied=True))


def test_what_may_reset_is_never_folded_away() -> None:
    risky = change(field_change("incremental_field", "id", "updated_at", risk=Risk.RESET))
    assert text.group(risky) is Group.RISK
    assert Group.RISK.red
    free = change(field_change("sync_frequency", "1hour", "6hour", risk=Risk.FREE))
    assert text.group(free) is Group.CHANGE
