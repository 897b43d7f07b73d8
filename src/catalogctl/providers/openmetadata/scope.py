"""Which lists to read so that the cost follows what is managed. Pure but for the counting."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from catalogctl import fqn

FEW = 4
"""Up to so many objects of a scope are read by name without looking at the scope."""

ENOUGH = 0.4
"""A scope is listed when so much of it is managed: at most 2.5 times is read of what is needed."""

MANY = 1000
"""More objects than this are not read by name, however large the scope is that they stand in."""

Count = Callable[[Mapping[str, str]], Awaitable[int]]
Levels = Sequence[tuple[str, int]]
"""List filters from wide to narrow, with the number of name parts in their values."""


@dataclass(frozen=True, slots=True)
class Lists:
    """The scopes to list (as query parameters; `{}` is everything) and the names to read singly."""

    scopes: tuple[Mapping[str, str], ...]
    singles: tuple[str, ...]


async def choose(names: Iterable[str], levels: Levels, count: Count) -> Lists:
    """The widest scopes that are well managed, else narrower ones, else single objects."""
    wanted = sorted(names)
    if len(wanted) <= FEW:
        return Lists((), tuple(wanted))
    if len(wanted) >= ENOUGH * await count({}) or (not levels and len(wanted) > MANY):
        return Lists(({},), ())
    return await _narrower(wanted, levels, count) if levels else Lists((), tuple(wanted))


async def _narrower(names: list[str], levels: Levels, count: Count) -> Lists:
    (name, parts), *deeper = levels
    chosen = await asyncio.gather(
        *(
            _of_scope({name: scope}, members, deeper, count)
            for scope, members in _group(names, parts).items()
        )
    )
    return Lists(
        tuple(scope for one in chosen for scope in one.scopes),
        tuple(name for one in chosen for name in one.singles),
    )


async def _of_scope(
    scope: Mapping[str, str], names: list[str], deeper: Levels, count: Count
) -> Lists:
    if len(names) <= FEW:
        return Lists((), tuple(names))
    if not deeper:
        worth_it = len(names) > MANY or len(names) >= ENOUGH * await count(scope)
        return Lists((scope,), ()) if worth_it else Lists((), tuple(names))
    inside = _group(names, deeper[0][1])
    if len(inside) > 1 and len(names) >= ENOUGH * await count(scope):
        return Lists((scope,), ())
    return await _narrower(names, deeper, count)


def _group(names: list[str], parts: int) -> dict[str, list[str]]:
    groups: dict[str, list[str]] = defaultdict(list)
    for name in names:
        groups[fqn.join(fqn.split(name)[:parts])].append(name)
    return groups
