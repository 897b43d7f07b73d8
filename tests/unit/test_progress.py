"""The line that says how far it is, and that a catalog makes us wait."""

from __future__ import annotations

import pytest

from catalogctl.cli import progress
from catalogctl.cli.progress import Progress


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [1000.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])
    return now


def test_a_wait_is_said_before_it_begins(
    clock: list[float], capsys: pytest.CaptureFixture[str]
) -> None:
    with Progress() as shown:
        clock[0] += 11
        shown("applying", 480, 500)
        clock[0] += 1
        shown("applying", 481, 500)
        shown.waiting("posthog: waiting 57 s, 480 requests a minute is reached")
        shown.waiting("posthog: waiting 57 s, 480 requests a minute is reached")
        clock[0] += 11
        shown("applying", 482, 500)
    assert capsys.readouterr().err.splitlines() == [
        "applying: 480 of 500",
        "applying: 481 of 500 (posthog: waiting 57 s, 480 requests a minute is reached)",
        "applying: 482 of 500",
    ]


def test_before_anything_is_done_a_wait_stands_alone(
    clock: list[float], capsys: pytest.CaptureFixture[str]
) -> None:
    with Progress() as shown:
        shown.waiting("posthog: waiting 2 s, as the catalog asks")
    assert capsys.readouterr().err == "posthog: waiting 2 s, as the catalog asks\n"
