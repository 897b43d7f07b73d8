"""What spec files declared the last time, by the hash of their bytes.

Only files in which everything was right are kept; one with a mistake is read again each time.
An entry is found by the content alone, so an edit that keeps size and time stamp is seen, and a
file may be renamed. The cache belongs to one version of the language: it is named by a hash of
the code that turns bytes into declarations. It can be deleted at any time, and holds nothing that
comes from a catalog.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType

import msgspec

from catalogctl.spec.documents import Declaration
from catalogctl.spec.kinds import KINDS
from catalogctl.spec.packed import Fields
from catalogctl.version import hash_of_code

LARGEST = 512 * 1024 * 1024
"""A cache that has grown beyond this many bytes starts anew."""

PAGE = 32768
"""Bytes of a page of the file: of the usual 4,096, half stay empty beside a row."""

TOGETHER = 500
"""Entries that are written at once: they do not pile up in memory."""

_LANGUAGE = (
    "fqn.py",
    "groups.py",
    "model.py",
    "config/connection.py",  # what a reference to a secret looks like
    "spec/*.py",
    "yamlfile/*.py",
)
"""The code that a declaration depends on."""

_encode = msgspec.msgpack.Encoder().encode
_Packed = tuple[bytes, str]
_Kept = tuple[str, str, str | None, _Packed, tuple[tuple[str, _Packed], ...]]
"""A declaration as it is written: names, and its fields packed, with their heads."""

_decode = msgspec.msgpack.Decoder(list[_Kept]).decode


class Cache:
    """Declarations by content. Whatever goes wrong with its file, it is as if it were empty."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / f"specs-{hash_of_code(*_LANGUAGE)}.sqlite"
        self._new: list[tuple[bytes, bytes]] = []
        self._database: sqlite3.Connection | None = None
        self._was_empty = False
        self._ahead: Iterator[tuple[bytes, bytes]] = iter(())
        self._next: tuple[bytes, bytes] | None = None

    def __enter__(self) -> Cache:
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            if self._path.exists() and self._path.stat().st_size > LARGEST:
                self._path.unlink()
            self._was_empty = not self._path.exists()
            self._database = sqlite3.connect(self._path, timeout=1, isolation_level=None)
            self._database.execute("PRAGMA synchronous = OFF")
            self._database.execute(f"PRAGMA page_size = {PAGE}")
            self._database.execute(
                "CREATE TABLE IF NOT EXISTS specs (content BLOB PRIMARY KEY, declared BLOB)"
            )
        except (OSError, sqlite3.Error):
            self._give_up()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._database is None:
            return
        if self._new:
            self._write()
        self._give_up()

    def _give_up(self) -> None:
        database, self._database = self._database, None
        if database is not None:
            database.close()

    def find(self, content: bytes) -> list[Declaration] | None:
        """What these bytes declare, if they have been read before."""
        if self._database is None or self._was_empty:
            return None
        try:
            found = self._row(_key(content))
            return None if found is None else [_declaration(*each) for each in _decode(found)]
        except (sqlite3.Error, msgspec.MsgspecError, KeyError, TypeError, ValueError):
            self._give_up()  # a broken file; it is not trusted any further
            return None

    def _row(self, key: bytes) -> bytes | None:
        """Files mostly come in the order in which they were kept: then the next row is the one."""
        assert self._database is not None
        if self._next is None or self._next[0] != key:
            found = self._database.execute(
                "SELECT rowid, declared FROM specs WHERE content = ?", (key,)
            ).fetchone()
            if found is None:
                return None
            self._ahead = self._database.execute(
                "SELECT content, declared FROM specs WHERE rowid >= ?", (found[0],)
            )
            self._next = next(self._ahead, None)
            if self._next is None or self._next[0] != key:
                return bytes(found[1])
        row = self._next[1]
        self._next = next(self._ahead, None)
        return row

    def keep(self, content: bytes, declared: Sequence[Declaration]) -> None:
        """Remember what these bytes declare; written when the block ends."""
        if self._database is not None:
            self._new.append((_key(content), _encode([_plain(each) for each in declared])))
            if len(self._new) == TOGETHER:
                self._write()

    def _write(self) -> None:
        assert self._database is not None
        new, self._new = self._new, []
        try:
            self._database.execute("BEGIN IMMEDIATE")
            self._database.executemany("INSERT OR REPLACE INTO specs VALUES (?, ?)", new)
            self._database.execute("COMMIT")
        except sqlite3.Error:
            # Somebody else is writing, or the disk is full: the next run reads the files.
            self._give_up()


def _key(content: bytes) -> bytes:
    return hashlib.sha256(content).digest()


def _plain(declared: Declaration) -> _Kept:
    objects = tuple((name, _packed(fields)) for name, fields in declared.objects)
    fields = _packed(declared.fields)
    return declared.kind.name, declared.identity, declared.catalog, fields, objects


def _packed(fields: Fields) -> _Packed:
    return fields.packed, fields.heads


def _declaration(
    kind: str,
    identity: str,
    catalog: str | None,
    fields: _Packed,
    objects: tuple[tuple[str, _Packed], ...],
) -> Declaration:
    below = tuple((name, Fields(*each)) for name, each in objects)
    return Declaration(KINDS[kind], identity, catalog, Fields(*fields), below)
