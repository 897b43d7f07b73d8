"""What every provider owes the conductor (`catalogctl.providers.base`), proved against a server.

A new provider needs a `Catalog` below: a sandbox to talk to and what to ask of it. The tests are
the same for all of them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

import pytest

from catalogctl import client, planning
from catalogctl.config import Connection
from catalogctl.errors import CatalogError, WriteRefused
from catalogctl.model import (
    Address,
    Change,
    Declared,
    Desired,
    Members,
    Observed,
    Verdict,
    encode_part,
)
from catalogctl.providers import PROVIDERS, connect
from catalogctl.providers.base import Provider
from catalogctl.sandbox import Sandbox
from e2e.project import is_harmless
from e2e.shop import CLICKS, CUSTOMERS, EVENTS, LEDGER, ODD_NAMES, ORDERS, PUBLIC, SEED

T = TypeVar("T")
NAME = "under-test"


@dataclass(frozen=True)
class Catalog:
    """A server of one type, and what to ask of it, in the words of the specs."""

    type: str
    sandbox: Mapping[str, Any]
    """How to start it."""
    wanted: Mapping[tuple[str, str], Mapping[str, Declared]]
    """Kind and identity of objects that are there, and changes that the server accepts."""
    missing: tuple[tuple[str, str], ...]
    """Objects that are not there."""
    bad: tuple[tuple[tuple[str, str], str, Declared, str | None], ...]
    """An object, a path, a value that refers to what is not there, and the member to blame."""
    url: Callable[[Sandbox], str] = field(default=lambda sandbox: sandbox.openmetadata_url)
    tells_version: bool = True
    token: Callable[[Sandbox], str] = field(default=lambda sandbox: sandbox.token())
    options: Mapping[str, str] = field(default_factory=dict)
    principal: str | None = "ingestion-bot"


_OPENMETADATA: dict[str, Any] = {
    "type": "openmetadata",
    "wanted": {
        ("Table", ORDERS): {
            "description": 'New, "text";\r\nsecond line.',
            "displayName": "Orders",
            "tags": Members(("Level.Public", "Tier.Tier1")),
            "glossaryTerms": Members(("Business.Order",)),
            "owners": Members(("team:data",)),
            "domains": Members(("Sales",)),
            "followers": Members(("erin",)),
            "vote": "votedDown",
            "columns.id.description": "",
            "columns.note.tags": Members(("Level.Public",)),
            "columns.email.description": "Beside a robot's label.",
            "columns.amount.displayName": "Beside a Tier.",
            "columns.address.zip.description": "Nested.",
            'columns.address."geo.lat".tags': Members((), only=True),
        },
        ("Table", CUSTOMERS): {"tags": Members((), only=True), "description": ""},
        ("Table", LEDGER): {"description": "Under an inherited owner."},
        ("Table", ODD_NAMES[0]): {'columns."api.id".description': "A dot."},
        ("Table", ODD_NAMES[1]): {"columns.name, quoted.displayName": "A comma."},
        ("Table", ODD_NAMES[2]): {"vote": "votedUp"},
        ("Topic", EVENTS): {
            "description": 'New,\n"text".',
            "tags": Members(("Level.Public",)),
            "followers": Members(("erin",)),
        },
        ("Topic", CLICKS): {"displayName": "Clicks", "owners": Members(("team:data",))},
        ("MessagingService", "kafka"): {"description": "New."},
    },
    "missing": (
        ("Table", f"{PUBLIC}.nothing"),
        ("Table", "no.such.data.base"),
        ("Topic", "kafka.nothing"),
        ("MessagingService", "rabbit"),
    ),
    "bad": (
        (("Table", ORDERS), "tags", Members(("Level.Nothing",)), "Level.Nothing"),
        (("Table", ORDERS), "glossaryTerms", Members(("No.Term",)), "No.Term"),
        (("Table", ORDERS), "owners", Members(("user:nobody",)), "user:nobody"),
        (("Table", CUSTOMERS), "owners", Members(("team:nobody",)), "team:nobody"),
        (("Table", ORDERS), "domains", Members(("Nowhere",)), "Nowhere"),
        (("Table", ORDERS), "followers", Members(("nobody",)), "nobody"),
        (("Table", ORDERS), "columns.id.tags", Members(("PII.Nothing",)), "PII.Nothing"),
        (("Topic", EVENTS), "tags", Members(("Level.Nothing",)), "Level.Nothing"),
    ),
}
_POSTHOG: dict[str, Any] = {
    "type": "posthog",
    "url": lambda sandbox: sandbox.posthog_url,
    "token": lambda sandbox: sandbox.posthog_key(),
    "options": {"project_id": "1"},
    "principal": None,
    "wanted": {
        ("DataSource", "Postgres/prod_"): {"description": "New.", "job_inputs.port": "5433"},
        ("DataSource", "Postgres/prod_#orders"): {
            "sync_frequency": "24hour",
            "sync_time_of_day": "02:30:00",
            "incremental_field": "created_at",
        },
        ("DataSource", "Postgres/prod_#customers"): {"should_sync": False, "sync_time_of_day": ""},
        ("DataSource", "Postgres/prod_#events"): {
            "should_sync": True,
            "sync_type": "incremental",
            "incremental_field": "occurred_at",
            "incremental_field_type": "timestamp",
            "primary_key_columns": ("event_id",),
        },
        ("DataSource", "Stripe"): {"description": ""},
        ("DataSource", "Stripe#Charge"): {"sync_frequency": "30min"},
        ("DataSource", "Stripe#Customer"): {"should_sync": False, "sync_frequency": "7day"},
    },
    "missing": (
        ("DataSource", "Postgres/nothing"),
        ("DataSource", "Postgres/nothing#orders"),
        ("DataSource", "Postgres/prod_#nothing"),
        ("DataSource", "Nothing"),
    ),
    "bad": (
        (("DataSource", "Postgres/prod_"), "job_inputs.hots", "x", None),
        (("DataSource", "Postgres/prod_#orders"), "primary_key_columns", ("status",), None),
        (("DataSource", "Postgres/prod_#events"), "should_sync", True, None),
        (("DataSource", "Stripe#Payout"), "sync_type", "append", None),
    ),
}
_ALATION: dict[str, Any] = {
    "type": "alation",
    "wanted": {
        ("TableSync", "8/main.dbo/orders"): {
            "table": "orders",
            "title": "All orders",
            "description": 'Every order, "quoted" & kept:\nList<String>.',
            "custom_fields.Status": "Draft",
            "custom_fields.Regions": Members(("Africa", "Asia"), only=True),
            "custom_fields.Steward Notes": "Checked.",
        },
        ("TableSync", "8/main.dbo/customers"): {
            "table": "customers",
            "columns": Members(("Loyalty_Tier",)),
            "custom_fields.Regions": Members(("Europe",), only=True),
        },
        ("TableSync", "8/main.dbo/products"): {"title": "Products", "description": "New."},
        ("TableSync", "8/main.dbo/orders_per_day"): {"title": ""},
        ("TableSync", "6/public/accounts"): {"description": "<p>Of <b>all</b> customers.</p>"},
    },
    "missing": (
        ("TableSync", "99/main.dbo/orders"),
        ("TableSync", "99/main.dbo/nothing"),
        ("TableSync", "7/public/accounts"),
    ),
    "bad": (
        (("TableSync", "8/main.dbo/orders"), "custom_fields.Status", "Nope", "Nope"),
        (
            ("TableSync", "8/main.dbo/orders"),
            "custom_fields.Regions",
            Members(("Asia", "Nowhere"), only=True),
            "Nowhere",
        ),
    ),
    "url": lambda sandbox: sandbox.alation_url,
    "token": lambda sandbox: sandbox.alation_token(),
    "principal": "admin@example.com",
    "tells_version": False,
}
CATALOGS = {
    "alation 2025.1": Catalog(**_ALATION, sandbox={"seed": None, "alation_version": "2025.1"}),
    "alation 2025.3": Catalog(**_ALATION, sandbox={"seed": None, "alation_version": "2025.3"}),
    "openmetadata 1.6": Catalog(**_OPENMETADATA, sandbox={"mode": "1.6", "seed": SEED}),
    "openmetadata 2.0": Catalog(**_OPENMETADATA, sandbox={"mode": "2.0", "seed": SEED}),
    "openmetadata 2.0 with CSV of topics": Catalog(
        **_OPENMETADATA, sandbox={"mode": "2.0", "seed": SEED, "messaging_csv": "inferred"}
    ),
    "posthog 2026-05": Catalog(**_POSTHOG, sandbox={"seed": None, "posthog_era": "2026-05"}),
    "posthog 2026-06": Catalog(**_POSTHOG, sandbox={"seed": None, "posthog_era": "2026-06"}),
    "posthog 2026-09": Catalog(**_POSTHOG, sandbox={"seed": None, "posthog_era": "2026-09"}),
}


@pytest.fixture(scope="module")
def _running() -> Iterator[dict[str, Sandbox]]:
    started = {name: Sandbox(**catalog.sandbox).start() for name, catalog in CATALOGS.items()}
    yield started
    for sandbox in started.values():
        sandbox.stop()


@pytest.fixture(params=CATALOGS)
def catalog(request: pytest.FixtureRequest) -> Catalog:
    return CATALOGS[request.param]


@pytest.fixture
def sandbox(_running: dict[str, Sandbox], catalog: Catalog) -> Sandbox:
    name = next(name for name, each in CATALOGS.items() if each is catalog)
    _running[name].reset()
    return _running[name]


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "FIRST_BACKOFF", 0.001)


Work = Callable[[Provider], Awaitable[T]]
With = Callable[[Work[T]], T]


@pytest.fixture
def with_provider(catalog: Catalog, sandbox: Sandbox) -> With[Any]:
    """Run a coroutine function over a freshly connected provider."""
    connection = _connection(catalog, sandbox)

    def run(work: Work[T]) -> T:
        async def connected() -> T:
            provider = connect(connection)
            try:
                return await work(provider)
            finally:
                await provider.close()

        return asyncio.run(connected())

    return run


# -- helpers


_IN_PARTS = ("DataSource", "TableSync")
"""Kinds whose identity stands above as an address has it."""


def _address(kind: str, identity: str) -> Address:
    return Address(NAME, kind, identity if kind in _IN_PARTS else encode_part(identity))


def _desired(catalog: Catalog) -> list[Desired]:
    return [Desired(_address(*key), fields) for key, fields in catalog.wanted.items()]


async def _read(provider: Provider, desired: Sequence[Desired]) -> list[Observed]:
    await provider.describe()
    return [observed async for observed in provider.read(desired)]


async def _changes(provider: Provider, desired: Sequence[Desired]) -> list[Change]:
    by_address = {each.address: each for each in desired}
    found = [
        planning.compare(by_address[observed.address], observed, provider.rules)
        for observed in await _read(provider, desired)
    ]
    changes = [change for change in found if change is not None]
    return sorted(
        planning.refine(changes, await provider.check(changes)), key=lambda each: each.address
    )


async def _write(provider: Provider, changes: Sequence[Change]) -> dict[Address, Any]:
    """Batch by batch, as the conductor does; the problems by address."""
    problems: dict[Address, Any] = {}
    for batch in provider.batches(changes):
        observed = await provider.reread(batch)
        told = await provider.write(list(zip(batch, observed, strict=True)))
        problems |= {change.address: problem for change, problem in zip(batch, told, strict=True)}
    return problems


def _writes(sandbox: Sandbox) -> list[dict[str, Any]]:
    return [
        each
        for each in sandbox.requests()
        if not is_harmless(each) and not each["path"].endswith("/incremental_fields/")
    ]


# -- the contract


def test_every_provider_is_under_this_contract() -> None:
    assert {catalog.type for catalog in CATALOGS.values()} == set(PROVIDERS)


def test_it_says_what_it_is_connected_to(
    with_provider: With[Any], catalog: Catalog, sandbox: Sandbox
) -> None:
    async def work(provider: Provider) -> None:
        info = await provider.describe()
        assert provider.name == NAME
        assert info.type == catalog.type
        assert info.url.startswith(sandbox.url)
        assert bool(info.server_version) is catalog.tells_version
        assert info.principal == catalog.principal
        sandbox.clear_requests()
        assert await provider.describe() == info
        assert sandbox.requests() == []

    with_provider(work)


@pytest.mark.parametrize("few", [True, False])
def test_a_read_answers_for_everything_that_was_asked_once(
    with_provider: With[Any], catalog: Catalog, sandbox: Sandbox, few: bool
) -> None:
    """Few objects are read one by one, and many in lists: both ways are complete."""
    there = _desired(catalog)
    absent = [Desired(_address(*key), {"description": "x"}) for key in catalog.missing]
    if few:
        there, absent = there[:1], absent[:1]

    async def work(provider: Provider) -> None:
        observed = await _read(provider, [*absent, *there])
        assert sorted(each.address for each in observed) == sorted(
            each.address for each in [*there, *absent]
        )
        by_address = {each.address: each for each in observed}
        for desired in absent:
            assert not by_address[desired.address].exists
            assert by_address[desired.address].missing[""]
        for desired in there:
            found = by_address[desired.address]
            assert found.exists
            assert found.missing == {}
            assert found.fields.keys() == desired.fields.keys()

    with_provider(work)
    assert _writes(sandbox) == []


def test_a_read_of_nothing_is_nothing(with_provider: With[Any]) -> None:
    async def work(provider: Provider) -> None:
        assert await _read(provider, []) == []

    with_provider(work)


def test_a_check_finds_what_is_not_there_and_blames_the_member(
    with_provider: With[Any], catalog: Catalog, sandbox: Sandbox
) -> None:
    async def work(provider: Provider) -> None:
        for key, path, value, member in catalog.bad:
            desired = Desired(_address(*key), {path: value})
            (observed,) = await _read(provider, [desired])
            change = planning.compare(desired, observed, provider.rules)
            assert change is not None
            refused = [
                each for each in await provider.check([change]) if each.verdict is Verdict.REFUSED
            ]
            assert [(each.address, each.path, each.member) for each in refused] == [
                (desired.address, path, member)
            ]
            assert refused[0].message

    with_provider(work)
    assert _writes(sandbox) == []


def test_a_check_refuses_nothing_that_is_there_and_asks_each_reference_once(
    with_provider: With[Any], catalog: Catalog, sandbox: Sandbox
) -> None:
    async def work(provider: Provider) -> None:
        changes = await _changes(provider, _desired(catalog))
        assert len(changes) == len(catalog.wanted)
        assert {each.verdict for change in changes for each in change.fields} == {
            Verdict.UNVERIFIED
        }
        sandbox.clear_requests()
        await provider.check(changes)
        assert sandbox.requests() == []

    with_provider(work)


def test_a_rehearsal_writes_nothing_and_speaks_of_the_changes_only(
    with_provider: With[Any], catalog: Catalog, sandbox: Sandbox
) -> None:
    async def work(provider: Provider) -> None:
        changes = await _changes(provider, _desired(catalog))
        said = [
            prediction
            for batch in provider.batches(changes)
            for prediction in await provider.rehearse(batch)
        ]
        asked = {(change.address, each.path) for change in changes for each in change.fields}
        assert {(each.address, each.path) for each in said} <= asked
        assert not [each for each in said if each.verdict is Verdict.REFUSED]
        assert await _changes(provider, _desired(catalog)) == changes

    with_provider(work)
    assert _writes(sandbox) == []


def test_a_write_before_it_is_allowed_is_stopped(
    with_provider: With[Any], catalog: Catalog, sandbox: Sandbox
) -> None:
    async def work(provider: Provider) -> None:
        changes = await _changes(provider, _desired(catalog))
        for change in changes:
            with pytest.raises(WriteRefused):
                await _write(provider, [change])

    with_provider(work)
    assert _writes(sandbox) == []


def test_batches_hold_every_change_once(with_provider: With[Any], catalog: Catalog) -> None:
    async def work(provider: Provider) -> None:
        changes = await _changes(provider, _desired(catalog))
        batches = provider.batches(changes)
        assert all(batches)
        placed = [change.address for batch in batches for change in batch]
        assert sorted(placed) == [change.address for change in changes]
        assert provider.batches([]) == []
        assert all(provider.group(change) for change in changes)

    with_provider(work)


def test_what_is_written_is_what_is_read_again(
    with_provider: With[Any], catalog: Catalog, sandbox: Sandbox
) -> None:
    async def work(provider: Provider) -> None:
        changes = await _changes(provider, _desired(catalog))
        provider.allow_writes()
        problems = await _write(provider, changes)
        assert problems == {change.address: {} for change in changes}
        for change in changes:
            (observed,) = await provider.reread([change])
            assert observed.address == change.address
            for each in change.fields:
                held = observed.fields[each.path]
                assert (held or "") == each.after or set(held or ()) == set(each.after or ())  # type: ignore[arg-type]
        sandbox.clear_requests()
        assert await _changes(provider, _desired(catalog)) == []

    with_provider(work)
    assert _writes(sandbox) == []


def test_an_unlucky_object_does_not_take_the_others_of_its_batch_along(
    with_provider: With[Any], catalog: Catalog
) -> None:
    """Every object of a batch has its own problems, by field."""

    async def work(provider: Provider) -> None:
        changes = await _changes(provider, _desired(catalog))
        paths = {change.address: {each.path for each in change.fields} for change in changes}
        provider.allow_writes()
        for address, problems in (await _write(provider, changes)).items():
            assert problems.keys() <= paths[address]

    with_provider(work)


FAULTS: dict[str, dict[str, Any]] = {
    "a page": {"status": 200, "body": "<html>Sign in</html>"},
    "nothing": {"status": 200, "body": ""},
    "a list": {"status": 200, "body": "[]"},
    "an empty object": {"status": 200, "body": "{}"},
    "another object": {
        "status": 200,
        "body": '{"id": 7, "name": ["x"], "data": [{}], "paging": 1}',
    },
    "half an answer": {"status": 200, "body": '{"data": ['},
    "no right": {"status": 403, "body": {"message": "No right."}},
    "not found": {"status": 404, "body": {"message": "Not found."}},
    "a broken server": {"status": 500, "body": "<html>Error</html>"},
    "a cut": {"action": "cut"},
    "a cut afterwards": {"action": "cut_after"},
}


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "POST"])
def test_nothing_but_catalog_errors_leaves_a_provider(
    with_provider: With[Any], catalog: Catalog, sandbox: Sandbox, method: str, fault: str
) -> None:
    """From the moment that every call is answered badly: a result, or an error in words."""
    errors: list[CatalogError] = []

    async def tried(work: Awaitable[T]) -> T | None:
        try:
            return await work
        except CatalogError as problem:
            errors.append(problem)
            return None

    async def work(provider: Provider) -> None:
        changes = await _changes(provider, _desired(catalog))
        observed = {change.address: (await provider.reread([change]))[0] for change in changes}
        provider.allow_writes()
        sandbox.faults.add(method=method, times=None, **FAULTS[fault])
        fresh = connect(_connection(catalog, sandbox))
        await tried(_read(fresh, _desired(catalog)))
        await tried(fresh.check(changes))
        await fresh.close()
        for batch in provider.batches(changes):
            await tried(provider.rehearse(batch))
            await tried(provider.reread(batch))
            told = await provider.write([(each, observed[each.address]) for each in batch])
            for problems in told:
                errors.extend(problems.values())
        assert all(isinstance(each, CatalogError) and each.message for each in errors)

    with_provider(work)
    assert errors or method != "GET"


def _connection(catalog: Catalog, sandbox: Sandbox) -> Connection:
    return Connection(
        NAME,
        catalog.type,
        catalog.url(sandbox),
        token=catalog.token(sandbox),
        options=catalog.options,
    )
