"""Waiting for an asynchronous CSV job: asking how it stands until it ends, or the time is up."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from catalogctl.errors import CatalogError, Forbidden, NotFound
from catalogctl.providers.actions import Progress
from catalogctl.providers.openmetadata.csv_calls import CsvCalls

POLL_SECONDS = 2.0
"""Between two looks at a job; the pace of the vendor's own tests."""
CANCEL_SECONDS = 10.0
"""How long a job that was told to end is looked at: it ends between two batches."""


class State(Enum):
    """How a job stands, or how following it ended."""

    RUNNING = "running"
    """It has not ended; when following it ended so, the time was up."""
    COMPLETED = "completed"
    """It ran. Whether its rows were taken is another question."""
    FAILED = "failed"
    STOPPED = "stopped"
    """We were told to stop, and passed it on."""
    LOST = "lost"
    """Nothing more can be learnt of it: the server forgot it, or it is somebody else's."""
    UNSEEN = "unseen"
    """This server does not tell about jobs over HTTP."""


@dataclass(frozen=True, slots=True)
class End:
    """How a job stands or ended, in words that can be shown."""

    state: State
    message: str
    job: Mapping[str, Any] = field(default_factory=dict)


class Patience:
    """How long to wait, how often to look, and who may end it."""

    def __init__(
        self,
        seconds: float,
        stop: asyncio.Event,
        progress: Progress,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.stop = stop
        self._progress = progress
        self._seconds = seconds
        self._clock = clock
        self._begun = clock()

    @property
    def over(self) -> bool:
        """Whether the time is up."""
        return self._clock() - self._begun >= self._seconds

    async def pause(self, seconds: float | None = None) -> bool:
        """Wait a little; at once true when somebody says stop."""
        try:
            await asyncio.wait_for(self.stop.wait(), POLL_SECONDS if seconds is None else seconds)
        except asyncio.TimeoutError:
            return False
        return True

    def tell(self, doing: str, done: int = 0, total: int = 0) -> None:
        """What is going on; without a total, how much of the time is gone."""
        if total:
            self._progress(doing, done, total)
        else:
            waited = int(self._clock() - self._begun)
            self._progress(f"{doing}, seconds", waited, int(self._seconds))


async def follow(calls: CsvCalls, job_id: str, patience: Patience) -> End:
    """Look at a job until it ends. Told to stop, or cut off, it cancels the job first."""
    try:
        return await _follow(calls, job_id, patience)
    except asyncio.CancelledError:
        await _cancel(calls, job_id)
        raise


async def _follow(calls: CsvCalls, job_id: str, patience: Patience) -> End:
    seen = False
    while True:
        end = await _look(calls, job_id, seen)
        if end.state is not State.RUNNING:
            return end
        seen = True
        progress, total = (_number(end.job.get(key)) for key in ("progress", "total"))
        patience.tell(end.message, progress, total)
        if patience.over:
            return End(State.RUNNING, f"the time is up, and {end.message} still", end.job)
        if await patience.pause():
            return await _stop(calls, job_id)


async def _look(calls: CsvCalls, job_id: str, seen: bool) -> End:
    try:
        job = await calls.job(job_id)
    except Forbidden as problem:
        return End(State.LOST, f"CSV job {job_id} belongs to another user: {problem.message}")
    except NotFound:
        if not seen and not await calls.has_jobs():
            return End(State.UNSEEN, "this server tells about jobs over a WebSocket only")
        return End(State.LOST, f"CSV job {job_id} is lost: the server does not know it any more")
    except CatalogError as problem:
        return End(State.LOST, f"CSV job {job_id} cannot be asked about: {problem.message}")
    status = _status(job)
    return _ended(job_id, job) or End(State.RUNNING, f"CSV job {job_id} is {status.lower()}", job)


def _ended(job_id: str, job: Mapping[str, Any]) -> End | None:
    status = _status(job)
    why = str(job.get("error") or job.get("message") or "")
    if status == "COMPLETED":
        return End(State.COMPLETED, f"CSV job {job_id} is completed", job)
    if status == "FAILED":
        message = f"CSV job {job_id} failed: {why or 'the server does not say why'}"
        return End(State.FAILED, message, job)
    if status == "CANCELLED":
        return End(State.FAILED, f"CSV job {job_id} was cancelled", job)
    return None


async def _stop(calls: CsvCalls, job_id: str) -> End:
    """Cancel a job, and see for a moment whether it ends."""
    problem = await _cancel(calls, job_id)
    if problem is not None:
        return End(State.STOPPED, f"CSV job {job_id} could not be cancelled: {problem.message}")
    begun = time.monotonic()
    while True:
        end = await _look(calls, job_id, seen=True)
        if end.state is not State.RUNNING:
            return End(State.STOPPED, end.message, end.job)
        if time.monotonic() - begun > CANCEL_SECONDS:
            message = f"CSV job {job_id} was told to end, which it does between two batches"
            return End(State.STOPPED, message, end.job)
        await asyncio.sleep(POLL_SECONDS)


async def _cancel(calls: CsvCalls, job_id: str) -> CatalogError | None:
    try:
        await calls.cancel(job_id)
    except CatalogError as problem:
        return problem
    return None


def _status(job: Mapping[str, Any]) -> str:
    return str(job.get("status"))


def _number(value: Any) -> int:
    return value if isinstance(value, int) else 0
