"""The grammar of fully qualified names."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalogctl import fqn

PARTS = st.text(
    st.characters(exclude_characters='"', exclude_categories=("Cc", "Cs", "Zl", "Zp")), min_size=1
)


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("a", ("a",)),
        ("svc.db.sch.tbl", ("svc", "db", "sch", "tbl")),
        ('svc.db.sch."a.b"', ("svc", "db", "sch", "a.b")),
        ('"a"."b"', ("a", "b")),
        ('"."', (".",)),
        ("with space.ü", ("with space", "ü")),
        ("a/b#c%d", ("a/b#c%d",)),
        ("non\u00a0breaking", ("non\u00a0breaking",)),
    ],
)
def test_a_name_is_split_at_the_dots_that_are_not_quoted(name: str, parts: tuple[str, ...]) -> None:
    assert fqn.split(name) == parts


@pytest.mark.parametrize(
    ("name", "complaint"),
    [
        ("", "the name is empty"),
        ("a..b", "a part of the name is empty"),
        (".a", "a part of the name is empty"),
        ("a.", "a part of the name is empty"),
        ('""', "a part of the name is empty"),
        ('a.""', "a part of the name is empty"),
        ('"a', "a double quote is not closed"),
        ('a"b', "a double quote stands only around a whole part of a name"),
        ('"a"b', "a double quote stands only around a whole part of a name"),
        ('"a""b"', "a double quote stands only around a whole part of a name"),
        ("a\nb", "a name holds no line breaks or control characters"),
        ("a\x00", "a name holds no line breaks or control characters"),
    ],
)
def test_what_is_no_name_is_refused_in_plain_words(name: str, complaint: str) -> None:
    with pytest.raises(ValueError, match=f"^{complaint}$"):
        fqn.split(name)


@pytest.mark.parametrize(
    ("spelled", "normal"),
    [
        ('"email"', "email"),
        ("email", "email"),
        ('"geo.lat"', '"geo.lat"'),
        ('address."zip"', "address.zip"),
        ('address."geo.lat"."x"', 'address."geo.lat".x'),
        ('"a b"', "a b"),
    ],
)
def test_only_the_quotes_that_are_needed_stay(spelled: str, normal: str) -> None:
    assert fqn.normal(spelled) == normal


@given(st.lists(PARTS, min_size=1))
def test_joining_and_splitting_are_each_others_opposite(parts: list[str]) -> None:
    assert fqn.split(fqn.join(parts)) == tuple(parts)


@given(st.text())
def test_a_normal_name_is_its_own_normal_form_and_anything_else_a_value_error(name: str) -> None:
    try:
        normal = fqn.normal(name)
    except ValueError:
        with pytest.raises(ValueError):  # noqa: PT011 - whatever it says
            fqn.split(name)
    else:
        assert fqn.normal(normal) == normal
        assert fqn.split(normal) == fqn.split(name)
