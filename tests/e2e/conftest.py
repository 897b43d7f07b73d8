"""Projects against sandboxes: every test runs on both servers unless it says otherwise."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from catalogctl import client
from catalogctl.reconcile import applying
from catalogctl.sandbox import Sandbox
from e2e.posthog_project import ERAS, HogProject, eras, opened
from e2e.project import Project
from e2e.shop import SEED
from sandbox.posthog_api import Hog

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


@pytest.fixture(scope="module")
def hogs() -> Iterator[dict[str, Hog]]:
    """A PostHog of each era."""
    with eras() as running:
        yield running


@pytest.fixture(params=ERAS)
def shop(
    hogs: dict[str, Hog],
    request: pytest.FixtureRequest,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Iterator[HogProject]:
    """A project whose only catalog is PostHog, as new, in each era."""
    yield from opened(hogs[request.param], tmp_path, monkeypatch, capsys)


new_server = pytest.mark.parametrize("mode", ["2.0"], indirect=True)
