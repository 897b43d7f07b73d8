"""OpenMetadata as a provider: reading in pages, checking, rehearsing, writing object by object."""

from __future__ import annotations

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path

from msgspec import Raw

from catalogctl import fqn
from catalogctl.client import Client
from catalogctl.errors import BadResponse, CatalogError, NotFound
from catalogctl.groups import grouped
from catalogctl.model import (
    Address,
    CatalogInfo,
    Change,
    Declared,
    Desired,
    FieldChange,
    Moved,
    Observed,
    Prediction,
    Verdict,
)
from catalogctl.providers.actions import Order, Report
from catalogctl.providers.answers import as_they_come, merged
from catalogctl.providers.openmetadata import history, importing, rows_csv, scope, transfer
from catalogctl.providers.openmetadata.agreement import agrees
from catalogctl.providers.openmetadata.api import Api, Live
from catalogctl.providers.openmetadata.kinds import KINDS, Kind
from catalogctl.providers.openmetadata.mapping import (
    FIELDS,
    OpenMetadataRules,
    authors_of,
    column_changes,
    declared_of,
    held_fields,
    needed_fields,
)
from catalogctl.providers.openmetadata.paging import Pages
from catalogctl.providers.openmetadata.references import References
from catalogctl.providers.openmetadata.standing import Standing
from catalogctl.providers.openmetadata.topics import TopicsCsv
from catalogctl.providers.openmetadata.unchanged import Unchanged
from catalogctl.providers.openmetadata.verdicts import unrehearsed, verdicts
from catalogctl.providers.openmetadata.wire import Entity
from catalogctl.providers.openmetadata.writing import EntityWriter

PAGE = 1000
"""Rows a page: pages come one after another, so fewer of them are faster; memory stays flat."""

PAGES = 4
"""Pages that are under way or in memory at once, of all lists together."""

AWHILE = 50
"""Rows after which whatever else is under way gets its turn."""

CERTIFICATION = "Certification."

TRUSTED_MISSES = 50
"""Objects that no list showed are asked for by name, unless there are more than this."""


class OpenMetadata:
    """One OpenMetadata or Collate server."""

    personal = frozenset({"vote"})

    def __init__(self, name: str, url: str, client: Client, *, cache: Path | None = None) -> None:
        self.name = name
        self.rules = OpenMetadataRules()
        self._url = url
        self._client = client
        self._api = Api(client)
        self._references = References(self._api)
        self._standing = Standing(self._api)
        self._unchanged = Unchanged(cache)
        self._topics = TopicsCsv(self._api)
        self._exports: dict[str, rows_csv.Export] = {}
        self._user_id: str | None = None
        self._info: CatalogInfo | None = None
        self._described: asyncio.Task[CatalogInfo] | None = None

    def allow_writes(self) -> None:
        self._client.writing = True

    async def describe(self) -> CatalogInfo:
        if self._described is None:
            self._described = asyncio.ensure_future(self._describe())
        return await self._described

    async def _describe(self) -> CatalogInfo:
        version, user = await asyncio.gather(self._api.version(), self._api.logged_in_user())
        if version is None and user is None:
            raise NotFound(
                f"no OpenMetadata answers at {self._url}",
                catalog=self.name,
                hint="is the URL right? it ends before /api",
            )
        self._user_id = str(user["id"]) if user else None
        principal = str(user["name"]) if user else None
        self._info = CatalogInfo("openmetadata", self._url, version, principal)
        return self._info

    # -- reading

    async def read(self, desired: Sequence[Desired]) -> AsyncIterator[Observed]:
        of_kind: dict[str, list[Desired]] = defaultdict(list)
        for one in desired:
            of_kind[one.address.kind].append(one)
        for name in sorted(of_kind):
            async for observed in self._read_kind(KINDS[name], of_kind[name]):
                yield observed

    async def _read_kind(self, kind: Kind, desired: Sequence[Desired]) -> AsyncIterator[Observed]:
        by_name = {each.address.name: each for each in desired}
        fields = needed_fields({word for each in desired for word in each.first_words()})
        lists, _ = await asyncio.gather(
            scope.choose(by_name, kind.levels, lambda filters: self._api.count(kind, filters)),
            self.describe(),  # whose vote it is; asked at the same time to save a wait
        )
        self._unchanged.load(self._url, self._user_id)
        unseen = dict(by_name)
        walks = [Pages(self._api, kind, each, fields, PAGE) for each in lists.scopes]
        async for page in merged(walks, PAGES):
            for number, row in enumerate(page.rows):
                if number % AWHILE == 0:
                    await asyncio.sleep(0)  # so that the next page can come in meanwhile
                same = None if self._api.unknown_fields else self._unchanged.find(row, unseen)
                if same is not None:
                    del unseen[same.address.name]
                    yield Observed(same.address, agrees=True)
                    continue
                entity = page.decode(row)
                wanted = unseen.pop(entity.fullyQualifiedName, None)
                if wanted is not None:
                    yield self._listed(kind, wanted, entity, row, page.time)
            del page, row  # megabytes, and the next ones are on their way
        singles = sorted(unseen)
        if len(unseen) - len(lists.singles) > TRUSTED_MISSES:
            if any(each.is_short for each in walks):
                raise BadResponse(
                    f"a list of {kind.noun}s ended before it showed as many as it says there are",
                    catalog=self.name,
                    operation=f"list {kind.noun}s",
                )
            singles = list(lists.singles)
            for name in sorted(unseen.keys() - set(singles)):
                yield _absent(by_name[name].address)
        async for observed in as_they_come(self._single(kind, by_name[name]) for name in singles):
            yield observed

    def _listed(
        self, kind: Kind, desired: Desired, entity: Entity, row: Raw, time: float
    ) -> Observed:
        if agrees(entity, grouped(desired.fields), self._user_id) and not self._api.unknown_fields:
            self._unchanged.keep(row, desired)
            return Observed(desired.address, agrees=True)
        self._standing.note_row(kind, desired.address, entity, row, time)
        return self._observed(kind, desired.address, desired.fields, entity, None)

    async def _single(self, kind: Kind, desired: Desired) -> Observed:
        fields = needed_fields(desired.fields)
        observed = await self._by_name(kind, desired.address, desired.fields, fields)
        if observed.handle is not None:
            self._standing.note(desired.address, observed.handle)
        return observed

    async def _by_name(
        self,
        kind: Kind,
        address: Address,
        declared: Mapping[str, Declared],
        fields: Sequence[str],
    ) -> Observed:
        try:
            live = await self._api.by_name(kind, address.name, fields)
        except NotFound:
            return _absent(address)
        return self._observed(kind, address, declared, live.entity, live)

    def _observed(
        self,
        kind: Kind,
        address: Address,
        declared: Mapping[str, Declared],
        entity: Entity,
        live: Live | None,
    ) -> Observed:
        self.rules.single_domain = self._api.single_domain
        fields, missing = held_fields(entity, declared, self._user_id)
        if self._api.unknown_fields:
            for path in declared:
                wire = needed_fields([path])
                if wire and self._api.lacks(kind, wire[-1]):
                    missing[path] = f"this server has no {wire[-1]} for {kind.noun}s"
        own_user = self._info.principal if self._info else None
        authors = authors_of(entity, own_user)
        return Observed(address, fields, missing=missing, authors=authors, handle=live)

    # -- beforehand

    async def check(self, changes: Sequence[Change]) -> list[Prediction]:
        found = await self._references.check(changes)
        for change in changes:
            for each in change.fields:
                pushed = _pushed_out(each)
                if pushed is not None:
                    found.append(Prediction(change.address, each.path, Verdict.UNVERIFIED, pushed))
                reason = self._impossible(each) or await self._certified(change, each)
                if reason is not None:
                    found.append(Prediction(change.address, each.path, Verdict.REFUSED, reason))
        return found

    async def _certified(self, change: Change, field: FieldChange) -> str | None:
        """Servers that know certifications keep them apart, and drop them from tags in silence.

        Their classification can be another one than the default (inferred); only that is known.
        """
        names = field.added if field.path.endswith("tags") else ()
        if not any(name.startswith(CERTIFICATION) for name in names or ()):
            return None
        kind = KINDS[change.address.kind]
        if not self._api.has_asked_for(kind, "certification"):
            with contextlib.suppress(CatalogError):
                await self._api.by_name(kind, change.address.name, ("certification",))
        if self._api.lacks(kind, "certification"):
            return None
        return "this server keeps certifications apart from tags, and would drop this one"

    def _impossible(self, change: FieldChange) -> str | None:
        """What this server or this token can never do."""
        if change.path == "vote" and self._user_id is None:
            return "the token has no user of its own, so it has no vote"
        several = isinstance(change.after, tuple) and len(change.after) > 1
        if change.path == "domains" and self._api.single_domain and several:
            return "this server keeps one domain for each object"
        return None

    async def history(self, changes: Sequence[Change]) -> Mapping[Address, Mapping[str, Moved]]:
        with contextlib.suppress(CatalogError):
            await self.describe()  # who the token's own user is
        own_user = self._info.principal if self._info else None
        return await history.of_changes(self._api, changes, own_user, self.rules.key)

    async def rehearse(self, changes: Sequence[Change]) -> list[Prediction]:
        topics = [change for change in changes if change.address.kind == "Topic"]
        parts = await asyncio.gather(
            self._topics.rehearse(topics),
            *(
                self._rehearse_columns(change)
                for change in changes
                if column_changes(change.fields)
            ),
        )
        return [prediction for part in parts for prediction in part]

    async def _rehearse_columns(self, change: Change) -> list[Prediction]:
        """The dry-run import of the rows that differ; other fields have no rehearsal."""
        columns = column_changes(change.fields)
        table = importing.table(change.address.name)
        try:
            export = await importing.read_export(self._api, table)
            known = {path: fields for path, fields in columns.items() if path in export.rows}
            refused = await importing.send(self._api, table, export, known, dry_run=True)
        except CatalogError as problem:
            return unrehearsed(change.address, columns.values(), problem)
        self._exports[table.name] = export
        return [
            prediction
            for path, fields in known.items()
            for prediction in verdicts(change.address, fields, refused.get(path))
        ]

    # -- writing

    def batches(self, changes: Iterable[Change]) -> list[list[Change]]:
        """Topics by service, since one import can take them all; everything else alone.

        Servers lose concurrent patches of one object, so each object has one writer.
        """
        batches: list[list[Change]] = []
        of_service: dict[str, list[Change]] = {}
        for change in changes:
            if change.address.kind != "Topic":
                batches.append([change])
                continue
            batch = of_service.get(self.group(change))
            if batch is None or len(batch) == importing.PIECE:
                batch = of_service[self.group(change)] = []
                batches.append(batch)
            batch.append(change)
        return batches

    def group(self, change: Change) -> str:
        return fqn.split(change.address.name)[0]

    async def reread(self, changes: Sequence[Change]) -> list[Observed]:
        return await asyncio.gather(
            *(
                self._standing.observed(change, partial(self._read_again, change))
                for change in changes
            )
        )

    async def _read_again(self, change: Change) -> Observed:
        kind, declared = KINDS[change.address.kind], declared_of(change.fields)
        return await self._by_name(kind, change.address, declared, self._fields_to_write(change))

    @staticmethod
    def _fields_to_write(change: Change) -> tuple[str, ...]:
        """What is needed of an object to write it: owners too, to keep their inheritance.

        Of a topic everything that its CSV row has, to tell whether the row is up to date.
        """
        needed = {"owners", *needed_fields(each.path for each in change.fields)}
        if change.address.kind == "Topic":
            needed |= {"tags", "domains"}
        return tuple(name for name in FIELDS if name in needed)

    async def write(
        self, due: Sequence[tuple[Change, Observed]]
    ) -> list[Mapping[str, CatalogError]]:
        imported = await self._topics.write(
            [(change, seen) for change, seen in due if change.address.kind == "Topic"]
        )
        return await asyncio.gather(
            *(
                self._write_one(change, seen, imported.get(change.address, {}))
                for change, seen in due
            )
        )

    async def _write_one(
        self, change: Change, observed: Observed, imported: Mapping[str, CatalogError | None]
    ) -> Mapping[str, CatalogError]:
        """Everything but the fields that an import has dealt with already."""
        problems = {path: problem for path, problem in imported.items() if problem is not None}
        left = tuple(
            each for each in change.fields if each.outcome is None and each.path not in imported
        )
        if left:
            export = self._exports.get(change.address.name)
            live, user = observed.handle, self._user_id
            writer = EntityWriter(self._api, self._references, live, left, export, user)
            problems |= await writer.write()
        return problems

    # -- by hand

    async def run(self, order: Order) -> Report:
        return await transfer.run(self._api, self.allow_writes, order)

    async def close(self) -> None:
        self._unchanged.write()
        await self._client.close()


def _pushed_out(field: FieldChange) -> str | None:
    """Why owners go whom nobody took out of the spec, if any do."""
    if field.path != "owners" or field.exact or not (field.added and field.removed):
        return None
    if any(name.startswith("team:") for name in field.added):
        return "one team owns alone: the owners that are there now go"
    if any(name.startswith("team:") for name in field.removed):
        return "users do not own beside a team: the team goes"
    return None


def _absent(address: Address) -> Observed:
    return Observed(address, exists=False, missing={"": f"{address.kind} {address.name} not found"})
