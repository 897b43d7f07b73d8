"""Changes of a source that cannot be, and new sources."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from catalogctl.model import Prediction, Risk, Secret, Verdict
from catalogctl.providers.posthog import creation, settings
from catalogctl.providers.posthog.settings import Beside
from catalogctl.providers.posthog.wire import Era, Source, SourceType
from unit.providers.posthog.hogs import change, source

LITERAL = "hunter2-literal"
FIELDS = [
    {"name": "host", "type": "text"},
    {"name": "password", "type": "password"},
    {"name": "session", "type": "text", "secret": True},
    {"name": "key_file", "type": "file-upload"},
    {"name": "ssh_tunnel", "type": "ssh-tunnel"},
    {
        "name": "auth_method",
        "type": "select",
        "options": [{"value": "key", "fields": [{"name": "pat", "type": "password"}]}],
    },
]
TYPES = msgspec.convert(
    {"Postgres": {"fields": FIELDS}, "Braze": {"fields": [], "unreleasedSource": True}},
    dict[str, SourceType],
)


def said(
    live: Source | None,
    /,
    beside: Beside = Beside(TYPES, Era.NEWEST),  # noqa: B008
    identity: str = "Postgres/prod_",
    **after: Any,
) -> dict[str, Prediction]:
    found = settings.predictions(change(identity, **after), live, beside)
    assert len(found) == len(after)
    assert LITERAL not in repr(found)
    return {each.path: each for each in found}


def refused(live: Source | None, /, **after: Any) -> dict[str, str | None]:
    found = said(live, **after)
    return {path: each.message for path, each in found.items() if each.verdict is Verdict.REFUSED}


def test_how_a_source_is_accessed_cannot_change() -> None:
    found = said(source(), access_method="direct")["access_method"]
    assert (found.verdict, found.risk) == (Verdict.REFUSED, Risk.DESTROY)
    assert "another source" in str(found.hint)


def test_ordinary_changes_are_free() -> None:
    found = said(source(), description="x", job_inputs__ssh_tunnel__port="1")
    assert {each.verdict for each in found.values()} == {Verdict.UNVERIFIED}
    assert {each.risk for each in found.values()} == {Risk.FREE}


def test_a_setting_that_posthog_does_not_know_is_refused() -> None:
    found = said(source(), job_inputs__hots="x")["job_inputs.hots"]
    assert found.message == "Postgres sources have no setting hots"
    assert found.hint == "did you mean host?"
    assert refused(source(job_inputs={"odd": "1"}), job_inputs__odd="x") == {}


@pytest.mark.parametrize(
    "path", ["password", "session", "key_file", "ssh_tunnel__auth__private_key", "auth_method__pat"]
)
def test_a_secret_must_not_stand_in_a_spec(path: str) -> None:
    after = {f"job_inputs__{path}": LITERAL}
    (message,) = refused(source(), **after).values()
    assert "keeps this setting secret" in str(message)
    by_reference = {f"job_inputs__{path}": Secret("env/X")}
    assert refused(None, **by_reference) == {}


def test_a_key_that_may_not_ask_leaves_settings_unchecked_and_says_so() -> None:
    beside = Beside({}, Era.NEWEST, unasked="no right")
    found = said(source(), beside, job_inputs__hots="x", description="y")
    assert {each.verdict for each in found.values()} == {Verdict.UNVERIFIED}
    assert "no right" in str(found["job_inputs.hots"].message)
    assert found["description"].message is None


@pytest.mark.parametrize("path", ["host", "ssh_tunnel.host", "auth_method.selection"])
def test_a_connection_that_leads_elsewhere_needs_its_secrets(path: str) -> None:
    after = {f"job_inputs__{path.replace('.', '__')}": "x"}
    found = said(source(), **after)[f"job_inputs.{path}"]
    assert found.verdict is Verdict.REFUSED
    assert "catalogctl run rotate-secrets DataSource/Postgres/prod_" in str(found.hint)
    first = said(source(era=Era.FIRST), Beside(TYPES, Era.FIRST), **after)[f"job_inputs.{path}"]
    assert (first.verdict is Verdict.REFUSED) == (path == "auth_method.selection")


def test_change_capture_s_own_settings_stay_in_the_newest_era() -> None:
    after = {"job_inputs__cdc_slot_name": "x"}
    assert refused(source(), **after).keys() == {"job_inputs.cdc_slot_name"}
    middle = said(source(era=Era.MIDDLE), Beside(TYPES, Era.MIDDLE), **after)
    assert middle["job_inputs.cdc_slot_name"].verdict is Verdict.UNVERIFIED


# -- creation


def test_an_unknown_type_is_refused_with_the_one_that_is_meant() -> None:
    found = said(None, identity="Postgress/x", job_inputs__host="h")["job_inputs.host"]
    assert found.message == "PostHog has no source type Postgress"
    assert found.hint == "did you mean Postgres?"
    braze = said(None, identity="Braze", description="x")["description"]
    assert braze.message == "PostHog does not connect Braze sources yet"


def test_a_second_source_of_a_type_needs_a_prefix_in_the_first_era() -> None:
    for era, verdict in ((Era.FIRST, Verdict.REFUSED), (Era.NEWEST, Verdict.UNVERIFIED)):
        beside = Beside(TYPES, era, same_type=True)
        found = said(None, beside, "Postgres", job_inputs__host="h")
        assert found["job_inputs.host"].verdict is verdict


def test_a_direct_source_needs_a_name() -> None:
    found = said(None, identity="Postgres", access_method="direct")
    assert "needs a name" in str(found["access_method"].message)
    assert refused(None, access_method="direct") == {}


def test_fields_of_newer_servers() -> None:
    beside = Beside(TYPES, Era.FIRST, lacking=frozenset({"auto_sync_new_schemas"}))
    found = said(None, beside, auto_sync_new_schemas=True)["auto_sync_new_schemas"]
    assert found.message == "this PostHog has no auto_sync_new_schemas"


def test_what_a_source_is_created_from() -> None:
    own = change("Postgres/prod_", job_inputs__host="h")
    assert creation.lacking([own, change(should_sync=True)]) is None
    assert "no schemas" in str(creation.lacking([own]))
    nothing = creation.lacking([change("Postgres/prod_", description="x")])
    assert str(nothing).endswith("no job_inputs and schemas are declared or selected")


def test_the_body_of_a_new_source() -> None:
    own = change(
        "Postgres/prod_",
        description="d",
        access_method="warehouse",
        direct_query_enabled=True,
        job_inputs__host="h",
        job_inputs__ssh_tunnel__enabled=False,
        job_inputs__password=Secret("env/PW"),
    )
    schemas = change(
        should_sync=True,
        sync_type="append",
        sync_frequency="1hour",
        primary_key_columns=("id",),
        sync_time_of_day="",
        row_filters=('{"column":"a"}',),
    )
    inputs = creation.settings_of(own, {"env/PW": "secret"}.__getitem__)
    assert creation.body_of(own, [schemas], inputs) == {
        "source_type": "Postgres",
        "prefix": "prod_",
        "description": "d",
        "access_method": "warehouse",
        "payload": {
            "host": "h",
            "password": "secret",
            "ssh_tunnel": {"enabled": False},
            "schemas": [
                {
                    "name": "orders",
                    "should_sync": True,
                    "sync_type": "append",
                    "primary_key_columns": ["id"],
                    "sync_time_of_day": None,
                    "row_filters": [{"column": "a"}],
                }
            ],
        },
    }
    bare = creation.body_of(change("Stripe", description=""), [], {"a": "b"})
    assert bare == {"source_type": "Stripe", "payload": {"a": "b", "schemas": []}}
