"""Mode 2.0, as the published source and client library of that version have it."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from sandbox_api import CUSTOMERS, TEXT, Api

from catalogctl.sandbox import Sandbox

FINANCE = "snowflake_prod.analytics.finance"
TIER1 = {"tagFQN": "Tier.Tier1", "source": "Classification"}


def test_errors_carry_their_own_status(api: Api) -> None:
    table = api.table()
    cases = [
        (api.http.get("/nope"), 404, "HTTP 404 Not Found"),
        (api.http.get("/tables/not-a-uuid"), 404, "HTTP 404 Not Found"),
        (api.http.post(f"/tables/{table['id']}/vote", json={}), 405, "HTTP 405 Method Not Allowed"),
        (api.http.patch(f"/tables/{table['id']}", json=[]), 415, "HTTP 415 Unsupported Media Type"),
        (api.http.get("/tables?fields=domain"), 400, "Invalid field name domain"),
        (api.http.get("/tables/name/a.b.c.d"), 404, "table instance for a.b.c.d not found"),
    ]
    for response, status, message in cases:
        assert (response.status_code, response.json()["message"]) == (status, message)
        assert response.json()["code"] == status


def test_the_web_interface_answers_paths_outside_the_api(sandbox: Sandbox) -> None:
    response = httpx.get(f"{sandbox.openmetadata_url}/v1/tables")
    assert response.status_code == 200
    assert response.headers["content-type"] == "text/html"


def test_needless_quotes_in_a_name_do_not_matter(api: Api) -> None:
    quoted = 'snowflake_prod."analytics".public."customers"'
    assert api.table(quoted)["fullyQualifiedName"] == CUSTOMERS


def test_column_labels_need_columns_and_tags(api: Api) -> None:
    def labels(fields: str) -> Any:
        return api.table(fields=fields)["columns"][1].get("tags", "absent")

    assert labels("tags") == "absent"
    assert labels("columns") == []
    assert [label["tagFQN"] for label in labels("columns,tags")] == ["PII.Sensitive"]


def test_terms_bring_derived_labels(api: Api) -> None:
    labels = {label["tagFQN"]: label["labelType"] for label in api.table()["tags"]}
    assert labels == {
        "Business.Customer": "Manual",
        "PersonalData.Personal": "Derived",
        "Tier.Tier2": "Manual",
    }


def test_the_weak_tag_guards_a_patch(api: Api) -> None:
    table = api.table()
    path = f"/tables/{table['id']}"
    assert api.patch(path, ("/description", "one"), If_Match='W/"0.1"').status_code == 200
    stale = api.patch(path, ("/description", "two"), If_Match='W/"0.1"')
    assert stale.status_code == 412
    assert stale.json()["message"].startswith("The entity has been modified. Current ETag: ")
    assert api.table()["description"] == "one"


def test_the_strong_tag_of_a_get_never_fits(api: Api) -> None:
    response = api.http.get(f"/tables/name/{CUSTOMERS}")
    tag = response.headers["etag"]
    assert tag.startswith('"')
    path = f"/tables/{response.json()['id']}"
    assert api.patch(path, ("/description", "one"), If_Match=tag).status_code == 412
    assert api.patch(path, ("/description", "one"), If_Match="*").status_code == 200


def test_changes_of_one_session_share_a_version_unless_guarded(api: Api) -> None:
    path = f"/tables/name/{CUSTOMERS}"
    first = api.patch(path, ("/description", "one")).json()
    second = api.patch(path, ("/displayName", "Customers")).json()
    assert (first["version"], second["version"]) == (0.2, 0.2)
    assert second["changeDescription"]["previousVersion"] == 0.1
    third = api.patch(path, ("/description", "three"), If_Match='W/"0.2"').json()
    assert third["version"] == 0.3


def test_a_session_ends_after_ten_minutes(api: Api, sandbox: Sandbox) -> None:
    path = f"/tables/name/{CUSTOMERS}"
    assert api.patch(path, ("/description", "one")).json()["version"] == 0.2
    sandbox.configure(advance_clock_seconds=601)
    assert api.patch(path, ("/description", "two")).json()["version"] == 0.3


def test_undoing_everything_gives_the_old_version_back(api: Api) -> None:
    path = f"/tables/name/{CUSTOMERS}"
    before = api.table()
    api.patch(path, ("/description", "one"))
    undone = api.patch(path, ("/description", before["description"]))
    assert undone.json()["version"] == 0.1
    assert undone.headers["x-openmetadata-change"] == "entityUpdated"
    assert api.table() == before
    again = api.patch(path, ("/description", before["description"]))
    assert again.headers["x-openmetadata-change"] == "entityNoChange"


def test_the_change_summary_names_source_and_author(
    api: Api, as_user: Callable[[str], Api]
) -> None:
    steward = as_user("carol")
    steward.patch(f"/tables/name/{CUSTOMERS}?changeSource=Automated", ("/description", "one"))
    summary = api.table()["changeDescription"]["changeSummary"]
    assert summary["description"]["changedBy"] == "carol"
    assert summary["description"]["changeSource"] == "Automated"


def test_a_failing_patch_changes_nothing(api: Api) -> None:
    path = f"/tables/name/{CUSTOMERS}"
    api.patch(path, ("/owners", []), ("/columns/1/tags", []))
    before = api.table()
    failed = api.patch(path, {"op": "remove", "path": "/columns/1/dataLength"})
    assert failed.status_code == 400
    assert api.table() == before


def test_an_inherited_owner_stays_inherited(api: Api) -> None:
    schema = api.get(f"/databaseSchemas/name/{FINANCE}")
    frank = api.get("/users/name/frank")
    api.patch(
        f"/databaseSchemas/{schema['id']}", ("/owners", [{"id": frank["id"], "type": "user"}])
    )
    ledger = f"{FINANCE}.ledger"
    assert api.table(ledger)["owners"][0]["inherited"] is True
    patched = api.patch(f"/tables/name/{ledger}", ("/description", "new"))
    assert patched.json()["owners"][0]["inherited"] is True
    assert [entry["name"] for entry in api.table(ledger, "domains")["domains"]] == ["Finance"]


def test_replace_of_a_missing_member_adds_it(api: Api) -> None:
    operation = {"op": "replace", "path": "/displayName", "value": "Customers"}
    assert api.patch(f"/tables/name/{CUSTOMERS}", operation).status_code == 200
    assert api.table()["displayName"] == "Customers"


def test_disabled_tags_are_hidden_and_refused(api: Api) -> None:
    tag = api.get("/tags/name/PII.NonSensitive")
    assert api.patch(f"/tags/{tag['id']}", ("/disabled", True)).status_code == 200
    names = [entry["name"] for entry in api.get("/tags", parent="PII")["data"]]
    assert "NonSensitive" not in names
    label = {"tagFQN": "PII.NonSensitive", "source": "Classification"}
    refused = api.patch(f"/tables/name/{CUSTOMERS}", ("/columns/0/tags", [label]))
    assert refused.status_code == 400
    assert "is disabled" in refused.json()["message"]


def test_certification_is_a_field_of_its_own(api: Api) -> None:
    gold = {"tagLabel": {"tagFQN": "Certification.Gold", "source": "Classification"}}
    api.patch(f"/tables/name/{CUSTOMERS}", ("/certification", gold))
    shown = api.table(fields="certification,tags")
    assert shown["certification"]["tagLabel"]["tagFQN"] == "Certification.Gold"
    assert "Certification.Gold" not in [label["tagFQN"] for label in shown["tags"]]
    wrong = {"tagLabel": {"tagFQN": "Tier.Tier1"}}
    assert api.patch(f"/tables/name/{CUSTOMERS}", ("/certification", wrong)).status_code == 400


def test_everything_but_glossaries_has_followers(api: Api) -> None:
    alice = api.get("/users/name/alice")["id"]
    for collection, name in (
        ("services/messagingServices", "sample_kafka"),
        ("services/databaseServices", "snowflake_prod"),
        ("databases", "snowflake_prod.analytics"),
        ("databaseSchemas", FINANCE),
        ("domains", "Finance"),
    ):
        entity = api.get(f"/{collection}/name/{name}")
        followed = api.http.put(f"/{collection}/{entity['id']}/followers", json=alice)
        assert followed.status_code == 200
        shown = api.get(f"/{collection}/name/{name}", fields="followers")
        assert [follower["name"] for follower in shown["followers"]] == ["alice"]
    assert api.http.get("/glossaries?fields=followers").status_code == 400


def test_columns_come_in_pages(api: Api) -> None:
    page = api.get(f"/tables/name/{CUSTOMERS}/columns", limit=2, offset=1, fields="tags")
    assert [column["name"] for column in page["data"]] == ["email", "first_name"]
    assert page["paging"] == {"offset": 1, "limit": 2, "total": 11}
    assert api.http.get(f"/tables/name/{CUSTOMERS}/columns?limit=0").status_code == 400


def test_versions_are_texts_newest_first(api: Api) -> None:
    api.patch(f"/tables/name/{CUSTOMERS}", ("/tags", [TIER1]))
    table = api.table()
    found = api.get(f"/tables/{table['id']}/versions")
    assert found["entityType"] == "table"
    assert [httpx.Response(200, text=text).json()["version"] for text in found["versions"]] == [
        0.2,
        0.1,
    ]
    assert api.get(f"/tables/{table['id']}/versions/0.1")["version"] == 0.1
    assert api.http.get(f"/tables/{table['id']}/versions/0.7").status_code == 404


def test_events_name_the_actor(api: Api, as_user: Callable[[str], Api]) -> None:
    table = api.table()
    bob = as_user("bob")
    bob.http.put(f"/tables/{table['id']}/vote", json={"updatedVoteType": "votedDown"})
    events = api.get("/events", timestamp=1, entityUpdated="table")["data"]
    assert [(event["userName"], event["entityId"]) for event in events] == [("bob", table["id"])]
    assert isinstance(events[0]["entity"], dict)


def _finished(api: Api, job_id: str) -> Any:
    for _ in range(200):
        job = api.get(f"/csvAsyncJobs/{job_id}")
        if job["status"] in ("COMPLETED", "FAILED", "CANCELLED"):
            return job
        time.sleep(0.01)
    raise AssertionError(f"job {job_id} does not end")


def test_an_export_job_has_a_result(api: Api) -> None:
    path = f"/tables/name/{CUSTOMERS}"
    started = api.http.get(f"{path}/exportAsync")
    assert started.status_code == 202
    job = _finished(api, started.json()["jobId"])
    assert (job["operation"], job["status"]) == ("EXPORT", "COMPLETED")
    result = api.http.get(f"/csvAsyncJobs/{job['jobId']}/result")
    assert result.text == api.export_csv(path)


def test_an_import_job_has_none(api: Api) -> None:
    path = f"/tables/name/{CUSTOMERS}"
    text = api.export_csv(path).replace("Login e-mail.", "Changed by a job.")
    started = api.http.put(f"{path}/importAsync?dryRun=false", content=text, headers=TEXT)
    assert started.status_code == 200
    job = _finished(api, started.json()["jobId"])
    assert (job["status"], job["dryRun"], job["result"]) == ("COMPLETED", False, None)
    assert api.http.get(f"/csvAsyncJobs/{job['jobId']}/result").status_code == 400
    assert api.table()["columns"][1]["description"] == "Changed by a job."


def test_a_job_belongs_to_who_started_it(api: Api, as_user: Callable[[str], Api]) -> None:
    job = api.http.get(f"/tables/name/{CUSTOMERS}/exportAsync").json()["jobId"]
    alice = as_user("alice")
    assert alice.http.get(f"/csvAsyncJobs/{job}").status_code == 403
    assert alice.get("/csvAsyncJobs") == []
    assert [entry["jobId"] for entry in api.get("/csvAsyncJobs")] == [job]
    assert as_user("ingestion-bot").http.get(f"/csvAsyncJobs/{job}").status_code == 200
    assert api.http.get("/csvAsyncJobs/999").status_code == 404
    _finished(api, job)


def test_a_slow_job_can_be_cancelled(api: Api, sandbox: Sandbox) -> None:
    sandbox.configure(job_seconds=0.2)
    path = f"/tables/name/{CUSTOMERS}"
    text = api.export_csv(path).replace("Login e-mail.", "Never written.")
    job = api.http.put(f"{path}/importAsync?dryRun=false", content=text, headers=TEXT).json()[
        "jobId"
    ]
    assert api.get(f"/csvAsyncJobs/{job}")["status"] in ("QUEUED", "RUNNING")
    cancelled = api.http.put(f"/csvAsyncJobs/{job}/cancel").json()
    assert cancelled["status"] == "CANCELLING"
    assert _finished(api, job)["status"] == "CANCELLED"
    sandbox.configure(job_seconds=0)
    assert api.table()["columns"][1]["description"] == "Login e-mail."


@pytest.mark.parametrize("path", ["csvAsyncJobs", f"tables/name/{CUSTOMERS}/exportAsync"])
def test_1_6_has_no_jobs(old_api: Api, path: str) -> None:
    response = old_api.http.get(f"/{path}")
    assert response.status_code == 500
    assert "HTTP 404 Not Found" in response.json()["responseMessage"]
