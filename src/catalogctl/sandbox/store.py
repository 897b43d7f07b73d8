"""Persistence of every dialect: one SQLite database, in memory or in a file."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any


class Store:
    """A SQLite connection shared by all threads.

    A read takes the lock only while SQLite runs, so reads wait for each other for the time of
    one query at most. A ``transaction`` holds the lock to its end: writes come one at a time and
    no reader ever sees a half-done one.
    """

    def __init__(self, path: str | None = None) -> None:
        self._lock = threading.RLock()
        self._depth = 0
        self._connection = sqlite3.connect(
            path or ":memory:", check_same_thread=False, isolation_level=None
        )
        if path:
            self._connection.execute("PRAGMA journal_mode = WAL")
            self._connection.execute("PRAGMA synchronous = OFF")

    def define(self, script: str) -> None:
        """Create a dialect's tables; the script must be repeatable (``IF NOT EXISTS``)."""
        with self._lock:
            self._connection.executescript(script)

    def rows(self, sql: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        with self._lock:
            return self._connection.execute(sql, parameters).fetchall()

    def row(self, sql: str, parameters: Sequence[Any] = ()) -> tuple[Any, ...] | None:
        with self._lock:
            found: tuple[Any, ...] | None = self._connection.execute(sql, parameters).fetchone()
            return found

    def write(self, sql: str, parameters: Sequence[Any] = ()) -> int:
        """Run one statement and return the id of the row it inserted, if any."""
        with self._lock:
            return self._connection.execute(sql, parameters).lastrowid or 0

    @contextmanager
    def transaction(self, keep: tuple[type[Exception], ...] = ()) -> Iterator[None]:
        """Several statements as one; nested blocks join the outer one.

        An exception rolls back, except those of the classes in ``keep``: servers that are not
        atomic report an error and keep what they had written.
        """
        with self._lock:
            if self._depth == 0:
                self._connection.execute("BEGIN IMMEDIATE")
            self._depth += 1
            try:
                yield
            except BaseException as error:
                self._end("COMMIT" if isinstance(error, keep) else "ROLLBACK")
                raise
            else:
                self._end("COMMIT")

    def _end(self, statement: str) -> None:
        self._depth -= 1
        if self._depth == 0 and self._connection.in_transaction:
            self._connection.execute(statement)

    def close(self) -> None:
        with self._lock:
            self._connection.close()
