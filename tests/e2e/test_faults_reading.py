"""Catalogs that answer badly while a plan is made: one clear message, exit 1, nothing written."""

from __future__ import annotations

import pytest

from catalogctl.client import TRIES
from e2e.conftest import new_server
from e2e.project import Project, is_harmless
from e2e.shop import BOOKS, CUSTOMERS, ITEMS, LEDGER, ODD_NAMES, ORDERS, PUBLIC

TABLE = "/v1/tables/name/"
COLUMN = {"columns": {"id": {"description": "New."}}}


def _one_line(project: Project, *, command: str = "plan") -> str:
    """The only line on stderr of a command that fails with exit 1 and writes nothing."""
    done = project(command, *(["--yes"] if command == "apply" else []), code=1)
    assert done.out == ""
    assert all(is_harmless(each) for each in project.requests())
    lines = done.err.splitlines()
    assert len(lines) == 1, lines
    return lines[0]


@pytest.mark.parametrize("command", ["plan", "apply"])
def test_a_wrong_token_is_told_with_the_catalog_and_what_to_check(
    project: Project, command: str
) -> None:
    project.declare(ORDERS, description="New.")
    project.environ.setenv("OPENMETADATA_JWT_TOKEN", "not-a-token-at-all")
    told = _one_line(project, command=command)
    assert told.startswith("error: openmetadata: ")
    assert "is the token right, and still valid?" in told
    assert "not-a-token-at-all" not in told


def test_an_expired_token_is_told_like_a_wrong_one(project: Project) -> None:
    project.declare(ORDERS, description="New.")
    project.environ.setenv("OPENMETADATA_JWT_TOKEN", project.sandbox.token("alice", exp=1))
    assert "is the token right, and still valid?" in _one_line(project)


def test_a_token_that_may_not_rehearse_still_gets_a_complete_plan(project: Project) -> None:
    project.declare(ORDERS, description="New.", **COLUMN)
    complete = project.plan().json
    for user in ("alice", "viewer"):
        project.act_as(user)
        done = project.plan()
        assert done.json["summary"]["unverified"] == 1
        field = done.field("columns.id.description")
        assert field["verdict"] == "unverified"
        assert "may not rehearse" in field["message"]
        assert [each["path"] for each in done.json["changes"][0]["fields"]] == [
            each["path"] for each in complete["changes"][0]["fields"]
        ]
        assert project.writes() == []
        shown = project("plan")
        assert "unverified" in shown.out
        assert "Plan: 1 to change" in shown.out


def test_a_rehearsal_that_fails_leaves_the_plan_unverified(project: Project) -> None:
    project.declare(ORDERS, **COLUMN)
    project.declare(CUSTOMERS, **COLUMN)
    path = f"/tables/name/{ORDERS}/import"
    project.sandbox.faults.add(method="PUT", path=path, status=500, times=None, body="{}")
    done = project.plan()
    assert done.field("columns.id.description", f"Table/{ORDERS}")["verdict"] == "unverified"
    assert done.field("columns.id.description", f"Table/{CUSTOMERS}")["verdict"] == "verified"


def test_a_row_that_the_server_refuses_in_its_rehearsal_is_told_at_its_line(
    project: Project,
) -> None:
    """Here the reference check finds nothing wrong: only the server knows."""
    columns = "  id:\n    description: New.\n    tags:\n      - Level.Public\n"
    project.write("a.yaml", f"kind: Table\nname: {ORDERS}\ncolumns:\n{columns}")
    project.write("b.yaml", f"kind: Table\nname: {ITEMS}\ncolumns:\n{columns}")
    header, row = project.http.get(f"/tables/name/{ORDERS}/export").text.split("\r\n")[:2]
    told = "#INVALID_FIELD: Field 8 error - Entity Level.Public of type tag not found"
    answer = {
        "dryRun": True,
        "status": "failure",
        "numberOfRowsProcessed": 2,
        "numberOfRowsPassed": 1,
        "numberOfRowsFailed": 1,
        "importResultsCsv": f"status,details,{header}\r\nfailure,{told},{row}\r\n",
    }
    path = f"{ORDERS}/import"
    project.sandbox.faults.add(method="PUT", path=path, status=200, body=answer, times=None)
    done = project("apply", "--yes", "--format", "json", code=5)
    assert len(done.err.splitlines()) == 2  # the last one tells of the undo file
    assert done.err.startswith("catalog-specs/a.yaml:7:9: error[PLAN001]: ")
    assert told in done.err
    assert done.outcomes == {f"Table/{ITEMS}": "applied", f"Table/{ORDERS}": "skipped"}
    assert done.field("columns.id.tags", f"Table/{ORDERS}")["verdict"] == "refused"
    assert [each["path"] for each in project.writes() if ORDERS in each["path"]] == []


def test_an_export_that_is_a_page_leaves_the_plan_unverified(project: Project) -> None:
    project.declare(ORDERS, **COLUMN)
    project.sandbox.faults.add(path="/export$", status=200, body="<html>Sign in</html>")
    field = project.plan().field("columns.id.description")
    assert field["verdict"] == "unverified"
    assert "CSV" in field["message"]


def test_a_host_that_does_not_listen_is_named(project: Project) -> None:
    project.declare(ORDERS, description="New.")
    project.environ.setenv("OPENMETADATA_HOST", "http://127.0.0.1:9/api")
    told = _one_line(project)
    assert "127.0.0.1:9 refuses connections" in told
    assert "is the URL right?" in told


@new_server
def test_a_host_that_never_answers_is_given_up(project: Project) -> None:
    text = (project.root / "catalogctl.yaml").read_text(encoding="utf-8")
    (project.root / "catalogctl.yaml").write_text(text + "    timeout: 0.05\n", encoding="utf-8")
    project.declare(ORDERS, description="New.")
    project.sandbox.faults.add(path="/v1/tables", action="delay", seconds=0.3, times=None)
    told = _one_line(project)
    assert f"read table {ORDERS}" in told
    assert "did not answer within 0.05 s" in told
    assert "`timeout`" in told


@pytest.mark.parametrize("path", ["/v1/system/version", "/v1/users/loggedInUser", TABLE])
def test_a_page_where_json_was_expected_is_told_as_one(project: Project, path: str) -> None:
    project.declare(ORDERS, description="New.")
    project.sandbox.faults.add(path=path, status=200, body="<html>Sign in</html>", times=None)
    told = _one_line(project)
    assert "answered HTML where JSON was expected" in told
    assert "is the URL right?" in told


def test_the_address_of_the_web_page_instead_of_the_api_s_is_told(project: Project) -> None:
    project.declare(ORDERS, description="New.")
    project.environ.setenv("OPENMETADATA_HOST", f"{project.sandbox.openmetadata_url}/signin/api")
    assert "is the URL right?" in _one_line(project)


@pytest.mark.parametrize("body", ["[]", "{}", "null", '"text"', "17", '{"a": 1}', "{", "[{}]"])
@pytest.mark.parametrize(
    "path",
    ["/v1/users/loggedInUser", "/v1/system/version", TABLE, r"/v1/tables$", "/v1/tags/name/"],
)
def test_json_of_another_shape_never_ends_in_a_traceback(
    project: Project, path: str, body: str
) -> None:
    for table in (ORDERS, CUSTOMERS, ITEMS, LEDGER, BOOKS):
        project.declare(table, tags=["Level.Public"])
    project.sandbox.faults.add(path=path, status=200, body=body, times=None)
    done = project("plan", code=None)
    assert done.code in (0, 1)
    assert (done.code == 0) == (done.err == "")
    assert done.code == 0 or done.err.startswith("error: openmetadata: ") or "PLAN001" in done.err
    assert project.writes() == []


def test_reads_are_repeated_until_a_busy_server_answers(project: Project) -> None:
    project.declare(ORDERS, description="New.", **COLUMN)
    expected = project.plan().out
    for status in (500, 502, 503, 504, 429):
        project.sandbox.faults.add(method="GET", path=TABLE, status=status)
    project.sandbox.faults.add(method="GET", path="/version", action="cut")
    project.sandbox.faults.add(method="PUT", query="dryRun=true", action="cut")
    assert project.plan().out == expected


def test_a_server_that_stays_busy_is_told_with_object_answer_and_tries(project: Project) -> None:
    for table in (ORDERS, CUSTOMERS, ITEMS, LEDGER):
        project.declare(table, description="New.")
    body = {"code": 503, "message": "Database is down"}
    project.sandbox.faults.add(method="GET", path=TABLE, status=503, body=body, times=None)
    told = _one_line(project)
    assert "openmetadata: read table " in told
    assert "Database is down" in told
    assert f"({TRIES} tries)" in told


@new_server
def test_several_reads_that_fail_are_told_in_one_line(project: Project) -> None:
    for table in (ORDERS, CUSTOMERS, ITEMS, LEDGER):
        project.declare(table, description="New.")
    project.sandbox.faults.add(method="GET", path=TABLE, status=400, body="Not today", times=None)
    done = project.process("plan", code=1)
    assert len(done.err.splitlines()) == 1
    assert "Not today" in done.err


def test_retry_after_is_obeyed_on_reads(project: Project) -> None:
    waits: list[float] = []
    _record_waits(project, waits)
    project.declare(ORDERS, description="New.")
    headers = {"Retry-After": "7"}
    project.sandbox.faults.add(method="GET", path=TABLE, status=429, headers=headers)
    assert project.plan().json["summary"]["update"] == 1
    assert [round(wait) for wait in waits] == [7]


def test_a_wait_of_an_hour_is_not_waited_for(project: Project) -> None:
    project.declare(ORDERS, description="New.")
    headers = {"Retry-After": "3600"}
    project.sandbox.faults.add(method="GET", path=TABLE, status=429, headers=headers, times=None)
    told = _one_line(project)
    assert "asks to wait 3600 s" in told
    assert "try again later" in told


def _record_waits(project: Project, waits: list[float]) -> None:
    """Instead of waiting, note for how long it would have been."""
    from catalogctl import client

    async def pause(self: client.Client, seconds: float, why: str) -> None:
        waits.append(seconds)

    project.environ.setattr(client.Client, "_pause", pause)


# -- what the specs refer to


REFERENCES = """\
kind: Table
name: shop.main.public.orders
tags:
  - Level.Publik
  - Level.Public
glossaryTerms: [Business.Custom]
owners:
  - user:dave
  - user:nobody
domains: [Sale]
followers: [alise]
columns:
  id:
    tags: [PII.Sensitve]
  emial:
    description: No such column.
  address.zip:
    glossaryTerms: [Nowhere.Term]
---
kind: Table
name: shop.main.public.nothing
description: No such table.
---
kind: Table
name: shop.main.public.items
description: This one is fine.
"""


def test_everything_unknown_is_an_error_at_its_line_before_anything_is_written(
    project: Project,
) -> None:
    project.write("all.yaml", REFERENCES)
    done = project("plan", code=1)
    file = "catalog-specs/all.yaml"
    expected = {
        4: 'Tag Level.Publik not found; did you mean "Level.Public"?',
        6: 'Glossary term Business.Custom not found; did you mean "Business.Customer"?',
        9: "User nobody not found",
        10: 'Domain Sale not found; did you mean "Sales"?',
        11: 'User alise not found; did you mean "alice"?',
        14: 'Tag PII.Sensitve not found; did you mean "PII.Sensitive"?',
        16: "Column emial not found; did you mean email?",
        18: "Glossary term Nowhere.Term not found",
        21: "Table shop.main.public.nothing not found",
    }
    lines = done.err.splitlines()
    assert len(lines) == len(expected), lines
    for line, (number, message) in zip(lines, expected.items(), strict=True):
        assert line.startswith(f"{file}:{number}:"), line
        assert "error[PLAN001]" in line
        assert message in line
    summary = project.plan(code=1).json["summary"]
    assert (summary["objects"], summary["refused"], summary["update"]) == (3, 2, 3)
    assert project.writes() == []


def test_an_apply_carries_on_with_the_objects_that_nothing_is_wrong_with(project: Project) -> None:
    project.write("all.yaml", REFERENCES)
    before = project.table(ORDERS)
    done = project.apply(code=5)
    assert done.outcomes == {
        f"Table/{ITEMS}": "applied",
        f"Table/{ORDERS}": "skipped",
        "Table/shop.main.public.nothing": "skipped",
    }
    assert project.calls() == ["PATCH table"]
    assert project.table(ORDERS) == before
    assert (
        "shop.main.public.nothing not found"
        in done.field("name", "Table/shop.main.public.nothing")["message"]
    )


def test_an_apply_of_nothing_but_refused_changes_writes_nothing_and_fails(
    project: Project,
) -> None:
    project.declare(ORDERS, tags=["Level.Publik"], description="New.")
    done = project.apply(code=1)
    assert done.outcomes == {f"Table/{ORDERS}": "skipped"}
    assert "Tag Level.Publik not found" in done.field("tags")["message"]
    assert project.writes() == []


def test_each_reference_is_asked_for_once(project: Project) -> None:
    for table in (ORDERS, CUSTOMERS, ITEMS, LEDGER, BOOKS, *ODD_NAMES):
        project.declare(table, tags=["Level.Public"], followers=["erin"], owners=["team:data"])
    project.plan("--allow", "mass-change", "--allow", "mass-removal")
    asked = [each["path"] for each in project.requests() if "/tables" not in each["path"]]
    assert len(asked) == len(set(asked)), asked


def test_references_that_may_not_be_read_leave_the_plan_unverified(project: Project) -> None:
    project.declare(ORDERS, tags=["Level.Public"], description="New.")
    project.sandbox.faults.add(path="/v1/tags/", status=403, body="{}", times=None)
    done = project.plan()
    assert done.field("tags")["verdict"] == "unverified"
    assert done.json["summary"]["refused"] == 0


@new_server
def test_a_tag_that_this_server_keeps_elsewhere_is_refused_while_planning(
    project: Project,
) -> None:
    for table in (ITEMS, ORDERS, CUSTOMERS):
        project.declare(table, tags=["Certification.Gold"])
    done = project.plan(code=1)
    for table in (ITEMS, ORDERS, CUSTOMERS):
        assert done.field("tags", f"Table/{table}")["verdict"] == "refused"
    asked = [each for each in project.requests() if "certification" in each["query"]]
    assert len(asked) == 1


def test_a_list_that_ends_early_is_a_failure_and_no_empty_catalog(project: Project) -> None:
    body = {"databaseSchema": PUBLIC, "columns": [{"name": "id", "dataType": "BIGINT"}]}
    for number in range(60):
        project.http.post("/tables", json={"name": f"t{number}", **body}).raise_for_status()
        project.declare(f"{PUBLIC}.t{number}", description="x")
    short = {"data": [], "paging": {"total": 68}}
    project.sandbox.faults.add(
        method="GET", path=r"/v1/tables$", status=200, body=short, times=None
    )
    done = project("plan", code=1)
    assert done.out == ""
    assert "a list of tables ended before it showed as many as it says there are" in done.err
