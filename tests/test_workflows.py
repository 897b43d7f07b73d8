"""The workflows that we run, the actions that we ship and the examples that people copy."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from catalogctl import cli
from e2e.git_repo import GitRepo

ROOT = Path(__file__).resolve().parents[1]
EXAMPLES = sorted((ROOT / "docs" / "examples" / "github").glob("*.yml"))
WORKFLOWS = [*sorted((ROOT / ".github" / "workflows").glob("*.yml")), *EXAMPLES]
ACTIONS = [ROOT / "action.yml", *sorted((ROOT / "action").glob("*/action.yml"))]
PAGES = [ROOT / "docs" / name for name in ("github.md", "gitlab.md")]

PLACEHOLDER = "OWNER/catalogctl"
EXPRESSION = re.compile(r"\$\{\{(.*?)\}\}", re.DOTALL)


def name_of(file: Path) -> str:
    return file.relative_to(ROOT).as_posix()


def read(file: Path) -> dict[str, Any]:
    """YAML as GitHub reads it: `on` is a word."""
    found = yaml.load(file.read_text("utf-8"), Loader=yaml.BaseLoader)
    assert isinstance(found, dict)
    return found


def steps(file: Path) -> Iterator[dict[str, Any]]:
    """The steps of all jobs of a workflow, or of an action."""
    body = read(file)
    for job in (*body.get("jobs", {}).values(), *([body["runs"]] if "runs" in body else [])):
        yield from job["steps"]


def tool(name: str, *arguments: str | Path) -> None:
    """A command of the development environment; it must find nothing."""
    ended = subprocess.run(
        [str(Path(sys.executable).with_name(name)), *map(str, arguments)],
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stdout + ended.stderr


every_file = pytest.mark.parametrize("file", [*WORKFLOWS, *ACTIONS], ids=name_of)
every_workflow = pytest.mark.parametrize("file", WORKFLOWS, ids=name_of)
every_action = pytest.mark.parametrize("file", ACTIONS, ids=name_of)


# -- linters


def test_zizmor_finds_nothing() -> None:
    tool("zizmor", "--offline", "--no-progress", "--quiet", *WORKFLOWS, *ACTIONS)


@pytest.mark.parametrize(
    ("schema", "files"), [("github-workflows", WORKFLOWS), ("github-actions", ACTIONS)]
)
def test_files_fit_the_schema_of_github(schema: str, files: list[Path]) -> None:
    tool("check-jsonschema", "--builtin-schema", f"vendor.{schema}", *files)


def test_the_pipeline_for_gitlab_fits_the_schema_of_gitlab(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "gitlab.md").read_text("utf-8")
    (pipeline,) = re.findall(r"^```yaml\n# \.gitlab-ci\.yml\n(.*?)^```", page, re.M | re.S)
    file = tmp_path / "pipeline.yml"
    file.write_text(pipeline, "utf-8")
    tool("check-jsonschema", "--builtin-schema", "vendor.gitlab-ci", file)


# -- what the linters do not know


@every_file
def test_every_action_is_pinned_by_its_full_commit_with_the_version_beside_it(file: Path) -> None:
    for line in file.read_text("utf-8").splitlines():
        if re.match(r"\s*(- )?uses:", line):
            used = re.fullmatch(r"\s*(?:- )?uses: ([\w./-]+)@([0-9a-f]{40}) # (\S.*)", line)
            assert used, line
            if used[1].startswith(PLACEHOLDER):
                assert used[2] == "0" * 40, "a commit that no release has looks like one"
            else:
                assert re.fullmatch(r"v\d+\.\d+\.\d+", used[3]), line


def test_an_action_is_pinned_to_one_commit_everywhere() -> None:
    pins: dict[str, set[str]] = {}
    texts = [file.read_text("utf-8") for file in [*WORKFLOWS, *ACTIONS, *PAGES]]
    for action, commit in re.findall(r"uses: ([\w./-]+)@([0-9a-f]+)", "\n".join(texts)):
        pins.setdefault(action, set()).add(commit)
    assert {action: found for action, found in pins.items() if len(found) > 1} == {}


@every_file
def test_nothing_from_outside_is_pasted_into_a_script(file: Path) -> None:
    for step in steps(file):
        for expression in EXPRESSION.findall(step.get("run", "")):
            assert re.fullmatch(r"\s*matrix\.\w+\s*", expression), expression


@every_workflow
def test_permissions_are_declared_and_no_wider_than_needed(file: Path) -> None:
    body = read(file)
    assert body["permissions"] in ({}, {"contents": "read"})
    writes = {
        f"{name}: {right}"
        for job in body["jobs"].values()
        for name, right in job.get("permissions", {}).items()
        if right != "read"
    }
    allowed = {"nightly-drift.yml": {"issues: write"}, "ci.yml": set()}
    assert writes == allowed.get(file.name, {"pull-requests: write"})


@pytest.mark.parametrize("file", EXAMPLES, ids=name_of)
def test_jobs_of_the_examples_are_bounded(file: Path) -> None:
    for job in read(file)["jobs"].values():
        assert int(job["timeout-minutes"]) <= 120
        assert job["permissions"]["contents"] == "read"


@every_workflow
def test_a_checkout_leaves_no_token_behind(file: Path) -> None:
    for step in steps(file):
        if step.get("uses", "").startswith("actions/checkout@"):
            assert step["with"]["persist-credentials"] == "false"


@pytest.mark.parametrize("file", EXAMPLES, ids=name_of)
def test_secrets_are_given_to_single_steps_of_jobs_that_have_an_environment(file: Path) -> None:
    for job in read(file)["jobs"].values():
        assert "secrets." not in str(job.get("env", ""))
        if "secrets." in str(job["steps"]):
            assert job["environment"]


@pytest.mark.parametrize("file", EXAMPLES, ids=name_of)
def test_no_job_of_a_fork_has_secrets_or_writes(file: Path) -> None:
    body = read(file)
    assert "pull_request_target" not in body["on"]
    if "pull_request" not in body["on"]:
        return
    for name, job in body["jobs"].items():
        needed = job.get("needs", name)
        guarded = "head.repo.full_name == github.repository" in (
            job.get("if", "") + body["jobs"][needed].get("if", "")
        )
        assert guarded or ("secrets." not in str(job) and set(job["permissions"]) == {"contents"})


def test_applies_never_overlap_and_none_is_dropped() -> None:
    apply = read(ROOT / "docs" / "examples" / "github" / "apply-on-merge.yml")
    assert apply["concurrency"] == {
        "group": "catalogctl-apply", "cancel-in-progress": "false", "queue": "max",
    }  # fmt: skip
    assert apply["jobs"]["apply"]["environment"]


@pytest.mark.parametrize("file", EXAMPLES, ids=name_of)
def test_examples_use_inputs_and_outputs_that_the_actions_have(file: Path) -> None:
    for job in read(file)["jobs"].values():
        known: dict[str, set[str]] = {}
        for step in job["steps"]:
            for step_id, output in re.findall(r"steps\.(\w+)\.outputs\.([\w-]+)", str(step)):
                assert output in known[step_id], f"{step_id}.{output}"
            action, _, _ = step.get("uses", "").partition("@")
            if action.startswith(PLACEHOLDER):
                body = read(ROOT / action.removeprefix(PLACEHOLDER).lstrip("/") / "action.yml")
                assert set(step["with"]) <= set(body["inputs"])
                known[step.get("id", "")] = set(body["outputs"])


@every_action
def test_every_input_reaches_a_script_or_an_action_and_is_described(file: Path) -> None:
    body = read(file)
    used = set(re.findall(r"inputs\.([\w-]+)", str(body["runs"])))
    assert used == set(body["inputs"])
    assert all(
        each["description"] for each in (*body["inputs"].values(), *body["outputs"].values())
    )


@every_action
def test_the_scripts_read_what_the_action_hands_over(file: Path) -> None:
    scripts = "".join(each.read_text("utf-8") for each in (ROOT / "action").glob("*.py"))
    handed = set(re.findall(r"INPUT_([A-Z_]+)", file.read_text("utf-8")))
    asked = set(re.findall(r'(?:text|words|choice|matching)\(\s*"([A-Z_]+)"', scripts))
    assert handed - {"BASE", "SHARD"} <= asked


# -- pages


@pytest.mark.parametrize("file", EXAMPLES, ids=name_of)
def test_every_example_is_in_the_documentation(file: Path) -> None:
    assert f"(examples/github/{file.name})" in (ROOT / "docs" / "github.md").read_text("utf-8")


def test_every_input_and_output_of_the_action_is_documented() -> None:
    page = (ROOT / "docs" / "github.md").read_text("utf-8")
    body = read(ROOT / "action.yml")
    missing = {name for name in (*body["inputs"], *body["outputs"]) if f"`{name}`" not in page}
    assert missing == set()


# -- pre-commit


def hook() -> dict[str, Any]:
    (only,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text("utf-8"))
    assert isinstance(only, dict)
    return only


@pytest.mark.parametrize(
    ("path", "is_one"),
    [
        ("catalogctl.yaml", True),
        ("data/catalogctl.yaml", True),
        ("catalog-specs/finance/ledger.yaml", True),
        ("data/catalog-specs/kafka.yml", True),
        ("specs/finance/_defaults.yaml", True),
        ("docs/catalog-specs.md", False),
        (".github/workflows/ci.yml", False),
    ],
)
def test_the_hook_runs_when_specs_or_configuration_change(path: str, is_one: bool) -> None:
    assert bool(re.search(hook()["files"], path)) is is_one


def test_the_hook_finds_what_is_wrong(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = GitRepo(tmp_path / "repo")
    made.write({"catalog-specs/a.yaml": "kind: Table\nname: s.d.p.t\ndescription: Fine.\n"})
    monkeypatch.chdir(made.root)
    command, *arguments = shlex.split(hook()["entry"])
    assert command == "catalogctl"
    assert hook()["pass_filenames"] is False, "the same object may stand in several files"
    assert cli.run(arguments) == 0
    made.write({"catalog-specs/b.yaml": "kind: Table\nname: s.d.p.t\ndescription: Twice.\n"})
    assert cli.run(arguments) == 4
