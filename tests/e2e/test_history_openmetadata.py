"""`drift` names who moved what in OpenMetadata, and when, from the history of the object."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timezone
from typing import Any
from urllib.parse import quote

import pytest

from e2e.git_repo import GitRepo
from e2e.project import Done, Project
from e2e.shop import BOOKS, CUSTOMERS, EVENTS, ITEMS, ORDERS

OWN = "ingestion-bot"
HOUR = 3600
LATITUDE = 'columns.address."geo.lat".tags'
LABEL = {"source": "Classification", "labelType": "Manual", "state": "Confirmed"}
PATCH = {"Content-Type": "application/json-patch+json"}


class Shop:
    """The project in git, with its specs applied; other people write to the catalog since."""

    def __init__(self, project: Project) -> None:
        self.project = project
        project.declare(
            ORDERS,
            description="Ours.",
            displayName="Orders",
            tags=["Level.Internal", "Tier.Tier3"],
            owners={"only": ["user:dave"]},
            domains=["Sales"],
            followers=["alice"],
            columns={
                "id": {"description": "Our key."},
                "customer": {"glossaryTerms": ["Business.Customer"]},
                "address.zip": {"description": "Our zip."},
                'address."geo.lat"': {"tags": {"only": ["Level.Internal"]}},
            },
        )
        project.declare(CUSTOMERS, description="Our customers.")
        project.declare(ITEMS, description="Our items.")
        project.write("events.yaml", f"kind: Topic\nname: {EVENTS}\ndescription: Our events.\n")
        GitRepo(project.root).commit()
        project.apply()
        self.later()

    def later(self) -> None:
        """Past the session in which a user's writes are folded together."""
        self.project.sandbox.configure(advance_clock_seconds=HOUR)

    def send(self, user: str, method: str, path: str, **options: Any) -> Any:
        token = self.project.sandbox.token(user)
        headers = {"Authorization": f"Bearer {token}", **options.pop("headers", {})}
        answer = self.project.http.request(method, path, headers=headers, **options)
        assert answer.status_code in (200, 201), answer.text
        return answer

    def patch(self, user: str, *operations: tuple[str, str, Any], kind: str = "", **of: Any) -> str:
        """Who does what to a table (`orders` unless `name` says otherwise); when it was."""
        name, kind = of.get("name", ORDERS), kind or "tables"
        body = [
            {"op": op, "path": path} | ({} if op == "remove" else {"value": value})
            for op, path, value in operations
        ]
        path = f"/{kind}/{self.read(name, kind)['id']}"
        answer = self.send(user, "PATCH", path, content=json.dumps(body), headers=PATCH)
        moment = datetime.fromtimestamp(answer.json()["updatedAt"] / 1000, timezone.utc)
        return f"{moment:%Y-%m-%dT%H:%M:%SZ}"

    def read(self, name: str = ORDERS, kind: str = "tables") -> Any:
        return self.send("admin", "GET", f"/{kind}/name/{quote(name, safe='')}").json()

    def drift(self, code: int = 2) -> Done:
        return self.project("drift", "--format", "json", code=code)

    def moved(self, done: Done, path: str, table: str = ORDERS, kind: str = "Table") -> Any:
        return done.field(path, f"{kind}/{table}")["moved"]


@pytest.fixture
def shop(project: Project) -> Shop:
    return Shop(project)


def test_without_drift_no_history_is_read(shop: Shop) -> None:
    done = shop.drift(code=0)
    assert done.json["changes"] == []
    assert not [each for each in shop.project.requests() if "/versions" in each["path"]]


def test_each_field_names_the_one_who_moved_it_and_when(shop: Shop) -> None:
    text = shop.patch("alice", ("replace", "/description", "Alice's."))
    name = shop.patch("carol", ("replace", "/displayName", "Carol's"))
    column = shop.patch("bob", ("replace", "/columns/0/description", "Bob's key."))
    nested = shop.patch("alice", ("replace", "/columns/5/children/0/description", "Alice's zip."))
    term = shop.patch("carol", ("replace", "/columns/4/tags", []))
    shop.patch("bob", ("replace", "/columns/1/description", "Not ours."))
    done = shop.drift()
    assert shop.moved(done, "description") == {"by": "alice", "at": text, "note": None}
    assert shop.moved(done, "displayName") == {"by": "carol", "at": name, "note": None}
    assert shop.moved(done, "columns.id.description") == {"by": "bob", "at": column, "note": None}
    moved = shop.moved(done, "columns.address.zip.description")
    assert moved == {"by": "alice", "at": nested, "note": None}
    moved = shop.moved(done, "columns.customer.glossaryTerms")
    assert moved == {"by": "carol", "at": term, "note": None}


def test_a_value_that_was_moved_again_and_again_is_the_last_writer_s(shop: Shop) -> None:
    shop.patch("alice", ("replace", "/description", "Alice's."))
    shop.patch("bob", ("replace", "/description", "Ours."))
    when = shop.patch("carol", ("replace", "/description", "Alice's."))
    assert shop.moved(shop.drift(), "description") == {"by": "carol", "at": when, "note": None}


def test_members_of_a_set_are_told_apart(shop: Shop) -> None:
    lost = shop.patch("alice", ("replace", "/tags", [{"tagFQN": "Tier.Tier3"} | LABEL]))
    later = shop.patch("bob", ("replace", "/tags", [{"tagFQN": "Tier.Tier2"} | LABEL]))
    moved = shop.moved(shop.drift(), "tags")
    assert (moved["by"], moved["at"]) == ("bob", later)
    assert moved["note"] == (
        f"that is of Tier.Tier2, Tier.Tier3; Level.Internal: by alice at {lost}"
    )


def test_owners_domains_and_labels_that_came_are_named(shop: Shop) -> None:
    erin = shop.send("admin", "GET", "/users/name/erin").json()["id"]
    owner = shop.patch("carol", ("replace", "/owners", [{"id": erin, "type": "user"}]))
    label = [{"tagFQN": "Level.Internal"} | LABEL, {"tagFQN": "PII.None"} | LABEL]
    tag = shop.patch("bob", ("replace", "/columns/5/children/2/tags", label))
    finance = shop.send("admin", "GET", "/domains/name/Finance").json()
    reference = {"id": finance["id"], "type": "domain"}
    old = shop.project.mode == "1.6"
    one = ("replace", "/domain", reference) if old else ("replace", "/domains", [reference])
    domain = shop.patch("admin", one)
    done = shop.drift()
    assert shop.moved(done, "owners") == {"by": "carol", "at": owner, "note": None}
    assert shop.moved(done, LATITUDE) == {"by": "bob", "at": tag, "note": None}
    assert shop.moved(done, "domains") == {"by": "admin", "at": domain, "note": None}


def test_writes_of_one_user_that_are_folded_together_leave_the_time_open(shop: Shop) -> None:
    shop.patch("carol", ("replace", "/displayName", "Carol's"))
    shop.project.sandbox.configure(advance_clock_seconds=60)
    text = shop.patch("carol", ("replace", "/description", "Carol's."))
    done = shop.drift()
    note = f"among several changes of that user up to {text}"
    assert shop.moved(done, "displayName") == {"by": "carol", "at": text, "note": note}
    # Newer servers keep the time of each change of a description.
    exact = None if shop.project.mode == "2.0" else note
    assert shop.moved(done, "description") == {"by": "carol", "at": text, "note": exact}


def test_the_tool_s_own_user_is_said_to_be_it(shop: Shop) -> None:
    when = shop.patch(OWN, ("replace", "/description", "By another job."))
    moved = shop.moved(shop.drift(), "description")
    assert moved == {"by": OWN, "at": when, "note": "by this tool's own user"}


def test_an_import_by_somebody_is_a_version_as_well(shop: Shop) -> None:
    path = f"/tables/name/{quote(ORDERS, safe='')}"
    exported = shop.send("admin", "GET", f"{path}/export").text
    shop.send(
        "admin",
        "PUT",
        f"{path}/import",
        params={"dryRun": "false"},
        content=exported.replace("Our zip.", "Imported.").encode(),
        headers={"Content-Type": "text/plain"},
    )
    assert shop.moved(shop.drift(), "columns.address.zip.description")["by"] == "admin"


def test_followers_have_no_history_and_none_is_asked_for(shop: Shop) -> None:
    alice = shop.send("admin", "GET", "/users/name/alice").json()["id"]
    shop.send("bob", "DELETE", f"/tables/{shop.read()['id']}/followers/{alice}")
    moved = shop.moved(shop.drift(), "followers")
    assert (moved["by"], moved["at"]) == (None, None)
    assert moved["note"] == "followers leave no trace in the history"
    assert not [each for each in shop.project.requests() if "/versions" in each["path"]]


def test_a_topic_and_an_object_that_nobody_changed(shop: Shop) -> None:
    when = shop.patch("alice", ("replace", "/description", "A."), kind="topics", name=EVENTS)
    shop.project.declare(BOOKS, description="Never applied.")
    GitRepo(shop.project.root).commit()
    done = shop.drift()
    moved = shop.moved(done, "description", EVENTS, "Topic")
    assert moved == {"by": "alice", "at": when, "note": None}
    assert shop.moved(done, "description", BOOKS)["by"] is None
    assert "the history does not show it" in shop.moved(done, "description", BOOKS)["note"]
    asked = [each for each in shop.project.requests() if "/versions" in each["path"]]
    assert [each["path"].split("/")[-3] for each in asked] == ["topics"]


def test_two_requests_an_object_that_drifted_and_none_for_the_others(shop: Shop) -> None:
    for user, table in (("alice", ORDERS), ("bob", CUSTOMERS)):
        shop.patch(user, ("replace", "/description", f"By {user}."), name=table)
    ids = sorted(shop.read(table)["id"] for table in (ORDERS, CUSTOMERS))
    done = shop.drift()
    assert shop.moved(done, "description", CUSTOMERS)["by"] == "bob"
    asked = [each for each in shop.project.requests() if "/versions" in each["path"]]
    assert sorted(each["path"].split("/")[-2] for each in asked) == ids
    by_name = [each for each in shop.project.requests() if "include=all" in each["query"]]
    assert len(by_name) == 2
    assert shop.project.writes() == []


def test_who_deleted_a_table_is_told(shop: Shop) -> None:
    shop.send("admin", "DELETE", f"/tables/{shop.read(ITEMS)['id']}")
    change = shop.drift().json["changes"][0]
    assert change["address"] == f"Table/{ITEMS}"
    assert change["fields"][0]["moved"]["by"] == "admin"


def test_a_table_that_is_gone_for_good_has_no_history(shop: Shop) -> None:
    path = f"/tables/{shop.read(ITEMS)['id']}"
    shop.send("admin", "DELETE", path, params={"hardDelete": "true"})
    moved = shop.drift().json["changes"][0]["fields"][0]["moved"]
    assert moved["by"] is None
    assert moved["note"].startswith("its history could not be read: ")


Fault = dict[str, Any]
FAULTS: list[tuple[Fault, Callable[[str], bool]]] = [
    ({"status": 403, "body": {"message": "not yours"}}, lambda note: ": not yours;" in note),
    ({"status": 404, "body": {"message": "no such thing"}}, lambda note: ": no such" in note),
    ({"status": 500, "body": {"message": "broken"}}, lambda note: ": broken (" in note),
    ({"action": "cut"}, bool),
    ({"status": 200, "body": {"versions": []}}, lambda note: "no version at all" in note),
    ({"status": 200, "body": {"versions": ["{"]}}, bool),
    ({"status": 200, "body": {"versions": [{"id": 1}]}}, bool),
    ({"status": 200, "body": "<html>"}, lambda note: "HTML" in note),
]


@pytest.mark.parametrize(("fault", "fits"), FAULTS)
def test_a_history_that_cannot_be_read_is_said_and_fails_nothing(
    shop: Shop, fault: Fault, fits: Callable[[str], bool]
) -> None:
    when = shop.patch("alice", ("replace", "/description", "Alice's."))
    shop.project.sandbox.faults.add(path="/versions$", times=None, **fault)
    moved = shop.moved(shop.drift(), "description")
    assert (moved["by"], moved["at"]) == (None, None)
    assert moved["note"].startswith("its history could not be read: ")
    assert moved["note"].endswith(f"; the object was last changed by alice at {when}")
    assert fits(moved["note"])


def test_an_object_that_cannot_be_read_again_fails_nothing_either(shop: Shop) -> None:
    shop.patch("alice", ("replace", "/description", "Alice's."))
    shop.project.sandbox.faults.add(
        query="include=all", times=None, status=403, body={"message": "not yours"}
    )
    moved = shop.moved(shop.drift(), "description")
    assert moved == {
        "by": None,
        "at": None,
        "note": "its history could not be read: not yours",
    }


def test_people_read_the_name_and_the_time_in_the_report(shop: Shop) -> None:
    when = shop.patch("alice", ("replace", "/description", "Alice's."))
    said = shop.project("drift", code=2).out
    assert f"moved by alice at {when}" in said
    assert "replaces text by" not in said
