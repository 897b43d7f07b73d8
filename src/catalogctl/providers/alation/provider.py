"""Alation as a provider: tables read data source by data source, and synced one by one."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence

from catalogctl.errors import CatalogError
from catalogctl.model import (
    Action,
    Address,
    CatalogInfo,
    Change,
    Desired,
    Moved,
    Observed,
    Prediction,
)
from catalogctl.providers.actions import Order, Report
from catalogctl.providers.alation import actions
from catalogctl.providers.alation.api import Api
from catalogctl.providers.alation.checking import Checks
from catalogctl.providers.alation.mapping import AlationRules, declared_of, name_of_table
from catalogctl.providers.alation.reading import Reading, by_data_source
from catalogctl.providers.alation.syncing import Syncer
from catalogctl.providers.alation.writing import BatchWriter, Habits
from catalogctl.providers.answers import as_they_come

BATCH = 20
"""Tables of one data source whose texts and values are written together, by few jobs."""
SYNCS = 5
"""Tables that are synced between two looks at the catalog: each may take a minute, and a run that
is stopped finishes what is under way."""


class Alation:
    """One Alation server."""

    personal: frozenset[str] = frozenset()

    def __init__(self, name: str, url: str, api: Api) -> None:
        self.name = name
        self.rules = AlationRules()
        self._url = url
        self._api = api
        self._reading = Reading(api)
        self._checks = Checks(self._reading)
        self._syncer = Syncer(api, self._reading)
        self._habits = Habits()

    def allow_writes(self) -> None:
        self._api.client.writing = True

    async def describe(self) -> CatalogInfo:
        """No call is known that tells a token's user the server's version."""
        user = await self._reading.user()
        return CatalogInfo("alation", self._url, None, user.name)

    # -- reading

    async def read(self, desired: Sequence[Desired]) -> AsyncIterator[Observed]:
        groups = by_data_source((one.address, one.fields) for one in desired)
        async for found in as_they_come(self._reading.look(group) for group in groups):
            for seen in found:
                yield seen

    # -- beforehand

    async def check(self, changes: Sequence[Change]) -> list[Prediction]:
        return await self._checks.check(changes)

    async def rehearse(self, changes: Sequence[Change]) -> list[Prediction]:
        """Alation has no rehearsal."""
        return []

    async def history(self, changes: Sequence[Change]) -> Mapping[Address, Mapping[str, Moved]]:
        """No documented call tells who changed a table, and when."""
        return {}

    # -- writing

    def batches(self, changes: Iterable[Change]) -> list[list[Change]]:
        """By data source; what waits for syncs is apart from what does not."""
        batches: list[list[Change]] = []
        open_ones: dict[tuple[str, bool], list[Change]] = defaultdict(list)
        for change in changes:
            key = self.group(change), change.action is Action.TRIGGER
            batch = open_ones[key]
            if not batch or len(batch) == (SYNCS if change.action is Action.TRIGGER else BATCH):
                batch = open_ones[key] = []
                batches.append(batch)
            batch.append(change)
        return batches

    def group(self, change: Change) -> str:
        return f"data source {name_of_table(change.address).ds_id}"

    async def reread(self, changes: Sequence[Change]) -> list[Observed]:
        groups = by_data_source((each.address, declared_of(each.fields)) for each in changes)
        found = await asyncio.gather(*map(self._reading.look, groups))
        seen = {each.address: each for group in found for each in group}
        return [seen[change.address] for change in changes]

    async def write(
        self, due: Sequence[tuple[Change, Observed]]
    ) -> list[Mapping[str, CatalogError]]:
        fields = self._reading.custom_fields
        return await BatchWriter(self._api, self._syncer, fields, self._habits, due).write()

    # -- by hand

    async def run(self, order: Order) -> Report:
        return await actions.run(self._reading, self._syncer, order)

    async def close(self) -> None:
        await self._api.client.close()
