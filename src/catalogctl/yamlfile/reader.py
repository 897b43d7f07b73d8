"""The careful way: every value with its position, every mistake with its mend.

One mistake does not hide the next: what can be skipped is skipped and reading goes on; only after a
syntax error is the rest of the file unknown.
"""

from __future__ import annotations

import re
from typing import Any

import yaml
from yaml import (
    AliasEvent,
    DocumentEndEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    StreamEndEvent,
    StreamStartEvent,
)

from catalogctl.errors import Diagnostic, Location, in_order
from catalogctl.yamlfile import scalars, syntax
from catalogctl.yamlfile.values import Document, Node, Plain, Reading

MAX_ALIASED = 10_000
"""How many values the aliases of a file may stand for: a bomb stands for billions."""

_BAD = re.compile(f"{scalars.CONTROL.pattern[:-1]}{scalars.BREAKS}]")
_STANDARD_TAGS = {f"tag:yaml.org,2002:{name}" for name in ("str", "map", "seq")}
_AROUND = (StreamStartEvent, DocumentStartEvent, DocumentEndEvent)


def read(content: bytes, file: str) -> Reading:
    """Reads whatever the bytes hold; never raises. Empty documents are left out."""
    found: list[Diagnostic] = []
    text = _without_bad_characters(_decoded(content, file, found), file, found)
    documents = _Reader(text, file, found).documents()
    return Reading(tuple(documents), in_order(found))


def _decoded(content: bytes, file: str, found: list[Diagnostic]) -> str:
    try:
        text = content.decode()
    except UnicodeDecodeError as error:
        before = content[: error.start].decode()
        message = f"byte 0x{content[error.start]:02X} is not UTF-8"
        hint = "save the file as UTF-8"
        found.append(Diagnostic("YAML005", message, _place(file, before, len(before)), hint))
        if content.startswith((b"\xff\xfe", b"\xfe\xff")):  # UTF-16: nothing below makes sense
            return ""
        text = content.decode(errors="replace")
    if text.startswith("\ufeff"):
        message = "the file starts with a byte order mark"
        found.append(Diagnostic("YAML004", message, Location(file), "save it as UTF-8 without BOM"))
        text = text.lstrip("\ufeff")
    return text


def _without_bad_characters(text: str, file: str, found: list[Diagnostic]) -> str:
    for bad in _BAD.finditer(text):
        code = ord(bad[0])
        what = "line separator" if bad[0] in scalars.BREAKS else "control character"
        hint = "delete it" if what == "control character" else "write an ordinary line break"
        message = f"{what} U+{code:04X}"
        found.append(Diagnostic("YAML009", message, _place(file, text, bad.start()), hint))
    return _BAD.sub("\ufffd", text)


def _place(file: str, text: str, offset: int) -> Location:
    start = text.rfind("\n", 0, offset) + 1
    return Location(file, text.count("\n", 0, offset) + 1, offset - start + 1)


class _Stop(Exception):
    """The rest of the file cannot be read; the finding that says why is already noted."""


class _Reader:
    def __init__(self, text: str, file: str, found: list[Diagnostic]) -> None:
        self.file = file
        self.text = text
        self.found = found
        self.next = scalars.Parser(text).get_event
        self.anchors: dict[str, Node | None] = {}  # None while the anchored value is being read
        self.aliased = 0

    def documents(self) -> list[Document]:
        read: list[Document] = []
        try:
            while True:
                event = self.next()
                if isinstance(event, StreamEndEvent):
                    break
                if isinstance(event, _AROUND):
                    self.anchors.clear()
                    continue
                node = self.value(event, 0)
                if node.scalar != Plain(""):
                    read.append(Document(self.file, node))
        except _Stop:
            pass
        except yaml.YAMLError as error:
            self.found += syntax.explain(error, self.text, self.file)
        return read

    def report(self, code: str, place: Any, message: str, hint: str) -> None:
        """Notes a finding at a node."""
        location = Location(self.file, place.line, place.column)
        self.found.append(Diagnostic(code, message, location, hint))

    def value(self, event: Any, depth: int) -> Node:
        line, column = event.start_mark.line + 1, event.start_mark.column + 1
        if isinstance(event, AliasEvent):
            return self.alias(str(event.anchor), Node(line, column, scalar=""))
        if event.anchor is not None:
            self.anchors[event.anchor] = None
        if isinstance(event, ScalarEvent):
            node = Node(line, column, scalar=_scalar(event))
        elif depth >= scalars.MAX_DEPTH:
            message = f"values are nested more than {scalars.MAX_DEPTH} deep"
            self.report("YAML010", Node(line, column), message, "write the value flat")
            raise _Stop
        elif isinstance(event, MappingStartEvent):
            node = Node(line, column, entries={})
            self.fill_mapping(node, depth + 1)
        else:
            node = Node(line, column, items=[])
            self.fill_list(node, depth + 1)
        if event.anchor is not None:
            self.anchors[event.anchor] = node
        self.check_scalar(event, node)
        return node

    def check_scalar(self, event: Any, node: Node) -> None:
        if event.tag is not None and event.tag not in _STANDARD_TAGS:
            tag = event.tag.replace("tag:yaml.org,2002:", "!!")
            self.report(
                "YAML007", node, f"the tag {tag} is not known here", "write the plain value"
            )
        bad = scalars.CONTROL.search(node.scalar) if isinstance(node.scalar, str) else None
        if bad:
            message = f"the text holds the control character U+{ord(bad[0]):04X}"
            self.report("YAML009", node, message, "take the escape out of the text")

    def alias(self, name: str, place: Node) -> Node:
        """What an alias stands for, standing where it was written the first time."""
        if name not in self.anchors:
            hint = f"write &{name} before the value it means"
            self.report("YAML008", place, f"the alias *{name} stands for nothing", hint)
            return place
        node = self.anchors[name]
        if node is None:
            self.report("YAML008", place, f"the alias *{name} holds itself", "write the value out")
            return place
        self.aliased += _size(node, MAX_ALIASED)
        if self.aliased > MAX_ALIASED:
            message = f"the aliases of this file stand for more than {MAX_ALIASED:,} values"
            self.report("YAML008", place, message, "write the values out")
            raise _Stop
        return node

    def fill_list(self, node: Node, depth: int) -> None:
        assert node.items is not None
        while not isinstance(event := self.next(), SequenceEndEvent):
            node.items.append(self.value(event, depth))

    def fill_mapping(self, node: Node, depth: int) -> None:
        entries = node.entries
        assert entries is not None
        merged: list[Node] = []
        while not isinstance(event := self.next(), MappingEndEvent):
            key = self.value(event, depth)
            value = self.value(self.next(), depth)
            if key.scalar == Plain("<<"):
                merged += self.merged(value)
                continue
            name = self.key(key)
            if name is None:
                continue
            if name in entries:
                first = entries[name][0]
                message = (
                    f"the key {scalars.shown(name)} is there twice; first at {self.spot(first)}"
                )
                self.report("YAML002", key, message, "keep one of the two")
            else:
                entries[name] = (key, value)
        for source in merged:
            self.merge(source, entries)

    def spot(self, node: Node) -> str:
        return str(Location(self.file, node.line, node.column))

    def key(self, node: Node) -> str | None:
        if isinstance(node.scalar, str):
            return node.scalar
        if node.scalar is None:
            self.report("YAML011", node, "a key must be a single text", "write `key: value`")
            return None
        text = node.scalar.text
        if not text:
            self.report("YAML011", node, 'there is no key before ":"', "write `key: value`")
            return None
        message = f"the key {text} is {node.scalar.meaning} to YAML, not a text"
        self.report("YAML011", node, message, f'quote it: "{text}"')
        return text

    def merged(self, value: Node) -> list[Node]:
        """The mappings that a `<<` brings in."""
        sources = [value] if value.items is None else value.items
        for source in sources:
            if source.entries is None:
                message = "<< takes a mapping, or a list of mappings"
                self.report("YAML006", source, message, "write << with an alias of a mapping")
        return [source for source in sources if source.entries is not None]

    def merge(self, source: Node, entries: dict[str, tuple[Node, Node]]) -> None:
        for name, entry in (source.entries or {}).items():
            if name in entries:
                place = self.spot(entry[0])
                message = (
                    f"the key {scalars.shown(name)} hides the one that << brings in from {place}"
                )
                self.report("YAML006", entries[name][0], message, "keep one of the two")
            else:
                entries[name] = entry


def _scalar(event: Any) -> str | Plain:
    text: str = event.value
    # An explicit !!str is as good as quotes.
    if event.implicit[0] and scalars.meaning(text) is not None:
        return Plain(text)
    return text


def _size(node: Node, limit: int) -> int:
    """How many values there are in it; stops counting above the limit."""
    size = 1
    below = [entry[1] for entry in (node.entries or {}).values()] + (node.items or [])
    for each in below:
        if size > limit:
            break
        size += _size(each, limit - size)
    return size
