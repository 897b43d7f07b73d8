"""What is going on, on stderr: a line that moves on a terminal, else a line each ten seconds."""

from __future__ import annotations

import sys
import time
from types import TracebackType

QUIET_SECONDS = 10.0
FRAME_SECONDS = 0.1


_running: list[Progress] = []


def clear() -> None:
    """Take the moving line away, before anything else is printed or asked."""
    for progress in _running:
        progress.clear()


class Progress:
    """Call it with what is going on, how much is done, and of how much. Use it with `with`."""

    def __init__(self) -> None:
        self._terminal = sys.stderr.isatty()
        self._last = time.monotonic()
        self._last_wait = float("-inf")
        self._shown = False
        self._line = ""

    def __enter__(self) -> Progress:
        _running.append(self)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.clear()
        _running.remove(self)

    def clear(self) -> None:
        """Take the line away; the next report writes it anew."""
        if self._shown:
            sys.stderr.write("\r\x1b[2K")
            sys.stderr.flush()
            self._shown = False

    def __call__(self, doing: str, done: int, total: int) -> None:
        self._line = f"{doing}: {done} of {total}"
        if time.monotonic() - self._last >= (FRAME_SECONDS if self._terminal else QUIET_SECONDS):
            self._write(self._line)

    def waiting(self, why: str) -> None:
        """A catalog makes us wait: said at once, since nothing else is going to move."""
        now = time.monotonic()
        if self._terminal or now - self._last_wait >= QUIET_SECONDS:
            self._last_wait = now
            self._write(f"{self._line} ({why})" if self._line else why)

    def _write(self, line: str) -> None:
        self._last = time.monotonic()
        if self._terminal:
            sys.stderr.write(f"\r\x1b[2K{line}")
            self._shown = True
        else:
            sys.stderr.write(f"{line}\n")
        sys.stderr.flush()
