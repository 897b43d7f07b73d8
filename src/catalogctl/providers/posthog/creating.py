"""Creating a source: asking about its tables first, and finding out what became of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from catalogctl.errors import CatalogError, Unreachable
from catalogctl.model import Address, Change, Prediction
from catalogctl.providers.posthog import rehearsal
from catalogctl.providers.posthog.api import Api
from catalogctl.providers.posthog.case import Case
from catalogctl.providers.posthog.identity import Key, key_of, schema_of
from catalogctl.providers.posthog.mapping import Live
from catalogctl.providers.posthog.sources import Sources

_ASKED = ("incremental_field", "primary_key_columns")


async def rehearse(
    api: Api, own: Change, schemas: Sequence[Change], settings: Mapping[str, Any]
) -> dict[Address, list[Prediction]]:
    """What the source says to the cursors and keys of its schemas while nothing is there yet.

    It takes the secrets, so no plan can ask. Of what cannot be asked nothing is said: what is
    wrong with the connection, the creation will tell.
    """
    asking = [each for each in schemas if any(field.path in _ASKED for field in each.fields)]
    direct = any(each.path == "access_method" and each.after == "direct" for each in own.fields)
    if direct or not asking:
        return {}
    try:
        tables = await api.tables(key_of(own.address), settings)
    except CatalogError:
        return {}
    offers = {table.table: table for table in tables}
    return {
        change.address: rehearsal.verdicts(Case(change, None, None, new_source=True), offers[name])
        for change in asking
        if (name := schema_of(change.address)) in offers and name is not None
    }


async def create(api: Api, sources: Sources, key: Key, body: Mapping[str, Any]) -> Live:
    """Create it. When the answer is lost it is looked for; it is never sent twice."""
    try:
        sources.remember(key, await api.create_source(key, body))
    except CatalogError as problem:
        if not is_lost(problem):
            raise
        try:
            live = await sources.look(key)
        except CatalogError:
            live = Live()
        if live.source is None:
            problem.hint = "it may still be under way: plan again before you apply again"
            raise problem from None
        return live
    return await sources.look(key)


def is_lost(problem: CatalogError) -> bool:
    """Whether a write may have been carried out all the same."""
    return (isinstance(problem, Unreachable) and problem.sent) or (problem.status or 0) >= 500
