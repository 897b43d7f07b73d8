"""PostHog as a provider: sources and their schemas, read source by source and written so."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence

from catalogctl.client import Client
from catalogctl.errors import CatalogError
from catalogctl.model import (
    Address,
    CatalogInfo,
    Change,
    Desired,
    Moved,
    Observed,
    Prediction,
    Secret,
)
from catalogctl.providers.actions import Order, Report
from catalogctl.providers.answers import as_they_come
from catalogctl.providers.posthog import actions, creation, inputs, settings
from catalogctl.providers.posthog.api import Api
from catalogctl.providers.posthog.checking import Checks
from catalogctl.providers.posthog.identity import Key, PostHogRules, key_of
from catalogctl.providers.posthog.mapping import declared_of, observed
from catalogctl.providers.posthog.sources import Sources
from catalogctl.providers.posthog.wizard import Wizard
from catalogctl.providers.posthog.writing import Habits, SourceWriter


class PostHog:
    """One project of one PostHog server. `reveal` gives the value of a secret that is sent."""

    personal: frozenset[str] = frozenset()

    def __init__(
        self, name: str, url: str, project: str, client: Client, reveal: Callable[[str], str]
    ) -> None:
        self.name = name
        self.rules = PostHogRules()
        self._url = f"{url}/project/{project}"
        self._client = client
        self._reveal = reveal
        self._api = Api(client, project)
        self._sources = Sources(self._api)
        self._wizard = Wizard(self._api)
        self._checks = Checks(self._api, self._sources, self._wizard)
        self._habits = Habits()
        self._info: CatalogInfo | None = None

    def allow_writes(self) -> None:
        self._client.writing = True

    async def describe(self) -> CatalogInfo:
        """The version is the age of the API as its answers show it; the key has no name here."""
        if self._info is None:
            if not self._sources.listed:
                await self._sources.list()
            era = self._sources.era
            version = None if era is None else f"API as of {era.value}"
            self._info = CatalogInfo("posthog", self._url, version)
        return self._info

    # -- reading

    async def read(self, desired: Sequence[Desired]) -> AsyncIterator[Observed]:
        of_source: dict[Key, list[Desired]] = defaultdict(list)
        for one in desired:
            of_source[key_of(one.address)].append(one)
        if of_source:
            await self._sources.list()
        works = (self._read_source(key, of_source[key]) for key in sorted(of_source))
        async for found in as_they_come(works):
            for seen in found:
                yield seen

    async def _read_source(self, key: Key, desired: Sequence[Desired]) -> list[Observed]:
        live = await self._sources.look(key, just_listed=True)
        lacking = creation.lacking(desired)
        found = [
            observed(one.address, one.fields, live, lacking=lacking, comparing=True)
            for one in desired
        ]
        for one, seen in zip(desired, found, strict=True):
            await self._hide_literals(one, seen)
        return found

    async def _hide_literals(self, desired: Desired, seen: Observed) -> None:
        """What PostHog keeps secret is shown in no plan, also where a spec writes it out."""
        differing = {
            path: value
            for path, value in desired.fields.items()
            if inputs.path_in(path) is not None and seen.fields.get(path) != value
        }
        if any(not isinstance(value, Secret) for value in differing.values()):
            types = await self._wizard.types()
            source_type = key_of(desired.address).source_type
            paths = settings.literals(source_type, differing, types)
            self.rules.hidden |= {(desired.address, path) for path in paths}

    # -- beforehand

    async def check(self, changes: Sequence[Change]) -> list[Prediction]:
        return await self._checks.check(changes)

    async def rehearse(self, changes: Sequence[Change]) -> list[Prediction]:
        return await self._checks.rehearse(changes)

    async def history(self, changes: Sequence[Change]) -> Mapping[Address, Mapping[str, Moved]]:
        """The API tells no history of sources and schemas."""
        return {}

    # -- writing

    def batches(self, changes: Iterable[Change]) -> list[list[Change]]:
        """One for each source: its schemas are created with it, and written side by side."""
        batches: dict[Key, list[Change]] = defaultdict(list)
        for change in changes:
            batches[key_of(change.address)].append(change)
        return list(batches.values())

    def group(self, change: Change) -> str:
        return str(key_of(change.address))

    async def reread(self, changes: Sequence[Change]) -> list[Observed]:
        of_source = {key_of(each.address) for each in changes}
        keys = sorted(of_source)
        live = dict(zip(keys, await asyncio.gather(*map(self._sources.look, keys)), strict=True))
        lacking = {
            key: creation.lacking(each for each in changes if key_of(each.address) == key)
            for key in keys
        }
        return [
            observed(
                change.address,
                declared_of(change.fields),
                live[key_of(change.address)],
                lacking=lacking[key_of(change.address)],
            )
            for change in changes
        ]

    async def write(
        self, due: Sequence[tuple[Change, Observed]]
    ) -> list[Mapping[str, CatalogError]]:
        writer = SourceWriter(self._api, self._sources, self._habits, self._reveal, due)
        return list(await writer.write())

    # -- by hand

    async def run(self, order: Order) -> Report:
        return await actions.run(self._api, self._sources, self._reveal, order)

    async def close(self) -> None:
        await self._client.close()
