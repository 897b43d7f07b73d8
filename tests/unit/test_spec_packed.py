"""Declared fields as bytes: nothing is lost, wherever they lie."""

from __future__ import annotations

import tempfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalogctl.groups import grouped
from catalogctl.model import Declared, Members, Secret
from catalogctl.spec import packed
from catalogctl.spec.packed import Fields, Shelf

NAMES = st.lists(st.text(max_size=5), max_size=4).map(tuple)
VALUES: st.SearchStrategy[Declared] = st.one_of(
    st.text(max_size=20),
    st.integers(-(2**63), 2**63 - 1),
    st.booleans(),
    NAMES,
    st.builds(Members, NAMES, st.booleans()),
    st.builds(Secret, st.text(max_size=10)),
)
PATHS = st.one_of(st.text(max_size=10), st.text("ab.", max_size=6))
MAPPINGS = st.dictionaries(PATHS, VALUES, max_size=8)


@given(st.lists(MAPPINGS, max_size=6), st.booleans())
def test_what_is_packed_is_the_same_mapping(given: list[dict[str, Declared]], laid: bool) -> None:
    shelf = Shelf()
    fields = [Fields.of(each) for each in given]
    for each in fields if laid else ():
        each.lay_on(shelf)
    for one, mapping in zip(reversed(fields), reversed(given), strict=True):
        assert one == mapping
        assert {path: type(value) for path, value in one.items()} == {
            path: type(value) for path, value in mapping.items()
        }
        assert one.heads == " ".join(sorted({path.partition(".")[0] for path in mapping}))
        assert len(one) == len(mapping)
        assert one.grouped() == grouped(mapping)
        assert one.grouped().by_path() == mapping
        assert one == Fields.of(mapping)
        assert one.packed == Fields.of(mapping).packed


@given(MAPPINGS, MAPPINGS)
def test_packed_fields_are_equal_exactly_when_the_mappings_are(
    one: dict[str, Declared], other: dict[str, Declared]
) -> None:
    assert (Fields.of(one) == Fields.of(other)) == (one == other)


def test_beyond_the_limit_a_shelf_is_a_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packed, "IN_MEMORY", 100)
    shelf = Shelf()
    fields = [Fields.of({"description": f"text {number} " * 10}) for number in range(50)]
    for each in fields:
        each.lay_on(shelf)
    for number, each in enumerate(fields):
        assert each["description"] == f"text {number} " * 10


def test_without_space_for_a_file_everything_stays_in_memory(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(packed, "IN_MEMORY", 10)

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(tempfile, "TemporaryFile", full)
    shelf = Shelf()
    fields = Fields.of({"description": "a text that is longer than the limit"})
    other = Fields.of({"description": "another text, which is as long as that"})
    for each in (fields, other):
        each.lay_on(shelf)
    assert fields["description"] == "a text that is longer than the limit"
    assert other["description"] == "another text, which is as long as that"
