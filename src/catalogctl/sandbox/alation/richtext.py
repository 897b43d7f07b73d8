"""Texts that the server keeps as HTML.

A text that starts with no tag is put into one paragraph; everything in it stays as it is. Seen for
trust flags and articles, and in the sample of the sync trigger, which ends with a line break;
inferred for what the v2 API writes.
"""

from __future__ import annotations


def description(text: str, wrap: bool) -> str:
    return f"{paragraph(text)}\n" if wrap and _is_plain(text) else text


def rich_text(text: str, wrap: bool) -> str:
    return paragraph(text) if wrap and _is_plain(text) else text


def paragraph(text: str) -> str:
    return f"<p>{text}</p>"


def _is_plain(text: str) -> bool:
    return bool(text.strip()) and not text.lstrip().startswith("<")
