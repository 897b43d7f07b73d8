"""Texts that come back as HTML."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from catalogctl.providers.alation.richtext import held, is_html, to_html, to_text

texts = st.one_of(
    st.text(),
    st.text(alphabet="ab <>&;/\"'=\n"),
    st.sampled_from(["&amp;", "&lt;b&gt;", "R&D", "List<String>", "a < b", "&copy", "&#0;"]),
)
html = st.lists(
    st.sampled_from(
        ["<p>", "</p>", "<b>", "</b>", "<br/>", "<P>", "&lt;", "&gt;", "&amp;", "b", " ", "\n"]
    )
).map("".join)


@given(texts)
def test_a_text_survives_being_wrapped_into_a_paragraph(text: str) -> None:
    assume(not is_html(text))
    for sent in (to_html(text), f"<p>{to_html(text)}</p>\n"):
        assert to_text(sent).rstrip("\n") == text.rstrip("\n")
        assert held(text, sent) == text


@given(st.one_of(html, texts))
def test_what_a_spec_would_say_means_the_same_when_it_is_sent(live: str) -> None:
    said = to_text(live)
    assert held(said, live) == said
    assert to_text(to_html(said)).rstrip("\n") == said.rstrip("\n")


@given(html, html)
def test_meaning_the_same_goes_both_ways(one: str, other: str) -> None:
    said, heard = to_text(one), to_text(other)
    assert (held(said, other) == said) == (held(heard, one) == heard) or said == heard


@pytest.mark.parametrize(
    ("live", "text"),
    [
        (None, ""),
        ("", ""),
        ("<p></p>\n", ""),
        ("One row per order.", "One row per order."),
        ("<p>One row per order.</p>\n", "One row per order."),
        ("<p>R&amp;D, a &lt; b, &quot;q&quot;</p>", 'R&D, a < b, "q"'),
        ("R&D", "R&D"),
        ("List<String>", "List<String>"),
        ("<p>one</p>\n<p>two</p>\n", "<p>one</p>\n<p>two</p>"),
        ("<p>see <b>this</b></p>\n", "<p>see <b>this</b></p>"),
        ('<p class="x">one</p>', '<p class="x">one</p>'),
        ("<p>&lt;b&gt;no tag&lt;/b&gt;</p>\n", "<p>&lt;b&gt;no tag&lt;/b&gt;</p>"),
        ("a <b and c> d", "a <b and c> d"),
    ],
)
def test_what_a_spec_would_say(live: str | None, text: str) -> None:
    assert to_text(live) == text


@pytest.mark.parametrize(
    ("declared", "live"),
    [
        ("<p>text</p>", "<p>text</p>\n"),
        ("<p>text</p>", "text"),
        ("see <b>this</b>", "<p>see <b>this</b></p>\n"),
        ("<ul><li>x</li></ul>", "<ul><li>x</li></ul>\n"),
        ("text\n", "<p>text</p>\n"),
    ],
)
def test_other_words_for_the_same_are_no_difference(declared: str, live: str) -> None:
    assert held(declared, live) == declared


@pytest.mark.parametrize(
    ("declared", "live"),
    [
        ("text", "<p><b>text</b></p>"),
        ("a", "<p>b</p>"),
        ("a b", "<p>a  b</p>"),
        ("&amp;", "<p>&amp;</p>"),
        ("<p>one</p><p>two</p>", "<p>one</p>"),
    ],
)
def test_a_difference_is_one(declared: str, live: str) -> None:
    assert held(declared, live) != declared
