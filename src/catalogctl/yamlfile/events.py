"""The fast way: events to values, and nothing else.

Whatever is unusual (a mistake, an anchor, a tag, a merge key) is left to the reader with positions,
so this loop has no case for it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import yaml
from yaml import (
    DocumentEndEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
    StreamStartEvent,
)

from catalogctl.yamlfile.scalars import (
    BREAKS,
    CONTROL,
    MAX_DEPTH,
    STARTS,
    UNCLEAR,
    WORDS,
    Parser,
)
from catalogctl.yamlfile.values import Plain, Value

_Next = Callable[[], Any]
_EMPTY = Plain("")
_AROUND = (StreamStartEvent, DocumentStartEvent, DocumentEndEvent)


class _Unusual(Exception):
    """Something that takes the slow reader."""


def quick(content: bytes) -> tuple[Value, ...] | None:
    """The documents of a file in which nothing is unusual; None when it takes `read` to tell.

    Empty documents are left out.
    """
    try:
        if not content.isascii():
            text = content.decode()
            if text[0] == "\ufeff" or any(sign in text for sign in BREAKS):
                return None
        return tuple(_documents(_events(content)))
    except (_Unusual, yaml.YAMLError, UnicodeDecodeError):
        return None


def _events(content: bytes) -> _Next:
    """The events of a file, one a call. Anchors and tags, which take `&` or `!`, are unusual."""
    following: _Next = Parser(content).get_event
    if b"&" not in content and b"!" not in content:
        return following

    def watched() -> Any:
        event = following()
        if getattr(event, "anchor", None) is not None or getattr(event, "tag", None) is not None:
            raise _Unusual
        return event

    return watched


def _documents(following: _Next) -> Iterator[Value]:
    while True:
        event = following()
        if isinstance(event, StreamEndEvent):
            return
        if isinstance(event, _AROUND):
            continue
        value = _value(event, following, 0)
        if value != _EMPTY:
            yield value


def _value(event: Any, following: _Next, depth: int) -> Value:
    kind = event.__class__
    if kind is ScalarEvent:
        return _scalar(event)
    if depth >= MAX_DEPTH:
        raise _Unusual
    if kind is MappingStartEvent:
        return _mapping(following, depth + 1)
    if kind is SequenceStartEvent:
        return _sequence(following, depth + 1)
    raise _Unusual


def _mapping(following: _Next, depth: int) -> dict[str, Value]:
    found: dict[str, Value] = {}
    while True:
        event = following()
        if event.__class__ is not ScalarEvent:
            if event.__class__ is MappingEndEvent:
                return found
            raise _Unusual
        key: Any = event.value
        if event.style or key in WORDS or key[0] in STARTS:  # else a text: that saves a call
            key = _scalar(event)
        if key.__class__ is not str or key in found:
            raise _Unusual
        event = following()
        if event.__class__ is not ScalarEvent:
            found[key] = _value(event, following, depth)
            continue
        text = event.value
        if event.style or text in WORDS or text[0] in STARTS:
            found[key] = _scalar(event)
        else:
            found[key] = text


def _sequence(following: _Next, depth: int) -> list[Value]:
    found: list[Value] = []
    while True:
        event = following()
        if event.__class__ is SequenceEndEvent:
            return found
        found.append(_value(event, following, depth))


def _scalar(event: Any) -> str | Plain:
    text: str = event.value
    if not event.style:
        if text in WORDS or (text[0] in STARTS and UNCLEAR.fullmatch(text)):
            return Plain(text)
    elif event.style == '"' and not text.isprintable() and CONTROL.search(text):
        raise _Unusual
    return text
