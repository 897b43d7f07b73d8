"""Tables that the plan saw are patched without being read first, and nothing gets lost by it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from catalogctl.providers.openmetadata import scope, standing
from catalogctl.providers.openmetadata.api import Api
from catalogctl.providers.openmetadata.writing import EntityWriter
from e2e.conftest import new_server
from e2e.project import Project, labels
from e2e.shop import CUSTOMERS, ITEMS, ORDERS

pytestmark = new_server

OWN = {"description": "New.", "tags": ["Level.Public"], "owners": ["user:carol"]}
EVERYTHING = {
    **OWN,
    "followers": ["dave"],
    "vote": "votedUp",
    "columns": {"id": {"description": "The number."}},
}


@pytest.fixture(autouse=True)
def _listed(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if nobody had changed anything for long, and everything was read in lists."""
    monkeypatch.setattr(standing, "QUIET", float("-inf"))
    monkeypatch.setattr(scope, "FEW", 0)
    monkeypatch.setattr(scope, "ENOUGH", 0)


def of_table(project: Project) -> list[str]:
    """What was asked of single tables, in order, after the lists."""
    return [
        f"{each['method']} {each['path'].rpartition('/')[2]}{each['query'].partition('&')[0][:12]}"
        if each["path"].endswith(("import", "export", "followers", "vote"))
        else f"{each['method']} table"
        for each in project.requests()
        if "/v1/tables/" in each["path"]
    ]


def meanwhile(project: Project, act: Callable[[], None]) -> None:
    """Somebody else acts once, after the plan and before anything is written."""
    write, acts = EntityWriter.write, [act]

    async def late(self: EntityWriter) -> Any:
        while acts:
            acts.pop()()
        return await write(self)

    project.environ.setattr(EntityWriter, "write", late)


def in_sync(project: Project) -> None:
    assert project.plan().json["changes"] == []


def test_a_table_of_which_everything_changes_takes_seven_requests(project: Project) -> None:
    project.declare(ORDERS, **EVERYTHING)
    assert project.apply().outcomes == {f"Table/{ORDERS}": "applied"}
    assert of_table(project) == [
        "GET export",
        "PUT importdryRun=true",
        "PATCH table",
        "PUT importdryRun=false",
        "PUT followers",
        "PUT vote",
        "GET table",
    ]
    in_sync(project)


def test_the_first_one_tells_whether_patches_can_be_conditional(project: Project) -> None:
    for name in (ORDERS, CUSTOMERS, ITEMS):
        project.declare(name, description="New.")
    project.apply()
    calls = of_table(project)
    assert sorted(calls) == ["GET table"] * 4 + ["PATCH table"] * 3
    assert calls[0] == "GET table"
    in_sync(project)


def test_a_table_that_the_plan_read_alone_is_not_read_again_either(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scope, "FEW", 4)
    project.declare(ORDERS, **OWN)
    project.apply()
    assert of_table(project) == ["GET table", "PATCH table", "GET table"]
    in_sync(project)


def test_what_was_changed_lately_is_read_first(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same user's next change may be folded into the version that a list showed."""
    monkeypatch.setattr(standing, "QUIET", 600)
    project.declare(ORDERS, **OWN)
    project.apply()
    assert of_table(project) == ["GET table", "PATCH table", "GET table"]


def test_columns_alone_are_read_first(project: Project) -> None:
    project.declare(ORDERS, columns={"id": {"description": "The number."}})
    project.apply()
    assert of_table(project)[2:] == ["GET table", "PUT importdryRun=false", "GET table"]


def test_a_text_that_somebody_wrote_meanwhile_stays(project: Project) -> None:
    project.declare(ORDERS, **EVERYTHING)
    meanwhile(project, lambda: project.patch(ORDERS, ("/description", "Theirs.")))
    done = project.apply(code=5)
    assert "since the plan" in done.field("description")["message"]
    assert project.table(ORDERS)["description"] == "Theirs."
    others = {path for path in EVERYTHING if path != "columns"} - {"description"}
    assert {done.field(path)["outcome"] for path in others} == {"applied"}
    assert [each["status"] for each in project.writes()][:2] == [412, 200]


def test_a_label_that_somebody_added_meanwhile_is_not_lost(project: Project) -> None:
    label = {"tagFQN": "Only.One", "source": "Classification"}
    project.declare(ORDERS, **EVERYTHING)
    meanwhile(project, lambda: project.patch(ORDERS, ("/tags/-", label)))
    assert project.apply().outcomes == {f"Table/{ORDERS}": "applied"}
    assert {"Only.One", "Level.Public"} <= set(labels(project.table(ORDERS)))
    in_sync(project)


def test_a_column_that_somebody_described_meanwhile_stays(project: Project) -> None:
    project.declare(ORDERS, **EVERYTHING)
    meanwhile(project, lambda: project.patch(ORDERS, ("/columns/0/description", "Theirs.")))
    done = project.apply(code=5)
    assert "since the plan" in done.field("columns.id.description")["message"]
    assert project.columns(ORDERS)["id"]["description"] == "Theirs."
    assert done.field("description")["outcome"] == "applied"


def test_followers_who_came_meanwhile_are_seen_although_no_version_counts_them(
    project: Project,
) -> None:
    project.declare(ORDERS, **{**OWN, "followers": {"only": ["dave"]}})
    table = project.table(ORDERS)["id"]
    carol = project.http.get("/users/name/carol").json()["id"]
    meanwhile(
        project,
        lambda: (
            project.http.put(f"/tables/{table}/followers", json=carol).raise_for_status() and None
        ),
    )
    done = project.apply(code=5)
    assert "carol came" in done.field("followers")["message"]
    assert done.field("description")["outcome"] == "applied"
    assert [each["name"] for each in project.table(ORDERS)["followers"]].count("carol") == 1


@pytest.mark.parametrize("left_out", ["followers", "votes", "columns"])
def test_an_answer_that_does_not_show_the_rest_is_not_relied_on(
    project: Project, left_out: str
) -> None:
    patch = Api.patch

    async def brief(self: Api, *arguments: Any, **options: Any) -> Mapping[str, Any]:
        answer = dict(await patch(self, *arguments, **options))
        del answer[left_out]
        return answer

    project.environ.setattr(Api, "patch", brief)
    project.declare(ORDERS, **EVERYTHING)
    assert project.apply().outcomes == {f"Table/{ORDERS}": "applied"}
    assert of_table(project) == [
        "GET export",
        "PUT importdryRun=true",
        "PATCH table",
        "GET table",
        "PUT importdryRun=false",
        "PUT followers",
        "PUT vote",
        "GET table",
    ]
    in_sync(project)


@pytest.mark.parametrize(
    "fault",
    [
        *({"status": status, "body": "No."} for status in (400, 403, 404, 500, 503)),
        {"action": "cut"},
        {"action": "cut_after"},
        {"action": "respond_after", "status": 504},
        {"status": 200, "body": "<html>"},
    ],
    ids=str,
)
def test_a_patch_that_fails_once_is_tried_after_reading(
    project: Project, fault: dict[str, Any]
) -> None:
    project.declare(ORDERS, **EVERYTHING)
    project.sandbox.faults.add(method="PATCH", **fault)
    assert project.apply().outcomes == {f"Table/{ORDERS}": "applied"}
    in_sync(project)


@pytest.mark.parametrize("brief", [False, True])
def test_a_server_that_says_yes_and_writes_nothing_is_found_out(
    project: Project, brief: bool
) -> None:
    project.declare(ORDERS, **EVERYTHING)
    answer = {"id": "1"} if brief else project.table(ORDERS, clocks=True)
    body = {**answer, "description": "New.", "version": 0.9}
    project.sandbox.faults.add(method="PATCH", status=200, body=body, times=None)
    done = project.apply(code=5)
    assert done.field("description")["outcome"] == "failed"
    assert "does not hold it" in done.field("description")["message"]
    assert done.field("followers")["outcome"] == "applied"


def test_one_field_that_is_refused_keeps_no_other_from_being_written(project: Project) -> None:
    """The server refuses the whole patch for the sake of one label."""
    project.declare(ORDERS, **{**EVERYTHING, "tags": ["Only.One"]})
    for name in ("Only.One",):
        tag = project.http.get(f"/tags/name/{name}").json()
        project.http.patch(
            f"/tags/{tag['id']}",
            content=b'[{"op":"add","path":"/disabled","value":true}]',
            headers={"Content-Type": "application/json-patch+json"},
        ).raise_for_status()
    done = project.apply(code=5)
    assert done.field("tags")["outcome"] == "failed"
    assert {
        done.field(path)["outcome"] for path in ("description", "owners", "followers", "vote")
    } == {"applied"}


def test_a_token_that_ran_out_meanwhile_is_said_to_have_written_nothing(project: Project) -> None:
    project.declare(ORDERS, **EVERYTHING)
    body = {"code": 401, "message": "Expired token!"}
    meanwhile(
        project,
        lambda: (
            [
                project.sandbox.faults.add(method=method, status=401, body=body, times=None)
                for method in ("PATCH", "GET", "PUT")
            ]
            and None
        ),
    )
    done = project.apply(code=1)
    assert set(done.outcomes.values()) == {"failed"}
    assert "Expired token!" in done.field("description")["message"]
