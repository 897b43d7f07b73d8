"""Creating a source: asking about its tables first, and finding out what became of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import Any

from catalogctl.errors import BadResponse, CatalogError, Unreachable
from catalogctl.model import Address, Change, Prediction, Verdict
from catalogctl.providers.posthog import rehearsal
from catalogctl.providers.posthog.api import Api
from catalogctl.providers.posthog.case import Case
from catalogctl.providers.posthog.identity import Key, key_of, schema_of
from catalogctl.providers.posthog.mapping import Live
from catalogctl.providers.posthog.sources import Sources


async def rehearse(
    api: Api, own: Change, schemas: Sequence[Change], settings: Mapping[str, Any]
) -> dict[Address, list[Prediction]]:
    """What the source says to its schemas, their cursors and keys while nothing is there yet.

    It takes the secrets, so no plan can ask. Of what cannot be asked nothing is said: what is
    wrong with the connection, the creation will tell.
    """
    direct = any(each.path == "access_method" and each.after == "direct" for each in own.fields)
    if direct:
        return {}
    try:
        tables = await api.tables(key_of(own.address), settings)
    except CatalogError:
        return {}
    offers = {table.table: table for table in tables}
    said = {}
    for change in schemas:
        offer = offers.get(schema_of(change.address) or "")
        if offer is not None:
            said[change.address] = rehearsal.verdicts(
                Case(change, None, None, new_source=True), offer
            )
        elif offers:
            said[change.address] = [_unknown(change, list(offers))]
    return said


def _unknown(change: Change, tables: Sequence[str]) -> Prediction:
    """A name that the source does not know; one such name would stop the whole creation."""
    name = schema_of(change.address) or ""
    close = get_close_matches(name, tables, n=1)
    hint = f"did you mean {close[0]}?" if close else "check its spelling, and the grants"
    message = f"the source has no table {name}"
    path = change.fields[0].path
    return Prediction(change.address, path, Verdict.REFUSED, message, hint=hint)


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
    """Whether a write may have been carried out all the same: no answer, or one of no use."""
    if isinstance(problem, BadResponse):
        return not 300 <= (problem.status or 0) < 500
    return isinstance(problem, Unreachable) and problem.sent
