"""Small catalogs and specs, and everything that is printed about them.

A scenario is a folder of `tests/golden/e2e`: `seed.json`, `specs/`, and what came of them, which
`pytest --update-golden` writes. Both servers must give the same, but for their version.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from catalogctl.sandbox import Sandbox
from e2e.conftest import MODES
from e2e.project import Project

SCENARIOS = Path(__file__).parent.parent / "golden" / "e2e"
EXITS = {"changes": (3, 0), "hostile": (0, 0), "refused": (1, 5)}
"""Of each scenario, the exit codes of its plan and of its apply."""


@pytest.mark.parametrize("scenario", sorted(EXITS))
@pytest.mark.parametrize("mode", MODES)
def test_a_scenario_looks_as_it_did(
    scenario: str,
    mode: str,
    golden: Callable[[str, str], None],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    of_plan, of_apply = EXITS[scenario]
    with Sandbox(mode=mode, seed=SCENARIOS / scenario / "seed.json") as sandbox:
        project = Project(tmp_path, sandbox, monkeypatch, capsys)
        shutil.copytree(
            SCENARIOS / scenario / "specs", tmp_path / "catalog-specs", dirs_exist_ok=True
        )
        planned = project.plan("--out", "plan.json", code=of_plan)
        golden(f"e2e/{scenario}/plan.json", _steady(planned.out))
        for name, form in (("plan.txt", "terminal"), ("plan.md", "markdown")):
            shown = project("plan", "--format", form, code=of_plan)
            golden(f"e2e/{scenario}/{name}", shown.out)
        golden(f"e2e/{scenario}/stderr.txt", planned.err)
        result = project("apply", "plan.json", "--allow", "protected-tag", code=of_apply)
        golden(f"e2e/{scenario}/result.txt", result.out)
        left = project.plan(code=0 if of_apply == 0 else of_plan).json["changes"]
        assert [change["verdict"] for change in left if change["verdict"] != "refused"] == []
        project.http.close()


def _steady(text: str) -> str:
    """Without what differs from run to run, from release to release, or from server to server."""
    for pattern, steady in (
        (r"http://127\.0\.0\.1:\d+", "http://127.0.0.1:8585"),
        (r'"tool_version": "[^"]+"', '"tool_version": "0.0.0"'),
        (r'"server_version": "[^"]+"', '"server_version": "2.0.7"'),
        (r'"digest": "[0-9a-f]{64}"', '"digest": "…"'),
    ):
        text = re.sub(pattern, steady, text)
    return text
