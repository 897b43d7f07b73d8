"""No foreign text is alive: whatever a catalog says, GitHub shows it and does nothing with it.

The judge is a parser of GitHub's Markdown, and a scan of all text that it leaves outside of code.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from html.parser import HTMLParser

import pytest
from hypothesis import given
from markdown_it import MarkdownIt
from markdown_it.token import Token
from render_strategies import HOSTILE, texts

from catalogctl.render import inert
from catalogctl.render.text import visible

PARSER = MarkdownIt("gfm-like", {"html": True, "linkify": True})

LIVE = re.compile(
    r"(?<![\w`])@\w|#\d|\bGH-\d|\b[0-9a-f]{7,40}\b|://|www\.|\w@\w|:\w+:|\$|\[\^", re.IGNORECASE
)
"""Mentions, references, commits, links, addresses, emoji, formulas and footnotes."""


def tokens(source: str) -> Iterator[Token]:
    for token in PARSER.parse(source):
        yield token
        yield from token.children or ()


class Outside(HTMLParser):
    """The tags of some HTML, and its text: outside of code, and within."""

    def __init__(self, source: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[str] = []
        self.outside = self.within = ""
        self.feed(source)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        assert not attrs

    def handle_endtag(self, tag: str) -> None:
        self.tags.append(f"/{tag}")

    def handle_data(self, data: str) -> None:
        if self.tags.count("code") > self.tags.count("/code"):
            self.within += data
        else:
            self.outside += data

    def handle_comment(self, data: str) -> None:
        raise AssertionError(data)

    handle_decl = handle_pi = unknown_decl = handle_comment


def in_a_paragraph(text: str) -> None:
    source = f"before {inert.span(text)} after"
    found = list(tokens(source))
    assert [each.type for each in found] == [
        "paragraph_open", "inline", "text", "code_inline", "text", "paragraph_close"
    ]  # fmt: skip
    assert [each.content for each in found if each.type == "text"] == ["before ", " after"]
    code = next(each.content for each in found if each.type == "code_inline")
    assert code.strip() == visible(text).strip()


def in_an_alert(text: str) -> None:
    kinds = [each.type for each in tokens(f"> [!CAUTION]\n> {inert.span(text)}: said\n")]
    assert kinds == [
        "blockquote_open", "paragraph_open", "inline", "text", "softbreak", "code_inline", "text",
        "paragraph_close", "blockquote_close",
    ]  # fmt: skip


def in_html(text: str) -> None:
    source = f"<p>before {inert.tag(text, 10**6)} after</p>"
    (block,) = PARSER.parse(source + "\n\n")
    assert block.type == "html_block"
    html = Outside(source)
    assert html.tags == ["p", "code", "/code", "/p"]
    assert html.outside == "before  after"
    assert html.within == visible(text)


def in_a_fence(text: str) -> None:
    lines = [f"+ {visible(text)}", visible(text)]
    (block,) = PARSER.parse(inert.fence(lines, "diff"))
    assert (block.type, block.info) == ("fence", "diff")
    assert block.content == "".join(f"{line.rstrip()}\n" for line in lines)


@pytest.mark.parametrize("hostile", HOSTILE)
@pytest.mark.parametrize("place", [in_a_paragraph, in_an_alert, in_html, in_a_fence])
def test_what_is_known_to_be_dangerous_is_shown_as_it_is(place: object, hostile: str) -> None:
    for text in (hostile, f" {hostile}", f"{hostile} ", f"`{hostile}`", hostile * 2):
        place(text)  # type: ignore[operator]


@given(texts)
def test_any_text_is_shown_as_it_is(text: str) -> None:
    in_a_paragraph(text)
    in_an_alert(text)
    in_html(text)
    in_a_fence(text)


@given(texts)
def test_nothing_outside_of_code_is_alive(text: str) -> None:
    source = (
        f"said {inert.span(text)}\n\n<p>{inert.tag(text)}</p>\n\n{inert.fence([visible(text)])}"
    )
    outside = ""
    for token in tokens(source):
        assert token.type not in ("link_open", "image", "html_inline", "table_open", "heading_open")
        outside += token.content if token.type == "text" else ""
        if token.type == "html_block":
            outside += Outside(token.content).outside
    assert not LIVE.search(outside)
    assert outside.strip() == "said"


@given(texts)
def test_nothing_is_hidden_from_the_reader(text: str) -> None:
    for shown in (inert.span(text), inert.tag(text), inert.fence([visible(text)])):
        for char in set(shown) - {"\n"}:
            assert unicodedata.category(char) not in ("Cc", "Cs", "Zl", "Zp")
            assert not "\u202a" <= char <= "\u202e"
            assert not "\u2066" <= char <= "\u2069"
            assert char not in "\u200b\ufeff\u200e\u200f"


@given(texts)
def test_a_link_leads_where_it_should_and_holds_nothing_else(text: str) -> None:
    source = inert.anchor(f"https://github.com/{text}", "here")
    found = re.fullmatch(r'<a href="(https://github\.com/[!-~]*)">here</a>', source)
    assert found
    assert not set(found[1]) & set("<>\"'`")
