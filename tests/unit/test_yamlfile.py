"""YAML text to values, positions and findings."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from catalogctl import yamlfile
from catalogctl.errors import Location
from catalogctl.yamlfile import Plain, events, scalars


def values(text: str) -> list[Any]:
    """The documents, which both ways of reading must agree on."""
    reading = yamlfile.read(text.encode(), "f")
    read = [document.value for document in reading.documents]
    quick = yamlfile.quick(text.encode())
    assert quick is None or (list(quick), ()) == (read, reading.diagnostics)
    return read


def as_written(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: as_written(below) for key, below in value.items()}
    if isinstance(value, list):
        return [as_written(below) for below in value]
    return value.text if isinstance(value, Plain) else value


# Scalars


@pytest.mark.parametrize(
    ("text", "meaning", "value"),
    [
        ("no", "a truth value", "no"),
        ("Off", "a truth value", "Off"),
        ("on", "a truth value", "on"),
        ("YES", "a truth value", "YES"),
        ("y", "a truth value", "y"),
        ("N", "a truth value", "N"),
        ("true", "a truth value", True),
        ("False", "a truth value", False),
        ("null", "nothing", None),
        ("~", "nothing", None),
        ("", "nothing", None),
        ("1", "a number", 1),
        ("-12", "a number", -12),
        ("0", "a number", 0),
        ("1.10", "a number", 1.1),
        ("1e3", "a number", "1e3"),
        ("012", "a number", "012"),
        ("0o17", "a number", "0o17"),
        ("0x1F", "a number", "0x1F"),
        ("0b1", "a number", "0b1"),
        ("1_000", "a number", "1_000"),
        (".5", "a number", ".5"),
        ("5.", "a number", "5."),
        (".inf", "a number", ".inf"),
        ("-.INF", "a number", "-.INF"),
        (".nan", "a number", ".nan"),
        ("9" * 5000, "a number", "9" * 5000),
        ("12:30", "a time", "12:30"),
        ("12:30:00", "a time", "12:30:00"),
        ("1:2:3.5", "a time", "1:2:3.5"),
        ("2024-01-01", "a date", "2024-01-01"),
        ("2024-01-01T10:00:00Z", "a date", "2024-01-01T10:00:00Z"),
        ("2024-01-01 10:00:00.5 +02:00", "a date", "2024-01-01 10:00:00.5 +02:00"),
        ("=", "a sign of YAML's own", "="),
    ],
)
def test_an_unquoted_scalar_that_is_not_plainly_a_text_is_told_apart(
    text: str, meaning: str, value: Any
) -> None:
    (found,) = values(f"a: {text}\n")
    plain = found["a"]
    assert plain == Plain(text)
    assert (plain.meaning, plain.value, str(plain)) == (meaning, value, text)
    assert type(plain.value) is type(value)


@pytest.mark.parametrize(
    "text",
    [
        "nope",
        "None",
        "yEs",
        "1.2.3",
        "3rd party",
        "2024-01",
        "10%",
        "0x",
        "+",
        "-x",
        "1 2",
        "..",
        "١٢",
    ],
)
def test_an_unquoted_scalar_that_everybody_reads_as_a_text_is_one(text: str) -> None:
    assert values(f"a: {text}\n") == [{"a": text}]


@pytest.mark.parametrize("text", ["no", "1.10", "2024-01-01", "null", "", "<<"])
def test_quotes_blocks_and_an_explicit_str_make_a_text(text: str) -> None:
    quoted = f"a: '{text}'\nb: \"{text}\"\nc: |-\n  {text}\nd: !!str {text}\n"
    assert values(quoted) == [dict.fromkeys("abcd", text)]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a: x\r\nb: |\r\n  one\r\n  two\r\n", {"a": "x", "b": "one\ntwo\n"}),
        ("a: >\n  one\n  two\n", {"a": "one two\n"}),
        ('a: "tab\\tand \\u00e9"\n', {"a": "tab\tand é"}),
        ("a: [1,\n\tx]\n", {"a": [Plain("1"), "x"]}),
        ("'a b': {c: d}\n", {"a b": {"c": "d"}}),
        ("a: 😀 ünï\n", {"a": "😀 ünï"}),
        ("? a\n: b\n", {"a": "b"}),
    ],
)
def test_values_are_what_the_text_says(text: str, value: Any) -> None:
    assert values(text) == [value]


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("", 0),
        ("# only a comment\n", 0),
        ("---\n---\n---\n", 0),
        ("---\na: b\n---\n\n---\nc: d\n...\n", 2),
        ("null\n", 1),
    ],
)
def test_empty_documents_are_left_out(text: str, count: int) -> None:
    assert len(values(text)) == count


# Anchors and merge keys


def test_an_alias_and_a_merge_that_hides_nothing_are_allowed() -> None:
    text = "base: &b {x: '1'}\nlist: &l [p, q]\nthis:\n  <<: *b\n  z: *l\n"
    (found,) = values(text)
    assert found["this"] == {"x": "1", "z": ["p", "q"]}
    assert found["list"] == ["p", "q"]


def test_a_merged_key_stands_where_it_was_written() -> None:
    (document,) = yamlfile.read(b"base: &b\n  x: '1'\nthis:\n  <<: *b\n", "f").documents
    assert document.key_at(("this", "x")) == Location("f", 2, 3)


def test_several_mappings_can_be_merged() -> None:
    (found,) = values("a: &a {x: p}\nb: &b {z: q}\nc: {<<: [*a, *b]}\n")
    assert found["c"] == {"x": "p", "z": "q"}


# Positions


@pytest.mark.parametrize(
    ("path", "key", "value"),
    [
        ((), (2, 1), (2, 1)),
        (("name",), (2, 1), (2, 7)),
        (("tags",), (3, 1), (3, 7)),
        (("tags", 1), (3, 11), (3, 11)),
        (("columns", "email"), (5, 3), (6, 5)),
        (("columns", "email", "description"), (6, 5), (6, 18)),
        (("columns", "email", "absent"), (5, 3), (6, 5)),
        (("columns", "email", "description", "deeper"), (6, 5), (6, 18)),
        (("tags", 7), (3, 1), (3, 7)),
        (("tags", -1), (3, 11), (3, 11)),
        (("absent", "x"), (2, 1), (2, 1)),
    ],
)
def test_every_key_value_and_item_has_a_place_and_what_is_absent_its_parents(
    path: tuple[str | int, ...], key: tuple[int, int], value: tuple[int, int]
) -> None:
    text = b"# head\nname: x\ntags: [a, b]\ncolumns:\n  email:\n    description: hello\n"
    (document,) = yamlfile.read(text, "f").documents
    assert document.key_at(path) == Location("f", *key)
    assert document.value_at(path) == Location("f", *value)


def test_columns_count_characters_not_bytes_and_crlf_lines_count_once() -> None:
    (document,) = yamlfile.read("a: x\r\nü😀: {b: x}\r\n".encode(), "f").documents
    assert document.key_at(("ü😀", "b")) == Location("f", 2, 6)


# Laws

_YAML = st.recursive(
    st.text(max_size=8) | st.sampled_from(["no", "1.10", "a: b", "- x", "#", "'", '"', "x\n\ny"]),
    lambda below: (
        st.lists(below, max_size=3) | st.dictionaries(st.text(max_size=5), below, max_size=3)
    ),
    max_leaves=10,
)
_CHARACTERS = st.text(
    st.sampled_from(" \n\t-:?[]{},#&*!|>'\"%@<~=01x\\\r\ufeff\x00\x85é"), max_size=40
)


@given(_YAML, st.booleans(), st.sampled_from([None, '"', "'", "|", ">"]))
def test_quick_reads_what_pyyaml_reads(value: Any, flow: bool, style: str | None) -> None:
    text = yaml.safe_dump(
        value, default_flow_style=flow, default_style=style, allow_unicode=True, width=30
    )
    quick = yamlfile.quick(text.encode())
    reading = yamlfile.read(text.encode(), "f")
    if quick is not None:
        assert [as_written(each) for each in quick] == [yaml.load(text, Loader=yaml.BaseLoader)]
        assert ([each.value for each in reading.documents], reading.diagnostics) == (
            list(quick),
            (),
        )


@given(st.one_of(_CHARACTERS.map(str.encode), st.binary(max_size=40), st.text().map(str.encode)))
@example(b"? ? ?")
@example(b"&a *a : *a")
@example(b"\xff\xfe\x00\x00")
def test_whatever_the_bytes_hold_is_values_or_findings(content: bytes) -> None:
    quick = yamlfile.quick(content)
    reading = yamlfile.read(content, "f")
    if quick is None:
        assert reading.diagnostics or b"&" in content or b"<<" in content or b"!" in content
    else:
        assert ([each.value for each in reading.documents], reading.diagnostics) == (
            list(quick),
            (),
        )


@pytest.fixture
def without_libyaml(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scalars, "Parser", yaml.SafeLoader)
    monkeypatch.setattr(events, "Parser", yaml.SafeLoader)


@pytest.mark.usefixtures("without_libyaml")
@pytest.mark.parametrize(
    ("text", "place", "code"),
    [
        ("a: b: c\n", "1:5", "YAML001"),
        ("a: [x\nb: z\n", "2:2", "YAML001"),
        ("a:\n\tb: x\n", "2:1", "YAML003"),
        ("a: x\na: z\n", "2:1", "YAML002"),
        ("a: 'x\n", "1:4", "YAML001"),
        ('a: "\\ud800"\n', "1:4", "YAML009"),
    ],
)
def test_the_pure_parser_finds_the_same_places(text: str, place: str, code: str) -> None:
    (found,) = yamlfile.read(text.encode(), "f").diagnostics
    assert (str(found.location), found.code) == (f"f:{place}", code)
    assert "this is not YAML" not in found.message
    assert yamlfile.quick(text.encode()) is None


@pytest.mark.usefixtures("without_libyaml")
def test_the_pure_parser_reads_the_same_values() -> None:
    text = "a: {b: [no, 'no', 1.10]}\nc: |\n  x\n---\n---\nd: ~\n"
    assert values(text) == [
        {"a": {"b": [Plain("no"), "no", Plain("1.10")]}, "c": "x\n"},
        {"d": Plain("~")},
    ]
