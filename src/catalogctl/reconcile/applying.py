"""Carrying out a plan: read again, write what is still due, read back, account for everything."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Protocol

from catalogctl import planning
from catalogctl.diff import Rules
from catalogctl.errors import CatalogError, Unreachable
from catalogctl.model import (
    Action,
    Address,
    CatalogInfo,
    Change,
    FieldChange,
    Observed,
    Outcome,
    Plan,
    Verdict,
)
from catalogctl.providers.base import Provider
from catalogctl.reconcile.work import IN_FLIGHT, Progress, each, silent

ATTEMPTS = 3
"""How often a change is tried: others may change the same object, or a write get lost."""

PAUSE = 0.5
"""Seconds before the second try; the third waits twice as long."""


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

    Each object is read again just before it is written (or written on the condition that it is
    still as the plan saw it, where the catalog can do that): what moved since is skipped, the
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
            await each(self._lane, self._lanes(phases[phase]), IN_FLIGHT)

    def cut_off(self) -> None:
        """Account for what has not come to its end."""
        for change in self.plan.changes:
            if change.address in self.done:
                continue
            begun = change.address in self.begun
            outcome = Outcome.UNKNOWN if begun else Outcome.SKIPPED
            text = "cut off while it was written" if begun else "not begun: the run was cut off"
            self.done[change.address] = change.ended(outcome, text)

    def _lanes(self, changes: Iterable[Change]) -> list[tuple[str, list[list[Change]]]]:
        """The batches of each catalog; those in one lane come one after another.

        So do the triggers of one group: each makes the catalog ask another system, and those that
        wait are to be skipped when the run is stopped.
        """
        lanes: dict[tuple[str, str | int], list[list[Change]]] = defaultdict(list)
        for name, own in _by_catalog(changes).items():
            provider = self.providers[name]
            for number, batch in enumerate(provider.batches(own)):
                in_turn = batch[0].action is Action.TRIGGER
                lanes[name, provider.group(batch[0]) if in_turn else number].append(batch)
        return [(name, batches) for (name, _), batches in lanes.items()]

    async def _lane(self, item: tuple[str, list[list[Change]]]) -> None:
        catalog, batches = item
        for batch in batches:
            await self._batch(catalog, batch)

    async def _batch(self, catalog: str, batch: list[Change]) -> None:
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
            return [_unproved(each, problems.get(each.address, {}), text) for each in changes], []
        settled = []
        for change, seen in zip(changes, observed, strict=True):
            said = problems.get(change.address, {})
            fields = tuple(
                _settled(each, seen, provider.rules, said.get(each.path)) for each in change.fields
            )
            settled.append(replace(change, fields=fields))
        return settled, observed


def _settled(
    field: FieldChange, seen: Observed, rules: Rules, problem: CatalogError | None
) -> FieldChange:
    if problem is None:
        return planning.settled_field(field, seen, rules, None)
    settled = planning.settled_field(field, seen, rules, _said(problem))
    arrived = field.outcome is None and settled.outcome is Outcome.APPLIED
    # What arrived although the catalog complained tells the complaint: it may be of what came with
    # it. That an answer was lost on the way is of no interest then.
    lost = problem.again or isinstance(problem, Unreachable)
    return replace(settled, message=_said(problem)) if arrived and not lost else settled


def _unproved(change: Change, problems: Mapping[str, CatalogError], text: str) -> Change:
    """What nobody could read back: what the catalog refused (4xx) has failed, the rest may be."""

    def ended(field: FieldChange) -> FieldChange:
        problem = problems.get(field.path)
        if field.outcome is not None:
            return field
        if problem is not None and 400 <= (problem.status or 0) < 500:
            return field.ended(Outcome.FAILED, _said(problem))
        return field.ended(Outcome.UNKNOWN, text)

    return replace(change, fields=tuple(map(ended, change.fields)))


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
    unsaid = problem.status and f"HTTP {problem.status}" not in problem.message
    status = f" (HTTP {problem.status})" if unsaid else ""
    return f"{problem.message}{status}{hint}"
