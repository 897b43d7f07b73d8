"""OpenMetadata's words and ours."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from catalogctl.model import FieldChange, Members
from catalogctl.providers.openmetadata import mapping, wire


def table(**fields: Any) -> wire.Entity:
    return msgspec.convert({"id": "t1", "fullyQualifiedName": "a.b.c.t", **fields}, wire.Entity)


def label(name: str, source: str = "Classification", kind: str = "Manual") -> dict[str, str]:
    return {"tagFQN": name, "source": source, "labelType": kind, "state": "Confirmed"}


def user(name: str, **more: Any) -> dict[str, Any]:
    return {"id": f"id-{name}", "type": "user", "name": name, **more}


def held(live: wire.Entity, declared: dict[str, Any]) -> dict[str, Any]:
    return mapping.held_fields(live, declared, "me")[0]


def test_labels_are_told_apart_by_their_source() -> None:
    live = table(tags=[label("Tier.Tier1"), label("Business.Customer", "Glossary")])
    fields = held(live, {"tags": Members(()), "glossaryTerms": Members(())})
    assert fields == {"tags": ("Tier.Tier1",), "glossaryTerms": ("Business.Customer",)}


def test_a_derived_label_counts_only_for_those_who_declare_it() -> None:
    live = table(tags=[label("PII.Sensitive", kind="Derived")])
    assert held(live, {"tags": Members((), only=True)}) == {"tags": ()}
    assert held(live, {"tags": Members(("PII.Sensitive",))}) == {"tags": ("PII.Sensitive",)}


def test_inherited_owners_count_only_for_those_who_declare_them() -> None:
    live = table(owners=[user("alice", inherited=True), user("bob")])
    assert held(live, {"owners": Members(("user:carol",))}) == {"owners": ("user:bob",)}
    assert held(live, {"owners": Members(("user:Alice",))}) == {
        "owners": ("user:alice", "user:bob")
    }


def test_deleted_followers_are_not_there() -> None:
    live = table(followers=[user("bob", deleted=True), user("alice")])
    assert held(live, {"followers": Members(())}) == {"followers": ("alice",)}


@pytest.mark.parametrize(
    ("fields", "names"),
    [
        ({"domain": {"id": "d", "type": "domain", "fullyQualifiedName": "Sales"}}, ("Sales",)),
        ({"domains": [{"id": "d", "type": "domain", "fullyQualifiedName": "A.B"}]}, ("A.B",)),
        ({}, ()),
    ],
)
def test_one_domain_and_several_are_the_same_field(
    fields: dict[str, Any], names: tuple[str, ...]
) -> None:
    assert held(table(**fields), {"domains": Members(())}) == {"domains": names}


@pytest.mark.parametrize(
    ("votes", "word"),
    [
        ({"upVoters": [user("me")]}, "unVoted"),
        ({"upVoters": [{"id": "me", "type": "user"}]}, "votedUp"),
        ({"downVoters": [{"id": "me", "type": "user"}]}, "votedDown"),
        ({}, "unVoted"),
    ],
)
def test_the_vote_is_that_of_the_tokens_own_user(votes: dict[str, Any], word: str) -> None:
    assert held(table(votes=votes), {"vote": "votedUp"}) == {"vote": word}


COLUMNS = [
    {"name": "id", "description": "Key."},
    {"name": "address", "children": [{"name": "zip", "tags": [label("PII.None")]}]},
    {"name": "geo.lat", "displayName": "Latitude"},
]


def test_nested_and_quoted_columns_are_found_by_their_path() -> None:
    declared = {
        "columns.id.description": "",
        "columns.address.zip.tags": Members(()),
        'columns."geo.lat".displayName': "",
    }
    assert held(table(columns=COLUMNS), declared) == {
        "columns.id.description": "Key.",
        "columns.address.zip.tags": ("PII.None",),
        'columns."geo.lat".displayName': "Latitude",
    }


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("ID", "Column ID not found; did you mean id?"),
        ("adress", "Column adress not found; did you mean address?"),
        ("nothing_like_it", "Column nothing_like_it not found"),
    ],
)
def test_a_column_that_is_not_there_is_missing_with_a_proposal(name: str, reason: str) -> None:
    live = table(columns=COLUMNS)
    _, missing = mapping.held_fields(live, {f"columns.{name}.description": "x"}, None)
    assert missing == {f"columns.{name}": reason}


def test_the_pointer_of_a_nested_column_counts_children() -> None:
    pointers = {path: at for path, _, at in mapping.walk_columns(table(columns=COLUMNS).columns)}
    assert pointers == {
        "id": "/columns/0",
        "address": "/columns/1",
        "address.zip": "/columns/1/children/0",
        '"geo.lat"': "/columns/2",
    }


@pytest.mark.parametrize(
    ("paths", "fields"),
    [
        (["description", "displayName"], ()),
        (["columns.id.description"], ("tags", "columns")),
        (["vote", "followers"], ("followers", "votes")),
        (["glossaryTerms", "owners", "domains"], ("owners", "tags", "domains")),
    ],
)
def test_only_the_needed_fields_are_asked_for(paths: list[str], fields: tuple[str, ...]) -> None:
    assert mapping.needed_fields(paths) == fields


def column(**fields: Any) -> wire.Column:
    return msgspec.convert({"name": "c", "ordinalPosition": 1, **fields}, wire.Column)


def tags_change(*added: str) -> FieldChange:
    return FieldChange("tags", before=(), after=added, added=added, removed=())


@pytest.mark.parametrize(
    ("live", "change"),
    [
        (column(tags=[label("Tier.Tier1")]), FieldChange("description", None, "x")),
        (column(tags=[label("A.B", kind="Automated")]), FieldChange("description", None, "x")),
        (column(tags=[{**label("A.B"), "state": "Suggested"}]), FieldChange("d", None, "x")),
        (column(ordinalPosition=None), FieldChange("description", None, "x")),
        (column(), tags_change("Tier.Tier2")),
        (column(), tags_change('A."x;y"')),
    ],
)
def test_what_a_csv_row_would_lose_goes_by_patch(live: wire.Column, change: FieldChange) -> None:
    assert mapping.by_patch(live, [change])


def test_an_ordinary_column_goes_by_csv() -> None:
    live = column(tags=[label("A.B"), label("PII.Sensitive", kind="Derived")])
    assert not mapping.by_patch(live, [tags_change("A.C"), FieldChange("description", "", "x")])


def test_written_labels_keep_what_was_there_but_the_derived_ones() -> None:
    live = [
        {**label("A.B", kind="Automated"), "style": {}},
        label("A.C"),
        label("A.C", "Glossary"),
        label("PII.Sensitive", kind="Derived"),
    ]
    changes = {"tags": FieldChange("tags", (), (), added=("A.D",), removed=("A.C",))}
    assert mapping.new_labels(live, changes) == [
        {**label("A.B", kind="Automated"), "style": {}},
        label("A.C", "Glossary"),
        label("A.D"),
    ]


SUMMARY = {"description": {"changedBy": "carol", "changedAt": 1795615556043}}


@pytest.mark.parametrize(
    ("fields", "authors"),
    [
        ({}, {}),
        ({"changeDescription": {"changeSummary": SUMMARY}}, {"description": "carol on 2026-11-25"}),
        (
            {
                "changeDescription": {"fieldsUpdated": [{"name": "columns.id.description"}]},
                "updatedBy": "dave",
                "updatedAt": 1795615556043,
            },
            {"columns.id.description": "dave on 2026-11-25"},
        ),
        (
            {
                "changeDescription": {"fieldsAdded": [{"name": "description"}]},
                "updatedBy": "ingestion-bot",
            },
            {},
        ),
    ],
)
def test_the_author_of_a_text_is_read_from_the_objects_own_history(
    fields: dict[str, Any], authors: dict[str, str]
) -> None:
    assert mapping.authors_of(table(**fields), "ingestion-bot") == authors


def test_where_very_many_columns_are_missing_none_is_proposed_for_the_later_ones() -> None:
    live = table(columns=[{"name": f"c{number}"} for number in range(100)])
    declared = {f"columns.C{number}.description": "" for number in range(100)}
    _, missing = mapping.held_fields(live, declared, None)
    assert missing["columns.C0"] == "Column C0 not found; did you mean c0?"
    assert missing["columns.C99"] == "Column C99 not found"
    assert len(missing) == 100
