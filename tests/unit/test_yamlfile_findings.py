"""What is wrong with a YAML file: each mistake, its place and its mend."""

from __future__ import annotations

import pytest

from catalogctl import yamlfile


def findings(text: str | bytes) -> list[str]:
    content = text if isinstance(text, bytes) else text.encode()
    return [str(found) for found in yamlfile.read(content, "f").diagnostics]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "a: x\nb: x\na: z\na: z\n",
            [
                'f:3:1: error[YAML002]: the key "a" is there twice; first at f:1:1; '
                "keep one of the two",
                'f:4:1: error[YAML002]: the key "a" is there twice; first at f:1:1; '
                "keep one of the two",
            ],
        ),
        (
            "c: {a: x, 'a': z}\n",
            [
                'f:1:11: error[YAML002]: the key "a" is there twice; first at f:1:5; '
                "keep one of the two"
            ],
        ),
        (
            "a:\n\tb: x\n\tc: x\n",
            [
                "f:2:1: error[YAML003]: a tab where YAML wants spaces; indent with spaces",
                "f:3:1: error[YAML003]: a tab where YAML wants spaces; indent with spaces",
            ],
        ),
        (
            "a: |\n  x\n\ty\n",
            ["f:3:1: error[YAML003]: a tab where YAML wants spaces; indent with spaces"],
        ),
        (
            "\ufeffa: x\na: x\n",
            [
                "f:1:1: error[YAML004]: the file starts with a byte order mark; "
                "save it as UTF-8 without BOM",
                'f:2:1: error[YAML002]: the key "a" is there twice; first at f:1:1; '
                "keep one of the two",
            ],
        ),
        (
            "a: é\nb: é".encode() + b" \xe9\n",
            ["f:2:6: error[YAML005]: byte 0xE9 is not UTF-8; save the file as UTF-8"],
        ),
        (
            "a: x\n".encode("utf-16"),
            ["f:1:1: error[YAML005]: byte 0xFF is not UTF-8; save the file as UTF-8"],
        ),
        (
            "base: &b {x: p}\nthis:\n  <<: *b\n  x: q\n",
            [
                'f:4:3: error[YAML006]: the key "x" hides the one that << brings in from f:1:11; '
                "keep one of the two"
            ],
        ),
        (
            "<<: [{x: p}, {x: q}]\n",
            [
                'f:1:7: error[YAML006]: the key "x" hides the one that << brings in from f:1:15; '
                "keep one of the two"
            ],
        ),
        (
            "<<: x\n",
            [
                "f:1:5: error[YAML006]: << takes a mapping, or a list of mappings; "
                "write << with an alias of a mapping"
            ],
        ),
        (
            "a: !secret x\nb: !!binary eA==\nc: !!str 1\n",
            [
                "f:1:4: error[YAML007]: the tag !secret is not known here; write the plain value",
                "f:2:4: error[YAML007]: the tag !!binary is not known here; write the plain value",
            ],
        ),
        (
            "a: *x\nb: &b [*b]\n",
            [
                "f:1:4: error[YAML008]: the alias *x stands for nothing; "
                "write &x before the value it means",
                "f:2:8: error[YAML008]: the alias *b holds itself; write the value out",
            ],
        ),
        (
            "a: 'x\x00z'\nb: \x1b[31m\n",
            [
                "f:1:6: error[YAML009]: control character U+0000; delete it",
                "f:2:4: error[YAML009]: control character U+001B; delete it",
            ],
        ),
        (
            'a: "\\0"\nb: "\\e[1m"\n',
            [
                "f:1:4: error[YAML009]: the text holds the control character U+0000; "
                "take the escape out of the text",
                "f:2:4: error[YAML009]: the text holds the control character U+001B; "
                "take the escape out of the text",
            ],
        ),
        (
            "a: x\u2028z\n",
            ["f:1:5: error[YAML009]: line separator U+2028; write an ordinary line break"],
        ),
        (
            "[" * 60,
            ["f:1:51: error[YAML010]: values are nested more than 50 deep; write the value flat"],
        ),
        (
            "no: x\n1.10: x\n? [a]\n: x\n",
            [
                "f:1:1: error[YAML011]: the key no is a truth value to YAML, not a text; "
                'quote it: "no"',
                "f:2:1: error[YAML011]: the key 1.10 is a number to YAML, not a text; "
                'quote it: "1.10"',
                "f:3:3: error[YAML011]: a key must be a single text; write `key: value`",
            ],
        ),
        (
            "?\n: x\n",
            ['f:1:2: error[YAML011]: there is no key before ":"; write `key: value`'],
        ),
    ],
)
def test_each_mistake_has_its_place_and_its_mend(text: str | bytes, expected: list[str]) -> None:
    assert findings(text) == expected
    assert yamlfile.quick(text if isinstance(text, bytes) else text.encode()) is None


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        ("a: b: c\n", "1:5", 'a ": " where no key can stand'),
        ("a: 1\n  b: 2\n", "2:4", 'a ": " where no key can stand'),
        ("a: [x\nb: z\n", "2:2", 'the list opened with "[" in line 1 is not closed'),
        ("a: {x: z\nb: z\n", "2:2", 'the mapping opened with "{" in line 1 is not closed'),
        ("b: z\na: 'open\nb: c\n", "2:4", "a quoted text is not closed"),
        ('a: "open\n---\nb: c\n', "1:4", "a quoted text is not closed"),
        ("a: x\nb\nc: d\n", "2:1", "a line without a colon"),
        ("a: @x\n", "1:4", "a text cannot begin with this character"),
        ("a:\n    b: x\n  c: x\n", "3:3", "does not go on with the mapping"),
        ("a: 'b' c\n", "1:8", "does not go on with the mapping"),
        ("- a\nb: c\n", "2:1", 'a line without "- "'),
        ("a: - x\n", "1:4", 'a "- " where no list can begin'),
        ('a: "\\q"\n', "1:5", "a backslash in double quotes that begins no escape"),
        ("a: |x\n  t\n", "1:5", 'text on the same line as "|" or ">"'),
        ("a: *\n", "1:5", 'an "&" or "*" at the beginning'),
        ("a: !foo!x z\n", "1:4", 'a "!" at the beginning'),
        ("a: ]\n", "1:4", "a value is missing or begins with a sign"),
        ("{a: b}}\n", "1:7", "something follows the end of the document"),
        ("a: >\n  t\nb\n", "3:1", "a line without a colon"),
        ("%YAML 2.0\n---\na: x\n", "1:1", "this is not YAML"),
    ],
)
def test_a_syntax_error_is_told_in_a_plain_sentence(text: str, place: str, words: str) -> None:
    (found,) = yamlfile.read(text.encode(), "f").diagnostics
    assert found.code == "YAML001"
    assert str(found.location) == f"f:{place}"
    assert words in found.message
    assert found.hint


def test_documents_before_a_syntax_error_are_kept_with_their_findings() -> None:
    reading = yamlfile.read(b"a: x\na: x\n---\nb: [\n", "f")
    assert [document.value for document in reading.documents] == [{"a": "x"}]
    assert [found.code for found in reading.diagnostics] == ["YAML002", "YAML001"]


def test_an_alias_bomb_is_refused_before_it_goes_off() -> None:
    rows = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    rows += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 30)]
    (found,) = yamlfile.read("\n".join(rows).encode(), "f").diagnostics
    assert (found.code, str(found.location)) == ("YAML008", "f:5:10")
    assert "more than 10,000 values" in found.message


def test_a_large_value_is_not_counted_to_its_end() -> None:
    text = f"a: &a [{'x, ' * 11_000}]\nb: {{<<: {{c: *a}}}}\n"
    (found,) = yamlfile.read(text.encode(), "f").diagnostics
    assert (found.code, str(found.location)) == ("YAML008", "f:2:13")


def test_a_file_that_cannot_be_read_is_a_finding() -> None:
    found = yamlfile.unreadable("f", PermissionError(13, "Permission denied"))
    assert str(found) == (
        "f:1:1: error[YAML012]: the file cannot be read: Permission denied; "
        "check its permissions, or take it out of the specs"
    )
