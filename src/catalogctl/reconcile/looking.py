"""A plan: read, compare, check references, have the catalogs rehearse. Never writes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from catalogctl import diff, planning, policy
from catalogctl.errors import CatalogError
from catalogctl.model import (
    Address,
    Change,
    Desired,
    Origin,
    Plan,
    Prediction,
    by_address,
    by_order,
)
from catalogctl.providers.base import Provider
from catalogctl.reconcile.work import IN_FLIGHT, Progress, each, silent


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
    base: Mapping[Address, diff.Base] | None = None,
    keep: frozenset[Origin] = diff.EVERY_ORIGIN,
    check: bool = True,
    rehearse: bool = True,
    history: bool = False,
    progress: Progress = silent,
) -> Plan:
    """The plan for these objects. Reads, checks and rehearses; never writes.

    `base` maps objects to the fields that git declared before; without it nothing is known of
    before. Only changes whose origin is in `keep` are planned. With `history` the catalogs are
    asked who moved the fields.

    Raises `CatalogError` when a catalog cannot be read: then there is no plan, never a partial
    one. `guards` in the plan are those that stop it.
    """
    wanted: dict[str, list[Desired]] = defaultdict(list)
    for one in desired:
        wanted[one.address.catalog].append(one)
    names = sorted(wanted)
    looking = _Looking(base, keep, check, rehearse, history, progress)
    seen = await each(
        lambda name: looking.at(providers[name], wanted[name]), names, len(names) or 1
    )
    changes = sorted((change for one in seen for change in one.changes), key=by_address)
    predictions = [prediction for one in seen for prediction in one.predictions]
    unchanged = sorted((address for one in seen for address in one.unchanged), key=by_order)
    plan = Plan(
        changes=tuple(changes),
        in_sync=len(unchanged),
        catalogs={name: await providers[name].describe() for name in names},
        allowed=tuple(sorted(set(allow))),
        unchanged=tuple(unchanged),
    )
    plan = planning.place(plan, locate, predictions)
    return replace(plan, guards=policy.check(plan, guards, no_specs=no_specs))


async def check(plan: Plan, providers: Mapping[str, Provider]) -> Plan:
    """A plan that was made without it, with what the catalogs say to it. Never writes."""
    changes: list[Change] = []
    for name, provider in providers.items():
        own = [change for change in plan.changes if change.address.catalog == name]
        changes += planning.refine(own, await provider.check(own))
    return replace(plan, changes=tuple(sorted(changes, key=by_address)))


@dataclass(frozen=True, slots=True)
class _Looking:
    """How the catalogs are looked at for a plan."""

    base: Mapping[Address, diff.Base] | None
    keep: frozenset[Origin]
    check: bool
    rehearse: bool
    history: bool
    progress: Progress

    async def at(self, provider: Provider, desired: Sequence[Desired]) -> _Seen:
        seen = await self.read(provider, desired)
        if seen.changes and self.check:
            self.progress(f"checking references in {provider.name}", 0, len(seen.changes))
            seen.predictions = await provider.check(seen.changes)
            seen.changes = list(planning.refine(seen.changes, seen.predictions))
        if seen.changes and self.rehearse:
            said = await self.rehearsed(provider, seen.changes)
            seen.changes = list(planning.refine(seen.changes, said))
            seen.predictions += said
        if seen.changes and self.history:
            self.progress(f"reading the history in {provider.name}", 0, len(seen.changes))
            told = await provider.history(seen.changes)
            seen.changes = list(planning.attributed(seen.changes, told))
        return seen

    async def read(self, provider: Provider, desired: Sequence[Desired]) -> _Seen:
        """What differs, object by object as they come in."""
        seen = _Seen()
        unseen = {one.address: one for one in desired}
        read = 0
        async for observed in provider.read(desired):
            read += 1
            self.progress(f"reading {provider.name}", read, len(desired))
            one = unseen.pop(observed.address)
            then = None if self.base is None else self.base.get(one.address, {})
            change = planning.compare(one, observed, provider.rules, then, self.keep)
            if change is None:
                seen.unchanged.append(observed.address)
            else:
                seen.changes.append(change)
        if unseen:
            raise CatalogError(
                f"{len(unseen)} objects were asked for and not answered", catalog=provider.name
            )
        return seen

    async def rehearsed(self, provider: Provider, changes: list[Change]) -> list[Prediction]:
        done = 0

        async def one(batch: list[Change]) -> list[Prediction]:
            nonlocal done
            predictions = await provider.rehearse(batch)
            done += len(batch)
            self.progress(f"rehearsing in {provider.name}", done, len(changes))
            return predictions

        answers = await each(one, provider.batches(changes), IN_FLIGHT)
        return [prediction for predictions in answers for prediction in predictions]
