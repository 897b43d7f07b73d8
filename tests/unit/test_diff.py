"""The rules of the spec language, field by field, and the laws that they obey."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalogctl import diff
from catalogctl.model import FieldChange, Members, Origin
from catalogctl.providers.openmetadata.mapping import OpenMetadataRules

RULES = OpenMetadataRules()

NAMES = st.lists(st.sampled_from("ABCDEFG"), max_size=5, unique=True).map(
    lambda names: tuple(sorted(names))
)
TEXTS = st.one_of(st.none(), st.text(max_size=8))


def only_change(declared: dict[str, Any], live: dict[str, Any]) -> FieldChange:
    (change,) = diff.fields(declared, live, RULES)
    return change


@pytest.mark.parametrize(
    ("declared", "live"),
    [
        ("text", "text"),
        ("text", "text\n\n"),
        ("", None),
        ("", ""),
        ("unVoted", None),
        (True, True),
    ],
)
def test_values_that_mean_the_same_are_no_change(declared: Any, live: Any) -> None:
    assert diff.fields({"f": declared}, {"f": live}, RULES) == ()


@pytest.mark.parametrize(
    ("declared", "live", "before", "after"),
    [
        ("new", "old", "old", "new"),
        ("new", None, None, "new"),
        ("new", "", None, "new"),
        ("", "old", "old", ""),
        (" text", "text", "text", " text"),
        ("a\r\nb", "a\nb", "a\nb", "a\r\nb"),
    ],
)
def test_texts_are_compared_byte_for_byte_but_for_newlines_at_the_end(
    declared: str, live: str | None, before: str | None, after: str
) -> None:
    change = only_change({"description": declared}, {"description": live})
    assert (change.before, change.after) == (before, after)


def test_an_emptied_text_takes_something_away() -> None:
    change = only_change({"description": ""}, {"description": "old"})
    assert change.takes_away
    assert not change.replaces


def test_a_set_is_additive_and_leaves_what_people_added() -> None:
    change = only_change({"tags": Members(("A", "B"))}, {"tags": ("B", "C")})
    assert (change.added, change.removed) == (("A",), ())
    assert change.after == ("A", "B", "C")


def test_only_means_exactly_these() -> None:
    change = only_change({"tags": Members(("A",), only=True)}, {"tags": ("B", "C")})
    assert (change.added, change.removed) == (("A",), ("B", "C"))
    assert change.after == ("A",)
    assert change.exact


def test_an_empty_additive_set_asks_for_nothing() -> None:
    assert diff.fields({"tags": Members(())}, {"tags": ("A",)}, RULES) == ()


def test_an_empty_exact_set_empties() -> None:
    change = only_change({"tags": Members((), only=True)}, {"tags": ("A",)})
    assert (change.removed, change.after) == (("A",), ())


def test_a_tier_replaces_the_other_tier() -> None:
    change = only_change({"tags": Members(("Tier.Tier1",))}, {"tags": ("PII.None", "Tier.Tier2")})
    assert change.removed == ("Tier.Tier2",)
    assert change.after == ("PII.None", "Tier.Tier1")


@pytest.mark.parametrize(
    ("declared", "held", "removed"),
    [
        (("team:a",), ("user:x", "user:y"), ("user:x", "user:y")),
        (("user:x",), ("team:a",), ("team:a",)),
        (("user:x",), ("user:y",), ()),
        (("team:a",), ("team:b",), ("team:b",)),
    ],
)
def test_a_team_owns_alone(
    declared: tuple[str, ...], held: tuple[str, ...], removed: tuple[str, ...]
) -> None:
    assert only_change({"owners": Members(declared)}, {"owners": held}).removed == removed


@pytest.mark.parametrize(
    ("base", "now", "live", "origin"),
    [
        ("user:a", "user:b", "team:x", Origin.CONFLICT),
        ("team:y", "user:b", "team:x", Origin.CONFLICT),
        ("team:y", "team:z", "user:c", Origin.CONFLICT),
        ("user:a", "user:A", "team:x", Origin.DRIFT),
        ("user:A", "user:a,user:b", "team:x", Origin.CHANGE),
        ("user:a", "user:b", "user:c", Origin.CHANGE),
    ],
)
def test_owners_that_both_replaced_are_a_conflict(
    base: str, now: str, live: str, origin: Origin
) -> None:
    wanted = {"owners": Members(tuple(now.split(",")))}
    (change,) = diff.fields(wanted, {"owners": (live,)}, RULES, {"owners": Members((base,))})
    assert change.origin is origin


def test_user_names_ignore_case_and_tags_do_not() -> None:
    assert diff.fields({"followers": Members(("Alice",))}, {"followers": ("alice",)}, RULES) == ()
    assert diff.fields({"owners": Members(("user:Bo",))}, {"owners": ("user:bo",)}, RULES) == ()
    assert only_change({"tags": Members(("pii.A",))}, {"tags": ("PII.A",)}).added == ("pii.A",)


DECLARED = st.fixed_dictionaries(
    {},
    optional={
        "description": st.text(max_size=8),
        "tags": st.builds(Members, NAMES, st.booleans()),
        "columns.a.tags": st.builds(Members, NAMES, st.booleans()),
        "columns.a.description": st.text(max_size=8),
    },
)
LIVE = st.fixed_dictionaries(
    {},
    optional={
        "description": TEXTS,
        "tags": NAMES,
        "columns.a.tags": NAMES,
        "columns.a.description": TEXTS,
    },
)


def applied(live: dict[str, Any], changes: tuple[FieldChange, ...]) -> dict[str, Any]:
    return {**live, **{change.path: change.after for change in changes}}


@given(DECLARED, LIVE)
def test_applying_a_difference_leaves_none(declared: dict[str, Any], live: dict[str, Any]) -> None:
    after = applied(live, diff.fields(declared, live, RULES))
    assert diff.fields(declared, after, RULES) == ()


@given(LIVE)
def test_an_object_does_not_differ_from_itself(live: dict[str, Any]) -> None:
    itself = {
        path: Members(value, only=True) if isinstance(value, tuple) else value or ""
        for path, value in live.items()
    }
    assert diff.fields(itself, live, RULES) == ()


@given(DECLARED, LIVE)
def test_the_quick_answer_agrees_with_the_full_one(
    declared: dict[str, Any], live: dict[str, Any]
) -> None:
    assert diff.in_sync(declared, live, RULES) == (diff.fields(declared, live, RULES) == ())


@given(DECLARED, LIVE)
def test_undeclared_fields_are_never_touched(
    declared: dict[str, Any], live: dict[str, Any]
) -> None:
    assert {change.path for change in diff.fields(declared, live, RULES)} <= declared.keys()


@given(DECLARED, LIVE)
def test_deepdiff_finds_a_difference_where_we_do(
    declared: dict[str, Any], live: dict[str, Any]
) -> None:
    """An outside opinion on before and after of every change."""
    from deepdiff import DeepDiff

    changes = diff.fields(declared, live, RULES)
    before = {change.path: change.before for change in changes}
    after = {change.path: change.after for change in changes}
    assert bool(DeepDiff(before, after)) == bool(changes)
    for change in changes:
        assert DeepDiff(change.before, change.after), change
