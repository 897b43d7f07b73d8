"""The two rate limits: so many calls a minute and an hour."""

from __future__ import annotations

import threading
from collections import deque

from .errors import throttled
from .settings import Settings


class Limits:
    """Sliding windows per project, by the sandbox's clock.

    The documentation says that the whole team shares a limit, the code counts by key; the
    sandbox takes the stricter reading. A refused call is not counted.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._lock = threading.Lock()
        self._calls: dict[tuple[int, int], deque[int]] = {}

    def clear(self) -> None:
        with self._lock:
            self._calls.clear()

    def count(self, project: int, now_ms: int) -> None:
        """Count a call; 429 if a window is full."""
        windows = ((60, self._settings.per_minute), (3600, self._settings.per_hour))
        with self._lock:
            wait = max(self._wait(project, now_ms, *window) for window in windows)
        if wait > 0:
            raise throttled(wait)

    def _wait(self, project: int, now_ms: int, seconds: int, allowed: int) -> float:
        """Seconds until the next call may come; counts this one in its window if it may."""
        if allowed <= 0:
            return 0
        calls = self._calls.setdefault((project, seconds), deque())
        while calls and calls[0] <= now_ms - seconds * 1000:
            calls.popleft()
        if len(calls) >= allowed:
            return max(seconds - (now_ms - calls[0]) / 1000, 0.001)
        calls.append(now_ms)
        return 0
