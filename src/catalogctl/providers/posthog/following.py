"""Waiting for the runs of schemas to end: looking at their status until it is no longer Running."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from catalogctl.errors import CatalogError
from catalogctl.providers.actions import Ending, Order
from catalogctl.providers.posthog.wire import Schema

FIRST_PAUSE = 1.0
LONGEST_PAUSE = 10.0
GROWTH = 1.5
RUNNING = "Running"
GOOD = (None, "Completed")
"""A schema that never ran has no status, and so has one whose data was deleted."""

Look = Callable[[], Awaitable[Sequence[Schema]]]


@dataclass(frozen=True, slots=True)
class End:
    """How following ended, and how the schemas stood then."""

    ending: Ending
    message: str
    schemas: tuple[Schema, ...] = ()


async def follow(look: Look, order: Order, *, failing_is_fine: bool = False) -> End:
    """Look until none of the schemas runs, the time is up, or somebody says stop.

    A run is only seen by the status of its schema. With `failing_is_fine` any end is a good one,
    as after a cancellation.
    """
    begun, pause = time.monotonic(), FIRST_PAUSE
    while True:
        try:
            schemas = tuple(await look())
        except CatalogError as problem:
            return End(Ending.FAILED, f"how it goes on could not be read: {problem.message}")
        running = [each for each in schemas if each.status == RUNNING]
        if not running:
            return _ended(schemas, failing_is_fine)
        names = _names(running)
        waited = time.monotonic() - begun
        done = len(schemas) - len(running)
        if len(schemas) > 1:
            order.progress(f"waiting for {names}", done, len(schemas))
        else:
            order.progress(f"waiting for {names}, seconds", int(waited), int(order.wait_seconds))
        if waited >= order.wait_seconds:
            return End(Ending.FAILED, f"the time is up, and it still runs: {names}", schemas)
        pause = min(pause, max(order.wait_seconds - waited, 0.01))
        if await _stopped(order.stop, pause):
            return End(Ending.INTERRUPTED, f"not waited for any longer: {names} runs on", schemas)
        pause = min(pause * GROWTH, LONGEST_PAUSE)


def _ended(schemas: tuple[Schema, ...], failing_is_fine: bool) -> End:
    failed = [each for each in schemas if each.status not in GOOD]
    if not failed or failing_is_fine:
        return End(Ending.DONE, f"{_names(schemas)}: {_word(schemas)}", schemas)
    told = "; ".join(
        f"{each.name}: {each.status}, {each.latest_error or 'no reason'}" for each in failed
    )
    ending = Ending.FAILED if len(failed) == len(schemas) else Ending.PARTLY
    return End(ending, told, schemas)


def _word(schemas: Sequence[Schema]) -> str:
    return ", ".join(sorted({each.status or "never ran" for each in schemas})) or "nothing runs"


def _names(schemas: Sequence[Schema]) -> str:
    names = [each.name for each in schemas]
    more = f" and {len(names) - 5} more" if len(names) > 5 else ""
    return ", ".join(names[:5]) + more


async def _stopped(stop: asyncio.Event, seconds: float) -> bool:
    try:
        await asyncio.wait_for(stop.wait(), seconds)
    except asyncio.TimeoutError:
        return False
    return True
