"""Asynchronous CSV jobs of 2.0 (as its published source has them).

The result of an import is not part of the job: ``result`` is ``null`` also when the job is
complete, so a client must read back, unless the setting ``import_result`` adds a route for it. An
export's text is kept until released.
"""

from __future__ import annotations

import contextlib
import json
import sqlite3
import threading
import time
from collections.abc import Callable
from typing import Any

from catalogctl.sandbox.wire import Response, compact

from .call import Call
from .csvimport import Import
from .errors import ApiError, HttpError
from .records import Entity

MAX_BYTES = 20 * 1024 * 1024
MAX_LINES = 100_000
KEPT_EXPORTS = 5
KEPT_MS = 24 * 3_600_000
ENDED = ("COMPLETED", "FAILED", "CANCELLED")


def start_export(call: Call, target: Entity, export: Callable[[Call], str]) -> Response:
    job = _insert(call, target, "EXPORT", total=0, dry=None)
    _run(call, job, lambda: (export(call), 0))
    answer = {"jobId": str(job["id"]), "message": "Export initiated successfully."}
    return Response.json(202, answer)


def start_import(
    call: Call, target: Entity, text: str, dry: bool, import_: Callable[[Call], Import]
) -> Response:
    size = len(text.encode())
    if size > MAX_BYTES:
        raise ApiError(
            400,
            f"CSV import payload is {size} bytes; the maximum allowed is {MAX_BYTES} bytes.",
        )
    if text.count("\n") > MAX_LINES:
        raise ApiError(
            400,
            f"CSV import payload has {text.count(chr(10))} rows; the maximum allowed is "
            f"{MAX_LINES} rows.",
        )
    job = _insert(call, target, "IMPORT", total=max(text.strip().count("\n"), 0), dry=dry)

    def work() -> tuple[str, int]:
        done = import_(call)
        return compact(done.answer()), len(done.results)

    _run(call, job, work)
    return Response.json(200, {"jobId": str(job["id"]), "message": "Import is in progress."})


def _insert(
    call: Call, target: Entity, operation: str, *, total: int, dry: bool | None
) -> dict[str, Any]:
    now = call.clock.now_ms()
    job: dict[str, Any] = {
        "operation": operation,
        "entityType": target.kind.type,
        "targetFqn": target.fqn,
        "createdBy": call.user,
        "status": "QUEUED",
        "progress": 0,
        "total": total,
        "dryRun": dry,
        "recursive": False,
        "cancelRequested": False,
        "createdAt": now,
        "updatedAt": now,
        "logs": [],
    }
    job["id"] = call.records.store.write(
        "INSERT INTO openmetadata_job (json) VALUES (?)", (compact(job),)
    )
    _save(call, job)
    return job


def _save(call: Call, job: dict[str, Any], output: str | None = None) -> None:
    job["updatedAt"] = call.clock.now_ms()
    call.records.store.write(
        "UPDATE openmetadata_job SET json = ?, output = COALESCE(?, output) WHERE id = ?",
        (compact(job), output, job["id"]),
    )


def _run(call: Call, job: dict[str, Any], work: Callable[[], tuple[str | None, int]]) -> None:
    """Do the work in a thread of its own, as any of the server's workers would."""
    threading.Thread(target=_work, args=(call, job["id"], work), daemon=True).start()


def _work(call: Call, job_id: int, work: Callable[[], tuple[str | None, int]]) -> None:
    store = call.records.store
    try:
        _mark(call, job_id, only="QUEUED", status="RUNNING")
        time.sleep(call.settings.job_seconds)
        with store.transaction(keep=(ApiError,)):
            job = _load(call, job_id)
            if job["cancelRequested"]:
                _end(call, job, "CANCELLED")
                return
            call.references.forget()
            call.memo.clear()
            output, progress = work()
            job["progress"] = progress or job["total"]
            _end(call, job, "COMPLETED", output)
            _release_old_exports(call, job["createdBy"])
    except Exception as error:
        ended: dict[str, Any] = {
            "status": "FAILED",
            "error": str(error),
            "completedAt": call.clock.now_ms(),
        }
        # Stopped or reset under a running job, the sandbox has nothing left to mark.
        with contextlib.suppress(sqlite3.ProgrammingError, HttpError):
            _mark(call, job_id, **ended)


def _mark(call: Call, job_id: int, only: str | None = None, **changes: Any) -> None:
    """Change a job; with ``only``, if that is its status."""
    with call.records.store.transaction():
        job = _load(call, job_id)
        if only in (None, job["status"]):
            job |= changes
            _save(call, job)


def _end(call: Call, job: dict[str, Any], status: str, output: str | None = None) -> None:
    job["status"] = status
    job["completedAt"] = call.clock.now_ms()
    _save(call, job, output)


def _load(call: Call, job_id: int) -> dict[str, Any]:
    row = call.records.store.row("SELECT json FROM openmetadata_job WHERE id = ?", (job_id,))
    if row is None:
        raise HttpError(404)
    job: dict[str, Any] = json.loads(row[0])
    return job


def _release_old_exports(call: Call, user: str) -> None:
    rows = call.records.store.rows(
        "SELECT id FROM openmetadata_job WHERE output IS NOT NULL AND "
        "json_extract(json, '$.operation') = 'EXPORT' AND "
        "json_extract(json, '$.createdBy') = ? ORDER BY id DESC",
        (user,),
    )
    for (job_id,) in rows[KEPT_EXPORTS:]:
        call.records.store.write(
            "UPDATE openmetadata_job SET output = NULL WHERE id = ?", (job_id,)
        )


# Routes


def listing(call: Call) -> Response:
    """The caller's own jobs, newest first: a bare list."""
    text = call.request.parameter("limit") or "20"
    limit = min(max(int(text) if text.isdigit() else 20, 1), 100)
    rows = call.records.store.rows(
        "SELECT json FROM openmetadata_job WHERE json_extract(json, '$.createdBy') = ? "
        "ORDER BY id DESC LIMIT ?",
        (call.user, limit),
    )
    return Response.json(200, [_shown(json.loads(row[0])) for row in rows])


def status(call: Call, job_id: str) -> Response:
    return Response.json(200, _shown(_own(call, job_id)))


def result(call: Call, job_id: str) -> Response:
    """Only of completed exports; gone after a day or five newer ones."""
    job = _own(call, job_id)
    if job["operation"] != "EXPORT" or job["status"] != "COMPLETED":
        raise ApiError(
            400,
            f"CSV job {job_id} is not a completed export; it has no downloadable result.",
        )
    row = call.records.store.row("SELECT output FROM openmetadata_job WHERE id = ?", (job["id"],))
    expired = call.clock.now_ms() - job["completedAt"] > KEPT_MS
    if row is None or row[0] is None or expired:
        raise ApiError(404, f"The result of CSV job {job_id} is no longer available.")
    return Response.text(200, row[0], "text/csv")


def import_result(call: Call, job_id: str) -> Response:
    """The ``CsvImportResult`` of a completed import, where the server is set to hand it on."""
    if not call.settings.import_result:
        raise HttpError(404)
    job = _own(call, job_id)
    if job["operation"] != "IMPORT" or job["status"] != "COMPLETED":
        raise ApiError(400, f"CSV job {job_id} is not a completed import.")
    row = call.records.store.row("SELECT output FROM openmetadata_job WHERE id = ?", (job["id"],))
    return Response.json(200, json.loads(row[0]) if row and row[0] else None)


def cancel(call: Call, job_id: str) -> Response:
    """Cooperative: a job that has ended stays as it is."""
    job = _own(call, job_id)
    if job["status"] not in ENDED:
        job |= {"cancelRequested": True, "status": "CANCELLING"}
        _save(call, job)
    return Response.json(200, _shown(job))


def _own(call: Call, job_id: str) -> dict[str, Any]:
    if not job_id.isdigit():
        raise HttpError(404)
    job = _load(call, int(job_id))
    privileged = call.principal.doc.get("isAdmin") or call.is_bot
    if job["createdBy"] != call.user and not privileged:
        raise ApiError(403, "CSV job belongs to another user.")
    return job


def _shown(job: dict[str, Any]) -> dict[str, Any]:
    shown = {name: value for name, value in job.items() if name != "id" and value is not None}
    return {"jobId": str(job["id"]), **shown, "result": None}
