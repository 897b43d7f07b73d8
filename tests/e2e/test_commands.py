"""The commands as a user runs them: what they print, their exit codes, and each as a process."""

from __future__ import annotations

import json
import os
import re
import select
import signal
import subprocess
from pathlib import Path

import pytest

from e2e.conftest import new_server
from e2e.project import Project, labels
from e2e.shop import BOOKS, CUSTOMERS, ITEMS, LEDGER, ODD_NAMES, ORDERS, PUBLIC

TEXT = {"description": "New."}

# -- plan and apply


def test_specs_are_planned_applied_and_then_in_sync(project: Project) -> None:
    project.declare(ORDERS, **TEXT, tags=["Level.Public"])
    planned = project.process("plan", "--detailed-exitcode", code=2)
    assert "~ Old text of orders. -> New." in planned.out
    assert planned.out.splitlines()[-1].startswith("Plan: 1 to change")
    assert planned.err == ""
    applied = project.process("apply", "--yes")
    assert "Applied: 1 applied, 0 failed, 0 unknown, 0 skipped" in applied.out
    in_sync = project.process("plan", "--detailed-exitcode")
    assert in_sync.out.startswith("No changes.")


def test_json_on_stdout_is_alone_there(project: Project) -> None:
    project.declare(ORDERS, **TEXT)
    planned = project.process("plan", "--format", "json", "--log-level", "debug")
    assert planned.json["kind"] == "plan"
    assert "GET" in planned.err
    assert project.sandbox.token() not in planned.err
    applied = project.process("apply", "--yes", "--format", "json")
    assert applied.json["kind"] == "result"


def test_a_plan_says_where_each_change_was_asked_for(project: Project) -> None:
    project.write(
        "deep/orders.yaml",
        f"kind: Table\nname: {ORDERS}\ncolumns:\n  id:\n    description: New.\n",
    )
    field = project.plan().field("columns.id.description")
    assert field["source"] == {"file": "catalog-specs/deep/orders.yaml", "line": 5, "column": 5}
    assert field["before"] == "Key."
    assert field["after"] == "New."
    assert field["verdict"] == "verified"


def test_an_apply_needs_a_yes_where_nobody_can_be_asked(project: Project) -> None:
    project.declare(ORDERS, **TEXT)
    done = project.process("apply", code=1)
    assert "nothing was written" in done.err
    assert "--yes" in done.err
    assert "Plan: 1 to change" in done.out
    assert project.writes() == []
    assert project.table(ORDERS)["description"] == "Old text of orders."


def test_a_saved_plan_needs_no_yes(project: Project) -> None:
    project.declare(ORDERS, **TEXT)
    project.process("plan", "--out", "plan.json")
    project.process("apply", "plan.json")
    assert project.table(ORDERS)["description"] == "New."


def test_only_the_objects_that_match_are_planned_and_applied(project: Project) -> None:
    for table in (ORDERS, CUSTOMERS, BOOKS):
        project.declare(table, **TEXT)
    done = project.plan("--only", f"Table/{PUBLIC}.o*", "--only", "openmetadata:Table/store.*")
    assert [each["address"] for each in done.json["changes"]] == [
        f"Table/{ORDERS}",
        f"Table/{BOOKS}",
    ]
    assert project.apply("--only", "*.customers").outcomes == {f"Table/{CUSTOMERS}": "applied"}
    assert project.table(ORDERS)["description"] == "Old text of orders."
    nothing = project("plan", "--only", "Table/none")
    assert "no object matches --only" in nothing.err
    assert project.requests() == []


def test_paths_replace_the_configured_specs(project: Project) -> None:
    project.write("one/orders.yaml", json.dumps({"kind": "Table", "name": ORDERS, **TEXT}))
    project.write("two/items.yaml", json.dumps({"kind": "Table", "name": ITEMS, **TEXT}))
    done = project.plan("catalog-specs/two")
    assert [each["address"] for each in done.json["changes"]] == [f"Table/{ITEMS}"]


def test_without_a_rehearsal_references_are_still_checked(project: Project) -> None:
    project.declare(ORDERS, columns={"id": {"description": "New.", "tags": ["PII.Nothing"]}})
    done = project.plan("--no-rehearse", code=1)
    assert done.field("columns.id.description")["verdict"] == "unverified"
    assert done.field("columns.id.tags")["verdict"] == "refused"
    assert {each["method"] for each in project.requests()} == {"GET"}


def test_objects_in_sync_are_listed_on_request(project: Project) -> None:
    project.declare(ITEMS, vote="unVoted")
    assert f"Table/{ITEMS}" not in project("plan").out
    assert f"= Table/{ITEMS}  in sync" in project("plan", "--all").out
    assert project.plan("--all").json["unchanged"] == [f"Table/{ITEMS}"]


def test_defaults_and_several_documents_of_one_table_come_together(project: Project) -> None:
    project.write("_defaults.yaml", "Table:\n  owners: [team:data]\n")
    project.write("a.yaml", f"kind: Table\nname: {ITEMS}\ndescription: New.\n")
    project.write("b.yaml", f"kind: Table\nname: {ITEMS}\ntags: [Level.Public]\n")
    done = project.plan()
    assert done.field("owners")["source"]["file"] == "catalog-specs/_defaults.yaml"
    assert done.field("tags")["source"]["file"] == "catalog-specs/b.yaml"
    project.apply()
    table = project.table(ITEMS)
    assert (labels(table), table["owners"][0]["name"]) == (["Level.Public"], "data")


def test_a_member_that_an_exclusive_classification_pushes_out_is_shown(project: Project) -> None:
    project.declare(CUSTOMERS, columns={"email": {"tags": ["PII.Sensitive"]}})
    done = project.plan(code=3)
    field = done.field("columns.email.tags")
    assert (field["added"], field["removed"]) == (["PII.Sensitive"], ["PII.None"])
    project.apply("--allow", "protected-tag")
    assert labels(project.columns(CUSTOMERS)["email"]) == ["PII.Sensitive"]
    assert project.plan().json["changes"] == []


# -- guards


def _ten_tables(project: Project) -> list[str]:
    """Nine of them in the seed, and two more, so that percentages count."""
    schema = {"databaseSchema": PUBLIC, "columns": [{"name": "id", "dataType": "BIGINT"}]}
    more = []
    for number in range(4):
        body = {"name": f"more{number}", "description": "Old.", **schema}
        answer = project.http.post("/tables", json=body)
        assert answer.status_code == 201, answer.text
        more.append(f"{PUBLIC}.more{number}")
    return [ORDERS, CUSTOMERS, ITEMS, LEDGER, BOOKS, *ODD_NAMES, *more]


def test_a_plan_that_replaces_much_is_stopped_until_somebody_allows_it(project: Project) -> None:
    tables = _ten_tables(project)
    for table in tables:
        project.declare(table, **TEXT)
    done = project("plan", "--out", "plan.json", code=3)
    assert "guard mass-change" in done.out
    assert "--allow mass-change" in done.out
    assert "6 of 12 objects (50 %)" in done.out
    for arguments in (["plan.json"], ["--yes"]):
        stopped = project("apply", *arguments, code=3)
        assert "stopped by mass-change" in stopped.err
        assert "nothing was written" in stopped.err
        assert project.writes() == []
    allowed = project.plan("--out", "allowed.json", "--allow", "mass-change").json
    assert allowed["guards"] == []
    assert set(project.apply("allowed.json").outcomes.values()) == {"applied"}
    project.apply("plan.json", "--allow", "mass-change")
    assert project.writes() == []


def test_a_plan_that_takes_much_away_is_stopped(project: Project) -> None:
    for table in _ten_tables(project):
        project.declare(table, description="" if table in (ORDERS, CUSTOMERS) else "Old.")
    done = project.plan("--allow", "mass-change", code=3).json
    assert [each["guard"] for each in done["guards"]] == ["mass-removal"]
    assert "2 of 12 objects (17 %)" in done["guards"][0]["message"]


def test_a_protected_tag_is_not_taken_away_in_passing(project: Project) -> None:
    project.declare(ORDERS, tags={"only": ["Level.Internal"]})
    done = project("apply", "--yes", code=3)
    assert "protected-tag" in done.err
    assert f"Tier.Tier3 of Table/{ORDERS} tags" in done.err
    assert project.writes() == []
    project.apply("--allow", "protected-tag")
    assert labels(project.table(ORDERS)) == ["Level.Internal"]


def test_a_tier_for_another_tier_passes(project: Project) -> None:
    project.declare(ORDERS, tags=["Tier.Tier1"])
    done = project.apply()
    assert done.field("tags")["removed"] == ["Tier.Tier3"]
    assert labels(project.table(ORDERS)) == ["Level.Internal", "Tier.Tier1"]


def test_specs_that_hold_nothing_are_stopped(project: Project) -> None:
    done = project("plan", code=3)
    assert "guard no-specs" in done.out
    assert project("apply", "--yes", code=3).err.startswith("stopped by no-specs")
    project("plan", "--allow", "no-specs")
    assert project.requests() == []


def test_guards_of_the_configuration_are_obeyed(project: Project) -> None:
    file = project.root / "catalogctl.yaml"
    file.write_text(
        file.read_text(encoding="utf-8") + "guards:\n  max_changed: 0\n  protected: [Level.*]\n",
        encoding="utf-8",
    )
    project.declare(ORDERS, **TEXT, tags={"only": ["Tier.Tier3"]})
    guards = project.plan(code=3).json["guards"]
    assert [each["guard"] for each in guards] == ["mass-change", "protected-tag"]


# -- configuration


def test_without_a_file_the_vendor_s_variables_do(project: Project) -> None:
    (project.root / "catalogctl.yaml").unlink()
    project.declare(ORDERS, **TEXT)
    assert project.process("plan", "--format", "json").json["summary"]["update"] == 1


def test_without_any_configuration_the_way_to_one_is_told(project: Project) -> None:
    (project.root / "catalogctl.yaml").unlink()
    for name in project.sandbox.variables():
        project.environ.delenv(name)
    project.declare(ORDERS, **TEXT)
    done = project.process("plan", code=4)
    assert "error[" in done.err
    assert "openmetadata" in done.err
    assert project.requests() == []


def test_a_variable_that_is_not_set_is_an_error_at_its_line(project: Project) -> None:
    project.environ.delenv("OPENMETADATA_JWT_TOKEN")
    project.declare(ORDERS, **TEXT)
    done = project("plan", code=4)
    assert done.err.startswith("catalogctl.yaml:5:")
    assert "OPENMETADATA_JWT_TOKEN" in done.err
    assert project.requests() == []


def test_a_catalog_that_no_spec_needs_is_not_contacted(project: Project) -> None:
    file = project.root / "catalogctl.yaml"
    unused = "  other:\n    type: openmetadata\n    url: env/NO_SUCH\n    token: env/NO_SUCH\n"
    file.write_text(file.read_text(encoding="utf-8") + unused, encoding="utf-8")
    project.declare(ORDERS, catalog="openmetadata", **TEXT)
    done = project.plan().json
    assert [each["address"] for each in done["changes"]] == [f"openmetadata:Table/{ORDERS}"]


def test_a_literal_token_is_refused_and_not_repeated(project: Project) -> None:
    file = project.root / "catalogctl.yaml"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("env/OPENMETADATA_JWT_TOKEN", "eyJhbGciOi"), encoding="utf-8")
    done = project("plan", code=4)
    assert "CONF006" in done.err
    assert "eyJhbGciOi" not in done.err


# -- mistakes in specs


MISTAKES = {
    "a.yaml": f"kind: Table\nname: {ORDERS}\ndesription: Typo.\nvote: up\n",
    "b/c.yaml": f"kind: Table\nname: {CUSTOMERS}\ndescription: null\n"
    "tags: [Tier.Tier1, Tier.Tier2]\n",
    "d.yaml": "kind: Tabel\nname: x\n",
    "e.yaml": "kind: Table\n\tname: x\n",
    "f.yaml": f"kind: Table\nname: {ORDERS}\ndescription: One.\n---\nkind: Table\n"
    f"name: {ORDERS}\ndescription: Two.\n",
}  # fmt: skip


@pytest.mark.parametrize("command", [["validate"], ["plan"], ["apply", "--yes"]])
def test_every_mistake_in_every_file_is_told_at_once(project: Project, command: list[str]) -> None:
    for name, text in MISTAKES.items():
        project.write(name, text)
    done = project(*command, code=4)
    places = [tuple(line.split(":")[:2]) for line in done.err.splitlines() if "error[" in line]
    for place in (("a.yaml", 3), ("a.yaml", 4), ("b/c.yaml", 3), ("b/c.yaml", 4), ("d.yaml", 1)):
        assert (f"catalog-specs/{place[0]}", str(place[1])) in places
    assert {file for file, _ in places} == {f"catalog-specs/{name}" for name in MISTAKES}
    assert project.requests() == []
    printed = project(*command, "--format", "json", code=4)
    body = printed.json
    assert (body["format_version"], body["kind"]) == ("1.0", "diagnostics")
    assert [(each["file"], str(each["line"])) for each in body["diagnostics"]] == places
    assert {"severity", "code", "message", "file", "line", "column", "hint"} >= set(
        body["diagnostics"][0]
    )


def test_validate_needs_no_network_and_no_secret(project: Project) -> None:
    for name in project.sandbox.variables():
        project.environ.delenv(name)
    project.declare(ORDERS, **TEXT)
    done = project.process("validate")
    assert "1 object declared" in done.out
    assert json.loads(project("validate", "--format", "json").out)["diagnostics"] == []
    assert project.requests() == []


def test_wrong_usage_ends_with_64(project: Project) -> None:
    assert "Did you mean 'plan'?" in project("plam", code=64).err
    project("plan", "--nonsense", code=64)
    project("plan", "--allow", "everything", code=64)
    project("apply", "a.json", "b.json", code=64)
    assert "cannot be read" in project("show", "none.json", code=1).err


@new_server
def test_a_plan_that_cannot_be_saved_says_so(project: Project) -> None:
    project.declare(ORDERS, **TEXT)
    done = project("plan", "--out", "no/such/folder/plan.json", code=1)
    assert "no/such/folder/plan.json" in done.err


# -- the other commands


@new_server
def test_the_schema_and_the_version_are_printed(project: Project) -> None:
    schema = project.process("schema", "Table").json
    assert schema["properties"]["kind"] == {"const": "Table"} or "kind" in schema["properties"]
    assert "unknown kind" in project("schema", "Tabel", code=64).err
    assert re.match(r"catalogctl \d+\.\d+", project.process("--version").out)
    assert "plan" in project.process("--help").out


@new_server
def test_show_draws_a_saved_plan_in_a_process_of_its_own(project: Project) -> None:
    project.declare(ORDERS, **TEXT)
    planned = project("plan", "--out", "plan.json")
    for name in project.sandbox.variables():
        project.environ.delenv(name)
    assert project.process("show", "plan.json").out == planned.out


@new_server
def test_the_demo_ends_with_nothing_left_to_change(project: Project) -> None:
    for mode in ("1.6", "2.0"):
        done = project.process("demo", "--mode", mode)
        assert "No changes. The catalogs hold what the specs say." in done.out
        assert "Nothing is left to change." in done.out


@new_server
def test_the_sandbox_prints_variables_with_which_plans_are_made(project: Project) -> None:
    process = project.start("sandbox", "--port", "0", "--seed", "demo")
    try:
        assert process.stdout is not None
        lines = [_line_of(process) for _ in range(2)]
        for line in lines:
            name, _, value = line.removeprefix("export ").partition("=")
            project.environ.setenv(name, value)
        table = "snowflake_prod.analytics.public.customers"
        project.declare(table, **TEXT)
        assert project.process("plan", "--format", "json").json["summary"]["update"] == 1
    finally:
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=10)
    assert process.returncode == 0
    assert b"Traceback" not in err


def _line_of(process: subprocess.Popen[bytes]) -> str:
    assert process.stdout is not None
    ready, _, _ = select.select([process.stdout], [], [], 10)
    assert ready, "nothing was printed"
    line = b""
    while not line.endswith(b"\n"):
        char = os.read(process.stdout.fileno(), 1)
        assert char, process.communicate()
        line += char
    return line.decode().rstrip("\n")


@new_server
def test_a_plan_whose_reader_has_gone_ends_without_a_traceback(project: Project) -> None:
    project.declare(ORDERS, **TEXT)
    process = project.start("plan")
    assert process.stdout is not None
    process.stdout.close()
    assert process.wait(timeout=20) == 0
    assert process.stderr is not None
    assert process.stderr.read() == b""
    process.stderr.close()


def test_the_files_of_the_tool_stay_where_the_configuration_is(project: Project) -> None:
    project.declare(ORDERS, **TEXT)
    deep = project.root / "catalog-specs" / "deep"
    deep.mkdir()
    project.environ.chdir(deep)
    project("apply", "--yes")
    assert (project.root / ".catalogctl" / "journal.jsonl").is_file()
    assert not list(Path(deep).iterdir())
