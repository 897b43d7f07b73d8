"""From desired and observed to changes; verdicts, places, stale plans and outcomes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from catalogctl import planning
from catalogctl.errors import Location
from catalogctl.model import (
    Action,
    Address,
    Change,
    Desired,
    FieldChange,
    Members,
    Observed,
    Outcome,
    Plan,
    Prediction,
    Value,
    Verdict,
)
from catalogctl.providers.openmetadata.mapping import OpenMetadataRules

RULES = OpenMetadataRules()
ADDRESS = Address("openmetadata", "Table", "svc.db.sch.orders")


def compare(declared: dict[str, Any], live: dict[str, Value], **options: Any) -> Change | None:
    return planning.compare(Desired(ADDRESS, declared), Observed(ADDRESS, live, **options), RULES)


def text_change(before: str | None = "old", after: str = "new") -> FieldChange:
    return FieldChange("description", before=before, after=after)


def tags_change(
    before: tuple[str, ...], added: tuple[str, ...], removed: tuple[str, ...], exact: bool = False
) -> FieldChange:
    after = tuple(sorted((set(before) - set(removed)) | set(added)))
    return FieldChange("tags", before, after, added=added, removed=removed, exact=exact)


def left(change: FieldChange, live: dict[str, Value], **options: Any) -> FieldChange:
    return planning.remaining_field(change, Observed(ADDRESS, live, **options), RULES)


def test_an_object_in_sync_needs_no_change() -> None:
    assert compare({"description": "a"}, {"description": "a"}) is None


def test_an_object_that_is_not_there_is_one_refused_field_of_its_identity() -> None:
    change = compare({"description": "a"}, {}, exists=False, missing={"": "Table x not found"})
    assert change is not None
    (field,) = change.fields
    assert (field.path, field.after) == ("name", "svc.db.sch.orders")
    assert (field.verdict, field.message) == (Verdict.REFUSED, "Table x not found")
    assert change.action is Action.UPDATE


def test_every_declared_field_of_a_missing_column_is_refused() -> None:
    declared = {
        "description": "new",
        "columns.emial.description": "",
        "columns.emial.tags": Members(("PII.Sensitive",)),
    }
    missing = {"columns.emial": "Column emial not found"}
    change = compare(declared, {"description": "old"}, missing=missing)
    assert change is not None
    assert {field.path: field.message for field in change.fields} == {
        "description": None,
        "columns.emial.description": "Column emial not found",
        "columns.emial.tags": "Column emial not found",
    }
    assert change.verdict is Verdict.REFUSED


def test_a_missing_column_does_not_take_its_neighbours_with_it() -> None:
    declared = {"columns.a.description": "x", "columns.ab.description": "y"}
    change = compare(declared, {"columns.ab.description": "y"}, missing={"columns.a": "no"})
    assert change is not None
    assert [field.path for field in change.fields] == ["columns.a.description"]


def test_verdicts_land_on_their_fields_and_a_refusal_stays() -> None:
    change = Change(ADDRESS, Action.UPDATE, (text_change(), tags_change((), ("A",), ())))
    predictions = [
        Prediction(ADDRESS, "tags", Verdict.REFUSED, "Tag A not found"),
        Prediction(ADDRESS, "tags", Verdict.VERIFIED),
        Prediction(ADDRESS, "description", Verdict.VERIFIED),
    ]
    (refined,) = planning.refine([change], predictions)
    verdicts = {field.path: field.verdict for field in refined.fields}
    assert verdicts == {"tags": Verdict.REFUSED, "description": Verdict.VERIFIED}


def test_members_that_would_be_pushed_out_show_in_the_change() -> None:
    change = Change(ADDRESS, Action.UPDATE, (tags_change(("PII.None",), ("PII.Sensitive",), ()),))
    prediction = Prediction(ADDRESS, "tags", Verdict.UNVERIFIED, removed=("PII.None",))
    (refined,) = planning.refine([change], [prediction])
    assert refined.fields[0].after == ("PII.Sensitive",)
    assert refined.fields[0].removed == ("PII.None",)


def test_a_refused_member_is_placed_at_its_own_line() -> None:
    change = Change(ADDRESS, Action.UPDATE, (tags_change((), ("A", "B"), ()),))
    prediction = Prediction(ADDRESS, "tags", Verdict.REFUSED, "Tag B not found", member="B")
    places = {None: Location("f.yaml", 3, 1), "B": Location("f.yaml", 5, 5)}
    plan = Plan(changes=planning.refine([change], [prediction]))
    placed = planning.place(plan, lambda address, path, member: places[member], [prediction])
    assert placed.changes[0].fields[0].source == Location("f.yaml", 3, 1)
    (found,) = placed.diagnostics
    assert found.location == Location("f.yaml", 5, 5)
    assert found.message == f"{ADDRESS}: tags: Tag B not found"


def test_a_text_that_still_holds_what_the_plan_saw_is_due() -> None:
    assert left(text_change(), {"description": "old"}).outcome is None


def test_a_text_that_is_already_as_wanted_is_applied() -> None:
    assert left(text_change(), {"description": "new\n"}).outcome is Outcome.APPLIED


def test_a_text_that_moved_since_the_plan_is_skipped_and_says_what_it_is() -> None:
    field = left(text_change(), {"description": "other"})
    assert field.outcome is Outcome.SKIPPED
    assert field.message is not None
    assert "'other'" in field.message


def test_an_additive_set_is_never_stale() -> None:
    change = tags_change(("A",), ("B",), ("A",))
    moved = left(change, {"tags": ("A", "C")})
    assert (moved.outcome, moved.before, moved.after) == (None, ("A", "C"), ("B", "C"))
    assert left(change, {"tags": ("B", "C")}).outcome is Outcome.APPLIED


def test_an_exact_set_is_stale_when_there_is_more() -> None:
    change = tags_change(("A", "B"), (), ("B",), exact=True)
    assert left(change, {"tags": ("A", "B")}).outcome is None
    assert left(change, {"tags": ("A",)}).outcome is Outcome.APPLIED
    more = left(change, {"tags": ("A", "B", "C")})
    assert (more.outcome, more.message) == (
        Outcome.SKIPPED,
        "changed in the catalog since the plan: C came",
    )


@pytest.mark.parametrize(
    ("field", "options"),
    [
        (text_change().refused("no"), {}),
        (text_change(), {"exists": False}),
        (
            FieldChange("columns.a.description", "x", "y"),
            {"missing": {"columns.a": "Column a not found"}},
        ),
    ],
)
def test_what_cannot_be_written_is_skipped(field: FieldChange, options: Any) -> None:
    assert left(field, {"description": "old"}, **options).outcome is Outcome.SKIPPED


def settled(live: dict[str, Value], problem: str | None = None) -> FieldChange:
    observed = Observed(ADDRESS, live)
    return planning.settled_field(text_change(), observed, RULES, problem)


def test_a_write_that_failed_but_arrived_is_applied() -> None:
    assert settled({"description": "new"}, "the connection was cut").outcome is Outcome.APPLIED


def test_a_write_that_failed_and_did_not_arrive_is_failed_with_its_reason() -> None:
    field = settled({"description": "old"}, "the connection was cut")
    assert (field.outcome, field.message) == (Outcome.FAILED, "the connection was cut")


def test_a_write_that_was_accepted_and_is_not_there_is_failed() -> None:
    field = settled({"description": "old"})
    assert field.outcome is Outcome.FAILED
    assert "accepted the write but does not hold it" in (field.message or "")


def test_a_text_that_somebody_wrote_in_the_catalog_is_named_before_it_goes() -> None:
    authors = {"description": "carol on 2026-11-25", "displayName": "dave on 2026-11-24"}
    change = compare(
        {"description": "new", "displayName": "Orders"},
        {"description": "old", "displayName": None},
        authors=authors,
    )
    assert change is not None
    assert {field.path: field.message for field in change.fields} == {
        "description": "replaces text by carol on 2026-11-25",
        "displayName": None,
    }


def test_whose_text_goes_is_still_told_when_it_could_not_be_rehearsed() -> None:
    change = Change(ADDRESS, Action.UPDATE, (replace(text_change(), message="replaces it"),))
    prediction = Prediction(ADDRESS, "description", Verdict.UNVERIFIED, "not rehearsed")
    (refined,) = planning.refine([change], [prediction])
    assert refined.fields[0].message == "replaces it; not rehearsed"
