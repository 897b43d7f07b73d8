"""Drift of PostHog's settings, and what it costs to take it back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from e2e.git_repo import GitRepo
from e2e.posthog_project import HogProject, eras, opened


@pytest.fixture
def shop(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[HogProject]:
    with eras("2026-09") as running:
        yield from opened(running["2026-09"], tmp_path, monkeypatch, capsys)


def test_drift_that_costs_a_new_import_is_not_taken_back_without_a_permit(
    shop: HogProject,
) -> None:
    shop.schema("orders", incremental_field="created_at")
    GitRepo(shop.root).commit()
    found = shop("drift", "--out", "drift.json", "--format", "json", code=2)
    assert found.json["guards"] == []
    assert "stopped by destructive" in shop.apply("drift.json", code=3).err
    assert shop.written() == []
    shop.apply("drift.json", "--allow", "destructive")
    assert shop.hog.schema("orders")["incremental_field"] == "created_at"
