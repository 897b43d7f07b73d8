"""Which row a table is, what it holds, and what a difference leads to."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from catalogctl import planning
from catalogctl.model import Action, Address, Desired, FieldChange, Members
from catalogctl.providers.alation.custom_fields import CustomFields
from catalogctl.providers.alation.mapping import (
    AlationRules,
    Name,
    matching,
    observed,
    type_to_sync,
    whole_state,
)
from catalogctl.providers.alation.wire import Field, Table
from unit.providers.alation.fake import table

RULES = AlationRules()
ADDRESS = Address("alation", "TableSync", "8/main.dbo/foobar")
FIELDS = CustomFields(
    [
        Field(1, "TEXT", "Note"),
        Field(2, "PICKER", "Status", options=["Draft", {"title": "Final"}]),
        Field(3, "MULTI_PICKER", "Regions", options=[{"title": "Asia"}]),
        Field(4, "RICH_TEXT", "Story"),
        Field(5, "DATE", "Due"),
        Field(6, "TEXT", "Twice"),
        Field(7, "TEXT", "Twice"),
        Field(3, "TEXT", "Title", builtin_name="title"),
    ]
)


def row(*arguments: Any, **more: Any) -> Table:
    return msgspec.convert(table(*arguments, **more), Table)


# -- which row


@pytest.mark.parametrize(
    ("name", "ids"),
    [
        (Name(8, "main.dbo", "foobar"), [1]),
        (Name(8, "MAIN.dbo", "FooBar"), [1]),
        (Name(8, "main.dbo", "orders"), [3]),
        (Name(8, "main.dbo", "Orders"), [4]),
        (Name(8, "main.dbo", "ORDERS"), [3, 4]),
        (Name(8, '"a.b".c', "x"), [6]),
        (Name(8, "a.b.c", "x"), [6]),
        (Name(8, "main.dbo", "nothing"), []),
    ],
)
def test_names_match_whatever_their_case_and_the_exact_one_first(
    name: Name, ids: list[int]
) -> None:
    rows = [
        row(1, "foobar"),
        row(2, "foobar", "other"),
        row(3, "orders"),
        row(4, "Orders"),
        row(4, "Orders"),  # on two pages
        row(5, "orders", "other"),
        row(6, "x", "a.b.c", key='8."a.b".c.x'),
    ]
    assert [each.id for each in matching(name, rows)] == ids


def test_tables_that_differ_by_their_case_alone_are_not_guessed_at() -> None:
    seen = observed(ADDRESS, {"table": "foobar"}, [row(1, "Foobar"), row(2, "FOOBAR")], {}, FIELDS)
    assert not seen.exists
    assert not seen.creatable
    assert seen.missing[""] == (
        "2 tables are called main.dbo.foobar, apart from their case: "
        "8.main.dbo.FOOBAR, 8.main.dbo.Foobar"
    )


# -- what it holds


def test_each_field_is_held_in_the_words_of_the_spec() -> None:
    live = row(
        1,
        "FOOBAR",
        title="T",
        description="<p>D &amp; E</p>\n",
        table_type="SYNONYM",
        custom_fields=[
            {"field_id": 1, "value": "<p>n</p>", "field_name": "Note"},
            {"field_id": 2, "value": "Draft"},
            {"field_id": 3, "value": ["Europe", "Asia"]},
            {"field_id": 4, "value": "<p>s</p>\n"},
            {"field_id": 8, "value": [{"otype": "user", "oid": 1}]},
        ],
    )
    declared = {
        "table": "foobar",
        "table_type": "TABLE",
        "columns": Members(("Id", "total")),
        "title": "x",
        "description": "D & E",
        "custom_fields.Note": "n",
        "custom_fields.Status": "Final",
        "custom_fields.Regions": Members(("Asia",), only=True),
        "custom_fields.Story": "s",
    }
    seen = observed(ADDRESS, declared, [live], {1: ["ID", "TOTAL", "More"]}, FIELDS)
    assert seen.missing == {}
    assert dict(seen.fields) == {
        "table": "foobar",
        "table_type": "SYNONYM",
        "columns": ("Id", "More", "total"),
        "title": "T",
        "description": "D & E",
        "custom_fields.Note": "<p>n</p>",
        "custom_fields.Status": "Draft",
        "custom_fields.Regions": ("Asia", "Europe"),
        "custom_fields.Story": "s",
    }


@pytest.mark.parametrize(
    ("name", "wanted", "said"),
    [
        ("note", "x", 'there is no custom field note; did you mean "Note"?'),
        ("Zzz", "x", "there is no custom field Zzz"),
        ("Due", "2026-01-01", "fields of the type DATE, such as Due, are not supported"),
        ("Twice", "x", "2 custom fields are called Twice: ids 6, 7"),
        ("Title", "x", "Title is no custom field; declare it as `title: …`"),
        ("Regions", "Asia", "Regions takes several values; write a list: [A, B]"),
        ("Note", Members(("x",), only=True), "Note takes one value; write a text instead of a"),
    ],
)
def test_a_custom_field_that_cannot_be_declared_so_is_missing(
    name: str, wanted: Any, said: str
) -> None:
    path = f"custom_fields.{name}"
    seen = observed(ADDRESS, {path: wanted}, [row(1, "foobar")], {}, FIELDS)
    assert seen.missing[path].startswith(said)


def test_a_field_of_ones_own_goes_before_a_built_in_one_of_its_name() -> None:
    own, built_in = Field(10020, "TEXT", "Status"), Field(5, "PICKER", "Status", "status", ["A"])
    fields = CustomFields([built_in, own])
    assert fields.refuses("Status", is_list=False) is None
    sent = fields.to_send(1, FieldChange("custom_fields.Status", before="", after="Reviewed"))
    assert sent["field_id"] == 10020
    twice = CustomFields([built_in, own, own]).refuses("Status", is_list=False)
    assert twice is not None
    assert twice.message == "3 custom fields are called Status: ids 5, 10020, 10020"


def test_a_value_that_a_pick_list_lacks_names_the_member() -> None:
    refusal = FIELDS.refuses_value("Regions", ("Asia", "Aisa"))
    assert refusal is not None
    assert (refusal.member, refusal.hint) == ("Aisa", 'did you mean "Asia"?')
    assert FIELDS.refuses_value("Status", "Final") is None
    assert FIELDS.refuses_value("Note", "anything") is None
    unlike = FIELDS.refuses_value("Status", "zzz")
    assert unlike is not None
    assert unlike.hint == "its values: Draft, Final"


@pytest.mark.parametrize("empty", [None, "", ()])
def test_no_custom_field_is_cleared(empty: Any) -> None:
    refusal = FIELDS.refuses_value("Regions" if empty == () else "Note", empty)
    assert refusal is not None
    assert "no way to clear" in refusal.message


# -- what a difference leads to


def change(declared: dict[str, Any], rows: list[Table], columns: list[str] | None = None) -> Any:
    desired = Desired(ADDRESS, {"table": "foobar", **declared})
    seen = observed(ADDRESS, desired.fields, rows, {1: columns or []}, FIELDS)
    return planning.compare(desired, seen, RULES)


@pytest.mark.parametrize(
    ("declared", "paths"),
    [
        ({}, ["table"]),
        ({"columns": Members(())}, ["table"]),
        ({"columns": Members(("id",))}, ["columns"]),
        (
            {"columns": Members(("id",)), "table_type": "VIEW", "title": "T"},
            ["columns", "table_type", "title"],
        ),
        ({"title": "T"}, ["table", "title"]),
    ],
)
def test_a_missing_table_is_a_trigger_with_its_columns(
    declared: dict[str, Any], paths: list[str]
) -> None:
    found = change(declared, [])
    assert (found.action, found.reason) == (Action.TRIGGER, "not catalogued")
    assert [each.path for each in found.fields] == paths


@pytest.mark.parametrize(
    ("declared", "action", "reason"),
    [
        ({"columns": Members(("total", "x", "id"))}, Action.TRIGGER, "lacks id, x"),
        ({"columns": Members(("Total",), only=True)}, Action.TRIGGER, "has surplus note"),
        (
            {"columns": Members(("id",), only=True), "table_type": "VIEW"},
            Action.TRIGGER,
            "lacks id; has surplus note, total; is catalogued as TABLE",
        ),
        ({"title": "T", "columns": Members(("NOTE",))}, Action.UPDATE, None),
    ],
)
def test_an_outdated_table_says_in_what(
    declared: dict[str, Any], action: Action, reason: str | None
) -> None:
    found = change(declared, [row(1, "foobar")], ["total", "note"])
    assert (found.action, found.reason) == (action, reason)


def test_a_table_in_order_needs_nothing() -> None:
    assert change({"columns": Members(("ID",), only=True)}, [row(1, "foobar")], ["id"]) is None


def test_a_refused_object_is_named_by_its_table() -> None:
    assert RULES.identity(Address("a", "TableSync", "8/a%2Fb/c%23d")) == ("table", "c#d")


# -- what is sent


@pytest.mark.parametrize(
    ("declared", "catalogued", "sent"),
    [
        ("VIEW", "TABLE", "VIEW"),
        (None, "VIEW", "VIEW"),
        (None, "SYNONYM", "TABLE"),
        (None, None, "TABLE"),
    ],
)
def test_the_type_is_the_declared_one_else_the_catalogued_one(
    declared: str | None, catalogued: str | None, sent: str
) -> None:
    live = row(1, "foobar", table_type=catalogued) if catalogued else None
    assert type_to_sync(declared, live) == sent


def test_a_post_carries_everything_that_it_would_reset_and_nothing_that_it_may_not_hold() -> None:
    raw = {
        **table(1, "foobar", title="T", description="<p>D</p>\n"),
        "url": "/table/1/",
        "sql": "SELECT 1",
        "base_table_key": "8.main.dbo.x",
        "partition_columns": None,
        "partition_definition": "",
        "table_comment": "c",
        "custom_fields": [{"value": "v", "field_id": 8, "field_name": "F"}],
    }
    assert whole_state(raw, {"title": "new"}) == {
        "key": "8.main.dbo.foobar",
        "title": "new",
        "description": "<p>D</p>\n",
        "table_comment": "c",
        "table_type": "TABLE",
        "sql": "SELECT 1",
        "partition_definition": "",
        "custom_fields": [{"field_id": 8, "value": "v"}],
    }
    synonym = whole_state({**raw, "table_type": "SYNONYM"}, {})
    assert synonym["base_table_key"] == "8.main.dbo.x"
