"""The optional parser reads what the loop over libyaml's events reads, or hands the file on."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from catalogctl import yamlfile
from catalogctl.yamlfile import Plain, events, fast
from spec_texts import HEAD, as_yaml

SPECS = Path(__file__).parents[2] / "catalog-specs"
TABLES = sorted(path for path in SPECS.glob("*/*.yaml") if b"\nkind: Table\n" in path.read_bytes())


def agree(content: bytes) -> bool:
    """Whether the parser took it; then it read what the loop reads, in the same order."""
    found = fast.quick(content)
    assert found is None or repr(found) == repr(events.quick(content))
    return found is not None


# What it takes


def test_the_parser_is_installed_where_the_tests_run() -> None:
    assert fast._parser() is not None


TYPICAL = {
    "a spec of the tests": HEAD + "columns: {a: {description: One}}\n",
    "every text quoted": as_yaml({"kind": "Table", "name": "s.d.p.t", "tags": ["A.B"]}),
    "a document mark": f"---\n{HEAD}",
    "several documents": f"{HEAD}---\n{HEAD}tags: [A.B]\n---\na: |+\n  x\n\n---\na: b\n",
    "Windows line ends": f"---\n{HEAD}description: |\n  One\n\n  two\n".replace("\n", "\r\n"),
    "an empty document": "a: b\n---\n---\nc: d\n",
    "no line end at the end": "kind: Table\nname: s.d.p.t",
    "comments": f"# head\n{HEAD}# between\ntags: [A.B] # behind\n",
    "brackets": "tags: [A.B, 'C.D',\n  E.F]\nowners: {only: [user:a, team:b]}\n",
    "lists of lines": "tags:\n- A.B\n- C.D\nowners:\n  - user:a\n  - team:b\nd:\n- a: x\n  b: z\n",
    "folded texts": "a: one\n  two\n\n  three\nb: >-\n  one\n  two\n\n   3\nc: 'it''s\n\n  so'\n",
    "escapes": 'a: "tab\\t, line\\n, quote \\", slash \\/ and backslash \\\\"\n',
    "backslashes": "a: C:\\new\\x41\n",
    "prose": "a: |\n  R&D, R & D! Really? *Bold* and **bolder**: `code` | 5 % <b> ~ [x](y) {z}\n",
    "Markdown": "a: |\n  # Title\n\n  - one\n    - two\n  * three\n\n  | a |\n  |---|\n  1. x\n",
    "other scripts": "a: Größe, 大きさ, размер, 😀\nö: ü\n",
    "odd keys": "a.b: c\n\"d\": e\n'f': g\n(h): i\nj/k: l\n",
    "many keys": "".join(f"key_{number}: text\n" for number in range(100)),
    "depth": "".join(f"{' ' * level}a:\n" for level in range(49)) + f"{' ' * 49}a: b\n",
}


@pytest.mark.parametrize("name", TYPICAL)
def test_what_is_typical_is_taken(name: str) -> None:
    assert agree(TYPICAL[name].encode())


def test_most_files_of_the_demo_are_taken() -> None:
    taken = [agree(path.read_bytes()) for path in TABLES]
    assert sum(taken) > 0.7 * len(taken)


# What it hands on

HANDED_ON = {
    "nothing": "",
    "blanks": " \n\n",
    "comments only": "# x\n",
    "an empty document at the end": "a: b\n---\n",
    "a list": "- a\n",
    "a text": "a\n",
    "a document end": "a: b\n...\n",
    "an early document end": "...\na: b\n",
    "a document that begins on the line of its mark": "--- a\n",
    "a mark with a comment": "a: b\n--- # x\nc: d\n",
    "a duplicate key": "a: b\na: c\n",
    "a duplicate key in other quotes": "a: b\n'a': c\n",
    "a duplicate key in brackets": "{a: b, a: c}\n",
    "an anchor": "a: &x b\n",
    "an anchor of a key": "&x a: b\n",
    "an anchor of the document": "--- &x\na: b\n",
    "an alias": "a: &x b\nc: *x\n",
    "an alias of nothing": "a: *x\n",
    "an anchor in brackets": "a: [&x b]\n",
    "a merge key": "<<: {a: b}\n",
    "a quoted merge key": "'<<': {a: b}\n",
    "a tag": "a: !!str 1\n",
    "a tag of one's own": "a: !x b\n",
    "a tag of nothing": "a: ! b\n",
    "a tag of a list": "a: !!set\n  - b\n",
    "a tag in brackets": "a: [b,!x c]\n",
    "a directive": "%YAML 1.2\n---\na: b\n",
    "a directive after a comment": "# x\n%YAML 1.1\n---\na: b\n",
    "a byte order mark": "\ufeffa: b\n",
    "a byte order mark inside": "a: b\ufeff\n",
    "a next line": "a: b\x85c\n",
    "a line separator": "a: b\u2028c\n",
    "a paragraph separator": "a: b\u2029c\n",
    "an escaped control character": 'a: "\\x01"\n',
    "an escaped next line": 'a: "\\N"\n',
    "an escaped surrogate": 'a: "\\ud800"\n',
    "an unknown escape": 'a: "\\q"\n',
    "an escaped line end": 'a: "b\\\n  c"\n',
    "a control character": "a: b\x07\n",
    "a zero": "a: b\n\x00c\n",
    "a delete": "a: \x7f\n",
    "a control character beyond ASCII": "a: \x9f\n",
    "no character": "a: \uffff\n",
    "a tab": "a:\tb\n",
    "a tab before a comment": "a: b\t# c\n",
    "a lone carriage return": "a: b\rc: d\n",
    "half a line end": "a: b\r\r\n",
    "an empty key": ": b\n",
    "an empty value": "a:\n",
    "an empty item": "a:\n-\n",
    "an empty entry": "{a: b, c}\n",
    "an empty text": "a: ''\n",
    "an empty block": "a: |\nb: c\n",
    "a number as a key": "1: b\n",
    "a quoted number as a key": "'1': b\n",
    "a truth value as a key": "yes: b\n",
    "nothing as a key": "~: b\n",
    "a list as a key": "[a]: b\n",
    "a list as a spelled out key": "? - a\n: b\n",
    "a mapping as a key": "{a: b}: c\n",
    "a key with a blank": "a b: c\n",
    "a list in a list on one line": "a:\n- - b\n",
    "a spelled out key in a list": "- ? a\n  : b\n",
    "a spelled out key": "? a\n: b\n",
    "an unclosed list": "a: [b\n",
    "an unclosed text": "a: 'b\n",
    "an unknown beginning": "a: @b\n",
    "two values": "a: b: c\n",
    "wrong indentation": "a:\n  b: c\n d: e\n",
    "more behind a quote": "a: 'b' c\n",
    "more behind the document": "{a: b}\nc\n",
    "a date": "a: 2024-01-01\n",
    "a long key": f"{'a' * 501}: b\n",
    "a key too long for libyaml": f"{'a' * 1025}: b\n",
    "a key that is long as written": f"\"{chr(92) * 1200}\": b\n",
    "a key far from its colon": f"a{' ' * 1100}: b\n",
    "too much depth": "".join(f"{' ' * level}a:\n" for level in range(50)) + f"{' ' * 50}a: b\n",
    "too many brackets": f"a: {'[' * 51}b{']' * 51}\n",
}  # fmt: skip


@pytest.mark.parametrize("name", HANDED_ON)
def test_what_is_unusual_is_handed_on(name: str) -> None:
    assert fast.quick(HANDED_ON[name].encode()) is None


@pytest.mark.parametrize("text", [*fast.WORDS, "1", "-1", ".5", "1.10", "1_0", "12:30", "2024-1-1"])
@pytest.mark.parametrize(
    "where", ["a: {}\n", "a: '{}'\n", "a: [b, '{}']\n", "{}: a\n", "'{}': a\n"]
)
def test_what_quotes_make_a_text_of_is_handed_on(text: str, where: str) -> None:
    assert fast.quick(where.format(text).encode()) is None


def test_bytes_that_are_no_text_are_handed_on() -> None:
    assert fast.quick(b"a: \xe9\n") is None
    assert fast.quick("a: b\n".encode("utf-16")) is None


@pytest.mark.parametrize(
    "text",
    [
        "a: |\n",  # an empty block at the end: a line end to the parser
        "a: >\n ",
        "a: |\n x",  # a block without a line end at the end: the same
        "a: |2\n   ",
        "a: [|]\n",  # texts that libyaml refuses
        "a: [b,>]\n",
        "a: [:7]\n",
        "a: [b:?]\n",
        "a: {b\nc: d}\n",  # keys of several lines, which libyaml refuses
        "a: {b\n: c}\n",
        "a: {'b\n': c}\n",
        'a: {"b\\\nc": d}\n',
        "...\na: b\n",  # an end before there is a document
    ],
)
def test_what_the_parser_reads_otherwise_is_handed_on(text: str) -> None:
    parse = fast._parser()
    assert parse is not None
    assert repr((parse(text),)) != repr(events.quick(text.encode()))
    assert fast.quick(text.encode()) is None


@pytest.mark.parametrize(
    "part", ["- ", "-  ", "-\n", "? ", ": ", "--- - ", "[", "[- ", "{a: ", "[a: ", "? a : ", "- ? "]
)
@pytest.mark.parametrize("before", ["", "a: ", "a: b\n", "a:\n  - "])
def test_no_depth_is_a_crash(part: str, before: str) -> None:
    agree((before + part * 30_000).encode())


def test_a_staircase_is_handed_on_however_deep() -> None:
    staircase = "".join(f"{' ' * level}a:\n" for level in range(2_000))
    assert fast.quick(staircase.encode()) is None


# Laws

_PLAIN = ["one", "two words", "user:a", "A.B", "é 😀", "x\ny", "x\n\ny\n", "it's", "a\nb c\n d"]
_ODD = [
    *"~&*!?|>%@`:-#,[]{}\\=", "no", "1.10", "---", "...", "<<", "", " ", "a: b", "a #b", "- a",
    " x", "x ", "\nx", "\tx", "\x85",
]  # fmt: skip
_SCALARS = st.sampled_from(_PLAIN * 30 + _ODD)
_KEYS = st.sampled_from(["a", "b", "c", "kind", "x.y", "é", "(d)"] * 15 + _ODD)
_VALUES = st.recursive(
    _SCALARS,
    lambda below: st.lists(below, max_size=3) | st.dictionaries(_KEYS, below, max_size=3),
    max_leaves=12,
)
_SIGNS = st.sampled_from([
    *" \n\t\r-:?[]{},#&*!|>'\"%@`\\~=<a0", "\n ", "\n  ", "- ", ": ", " :", " #", "? ", "\r\n",
    "\n---\n", "\n...\n", "&a ", "*a", "!a ", "!!str ", "|\n", ">-\n", "|2\n", "''", '""', ", b",
    *"\x00\x07\x7f\x85\u2028\ufeff\xa0", "\\x41", "\\\n", "[a: b]", "{a: b}", "\na: b\n", "<<: ",
    "\n- a\n", "[a,\n b]", "{a: b,\n c: d}", " # c\n", ":?", "'a': ", '"a":b',
])  # fmt: skip


@st.composite
def rendered(draw: st.DrawFn) -> str:
    """A document in one of many styles."""
    return yaml.safe_dump(
        draw(st.dictionaries(_KEYS, _VALUES, min_size=1, max_size=4)),
        default_flow_style=draw(st.sampled_from([None, True, False])),
        default_style=draw(st.sampled_from([None, None, '"', "'", "|", ">"])),
        width=draw(st.sampled_from([5, 20, 80])),
        indent=draw(st.sampled_from([2, 3, 4])),
        explicit_start=draw(st.booleans()),
        allow_unicode=True,
        line_break=draw(st.sampled_from(["\n", "\r\n"])),
    )


_WRITTEN = [text for text in TYPICAL.values() if len(text) < 300]


@st.composite
def damaged(draw: st.DrawFn) -> str:
    """A document in which signs, lines and blanks were put in or taken out."""
    text = draw(rendered() | st.sampled_from(_WRITTEN))
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(text)))
        match draw(st.integers(0, 4)):
            case 0 | 1:
                text = text[:at] + draw(_SIGNS) + text[at:]
            case 2:
                text = text[:at] + text[at + draw(st.integers(1, 4)) :]
            case 3:
                lines = text.split("\n")
                line = draw(st.integers(0, len(lines) - 1))
                lines.insert(line, " " * draw(st.integers(0, 3)) + lines[line].lstrip(" "))
                text = "\n".join(lines)
            case _:
                text = text[:at] if draw(st.booleans()) else text + draw(_SIGNS)
    return text


@given(rendered())
@settings(max_examples=300)
def test_a_document_in_any_style_is_read_alike_or_handed_on(text: str) -> None:
    agree(text.encode())


@given(damaged())
@settings(max_examples=1_000)
def test_a_damaged_document_is_read_alike_or_handed_on(text: str) -> None:
    agree(text.encode())


@given(st.lists(_SIGNS, max_size=15).map("".join), st.sampled_from(["", "a: ", "a: [", "a: |\n"]))
@settings(max_examples=500)
def test_signs_in_any_order_are_read_alike_or_handed_on(text: str, before: str) -> None:
    agree((before + text).encode())


@given(st.binary(max_size=40))
def test_bytes_in_any_order_are_read_alike_or_handed_on(content: bytes) -> None:
    agree(content)


# Without it


@pytest.fixture
def without_it(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setitem(sys.modules, "yaml_rs", None)
    fast._parser.cache_clear()
    yield
    fast._parser.cache_clear()


@pytest.mark.usefixtures("without_it")
@pytest.mark.parametrize("text", [*TYPICAL.values(), "a: 1\n---\n- b\n", "a: b\na: c\n", ""])
def test_without_the_parser_the_loop_reads_everything(text: str) -> None:
    assert fast.quick(text.encode()) is None
    assert yamlfile.quick(text.encode()) == events.quick(text.encode())


@pytest.mark.parametrize(
    ("text", "found"),
    [("a: b\n", ({"a": "b"},)), ("a: 1\n", ({"a": Plain("1")},)), ("a: [\n", None), ("", ())],
)
def test_what_is_handed_on_is_read_by_the_loop(text: str, found: Any) -> None:
    assert yamlfile.quick(text.encode()) == found


class Panic(BaseException):
    """What Rust's panics are to Python."""


@pytest.mark.parametrize("problem", [ValueError, RecursionError, Panic])
def test_whatever_the_parser_raises_hands_the_file_on(
    monkeypatch: pytest.MonkeyPatch, problem: type[BaseException]
) -> None:
    def parse(text: str) -> Any:
        raise problem

    monkeypatch.setattr(fast, "_parser", lambda: parse)
    assert yamlfile.quick(b"a: b\n") == ({"a": "b"},)


def test_an_interruption_is_no_reason_to_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    def parse(text: str) -> Any:
        raise KeyboardInterrupt

    monkeypatch.setattr(fast, "_parser", lambda: parse)
    with pytest.raises(KeyboardInterrupt):
        yamlfile.quick(b"a: b\n")


def test_the_parser_is_imported_when_something_is_parsed() -> None:
    program = (
        "import sys; from catalogctl import yamlfile; before = 'yaml_rs' in sys.modules;"
        "yamlfile.quick(b'a: b'); print(before, 'yaml_rs' in sys.modules)"
    )
    told = subprocess.check_output([sys.executable, "-c", program], text=True)
    assert told == "False True\n"
