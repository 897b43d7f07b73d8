"""The CSV calls of one object, one method each. No decisions; see `api` for the other calls.

Not every server has every route. One that is missing is a `NotFound` whose text is that of HTTP
(`no_route`), while a missing object is named in it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from catalogctl.client import Client
from catalogctl.errors import BadResponse, NotFound
from catalogctl.providers.openmetadata.api import segment

JOBS = "/v1/csvAsyncJobs"


def no_route(problem: NotFound) -> bool:
    """Whether it is the route that is missing, or a job, and not the object that was named."""
    return problem.message.startswith("HTTP 404")


@dataclass(frozen=True, slots=True)
class CsvCalls:
    """Export and import of what one object holds: a table's columns, a service's topics."""

    client: Client
    collection: str
    name: str

    async def export(self, *, slow: bool = False) -> bytes:
        """The CSV, byte for byte. `slow` grants it the longer time-out."""
        response = await self.client.request(
            "GET",
            self._path("export"),
            accept="text/plain, */*",
            slow=slow,
            operation=f"export {self.name}",
        )
        content: bytes = response.content
        return content

    async def import_(self, body: bytes, *, dry_run: bool) -> Mapping[str, Any]:
        """Import rows, or rehearse it; the answer as it came. A real import is sent once."""
        answer = await self._put("import", body, dry_run)
        if answer.get("dryRun") is not dry_run:
            raise BadResponse(
                f"an import with dryRun={str(dry_run).lower()} was answered with {answer!r:.200}",
                catalog=self.client.catalog,
                operation=_importing(self.name, dry_run),
            )
        return answer

    async def start_export(self) -> str:
        """Begin an export; the job's id."""
        answer = await self._json(
            "GET", self._path("exportAsync"), operation=f"begin the export of {self.name}"
        )
        return _job_id(answer)

    async def start_import(self, body: bytes, *, dry_run: bool) -> str:
        """Begin an import, or a rehearsal; the job's id. A real import is sent once."""
        return _job_id(await self._put("importAsync", body, dry_run))

    async def has_jobs(self) -> bool:
        """Whether this server tells about jobs over HTTP at all."""
        try:
            await self._json("GET", JOBS, params={"limit": "1"}, operation="list CSV jobs")
        except NotFound:
            return False
        return True

    async def job(self, job_id: str) -> Mapping[str, Any]:
        """A job as it stands. `NotFound`: no such job, or no such route."""
        answer = await self._json(
            "GET", f"{JOBS}/{segment(job_id)}", operation=f"read CSV job {job_id}"
        )
        return _mapping(answer)

    async def job_export(self, job_id: str) -> bytes:
        """What a completed export fetched; kept for a day, and only a user's newest five."""
        response = await self.client.request(
            "GET",
            f"{JOBS}/{segment(job_id)}/result",
            accept="text/csv, */*",
            slow=True,
            operation=f"fetch the export of CSV job {job_id}",
        )
        content: bytes = response.content
        return content

    async def job_import(self, job_id: str) -> Mapping[str, Any] | None:
        """The answer to an import; None where the server has no way to hand it on."""
        try:
            answer = await self._json(
                "GET",
                f"{JOBS}/{segment(job_id)}/importResult",
                operation=f"read the result of CSV job {job_id}",
            )
        except NotFound:
            return None
        return _result(answer)

    async def cancel(self, job_id: str) -> Mapping[str, Any]:
        """Ask a job of one's own to end, which it does between two batches.

        The one write that passes without having been allowed: it takes back what was asked for.
        """
        with self.client.may_write():
            answer = await self._json(
                "PUT",
                f"{JOBS}/{segment(job_id)}/cancel",
                repeatable=True,
                operation=f"cancel CSV job {job_id}",
            )
        return _mapping(answer)

    def _path(self, verb: str) -> str:
        return f"/v1/{self.collection}/name/{segment(self.name)}/{verb}"

    async def _put(self, verb: str, body: bytes, dry_run: bool) -> Mapping[str, Any]:
        answer = await self._json(
            "PUT",
            self._path(verb),
            # Anything but these two words can be a real import.
            params={"dryRun": "true" if dry_run else "false"},
            content=body,
            headers={"Content-Type": "text/plain; charset=UTF-8"},
            repeatable=dry_run and verb == "import",
            slow=True,
            operation=_importing(self.name, dry_run),
        )
        return _mapping(answer)

    async def _json(self, method: str, path: str, **options: Any) -> Any:
        return (await self.client.request(method, path, **options)).json()


def _importing(name: str, dry_run: bool) -> str:
    return f"{'rehearse the import into' if dry_run else 'import into'} {name}"


def held_result(job: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The answer to an import that first builds of 2.0 keep in the job itself, as JSON text."""
    return _result(job.get("result"))


def _result(answer: Any) -> Mapping[str, Any] | None:
    if isinstance(answer, str):
        try:
            answer = json.loads(answer)
        except ValueError:
            return None
    return answer if isinstance(answer, dict) and "status" in answer else None


def _job_id(answer: Any) -> str:
    job_id = _mapping(answer).get("jobId")
    if not isinstance(job_id, (str, int)) or not str(job_id):
        raise BadResponse(f"an answer without the id of a job: {answer!r:.200}")
    return str(job_id)


def _mapping(answer: Any) -> Mapping[str, Any]:
    if not isinstance(answer, dict):
        raise BadResponse(f"an answer that cannot be understood: {answer!r:.200}")
    return answer
