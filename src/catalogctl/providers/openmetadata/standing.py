"""What a plan saw of the objects that differ, so that writing one need not begin with reading it.

A patch on the condition that the object still has its version (`If-Match`, servers of 1.9 and
later) takes the place of that read: it fails when anything that the version counts has moved, and
its answer shows the rest, which is looked at before anything else is written.

A version counts every change but one: what the same user patches within ten minutes of their last
change is folded into it. So an object that had been changed shortly before is read again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace

import msgspec

from catalogctl.model import Address, Change, Observed
from catalogctl.providers.openmetadata.api import Api, Live
from catalogctl.providers.openmetadata.kinds import Kind
from catalogctl.providers.openmetadata.wire import Entity, Labelled

OWN = frozenset({"description", "displayName", "tags", "glossaryTerms", "owners", "domains"})
"""Fields of an object that go by a conditional patch."""

QUIET: float = 15 * 60
"""Seconds since its last change after which an object is trusted to its version: the ten minutes of
the server, and some more, since a server can be several machines."""

_labelled = msgspec.json.Decoder(Labelled)


class Standing:
    """The objects of one catalog that may be changed, as they were when the plan was made."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._seen: dict[Address, Live] = {}
        self._learning = asyncio.Lock()

    def note_row(
        self, kind: Kind, address: Address, entity: Entity, row: msgspec.Raw, time: float
    ) -> None:
        """Remember an object that differs, from a list; see `note`."""
        try:
            labels = _labelled.decode(row).tags
        except msgspec.DecodeError:
            return
        self.note(address, Live(kind, entity, {"tags": labels}, etag=True, time=time))

    def note(self, address: Address, live: Live) -> None:
        """Remember an object: what its own fields are, and not its columns."""
        if address.kind == "Topic" or not live.etag:
            return  # the row of a topic in a CSV is built from everything that it has
        changed = live.entity.updatedAt / 1000
        if changed and live.time - changed >= QUIET:
            own = msgspec.structs.replace(live.entity, columns=())
            raw = {"version": own.version, "tags": live.raw.get("tags") or []}
            self._seen[address] = replace(live, entity=own, raw=raw, unread=True)

    async def observed(self, change: Change, read: Callable[[], Awaitable[Observed]]) -> Observed:
        """The object as the plan saw it where its first write can rely on that, else as read."""
        live = self._seen.pop(change.address, None)
        if live is None or not any(each.path in OWN for each in change.fields):
            return await read()
        if self._api.conditional is None:  # to read one object tells; the others wait for it
            async with self._learning:
                if self._api.conditional is None:
                    return await read()
        if not self._api.conditional:
            return await read()
        fields = {each.path: each.before for each in change.fields}
        return Observed(change.address, fields, handle=live)
