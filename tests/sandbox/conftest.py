"""Sandboxes and clients for the tests of the sandbox."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from posthog_api import ERAS, Hog
from posthog_api import running as running_posthog
from sandbox_api import Api

from catalogctl.sandbox import Sandbox


@pytest.fixture(scope="module")
def running() -> Iterator[dict[str, Sandbox]]:
    """One sandbox a mode for all tests of a module; see ``sandbox``."""
    with Sandbox(mode="1.6") as old, Sandbox(mode="2.0") as new:
        yield {"1.6": old, "2.0": new}


@pytest.fixture
def sandbox(running: dict[str, Sandbox]) -> Sandbox:
    """A freshly reset sandbox in mode 2.0."""
    running["2.0"].reset()
    return running["2.0"]


@pytest.fixture
def old_sandbox(running: dict[str, Sandbox]) -> Sandbox:
    """A freshly reset sandbox in mode 1.6."""
    running["1.6"].reset()
    return running["1.6"]


@pytest.fixture
def as_user(sandbox: Sandbox) -> Iterator[Callable[[str], Api]]:
    """Clients of the sandbox of mode 2.0, by user."""
    clients: list[Api] = []

    def client(user: str) -> Api:
        clients.append(Api(sandbox, user))
        return clients[-1]

    yield client
    for entry in clients:
        entry.http.close()


@pytest.fixture
def api(sandbox: Sandbox) -> Iterator[Api]:
    client = Api(sandbox)
    yield client
    client.http.close()


@pytest.fixture
def old_api(old_sandbox: Sandbox) -> Iterator[Api]:
    client = Api(old_sandbox)
    yield client
    client.http.close()


@pytest.fixture(scope="module")
def hogs() -> Iterator[dict[str, Hog]]:
    """One sandbox an era of PostHog for all tests of a module; see ``hog``."""
    with ExitStack() as stack:
        yield {era: stack.enter_context(running_posthog(era)) for era in ERAS}


@pytest.fixture(params=ERAS)
def hog(hogs: dict[str, Hog], request: pytest.FixtureRequest) -> Hog:
    """PostHog of each era in turn, freshly reset."""
    return _fresh(hogs[request.param])


@pytest.fixture
def old(hogs: dict[str, Hog]) -> Hog:
    return _fresh(hogs["2026-05"])


@pytest.fixture
def middle(hogs: dict[str, Hog]) -> Hog:
    return _fresh(hogs["2026-06"])


@pytest.fixture
def new(hogs: dict[str, Hog]) -> Hog:
    return _fresh(hogs["2026-09"])


def _fresh(hog: Hog) -> Hog:
    hog.sandbox.reset()
    return hog
