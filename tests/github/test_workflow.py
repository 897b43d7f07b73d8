"""What the log and the summary of a workflow show, and that catalog text is no command there."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders import change, field_change, location, plan
from catalogctl.errors import Diagnostic, Location, Severity
from catalogctl.github import workflow
from catalogctl.github.workflow import Annotation
from catalogctl.model import Origin, Outcome, Violation
from catalogctl.render import markdown
from catalogctl.sandbox import Sandbox
from e2e.project import Project
from e2e.shop import SEED

CUSTOMERS = "shop.main.public.customers"
COMMAND = re.compile(r"^\s*::|##\[")


@pytest.fixture(scope="module")
def _running() -> Iterator[Sandbox]:
    with Sandbox(mode="2.0", seed=SEED) as running:
        yield running


@pytest.fixture
def project(
    tmp_path: Path,
    _running: Sandbox,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Iterator[Project]:
    _running.reset()
    made = Project(tmp_path, _running, monkeypatch, capsys)
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "summary.md"))
    yield made
    made.http.close()


def summary(project: Project) -> str:
    file = project.root / "summary.md"
    return file.read_text("utf-8") if file.exists() else ""


def annotations(err: str) -> list[str]:
    return [line for line in err.splitlines() if line.startswith("::")]


# -- the commands


def test_a_mistake_in_a_spec_is_shown_at_its_line(project: Project) -> None:
    project.write("a.yaml", f"kind: Table\nname: {CUSTOMERS}\ndesciption: x\n")
    for command in ("validate", "plan", "apply"):
        (project.root / "summary.md").unlink(missing_ok=True)
        done = project(command, code=4)
        (shown,) = annotations(done.err)
        assert shown.startswith("::error file=catalog-specs/a.yaml,line=3,col=1,title=SPEC")
        assert "desciption" in shown.rpartition("::")[2]
        assert summary(project).startswith("### 1 error, 0 warnings\n")
        assert "catalog-specs/a.yaml:3:1" in summary(project)


def test_a_plan_and_its_apply_are_appended_to_the_summary(project: Project) -> None:
    project.declare(CUSTOMERS, description="One row per customer.")
    planned = project("plan", "--out", "plan.json")
    assert annotations(planned.err) == []
    project("apply", "plan.json")
    before, between, after = summary(project).partition("### Applied: 1 applied")
    assert before.startswith("### Plan: 1 to change")
    assert between
    assert after


def test_a_refused_change_and_a_guard_are_errors(project: Project) -> None:
    project.declare(CUSTOMERS, tags=["PII.Sensitve"])
    done = project("plan", code=1)
    (shown,) = annotations(done.err)
    assert re.match(r"::error file=catalog-specs/\w+\.yaml,line=\d+,col=\d+,title=PLAN001::", shown)


def test_a_catalog_that_cannot_be_reached_is_an_error(project: Project) -> None:
    project.declare(CUSTOMERS, description="x")
    project.environ.setenv("OPENMETADATA_JWT_TOKEN", "wrong")
    (shown,) = annotations(project("plan", code=1).err)
    assert shown.startswith("::error::openmetadata: ")


def test_elsewhere_nothing_of_it_happens(project: Project) -> None:
    project.environ.delenv("GITHUB_ACTIONS")
    project.write("a.yaml", f"kind: Table\nname: {CUSTOMERS}\ndesciption: x\n")
    assert annotations(project("validate", code=4).err) == []
    assert summary(project) == ""


HOSTILE = "::error::x\n  ::add-mask::x\n##[error]x\n###[group]x"


def test_catalog_text_is_no_command_in_the_log(project: Project) -> None:
    project.declare(CUSTOMERS, description=HOSTILE, tags=["##[error]x"])
    for form in ("terminal", "markdown", "json"):
        done = project("plan", "--format", form, code=1)
        for line in (done.out + done.err).splitlines():
            if not line.startswith("::error file=catalog-specs/"):
                assert not COMMAND.search(line)
    found = json.loads(done.out)["changes"][0]["fields"]
    assert [each["after"] for each in found if each["path"] == "description"] == [HOSTILE]


def test_a_plan_from_the_log_can_be_applied(project: Project) -> None:
    project.declare(CUSTOMERS, description=HOSTILE)
    (project.root / "plan.json").write_text(project("plan", "--format", "json").out)
    project("apply", "plan.json")


def test_what_anybody_writes_to_stderr_is_disarmed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    before = sys.stderr
    with workflow.disarmed():
        click.echo(" ::error::x", err=True)
        sys.stderr.write("a\n##[error]x\n")
    assert sys.stderr is before
    shown = capsys.readouterr().err.splitlines()
    assert len(shown) == 3
    assert not any(COMMAND.search(line) for line in shown)


# -- annotations


def told(found: Iterator[Annotation], capsys: pytest.CaptureFixture[str]) -> list[str]:
    workflow.annotate(found)
    return capsys.readouterr().err.splitlines()


def test_the_ten_most_important_of_each_level_are_shown(
    capsys: pytest.CaptureFixture[str],
) -> None:
    moved = [change(field_change(origin=Origin.CONFLICT), identity=f"c{n}") for n in range(30)]
    findings = tuple(Diagnostic("PLAN001", f"m{n}", location(n + 1)) for n in range(30))
    stopped = Violation("mass-removal", "14 of 40", "--allow mass-removal")
    shown = told(workflow.of_plan(plan(*moved, guards=(stopped,), diagnostics=findings)), capsys)
    assert [line.split(" ")[0] for line in shown] == ["::error"] * 10 + ["::warning"] * 10
    assert shown[0] == (
        "::error title=stopped by the guard mass-removal::14 of 40;"
        " to permit it once: --allow mass-removal"
    )


def test_of_a_result_what_failed_stands_first(capsys: pytest.CaptureFixture[str]) -> None:
    one = field_change(source=location(3))
    done = plan(
        change(one.ended(Outcome.APPLIED), identity="a"),
        change(one.ended(Outcome.SKIPPED, "moved"), identity="b"),
        change(one.ended(Outcome.FAILED, "no"), identity="c"),
        applied=True,
    )
    place = "file=catalog-specs/customers.yaml,line=3,col=1"
    assert told(workflow.of_plan(done), capsys) == [
        f"::error {place},title=failed::failed: Table/c: description: no",
        f"::warning {place},title=skipped::skipped: Table/b: description: moved",
    ]


def test_no_control_character_reaches_the_log(capsys: pytest.CaptureFixture[str]) -> None:
    found = Diagnostic("X", "a\x1b[31m\nb", Location("a\x1b\n.yaml", 1))
    (line,) = told(workflow.of_findings([found]), capsys)
    assert "\x1b" not in line
    assert line.endswith("::a\\x1b[31m\\nb")


def test_a_warning_stays_a_warning(capsys: pytest.CaptureFixture[str]) -> None:
    found = Diagnostic("SPEC001", "m", None, "mend it", Severity.WARNING)
    assert told(workflow.of_findings([found]), capsys) == ["::warning title=SPEC001::m; mend it"]


@given(st.text(), st.text(min_size=1), st.text(min_size=1))
def test_no_text_leaves_its_place_in_a_command(message: str, file: str, title: str) -> None:
    shown = str(Annotation("error", message, Location(file, 3), title))
    assert "\n" not in shown
    assert "\r" not in shown
    _, listed, data = re.fullmatch(r"::(error) ([^:]*)::(.*)", shown, re.DOTALL).groups()  # type: ignore[union-attr]
    properties = dict(each.split("=", 1) for each in listed.split(","))
    assert list(properties) == ["file", "line", "col", "title"]
    for escaped, text in ((data, message), (properties["file"], file)):
        for code, char in (("%0D", "\r"), ("%0A", "\n"), ("%3A", ":"), ("%2C", ","), ("%25", "%")):
            escaped = escaped.replace(code, char)
        assert escaped == text


# -- the summary


def test_a_summary_never_grows_beyond_what_the_runner_keeps(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "summary.md"
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(file))
    many = plan(*(change(identity=f"t{n:05}") for n in range(10_000)))
    file.write_text("before\n")
    assert workflow.append(lambda room: markdown.plan(many, limit=room))
    assert 1_000_000 < file.stat().st_size <= 1024 * 1024
    assert file.read_text().startswith("before\n### Plan: 10000 to change")
    assert re.search(r"\*\*… \d+ of 10000 objects are not shown", file.read_text())
    assert not workflow.append(lambda room: markdown.plan(many, limit=room))
    assert file.stat().st_size <= 1024 * 1024


def test_findings_beyond_the_room_are_counted() -> None:
    found = [Diagnostic("SPEC004", "m" * 100, location(n)) for n in range(1, 500)]
    shown = markdown.findings(found, limit=5_000)
    assert len(shown.encode()) <= 5_000
    assert re.search(r"^# … \d+ of 499 lines are not shown$", shown, re.MULTILINE)


def test_json_stays_the_same_data(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    for text in ("##[x]", "###[x]", "####", "\\##[", "# #"):
        shown = workflow.json(json.dumps(text))
        assert json.loads(shown) == text
        assert "##" not in shown
    monkeypatch.setenv("GITHUB_ACTIONS", "false")
    assert workflow.json('"##["') == '"##["'


def test_a_summary_that_cannot_be_written_spoils_no_plan(project: Project) -> None:
    project.environ.setenv("GITHUB_STEP_SUMMARY", str(project.root / "no" / "folder.md"))
    project.declare(CUSTOMERS, description="x")
    (warning,) = annotations(project("plan").err)
    assert warning.startswith("::warning::the step summary ")
