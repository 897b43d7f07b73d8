"""The kind TableSync: what is declared, where it stands, and what is wrong."""

from __future__ import annotations

import pytest

from catalogctl.errors import Location
from catalogctl.model import Members
from spec_texts import findings, load

HEAD = "kind: TableSync\ndatasource_id: 8\nschema: main.dbo\ntable: foobar\n"

SYNC = (
    HEAD
    + """\
table_type: VIEW
columns: [total, id]
title: Foobar
description: |
  One row per order.
custom_fields:
  Steward Notes: Reviewed.
  v1.2 Regions: [EMEA, APAC]
  Empty: ""
  None of them: []
"""
)


def test_a_document_declares_that_the_table_is_there_and_its_fields() -> None:
    specs = load(SYNC)
    assert specs.diagnostics == ()
    (desired,) = specs.desired
    assert str(desired.address) == "TableSync/8/main.dbo/foobar"
    assert desired.address.catalog == "alation"
    assert dict(desired.fields) == {
        "table": "foobar",
        "table_type": "VIEW",
        "columns": Members(("id", "total")),
        "title": "Foobar",
        "description": "One row per order.",
        "custom_fields.Steward Notes": "Reviewed.",
        "custom_fields.v1.2 Regions": Members(("APAC", "EMEA"), only=True),
        "custom_fields.Empty": "",
        "custom_fields.None of them": Members((), only=True),
    }


def test_a_table_of_which_nothing_else_is_declared_is_an_object_too() -> None:
    (desired,) = load(HEAD).desired
    assert dict(desired.fields) == {"table": "foobar"}


@pytest.mark.parametrize(
    ("written", "identity"),
    [
        ("datasource_id: '8'\nschema: main.dbo\ntable: foobar", "8/main.dbo/foobar"),
        ("datasource_id: 0\nschema: a b\ntable: ' x'", "0/a b/ x"),
        ("datasource_id: 8\nschema: a/b\ntable: c#d%e", "8/a%2Fb/c%23d%25e"),
        ("datasource_id: 8\nschema: '\"a.b\".c'\ntable: '1'", '8/"a.b".c/1'),
    ],
)
def test_the_names_become_the_identity_verbatim(written: str, identity: str) -> None:
    specs = load(f"kind: TableSync\n{written}\n")
    (desired,) = specs.desired
    assert specs.diagnostics == ()
    assert desired.address.identity == identity
    assert desired.fields["table"] == desired.address.parts[2]


def test_two_documents_may_be_about_one_table() -> None:
    files = {"a.yaml": HEAD + "title: x\n", "b.yaml": HEAD + "columns: {only: [id]}\n"}
    specs = load(files)
    assert specs.diagnostics == ()
    (desired,) = specs.desired
    assert dict(desired.fields) == {
        "table": "foobar",
        "title": "x",
        "columns": Members(("id",), only=True),
    }


def test_a_field_that_two_documents_declare_is_an_error_with_both_places() -> None:
    files = {
        "a.yaml": HEAD + "custom_fields: {a.b: x, c: z}\n",
        "b.yaml": HEAD + "custom_fields: {a.b: x}\n",
    }
    assert findings(files) == [
        "b.yaml:5:17: error[SPEC010]: custom_fields.a.b of TableSync/8/main.dbo/foobar is declared "
        "twice; first at a.yaml:5:17; keep one of the two"
    ]


def test_defaults_reach_single_custom_fields() -> None:
    files = {
        "_defaults.yaml": "TableSync:\n  table_type: VIEW\n  custom_fields: {A: far, B: far}\n",
        "t.yaml": HEAD + "custom_fields: {A: near}\n",
    }
    specs = load(files)
    (desired,) = specs.desired
    assert dict(desired.fields) == {
        "table": "foobar",
        "table_type": "VIEW",
        "custom_fields.A": "near",
        "custom_fields.B": "far",
    }
    assert specs.locate(desired, "custom_fields.B") == Location("_defaults.yaml", 3, 27)


@pytest.mark.parametrize(
    ("path", "member", "place"),
    [
        ("table", None, (4, 1)),
        ("columns", None, (6, 1)),
        ("columns", "id", (6, 18)),
        ("custom_fields.Steward Notes", None, (11, 3)),
        ("custom_fields.v1.2 Regions", None, (12, 3)),
        ("custom_fields.v1.2 Regions", "APAC", (12, 24)),
        ("custom_fields.Other", None, (10, 1)),
        ("owners", None, (1, 1)),
    ],
)
def test_a_field_is_found_at_its_key_else_at_the_nearest_key_above_it(
    path: str, member: str | None, place: tuple[int, int]
) -> None:
    specs = load(SYNC)
    assert specs.locate(specs.desired[0], path, member) == Location("t.yaml", *place)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "kind: TableSync\nschema: a\ntable: b",
            '1:1: error[SPEC005]: the key "datasource_id" is missing; '
            "it says which TableSync the document is about",
        ),
        (
            "kind: TableSync\ndatasource_id: -1\nschema: a\ntable: b",
            "2:1: error[SPEC022]: datasource_id: -1 is below 0; write the number that names it",
        ),
        (
            "kind: TableSync\ndatasource_id: 1.5\nschema: a\ntable: b",
            "2:16: error[SPEC007]: datasource_id: 1.5 is a number to YAML, where a whole number, "
            "0 or above, is wanted; write the number that names it",
        ),
        (
            "kind: TableSync\ndatasource_id: prod\nschema: a\ntable: b",
            "2:1: error[SPEC006]: datasource_id: a text where a whole number, 0 or above, is "
            "wanted; write the number that names it",
        ),
        (
            "kind: TableSync\ndatasource_id: '08'\nschema: a\ntable: b",
            "2:1: error[SPEC006]: datasource_id: a text where a whole number, 0 or above, is "
            "wanted; write the number that names it",
        ),
        (
            "kind: TableSync\ndatasource_id: 8\nschema: ''\ntable: b",
            "3:1: error[SPEC009]: schema: the name of a schema is empty; write the name",
        ),
        (
            'kind: TableSync\ndatasource_id: 8\nschema: "a\\nb"\ntable: b',
            "3:1: error[SPEC009]: schema: the name of a schema holds a control character; "
            "write the bare name",
        ),
        (
            "kind: TableSync\ndatasource_id: 8\nschema: a\ntable: 2024-01-01",
            "4:8: error[SPEC007]: table: 2024-01-01 is a date to YAML, where a text, the name of a "
            'table, is wanted; quote it: "2024-01-01"',
        ),
        (
            "kind: TableSync\ndatasource_id: 8\nschema: a\ntable:",
            "4:1: error[SPEC008]: table: null is no value; write the name",
        ),
        (
            HEAD + "table_type: view",
            '5:1: error[SPEC015]: table_type: "view" is not one of TABLE, VIEW; '
            "write one of TABLE, VIEW",
        ),
        (
            HEAD + "columns: [id, id]",
            '5:15: error[SPEC011]: columns: "id" is listed twice; delete one of the two',
        ),
        (
            HEAD + "columns: {id: {description: x}}",
            "5:1: error[SPEC006]: columns: a mapping where a list of names (a column each) is "
            "wanted; write [A], or {only: [A]} for exactly these",
        ),
        (
            HEAD + "custom_fields: x",
            "5:1: error[SPEC006]: custom_fields: a text where a mapping of custom fields is "
            "wanted; write `NAME: text` for each field",
        ),
        (
            HEAD + "custom_fields: {'': x}",
            "5:17: error[SPEC009]: custom_fields.: the name of a field is empty; write the name",
        ),
        (
            HEAD + "custom_fields: {A: 1.10}",
            "5:20: error[SPEC007]: custom_fields.A: 1.10 is a number to YAML, where a text is "
            'wanted; quote it: "1.10"',
        ),
        (
            HEAD + "custom_fields: {A: }",
            '5:17: error[SPEC008]: custom_fields.A: null is no value; write "" to empty it, '
            "or delete the key to leave the field alone",
        ),
        (
            HEAD + "custom_fields: {A: {only: [x]}}",
            "5:17: error[SPEC006]: custom_fields.A: a mapping where a text or a list of texts is "
            "wanted; write a text, or [A, B] for exactly these",
        ),
        (
            HEAD + "custom_fields: {A: [x, z, x, no]}",
            '5:27: error[SPEC011]: custom_fields.A: "x" is listed twice; delete one of the two\n'
            "t.yaml:5:30: error[SPEC007]: custom_fields.A: no is a truth value to YAML, where a "
            'text, the name of a value, is wanted; quote it: "no"',
        ),
        (
            HEAD + "costom_fields: {A: x}",
            '5:1: error[SPEC004]: unknown key "costom_fields"; did you mean "custom_fields"?',
        ),
    ],
)
def test_each_mistake_has_its_place_and_its_mend(text: str, expected: str) -> None:
    assert "\n".join(findings(f"{text}\n")) == f"t.yaml:{expected}"
