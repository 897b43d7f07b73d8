"""The sandbox's own clock, which a test may move."""

from __future__ import annotations

import time


class Clock:
    def __init__(self) -> None:
        self._ahead_ms = 0

    def now_ms(self) -> int:
        """Milliseconds since the epoch, plus what the clock was moved ahead."""
        return int(time.time() * 1000) + self._ahead_ms

    def advance(self, seconds: float) -> None:
        self._ahead_ms += int(seconds * 1000)
