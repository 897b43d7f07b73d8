"""Writing the changes of one source: itself first, then its schemas.

A 200 proves nothing here, and a 500 may come after the row was saved: what became of a change is
found by reading it again, and what comes back from here are only the reasons why it may have
failed. Each schema is written by itself, so that it fails by itself; where the server lets an API
key do so, many schemas go in one call, and what that call left open goes one by one.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Sequence
from copy import copy
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

from catalogctl.errors import CatalogError, Forbidden, InvalidError, NotFound
from catalogctl.model import Address, Change, Observed, Prediction, Verdict
from catalogctl.providers.posthog import creating, creation, inputs, rehearsal, risks
from catalogctl.providers.posthog.api import Api
from catalogctl.providers.posthog.case import Case
from catalogctl.providers.posthog.identity import key_of, schema_of
from catalogctl.providers.posthog.mapping import (
    BULK_FIELDS,
    Handle,
    Live,
    declared_of,
    lacks,
    observed,
    patch_of,
    same_table,
    still_due,
    wire_value,
)
from catalogctl.providers.posthog.sources import Sources
from catalogctl.providers.posthog.wire import Schema, Source

BULK_FROM = 3
"""So many schemas of a source go in one call instead of one each."""
BULK_MOST = 50
"""More in one call could take longer than a gateway waits: each may ask the source."""
HEAVY = ("sync_type", "should_sync")
"""Changes for which the server asks the source or starts a run: one after another."""
SECRETS_HINT = "`catalogctl run rotate-secrets {}` sends the declared secrets too"

Problems = dict[str, CatalogError]


@dataclass(slots=True)
class Habits:
    """What is learnt of a server while writing."""

    no_bulk: bool = False
    """API keys may not write several schemas at once."""


@dataclass(frozen=True, slots=True)
class _Patch:
    change: Change
    source: Source
    schema: Schema
    body: dict[str, Any]

    @property
    def is_unrehearsed(self) -> bool:
        """Whether the source has not been asked: it was not there, or the key was not allowed to.

        A plan is often made with a key that may only read, and applied with another one.
        """
        asked = any(
            each.verdict is Verdict.VERIFIED
            for each in self.change.fields
            if each.path in rehearsal.ASKED
        )
        return not asked and any(self.body.get(path) for path in rehearsal.ASKED)

    @property
    def is_heavy(self) -> bool:
        return any(path in self.body for path in HEAVY)

    @property
    def fits_bulk(self) -> bool:
        return self.body.keys() <= BULK_FIELDS[self.source.era] and not self.is_unrehearsed


@dataclass(slots=True)
class SourceWriter:
    """Carries out the changes that are due on one source and its schemas, read just before."""

    api: Api
    sources: Sources
    habits: Habits
    reveal: Callable[[str], str]
    due: Sequence[tuple[Change, Observed]]
    problems: dict[Address, Problems] = field(default_factory=lambda: defaultdict(dict))
    refused: set[Address] = field(default_factory=set)

    async def write(self) -> list[Problems]:
        """What may have gone wrong, for each change in its order, by field path."""
        await self._write()
        return [self.problems[change.address] for change, _ in self.due]

    async def _write(self) -> None:
        handles = [seen.handle for _, seen in self.due if isinstance(seen.handle, Handle)]
        source = handles[0].source if handles else await self._created()
        if source is None:
            return
        for change, _ in self.due:
            if schema_of(change.address) is None:
                await self._patch_source(change, source)
        source = await self._discover(source)
        await self._patch_schemas(source)

    # -- the source

    async def _created(self) -> Source | None:
        """The source, which was not there when it was read just before."""
        try:
            live = await self._create()
        except CatalogError as problem:
            self._blame_all(problem)
            return None
        if live.source is None:
            said = "PostHog says that it created the source, and does not show it"
            self._blame_all(CatalogError(live.problem or said))
        return live.source

    async def _create(self) -> Live:
        changes = [change for change, _ in self.due]
        missing = creation.lacking(changes)
        if missing is not None:
            raise CatalogError(missing)
        own = next(each for each in changes if schema_of(each.address) is None)
        schemas = [each for each in changes if each is not own]
        try:
            settings = creation.settings_of(own, self._reveal)
        except InvalidError as problem:
            raise CatalogError(problem.diagnostics[0].message) from None
        said = await creating.rehearse(self.api, own, schemas, settings)
        schemas = [each for each in schemas if not self._refused(each, said.get(each.address, ()))]
        if not schemas:
            raise CatalogError("none of its schemas can be created as it is declared")
        body = creation.body_of(own, schemas, settings)
        return await creating.create(self.api, self.sources, key_of(own.address), body)

    def _reveal(self, reference: str) -> str:
        value = self.reveal(reference)
        self.api.client.hide(value)
        return value

    async def _patch_source(self, change: Change, source: Source) -> None:
        due = still_due(change.fields, self._observed(change, source))
        settings = [
            (name, each.after) for each in due if (name := inputs.path_in(each.path)) is not None
        ]
        body = {
            each.path: wire_value(each.path, each.after)
            for each in due
            if inputs.path_in(each.path) is None
        }
        if settings:
            body["job_inputs"] = inputs.to_send(settings, source.job_inputs)
        if not body:
            return
        try:
            await self.api.patch_source(source, body)
        except CatalogError as problem:
            if "re-entering" in problem.message:
                problem.hint = SECRETS_HINT.format(change.address)
            self._blame(change, problem)

    # -- schemas

    async def _discover(self, source: Source) -> Source:
        """Have the source asked for its tables, if a schema is not there yet, and read it again."""
        absent = [
            change
            for change, _ in self.due
            if (name := schema_of(change.address)) is not None
            and not source.named(name)
            and change.address not in self.refused
        ]
        if not absent:
            return source
        try:
            await self.api.refresh_schemas(source)
            found = (await self.sources.look(key_of(absent[0].address))).source or source
        except CatalogError as problem:
            for change in absent:
                self._blame(change, _while("asking the source for its tables", problem))
            return source
        for change in absent:
            name = schema_of(change.address) or ""
            if not found.named(name):
                names = [each.name for each in found.schemas]
                meant = same_table(name, found) or next(iter(get_close_matches(name, names, 1)), "")
                hint = f"did you mean {meant}?" if meant else "check its spelling, and the grants"
                said = f"PostHog asked the source, which has no table {name}"
                self._blame(change, CatalogError(said, hint=hint))
        return found

    async def _patch_schemas(self, source: Source) -> None:
        patches = self._patches(source)
        bulk = [each for each in patches if each.fits_bulk]
        if len(bulk) >= BULK_FROM and not self.habits.no_bulk:
            patches = [each for each in patches if not each.fits_bulk]
            for start in range(0, len(bulk), BULK_MOST):
                patches += await self._bulk(source, bulk[start : start + BULK_MOST])
        for patch in patches:
            if patch.is_heavy and not await self._source_refuses(patch):
                await self._patch(patch)
        await asyncio.gather(*(self._patch(each) for each in patches if not each.is_heavy))

    def _patches(self, source: Source) -> list[_Patch]:
        patches = []
        for change, _ in self.due:
            schemas = source.named(schema_of(change.address) or "")
            if len(schemas) == 1 and change.address not in self.refused:
                seen = self._observed(change, source)
                due = still_due(change.fields, seen)
                body = patch_of(due, schemas[0])
                for path in seen.missing:
                    self.problems[change.address][path] = CatalogError(lacks(path))
                dearer = risks.dearer(Case(change, schemas[0], source.era), due)
                if body and not self._refused(change, dearer):
                    patches.append(_Patch(change, source, schemas[0], body))
        return patches

    async def _bulk(self, source: Source, patches: list[_Patch]) -> list[_Patch]:
        """Write these in one call; what it left undone comes back."""
        if self.habits.no_bulk:
            return patches
        try:
            items = [{"id": each.schema.id, **each.body} for each in patches]
            await self.api.patch_schemas(source, items)
            return []
        except (Forbidden, NotFound):
            self.habits.no_bulk = True
            return patches
        except CatalogError as problem:
            try:
                live = await self.sources.look(key_of(patches[0].change.address))
            except CatalogError:
                live = Live()
            if live.source is None:
                for each in patches:
                    self._blame(each.change, problem)
                return []
            sent = {each.schema.id for each in patches}
            return [each for each in self._patches(live.source) if each.schema.id in sent]

    async def _source_refuses(self, patch: _Patch) -> bool:
        """Ask the source now, if no plan could: PostHog would take any cursor."""
        source, schema = patch.source, patch.schema
        if not patch.is_unrehearsed or source.is_direct:
            return False
        case = Case(patch.change, schema, source.era)
        try:
            offer, _ = await self.api.incremental_fields(source, schema)
        except CatalogError:
            return False
        return self._refused(patch.change, rehearsal.verdicts(case, offer))

    def _refused(self, change: Change, said: Sequence[Prediction]) -> bool:
        """Note what is refused of a schema; nothing of it is written then."""
        refused = [each for each in said if each.verdict is Verdict.REFUSED]
        for each in refused:
            problem = CatalogError(each.message or "refused by the source", hint=each.hint)
            self.problems[change.address][each.path] = problem
        if refused:
            self.refused.add(change.address)
            self._blame(change, CatalogError("another field of this schema was refused"))
        return bool(refused)

    async def _patch(self, patch: _Patch) -> None:
        try:
            await self.api.patch_schema(patch.source, patch.schema, patch.body)
        except CatalogError as problem:
            self._blame(patch.change, problem)

    # -- what went wrong

    def _observed(self, change: Change, source: Source) -> Observed:
        declared = declared_of(change.fields)
        return observed(change.address, declared, Live(source), lacking=None)

    def _blame(self, change: Change, problem: CatalogError) -> None:
        """A write of several fields is one write: it fails for all of them."""
        problem.again = creating.is_lost(problem) or not problem.sent
        for each in change.fields:
            if each.outcome is None:
                self.problems[change.address].setdefault(each.path, problem)

    def _blame_all(self, problem: CatalogError) -> None:
        """Nothing could be written. What was never sent may be tried again, and nothing else."""
        for change, _ in self.due:
            of_schema = schema_of(change.address) is not None
            told = _while("creating its source", problem) if of_schema else problem
            self._blame(change, told)
            told.again = not problem.sent


def _while(doing: str, problem: CatalogError) -> CatalogError:
    """The same problem, told to an object that it only reaches from elsewhere."""
    told = copy(problem)
    told.message = f"{doing}: {problem.message}"
    return told
