"""The schema and the quick pass agree, and nothing that a file holds raises."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from catalogctl import spec, yamlfile
from catalogctl.errors import UsageError
from catalogctl.model import Declared
from catalogctl.spec import Source, explain
from catalogctl.spec.documents import Declaration, accept
from catalogctl.spec.mistakes import Mistake
from catalogctl.yamlfile import Plain
from spec_texts import HEAD, as_json, as_yaml, load


def test_the_schemas_are_schemas_and_teach() -> None:
    for schema in (spec.schema(), *map(spec.schema, spec.KINDS)):
        Draft202012Validator.check_schema(schema)
        for key, shape in schema["properties"].items():
            if "$ref" in shape:
                shape = {**schema["$defs"][shape["$ref"].rpartition("/")[2]], **shape}
            assert shape["description"], key
            assert {"examples", "const", "enum"} & shape.keys(), key


def test_the_schema_knows_the_very_keys_of_each_kind() -> None:
    for name, kind in spec.KINDS.items():
        shape = spec.schema(name)
        assert set(shape["properties"]) == set(kind.keys)
        assert set(shape["required"]) == {"kind", *kind.identity} - kind.optional
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
_PLAIN = st.sampled_from(["no", "1.10", "~", "true", "7", "-1", "91", "2:30", "25:00:00", "="])
_SETTINGS = st.sampled_from(
    ["never", "1min", "cdc", "2:30", "02:30Z", "env/X", "file/y", "1x", "__", "NOT IN", "08"]
)
_SCALARS = st.one_of(_WORDS, _SETTINGS, st.text(max_size=4), _PLAIN.map(Plain))
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
_TABLE = st.fixed_dictionaries(
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


_BOOL = st.sampled_from(["true", "False"]).map(Plain)
_TIMES = st.sampled_from(["", "2:30", "02:30:00", Plain("23:59"), Plain("12:30:00")])
_ORDERED = st.lists(st.sampled_from(["b", "a", " x", "a.b"]), unique=True)
_OPERANDS = st.sampled_from(["x", "", Plain("7"), Plain("-1.5"), Plain("true")])
_FILTERS = st.fixed_dictionaries(
    {
        "column": st.sampled_from(["a", "é"]),
        "operator": st.sampled_from(["=", "NOT IN"]),
        "value": _OPERANDS | st.lists(_OPERANDS, max_size=2),
    }
)
_ANY_SYNC: dict[str, st.SearchStrategy[Any]] = {
    "should_sync": _BOOL,
    "sync_frequency": st.sampled_from(["5min", "1hour", "30day"]),
    "sync_time_of_day": _TIMES,
    "full_refresh_time_of_day": _TIMES,
    "full_refresh_interval_days": st.sampled_from(["", Plain("1"), Plain("90")]),
    "enabled_columns": _ORDERED | st.just(""),
    "row_filters": st.just("") | st.lists(_FILTERS, max_size=2, unique_by=repr),
    "api_version": st.sampled_from(["", "2024-01-01", "x" * 128 + "\n"]),
}
_CURSOR = {
    "sync_type": st.just("incremental"),
    "incremental_field": _TEXTS,
    "incremental_field_type": st.sampled_from(["", "xid", "timestamp"]),
    "incremental_field_lookback_seconds": st.sampled_from(["", Plain("0"), Plain("5184000")]),
    "primary_key_columns": _ORDERED | st.just(""),
}
_CDC = {
    "sync_type": st.just("cdc"),
    "sync_frequency": st.just("1min"),
    "cdc_table_mode": st.sampled_from(["consolidated", "cdc_only", "both"]),
}
_SCHEMA = st.one_of(
    st.fixed_dictionaries({}, optional={**_ANY_SYNC, **_CURSOR}),
    st.fixed_dictionaries({}, optional={**_ANY_SYNC, **_CDC}),
)
_INPUTS = st.recursive(
    st.dictionaries(
        st.sampled_from(["host", "port", "a b", "selection"]),
        st.sampled_from(["", "x\n", "env/X", "5432", Plain("5432"), Plain("1.0"), Plain("true")]),
        max_size=2,
    ),
    lambda below: st.dictionaries(st.sampled_from(["ssh_tunnel", "auth"]), below, max_size=2),
    max_leaves=4,
)
_SOURCE = st.fixed_dictionaries(
    {"kind": st.just("DataSource"), "source_type": st.sampled_from(["Postgres", "a/b#c"])},
    optional={
        "prefix": st.sampled_from(["", "prod_", "_x1"]),
        "description": st.sampled_from(["", "x" * 400 + "\n"]),
        "access_method": st.sampled_from(["warehouse", "direct"]),
        "direct_query_enabled": _BOOL,
        "auto_sync_new_schemas": _BOOL,
        "auto_sync_schema_patterns": _ORDERED,
        "job_inputs": _INPUTS,
        "schemas": st.dictionaries(st.sampled_from(["orders", "public.é", "a/b#c%"]), _SCHEMA),
        "catalog": st.just("prod"),
    },
)
_SYNC = st.fixed_dictionaries(
    {
        "kind": st.just("TableSync"),
        "datasource_id": st.sampled_from(["0", "8", Plain("8"), Plain("0")]),
        "schema": st.sampled_from(["main.dbo", "a b/c"]),
        "table": st.sampled_from(["foo", "a#b"]),
    },
    optional={
        "table_type": st.sampled_from(["TABLE", "VIEW"]),
        "columns": _set_of("id", "a.b", "a b"),
        "title": _TEXTS,
        "description": _TEXTS,
        "custom_fields": st.dictionaries(
            st.sampled_from(["Steward Notes", "a.b", "x"]),
            _TEXTS | st.lists(st.sampled_from(["EMEA", "APAC"]), unique=True),
        ),
        "catalog": st.just("prod"),
    },
)


@st.composite
def documents(draw: st.DrawFn) -> dict[str, Any]:
    """Documents that are right, or have one thing in them that may be wrong."""
    document = draw(st.one_of(_TABLE, _SOURCE, _SYNC))
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


_OF_ANY = Draft202012Validator(spec.schema())
_OF_KIND = {kind: Draft202012Validator(spec.schema(kind)) for kind in spec.KINDS}


def objects(declaration: Declaration) -> dict[str, dict[str, Declared]]:
    """The objects that a document alone declares, by their identities, with their fields."""
    found = {declaration.identity + name: fields for name, fields in declaration.objects}
    if declaration.kind.name == "TableSync":
        table = unquote(declaration.identity.split("/")[-1])
        return {declaration.identity: {"table": table, **declaration.fields}}
    if declaration.fields or declaration.kind.name != "DataSource":
        found[declaration.identity] = declaration.fields
    return found


@settings(max_examples=800, deadline=None)
@given(documents())
@example({"kind": "Table", "name": "s.d.p.t", "tags": {"only": []}, "columns": {"a": {}}})
@example({"kind": "DataSource", "source_type": "Stripe"})
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
    for validator in (_OF_ANY, _OF_KIND[declaration.kind.name]):
        assert list(validator.iter_errors(as_json(document))) == []
    if not specs.diagnostics:  # a control character is refused by the reader, not by `accept`
        found = {each.address.identity: dict(each.fields) for each in specs.desired}
        assert found == objects(declaration)


@settings(max_examples=200, deadline=None)
@given(st.one_of(_SOURCE, _SYNC))
def test_every_field_of_a_source_or_sync_has_a_place_of_its_own(document: dict[str, Any]) -> None:
    specs = load(as_yaml(document))
    assert specs.diagnostics == ()
    for each in specs.desired:
        top = specs.locate(each, "no such field")
        places = [specs.locate(each, path) for path in each.fields]
        assert len({*places, top}) == len(places) + 1


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
