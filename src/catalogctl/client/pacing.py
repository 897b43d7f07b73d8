"""When a request may go: how many at once, how many a minute, and what the catalog asks for."""

from __future__ import annotations

import asyncio
import re
import time
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from typing import NamedTuple

WINDOW = 60.0
GROWTH = 0.1
"""What a good answer adds to the limit: ten of them win one place back."""


class Limiter:
    """At most `limit` requests at once, in the order they came.

    The limit halves when the catalog pushes back and creeps up to the cap again. Each request that
    passes has a connection of its own. A cancelled request gives its place back.
    """

    def __init__(self, cap: int) -> None:
        self._cap = float(max(1, cap))
        self._limit = self._cap
        self._active = 0
        self._queue: deque[asyncio.Future[None]] = deque()
        self.round = 0
        """How often the limit has sunk; a request remembers the round in which it was sent."""

    @property
    def limit(self) -> int:
        return int(self._limit)

    async def __aenter__(self) -> None:
        if self._active < self.limit:
            self._active += 1
            return
        place = asyncio.get_running_loop().create_future()
        self._queue.append(place)
        self._admit()
        try:
            await place
        except asyncio.CancelledError:
            if not place.cancelled():  # the place and the cancellation came together
                self._leave()
            raise

    async def __aexit__(self, *_: object) -> None:
        self._leave()

    def _leave(self) -> None:
        self._active -= 1
        self._admit()

    def _admit(self) -> None:
        while self._queue and self._active < self.limit:
            place = self._queue.popleft()
            if not place.done():
                self._active += 1
                place.set_result(None)

    def sink(self, sent_in: int) -> None:
        """Halve the limit; refusals of one and the same round count once."""
        if sent_in == self.round:
            self._limit = max(1.0, self._limit / 2)
            self.round += 1

    def rise(self) -> None:
        """A good answer: a little more is allowed."""
        self._limit = min(self._cap, self._limit + GROWTH)


class Quota(NamedTuple):
    """At most so many requests in any stretch of so many seconds."""

    requests: int
    seconds: float
    name: str

    @property
    def words(self) -> str:
        return f"{self.name} is reached"


def per_minute(requests: int) -> Quota:
    """The quota that the configuration sets."""
    return Quota(max(1, requests), WINDOW, "requests_per_minute")


class Pace:
    """No more requests than the quotas allow; none while the catalog asks to be left alone."""

    def __init__(
        self,
        quotas: Sequence[Quota],
        *,
        clock: Callable[[], float],
        pause: Callable[[float, str], Awaitable[None]],
    ) -> None:
        self._clock = clock
        self._pause = pause
        self._turns = [(quota, deque[float](maxlen=quota.requests)) for quota in quotas]
        self._held_until = float("-inf")
        self._why = ""

    def hold(self, seconds: float, why: str) -> None:
        """Let nobody pass for that long: a limit is of the token, not of one request."""
        until = self._clock() + seconds
        if until > self._held_until:
            self._held_until, self._why = until, why

    async def turn(self) -> None:
        """Come back when a request may go."""
        ready = self._clock()
        due, reached = ready, ""
        for quota, turns in self._turns:
            if len(turns) == quota.requests and turns[0] + quota.seconds > due:
                due, reached = turns[0] + quota.seconds, quota.words
        for _, turns in self._turns:
            turns.append(due)
        while True:  # while one waits, the catalog may ask for more
            until, why = due, reached
            if self._held_until > due:
                until, why = self._held_until, self._why
            if until <= ready:
                return
            await self._pause(until - ready, why)
            ready = until


def retry_after(headers: Mapping[str, str]) -> float | None:
    """The seconds that `Retry-After` asks for, as a number or a date; None when it says nothing.

    A date is measured by the catalog's own clock where it tells the time.
    """
    asked = headers.get("retry-after", "").strip()
    if re.fullmatch(r"\d{1,9}(\.\d+)?", asked, re.ASCII):
        return float(asked)
    then = _date(asked)
    return None if then is None else max(0.0, then.timestamp() - server_time(headers))


def server_time(headers: Mapping[str, str]) -> float:
    """When an answer was given, in seconds since 1970: by the server's clock where it tells that,
    else by ours.
    """
    told = _date(headers.get("date", ""))
    return told.timestamp() if told else time.time()


def _date(text: str) -> datetime | None:
    try:
        found = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    return found if found.tzinfo else found.replace(tzinfo=timezone.utc)
