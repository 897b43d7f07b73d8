"""`plan --out`, `show`, `apply plan.json`, and the way back."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from catalogctl import planfile
from e2e.conftest import new_server
from e2e.project import Project, labels
from e2e.shop import CLICKS, CUSTOMERS, EVENTS, ITEMS, LEDGER, ORDERS

TEXT = {"description": "New."}


def _undo(project: Project) -> str:
    """The newest undo file."""
    files = sorted(
        (project.root / ".catalogctl").glob("undo-*.json"), key=lambda file: file.stat().st_mtime_ns
    )
    return str(files[-1].relative_to(project.root))


def test_a_table_that_changed_in_the_meantime_is_skipped_and_the_others_are_applied(
    project: Project,
) -> None:
    for table in (ORDERS, CUSTOMERS, ITEMS):
        project.declare(table, **TEXT)
    project.plan("--out", "plan.json")
    project.patch(ORDERS, ("/description", "Somebody was faster."))
    done = project.apply("plan.json", code=5)
    assert done.outcomes == {
        f"Table/{CUSTOMERS}": "applied",
        f"Table/{ITEMS}": "applied",
        f"Table/{ORDERS}": "skipped",
    }
    told = done.field("description", f"Table/{ORDERS}")["message"]
    assert "changed in the catalog since the plan" in told
    assert "Somebody was faster." in told
    assert project.table(ORDERS)["description"] == "Somebody was faster."
    assert project.table(CUSTOMERS)["description"] == "New."
    shown = project("apply", "plan.json", code=5)
    assert "Somebody was faster." in shown.out
    assert "1 skipped" in shown.out


def test_only_the_field_that_moved_is_stale(project: Project) -> None:
    project.declare(
        ORDERS,
        **TEXT,
        displayName="Orders",
        columns={"id": {"description": "New."}, "note": {"description": "New."}},
    )
    project.plan("--out", "plan.json")
    project.patch(ORDERS, ("/columns/1/description", "Somebody was faster."))
    done = project.apply("plan.json", code=5)
    outcomes = {each["path"]: each["outcome"] for each in done.json["changes"][0]["fields"]}
    assert outcomes == {
        "description": "applied",
        "displayName": "applied",
        "columns.id.description": "applied",
        "columns.note.description": "skipped",
    }
    assert project.columns(ORDERS)["note"]["description"] == "Somebody was faster."


@new_server
@pytest.mark.parametrize(
    "options", [["--only", "*orders"], ["--base", "HEAD"], ["--shard", "1/2"], ["--no-drift"]]
)
def test_a_saved_plan_is_applied_whole_or_not_at_all(project: Project, options: list[str]) -> None:
    project.declare(ORDERS, **TEXT)
    project.plan("--out", "plan.json")
    done = project.apply("plan.json", *options, code=64)
    assert f"plan again with {options[0]}" in done.err
    assert project.requests() == []


def test_what_somebody_did_already_is_applied_without_a_write(project: Project) -> None:
    project.declare(ORDERS, **TEXT, tags=["Level.Public"], followers=["erin"])
    project.plan("--out", "plan.json")
    project.patch(ORDERS, ("/description", "New."))
    assert project.apply("plan.json").outcomes == {f"Table/{ORDERS}": "applied"}
    assert project.calls() == ["PATCH table", "PUT followers"]
    assert project.apply("plan.json").outcomes == {f"Table/{ORDERS}": "applied"}
    assert project.writes() == []


def test_an_additive_set_is_never_stale(project: Project) -> None:
    project.declare(ORDERS, tags=["Level.Public"], followers=["erin"])
    project.plan("--out", "plan.json")
    project.patch(
        ORDERS,
        ("/tags/-", {"tagFQN": "Only.One", "source": "Classification"}),
        ("/tags/-", {"tagFQN": "PII.None", "source": "Classification"}),
    )
    assert project.apply("plan.json").outcomes == {f"Table/{ORDERS}": "applied"}
    assert labels(project.table(ORDERS)) == [
        "Level.Internal", "Level.Public", "Only.One", "PII.None", "Tier.Tier3",
    ]  # fmt: skip


def test_a_set_declared_with_only_is_stale_when_there_is_more_than_the_plan_showed(
    project: Project,
) -> None:
    project.declare(ORDERS, tags={"only": ["Tier.Tier3"]}, description="New.")
    project.plan("--out", "plan.json")
    project.patch(ORDERS, ("/tags/-", {"tagFQN": "Only.One", "source": "Classification"}))
    done = project.apply("plan.json", code=5)
    assert done.field("tags")["outcome"] == "skipped"
    assert "Only.One came" in done.field("tags")["message"]
    assert done.field("description")["outcome"] == "applied"
    assert labels(project.table(ORDERS)) == ["Level.Internal", "Only.One", "Tier.Tier3"]


def test_a_table_or_a_column_that_is_gone_is_skipped(project: Project) -> None:
    project.declare(ORDERS, **TEXT, columns={"tail": {"description": "New."}})
    project.declare(ITEMS, **TEXT)
    project.plan("--out", "plan.json")
    columns = project.table(ORDERS)["columns"]
    project.patch(ORDERS, ("/columns", [each for each in columns if each["name"] != "tail"]))
    gone = project.http.delete(f"/tables/{project.table(ITEMS)['id']}")
    assert gone.status_code == 200
    done = project.apply("plan.json", code=5)
    assert done.outcomes == {f"Table/{ITEMS}": "skipped", f"Table/{ORDERS}": "skipped"}
    assert done.field("description", f"Table/{ORDERS}")["outcome"] == "applied"
    column = done.field("columns.tail.description", f"Table/{ORDERS}")
    assert "Column tail not found" in column["message"]
    assert "tail" not in project.columns(ORDERS)


def test_a_vote_is_only_cast_by_the_user_that_the_plan_names(project: Project) -> None:
    project.declare(ORDERS, **TEXT, vote="votedUp")
    project.plan("--out", "plan.json")
    project.act_as("carol")
    done = project.apply("plan.json", code=5)
    assert done.field("vote")["outcome"] == "skipped"
    told = "planned for ingestion-bot, but the token is that of carol"
    assert done.field("vote")["message"] == told
    assert done.field("description")["outcome"] == "applied"
    assert project.calls() == ["PATCH table"]


@pytest.mark.parametrize("command", ["apply", "show"])
def test_a_plan_that_was_edited_or_cut_off_is_refused(project: Project, command: str) -> None:
    project.declare(ORDERS, description="Магазин 🎉.")
    project.plan("--out", "plan.json")
    content = (project.root / "plan.json").read_bytes()
    inside_of_a_letter = content.index("Магазин".encode()) + 1
    spoilt = {
        "edited": content.replace("Магазин".encode(), "Другой".encode()),
        "cut": content[:-40],
        "cut in a letter": content[:inside_of_a_letter],
        "empty": b"",
        "no JSON": b"description: yes",
        "another thing": b"[1, 2]",
        "without a digest": json.dumps({**json.loads(content), "digest": None}).encode(),
        "half": b'{"kind": "plan", "format_version": "1.0"}',
        "deep": b"[" * 200_000,
    }
    for name, text in spoilt.items():
        (project.root / "spoilt.json").write_bytes(text)
        done = project(command, "spoilt.json", code=None)
        assert done.code == 4, name
        assert done.err.startswith("spoilt.json"), name
        assert "error[PLAN90" in done.err, name
        assert project.requests() == [], name


def test_a_plan_of_another_major_version_is_refused(project: Project) -> None:
    project.declare(ORDERS, **TEXT)
    project.plan("--out", "plan.json")
    body = json.loads((project.root / "plan.json").read_text(encoding="utf-8"))
    body["format_version"] = "2.0"
    body["digest"] = planfile.digest(body)
    (project.root / "plan.json").write_text(json.dumps(body), encoding="utf-8")
    done = project("apply", "plan.json", code=4)
    assert "error[PLAN902]" in done.err
    assert project.requests() == []


def test_keys_that_a_later_version_adds_are_passed_over(project: Project) -> None:
    project.declare(ORDERS, **TEXT)
    project.plan("--out", "plan.json")
    body = json.loads((project.root / "plan.json").read_text(encoding="utf-8"))
    body["format_version"] = "1.7"
    body["later"] = {"more": 1}
    body["changes"][0]["later"] = True
    body["digest"] = planfile.digest(body)
    (project.root / "plan.json").write_text(json.dumps(body), encoding="utf-8")
    assert project.apply("plan.json").outcomes == {f"Table/{ORDERS}": "applied"}


def test_a_plan_for_another_url_is_refused_before_anything_is_written(project: Project) -> None:
    project.declare(ORDERS, **TEXT)
    project.plan("--out", "plan.json")
    other = project.sandbox.openmetadata_url.replace("127.0.0.1", "localhost")
    project.environ.setenv("OPENMETADATA_HOST", other)
    done = project("apply", "plan.json", code=4)
    assert "error[PLAN904]" in done.err
    assert f"{other}/api" in done.err
    assert project.writes() == []


def test_a_url_with_or_without_api_is_the_same_catalog(project: Project) -> None:
    project.declare(ORDERS, **TEXT)
    project.plan("--out", "plan.json")
    project.environ.setenv("OPENMETADATA_HOST", f"{project.sandbox.openmetadata_url}/")
    assert project.apply("plan.json").outcomes == {f"Table/{ORDERS}": "applied"}


def test_a_plan_shows_no_secret_and_can_be_shown_again(project: Project) -> None:
    project.declare(ORDERS, **TEXT, tags=["Level.Public"])
    planned = project("plan", "--out", "plan.json")
    text = (project.root / "plan.json").read_text(encoding="utf-8")
    assert project.sandbox.token() not in text + planned.out + planned.err
    assert project("show", "plan.json").out == planned.out
    assert project("show", "plan.json", "--format", "json").out == text
    markdown = project("plan", "--format", "markdown").out
    assert project("show", "plan.json", "--format", "markdown").out == markdown
    project("show", "plan.json")
    assert project.requests() == []


def test_a_result_can_be_shown_and_not_applied(project: Project) -> None:
    project.declare(ORDERS, **TEXT)
    result = project.apply()
    (project.root / "result.json").write_text(result.out, encoding="utf-8")
    assert "1 applied" in project("show", "result.json").out
    done = project("apply", "result.json", code=64)
    assert "apply the plan, or the undo file" in done.err


# -- the way back


def test_the_undo_file_takes_everything_back(project: Project) -> None:
    before = {table: project.table(table) for table in (ORDERS, CUSTOMERS, LEDGER)}
    project.declare(
        ORDERS,
        description='New,\r\n"text".',
        displayName="Orders",
        tags={"only": ["Level.Public", "Tier.Tier1"]},
        glossaryTerms=["Business.Order"],
        owners=["team:data"],
        domains=["Sales"],
        followers={"only": ["erin"]},
        vote="votedDown",
        columns={
            "note": {"description": "", "tags": ["Level.Public"]},
            "email": {"description": "New.", "displayName": "E-mail"},
            "amount": {"tags": ["Tier.Tier1"]},
            "address.zip": {"description": "New."},
        },
    )
    project.declare(CUSTOMERS, domains=["Sales"], columns={"email": {"tags": ["PII.Sensitive"]}})
    project.declare(LEDGER, **TEXT)
    done = project("apply", "--yes", "--allow", "protected-tag")
    assert "1 object" not in done.err
    undo = _undo(project)
    assert done.err.splitlines()[-1] == f"To take this back: catalogctl apply {undo}"
    project("apply", undo)
    for table, was in before.items():
        assert _essence(project.table(table)) == _essence(was)


def _essence(table: dict[str, Any]) -> dict[str, Any]:
    """A table without what no undo brings back: an empty text for a missing one, fresh labels."""

    def plain(value: Any) -> Any:
        if isinstance(value, dict):
            return {
                key: plain(each)
                for key, each in value.items()
                if key not in ("appliedBy", "usageSummary") and each != ""
            }
        if isinstance(value, list):
            return sorted((plain(each) for each in value), key=json.dumps)
        return value

    found: dict[str, Any] = plain(table)
    return found


@new_server
def test_an_undo_file_holds_what_was_written_although_a_race_was_lost(project: Project) -> None:
    """The table's patch is overtaken while its columns are written."""
    project.declare(ORDERS, **TEXT, columns={"id": {"description": "New."}})
    project.plan("--out", "plan.json")
    body = {"code": 412, "message": "Precondition failed"}
    project.sandbox.faults.add(method="PATCH", status=412, body=body)
    _somebody_writes_during_the_import(project)
    done = project.apply("plan.json", code=5)
    assert done.field("description")["outcome"] == "skipped"
    assert done.field("columns.id.description")["outcome"] == "applied"
    project("apply", _undo(project))
    assert project.columns(ORDERS)["id"]["description"] == "Key."
    assert project.table(ORDERS)["description"] == "Somebody was faster."


def _somebody_writes_during_the_import(project: Project) -> None:
    from catalogctl.providers.openmetadata.writing import EntityWriter

    write_columns = EntityWriter._import_columns

    async def overtaken(self: EntityWriter, *arguments: Any) -> None:
        await write_columns(self, *arguments)
        project.patch(ORDERS, ("/description", "Somebody was faster."))

    project.environ.setattr(EntityWriter, "_import_columns", overtaken)


def test_a_plan_applied_in_two_goes_leaves_an_undo_file_for_each(project: Project) -> None:
    project.declare(ORDERS, **TEXT)
    project.declare(CUSTOMERS, **TEXT)
    project.plan("--out", "plan.json")
    own = project.table(CUSTOMERS)["id"]
    project.sandbox.faults.add(method="PATCH", path=own, status=400, body="No.")
    project.apply("plan.json", code=5)
    first = _undo(project)
    project.apply("plan.json")
    second = _undo(project)
    assert first != second
    project("apply", second)
    project("apply", first)
    assert project.table(ORDERS)["description"] == "Old text of orders."
    assert project.table(CUSTOMERS)["description"] == "Old text of customers."


def test_the_journal_is_kept_out_of_git_and_tells_what_was_done(project: Project) -> None:
    project.declare(ORDERS, **TEXT)
    project.apply()
    folder = project.root / ".catalogctl"
    assert "*" in (folder / ".gitignore").read_text(encoding="utf-8").splitlines()
    events = _journal(folder)
    assert [each["event"] for each in events] == ["start", "begin", "end", "finish"]
    assert events[2] == {"event": "end", "address": f"Table/{ORDERS}", "outcome": "applied"}


def _journal(folder: Path) -> list[dict[str, Any]]:
    lines = (folder / "journal.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def test_a_plan_writes_no_journal(project: Project) -> None:
    project.declare(ORDERS, **TEXT)
    project.plan("--out", "plan.json")
    assert not (project.root / ".catalogctl").exists()


def test_of_topics_that_are_written_together_only_the_stale_or_unreadable_one_is_left_out(
    project: Project,
) -> None:
    for topic in (EVENTS, CLICKS):
        body = {"kind": "Topic", "name": topic, **TEXT}
        project.write(f"{len(topic)}.yaml", json.dumps(body))
    events, clicks = f"Topic/{EVENTS}", f"Topic/{CLICKS}"
    project.plan("--out", "plan.json")
    path = f"/topics/name/{EVENTS}"
    project.sandbox.faults.add(method="GET", path=path, status=500, times=None)
    done = project.apply("plan.json", code=5)
    assert done.outcomes == {events: "failed", clicks: "applied"}
    assert "nothing was written" in done.field("description", events)["message"]
    project.sandbox.faults.clear()
    project.sandbox.reset()
    topic = project.http.get(path).json()["id"]
    operation = [{"op": "add", "path": "/description", "value": "Somebody was faster."}]
    project.http.patch(
        f"/topics/{topic}",
        content=json.dumps(operation),
        headers={"Content-Type": "application/json-patch+json"},
    ).raise_for_status()
    done = project.apply("plan.json", code=5)
    assert done.outcomes == {events: "skipped", clicks: "applied"}
