"""Texts that Alation keeps as HTML, and what they are in a spec. Pure.

Plain text comes back as `<p>text</p>` with a newline behind it (seen of trust flags and articles,
inferred of descriptions; a server that keeps it as it was is fine too). In a spec that is `text`.
What has tags in it is HTML on both sides, and is sent and shown as it is. A text without tags is
text: its `&`, `<` and `>` are sent as entities, so that `List<String>` survives.
"""

from __future__ import annotations

import re
from html import escape, unescape

_NAMES = (
    "a|abbr|b|blockquote|br|code|del|div|em|figure|font|h[1-6]|hr|i|iframe|img|ins|li|ol|p|pre|s"
    "|span|strong|sub|sup|table|tbody|td|tfoot|th|thead|tr|u|ul"
)
_VALUE = r"""(?:"[^"]*"|'[^']*'|[^\s"'<>=`]+)"""
_TAG = re.compile(rf"</?(?:{_NAMES})(?:\s+[\w:-]+\s*=\s*{_VALUE})*\s*/?>", re.I)
_PARAGRAPH = re.compile(r"\s*<p>(.*)</p>\s*", re.I | re.S)


def is_html(text: str) -> bool:
    """Whether there is a tag in it that a description may have; `<String>` is none."""
    return _TAG.search(text) is not None


def to_html(text: str) -> str:
    """What to send for a declared text."""
    return text if is_html(text) else escape(text, quote=False)


def to_text(html: str | None) -> str:
    """What a spec would say for what Alation has. `to_html` of it means the same again."""
    html = html or ""
    inner = _inner(html)
    if is_html(inner):
        return html.rstrip("\n")
    text = unescape(inner)
    # Text that talks of tags must not turn into HTML: it keeps its entities, and a tag around it.
    return f"<p>{inner}</p>" if is_html(text) else text


def held(declared: object, live: str | None) -> str:
    """What Alation has, in the declared words when they mean the same."""
    if isinstance(declared, str) and _meaning(to_html(declared)) == _meaning(live):
        return declared
    return to_text(live)


def _meaning(html: str | None) -> tuple[bool, str]:
    """What is compared: of HTML without a paragraph around all of it, and blanks at its ends."""
    text = to_text(html)
    if not is_html(text):
        return False, text.rstrip("\n")
    inner = _inner(text)
    alone = re.search(r"</?p[\s>]", inner, re.I) is None
    return True, (inner if alone else text).strip()


def _inner(html: str) -> str:
    paragraph = _PARAGRAPH.fullmatch(html)
    return html if paragraph is None else paragraph[1]
