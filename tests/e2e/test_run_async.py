"""`catalogctl run export|import --async`: jobs that end well, badly, late, or nobody knows how."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from catalogctl.providers.openmetadata import jobs, pieces, transfer
from catalogctl.sandbox import Sandbox
from e2e.project import Project
from e2e.test_run import EMAIL, KAFKA, KAFKA_ROUTE, TABLE, header, live, outcomes, save

MISSING = {"code": 404, "message": "HTTP 404 Not Found"}


@pytest.fixture(scope="module")
def _demo() -> Iterator[dict[str, Sandbox]]:
    with Sandbox(mode="1.6") as old, Sandbox(mode="2.0") as new:
        yield {"1.6": old, "2.0": new}


@pytest.fixture
def mode() -> str:
    return "2.0"


@pytest.fixture
def sandbox(_demo: dict[str, Sandbox], mode: str) -> Sandbox:
    _demo[mode].reset()
    _demo[mode].configure(messaging_csv="inferred", job_seconds=0, import_result=False)
    return _demo[mode]


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "POLL_SECONDS", 0.02)
    monkeypatch.setattr(transfer, "SETTLE_SECONDS", 0.2)


@pytest.fixture
def file(project: Project) -> str:
    """The table's rows, one of them changed."""
    return save(project, live(project).replace("Login e-mail.", "Login mail."))


def answers(project: Project, body: Any, status: int = 200) -> None:
    """What every look at a job is answered."""
    project.sandbox.faults.add(
        method="GET", path=r"/csvAsyncJobs/\d+$", status=status, body=body, times=None
    )


def without_jobs(project: Project) -> None:
    """A server of 1.7 to 1.x: the asynchronous routes, but nothing that tells about jobs."""
    project.sandbox.faults.add(path="/csvAsyncJobs", status=404, body=MISSING, times=None)


def started(project: Project) -> int:
    return sum(each["path"].endswith("/importAsync") for each in project.requests())


# -- that end well


@pytest.mark.parametrize("kind", [TABLE, KAFKA])
def test_an_export_through_a_job(project: Project, kind: str) -> None:
    project.sandbox.configure(job_seconds=0.1)
    done = project("run", "export", kind, "--async", "--wait")
    assert done.out == project("run", "export", kind).out
    assert project.writes() == []


@pytest.mark.parametrize("import_result", [True, False])
def test_a_table_through_a_job(project: Project, file: str, import_result: bool) -> None:
    project.sandbox.configure(job_seconds=0.1, import_result=import_result)
    done = project("run", "import", TABLE, file, "--yes", "--async", "--format", "json")
    assert outcomes(done)["email"] == "written"
    assert len(done.json["answers"]) == import_result
    assert "Login mail." in live(project)


@pytest.mark.parametrize("import_result", [True, False])
def test_topics_through_a_job_in_part(project: Project, import_result: bool) -> None:
    project.sandbox.configure(import_result=import_result)
    rows = live(project, KAFKA_ROUTE)
    rows = rows.replace("Order life cycle.", "Orders.").replace("PII.Sensitive", "PII.Nope")
    done = project("run", "import", KAFKA, save(project, rows), "--yes", "--async", code=5)
    assert "order_events  written" in done.out
    why = "PII.Nope of type tag not found" if import_result else "does not say why"
    assert why in done.out


def test_a_rehearsal_through_a_job(project: Project, file: str) -> None:
    before = live(project)
    done = project("run", "import", TABLE, file, "--dry-run", "--async", code=1)
    assert "hands no verdict on; leave --async away" in done.err
    project.sandbox.configure(import_result=True)
    done = project("run", "import", TABLE, file, "--dry-run", "--async")
    assert "accepted  changes column.description" in done.out
    assert live(project) == before


def test_a_result_that_stands_in_the_job_itself_is_read(project: Project, file: str) -> None:
    result = '{"dryRun": false, "status": "aborted", "abortReason": "#INVALID_HEADER: Headers"}'
    answers(project, {"jobId": "1", "status": "COMPLETED", "result": result})
    project.sandbox.faults.add(
        method="PUT", path="importAsync", status=200, body={"jobId": "1", "message": "x"}
    )
    done = project("run", "import", TABLE, file, "--yes", "--async", code=1)
    assert "not written  the import was aborted: #INVALID_HEADER: Headers" in done.out


def test_a_file_beyond_the_servers_limits_goes_in_pieces(project: Project) -> None:
    project.environ.setattr(pieces, "BREAKS", 3)
    rows = live(project).replace(",,,varchar", ",,Text.,varchar")
    done = project("run", "import", TABLE, save(project, rows), "--yes", "--async")
    assert started(project) == 2
    assert "4 written" in done.out


# -- that end badly


def test_a_job_that_fails_says_why(project: Project) -> None:
    rows = f"{header(project)}\n{EMAIL.replace('VARCHAR', 'VARCHR')}\n"
    done = project("run", "import", TABLE, save(project, rows), "--yes", "--async", code=1)
    assert "not written  CSV job " in done.out
    assert " failed: VARCHR" in done.out


def test_an_export_that_fails_says_why(project: Project) -> None:
    answers(project, {"jobId": "9", "status": "FAILED", "error": "out of memory"})
    done = project("run", "export", TABLE, "x.csv", "--async", code=1)
    assert "failed: out of memory" in done.err
    assert not (project.root / "x.csv").exists()


def test_a_job_that_somebody_else_cancelled(project: Project) -> None:
    answers(project, {"jobId": "9", "status": "CANCELLED"})
    assert "was cancelled" in project("run", "export", TABLE, "--async", code=1).err


def test_a_job_that_is_lost(project: Project, file: str) -> None:
    project.sandbox.configure(job_seconds=5)
    answers(project, MISSING, 404)
    done = project("run", "import", TABLE, file, "--yes", "--async", code=1)
    assert "is lost: the server does not know it any more" in done.out
    assert "is lost" in project("run", "export", TABLE, "--async", code=1).err


def test_a_job_of_somebody_else(project: Project, file: str) -> None:
    answers(project, {"code": 403, "message": "CSV job belongs to another user."}, 403)
    done = project("run", "export", TABLE, "--async", code=1)
    assert "belongs to another user" in done.err


def test_an_export_that_was_released(project: Project) -> None:
    body = {"code": 404, "message": "The result of CSV job 1 is no longer available."}
    project.sandbox.faults.add(path="/result$", status=404, body=body, times=None)
    assert "no longer available" in project("run", "export", TABLE, "--async", code=1).err
    project.sandbox.faults.clear()
    project.sandbox.faults.add(path="/result$", status=404, body=MISSING, times=None)
    done = project("run", "export", TABLE, "--async", code=1)
    assert "jobs hand no export on; leave --async away" in done.err


# -- that take their time


def test_a_wait_that_is_over_tells_which_job_still_runs(project: Project, file: str) -> None:
    project.sandbox.configure(job_seconds=2)
    waiting = ("--async", "--wait-timeout", "0.1s")
    done = project("run", "export", TABLE, *waiting, code=1)
    assert "the time is up, and CSV job" in done.err
    assert "is running still" in done.err
    done = project("run", "import", TABLE, file, "--yes", *waiting, code=1)
    assert "email  unknown" in done.out
    assert "note: the time is up, and CSV job" in done.err
    assert started(project) == 1


@pytest.mark.parametrize("action", ["export", "import"])
def test_an_interrupt_cancels_the_job(project: Project, file: str, action: str) -> None:
    project.sandbox.configure(job_seconds=0.5)
    before = live(project)
    arguments = ["export", TABLE] if action == "export" else ["import", TABLE, file, "--yes"]
    interrupt_when_a_job_is_looked_at(project)
    done = project("run", *arguments, "--async", code=130)
    assert "was cancelled" in done.err
    assert live(project) == before
    cancelled = [each for each in project.requests() if each["path"].endswith("/cancel")]
    assert [each["status"] for each in cancelled] == [200]


def interrupt_when_a_job_is_looked_at(project: Project) -> None:
    def wait() -> None:
        for _ in range(500):
            if any("/csvAsyncJobs/" in each["path"] for each in project.sandbox.requests()):
                os.kill(os.getpid(), signal.SIGINT)
                return
            time.sleep(0.01)

    threading.Thread(target=wait, daemon=True).start()


# -- on servers that have less


@pytest.mark.parametrize("mode", ["1.6"])
def test_a_server_without_jobs_at_all_says_so(project: Project, file: str) -> None:
    before = live(project)
    for arguments in (["export", TABLE], ["import", TABLE, file, "--yes"]):
        done = project("run", *arguments, "--async", code=1)
        assert "this server has no asynchronous CSV; leave --async away" in done.err
    assert live(project) == before


def test_a_server_with_jobs_and_no_csv_of_services(project: Project) -> None:
    project.sandbox.configure(messaging_csv="off")
    done = project("run", "export", KAFKA, "--async", code=1)
    assert "this server has no CSV of messaging services" in done.err


def test_where_only_a_websocket_tells_an_import_is_read_again(project: Project, file: str) -> None:
    project.sandbox.configure(job_seconds=0.2)
    without_jobs(project)
    done = project("run", "import", TABLE, file, "--yes", "--async")
    assert "email  written" in done.out
    assert started(project) == 1
    again = save(project, live(project).replace("Login", "My"))
    for arguments in (["export", TABLE], ["import", TABLE, again, "--dry-run"]):
        done = project("run", *arguments, "--async", code=1)
        assert "to a WebSocket only; leave --async away" in done.err


def test_where_only_a_websocket_tells_the_wait_is_bounded(project: Project, file: str) -> None:
    project.sandbox.configure(job_seconds=5)
    without_jobs(project)
    arguments = ("import", TABLE, file, "--yes", "--async", "--wait-timeout", "0.2s")
    done = project("run", *arguments, code=1)
    assert "email  unknown  the time is up, and the import may still run" in done.out


def test_where_only_a_websocket_tells_a_part_is_enough(project: Project) -> None:
    without_jobs(project)
    rows = live(project, KAFKA_ROUTE)
    rows = rows.replace("Order life cycle.", "Orders.").replace("PII.Sensitive", "PII.Nope")
    done = project("run", "import", KAFKA, save(project, rows), "--yes", "--async", code=5)
    assert "order_events  written" in done.out
    assert "payments      not written  not there; this server hands the reason" in done.out


def test_a_start_whose_answer_is_cut_off_is_not_sent_twice(project: Project, file: str) -> None:
    project.sandbox.faults.add(method="PUT", path="/importAsync$", action="cut_after")
    done = project("run", "import", TABLE, file, "--yes", "--async")
    assert "email  written" in done.out
    assert started(project) == 1
