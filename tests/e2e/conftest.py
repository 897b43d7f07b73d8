"""Projects against sandboxes: every test runs on both servers unless it says otherwise."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from catalogctl import client
from catalogctl.reconcile import applying
from catalogctl.sandbox import Sandbox
from e2e.project import Project
from e2e.shop import SEED

MODES = ("1.6", "2.0")


@pytest.fixture(scope="session")
def _running() -> Iterator[dict[str, Sandbox]]:
    with Sandbox(mode="1.6", seed=SEED) as old, Sandbox(mode="2.0", seed=SEED) as new:
        yield {"1.6": old, "2.0": new}


@pytest.fixture(params=MODES)
def mode(request: pytest.FixtureRequest) -> str:
    chosen: str = request.param
    return chosen


@pytest.fixture
def sandbox(_running: dict[str, Sandbox], mode: str) -> Sandbox:
    """The small shop, as new."""
    running = _running[mode]
    running.reset()
    running.configure(latency_ms=0)
    return running


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Retries come at once; how long they wait is the client's own tests' to prove."""
    monkeypatch.setattr(client, "FIRST_BACKOFF", 0.001)
    monkeypatch.setattr(applying, "PAUSE", 0.001)


@pytest.fixture
def project(
    tmp_path: Path,
    sandbox: Sandbox,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Iterator[Project]:
    made = Project(tmp_path, sandbox, monkeypatch, capsys)
    yield made
    made.http.close()


new_server = pytest.mark.parametrize("mode", ["2.0"], indirect=True)
