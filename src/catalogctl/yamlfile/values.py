"""What reading a file yields: values, and where they stand."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Union

from catalogctl.errors import Diagnostic, Location
from catalogctl.yamlfile import scalars

Value = Union[str, "Plain", "dict[str, Any]", "list[Any]"]
Step = Union[str, int]

_AGREED = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_INTEGER = re.compile(r"[-+]?(?:0|[1-9][0-9]{0,17})")
_FLOAT = re.compile(r"[-+]?(?:0|[1-9][0-9]{0,17})\.[0-9]{1,17}")


@dataclass(frozen=True, slots=True)
class Plain:
    """An unquoted scalar, as written, that is read differently by YAML 1.1, YAML 1.2 and people."""

    text: str

    @property
    def value(self) -> bool | int | float | str | None:
        """What both versions of YAML agree on: nothing, a truth value or a number; else the text.

        So `012` (ten or twelve), `yes` and `1_000` stay texts and fit no number and no switch.
        """
        if scalars.WORDS.get(self.text) == "nothing":
            return None
        if self.text in _AGREED:
            return _AGREED[self.text]
        if _INTEGER.fullmatch(self.text):
            return int(self.text)
        return float(self.text) if _FLOAT.fullmatch(self.text) else self.text

    @property
    def meaning(self) -> str:
        """What it is taken for, in words: `nothing`, `a truth value`, `a number`, `a date`, …"""
        return scalars.meaning(self.text) or "a text"

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True, eq=False)
class Node:
    """A value and where it starts: a scalar, or the `entries` of a mapping, or a list's `items`."""

    line: int
    column: int
    scalar: str | Plain | None = None
    entries: dict[str, tuple[Node, Node]] | None = None
    items: list[Node] | None = None

    def plain(self) -> Value:
        """The value without positions."""
        if self.entries is not None:
            return {key: node.plain() for key, (_, node) in self.entries.items()}
        if self.items is not None:
            return [node.plain() for node in self.items]
        return self.scalar or ""


@dataclass(frozen=True, slots=True, eq=False)
class Document:
    """One document of a file. A path is the keys and indexes that lead to a value."""

    file: str
    node: Node

    @property
    def value(self) -> Value:
        """The value without positions, as `quick` yields it."""
        return self.node.plain()

    def key_at(self, path: Sequence[Step]) -> Location:
        """Where the key, or the list item, of this path stands; else its nearest parent's."""
        return self._at(self._walk(path)[0])

    def value_at(self, path: Sequence[Step]) -> Location:
        """Where the value of this path starts; else its nearest parent's."""
        return self._at(self._walk(path)[1])

    def _at(self, node: Node) -> Location:
        return Location(self.file, node.line, node.column)

    def _walk(self, path: Sequence[Step]) -> tuple[Node, Node]:
        key = node = self.node
        for step in path:
            if node.entries is not None and step in node.entries:
                key, node = node.entries[str(step)]
            elif node.items is not None and isinstance(step, int) and step < len(node.items):
                key = node = node.items[step]
            else:
                break
        return key, node


@dataclass(frozen=True, slots=True)
class Reading:
    """A file as read with positions: the documents that could be understood, and every finding."""

    documents: tuple[Document, ...]
    diagnostics: tuple[Diagnostic, ...]


def unreadable(file: str, why: OSError) -> Diagnostic:
    """The finding for a file that is there and cannot be read."""
    return Diagnostic(
        "YAML012",
        f"the file cannot be read: {why.strerror or why}",
        Location(file),
        "check its permissions, or take it out of the specs",
    )
