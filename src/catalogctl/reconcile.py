"""The conductor: observe, rehearse, apply, prove. The only place that decides what runs at once."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol, TypeVar

from catalogctl import planning, policy
from catalogctl.errors import CatalogError
from catalogctl.model import (
    Action,
    Address,
    CatalogInfo,
    Change,
    Desired,
    FieldChange,
    Observed,
    Outcome,
    Plan,
    Prediction,
    Verdict,
)
from catalogctl.providers.base import Provider

T = TypeVar("T")
R = TypeVar("R")

ATTEMPTS = 3
"""How often a change is tried: others may change the same object, or a write get lost."""

PAUSE = 0.5
"""Seconds before the second try; the third waits twice as long."""

Progress = Callable[[str, int, int], None]
"""Told what is going on, how much of it is done, and of how much."""


def silent(doing: str, done: int, total: int) -> None:
    """A progress that nobody watches."""


async def each(work: Callable[[T], Awaitable[R]], items: Iterable[T], limit: int) -> list[R]:
    """`work` on every item, at most `limit` at once; results in the order of the items.

    After an unexpected failure the others are stopped and awaited before it is raised: nothing
    goes on writing behind the caller's back.
    """
    gate = asyncio.Semaphore(limit)

    async def guarded(item: T) -> R:
        async with gate:
            return await work(item)

    tasks = [asyncio.ensure_future(guarded(item)) for item in items]
    try:
        return list(await asyncio.gather(*tasks))
    except BaseException:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        raise


# -- planning


@dataclass(slots=True)
class _Seen:
    """What reading one catalog came to."""

    changes: list[Change] = field(default_factory=list)
    unchanged: list[Address] = field(default_factory=list)
    predictions: list[Prediction] = field(default_factory=list)


async def make_plan(
    desired: Sequence[Desired],
    providers: Mapping[str, Provider],
    *,
    locate: planning.Locate,
    guards: policy.Guards,
    allow: Sequence[str] = (),
    no_specs: str | None = None,
    rehearse: bool = True,
    progress: Progress = silent,
) -> Plan:
    """The plan for these objects. Reads and rehearses; never writes.

    Raises `CatalogError` when a catalog cannot be read: then there is no plan, never a partial
    one. `guards` in the plan are those that stop it.
    """
    wanted: dict[str, list[Desired]] = defaultdict(list)
    for one in desired:
        wanted[one.address.catalog].append(one)
    names = sorted(wanted)
    seen = await each(
        lambda name: _see(providers[name], wanted[name], rehearse, progress), names, len(names) or 1
    )
    changes = sorted((change for one in seen for change in one.changes), key=_by_address)
    predictions = [prediction for one in seen for prediction in one.predictions]
    unchanged = sorted(address for one in seen for address in one.unchanged)
    plan = Plan(
        changes=tuple(changes),
        in_sync=len(unchanged),
        catalogs={name: await providers[name].describe() for name in names},
        allowed=tuple(sorted(set(allow))),
        unchanged=tuple(unchanged),
    )
    plan = planning.place(plan, locate, predictions)
    return replace(plan, guards=policy.check(plan, guards, no_specs=no_specs))


def _by_address(change: Change) -> Address:
    return change.address


async def _see(
    provider: Provider, desired: Sequence[Desired], rehearse: bool, progress: Progress
) -> _Seen:
    seen = _Seen()
    by_address = {one.address: one for one in desired}
    read = 0
    async for observed in provider.read(desired):
        read += 1
        progress(f"reading {provider.name}", read, len(desired))
        change = planning.compare(by_address.pop(observed.address), observed, provider.rules)
        if change is None:
            seen.unchanged.append(observed.address)
        else:
            seen.changes.append(change)
    if by_address:
        raise CatalogError(
            f"{len(by_address)} objects were asked for and not answered", catalog=provider.name
        )
    if seen.changes:
        progress(f"checking references in {provider.name}", 0, len(seen.changes))
        seen.predictions = await provider.check(seen.changes)
        seen.changes = list(planning.refine(seen.changes, seen.predictions))
    if seen.changes and rehearse:
        rehearsed = 0

        async def one(batch: list[Change]) -> list[Prediction]:
            nonlocal rehearsed
            predictions = await provider.rehearse(batch)
            rehearsed += len(batch)
            progress(f"rehearsing in {provider.name}", rehearsed, len(seen.changes))
            return predictions

        answers = await each(one, provider.batches(seen.changes), _IN_FLIGHT)
        said = [prediction for predictions in answers for prediction in predictions]
        seen.changes = list(planning.refine(seen.changes, said))
        seen.predictions += said
    return seen


_IN_FLIGHT = 32
"""Objects under way at once; the client has its own limit for requests, which is the real one."""


# -- applying


class Journal(Protocol):
    """Where an apply notes what it is about to do and what became of it, as it happens."""

    def begin(self, change: Change) -> None: ...

    def end(self, change: Change) -> None: ...


async def apply(
    plan: Plan,
    providers: Mapping[str, Provider],
    *,
    journal: Journal,
    fail_fast: bool = False,
    stop: asyncio.Event | None = None,
    progress: Progress = silent,
) -> Plan:
    """Carry out a plan. The result has every change of the plan, once, each field with an outcome.

    Each object is read again just before it is written: what moved since the plan is skipped, the
    rest goes on. What was written is read back and compared. Setting `stop` lets what is under way
    finish and skips the rest. Cancelling cuts off what is under way: its outcome is *unknown*.
    """
    stop = stop or asyncio.Event()
    infos = {name: await provider.describe() for name, provider in providers.items()}
    run = _Apply(plan, providers, infos, journal, fail_fast, stop, progress)
    try:
        await run.everything()
    except asyncio.CancelledError:
        run.cut_off()
    done = run.done
    return replace(
        plan,
        changes=tuple(done[change.address] for change in plan.changes),
        catalogs={**plan.catalogs, **infos},
        applied=True,
    )


@dataclass(slots=True)
class _Apply:
    plan: Plan
    providers: Mapping[str, Provider]
    infos: Mapping[str, CatalogInfo]
    journal: Journal
    fail_fast: bool
    stop: asyncio.Event
    progress: Progress
    begun: set[Address] = field(default_factory=set)
    done: dict[Address, Change] = field(default_factory=dict)
    """Every change that has come to its end, with its outcomes."""
    troubled: set[tuple[str, str]] = field(default_factory=set)
    """Services in which something did not go well: removals there are left out."""
    failed_fast: bool = False

    async def everything(self) -> None:
        """Additions first, then replacements, then what takes something away."""
        phases: dict[int, list[Change]] = defaultdict(list)
        for change in self.plan.changes:
            phases[_phase(change)].append(change)
        for phase in sorted(phases):
            batches = [
                (name, batch)
                for name, changes in _by_catalog(phases[phase]).items()
                for batch in self.providers[name].batches(changes)
            ]
            await each(self._batch, batches, _IN_FLIGHT)

    def cut_off(self) -> None:
        """Account for what has not come to its end."""
        for change in self.plan.changes:
            if change.address in self.done:
                continue
            begun = change.address in self.begun
            outcome = Outcome.UNKNOWN if begun else Outcome.SKIPPED
            text = "cut off while it was written" if begun else "not begun: the run was cut off"
            self.done[change.address] = change.ended(outcome, text)

    async def _batch(self, item: tuple[str, list[Change]]) -> None:
        catalog, batch = item
        if self.stop.is_set() or self.failed_fast:
            ended = [
                each.ended(Outcome.SKIPPED, "not begun: the run was stopped") for each in batch
            ]
        else:
            ended = await self._try(self.providers[catalog], catalog, batch)
        for change in ended:
            self.done[change.address] = change
            if change.outcome is not Outcome.APPLIED:
                self.troubled.add((catalog, self.providers[catalog].group(change)))
                if self.fail_fast and change.outcome is Outcome.FAILED:
                    self.failed_fast = True
        self.progress("applying", len(self.done), len(self.plan.changes))

    async def _try(self, provider: Provider, catalog: str, batch: list[Change]) -> list[Change]:
        """Read, write what is still due, read back; again what reading shows has not arrived."""
        refused = [_left_alone(change) for change in batch if change.verdict is Verdict.REFUSED]
        batch = [change for change in batch if change.verdict is not Verdict.REFUSED]
        return refused + (await self._try_permitted(provider, catalog, batch) if batch else [])

    async def _try_permitted(
        self, provider: Provider, catalog: str, batch: list[Change]
    ) -> list[Change]:
        try:
            observed = await provider.reread(batch)
        except CatalogError as problem:
            text = f"could not be read before writing, so nothing was written: {_said(problem)}"
            return [change.ended(Outcome.FAILED, text) for change in batch]
        changes = batch
        for attempt in range(1, ATTEMPTS + 1):
            changes = [
                self._still_due(provider, catalog, change, seen, again=attempt > 1)
                for change, seen in zip(changes, observed, strict=True)
            ]
            due = [
                (change, seen)
                for change, seen in zip(changes, observed, strict=True)
                if any(field.outcome is None for field in change.fields)
            ]
            if not due:
                break
            for change, _ in due:
                self.begun.add(change.address)
                self.journal.begin(change)
            problems = dict(
                zip((change.address for change, _ in due), await provider.write(due), strict=True)
            )
            changes, observed = await self._prove(provider, changes, problems)
            reopened = [_reopened(change, problems) for change in changes]
            if not observed or reopened == changes or attempt == ATTEMPTS:
                break
            changes = reopened
            await asyncio.sleep(attempt * PAUSE)
        for change in changes:
            self.journal.end(change)
        return changes

    def _still_due(
        self, provider: Provider, catalog: str, change: Change, observed: Observed, *, again: bool
    ) -> Change:
        """The change as it stands now: done and impossible fields have their outcome."""
        creating = _makes(change) and (observed.creatable or observed.pristine or again)
        fields = tuple(
            each
            if each.outcome is not None
            else self._withheld(
                provider,
                catalog,
                change,
                planning.remaining_field(each, observed, provider.rules, creating=creating),
            )
            for each in change.fields
        )
        return replace(change, fields=fields)

    def _withheld(
        self, provider: Provider, catalog: str, change: Change, field: FieldChange
    ) -> FieldChange:
        """What may not be written now, although it is due, is skipped with the reason."""
        if field.outcome is not None:
            return field
        planned = self.plan.catalogs.get(catalog)
        principal = self.infos[catalog].principal
        if field.path in provider.personal and planned and planned.principal != principal:
            text = f"planned for {planned.principal}, but the token is that of {principal}"
            return field.ended(Outcome.SKIPPED, text)
        group = (catalog, provider.group(change))
        if field.takes_away and not field.added and group in self.troubled:
            text = f"a removal waits until everything else in {group[1]} went well"
            return field.ended(Outcome.SKIPPED, text)
        return field

    async def _prove(
        self,
        provider: Provider,
        changes: list[Change],
        problems: Mapping[Address, Mapping[str, CatalogError]],
    ) -> tuple[list[Change], list[Observed]]:
        """The changes with outcomes by what the catalog holds now, and what it holds."""
        try:
            observed = await provider.reread(changes)
        except CatalogError as problem:
            text = f"written, but could not be read back: {_said(problem)}"
            return [
                replace(
                    change,
                    fields=tuple(
                        each if each.outcome is not None else each.ended(Outcome.UNKNOWN, text)
                        for each in change.fields
                    ),
                )
                for change in changes
            ], []
        settled = []
        for change, seen in zip(changes, observed, strict=True):
            said = problems.get(change.address, {})
            fields = tuple(
                planning.settled_field(
                    each,
                    seen,
                    provider.rules,
                    _said(said[each.path]) if each.path in said else None,
                )
                for each in change.fields
            )
            settled.append(replace(change, fields=fields))
        return settled, observed


def _left_alone(change: Change) -> Change:
    """An object with a refused field is not written at all."""
    text = "another field of this object was refused"
    return replace(
        change,
        fields=tuple(
            each.ended(Outcome.SKIPPED, each.message if each.verdict is Verdict.REFUSED else text)
            for each in change.fields
        ),
    )


def _reopened(change: Change, problems: Mapping[Address, Mapping[str, CatalogError]]) -> Change:
    """Fields that lost a race, or whose write got lost on the way, are open again."""
    said = problems.get(change.address, {})
    return replace(
        change,
        fields=tuple(
            replace(each, outcome=None, message=None)
            if each.outcome is Outcome.FAILED and each.path in said and said[each.path].again
            else each
            for each in change.fields
        ),
    )


def _makes(change: Change) -> bool:
    """Whether the object itself is to come from this change."""
    return change.action in (Action.CREATE, Action.TRIGGER)


def _phase(change: Change) -> int:
    if change.takes_away:
        return 2
    return 1 if any(each.replaces for each in change.fields) else 0


def _by_catalog(changes: Iterable[Change]) -> dict[str, list[Change]]:
    groups: dict[str, list[Change]] = defaultdict(list)
    for change in changes:
        groups[change.address.catalog].append(change)
    return groups


def _said(problem: CatalogError) -> str:
    hint = f"; {problem.hint}" if problem.hint else ""
    status = f" (HTTP {problem.status})" if problem.status else ""
    return f"{problem.message}{status}{hint}"
