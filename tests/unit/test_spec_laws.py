"""The schema and the quick pass agree, and nothing that a file holds raises."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from catalogctl import spec, yamlfile
from catalogctl.errors import UsageError
from catalogctl.spec import Source, explain
from catalogctl.spec.documents import accept
from catalogctl.spec.kinds import Mistake
from catalogctl.yamlfile import Plain
from spec_texts import HEAD, load


def test_the_schemas_are_schemas_and_teach() -> None:
    for schema in (spec.schema(), spec.schema("Table")):
        Draft202012Validator.check_schema(schema)
        table_schema = schema.get("$defs", {}).get("Table", schema)
        for key, shape in table_schema["properties"].items():
            shape = schema["$defs"][shape["$ref"].rpartition("/")[2]] if "$ref" in shape else shape
            assert shape["description"], key
            assert "examples" in shape or "const" in shape, key


def test_the_schema_knows_the_very_keys_of_each_kind() -> None:
    for name, kind in spec.KINDS.items():
        shape = spec.schema(name)
        assert set(shape["properties"]) == set(kind.keys)
        assert set(shape["required"]) == {"kind", *kind.identity}
        for key, parts in kind.parts.items():
            below = shape["properties"][key]["additionalProperties"]
            assert set(below["properties"]) == set(parts.fields)


def test_an_unknown_kind_has_no_schema() -> None:
    with pytest.raises(UsageError, match=r'^unknown kind "table"; did you mean "Table"\?$'):
        spec.schema("table")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "owners: ['x', no, {a: b}]\n",
            "t.yaml:3:1: error[SPEC019]: the schema does not allow this: ",
        ),
        (
            "owners: [user:a, team:b]\n",  # only the rules know that these cannot stand together
            "t.yaml:1:1: error[SPEC019]: this document is not accepted; please report it",
        ),
    ],
)
def test_a_refusal_that_no_rule_explains_is_still_explained(
    monkeypatch: pytest.MonkeyPatch, text: str, expected: str
) -> None:
    monkeypatch.setattr(explain, "_document", lambda value: iter(()))
    (found,) = load(HEAD + text).diagnostics
    assert str(found).startswith(expected)


# Laws

_WORDS = st.sampled_from(
    ["A.B", "Tier.Tier1", "user:a", "team:b", "alice", "", " x", "a..b", '"A"."B"', "x\n"]
) | st.sampled_from(["votedUp", "s.d.p.t", '"a.b"', "no", "1.10", "tags", "a\x00", "user:", "é😀"])
_SCALARS = st.one_of(_WORDS, st.text(max_size=4), st.sampled_from(["no", "1.10", "~"]).map(Plain))
_SETS = st.lists(_SCALARS, max_size=3)
_ANYTHING = st.one_of(
    _SCALARS,
    _SETS,
    st.fixed_dictionaries({"only": _SETS}),
    st.dictionaries(_WORDS, _SCALARS, max_size=2),
)


def _set_of(*names: str) -> st.SearchStrategy[Any]:
    members = st.lists(st.sampled_from(names), unique=True)
    return members | st.fixed_dictionaries({"only": members})


_TEXTS = st.sampled_from(["", "x", "One.\n\nTwo.\n", "1.10", "é😀"])
_TAGGED = {
    "displayName": _TEXTS,
    "description": _TEXTS,
    "tags": _set_of("A.B", "Tier.Tier1", 'A."b.c"', '"C".D', "a b"),
    "glossaryTerms": _set_of("G.T", "G.T.U"),
}
_COLUMNS = st.dictionaries(
    st.sampled_from(["a", "b.c", '"x.y"', 'b."c"', "description", "tags", "1", "a/b"]),
    st.fixed_dictionaries({}, optional=_TAGGED),
    max_size=3,
)
_RIGHT = st.fixed_dictionaries(
    {"kind": st.just("Table"), "name": st.sampled_from(["s.d.p.t", '"s"."d"."p"."t.u"'])},
    optional={
        **_TAGGED,
        "owners": _set_of("user:a", "user:b c") | st.just(["team:a"]),
        "domains": _set_of("D", "D.E"),
        "followers": _set_of("alice", "john.doe", "x:y"),
        "vote": st.sampled_from(["votedUp", "votedDown", "unVoted"]),
        "columns": _COLUMNS,
        "catalog": st.just("prod"),
    },
)


@st.composite
def documents(draw: st.DrawFn) -> dict[str, Any]:
    """Documents that are right, or have one thing in them that may be wrong."""
    document = draw(_RIGHT)
    if draw(st.booleans()):
        return document
    place: Any = document
    while place and isinstance(place, dict | list):
        inside = place
        step = draw(st.sampled_from([*(place if isinstance(place, dict) else range(len(place)))]))
        place = place[step]
        if draw(st.booleans()):
            break
    if isinstance(inside, dict) and draw(st.booleans()):
        step = draw(_WORDS | st.sampled_from(["columns", "a.", '"a"', "desciption", "only"]))
    inside[step] = draw(_ANYTHING)
    return document


def as_json(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: as_json(below) for key, below in value.items()}
    if isinstance(value, list):
        return [as_json(below) for below in value]
    return value.value if isinstance(value, Plain) else value


def as_yaml(value: Any) -> str:
    """Flow style, every text quoted."""
    if isinstance(value, dict):
        rows = [f"{json.dumps(key)}: {as_yaml(below)}" for key, below in value.items()]
        return f"{{{', '.join(rows)}}}"
    if isinstance(value, list):
        return f"[{', '.join(map(as_yaml, value))}]"
    return value.text if isinstance(value, Plain) else json.dumps(value)


_VALIDATORS = [Draft202012Validator(spec.schema()), Draft202012Validator(spec.schema("Table"))]


@settings(max_examples=400, deadline=None)
@given(documents())
@example({"kind": "Table", "name": "s.d.p.t", "tags": {"only": []}, "columns": {"a": {}}})
def test_what_is_accepted_the_schema_allows_and_what_is_not_is_explained(
    document: dict[str, Any],
) -> None:
    specs = load(as_yaml(document))
    try:
        declaration = accept(document)
    except Mistake:
        assert specs.diagnostics
        assert all(found.hint and found.location for found in specs.diagnostics)
        assert "SPEC019" not in {found.code for found in specs.diagnostics}
        return
    for validator in _VALIDATORS:
        assert list(validator.iter_errors(as_json(document))) == []
    if not specs.diagnostics:  # a control character is refused by the reader, not by `accept`
        assert [dict(each.fields) for each in specs.desired] == [declaration.fields]


@settings(max_examples=300, deadline=None)
@given(
    st.one_of(
        st.binary(max_size=60),
        st.text(max_size=60).map(lambda text: text.encode("utf-8", "surrogatepass")),
    )
)
@example(b"kind: Table\nname: [&a *a]\n")
@example(b"kind: {? x}\n")
@example(b"kind: !!str Table\nname: 1\n")
def test_no_bytes_raise(content: bytes) -> None:
    for name in ("a.yaml", "_defaults.yaml"):
        specs = spec.load_sources([Source(name, lambda: content)])
        nothing = not yamlfile.read(content, name).documents
        assert specs.desired or specs.diagnostics or nothing or name == "_defaults.yaml"


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_a_spoilt_file_never_raises(data: st.DataObject) -> None:
    lines = (HEAD + "tags: [A.B]\ncolumns:\n  a:\n    tags: {only: [A.B]}\n").splitlines()
    pieces = [
        "\t",
        "- x",
        "&a",
        "*a",
        "<<: *a",
        "[",
        "}",
        "!x",
        "'",
        "|",
        "no",
        "---",
        "? x",
        ": y",
    ]
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(lines) - 1))
        column = data.draw(st.integers(0, len(lines[at])))
        piece = data.draw(st.sampled_from(pieces))
        lines[at] = lines[at][:column] + piece + lines[at][column:]
    specs = load("\n".join(lines))
    for desired in specs.desired:
        for path in desired.fields:
            assert specs.locate(desired, path) is not None
