"""Looking at planned changes beforehand: what they may cost, what cannot be, what a source says."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from catalogctl.errors import CatalogError
from catalogctl.model import Change, Prediction, Verdict
from catalogctl.providers.posthog import refusals, rehearsal, settings
from catalogctl.providers.posthog.api import Api
from catalogctl.providers.posthog.case import Case
from catalogctl.providers.posthog.identity import Key, key_of, schema_of
from catalogctl.providers.posthog.mapping import Live
from catalogctl.providers.posthog.refusals import Refusal
from catalogctl.providers.posthog.sources import Sources
from catalogctl.providers.posthog.wizard import Wizard


class Checks:
    """Judges changes by what was read last. Of PostHog itself only its form is asked, once."""

    def __init__(self, api: Api, sources: Sources, wizard: Wizard) -> None:
        self._api = api
        self._sources = sources
        self._wizard = wizard

    async def check(self, changes: Sequence[Change]) -> list[Prediction]:
        """One prediction for each field: refused, or unverified with what it may cost."""
        changes = [each for each in changes if _is_open(each)]
        await self._read_unread(changes)
        own = {key_of(each.address): each for each in changes if schema_of(each.address) is None}
        found: list[Prediction] = []
        refused: set[Key] = set()
        for key, change in own.items():
            source = self._live(key).source
            asks = settings.asks_wizard(change, source)
            beside = settings.Beside(
                await self._wizard.types() if asks else {},
                source.era if source else self._sources.era,
                self._sources.of_type(key.source_type),
                self._sources.lacking(change.address),
                self._wizard.unasked,
            )
            said = settings.predictions(change, source, beside)
            if source is None and any(each.verdict is Verdict.REFUSED for each in said):
                refused.add(key)
            found += said
        for change in changes:
            key = key_of(change.address)
            if schema_of(change.address) is None:
                continue
            if key in refused:
                message = "its source cannot be created as it is declared"
                found.append(Refusal(change.fields[0].path, message).of(change))
            else:
                case = self._case(change, own.get(key))
                found += refusals.predictions(case, self._sources.lacking(change.address))
        return found

    async def rehearse(self, changes: Sequence[Change]) -> list[Prediction]:
        """Ask the source of each changed cursor, key or sync type, once a schema."""
        await self._read_unread(changes)
        cases = [self._case(each) for each in changes if schema_of(each.address) is not None]
        worth = [case for case in cases if rehearsal.is_worth_it(case)]
        answers = await asyncio.gather(*(self._rehearse(case) for case in worth))
        return [prediction for answer in answers for prediction in answer]

    async def _rehearse(self, case: Case) -> list[Prediction]:
        source = self._live(key_of(case.change.address)).source
        if source is None or case.schema is None:
            return []
        try:
            offer, _ = await self._api.incremental_fields(source, case.schema)
        except CatalogError as problem:
            return rehearsal.unasked(case, problem)
        return rehearsal.verdicts(case, offer)

    def _live(self, key: Key) -> Live:
        return self._sources.last.get(key, Live())

    def _case(self, change: Change, own: Change | None = None) -> Case:
        source = self._live(key_of(change.address)).source
        if source is None:
            made = {each.path: each.after for each in own.fields} if own else {}
            direct = made.get("access_method") == "direct"
            return Case(change, None, self._sources.era, direct, new_source=True)
        schemas = source.named(schema_of(change.address) or "")
        schema = schemas[0] if len(schemas) == 1 else None
        return Case(change, schema, source.era, source.is_direct, source=source)

    async def _read_unread(self, changes: Sequence[Change]) -> None:
        keys = {key_of(each.address) for each in changes} - self._sources.last.keys()
        await asyncio.gather(*(self._sources.look(key) for key in sorted(keys)))


def _is_open(change: Change) -> bool:
    """Whether anything is left of it that is not refused already."""
    return any(each.verdict is not Verdict.REFUSED for each in change.fields)
