"""The fastest way: yaml-rs, where the extra `catalogctl[fast]` is installed.

It is never the only way, and its word is never simply taken: yaml-rs is young, reads YAML 1.2 where
libyaml reads 1.1, and accepts a good deal that is refused here. So a file goes to it only when its
text holds nothing that the two could read differently, and what it found is used only when none of
it could have been written in another way. Everything else is handed on to the loop over libyaml's
events. That costs time and nothing else: what is accepted here is what the loop would have read.

Handed on are anchors, tags, directives, tabs and control characters, escapes that could stand for
one, lists in lists on one line, and documents that are no mapping; and whatever holds a number, a
truth value, an empty value, a text that would be one of these without quotes, or a key with a blank
in it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from operator import itemgetter
from typing import Any

from catalogctl.yamlfile.scalars import BREAKS, CONTROL, MAX_DEPTH, STARTS, UNCLEAR, WORDS
from catalogctl.yamlfile.values import Value

_ORDINARY = bytes({*b"\n\r", *range(0x20, 0x7F), *range(0x80, 0x100)})
_UNUSUAL = re.compile(f"{CONTROL.pattern[:-1]}{BREAKS}\ufeff]")

_BOUND = "\n---\n"
_ODD_LINE = re.compile(r"\n(?:---(?!\n)|\.\.\.|%| *(?::|[-?] +[-?:]))")
"""Other bounds of documents, directives, a colon without a key before it, lists in lists."""

_ANCHOR_OR_TAG = re.compile(r"[&!](?<=[\s\[\]{},:?-].)(?<!&(?= ))")
_ESCAPE = re.compile(r'\\[^\\"/nrt]')

_FAR = " " * 60
"""Deep nesting takes many columns, or many brackets. The parser counts the brackets only: where the
columns are too many it runs out of stack, and the process crashes."""

_LONG = 500
"""Characters of a key. libyaml takes none that is written with more than 1,024."""

_WORDS = frozenset(WORDS)
_SIGNS = frozenset("\n|>:?")
"""A text that begins with one is read differently within brackets, or at the end of the file."""
_STARTS = STARTS | _SIGNS
_start = itemgetter(0)


class _Unclear(Exception):
    """A value that is neither a mapping, a list nor a text."""


@cache
def _parser() -> Callable[[str], Any] | None:
    try:
        import yaml_rs
    except ImportError:
        return None
    loads: Callable[[str], Any] = yaml_rs.loads
    return loads


def quick(content: bytes) -> tuple[Value, ...] | None:
    """What the loop yields for this file, or None when the loop has to tell."""
    parse = _parser()
    text = _unsuspicious(content) if parse else None
    if parse is None or text is None:
        return None
    try:
        *before, last = text.split(_BOUND)
        found = [*(parse(f"{each}\n") for each in before), parse(last)]
        return tuple(found) if all(map(_is_clear, found)) else None
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException:  # a panic of Rust's is no Exception
        return None


def _unsuspicious(content: bytes) -> str | None:
    """The text of a file that both parsers read alike, as far as its signs tell."""
    if content.translate(None, _ORDINARY):
        return None
    try:
        text = content.decode()
    except UnicodeDecodeError:
        return None
    if "\r" in text:
        text = text.replace("\r\n", "\n")
    text = "\n" + text.removeprefix("---\n")
    suspicious = (
        "\r" in text
        or _ODD_LINE.search(text)
        or _FAR in text
        or (("&" in text or "!" in text) and _ANCHOR_OR_TAG.search(text))
        or ("\\" in text and '"' in text and _ESCAPE.search(text))
        or ("?" in text and ":?" in text)
        or (text[-1] != "\n" and ("|" in text or ">" in text))
        or (not text.isascii() and _UNUSUAL.search(text))
    )
    return None if suspicious else text


def _is_clear(found: Any) -> bool:
    """Whether it holds texts only, none of which depends on how it was written."""
    if found.__class__ is not dict:
        return False
    keys: list[str] = []
    texts: list[str] = []
    _collect(found, MAX_DEPTH, keys, texts)
    together = "".join(keys)
    if " " in together or "\n" in together:
        return False
    if len(together) > _LONG and max(map(len, keys)) > _LONG:
        return False
    texts += keys
    if not _WORDS.isdisjoint(texts):
        return False
    if _STARTS.isdisjoint(map(_start, texts)):
        return True
    return not any(
        text[0] in _SIGNS or (text[0] in STARTS and UNCLEAR.fullmatch(text)) for text in texts
    )


def _collect(found: Any, deeper: int, keys: list[str], texts: list[str]) -> None:
    """Every key and text in it, so that they are looked at together. Raises for another value."""
    if not deeper:
        raise _Unclear
    if found.__class__ is dict:
        keys += found
        found = found.values()
    for value in found:
        kind = value.__class__
        if kind is str:
            texts.append(value)
        elif kind is dict or kind is list:
            _collect(value, deeper - 1, keys, texts)
        else:
            raise _Unclear
