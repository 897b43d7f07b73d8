"""Writing one batch of tables: syncs one after another, then titles and descriptions, then values.

The sync comes first, since it makes the row that the others are about. Whatever happens to one
table is its own problem; the others go on.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from catalogctl.errors import BadResponse, CatalogError, NotFound, Rejected, Unreachable
from catalogctl.model import Change, FieldChange, Observed
from catalogctl.providers.alation import jobs
from catalogctl.providers.alation.api import Api
from catalogctl.providers.alation.custom_fields import CustomFields, name_of
from catalogctl.providers.alation.mapping import (
    SYNCED,
    Name,
    name_of_table,
    texts_of,
    type_to_sync,
    whole_state,
)
from catalogctl.providers.alation.syncing import Syncer
from catalogctl.providers.alation.wire import Table


@dataclass(slots=True)
class Habits:
    """What is learnt of a server while writing."""

    patches: bool = True
    """Whether it takes PATCH, which it does since 2025.3. Before it does not: 405, maybe 404."""


@dataclass(slots=True)
class _Target:
    """One table of the batch: what is due, its id once it has one, and what went wrong."""

    name: Name
    due: Mapping[str, FieldChange]
    row: Table | None
    id: int | None
    problems: dict[str, CatalogError] = field(default_factory=dict)

    def of(self, paths: Sequence[str]) -> list[FieldChange]:
        return [self.due[path] for path in paths if path in self.due]

    def blame(self, changes: Sequence[FieldChange], problem: CatalogError) -> None:
        self.problems.update({each.path: problem for each in changes})


class BatchWriter:
    """Writes what is due on tables of one data source, each read just before."""

    def __init__(
        self,
        api: Api,
        syncer: Syncer,
        custom_fields: Callable[[], Awaitable[CustomFields]],
        habits: Habits,
        due: Sequence[tuple[Change, Observed]],
    ) -> None:
        self._api = api
        self._syncer = syncer
        self._custom_fields = custom_fields
        self._habits = habits
        self._targets = [_target(change, seen) for change, seen in due]

    async def write(self) -> list[Mapping[str, CatalogError]]:
        """What may have gone wrong, table by table."""
        for target in self._targets:
            if target.of(SYNCED):
                await self._sync(target)
        for target in self._targets:
            if target.id is None:
                self._blame_waiting(target)
        there = [target for target in self._targets if target.id is not None]
        await self._all(there, _texts, self._write_texts)
        await self._all(there, _values, self._write_values)
        return [target.problems for target in self._targets]

    async def _sync(self, target: _Target) -> None:
        declared = target.due.get("table_type")
        table_type = type_to_sync(declared.after if declared else None, target.row)
        try:
            synced, _ = await self._syncer.sync(target.name, table_type)
        except CatalogError as problem:
            target.blame(target.of(SYNCED), problem)
            return
        target.id = synced.id

    def _blame_waiting(self, target: _Target) -> None:
        """Fields of a table that has no row yet. After an answer that was lost it may have one,
        and reading will tell."""
        waiting = [*_texts(target), *_values(target)]
        message = f"not written, since {target.name} is not catalogued"
        problem = CatalogError(message, catalog=self._api.client.catalog)
        problem.again = any(
            isinstance(each, (Unreachable, BadResponse)) for each in target.problems.values()
        )
        target.blame(waiting, problem)

    async def _all(
        self,
        targets: Sequence[_Target],
        fields: Callable[[_Target], list[FieldChange]],
        write: Callable[[Sequence[_Target]], Awaitable[None]],
    ) -> None:
        """All at once; one by one when that is refused or fails, which may be for one of them."""
        targets = [target for target in targets if fields(target)]
        if not targets:
            return
        try:
            await write(targets)
        except CatalogError as problem:
            if isinstance(problem, (Rejected, NotFound, jobs.Failed)) and len(targets) > 1:
                for target in targets:
                    await self._all([target], fields, write)
                return
            for target in targets:
                target.blame(fields(target), problem)

    async def _write_texts(self, targets: Sequence[_Target]) -> None:
        """One job for all. Raises `CatalogError`."""
        ds_id = targets[0].name.ds_id
        texts = {target.id or 0: texts_of(_texts(target)) for target in targets}
        if self._habits.patches:
            items: list[Mapping[str, Any]] = [{"id": id, **each} for id, each in texts.items()]
            try:
                await jobs.follow(self._api, await self._api.write_tables("PATCH", ds_id, items))
                return
            except CatalogError as problem:
                if problem.status not in (404, 405):
                    raise
        raw = await asyncio.gather(*map(self._api.raw_table, texts))
        items = [whole_state(each, texts[each["id"]]) for each in raw]
        number = await self._api.write_tables("POST", ds_id, items)
        self._habits.patches = False  # a 404 may have been about what is written: then so is this
        await jobs.follow(self._api, number)

    async def _write_values(self, targets: Sequence[_Target]) -> None:
        """One job for all, and the second one that it may start. Raises `CatalogError`."""
        custom_fields = await self._custom_fields()
        items = [
            custom_fields.to_send(target.id or 0, change)
            for target in targets
            for change in _values(target)
        ]
        number = await self._api.write_values(items)
        try:
            await jobs.follow(self._api, number)
        except CatalogError as problem:
            # After a failure the documentation says to send it again.
            problem.again = not isinstance(problem, jobs.StillRunning)
            raise


def _texts(target: _Target) -> list[FieldChange]:
    return target.of(("title", "description"))


def _values(target: _Target) -> list[FieldChange]:
    return [each for path, each in target.due.items() if name_of(path) is not None]


def _target(change: Change, seen: Observed) -> _Target:
    row = seen.handle if isinstance(seen.handle, Table) else None
    due = {each.path: each for each in change.fields if each.outcome is None}
    return _Target(name_of_table(change.address), due, row, row.id if row else None)
