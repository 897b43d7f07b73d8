"""Three sides compared: git before, git now, and the catalog. Whose move was it?"""

from __future__ import annotations

from collections.abc import Mapping

from hypothesis import given
from hypothesis import strategies as st

from catalogctl import diff
from catalogctl.model import Address, Declared, FieldChange, Members, Origin, Value


class Plain(diff.Rules):
    """Members are as they are spelt; nothing pushes anything out."""

    def key(self, path: str, member: str) -> str:
        return member

    def displaced(
        self, path: str, wanted: tuple[str, ...], held: tuple[str, ...]
    ) -> frozenset[str]:
        if path == "owners" and wanted:
            return frozenset(held)
        return frozenset()


RULES = Plain()
NAMES = st.lists(st.sampled_from("ABCDE"), unique=True).map(lambda names: tuple(sorted(names)))
SETS = st.builds(Members, NAMES, st.booleans())
TEXTS = st.sampled_from(["", "one", "two", "three\n", "three"])
PATHS = ("description", "displayName", "tags", "columns.id.tags")


def declarations() -> st.SearchStrategy[dict[str, Declared]]:
    return st.fixed_dictionaries(
        {}, optional={path: SETS if path.endswith("tags") else TEXTS for path in PATHS}
    )


LIVE = st.fixed_dictionaries(
    {path: NAMES if path.endswith("tags") else TEXTS for path in PATHS}
)  # fmt: skip


def live_of(declared: Mapping[str, Declared]) -> dict[str, Value]:
    """A catalog that holds exactly what is declared."""
    return {
        path: wanted.names if isinstance(wanted, Members) else wanted
        for path, wanted in declared.items()
    }


def carried_out(live: Mapping[str, Value], changes: tuple[FieldChange, ...]) -> dict[str, Value]:
    return {**live, **{each.path: each.after for each in changes}}


@given(declarations(), LIVE)
def test_no_base_gives_the_two_way_result(now: dict[str, Declared], live: dict[str, Value]) -> None:
    changes = diff.fields(now, live, RULES)
    assert changes == diff.fields(now, live, RULES, {})
    assert all(each.origin is Origin.CHANGE for each in changes)


@given(declarations(), LIVE)
def test_a_base_equal_to_now_gives_only_drift(
    now: dict[str, Declared], live: dict[str, Value]
) -> None:
    with_base = diff.fields(now, live, RULES, now)
    assert all(each.origin is Origin.DRIFT for each in with_base)
    plain = diff.fields(now, live, RULES)
    assert [(e.path, e.before, e.after) for e in with_base] == [
        (e.path, e.before, e.after) for e in plain
    ]


@given(declarations(), declarations())
def test_a_base_equal_to_live_gives_only_change(
    now: dict[str, Declared], base: dict[str, Declared]
) -> None:
    for each in diff.fields(now, live_of(base), RULES, base):
        assert each.origin is Origin.CHANGE
        assert each.message is None


@given(declarations(), declarations(), LIVE)
def test_carrying_it_out_and_comparing_again_is_empty(
    now: dict[str, Declared], base: dict[str, Declared], live: dict[str, Value]
) -> None:
    after = carried_out(live, diff.fields(now, live, RULES, base))
    assert diff.fields(now, after, RULES, base) == ()
    assert diff.in_sync(now, after, RULES, base)


@given(declarations(), declarations(), LIVE)
def test_in_sync_agrees_with_the_changes(
    now: dict[str, Declared], base: dict[str, Declared], live: dict[str, Value]
) -> None:
    assert diff.in_sync(now, live, RULES, base) == (diff.fields(now, live, RULES, base) == ())


@given(declarations(), declarations(), LIVE)
def test_change_and_drift_apart_are_the_whole(
    now: dict[str, Declared], base: dict[str, Declared], live: dict[str, Value]
) -> None:
    whole = diff.fields(now, live, RULES, base)
    mine = diff.fields(now, live, RULES, base, diff.EVERY_ORIGIN - {Origin.DRIFT})
    theirs = diff.fields(now, live, RULES, base, frozenset({Origin.DRIFT}))
    members = {
        (each.path, member)
        for each in whole
        for member in (*(each.added or ()), *(each.removed or ()), *([] if each.is_set else [""]))
    }
    apart = [
        (each.path, member)
        for each in (*mine, *theirs)
        for member in (*(each.added or ()), *(each.removed or ()), *([] if each.is_set else [""]))
    ]
    assert sorted(apart) == sorted(members)  # every one once, none in both


@given(SETS, SETS, NAMES)
def test_a_set_loses_only_what_it_declared_before_or_what_is_exact(
    now: Members, base: Members, live: tuple[str, ...]
) -> None:
    change = diff.members("tags", now, live, RULES, base)
    removed = set(change.removed or ()) if change else set()
    if not now.only:
        assert removed == (set(base.names) - set(now.names)) & set(live)
    else:
        assert removed == set(live) - set(now.names)


def one(now: Declared, base: Declared, live: Value, path: str = "description") -> FieldChange:
    (change,) = diff.fields({path: now}, {path: live}, RULES, {path: base})
    return change


def test_both_moved_to_different_texts_is_a_conflict_with_all_three_values() -> None:
    change = one("git", "base", "catalog")
    assert change.origin is Origin.CONFLICT
    assert (change.base, change.before, change.after) == ("base", "catalog", "git")


def test_both_moved_to_the_same_is_nothing() -> None:
    assert diff.fields({"description": "new"}, {"description": "new"}, RULES, {}) == ()


def test_a_newly_declared_field_is_a_change_whatever_the_catalog_holds() -> None:
    (change,) = diff.fields({"description": "new"}, {"description": "old"}, RULES, {})
    assert change.origin is Origin.CHANGE


def test_what_people_added_stays() -> None:
    change = one(Members(("A",)), Members(("A", "B")), ("A", "B", "human"), "tags")
    assert change.removed == ("B",)
    assert change.after == ("A", "human")


def test_an_emptied_list_takes_away_what_it_listed() -> None:
    change = one(Members(()), Members(("A", "B")), ("A", "B", "human"), "tags")
    assert change.removed == ("A", "B")


def test_a_set_that_both_moved_says_what_of_it_is_drift() -> None:
    change = one(Members(("A", "B")), Members(("A",)), (), "tags")
    assert change.origin is Origin.CHANGE
    assert change.message == "drift: the catalog lost A"


def test_two_different_choices_for_one_place_are_a_conflict() -> None:
    change = one(Members(("team:b",)), Members(("team:a",)), ("team:c",), "owners")
    assert change.origin is Origin.CONFLICT
    assert change.base == ("team:a",)


def test_identity_and_plain_changes_have_defaults() -> None:
    address = Address("om", "Table", "a.b.c.d")
    assert RULES.identity(address) == ("name", "a.b.c.d")


def test_what_is_not_git_s_to_give_is_not_git_s_to_take() -> None:
    class OfTheSource(Plain):
        def takes_away(self, path: str) -> bool:
            return path != "columns"

    for path, removed in (("columns", None), ("tags", ("B",))):
        change = diff.members(
            path, Members(("A",)), ("A", "B"), OfTheSource(), base=Members(("A", "B"))
        )
        assert (change.removed if change else None) == removed
    exact = diff.members("columns", Members(("A",), only=True), ("A", "B"), OfTheSource())
    assert exact is not None
    assert exact.removed == ("B",)
