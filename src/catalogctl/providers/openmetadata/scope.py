"""Which lists to read so that the cost follows what is managed. Pure but for the counting."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass

from catalogctl import fqn

FEW = 4
"""Up to so many tables of a scope are read by name without looking at the scope."""

ENOUGH = 0.4
"""A scope is listed when so much of it is managed: at most 2.5 times is read of what is needed."""

SPARSE = 0.05
"""In a schema of which less is managed, reading by name is cheaper than reading its pages."""

Count = Callable[[Mapping[str, str]], Awaitable[int]]


@dataclass(frozen=True, slots=True)
class Lists:
    """The scopes to list (as query parameters; `{}` is everything) and the names to read singly."""

    scopes: tuple[Mapping[str, str], ...]
    singles: tuple[str, ...]


async def choose(names: Iterable[str], count: Count) -> Lists:
    """Everything, or databases, or schemas, or single tables: the widest that is well managed."""
    wanted = sorted(names)
    if len(wanted) <= FEW:
        return Lists((), tuple(wanted))
    if len(wanted) >= ENOUGH * await count({}):
        return Lists(({},), ())
    by_database = _group(wanted, 2)
    parts = await asyncio.gather(
        *(_of_database(database, members, count) for database, members in by_database.items())
    )
    return Lists(
        tuple(scope for part in parts for scope in part.scopes),
        tuple(name for part in parts for name in part.singles),
    )


async def _of_database(database: str, names: list[str], count: Count) -> Lists:
    if len(names) <= FEW:
        return Lists((), tuple(names))
    scope = {"database": database}
    by_schema = _group(names, 3)
    if len(by_schema) > 1 and len(names) >= ENOUGH * await count(scope):
        return Lists((scope,), ())
    scopes: list[Mapping[str, str]] = []
    singles: list[str] = []
    for schema, members in by_schema.items():
        if len(members) <= FEW:
            singles += members
            continue
        own = {"databaseSchema": schema}
        if len(members) >= SPARSE * await count(own):
            scopes.append(own)
        else:
            singles += members
    return Lists(tuple(scopes), tuple(singles))


def _group(names: list[str], parts: int) -> dict[str, list[str]]:
    groups: dict[str, list[str]] = defaultdict(list)
    for name in names:
        groups[fqn.join(fqn.split(name)[:parts])].append(name)
    return groups
