"""The action end to end: as a runner runs it, against a sandbox and a GitHub of our own."""

from __future__ import annotations

import json
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from action_steps import Runner
from catalogctl.sandbox import Sandbox
from e2e.git_repo import GitRepo
from e2e.shop import ITEMS, ORDERS, SEED
from github.fake import BOT, REPO, TOKEN, GitHub

HEAD = "b" * 40
SPEC = "catalog-specs/orders.yaml"


def spec(table: str = ORDERS, description: str = "Every order.", **more: Any) -> str:
    return json.dumps({"kind": "Table", "name": table, "description": description, **more})


@pytest.fixture(scope="module")
def _running() -> Iterator[Sandbox]:
    with Sandbox(seed=SEED) as running:
        yield running


@pytest.fixture
def sandbox(_running: Sandbox) -> Sandbox:
    _running.reset()
    return _running


@pytest.fixture
def github() -> Iterator[GitHub]:
    with GitHub() as running:
        yield running


@pytest.fixture
def repo(tmp_path: Path) -> GitRepo:
    made = GitRepo(tmp_path / "repo")
    made.commit({SPEC: spec(description="")})
    made.commit({SPEC: spec()})
    return made


@pytest.fixture
def runner(tmp_path: Path, sandbox: Sandbox, repo: GitRepo, github: GitHub) -> Runner:
    """A job of pull request 7."""
    (tmp_path / "temp").mkdir()
    made = Runner(repo.root, tmp_path / "temp")
    made.variables = {
        **sandbox.variables(),
        "GITHUB_API_URL": github.url,
        "GITHUB_REPOSITORY": REPO,
        "GITHUB_SERVER_URL": "https://github.com",
        "GITHUB_SHA": repo.head,
    }
    made.event("pull_request", pull_request={"number": 7, "head": {"sha": HEAD}})
    return made


def description(sandbox: Sandbox, table: str = ORDERS) -> str:
    answer = httpx.get(
        f"{sandbox.openmetadata_url}/api/v1/tables/name/{table}",
        headers={"Authorization": f"Bearer {sandbox.token('admin')}"},
    )
    return str(answer.json().get("description", ""))


# -- validate


def test_validate_needs_neither_catalog_nor_token(runner: Runner) -> None:
    runner.variables["OPENMETADATA_JWT_TOKEN"] = ""
    done = runner.run(mode="validate")
    assert (done.code, done.outputs["exit-code"]) == (0, "0")


def test_validate_fails_with_4_and_an_annotation(runner: Runner, repo: GitRepo) -> None:
    repo.write({SPEC: spec(desciption="x")})
    done = runner.run(mode="validate")
    assert (done.code, done.outputs["exit-code"]) == (4, "4")
    assert "::error file=catalog-specs/orders.yaml,line=1" in done.log


# -- plan


def test_a_plan_with_changes_is_saved_commented_and_no_failure(
    runner: Runner, repo: GitRepo, github: GitHub, sandbox: Sandbox
) -> None:
    done = runner.run(mode="plan", token=TOKEN)
    assert done.code == 0, done.log
    (comment,) = github.comments
    tree = repo.git("rev-parse", "HEAD^{tree}")
    assert done.outputs == {
        "exit-code": "2",
        "artifact": f"catalogctl-plan-{HEAD}-{tree}",
        "plan-file": str(runner.temporary / "catalogctl-plan.json"),
        "result-file": "",
        "changes": "true",
        "comment-url": comment["html_url"],
    }
    assert comment["number"] == 7
    assert f"{HEAD}/{SPEC}" in comment["body"], "lines link to the commit under review"
    assert ORDERS in done.log
    assert ORDERS in done.summary
    assert description(sandbox) != "Every order."


def test_a_plan_without_changes_makes_no_first_comment(
    runner: Runner, repo: GitRepo, github: GitHub, sandbox: Sandbox
) -> None:
    repo.commit({SPEC: spec(description=description(sandbox))})
    done = runner.run(mode="plan", token=TOKEN)
    assert (done.code, done.outputs["exit-code"], done.outputs["changes"]) == (0, "0", "false")
    assert github.comments == []
    assert runner.run(mode="plan", token=TOKEN, comment="true").code == 0
    assert len(github.comments) == 1


def test_a_refused_plan_is_commented_and_fails_the_step(
    runner: Runner, repo: GitRepo, github: GitHub
) -> None:
    repo.commit({SPEC: spec(tags=["PII.Nowhere"])})
    done = runner.run(mode="plan", token=TOKEN)
    assert (done.code, done.outputs["exit-code"]) == (1, "1")
    (comment,) = github.comments
    assert "PII.Nowhere" in comment["body"]


def test_a_plan_that_a_guard_stops_is_commented_saved_and_fails_the_step(
    runner: Runner, repo: GitRepo, github: GitHub
) -> None:
    (runner.workspace / "catalogctl.yaml").write_text("guards: {max_changed: 0, min_objects: 1}\n")
    repo.commit({f"catalog-specs/{n}.yaml": spec(t) for n, t in enumerate((ITEMS,))})
    done = runner.run(mode="plan", token=TOKEN, environment="prod", plan_file="out/plan.json")
    assert (done.code, done.outputs["exit-code"]) == (3, "3"), done.log
    assert json.loads((repo.root / "out/plan.json").read_bytes())["guards"]
    assert done.outputs["artifact"].startswith(f"catalogctl-plan-prod-{HEAD}-")
    (comment,) = github.comments
    assert comment["body"].startswith("<!-- catalogctl:prod -->")
    assert "mass-change" in comment["body"]


def test_what_is_invalid_leaves_neither_a_plan_nor_an_old_one(
    runner: Runner, repo: GitRepo, github: GitHub
) -> None:
    assert runner.run(mode="plan", token=TOKEN, comment="false").code == 0
    repo.commit({SPEC: "kind: Tabel\n"})
    done = runner.run(mode="plan", token=TOKEN)
    assert (done.code, done.outputs["exit-code"]) == (4, "4")
    assert "plan-file" not in done.outputs
    assert github.comments == []


def test_where_the_token_may_not_write_the_plan_is_in_the_summary(
    runner: Runner, github: GitHub
) -> None:
    refused = {"message": "Resource not accessible by integration"}
    github.fail("POST", "/comments", 403, body=refused, times=9)
    done = runner.run(mode="plan", token=TOKEN)
    assert done.code == 0, done.log
    assert "comment-url" not in done.outputs
    assert "<!-- catalogctl:default -->" in done.summary
    assert runner.run(mode="plan", token=TOKEN, comment="true").code == 1


def test_the_token_is_shown_nowhere(runner: Runner) -> None:
    runner.variables["ACTIONS_STEP_DEBUG"] = "true"
    done = runner.run(mode="plan", token=TOKEN, args="--log-level debug")
    secrets = (TOKEN, runner.variables["OPENMETADATA_JWT_TOKEN"])
    for secret in secrets:
        assert secret not in done.log + done.summary + str(done.outputs)


# -- apply


def test_a_saved_plan_is_applied_and_its_comment_says_what_became_of_it(
    runner: Runner, repo: GitRepo, github: GitHub, sandbox: Sandbox
) -> None:
    planned = runner.run(mode="plan", token=TOKEN, plan_file="plan.json")
    runner.event("push", before=repo.git("rev-parse", "HEAD~1"))
    merged = {"number": 7, "merged_at": "2026-01-01T00:00:00Z", "merge_commit_sha": repo.head}
    github.pulls[repo.head] = [merged]
    done = runner.run(mode="apply", token=TOKEN, plan_file="plan.json")
    assert (done.code, done.outputs["exit-code"]) == (0, "0"), done.log
    assert description(sandbox) == "Every order."
    assert done.outputs["comment-url"] == planned.outputs["comment-url"]
    assert done.outputs["plan-file"] == "plan.json"
    assert json.loads(Path(done.outputs["result-file"]).read_bytes())["kind"] == "result"
    (comment,) = github.comments
    assert "applied" in comment["body"]
    assert ORDERS in done.log


def test_what_moved_since_the_plan_is_left_alone_and_fails_the_step(
    runner: Runner, sandbox: Sandbox
) -> None:
    runner.run(mode="plan", comment="false", plan_file="plan.json")
    other = {"OPENMETADATA_JWT_TOKEN": sandbox.token("carol")}
    before = runner.variables
    runner.variables = {**before, **other}
    (runner.workspace / SPEC).write_text(spec(description="By hand."))
    assert runner.run(mode="apply", comment="false").code == 0
    runner.variables = before
    done = runner.run(mode="apply", comment="false", plan_file="plan.json")
    assert (done.code, done.outputs["exit-code"]) == (1, "1"), done.log
    assert description(sandbox) == "By hand."


def test_a_saved_plan_is_applied_alone(runner: Runner) -> None:
    done = runner.run(mode="apply", plan_file="plan.json", paths="catalog-specs")
    assert done.code == 64
    assert "a saved plan is applied alone" in done.log


# -- drift


def test_drift_opens_an_issue_and_closes_it_when_none_is_left(
    runner: Runner, github: GitHub, sandbox: Sandbox
) -> None:
    runner.event("schedule")
    done = runner.run(mode="drift", token=TOKEN, issue="Catalog drift", plan_file="drift.json")
    assert (done.code, done.outputs["exit-code"]) == (0, "2"), done.log
    assert done.outputs["changes"] == "true"
    (issue,) = github.issues
    assert (issue["title"], issue["state"], issue["user"]) == ("Catalog drift", "open", BOT)
    assert done.outputs["comment-url"] == issue["html_url"]
    assert runner.run(mode="apply", comment="false", plan_file="drift.json").code == 0
    done = runner.run(mode="drift", token=TOKEN, issue="Catalog drift", plan_file="drift.json")
    assert (done.code, done.outputs["changes"]) == (0, "false"), done.log
    assert [each["state"] for each in github.issues] == ["closed"]


def test_a_catalog_that_cannot_be_read_leaves_the_issue_alone(
    runner: Runner, github: GitHub
) -> None:
    runner.event("schedule")
    runner.variables["OPENMETADATA_JWT_TOKEN"] = "nonsense"
    done = runner.run(mode="drift", token=TOKEN, issue="Catalog drift")
    assert (done.code, done.outputs["exit-code"]) == (1, "1")
    assert "changes" not in done.outputs
    assert github.requests == []


# -- shards


def test_shards_are_joined_into_one_plan(runner: Runner, repo: GitRepo, github: GitHub) -> None:
    repo.commit({f"catalog-specs/{n}.yaml": spec(t) for n, t in enumerate((ITEMS,))})
    files = [f"shards/{number}/plan.json" for number in (1, 2)]
    for number, file in enumerate(files, 1):
        done = runner.run(mode="plan", shard=f"{number}/2", plan_file=file, comment="false")
        assert done.code == 0, done.log
    for arguments in (["show", *files, "--out", "plan.json"], ["comment", "plan.json"]):
        _, environ = runner.command(".", "run", {"mode": "validate"})
        subprocess.run(
            [runner.catalogctl, *arguments],
            cwd=repo.root, env={**environ, "GITHUB_TOKEN": TOKEN},
            capture_output=True, timeout=60, check=True,
        )  # fmt: skip
    (comment,) = github.comments
    assert ORDERS in comment["body"]
    assert ITEMS in comment["body"]


# -- what reaches the command

RECORD = """\
#!/usr/bin/env python3
import json, os, sys
with open(os.environ["RECORD"], "a") as file:
    seen = {name: value for name, value in os.environ.items()
            if name.startswith(("INPUT_", "GITHUB_TOKEN")) or value == os.environ["LOOK_FOR"]
            and name != "LOOK_FOR"}
    file.write(json.dumps([sys.argv[1:], sorted(seen)]) + "\\n")
if "--out" in sys.argv:
    with open(sys.argv[sys.argv.index("--out") + 1], "w") as file:
        json.dump({"kind": "plan", "changes": []}, file)
"""


@pytest.fixture
def recorded(runner: Runner, tmp_path: Path) -> Runner:
    """Instead of catalogctl, something that writes down how it was called."""
    script = tmp_path / "catalogctl"
    script.write_text(RECORD)
    script.chmod(0o755)
    runner.catalogctl = str(script)
    runner.variables |= {"RECORD": str(tmp_path / "record"), "LOOK_FOR": TOKEN}
    return runner


def calls(runner: Runner) -> list[Any]:
    return [json.loads(line) for line in Path(runner.variables["RECORD"]).read_text().splitlines()]


def test_inputs_become_arguments_word_by_word_and_nothing_is_expanded(recorded: Runner) -> None:
    done = recorded.run(
        mode="plan", comment="false", config="a b.yaml", base="origin/main", shard="1/4",
        args="--only 'Table/*.a b' --base ''", paths="'my specs'\n$(touch pwned) `id` --help",
        plan_file="p.json",
    )  # fmt: skip
    assert done.code == 0, done.log
    ((arguments, _),) = calls(recorded)
    assert arguments == [
        "plan", "--config", "a b.yaml", "--out", "p.json", "--detailed-exitcode",
        "--base", "origin/main", "--shard", "1/4", "--only", "Table/*.a b", "--base", "",
        "--", "my specs", "$(touch", "pwned)", "`id`", "--help",
    ]  # fmt: skip


def test_the_token_reaches_the_comment_and_nothing_else(recorded: Runner) -> None:
    assert recorded.run(mode="plan", token=TOKEN).code == 0
    (plan, seen_by_plan), (comment, seen_by_comment) = calls(recorded)
    assert (plan[0], seen_by_plan) == ("plan", [])
    assert (comment[0], seen_by_comment) == ("comment", ["GITHUB_TOKEN"])


@pytest.mark.parametrize(
    ("inputs", "said"),
    [
        ({"mode": "destroy"}, "the input mode is 'destroy'"),
        ({"mode": "plan", "comment": "yes"}, "the input comment is 'yes'"),
        ({"mode": "plan", "environment": "a\n::stop-commands::x"}, "the input environment is"),
        ({"mode": "plan", "args": "'open"}, "the input args cannot be split"),
        ({"mode": "drift", "comment": "true"}, "set the input issue"),
    ],
)
def test_what_makes_no_sense_is_said_before_anything_runs(
    recorded: Runner, inputs: dict[str, str], said: str
) -> None:
    done = recorded.run(**inputs)
    assert done.code == 64
    (line,) = done.log.splitlines()
    assert line.startswith("::error title=catalogctl::")
    assert said in line
    assert not Path(recorded.variables["RECORD"]).exists()


def test_an_interruption_reaches_the_command_once_and_its_end_is_waited_for(
    runner: Runner, tmp_path: Path
) -> None:
    script = tmp_path / "catalogctl"
    script.write_text(
        "#!/usr/bin/env bash\ntrap 'echo finishing; exit 130' INT\necho ready\n"
        "for _ in {1..200}; do sleep 0.1; done\n"
    )
    script.chmod(0o755)
    runner.catalogctl = str(script)
    shell, environ = runner.command(".", "run", {"mode": "validate"})
    with subprocess.Popen(
        shell, cwd=runner.workspace, env=environ, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        process.send_signal(signal.SIGINT)
        assert process.stdout.read() == "finishing\n"
    assert process.returncode == 130
    assert runner.outputs()["exit-code"] == "130"
