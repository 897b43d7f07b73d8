"""Guards: what stops a plan, with which numbers, and what does not."""

from __future__ import annotations

from typing import Any

import pytest

from catalogctl.model import Action, Address, Change, FieldChange, Plan, Risk
from catalogctl.policy import Guards, Limit, check


def replacing(number: int) -> Change:
    return change(number, FieldChange("description", before="old", after="new"))


def filling(number: int) -> Change:
    return change(number, FieldChange("description", before=None, after="new"))


def emptying(number: int) -> Change:
    return change(number, FieldChange("description", before="old", after=""))


def tagging(number: int, added: tuple[str, ...] = (), removed: tuple[str, ...] = ()) -> Change:
    field = FieldChange("tags", before=removed, after=added, added=added, removed=removed)
    return change(number, field)


def change(number: int, field: FieldChange) -> Change:
    return Change(Address("openmetadata", "Table", f"a.b.c.t{number}"), Action.UPDATE, (field,))


def guards_of(changes: list[Change], in_sync: int, guards: Guards | None = None) -> list[str]:
    plan = Plan(changes=tuple(changes), in_sync=in_sync)
    return [found.guard for found in check(plan, guards or Guards())]


def test_filling_what_is_empty_is_never_stopped() -> None:
    assert guards_of([filling(n) for n in range(100)], 0) == []


def test_adding_members_is_never_stopped() -> None:
    assert guards_of([tagging(n, added=("PII.None",)) for n in range(100)], 0) == []


def test_more_than_thirty_percent_replaced_is_a_mass_change() -> None:
    assert guards_of([replacing(n) for n in range(3)], 7) == []
    assert guards_of([replacing(n) for n in range(4)], 6) == ["mass-change"]


def test_percentages_do_not_count_below_ten_objects() -> None:
    assert guards_of([replacing(n) for n in range(9)], 0) == []


def test_more_than_ten_percent_losing_something_is_a_mass_removal() -> None:
    assert guards_of([emptying(1)], 9) == []
    assert guards_of([emptying(n) for n in range(2)], 8) == ["mass-removal"]


def test_an_absolute_cap_counts_from_the_first_object() -> None:
    guards = Guards(max_changed=Limit(1, percent=False))
    assert guards_of([replacing(1)], 0, guards) == []
    assert guards_of([replacing(1), replacing(2)], 0, guards) == ["mass-change"]


def test_taking_a_protected_tag_away_is_stopped() -> None:
    assert guards_of([tagging(1, removed=("PII.Sensitive",))], 50) == ["protected-tag"]
    assert guards_of([tagging(1, removed=("Team.Blue",))], 50) == []


def test_a_tier_for_a_tier_is_shown_and_not_stopped() -> None:
    swap = [tagging(n, added=("Tier.Tier1",), removed=("Tier.Tier2",)) for n in range(3)]
    assert guards_of(swap, 17) == []


def test_a_pii_tag_for_another_is_stopped() -> None:
    swap = tagging(1, added=("PII.None",), removed=("PII.Sensitive",))
    assert guards_of([swap], 50) == ["protected-tag"]


def test_protected_classifications_are_the_projects_own() -> None:
    guards = Guards(protected=("Legal.*",))
    assert guards_of([tagging(1, removed=("PII.Sensitive",))], 50, guards) == []
    assert guards_of([tagging(1, removed=("Legal.Hold",))], 50, guards) == ["protected-tag"]


def test_refused_changes_count_for_nothing() -> None:
    field = FieldChange("description", before="old", after="new").refused("no")
    assert guards_of([change(n, field) for n in range(100)], 0) == []


@pytest.mark.parametrize("by_project", [True, False])
def test_a_guard_can_be_permitted_by_the_project_or_for_one_run(by_project: bool) -> None:
    changes = tuple(replacing(n) for n in range(10))
    guards = Guards(allow=("mass-change",)) if by_project else Guards()
    plan = Plan(changes=changes, allowed=() if by_project else ("mass-change",))
    assert check(plan, guards) == ()


def test_a_violation_tells_its_numbers_and_the_flag() -> None:
    plan = Plan(changes=tuple(replacing(n) for n in range(4)), in_sync=6)
    (found,) = check(plan, Guards())
    assert found.message == (
        "4 of 10 objects (40 %) have a value replaced or taken away; the limit is 30 %"
    )
    assert found.permit == "--allow mass-change"


def test_specs_that_hold_nothing_are_stopped() -> None:
    (found,) = check(Plan(), Guards(), no_specs="the folder catalog-specs holds no specs")
    assert (found.guard, found.message) == ("no-specs", "the folder catalog-specs holds no specs")


def test_what_may_reset_or_destroy_needs_its_permit() -> None:
    def plan(risk: Risk | None, **more: Any) -> Plan:
        field = FieldChange("incremental_field", "id", "updated_at", risk=risk)
        field = field.refused("no such column") if more.pop("refused", False) else field
        address = Address("hog", "DataSource", "Postgres/prod_#orders")
        return Plan(changes=(Change(address, Action.UPDATE, (field,)),), **more)

    (found,) = check(plan(Risk.RESET), Guards())
    assert found.guard == "destructive"
    assert found.permit == "--allow destructive"
    assert "DataSource/Postgres/prod_#orders incremental_field (reset)" in found.message
    assert [each.guard for each in check(plan(Risk.DESTROY), Guards())] == ["destructive"]
    for free in (None, Risk.FREE, Risk.BILLABLE):
        assert check(plan(free), Guards()) == ()
    assert check(plan(Risk.RESET, allowed=("destructive",)), Guards()) == ()
    assert check(plan(Risk.RESET), Guards(allow=("destructive",))) == ()
    assert check(plan(Risk.RESET, refused=True), Guards()) == ()
