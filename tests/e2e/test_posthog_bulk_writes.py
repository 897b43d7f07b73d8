"""PostHog: many schemas of a source at once, where the server lets an API key do so."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from e2e.posthog_project import ERAS, HogProject, a_sandbox_of
from sandbox.posthog_api import Hog


def test_many_schemas_go_in_one_call_where_keys_may(shop: HogProject) -> None:
    names = ("orders", "customers", "payments")
    shop.source(schemas={name: {"sync_frequency": "7day"} for name in names})
    shop.apply()
    bulk = [body for call, body in shop.written() if "bulk" in call]
    single = [body for call, body in shop.written() if "bulk" not in call]
    assert len(bulk) == 1, "tried once"
    assert len(single) == (0 if shop.hog.newest else 3), "older servers let no key do it"
    assert sorted(item["sync_frequency"] for item in bulk[0]["schemas"]) == ["7day"] * 3
    assert all(item.keys() == {"id", "sync_frequency"} for item in bulk[0]["schemas"])
    assert shop.plan().json["changes"] == []


def test_two_schemas_go_one_by_one(shop: HogProject) -> None:
    shop.source(schemas={name: {"sync_frequency": "7day"} for name in ("orders", "customers")})
    shop.apply()
    assert [call for call, _ in shop.written()] == ["PATCH schemas/ID"] * 2


def test_what_bulk_cannot_carry_goes_by_itself(shop: HogProject) -> None:
    shop.hog.tune(bulk_for_keys=True)
    schemas: dict[str, Any] = {
        name: {"sync_frequency": "7day"} for name in ("orders", "customers", "invoices")
    }
    schemas["payments"] = {"primary_key_columns": ["order_id"]}
    shop.source(schemas=schemas)
    shop.apply("--allow", "destructive")
    by_itself = [call for call, _ in shop.written() if "bulk" not in call]
    assert by_itself == ([] if shop.hog.newest else ["PATCH schemas/ID"])
    assert shop.plan().json["changes"] == []


@pytest.mark.parametrize("unsaveable", [True, False])
def test_a_half_done_bulk_is_read_and_finished_one_by_one(
    shop: HogProject, unsaveable: bool
) -> None:
    shop.hog.tune(bulk_for_keys=True, unsaveable=["orders"] if unsaveable else [])
    schemas: dict[str, Any] = {
        name: {"sync_frequency": "7day"} for name in ("orders", "customers", "payments")
    }
    if not unsaveable:
        shop.sandbox.faults.add(
            method="PATCH", path="bulk", action="respond", status=400, body={"detail": "no"}
        )
    shop.source(schemas=schemas)
    done = shop.apply(code=5 if unsaveable else 0)
    failed = {name for name, outcome in done.outcomes.items() if outcome != "applied"}
    assert failed == ({"DataSource/Postgres/prod_#orders"} if unsaveable else set())
    first = [call for call, _ in shop.written()][: 2 if unsaveable and shop.hog.newest else 4]
    assert first[0] == "PATCH sources/ID/bulk_update_schemas"
    assert set(first[1:]) == {"PATCH schemas/ID"}
    assert len(first) == (2 if unsaveable and shop.hog.newest else 4)


def test_a_bulk_whose_answer_was_lost_is_not_sent_again(shop: HogProject) -> None:
    shop.hog.tune(bulk_for_keys=True)
    shop.sandbox.faults.add(method="PATCH", path="bulk", action="cut_after")
    names = ("orders", "customers", "payments")
    shop.source(schemas={name: {"sync_frequency": "7day"} for name in names})
    shop.apply()
    assert [call for call, _ in shop.written()] == ["PATCH sources/ID/bulk_update_schemas"]


@pytest.mark.parametrize("era", ERAS)
def test_two_hundred_schemas_cost_few_requests(
    era: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    with a_sandbox_of(200, posthog_era=era) as sandbox:
        hog = Hog(sandbox, era)
        with hog.http:
            shop = HogProject(tmp_path, hog, monkeypatch, capsys)
            names = [f"t{number:03}" for number in range(200)]
            shop.source(schemas={name: {"sync_frequency": "24hour"} for name in names})
            shop.plan("--allow", "mass-change")
            assert shop.asked() == ["GET sources", "GET sources/ID"]
            shop.apply("--allow", "mass-change")
            reads = [each for each in shop.asked() if each.startswith("GET")]
            # for the plan; before and after the writing, with the list since it is another run
            assert reads == ["GET sources", *["GET sources/ID"] * 3]
            bulk = [call for call, _ in shop.written() if "bulk" in call]
            single = [call for call, _ in shop.written() if "bulk" not in call]
            assert (len(bulk), len(single)) == ((4, 0) if hog.newest else (1, 200))
            shop.plan()
            assert shop.asked() == ["GET sources", "GET sources/ID"]
            assert shop.plan().json["summary"]["in_sync"] == 200
            shop.http.close()
