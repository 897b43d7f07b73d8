"""The table sync: one table, at once, as its source has it now. And why it was refused, in words.

The call has one status for several reasons (its documentation lists them) and no documented bodies.
So they are told apart by reading: the data source's settings, the token's user, the schemas.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from catalogctl.errors import CatalogError, Forbidden, NotFound, Unauthorized
from catalogctl.providers.alation.api import Api
from catalogctl.providers.alation.mapping import Name
from catalogctl.providers.alation.reading import Reading
from catalogctl.providers.alation.wire import DataSource, Synced

AT_ONCE = 2
"""Syncs under way at once, of different data sources: Alation advises against parallel calls."""

WHO = "a server or catalog admin, or a source admin who is an admin of this data source"
"""Who may sync; the documentation says "an admin", the rest is inferred from a sibling call."""


@dataclass(slots=True)
class Syncer:
    """Has tables synced, one after another in each data source."""

    api: Api
    reading: Reading
    _gate: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE))
    _locks: dict[int, asyncio.Lock] = field(default_factory=lambda: defaultdict(asyncio.Lock))

    async def sync(self, name: Name, table_type: str) -> tuple[Synced, Any]:
        """The synced table, and the answer as it came. Raises `CatalogError`, explained.

        Of an `Unreachable` nobody knows what became of it: it is not tried again.
        """
        async with self._locks[name.ds_id], self._gate:
            try:
                return await self.api.sync(name, table_type)
            except CatalogError as problem:
                refused = problem
        raise await self._explained(refused, name, table_type)

    async def _explained(self, problem: CatalogError, name: Name, table_type: str) -> CatalogError:
        try:
            if problem.status == 400:
                return await self._bad_request(problem, name)
            if isinstance(problem, Forbidden):
                return await self._forbidden(problem, name)
            if isinstance(problem, NotFound):
                return await self._not_found(problem, name, table_type)
        except CatalogError:  # what was asked to explain it was refused too
            return problem
        if problem.status == 500:
            return _reworded(
                problem,
                f"Alation could not connect to data source {name.ds_id}: {problem.message}",
                "see in Alation whether its connection works, then apply again",
            )
        return problem

    async def _bad_request(self, problem: CatalogError, name: Name) -> CatalogError:
        """Missing values and bad types were kept from being sent."""
        settings = await self.reading.settings(name.ds_id, anew=True)
        if settings is not None and excludes(settings, name.schema):
            return _reworded(problem, *excluded(name))
        return _reworded(
            problem,
            f"Alation does not take {name}: {problem.message}",
            f"see whether schema {name.schema} is excluded in the settings of data source "
            f"{name.ds_id}, Per-Object Settings too",
        )

    async def _forbidden(self, problem: CatalogError, name: Name) -> CatalogError:
        try:
            user = await self.api.user()
        except (Forbidden, Unauthorized):
            return _reworded(problem, f"the token is not accepted: {problem.message}")
        if not user.is_admin:
            return _reworded(problem, *no_admin(user.name, user.role))
        return _reworded(
            problem,
            f"either the service account of data source {name.ds_id} may not see {name}, or "
            f"{user.name} ({user.role}) may not sync it: {problem.message}",
            f"grant the service account SELECT on it; who may sync is {WHO}",
        )

    async def _not_found(self, problem: CatalogError, name: Name, table_type: str) -> CatalogError:
        settings = await self.reading.settings(name.ds_id, anew=True)
        if settings is None:
            text = f"data source {name.ds_id} is not there, or the token may not see it"
            return _reworded(problem, text, "check datasource_id")
        if settings.is_virtual:
            text = f"data source {name.ds_id} is virtual: there is no database to sync {name} from"
            return _reworded(problem, text, "upload its metadata to Alation first")
        other = "VIEW" if table_type == "TABLE" else "TABLE"
        hint = f"check the names, and declare table_type: {other} if it is one"
        if await self.reading.has_schema(name):
            text = f"schema {name.schema} has no {table_type} {name.table} at the source"
            return _reworded(problem, text, hint)
        text = (
            f"either data source {name.ds_id} has no schema {name.schema}, or the schema has no "
            f"{table_type} {name.table}: it is not catalogued, and Alation does not say which"
        )
        return _reworded(problem, text, hint)


def excludes(settings: DataSource, schema: str) -> bool:
    """Whether the settings keep a schema out of the catalog."""
    folded = schema.casefold()
    limited = _names(settings.limit_schemas)
    return folded in _names(settings.exclude_schemas) or bool(limited and folded not in limited)


def _names(schemas: Iterable[Any] | None) -> set[str]:
    return {
        (".".join(map(str, each)) if isinstance(each, list) else str(each)).casefold()
        for each in schemas or ()
    }


def excluded(name: Name) -> tuple[str, str]:
    """The message and the mend."""
    return (
        f"schema {name.schema} is excluded from the catalog in the settings of data source "
        f"{name.ds_id}",
        "include it there, or delete the document",
    )


def no_admin(user: str, role: str | None) -> tuple[str, str]:
    """The message and the mend."""
    return f"{user} is {role}, and only an admin may do this", f"use the token of {WHO}"


def _reworded(problem: CatalogError, message: str, hint: str | None = None) -> CatalogError:
    return type(problem)(
        message,
        catalog=problem.catalog,
        operation=problem.operation,
        status=problem.status,
        sent=problem.sent,
        hint=hint or problem.hint,
    )
