"""Fully qualified names, as OpenMetadata writes them. Pure.

    fqn   = part *("." part)
    part  = bare | quoted
    bare  = one or more characters, none of them "." or a double quote
    quoted = '"' one or more characters, none of them a double quote '"'

A part is quoted when it holds a dot, and only then: `svc.db.sch."a.b"`. Quoting a part that has no
dot is allowed and means the same name, so two spellings are compared by their `normal` form. A part
is never empty and holds no control character. Names are case-sensitive.

The same grammar names nested columns below a table (`address.zip`, `"geo.lat"`), tags, glossary
terms and domains.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

_PART = re.compile(r'"([^"]+)"|([^".]+)')
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_PLAIN = re.compile(r"[A-Za-z0-9_\- ]+(?:\.[A-Za-z0-9_\- ]+)*")


def split(name: str) -> tuple[str, ...]:
    """The parts without their quotes. Raises ValueError, in plain words, for what is no name."""
    if _PLAIN.fullmatch(name):
        return tuple(name.split("."))
    if has_control(name):
        raise ValueError("a name holds no line breaks or control characters")
    parts = []
    start = 0
    while True:
        found = _PART.match(name, start)
        if found is None:
            raise ValueError(_complaint(name, start))
        parts.append(found[1] or found[2])
        if found.end() == len(name):
            return tuple(parts)
        if name[found.end()] != ".":
            raise ValueError("a double quote stands only around a whole part of a name")
        start = found.end() + 1


def has_control(text: str) -> bool:
    """Whether a text holds a line break or another control character, which no name does."""
    return not text.isprintable() and _CONTROL.search(text) is not None


def _complaint(name: str, start: int) -> str:
    if not name:
        return "the name is empty"
    if name[start : start + 1] == '"' and name[start : start + 2] != '""':
        return "a double quote is not closed"
    return "a part of the name is empty"


def quote(part: str) -> str:
    """One part as it stands in a name: in double quotes if it holds a dot."""
    return f'"{part}"' if "." in part else part


def join(parts: Iterable[str]) -> str:
    """The name made of these parts; the opposite of `split`."""
    return ".".join(map(quote, parts))


def normal(name: str) -> str:
    """The one spelling of a name: quotes only where they are needed. Raises like `split`."""
    return name if _PLAIN.fullmatch(name) else join(split(name))
