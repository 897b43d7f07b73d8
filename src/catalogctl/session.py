"""A whole run for whoever embeds the tool; the commands use nothing else.

    config = catalogctl.load_config()
    specs = catalogctl.load_specs(config)
    plan = await catalogctl.plan(config, specs)
    result = await catalogctl.apply(config, plan)

A `Session` keeps the connections, and what was learnt on the way, between a plan and its apply.
"""

from __future__ import annotations

import asyncio
import gc
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from fnmatch import fnmatchcase
from pathlib import Path
from types import TracebackType

from catalogctl import history, planning, policy, reconcile, spec
from catalogctl.config import Config, load_config
from catalogctl.diff import EVERY_ORIGIN
from catalogctl.errors import Diagnostic, InvalidError, Location, UsageError
from catalogctl.history import Base
from catalogctl.journal import Journal
from catalogctl.model import Address, Desired, Origin, Plan, Secret, Verdict
from catalogctl.policy import GUARDS, Guards
from catalogctl.providers import Waiting, actions, connect
from catalogctl.providers.actions import Order, Report
from catalogctl.providers.base import Provider
from catalogctl.spec import Memory, Specs

__all__ = ["Session", "apply", "drift", "load_base", "load_config", "load_specs", "plan"]


def load_base(
    config: Config,
    revision: str,
    paths: Sequence[Path] | None = None,
    *,
    cache: Path | None = None,
    memory: Memory | None = None,
) -> Base:
    """The specs as they were at a git revision. Reads git's objects, never the work tree.

    `memory` is one that `load_specs` filled before: what has not changed since is not read twice.
    Raises `InvalidError` when they cannot be had, or were invalid then.
    """
    return history.read_base(config, revision, paths, cache=cache, memory=memory)


def load_specs(
    config: Config,
    paths: Sequence[Path] | None = None,
    *,
    unconnected: bool = False,
    cache: Path | None = None,
    memory: Memory | None = None,
) -> Specs:
    """The specs of a configuration, or those under `paths` instead. Reads files, no network.

    Mistakes are in `Specs.diagnostics`, all of them; `plan` refuses specs that have errors. With
    `unconnected`, specs of a type for which no catalog is configured are no mistake, as long as
    none at all is. `cache` is a folder in which what was parsed is kept for the next run;
    `memory` keeps it for a `load_base` of this run.
    """
    catalogs = None if unconnected and not config.catalogs else config.types
    specs = spec.load(
        paths or config.specs, root=config.root, catalogs=catalogs, cache=cache, memory=memory
    )
    gc.freeze()  # they live as long as the run: the collector need not walk them again and again
    return specs


async def plan(
    config: Config,
    specs: Specs,
    *,
    only: Sequence[str] = (),
    allow: Sequence[str] = (),
    rehearse: bool = True,
    base: Base | None = None,
    keep: frozenset[Origin] = EVERY_ORIGIN,
    share: tuple[int, int] | None = None,
) -> Plan:
    """What would have to change so that the catalogs hold what the specs say. Never writes.

    `only` keeps the objects whose address matches one of these shell globs; `allow` names guards
    that may be passed once; without `rehearse` no dry run is asked for. `base` (see `load_base`)
    tells change, drift and conflict apart, and `keep` leaves out the others; `share` is the number
    of a share, from 1, and of how many. Raises `InvalidError` for specs or configuration that
    cannot be used and `CatalogError` for a catalog that cannot be read.
    """
    async with Session(config) as session:
        return await session.plan(
            specs, only=only, allow=allow, rehearse=rehearse, base=base, keep=keep, share=share
        )


async def drift(
    config: Config,
    base: Base,
    *,
    only: Sequence[str] = (),
    share: tuple[int, int] | None = None,
) -> Plan:
    """What the catalogs moved away from the specs of a git revision, by whom and when, as a plan.

    All its changes are drift. Nothing is checked, rehearsed or guarded, since nothing is to be
    changed. Raises as `plan` does.
    """
    async with Session(config) as session:
        return await session.drift(base, only=only, share=share)


async def apply(config: Config, plan: Plan, *, fail_fast: bool = False) -> Plan:
    """Carry out a plan, also one that was saved; the result has an outcome for every change.

    Raises `InvalidError` when the plan was made for other catalogs than the configured ones.
    Whether guards permit the plan is the caller's to look at (`Plan.guards`).
    """
    async with Session(config) as session:
        return await session.apply(plan, fail_fast=fail_fast)


class Session:
    """Connections to the catalogs that a run needs; no other catalog is ever contacted."""

    def __init__(
        self,
        config: Config,
        *,
        concurrency: int | None = None,
        environ: Mapping[str, str] | None = None,
        progress: reconcile.Progress = reconcile.silent,
        on_wait: Waiting | None = None,
        cache: Path | None = None,
    ) -> None:
        """`cache` is a folder in which a plan leaves what the next one need not look at again. Not
        for an apply, which is to see everything itself.
        """
        self._config = config
        self._cache = cache
        self._concurrency = concurrency
        self._environ = os.environ if environ is None else environ
        self._progress = progress
        self._on_wait = on_wait
        self._providers: dict[str, Provider] = {}
        self.undo: Path | None = None
        """After `apply`: the saved plan that takes back what was written, if anything was."""

    async def __aenter__(self) -> Session:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for provider in self._providers.values():
            await provider.close()

    async def plan(
        self,
        specs: Specs,
        *,
        only: Sequence[str] = (),
        allow: Sequence[str] = (),
        rehearse: bool = True,
        base: Base | None = None,
        keep: frozenset[Origin] = EVERY_ORIGIN,
        share: tuple[int, int] | None = None,
    ) -> Plan:
        """See the function of the same name."""
        if specs.has_errors:
            raise InvalidError(specs.diagnostics)
        desired = _selected(specs, only, share)
        made = await reconcile.make_plan(
            desired,
            self._connect({one.address.catalog for one in desired}),
            locate=specs.locate,
            guards=self._config.guards,
            allow=allow,
            no_specs=specs.empty_reason,
            base=base.declared(self._config) if base else None,
            keep=keep,
            rehearse=rehearse,
            progress=self._progress,
        )
        return replace(made, base=base.commit if base else None, share=share)

    async def drift(
        self, base: Base, *, only: Sequence[str] = (), share: tuple[int, int] | None = None
    ) -> Plan:
        """See the function of the same name."""
        desired = _selected(base.specs, only, share)
        made = await reconcile.make_plan(
            desired,
            self._connect({one.address.catalog for one in desired}),
            locate=base.specs.locate,
            guards=Guards(allow=GUARDS),  # nothing is going to be changed
            base={one.address: one.fields for one in desired},
            check=False,
            rehearse=False,
            history=True,
            progress=self._progress,
        )
        return replace(made, base=base.commit, share=share)

    async def judged(self, saved: Plan, allow: Sequence[str] = ()) -> Plan:
        """A saved plan with the guards that still stop it.

        One of drift alone is checked and judged now: `drift` itself is not going to change
        anything, so nobody did that before.
        """
        allowed = tuple(sorted({*allow, *saved.allowed}))
        plan, guards = saved, {each.guard: each for each in saved.guards}
        if saved.base and saved.changes and all(c.origin is Origin.DRIFT for c in saved.changes):
            providers = self._connect({change.address.catalog for change in saved.changes})
            await _same_catalogs(saved, providers)
            plan = await reconcile.check(replace(saved, allowed=allowed), providers)
            guards |= {each.guard: each for each in policy.check(plan, self._config.guards)}
        passed = {*allowed, *self._config.guards.allow}
        left = tuple(each for name, each in guards.items() if name not in passed)
        return replace(plan, allowed=saved.allowed, guards=left)

    async def apply(
        self, plan: Plan, *, fail_fast: bool = False, stop: asyncio.Event | None = None
    ) -> Plan:
        """See the function of the same name. Setting `stop` ends it early, with a full report."""
        providers = self._connect({change.address.catalog for change in plan.changes})
        await _same_catalogs(plan, providers)
        self._check_secrets(plan)
        for provider in providers.values():
            provider.allow_writes()
        with Journal(state_folder(self._config), plan) as journal:
            try:
                return await reconcile.apply(
                    plan,
                    providers,
                    journal=journal,
                    fail_fast=fail_fast,
                    stop=stop,
                    progress=self._progress,
                )
            finally:
                self.undo = journal.write_undo()

    def _check_secrets(self, plan: Plan) -> None:
        """Secrets that are about to be sent are there: better said before anything is written."""
        found: dict[str, Diagnostic] = {}
        for change in plan.changes:
            catalog = self._config.catalogs[change.address.catalog]
            for each in change.fields:
                if isinstance(each.after, Secret) and each.verdict is not Verdict.REFUSED:
                    try:
                        catalog.resolve(self._environ).reveal(each.after.reference)
                    except InvalidError as problem:
                        text = f"{change.address}: {each.path}: {problem.diagnostics[0].message}"
                        placed = replace(problem.diagnostics[0], message=text, location=each.source)
                        found.setdefault(text, placed)
        if found:
            raise InvalidError(list(found.values()))

    async def run(self, order: Order) -> Report:
        """Do one thing to one object by hand: what `providers.actions.ACTIONS` lists.

        Nothing is written unless `order.agree` says yes to the question it is asked. Raises
        `InvalidError` for a file that may not be sent, with everything that is wrong with it, and
        `CatalogError` when nothing was done; whatever else happened is in the report.
        """
        name, address = order.address.catalog, order.address
        known = self._config.catalogs.get(name)
        if known is not None and order.action not in actions.of(
            known.type, address.kind, address.identity
        ):
            raise UsageError(f"there is no action {order.action!r} of {address}")
        provider = self._connect([name])[name]
        return await provider.run(replace(order, progress=self._progress))

    def _connect(self, names: Iterable[str]) -> dict[str, Provider]:
        """Providers for these catalogs; everything that is wrong with any of them, at once."""
        found: list[Diagnostic] = []
        for name in sorted(set(names) - self._providers.keys()):
            known = self._config.catalogs.get(name)
            if known is None:
                text = f"no catalog named {name!r} is configured"
                file = self._config.file
                place = Location(self._config.relative(file)) if file else None
                found.append(Diagnostic("CONF090", text, place))
                continue
            try:
                connection = known.resolve(self._environ)
            except InvalidError as problem:
                found += problem.diagnostics
                continue
            concurrency = self._concurrency or connection.concurrency
            connection = replace(connection, concurrency=concurrency, cache=self._cache)
            self._providers[name] = connect(connection, self._on_wait)
        if found:
            raise InvalidError(found)
        return {name: self._providers[name] for name in sorted(names)}


def _selected(specs: Specs, only: Sequence[str], share: tuple[int, int] | None) -> list[Desired]:
    return [
        one
        for one in specs.desired
        if (not only or matches(one.address, only))
        and (share is None or planning.in_share(one.address, *share))
    ]


def matches(address: Address, globs: Iterable[str]) -> bool:
    """Whether an address matches one of these globs, with or without its catalog's name."""
    plain = f"{address.kind}/{address.identity}"
    names = {str(address), plain, f"{address.catalog}:{plain}"}
    return any(fnmatchcase(name, glob) for name in names for glob in globs)


def state_folder(config: Config) -> Path:
    """Where journals and undo files lie: beside the configuration."""
    return (config.file.parent if config.file else config.root) / ".catalogctl"


async def _same_catalogs(plan: Plan, providers: Mapping[str, Provider]) -> None:
    found = []
    for name, provider in providers.items():
        planned, here = plan.catalogs.get(name), await provider.describe()
        if planned is not None and planned.url != here.url:
            text = f"the plan was made for {planned.url}, but {name} is {here.url}"
            found.append(Diagnostic("PLAN904", text, hint="plan again against this catalog"))
    if found:
        raise InvalidError(found)
