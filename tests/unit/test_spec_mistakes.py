"""What is wrong with a document: each mistake, its place and its mend."""

from __future__ import annotations

import pytest

from catalogctl import spec
from spec_texts import HEAD, findings, load

TABLE_KEYS = (
    "kind, catalog, name, displayName, description, tags, glossaryTerms, owners, domains, "
    "followers, vote, columns"
)

KINDS_SHOWN = ", ".join(spec.KINDS)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "just text\n",
            "1:1: error[SPEC001]: a document is a mapping; begin it with `kind: Table`",
        ),
        ("- a\n", "1:1: error[SPEC001]: a document is a mapping; begin it with `kind: Table`"),
        (
            "name: s.d.p.t\n",
            f'1:1: error[SPEC002]: the key "kind" is missing; write kind: and one of {KINDS_SHOWN}',
        ),
        ("Kind: Table\n", '1:1: error[SPEC002]: the key "kind" is missing; is "Kind" meant?'),
        ("kind: Tabel\n", '1:1: error[SPEC003]: unknown kind "Tabel"; did you mean "Table"?'),
        (
            "kind: Pipeline\n",
            f'1:1: error[SPEC003]: unknown kind "Pipeline"; the kinds are {KINDS_SHOWN}',
        ),
        (
            "kind:\n",
            f"1:1: error[SPEC008]: null is no value; write one of {KINDS_SHOWN}",
        ),
        (
            "kind: Table\n",
            '1:1: error[SPEC005]: the key "name" is missing; '
            "it says which Table the document is about",
        ),
        (
            "kind: Table\nname: s.d.t\n",
            '2:1: error[SPEC009]: name: the name "s.d.t" has 3 parts instead of 4; '
            "write service.database.schema.table; a part that holds a dot stands in double quotes",
        ),
        (
            "kind: Table\nname: s..p.t\n",
            "2:1: error[SPEC009]: name: a part of the name is empty; "
            "write service.database.schema.table",
        ),
        (
            "kind: Table\nname: 1.10\n",
            "2:7: error[SPEC007]: name: 1.10 is a number to YAML, where a text, "
            'service.database.schema.table, is wanted; quote it: "1.10"',
        ),
        (
            "kind: Table\nname: s.d.p.t\ncatalog: ''\n",
            "3:1: error[SPEC006]: catalog: the name is empty; "
            "write the name of a catalog of the configuration",
        ),
    ],
)
def test_a_document_that_is_not_understood_is_placed_and_mended(text: str, expected: str) -> None:
    assert findings(text) == [f"t.yaml:{expected}"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "desciption: x",
            '3:1: error[SPEC004]: unknown key "desciption"; did you mean "description"?',
        ),
        ("xyz: x", f'3:1: error[SPEC004]: unknown key "xyz"; the keys are {TABLE_KEYS}'),
        (
            "columns:\n  email:\n    desciption: x",
            '5:5: error[SPEC004]: unknown key "desciption" in columns.email; '
            'did you mean "description"?',
        ),
        (
            "columns: {a: {vote: votedUp}}",
            '3:15: error[SPEC004]: unknown key "vote" in columns.a; '
            "the keys are displayName, description, tags, glossaryTerms",
        ),
        (
            "description: 1.10",
            "3:14: error[SPEC007]: description: 1.10 is a number to YAML, where a text is wanted; "
            'quote it: "1.10"',
        ),
        (
            "displayName: no",
            "3:14: error[SPEC007]: displayName: no is a truth value to YAML, where a text is "
            "wanted; "
            'quote it: "no"',
        ),
        (
            "description: 2024-01-01",
            "3:14: error[SPEC007]: description: 2024-01-01 is a date to YAML, where a text is "
            "wanted; "
            'quote it: "2024-01-01"',
        ),
        (
            "description:",
            '3:1: error[SPEC008]: description: null is no value; write "" to empty it, '
            "or delete the key to leave the field alone",
        ),
        (
            "description: [x]",
            "3:1: error[SPEC006]: description: a list where a text is wanted; write the text",
        ),
        (
            "tags: ~",
            "3:1: error[SPEC008]: tags: null is no value; write [] to ask for nothing, "
            "{only: []} to empty it, or delete the key to leave the field alone",
        ),
        (
            "tags: PII.None",
            "3:1: error[SPEC006]: tags: a text where a list of names (a tag each) is wanted; "
            "write [PII.None], or {only: [PII.None]} for exactly these",
        ),
        (
            "tags: {only: PII.None}",
            "3:8: error[SPEC006]: tags: a text where a list of names (a tag each) is wanted; "
            "write [PII.None], or {only: [PII.None]} for exactly these",
        ),
        (
            "tags: {only: [A.B], also: [C.D]}",
            '3:1: error[SPEC006]: tags: "only" stands alone in a set, without also; delete it',
        ),
        (
            "tags: {onyl: [A.B]}",
            "3:1: error[SPEC006]: tags: a mapping where a list of names (a tag each) is wanted; "
            "write [A], or {only: [A]} for exactly these",
        ),
        (
            "tags: [A.B, no]",
            "3:13: error[SPEC007]: tags: no is a truth value to YAML, where a text, "
            'the name of a tag, is wanted; quote it: "no"',
        ),
        (
            "tags: [A.B, ]\nfollowers:\n  - alice\n  -",
            "6:4: error[SPEC008]: followers: null is no value; write a name, or delete it",
        ),
        (
            "tags:\n  - A.B\n  - '\"A\".B'",
            '5:5: error[SPEC011]: tags: "A.B" is listed twice; delete one of the two',
        ),
        (
            "tags: {only: [A.B, A.B]}",
            '3:20: error[SPEC011]: tags: "A.B" is listed twice; delete one of the two',
        ),
        (
            "tags: [' ']",
            "3:8: error[SPEC012]: tags: the name of a tag is empty; write a name, or delete it",
        ),
        (
            "tags: [' A.B']",
            "3:8: error[SPEC012]: tags: the name of a tag has spaces around it; write the bare "
            "name",
        ),
        (
            'tags: ["A\\nB"]',
            "3:8: error[SPEC012]: tags: the name of a tag holds a control character; "
            "write the bare name",
        ),
        (
            "tags: [A..B]",
            '3:8: error[SPEC012]: tags: "A..B" is no name of a tag: a part of the name is empty; '
            "in a name only a part that holds a dot stands in double quotes",
        ),
        (
            "owners: [alice]",
            '3:10: error[SPEC012]: owners: "alice" does not say whether it is a user or a team; '
            "write user:alice or team:alice",
        ),
        (
            "owners: [user: alice]",
            "3:10: error[SPEC006]: owners: a mapping where a text, the name of an owner, is "
            "wanted; "
            "write the name alone; no space after a colon in it",
        ),
        (
            "owners: ['team:']",
            '3:10: error[SPEC012]: owners: "team:" names no team; write team:NAME',
        ),
        (
            "owners: [team:a, team:b]",
            "3:1: error[SPEC013]: owners: owners are one team, or any number of users; "
            "keep team:a alone, or list users only",
        ),
        (
            "owners: {only: [user:a, team:b]}",
            "3:1: error[SPEC013]: owners: owners are one team, or any number of users; "
            "keep team:b alone, or list users only",
        ),
        (
            "followers: [user:alice]",
            '3:13: error[SPEC012]: followers: followers are user names, without "user:"; write '
            "alice",
        ),
        (
            "followers: [team:x]",
            '3:13: error[SPEC012]: followers: followers are user names, without "team:"; '
            "only users can follow",
        ),
        (
            "tags: [Tier.Tier1, Tier.Tier2]",
            "3:1: error[SPEC014]: tags: more than one Tier: Tier.Tier1, Tier.Tier2; keep one of "
            "them",
        ),
        (
            "columns: {a: {tags: {only: [Tier.Tier1, Tier.Tier2]}}}",
            "3:15: error[SPEC014]: columns.a.tags: more than one Tier: Tier.Tier1, Tier.Tier2; "
            "keep one of them",
        ),
        (
            "vote: votedup",
            '3:1: error[SPEC015]: vote: "votedup" is not one of votedUp, votedDown, unVoted; '
            'did you mean "votedUp"?',
        ),
        (
            "vote: yes",
            "3:7: error[SPEC007]: vote: yes is a truth value to YAML, where one of "
            "votedUp, votedDown, unVoted is wanted; write one of votedUp, votedDown, unVoted",
        ),
        (
            "columns:\n  address:\n    columns: {zip: {description: x}}",
            '5:5: error[SPEC016]: columns.address: columns are not nested with "columns"; '
            "name a nested column by its path, such as `address.zip: {…}`",
        ),
        (
            "columns:\n  a: {children: [{name: b}]}",
            '4:7: error[SPEC016]: columns.a: columns are not nested with "children"; '
            "name a nested column by its path, such as `a.zip: {…}`",
        ),
        (
            "columns: {a.: {}}",
            '3:11: error[SPEC009]: "a." is no name of a column: a part of the name is empty; '
            "quote a column whose name holds a dot twice: '\"a.b\"'",
        ),
        (
            "columns: {'': {}}",
            '3:11: error[SPEC009]: "" is no name of a column: the name is empty; '
            "quote a column whose name holds a dot twice: '\"a.b\"'",
        ),
        (
            "columns: {a: x}",
            "3:11: error[SPEC006]: columns.a: a text where a mapping of a column's fields is "
            "wanted; "
            "write its fields, such as {description: …}",
        ),
        (
            "columns:\n  a:",
            "4:3: error[SPEC008]: columns.a: null is no value; write its fields, such as "
            "{description: …}, or {}, or delete the key to leave the column alone",
        ),
        (
            "columns: [a, b]",
            "3:1: error[SPEC006]: columns: a list where a mapping of columns is wanted; "
            "write `NAME: {description: …}` for each column",
        ),
        (
            "columns:",
            "3:1: error[SPEC008]: columns: null is no value; write {} or delete the key: "
            "a column that is not listed is left alone",
        ),
        (
            "columns:\n  a: {description: x}\n  '\"a\"': {description: x}",
            '5:11: error[SPEC010]: columns.a.description is declared twice, as "a" and ""a""; '
            "keep one of the two",
        ),
        (
            "catalog: 7",
            "3:10: error[SPEC007]: 7 is a number to YAML, where a text, the name of a catalog, "
            'is wanted; quote it: "7"',
        ),
    ],
)
def test_each_mistake_in_a_table_has_its_place_and_its_mend(text: str, expected: str) -> None:
    assert findings(f"{HEAD}{text}\n") == [f"t.yaml:{expected}"]


def test_all_mistakes_of_all_files_are_collected_in_order() -> None:
    found = findings(
        {
            "b.yaml": HEAD + "vote: x\ndescription: 7\nfoo: x\n---\nkind: Tabel\n",
            "a.yaml": "a: [\n",
            "c.yaml": "kind: Table\nname: s.d.p.u\nname: s.d.p.v\ntags: A\n",
        }
    )
    places = [each.split(": ")[0] + " " + each.split("[")[1][:7] for each in found]
    assert places == [
        "a.yaml:2:1 YAML001",
        "b.yaml:3:1 SPEC015",
        "b.yaml:4:14 SPEC007",
        "b.yaml:5:1 SPEC004",
        "b.yaml:7:1 SPEC003",
        "c.yaml:3:1 YAML002",
        "c.yaml:4:1 SPEC006",
    ]


def test_a_message_quotes_long_or_broken_text_on_one_short_line() -> None:
    (found,) = load(f'{HEAD}vote: "a\\n{"b" * 200}"\n').diagnostics
    assert "\n" not in str(found)
    assert len(str(found)) < 250
