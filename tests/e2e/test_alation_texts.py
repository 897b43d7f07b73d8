"""Titles, descriptions and custom fields: written when declared, left alone when not."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from catalogctl.sandbox import Sandbox
from e2e.alation_project import AlationProject, projects

NOTES, STATUS, REGIONS = 10001, 10002, 10003
VERSIONS = ("2025.1", "2025.3")


@pytest.fixture(scope="module")
def _running() -> Iterator[dict[str, Sandbox]]:
    with (
        Sandbox(seed=None, posthog_seed=None, alation_version="2025.1") as old,
        Sandbox(seed=None, posthog_seed=None, alation_version="2025.3") as new,
    ):
        yield {"2025.1": old, "2025.3": new}


@pytest.fixture(params=VERSIONS)
def version(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def project(
    _running: dict[str, Sandbox],
    version: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Iterator[AlationProject]:
    with projects(_running[version], tmp_path, monkeypatch, capsys) as made:
        yield made


new_server = pytest.mark.parametrize("version", ["2025.3"], indirect=True)


def values(project: AlationProject, table: str) -> dict[int, object]:
    return {each["field_id"]: each["value"] for each in project.live(table)["custom_fields"]}


def test_everything_that_is_declared_is_written_and_then_in_order(
    project: AlationProject,
) -> None:
    address = project.sync(
        "orders",
        title="All orders",
        description="Every order, of R&D too: List<String>.",
        custom_fields={
            "Steward Notes": "Checked & found right.",
            "Status": "Draft",
            "Regions": ["Asia", "Africa"],
        },
    )
    done = project.apply()
    assert done.outcomes == {address: "applied"}
    live = project.live("orders")
    assert live["title"] == "All orders"
    assert "R&amp;D too: List&lt;String&gt;." in live["description"]
    assert values(project, "orders")[STATUS] == "Draft"
    assert sorted(values(project, "orders")[REGIONS]) == ["Africa", "Asia"]  # type: ignore[call-overload]
    assert project.syncs() == 0
    assert project.plan().json["changes"] == []


def test_what_is_not_declared_is_left_as_it_was(project: AlationProject) -> None:
    before = project.live("orders")
    project.sync("orders", title="All orders")
    project.apply()
    after = project.live("orders")
    assert after.pop("title") == "All orders"
    before.pop("title")
    assert after == before


def test_an_empty_text_clears(project: AlationProject) -> None:
    project.sync("orders", title="", description="")
    project.apply()
    live = project.live("orders")
    assert (live["title"], live["description"]) == ("", "")
    assert project.plan().json["changes"] == []


def test_several_tables_are_written_in_one_job(project: AlationProject, version: str) -> None:
    for table in ("orders", "customers", "orders_per_day"):
        project.sync(table, title=f"The {table}", custom_fields={"Status": "Deprecated"})
    assert set(project.apply().outcomes.values()) == {"applied"}
    table, value = "/integration/v2/table/", "/integration/v2/custom_field_value/async/"
    probe = [f"PATCH {table}"] + ([f"POST {table}"] if version == "2025.1" else [])
    assert project.calls() == [*probe, f"PUT {value}"]


def test_a_description_in_html_stays_html(project: AlationProject) -> None:
    project.sync("orders", description="<p>See <b>this</b>.</p><ul><li>one</li></ul>")
    project.apply()
    assert "<b>this</b>" in project.live("orders")["description"]
    assert project.plan().json["changes"] == []


def test_a_description_as_alation_keeps_it_is_no_difference(project: AlationProject) -> None:
    assert project.live("orders")["description"] == "<p>Every order since 2019.</p>\n"
    for declared in ("Every order since 2019.", "<p>Every order since 2019.</p>"):
        project.sync("orders", description=declared)
        assert project.plan().json["changes"] == []


def test_a_new_table_gets_its_texts_after_the_sync(project: AlationProject) -> None:
    project.sync(
        "shipments",
        columns=["shipment_id"],
        title="Shipments",
        custom_fields={"Status": "Reviewed"},
    )
    assert set(project.apply().outcomes.values()) == {"applied"}
    assert project.live("shipments")["title"] == "Shipments"
    assert values(project, "shipments") == {STATUS: "Reviewed"}
    assert project.plan().json["changes"] == []


@new_server
@pytest.mark.parametrize("table", ["orders", "shipments"])
@pytest.mark.parametrize(
    ("fields", "path", "said"),
    [
        ({"Statuss": "Draft"}, "Statuss", 'no custom field Statuss; did you mean "Status"?'),
        ({"Steward": "x"}, "Steward", "fields of the type OBJECT_SET, such as Steward"),
        ({"Status": ["Draft"]}, "Status", "Status takes one value"),
        ({"Regions": "Asia"}, "Regions", "Regions takes several values"),
        ({"Title": "x"}, "Title", "Title is no custom field; declare it as `title: …`"),
    ],
)
def test_a_custom_field_that_cannot_be_so_is_refused(
    project: AlationProject, table: str, fields: dict[str, object], path: str, said: str
) -> None:
    project.sync(table, custom_fields=fields)
    done = project.plan(code=1)
    field = done.field(f"custom_fields.{path}")
    assert field["verdict"] == "refused"
    assert said.partition(";")[0] in field["message"]
    assert said in done.err


@new_server
def test_a_value_that_a_pick_list_lacks_is_refused_at_its_line(project: AlationProject) -> None:
    project.sync("orders", custom_fields={"Status": "draft", "Regions": ["Asia", "Erope"]})
    done = project.plan(code=1)
    assert done.field("custom_fields.Status")["message"] == "draft is no value of Status"
    assert done.field("custom_fields.Regions")["message"] == "Erope is no value of Regions"
    assert 'did you mean "Europe"?' in done.err
    assert 'did you mean "Draft"?' in done.err


@new_server
def test_clearing_a_custom_field_is_refused(project: AlationProject) -> None:
    project.sync("orders", custom_fields={"Status": "", "Steward Notes": ""})
    project.sync("customers", custom_fields={"Regions": []})
    done = project.plan(code=1)
    for change in done.json["changes"]:
        for field in change["fields"]:
            assert field["verdict"] == "refused"
            assert "Alation documents no way to clear" in field["message"]


@new_server
def test_the_second_job_of_custom_fields_is_waited_for(project: AlationProject) -> None:
    project.tune(two_jobs=True, job_polls=2)
    project.sync("orders", custom_fields={"Status": "Draft"})
    assert set(project.apply().outcomes.values()) == {"applied"}


@new_server
def test_a_job_that_fails_says_why(project: AlationProject) -> None:
    project.tune(job_fails="the index is locked")
    project.sync("orders", title="x", custom_fields={"Status": "Draft"})
    done = project.apply(code=1)
    assert "the index is locked" in done.field("title")["message"]
    assert "the index is locked" in done.field("custom_fields.Status")["message"]


@new_server
def test_an_item_that_fails_inside_a_successful_job_leaves_the_others_done(
    project: AlationProject,
) -> None:
    project.tune(item_errors={"8.main.dbo.orders": "it is under review"})
    bad = project.sync("orders", title="x")
    good = project.sync("products", title="y")
    done = project.apply(code=5)
    assert done.outcomes == {bad: "failed", good: "applied"}
    assert "it is under review" in done.field("title", bad)["message"]
    assert "message" not in done.field("title", good)


@new_server
def test_a_job_that_fails_is_tried_again_table_by_table(project: AlationProject) -> None:
    for table in ("orders", "customers"):
        project.sync(table, title="x")
    failed = {"status": "failed", "result": ["one of them cannot be written"]}
    project.sandbox.faults.add(path="/bulk_metadata/job/", status=200, body=failed)
    done = project.apply()
    assert set(done.outcomes.values()) == {"applied"}
    assert "cannot be written" not in done.out
    assert sum(call.startswith("PATCH") for call in project.calls()) == 3


@new_server
def test_where_patch_is_not_found_everything_that_a_table_has_is_posted(
    project: AlationProject,
) -> None:
    for table in ("orders", "customers"):
        project.sync(table, title="x")
    project.sandbox.faults.add(method="PATCH", status=404, times=None)
    assert set(project.apply().outcomes.values()) == {"applied"}
    assert project.plan().json["changes"] == []


@new_server
def test_a_job_that_cannot_be_looked_at_does_not_write_again(project: AlationProject) -> None:
    for table in ("orders", "customers"):
        project.sync(table, title="x")
    project.sandbox.faults.add(path="/bulk_metadata/job/", status=404, times=None)
    project.apply(code=None)
    assert sum(call.startswith("PATCH") for call in project.calls()) == 1


@new_server
@pytest.mark.parametrize("method", ["PATCH", "PUT"])
def test_a_refused_batch_is_written_table_by_table(project: AlationProject, method: str) -> None:
    """Validation comes before anything is written, so one bad item keeps all the others out."""
    for table in ("orders", "customers"):
        project.sync(table, title="x", custom_fields={"Status": "Draft"})
    project.sandbox.faults.add(method=method, status=400, body={"detail": "Incorrect input data."})
    assert set(project.apply().outcomes.values()) == {"applied"}
    assert sum(call.startswith(method) for call in project.calls()) == 3


@new_server
@pytest.mark.parametrize("action", ["cut", "cut_after"])
@pytest.mark.parametrize("method", ["PATCH", "PUT"])
def test_a_write_whose_answer_is_lost_is_repeated(
    project: AlationProject, method: str, action: str
) -> None:
    project.sync("orders", title="x", custom_fields={"Status": "Draft"})
    project.sandbox.faults.add(method=method, action=action)
    assert set(project.apply().outcomes.values()) == {"applied"}


@new_server
def test_a_job_that_never_ends_is_not_waited_for_for_ever(
    project: AlationProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("catalogctl.providers.alation.jobs.PATIENCE", 0.05)
    project.tune(job_stuck=True)
    project.sync("orders", title="x")
    assert "has not ended" in project.apply(code=1).field("title")["message"]


# -- by hand


@new_server
def test_a_sync_by_hand_says_whether_the_table_is_new_and_what_it_lacks(
    project: AlationProject,
) -> None:
    address = project.sync("foobar", table_type="VIEW", columns=["id", "nothing"])
    done = project("run", "sync", address)
    assert "main.dbo.foobar was synced as a VIEW; it is new in the catalog" in done.out
    assert "declared columns that it still lacks: " in done.err
    assert "nothing" in done.err
    again = project("run", "sync", address, "--format", "json").json
    assert again["id"] == project.live("foobar")["id"]
    assert again["schema_name"] == "main.dbo"
    assert again["message"].endswith("it was catalogued already")


@new_server
def test_a_sync_by_hand_takes_the_type_from_the_catalog_without_a_spec(
    project: AlationProject,
) -> None:
    done = project("run", "sync", "TableSync/8/main.dbo/orders_per_day")
    assert "as a VIEW; it was catalogued already" in done.out


@new_server
def test_a_sync_by_hand_that_is_refused_fails(project: AlationProject) -> None:
    done = project("run", "sync", "TableSync/8/main.dbo/nothing", code=1)
    assert "schema main.dbo has no TABLE nothing at the source" in done.err


@new_server
@pytest.mark.parametrize("identity", ["x/main.dbo/orders", "8/main.dbo", "8/main.dbo/a/b", "8//a"])
def test_a_sync_by_hand_of_what_is_no_table_is_a_wrong_call(
    project: AlationProject, identity: str
) -> None:
    done = project("run", "sync", f"TableSync/{identity}", code=64)
    assert "write TableSync/DATASOURCE_ID/SCHEMA/TABLE" in done.err
    assert project.requests() == []


@new_server
def test_a_sync_by_hand_whose_answer_is_lost_says_what_that_means(project: AlationProject) -> None:
    project.sandbox.faults.add(method="POST", path="/table/sync/", action="cut_after")
    done = project("run", "sync", "TableSync/8/main.dbo/orders", code=1)
    assert "syncing it again does no harm" in done.err
    assert project.syncs() == 1
