"""The commands against a GitHub of our own, in the environment of a workflow."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from github.fake import REPO, TOKEN, GitHub
from github.job import HEAD, SHA, Workflow


@pytest.fixture
def github() -> Iterator[GitHub]:
    with GitHub() as running:
        yield running


@pytest.fixture
def job(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Workflow:
    """Outside of GitHub, without any variable."""
    return Workflow(tmp_path, monkeypatch, capsys)


@pytest.fixture
def workflow(github: GitHub, job: Workflow) -> Workflow:
    """A job of a pull request, number 7."""
    job.env(
        GITHUB_API_URL=github.url,
        GITHUB_REPOSITORY=REPO,
        GITHUB_SERVER_URL="https://github.com",
        GITHUB_TOKEN=TOKEN,
        GITHUB_SHA=SHA,
        GITHUB_RUN_ID="99",
        GITHUB_STEP_SUMMARY=str(job.summary),
    )
    job.event({"number": 7, "pull_request": {"number": 7, "head": {"sha": HEAD}}})
    return job
