"""Foreign text in Markdown and HTML, so that GitHub shows it and does nothing else with it.

Text from a catalog, a server or a file stands in code: a code span, `<code>`, or a fence. GitHub
makes no mention, reference, link, emoji, formula or markup of what is in code, so nothing has to be
escaped one sign at a time. What a reader could not see (controls, direction marks, zero-width
characters) is spelt out. Every foreign text of a comment passes one of these functions.
"""

from __future__ import annotations

import html
import re
from collections.abc import Sequence

from catalogctl.render import words
from catalogctl.render.text import visible

LONGEST_NAME = 300

_TICKS = re.compile("`+")


def span(text: str) -> str:
    """A code span, for where Markdown is read."""
    shown = visible(text)
    ticks = "`" * (longest_ticks(shown) + 1)
    # One space at each end is taken away again; without it a backtick at an end would join ours.
    pad = " " if not shown.strip("` ") or shown != shown.strip("` ") else ""
    return f"{ticks}{pad}{shown}{pad}{ticks}"


def tag(text: str, limit: int = LONGEST_NAME) -> str:
    """`<code>`, for where HTML stands: Markdown is not read there."""
    return f"<code>{html.escape(words.cut(visible(text), limit))}</code>"


def fence(lines: Sequence[str], language: str = "") -> str:
    """A fenced block; none of the lines may hold a line break (`visible` sees to that)."""
    body = "\n".join(line.rstrip() for line in lines)
    ticks = "`" * max(3, longest_ticks(body) + 1)
    return f"{ticks}{language}\n{body}\n{ticks}"


def longest_ticks(shown: str) -> int:
    return max(map(len, _TICKS.findall(shown)), default=0)


def anchor(url: str, content: str) -> str:
    """A link, whose URL cannot end its attribute or its line; `content` is HTML."""
    safe = re.sub(r"[^!-~]|[\"'<>\\^`{|}\[\]]", _percent, url)
    return f'<a href="{html.escape(safe)}">{content}</a>'


def _percent(found: re.Match[str]) -> str:
    return "".join(f"%{byte:02X}" for byte in found.group().encode("utf-8", "replace"))
