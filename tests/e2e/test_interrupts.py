"""Ctrl-C and kill -9 in the middle of an apply: nothing lost, nothing unsaid."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable

import pytest

from e2e.conftest import new_server
from e2e.project import Done, Project
from e2e.shop import BOOKS, CUSTOMERS, ITEMS, LEDGER, ORDERS

TABLES = (ORDERS, CUSTOMERS, ITEMS, LEDGER, BOOKS)


def _until(happens: Callable[[], bool]) -> None:
    end = time.monotonic() + 15
    while not happens():
        assert time.monotonic() < end, "it never happened"
        time.sleep(0.005)


def _interrupted(project: Project, *arguments: str, signals: tuple[int, ...]) -> Done:
    """An apply, one request at a time, that gets these signals once it has begun to write."""
    for table in TABLES:
        project.declare(table, description="New.")
    project.plan("--out", "plan.json")
    project.sandbox.clear_requests()
    project.sandbox.configure(latency_ms=60)
    process = project.start("apply", "plan.json", "--concurrency", "1", *arguments)
    _until(lambda: bool(project.writes()))
    for number in signals:
        process.send_signal(number)
        time.sleep(0.02)
    out, err = process.communicate(timeout=20)
    project.sandbox.configure(latency_ms=0)
    return Done(process.returncode, out.decode(), err.decode())


def _held(project: Project) -> set[str]:
    return {table for table in TABLES if project.table(table).get("description") == "New."}


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_apply_reports_every_change(project: Project, number: int) -> None:
    done = _interrupted(project, "--format", "json", signals=(number,))
    assert done.code == 130
    assert "stopping" in done.err
    assert "Traceback" not in done.err
    assert done.outcomes.keys() == {f"Table/{table}" for table in TABLES}
    applied = {table for table in TABLES if done.outcomes[f"Table/{table}"] == "applied"}
    assert applied == _held(project)
    assert project.plan().json["summary"]["update"] == len(TABLES) - len(applied)
    assert set(project.apply("plan.json").outcomes.values()) == {"applied"}
    assert _held(project) == set(TABLES)


@new_server
def test_what_an_interrupt_leaves_out_is_skipped_in_words(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In process, since there the objects can be made to go one after the other."""
    import os

    monkeypatch.setattr("catalogctl.reconcile.applying.IN_FLIGHT", 1)
    for table in TABLES:
        project.declare(table, description="New.")
    from catalogctl.providers.openmetadata.writing import EntityWriter

    write = EntityWriter.write

    async def interrupted(self: EntityWriter) -> object:
        os.kill(os.getpid(), signal.SIGINT)
        return await write(self)

    monkeypatch.setattr(EntityWriter, "write", interrupted)
    done = project.apply(code=130)
    assert sorted(done.outcomes.values()) == ["applied", *["skipped"] * 4]
    messages = {
        field["message"]
        for change in done.json["changes"]
        for field in change["fields"]
        if field["outcome"] == "skipped"
    }
    assert messages == {"not begun: the run was stopped"}
    assert len(project.writes()) == 1


@new_server
def test_a_second_interrupt_cuts_the_run_off_without_a_traceback(project: Project) -> None:
    done = _interrupted(project, signals=(signal.SIGINT, signal.SIGINT))
    assert done.code == 130
    assert "Traceback" not in done.err
    assert set(project.apply("plan.json").outcomes.values()) == {"applied"}


def test_a_plan_can_be_interrupted(project: Project) -> None:
    project.declare(ORDERS, description="New.")
    project.sandbox.configure(latency_ms=300)
    project.sandbox.clear_requests()
    process = project.start("plan")
    _until(lambda: bool(project.requests()))
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=20)
    project.sandbox.configure(latency_ms=0)
    assert process.returncode == 130
    assert b"interrupted" in err
    assert b"Traceback" not in err


def test_an_apply_that_was_killed_can_be_run_again(project: Project) -> None:
    done = _interrupted(project, signals=(signal.SIGKILL,))
    assert done.code == -signal.SIGKILL
    left = set(TABLES) - _held(project)
    again = project("apply", "plan.json")
    assert "note: an earlier apply was cut off after" in again.err
    assert "Every object is read again before it is written." in again.err
    assert len(project.writes()) == len(left)
    assert _held(project) == set(TABLES)
    project.declare(ORDERS, description="Newer.")
    assert "cut off" not in project("apply", "--yes").err
