"""Catalogs that fail while they are written to: nothing lost, nothing twice, the rest carried on.

What became of a change is proved by reading, so a write whose answer was lost is not sent again
where that could do harm, and is told as what it is.
"""

from __future__ import annotations

from typing import Any

import pytest

from e2e.conftest import new_server
from e2e.project import Project, labels
from e2e.shop import CUSTOMERS, ITEMS, LEDGER, ORDERS

TEXT = {"description": "New."}
COLUMN = {"columns": {"id": {"description": "New."}}}
FOLLOWERS = {"followers": ["erin"]}
VOTE = {"vote": "votedDown"}
WRITES = {
    "patch": (TEXT, "description", {"method": "PATCH"}, "PATCH table"),
    "import": (
        COLUMN,
        "columns.id.description",
        {"method": "PUT", "path": "/import$", "query": "dryRun=false"},
        "PUT import",
    ),
    "follower": (FOLLOWERS, "followers", {"method": "PUT", "path": "/followers"}, "PUT followers"),
    "vote": (VOTE, "vote", {"method": "PUT", "path": "/vote"}, "PUT vote"),
}


@pytest.fixture(params=WRITES)
def write(request: pytest.FixtureRequest) -> tuple[dict[str, Any], str, dict[str, Any], str]:
    """What is declared, the field of it, which call it makes, and that call in short."""
    return WRITES[request.param]


def _nothing_left(project: Project) -> None:
    assert project.plan().json["changes"] == []


def test_a_connection_that_is_cut_after_the_server_acted_is_settled_by_reading(
    project: Project, write: tuple[dict[str, Any], str, dict[str, Any], str]
) -> None:
    declared, field, call, short = write
    project.declare(ORDERS, **declared)
    project.sandbox.faults.add(**call, action="cut_after")
    done = project.apply()
    assert done.field(field)["outcome"] == "applied"
    assert project.calls() == [short]
    _nothing_left(project)


def test_an_import_that_a_gateway_gave_up_on_is_not_sent_twice(project: Project) -> None:
    project.declare(ORDERS, **COLUMN)
    call = WRITES["import"][2]
    project.sandbox.faults.add(**call, action="respond_after", status=504, times=None)
    done = project.apply()
    assert done.field("columns.id.description")["outcome"] == "applied"
    assert project.calls() == ["PUT import"]
    _nothing_left(project)


def test_a_connection_that_is_cut_before_the_server_acted_loses_nothing(
    project: Project, write: tuple[dict[str, Any], str, dict[str, Any], str]
) -> None:
    declared, field, call, short = write
    project.declare(ORDERS, **declared)
    project.declare(CUSTOMERS, **declared)
    project.sandbox.faults.add(**call, action="cut")
    done = project.apply(code=5 if short == "PUT import" else 0)
    if short == "PUT import":
        failed = next(each for each in done.outcomes if done.outcomes[each] == "failed")
        assert "cut the connection" in done.field(field, failed)["message"]
        assert project.calls() == [short, short]
        project.apply()
        assert project.calls() == [short]
    _nothing_left(project)


@pytest.mark.parametrize("status", [500, 502, 503])
def test_a_server_that_fails_for_good_is_told_and_the_other_objects_are_carried_on(
    project: Project,
    write: tuple[dict[str, Any], str, dict[str, Any], str],
    status: int,
) -> None:
    declared, field, call, short = write
    before = project.table(ORDERS)
    for table in (ORDERS, CUSTOMERS, ITEMS):
        project.declare(table, **declared)
    own = project.table(ORDERS)["id"] if short != "PUT import" else ORDERS
    body = {"code": status, "message": "Disk is full"}
    project.sandbox.faults.add(
        **{**call, "path": own + ".*" + call.get("path", "")}, status=status, body=body, times=None
    )
    done = project.apply(code=5)
    assert done.outcomes == {
        f"Table/{CUSTOMERS}": "applied",
        f"Table/{ITEMS}": "applied",
        f"Table/{ORDERS}": "failed",
    }
    told = done.field(field, f"Table/{ORDERS}")["message"]
    assert "Disk is full" in told
    assert f"HTTP {status}" in told
    assert project.table(ORDERS) == before
    shown = project("apply", "--yes", code=1).out
    assert "Disk is full" in shown
    assert "1 failed" in shown
    project.sandbox.faults.clear()
    project.apply()
    _nothing_left(project)


def test_retry_after_is_obeyed_on_writes(
    project: Project, write: tuple[dict[str, Any], str, dict[str, Any], str]
) -> None:
    declared, field, call, short = write
    project.declare(ORDERS, **declared)
    project.sandbox.faults.add(**call, status=429, headers={"Retry-After": "0.05"}, times=2)
    done = project.apply()
    assert done.field(field)["outcome"] == "applied"
    assert project.calls() == [short] * 3
    _nothing_left(project)


def test_a_right_that_is_missing_is_told_with_the_server_s_own_word(project: Project) -> None:
    project.declare(ORDERS, **TEXT, displayName="Orders")
    project.declare(ITEMS, displayName="Items", followers=["erin"])
    project.act_as("viewer")
    done = project.apply(code=5)
    items = f"Table/{ITEMS}"
    assert done.field("followers", items)["outcome"] == "applied"
    assert done.field("displayName", items)["outcome"] == "failed"
    assert "EditDisplayName" in done.field("displayName", items)["message"]
    assert "HTTP 403" in done.field("displayName", items)["message"]
    assert project.table(ORDERS)["description"] == "Old text of orders."
    assert "displayName" not in project.table(ITEMS)


def test_a_user_without_roles_applies_what_it_may_and_only_that(project: Project) -> None:
    """It may change descriptions and tags, of columns by JSON Patch only."""
    project.declare(
        CUSTOMERS,
        **TEXT,
        displayName="Customers",
        columns={"id": {"description": "New."}, "email": {"tags": ["Level.Public"]}},
    )
    project.act_as("alice")
    done = project.apply(code=5)
    outcomes = {each["path"]: each["outcome"] for each in done.json["changes"][0]["fields"]}
    assert outcomes == {
        "description": "applied",
        "displayName": "failed",
        "columns.id.description": "applied",
        "columns.email.tags": "applied",
    }
    assert project.columns(CUSTOMERS)["id"]["description"] == "New."
    assert labels(project.columns(CUSTOMERS)["email"]) == ["Level.Public", "PII.None"]


def test_a_token_that_stops_being_valid_in_the_middle_fails_what_is_left(
    project: Project,
) -> None:
    for table in (ORDERS, CUSTOMERS, ITEMS):
        project.declare(table, **TEXT)
    body = {"code": 401, "message": "Expired token!"}
    project.sandbox.faults.add(method="PATCH", after=1, status=401, body=body, times=None)
    done = project.apply("--concurrency", "1", code=5)
    assert sorted(done.outcomes.values()) == ["applied", "failed", "failed"]
    messages = [
        each["message"]
        for change in done.json["changes"]
        for each in change["fields"]
        if each["outcome"] == "failed"
    ]
    assert all("Expired token!" in each and "is the token right" in each for each in messages)


def test_nothing_answers_any_more_in_the_middle_of_an_apply(project: Project) -> None:
    for table in (ORDERS, CUSTOMERS, ITEMS):
        project.declare(table, **TEXT)
    project.plan("--out", "plan.json")
    project.sandbox.faults.add(method="PATCH", action="cut_after", after=1, times=None)
    project.sandbox.faults.add(method="GET", path="/tables/name", after=4, action="cut", times=None)
    done = project.apply("plan.json", code=None)
    assert done.code in (1, 5)
    outcomes = sorted(done.outcomes.values())
    assert len(outcomes) == 3
    assert set(outcomes) <= {"applied", "failed", "unknown"}
    assert "unknown" in outcomes
    for change in done.json["changes"]:
        for field in change["fields"]:
            if field["outcome"] == "unknown":
                assert "written, but could not be read back" in field["message"]
            if field["outcome"] == "failed":
                assert "nothing was written" in field["message"]
    project.sandbox.faults.clear()
    project.apply("plan.json")
    _nothing_left(project)


def test_an_apply_whose_catalog_is_gone_writes_nothing_and_says_so(project: Project) -> None:
    project.declare(ORDERS, **TEXT)
    project.plan("--out", "plan.json")
    project.sandbox.faults.add(method="GET", path="/tables/name", status=502, times=None)
    done = project.apply("plan.json", code=1)
    assert done.outcomes == {f"Table/{ORDERS}": "failed"}
    assert "could not be read before writing" in done.field("description")["message"]
    assert project.writes() == []


def test_a_write_that_the_server_took_and_dropped_is_not_called_applied(project: Project) -> None:
    project.declare(ORDERS, **TEXT)
    answer = {"id": "x", "version": 9}
    project.sandbox.faults.add(method="PATCH", status=200, body=answer, times=None)
    done = project.apply(code=1)
    assert done.field("description")["outcome"] == "failed"
    told = done.field("description")["message"]
    assert "accepted the write but does not hold it" in told
    assert "Old text of orders." in told
    project.declare(ITEMS, tags=["Level.Public"], displayName="Items")
    done = project.apply("--only", f"Table/{ITEMS}", code=1)
    for path, lacks in {"tags": "it lacks Level.Public", "displayName": "it has nothing"}.items():
        assert done.field(path)["message"].endswith(f"does not hold it: {lacks}")


def test_an_import_that_ends_in_a_page_is_settled_by_reading(project: Project) -> None:
    project.declare(ORDERS, **COLUMN)
    project.declare(ITEMS, **COLUMN)
    call = {**WRITES["import"][2], "path": f"{ORDERS}/import$"}
    page = "<html><title>Gateway</title></html>"
    project.sandbox.faults.add(**call, status=200, body=page, times=None)
    done = project.apply(code=5)
    field = done.field("columns.id.description", f"Table/{ORDERS}")
    assert field["outcome"] == "failed"
    assert "HTML where JSON was expected" in field["message"]
    assert done.outcomes[f"Table/{ITEMS}"] == "applied"
    assert project.calls() == ["PUT import", "PUT import"]


def test_one_bad_field_does_not_take_the_others_of_its_table_along(project: Project) -> None:
    """Servers refuse a whole patch for one part of it: the parts are sent alone then."""
    project.declare(ORDERS, **TEXT, displayName="Orders", **FOLLOWERS, **COLUMN)
    project.act_as("alice")
    done = project.apply(code=5)
    outcomes = {each["path"]: each["outcome"] for each in done.json["changes"][0]["fields"]}
    assert outcomes == {
        "description": "applied",
        "displayName": "failed",
        "followers": "applied",
        "columns.id.description": "applied",
    }


def test_a_column_that_is_refused_leaves_what_was_written_before_it(project: Project) -> None:
    """On servers whose failing patches are not atomic, nothing written is taken back for it."""
    project.declare(
        ORDERS,
        **TEXT,
        columns={"id": {"description": "New."}, "amount": {"description": "By patch."}},
    )
    body = {"code": 400, "message": "No."}
    project.sandbox.faults.add(method="PATCH", after=1, status=400, body=body)
    done = project.apply(code=5)
    outcomes = {each["path"]: each["outcome"] for each in done.json["changes"][0]["fields"]}
    assert outcomes == {
        "description": "applied",
        "columns.id.description": "applied",
        "columns.amount.description": "failed",
    }


def test_owners_in_the_place_of_inherited_ones_stay_when_columns_are_written_too(
    project: Project,
) -> None:
    project.declare(LEDGER, owners=["user:dave"], columns={"sum": {"description": "New."}})
    assert project.apply().outcomes == {f"Table/{LEDGER}": "applied"}
    assert [owner["name"] for owner in project.table(LEDGER)["owners"]] == ["dave"]
    _nothing_left(project)


@new_server
def test_a_table_that_somebody_changes_all_the_time_is_written_all_the_same(
    project: Project,
) -> None:
    """A lost race (412) is run again on what the table holds by then."""
    project.declare(ORDERS, **TEXT, tags=["Level.Public"])
    body = {"code": 412, "message": "Precondition failed"}
    project.sandbox.faults.add(method="PATCH", status=412, body=body, times=2)
    assert project.apply().outcomes == {f"Table/{ORDERS}": "applied"}
    assert project.calls() == ["PATCH table"] * 3
    assert "Level.Internal" in labels(project.table(ORDERS))
    _nothing_left(project)


@new_server
def test_what_somebody_adds_between_reading_and_writing_is_not_lost(project: Project) -> None:
    """Whole sets are written, so the patch is conditional on what was read."""
    from catalogctl.providers.openmetadata.writing import EntityWriter

    write = EntityWriter.write
    rivals = ["Only.One"]

    async def late(self: EntityWriter) -> Any:
        while rivals:
            label = {"tagFQN": rivals.pop(), "source": "Classification"}
            project.patch(ORDERS, ("/tags/-", label))
        return await write(self)

    project.environ.setattr(EntityWriter, "write", late)
    project.declare(ORDERS, **TEXT, tags=["Level.Public"])
    assert project.apply().outcomes == {f"Table/{ORDERS}": "applied"}
    assert labels(project.table(ORDERS)) == [
        "Level.Internal", "Level.Public", "Only.One", "Tier.Tier3",
    ]  # fmt: skip
    assert [each["status"] for each in project.writes()] == [412, 200]


@new_server
def test_a_table_that_never_holds_still_fails_in_words(project: Project) -> None:
    project.declare(ORDERS, **TEXT)
    body = {"code": 412, "message": "Precondition failed"}
    project.sandbox.faults.add(method="PATCH", status=412, body=body, times=None)
    done = project.apply(code=1)
    assert "Precondition failed (HTTP 412)" in done.field("description")["message"]
    assert project.calls() == ["PATCH table"] * 3


def test_fail_fast_begins_nothing_after_the_first_failure(project: Project) -> None:
    for table in (ORDERS, CUSTOMERS, ITEMS, LEDGER):
        project.declare(table, **TEXT)
    project.sandbox.faults.add(method="PATCH", status=400, body="No.", times=None)
    project.environ.setattr("catalogctl.reconcile.applying.IN_FLIGHT", 1)
    done = project.apply("--fail-fast", code=1)
    assert sorted(done.outcomes.values()) == ["failed", "skipped", "skipped", "skipped"]
    assert len(project.writes()) == 1
    skipped = [
        field["message"]
        for change in done.json["changes"]
        for field in change["fields"]
        if field["outcome"] == "skipped"
    ]
    assert set(skipped) == {"not begun: the run was stopped"}


def test_removals_wait_until_everything_else_in_their_service_went_well(project: Project) -> None:
    project.declare(ORDERS, tags={"only": ["Tier.Tier3"]})
    project.declare(CUSTOMERS, **TEXT)
    project.declare("store.main.public.books", tags={"only": []})
    patched = project.table(CUSTOMERS)["id"]
    project.sandbox.faults.add(method="PATCH", path=patched, status=400, body="No.", times=None)
    done = project.apply(code=5)
    assert done.outcomes == {
        f"Table/{CUSTOMERS}": "failed",
        f"Table/{ORDERS}": "skipped",
        "Table/store.main.public.books": "applied",
    }
    told = done.field("tags", f"Table/{ORDERS}")["message"]
    assert told == "a removal waits until everything else in shop went well"
    assert labels(project.table(ORDERS)) == ["Level.Internal", "Tier.Tier3"]
