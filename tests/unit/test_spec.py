"""What documents declare, for which catalog, with which defaults, and where each field stands."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from catalogctl import fqn, spec
from catalogctl.errors import Location
from catalogctl.model import Address, Declared, Members
from spec_texts import HEAD, findings, load


def fields(text: str) -> Mapping[str, Declared]:
    """The fields of the table in a text without mistakes."""
    specs = load(HEAD + text)
    assert specs.diagnostics == ()
    (desired,) = specs.desired
    return desired.fields


# What is declared


def test_a_document_declares_flat_fields() -> None:
    text = """
displayName: Customers
description: |
  One row per customer.
tags: [Tier.Tier1, PII.None]
glossaryTerms: [Business.Customer]
owners: [user:bob, user:alice]
domains: {only: [Sales]}
followers: []
vote: votedUp
columns:
  customer_id: {description: Primary key., displayName: ID}
  email: {tags: {only: [PII.Sensitive]}, glossaryTerms: {only: []}}
  address.zip: {description: Postal code.}
  '"geo.lat"': {description: ""}
  empty: {}
"""
    assert fields(text) == {
        "displayName": "Customers",
        "description": "One row per customer.",
        "tags": Members(("PII.None", "Tier.Tier1")),
        "glossaryTerms": Members(("Business.Customer",)),
        "owners": Members(("user:alice", "user:bob")),
        "domains": Members(("Sales",), only=True),
        "followers": Members(()),
        "vote": "votedUp",
        "columns.customer_id.description": "Primary key.",
        "columns.customer_id.displayName": "ID",
        "columns.email.tags": Members(("PII.Sensitive",), only=True),
        "columns.email.glossaryTerms": Members((), only=True),
        "columns.address.zip.description": "Postal code.",
        'columns."geo.lat".description': "",
    }


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ("|\n  one\n\n  two\n", "one\n\ntwo"),
        ("|+\n  one\n\n\n", "one"),
        ('"\\n\\n"', ""),
        ('"  spaces\\tstay \\r\\n"', "  spaces\tstay \r"),
        ('""', ""),
        ("'1.10'", "1.10"),
    ],
)
def test_a_text_is_kept_byte_for_byte_but_for_the_newlines_at_its_end(
    written: str, text: str
) -> None:
    assert fields(f"description: {written}\n") == {"description": text}


@pytest.mark.parametrize(
    ("column", "path"),
    [
        ("email", "columns.email.description"),
        ("'\"email\"'", "columns.email.description"),
        ("'address.\"zip\"'", "columns.address.zip.description"),
        ("'address.\"geo.lat\"'", 'columns.address."geo.lat".description'),
        ("description", "columns.description.description"),
        ("'a/b#c'", "columns.a/b#c.description"),
        ("'1'", "columns.1.description"),
    ],
)
def test_the_path_of_a_column_has_one_spelling(column: str, path: str) -> None:
    assert fields(f"columns: {{{column}: {{description: x}}}}\n") == {path: "x"}


def test_the_members_of_a_set_have_one_spelling_where_they_are_full_names() -> None:
    found = fields('tags: [\'"PII"."Sensitive"\', \'A."b.c"\']\nfollowers: [john.doe]\n')
    assert found == {
        "tags": Members(('A."b.c"', "PII.Sensitive")),
        "followers": Members(("john.doe",)),
    }


@pytest.mark.parametrize(
    ("name", "identity"),
    [
        ("s.d.p.t", "s.d.p.t"),
        ("'\"s\".d.p.t'", "s.d.p.t"),
        ("'s.d.p.\"a.b\"'", 's.d.p."a.b"'),
        ("'s.d.p.a/b#c%d'", "s.d.p.a%2Fb%23c%25d"),
    ],
)
def test_the_name_becomes_the_identity(name: str, identity: str) -> None:
    (desired,) = load(f"kind: Table\nname: {name}\n").desired
    assert desired.address == Address("openmetadata", "Table", identity)
    assert str(desired.address) == f"Table/{identity}"


def test_objects_are_sorted_and_a_document_without_fields_is_an_object_too() -> None:
    specs = load(
        {"b.yaml": "kind: Table\nname: s.d.p.b\n", "a.yaml": "kind: Table\nname: s.d.p.a\n"}
    )
    assert [each.address.name for each in specs.desired] == ["s.d.p.a", "s.d.p.b"]
    assert [dict(each.fields) for each in specs.desired] == [{}, {}]
    assert (specs.diagnostics, specs.empty_reason, specs.has_errors) == ((), None, False)


def test_documents_of_one_object_are_merged() -> None:
    specs = load(
        {
            "a.yaml": HEAD + "tags: [A.B]\ncolumns: {x: {description: p}}\n",
            "b.yaml": "kind: Table\nname: '\"s\".d.p.t'\nvote: votedUp\n"
            "columns: {x: {tags: [A.B]}}\n",
        }
    )
    assert specs.diagnostics == ()
    (desired,) = specs.desired
    assert desired.fields == {
        "tags": Members(("A.B",)),
        "columns.x.description": "p",
        "vote": "votedUp",
        "columns.x.tags": Members(("A.B",)),
    }


def test_two_spellings_of_a_column_may_declare_different_fields() -> None:
    text = "columns:\n  x: {description: p}\n  '\"x\"': {displayName: q}\n"
    assert fields(text) == {"columns.x.description": "p", "columns.x.displayName": "q"}


# Declared twice


def test_a_field_that_two_documents_declare_is_an_error_with_both_places() -> None:
    files = {
        "a.yaml": HEAD + "tags: [A.B]\nvote: votedUp\n",
        "b/c.yaml": HEAD + "description: x\ntags: [A.B]\n",
    }
    assert findings(files) == [
        "b/c.yaml:4:1: error[SPEC010]: tags of Table/s.d.p.t is declared twice; "
        "first at a.yaml:3:1; keep one of the two"
    ]


def test_a_document_that_is_there_twice_is_one_error() -> None:
    text = HEAD + "tags: [A.B]\ncolumns: {a: {description: x}}\n"
    assert findings({"a.yaml": text, "b.yaml": text}) == [
        "b.yaml:1:1: error[SPEC010]: everything this document declares of Table/s.d.p.t "
        "is declared already, first at a.yaml:3:1; keep one of the two"
    ]


# Catalogs


@pytest.mark.parametrize(
    ("catalogs", "named", "catalog", "qualified"),
    [
        (None, None, "openmetadata", False),
        (None, "prod", "prod", False),
        ({"prod": "openmetadata"}, None, "prod", False),
        ({"prod": "openmetadata", "ph": "posthog"}, None, "prod", False),
        ({"prod": "openmetadata", "dev": "openmetadata"}, "dev", "dev", True),
    ],
)
def test_the_catalog_is_the_only_one_of_the_type_or_the_one_named(
    catalogs: Mapping[str, str] | None, named: str | None, catalog: str, qualified: bool
) -> None:
    (desired,) = load(HEAD + (f"catalog: {named}\n" if named else ""), catalogs).desired
    assert (desired.address.catalog, desired.address.qualified) == (catalog, qualified)


@pytest.mark.parametrize(
    ("catalogs", "named", "expected"),
    [
        (
            {},
            None,
            "1:1: error[SPEC017]: Table: no catalog of type openmetadata is configured; "
            "add one of type openmetadata to catalogctl.yaml, or set the variables of that system",
        ),
        (
            {"b": "openmetadata", "a": "openmetadata"},
            None,
            "1:1: error[SPEC017]: Table: several catalogs of type openmetadata are configured; "
            "write catalog: and one of b, a",
        ),
        (
            {"prod": "openmetadata"},
            "prd",
            '3:1: error[SPEC017]: Table: no catalog "prd" is configured; did you mean "prod"?',
        ),
        (
            {"prod": "openmetadata", "ph": "posthog"},
            "ph",
            '3:1: error[SPEC017]: Table: the catalog "ph" is of type posthog, not openmetadata; '
            "catalogs of type openmetadata: prod",
        ),
    ],
)
def test_a_catalog_that_cannot_be_chosen_is_an_error(
    catalogs: Mapping[str, str], named: str | None, expected: str
) -> None:
    text = HEAD + (f"catalog: {named}\n" if named else "")
    assert findings(text, catalogs) == [f"t.yaml:{expected}"]


def test_a_type_without_any_catalog_is_said_once() -> None:
    files = {f"{name}.yaml": f"kind: Table\nname: s.d.p.{name}\n" for name in "abc"}
    assert len(findings(files, {})) == 1


# Defaults


def test_the_nearest_default_wins_field_by_field_and_any_document_beats_it() -> None:
    files = {
        "_defaults.yaml": "Table: {owners: [team:far], domains: [Far], vote: votedUp}\n",
        "a/_defaults.yaml": "Table:\n  owners: [team:near]\n",
        "a/b/t.yaml": HEAD + "vote: unVoted\n",
        "a/u.yaml": "kind: Table\nname: s.d.p.u\n---\n" + HEAD + "domains: [Own]\n",
        "v.yaml": "kind: Table\nname: s.d.p.v\n",
    }
    specs = load(files)
    assert specs.diagnostics == ()
    assert [dict(each.fields) for each in specs.desired] == [
        {"vote": "unVoted", "owners": Members(("team:near",)), "domains": Members(("Own",))},
        {
            "vote": "votedUp",
            "owners": Members(("team:near",)),
            "domains": Members(("Far",)),
        },
        {"vote": "votedUp", "owners": Members(("team:far",)), "domains": Members(("Far",))},
    ]
    table = specs.desired[0]
    assert specs.locate(table, "owners", "team:near") == Location("a/_defaults.yaml", 2, 12)
    assert specs.locate(table, "vote") == Location("a/b/t.yaml", 3, 1)
    assert specs.locate(specs.desired[1], "domains") == Location("_defaults.yaml", 1, 29)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "- x\n",
            "1:1: error[SPEC001]: a file of defaults is a mapping; "
            "map kinds to fields, such as `Table: {owners: [team:analytics]}`",
        ),
        ("Tabel: {}\n", '1:1: error[SPEC003]: unknown kind "Tabel"; did you mean "Table"?'),
        (
            "Table: [x]\n",
            "1:1: error[SPEC006]: Table: a list where a mapping of fields is wanted; "
            "map kinds to fields, such as `Table: {owners: [team:analytics]}`",
        ),
        (
            "Table:\n",
            "1:1: error[SPEC008]: Table: null is no value; write its fields, or delete the key",
        ),
        (
            "Table: {columns: {}}\n",
            '1:9: error[SPEC018]: "columns" has no default; defaults are for displayName, '
            "description, tags, glossaryTerms, owners, domains, followers, vote",
        ),
        (
            "Table: {ownes: []}\n",
            '1:9: error[SPEC004]: unknown key "ownes" in the defaults of Table; '
            'did you mean "owners"?',
        ),
        (
            "Table: {owners: [x]}\n",
            '1:18: error[SPEC012]: owners: "x" does not say whether it is a user or a team; '
            "write user:x or team:x",
        ),
        (
            "Table: {vote: unVoted}\n---\nTable: {vote: unVoted}\n",
            "3:9: error[SPEC010]: the default of vote for Table is declared twice; "
            "first at _defaults.yaml:1:9; keep one of the two",
        ),
    ],
)
def test_defaults_are_checked_too(text: str, expected: str) -> None:
    assert findings({"_defaults.yaml": text}) == [f"_defaults.yaml:{expected}"]


# Places


@pytest.mark.parametrize(
    ("path", "member", "place"),
    [
        ("name", None, (2, 1)),
        ("description", None, (3, 1)),
        ("tags", None, (4, 1)),
        ("tags", "PII.Sensitive", (4, 13)),
        ("tags", "Not.There", (4, 1)),
        ("owners", "user:bob", (6, 5)),
        ("columns.address.description", None, (8, 13)),
        ("columns.address.zip.tags", None, (10, 5)),
        ("columns.address.zip.tags", "A.B", (10, 19)),
        ('columns."geo.lat".description', None, (11, 17)),
        ("columns.address.city.tags", None, (8, 3)),
        ("columns.address.zip", None, (9, 3)),
        ("columns.unknown.tags", None, (7, 1)),
        ("columns", None, (7, 1)),
        ("vote", None, (1, 1)),
    ],
)
def test_a_field_is_found_at_its_key_else_at_the_nearest_key_above_it(
    path: str, member: str | None, place: tuple[int, int]
) -> None:
    text = """kind: Table
name: s.d.p.t
description: x
tags: [A.B, '"PII".Sensitive']
owners:
  - user:bob
columns:
  address: {description: x}
  'address."zip"':
    tags: {only: [A.B]}
  '"geo.lat"': {description: x}
"""
    specs = load(text)
    (desired,) = specs.desired
    assert specs.locate(desired, path, member) == Location("t.yaml", *place)
    assert specs.locate(desired.address, path, member) == Location("t.yaml", *place)


def test_a_field_is_found_in_the_document_that_declares_it() -> None:
    specs = load(
        {
            "a.yaml": HEAD + "columns: {x: {tags: []}}\n",
            "b.yaml": "---\n---\n" + HEAD + "columns:\n  x:\n    description: p\n",
        }
    )
    (desired,) = specs.desired
    assert specs.locate(desired, "columns.x.description") == Location("b.yaml", 7, 5)
    assert specs.locate(desired, "columns.x.tags") == Location("a.yaml", 3, 15)


def test_an_object_that_is_not_declared_has_no_place() -> None:
    assert load(HEAD).locate(Address("openmetadata", "Table", "s.d.p.x"), "tags") is None


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("", 1),
        ("- x\n", 1),
        ("x: z\n", 1),
        ("tags: [[x], no, a..b, A.B]\n", 1),
        ("a: b\ncolumns:\n  a..b: {}\n  c: {tags: [D.E]}\n", 2),
        ("---\nkind: Table\nvote: [\n", 1),
    ],
)
def test_a_file_that_changed_meanwhile_does_no_harm(tmp_path: Path, text: str, line: int) -> None:
    write = {
        "t.yaml": HEAD + "columns: {c: {tags: [A.B]}}\n",
        "_defaults.yaml": "Table: {tags: [A.B]}\n",
    }
    for name, before in write.items():
        (tmp_path / name).write_text(before)
    specs = spec.load([tmp_path], root=tmp_path)
    for name in write:
        (tmp_path / name).write_text(text)
    for path in ("tags", "columns.c.tags"):
        found = specs.locate(specs.desired[0], path, "A.B")
        assert found is not None
        assert found.file == "t.yaml"
    assert found.line >= line


def test_a_file_that_is_gone_by_then_is_still_named(tmp_path: Path) -> None:
    file = tmp_path / "t.yaml"
    file.write_text(HEAD + "vote: unVoted\n")
    specs = spec.load([file], root=tmp_path)
    file.unlink()
    assert specs.locate(specs.desired[0], "vote") == Location("t.yaml", 1, 1)


def test_the_places_of_a_wide_table_are_found_without_walking_its_columns_for_each(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    specs = load(HEAD + "columns:\n" + "".join(f"  c{n}: {{tags: [A.B]}}\n" for n in range(300)))
    (table,) = specs.desired
    asked: list[str] = []
    normal = fqn.normal
    monkeypatch.setattr(fqn, "normal", lambda name: asked.append(name) or normal(name))
    for number in range(300):
        found = specs.locate(table, f"columns.c{number}.tags")
        assert found == Location("t.yaml", 4 + number, len(f"  c{number}: {{") + 1)
    assert len(asked) == 300
