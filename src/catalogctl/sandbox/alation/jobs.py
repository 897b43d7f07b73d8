"""Background jobs: ``running``, then ``successful`` or ``failed``.

A job does its work when it has been polled more than ``job_polls`` times, or after ``job_seconds``
if nobody polls; until then readers see the old state. Text of ``msg`` while it runs, the result of
a failed job and the answer for an unknown id are inferred.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from catalogctl.sandbox.clock import Clock
from catalogctl.sandbox.wire import Response

from .errors import bare
from .records import Json, Records
from .settings import Settings

if TYPE_CHECKING:
    from .call import Call

FIRST_ID = 27810
Runner = Callable[["Jobs", Json], list[Any]]


@dataclass
class Job:
    id: int
    name: str
    work: str
    payload: Json
    started_ms: int
    polls_left: int
    fails: str = ""
    stuck: bool = False
    status: str = "running"
    msg: str = ""
    result: Any = None


class Jobs:
    """``runners`` do the work, by its name; each gives the result of a successful job."""

    def __init__(
        self, records: Records, clock: Clock, settings: Settings, runners: Mapping[str, Runner]
    ) -> None:
        self.records, self.clock, self.settings = records, clock, settings
        self._runners = runners
        self._lock = threading.RLock()
        self._running: set[int] = set()
        self.load()

    def load(self) -> None:
        """Take up what the store holds."""
        jobs = self.records.setup("job").values()
        with self._lock:
            self._running = {job["id"] for job in jobs if job["status"] == "running"}

    def start(self, work: str, payload: Json) -> int:
        number = self.records.next_id("job", FIRST_ID)
        job = Job(
            number,
            f"{work}#{number}",
            work,
            payload,
            self.clock.now_ms(),
            self.settings.job_polls,
            self.settings.job_fails,
            self.settings.job_stuck,
        )
        self._save(job)
        return number

    def catch_up(self) -> None:
        """Finish what has taken long enough."""
        with self._lock:
            for number in sorted(self._running):
                job = self._get(number)
                age = self.clock.now_ms() - job.started_ms
                if not job.stuck and age >= self.settings.job_seconds * 1000:
                    self._finish(job)

    def poll(self, number: int) -> Job | None:
        """A job as it is now; this may be what ends it."""
        with self._lock:
            if self.records.one_setup("job", number) is None:
                return None
            job = self._get(number)
            if job.status == "running" and not job.stuck:
                job.polls_left -= 1
                self._save(job)
                if job.polls_left < 0:
                    self._finish(job)
            return job

    def named(self, name: str) -> int | None:
        found = (job["id"] for job in self.records.setup("job").values() if job["name"] == name)
        return next(found, None)

    def _finish(self, job: Job) -> None:
        now = self.clock.now_ms()
        with self.records.store.transaction():
            job.status = "failed" if job.fails else "successful"
            job.result = _failure(job) if job.fails else self._runners[job.work](self, job.payload)
            moment = datetime.fromtimestamp(now / 1000, timezone.utc)
            seconds = (now - job.started_ms) / 1000
            job.msg = f"Job finished in {seconds:f} seconds at {moment.isoformat(' ')}"
            self._save(job)

    def _get(self, number: int) -> Job:
        content = self.records.one_setup("job", number)
        assert content is not None
        return Job(**content)

    def _save(self, job: Job) -> None:
        self.records.put_setup("job", job.id, asdict(job))
        with self._lock:
            (self._running.add if job.status == "running" else self._running.discard)(job.id)


def _failure(job: Job) -> list[Any]:
    if job.work == "values":
        return [job.fails]
    return [{"response": "", "mapping": [], "errors": [job.fails]}]


def show(call: Call) -> Response:
    """``GET /api/v1/bulk_metadata/job/``: by ``id`` or by ``name``."""
    text, name = call.request.parameter("id") or "", call.request.parameter("name")
    number = call.jobs.named(name) if name else int(text) if text.isdecimal() else None
    job = None if number is None else call.jobs.poll(number)
    if job is None:
        raise bare(404, "Not found.")
    return Response.json(200, {"status": job.status, "msg": job.msg, "result": job.result})
