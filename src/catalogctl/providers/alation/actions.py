"""`catalogctl run sync`: one table synced by hand, also one in order."""

from __future__ import annotations

import re

from catalogctl.errors import Unreachable, UsageError
from catalogctl.model import Members
from catalogctl.providers.actions import Ending, Order, Report
from catalogctl.providers.alation.mapping import Name, name_of_table, type_to_sync
from catalogctl.providers.alation.reading import Reading
from catalogctl.providers.alation.syncing import Syncer
from catalogctl.providers.alation.wire import Table


async def run(reading: Reading, syncer: Syncer, order: Order) -> Report:
    """Sync the table that the order is about. Raises `CatalogError` when it was not synced."""
    parts = order.address.parts
    if len(parts) != 3 or not re.fullmatch("[0-9]{1,18}", parts[0]) or not all(parts):
        raise UsageError(
            f"{order.address} is no table of Alation; write TableSync/DATASOURCE_ID/SCHEMA/TABLE"
        )
    name = name_of_table(order.address)
    before = await _row(reading, name)
    table_type = type_to_sync(order.declared.get("table_type"), before)
    lost = None
    with reading.api.client.may_write():
        try:
            synced, answer = await syncer.sync(name, table_type)
        except Unreachable as problem:
            lost = problem
    if lost is not None:
        if lost.sent and before is not None:
            lost.hint = "whether it was synced nobody can tell; syncing it again does no harm"
        if not lost.sent or before is not None or await _row(reading, name) is None:
            raise lost
        message = f"{name} is catalogued now, although no answer came: {lost.message}"
        return Report(Ending.DONE, message)
    new = before is None or before.id != synced.id
    message = f"{name} was synced as a {table_type}; it " + (
        "is new in the catalog" if new else "was catalogued already"
    )
    wanted = order.declared.get("columns")
    names = wanted.names if isinstance(wanted, Members) else ()
    notes = await _missing(reading, order, names) if names else ()
    return Report(Ending.DONE, message, notes=notes, answers=(answer,))


async def _row(reading: Reading, name: Name) -> Table | None:
    """The row of the table; one of them when their names differ by their case alone."""
    rows = (await reading.rows(name.ds_id, [name]))[name]
    return rows[0] if rows else None


async def _missing(reading: Reading, order: Order, names: tuple[str, ...]) -> tuple[str, ...]:
    """What the spec declares and the catalog still lacks."""
    (seen,) = await reading.look([(order.address, {"columns": Members(names)})])
    held = seen.fields.get("columns")
    missing = sorted(set(names) - set(held if isinstance(held, tuple) else ()))
    if not missing:
        return ()
    return (f"declared columns that it still lacks: {', '.join(missing)}",)
