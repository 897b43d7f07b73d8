"""Declared fields as bytes: what a hundred thousand objects declare must fit into memory.

A mapping of sixty fields takes 8 kB as Python objects and 3 kB packed. Most objects are looked at
once, when their page comes in. So their fields are packed once a document is accepted, kept so in
the parse cache, laid on a shelf (a temporary file), and unpacked for the moment of the comparison.
They are packed in groups: so neither packing nor comparing an object needs the path of every
field, which is made when somebody asks for it.
"""

from __future__ import annotations

import tempfile
import weakref
from collections.abc import ItemsView, Iterator, Mapping
from functools import lru_cache
from sys import intern
from typing import IO, Any

import msgspec

from catalogctl.groups import Groups, grouped
from catalogctl.model import Declared, Members, Secret

IN_MEMORY = 1024 * 1024
"""Bytes up to which a shelf needs no file, and that it writes at once."""

_encode = msgspec.msgpack.Encoder().encode
_Written = dict[str, dict[str, dict[str, Any]]]
_decode = msgspec.msgpack.Decoder(
    tuple[dict[str, str], dict[str, Any], dict[str, dict[str, dict[str, str]]], _Written]
).decode


class Fields(Mapping[str, Declared]):
    """The declared fields of one object by path, texts first.

    `heads` are the first words of the paths, sorted, with blanks between them: what a page must
    hold is told by them, without unpacking.
    """

    __slots__ = ("_packed", "_shelf", "heads")

    def __init__(self, packed: bytes, heads: str) -> None:
        self._packed: bytes | slice = packed
        self._shelf: Shelf | None = None
        self.heads = intern(heads)

    @classmethod
    def of(cls, fields: Mapping[str, Declared]) -> Fields:
        """These fields, packed."""
        return cls.of_groups(grouped(fields))

    @classmethod
    def of_groups(cls, groups: Groups) -> Fields:
        """The fields of these groups, packed. No group is empty."""
        texts: dict[str, Declared] = {}
        others: dict[str, Any] = {}
        for path, value in groups.own.items():
            if value.__class__ is str:
                texts[path] = value
            else:
                others[path] = _written(value)
        settings: _Written = {
            head: {
                field: {part: _written(value) for part, value in parts.items()}
                for field, parts in fields.items()
            }
            for head, fields in groups.others.items()
        }
        heads = {path.partition(".")[0] for path in groups.own}
        heads.update(groups.texts, settings)
        return cls(_encode((texts, others, groups.texts, settings)), " ".join(sorted(heads)))

    def grouped(self) -> Groups:
        """The fields in groups, which costs less than path by path."""
        texts, others, below, settings = _decode(self.packed)
        own: dict[str, Declared] = dict(texts)
        for path, value in others.items():
            own[path] = _read(*value) if value.__class__ is list else value
        for fields in settings.values():
            for parts in fields.values():
                for part, value in parts.items():
                    if value.__class__ is list:
                        parts[part] = _read(*value)
        return Groups(own, below, settings)

    @property
    def packed(self) -> bytes:
        """The fields as bytes; the same fields in the same order are the same bytes."""
        if isinstance(self._packed, bytes):
            return self._packed
        assert self._shelf is not None
        return self._shelf.take(self._packed)

    def lay_on(self, shelf: Shelf) -> None:
        """Keep the bytes there from now on, and not in memory."""
        if isinstance(self._packed, bytes):
            place = shelf.put(self._packed)
            if place is not None:
                self._packed, self._shelf = place, shelf

    def __getitem__(self, path: str) -> Declared:
        return _unpacked(self)[path]

    def __iter__(self) -> Iterator[str]:
        return iter(_unpacked(self))

    def __len__(self) -> int:
        return len(_unpacked(self))

    def items(self) -> ItemsView[str, Declared]:
        return _unpacked(self).items()

    def __eq__(self, other: object) -> bool:
        if self is other or (isinstance(other, Fields) and self.packed == other.packed):
            return True
        return Mapping.__eq__(self, other)

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"Fields({dict(self)!r})"


class Shelf:
    """Bytes in a temporary file, which is gone with the process. The latest stay in memory."""

    def __init__(self) -> None:
        self._file: IO[bytes] | None = None
        self._written = 0
        self._latest = bytearray()
        self._full = False
        self._taken = (slice(0, 0), b"")

    def put(self, content: bytes) -> slice | None:
        """Where the bytes lie now; None when they cannot be kept here (no disk, no space)."""
        if self._full:
            return None
        begin = self._written + len(self._latest)
        self._latest += content
        if len(self._latest) > IN_MEMORY:
            self._write()
        return slice(begin, begin + len(content))

    def _write(self) -> None:
        """In one go: to look for the end of the file for each object takes longer than the rest."""
        try:
            if self._file is None:
                self._file = tempfile.TemporaryFile()  # noqa: SIM115
                weakref.finalize(self, self._file.close)
            self._file.seek(self._written)
            self._file.write(self._latest)
            self._file.flush()
        except OSError:
            self._full = True  # what came so far stays in memory
        else:
            self._written += len(self._latest)
            self._latest = bytearray()

    def take(self, place: slice) -> bytes:
        """The bytes that lie there. The last ones are remembered: an object is looked at twice."""
        if self._taken[0] != place:
            self._taken = (place, self._read(place))
        return self._taken[1]

    def _read(self, place: slice) -> bytes:
        begin = place.start - self._written
        if begin >= 0:
            return bytes(self._latest[begin : place.stop - self._written])
        assert self._file is not None
        self._file.seek(place.start)
        return self._file.read(place.stop - place.start)


_last: tuple[Fields | None, dict[str, Declared]] = (None, {})


def _unpacked(fields: Fields) -> dict[str, Declared]:
    """Nobody changes it. The last one is remembered: reading and comparing follow each other."""
    global _last
    if _last[0] is not fields:
        _last = (fields, fields.grouped().by_path())
    return _last[1]


def _written(value: Declared) -> Any:
    """What is no plain value as a list that says first what it is; `_read` is the way back."""
    if isinstance(value, Members):
        return [value.only, *value.names]
    if isinstance(value, tuple):
        return ["ordered", *value]
    return ["secret", value.reference] if isinstance(value, Secret) else value


@lru_cache(maxsize=10_000)
def _read(sort: bool | str, *names: str) -> Declared:
    """The same few sets stand on thousands of columns: each is made once."""
    if sort == "ordered":
        return names
    return Secret(*names) if sort == "secret" else Members(names, bool(sort))
