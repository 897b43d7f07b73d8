"""Which sources a project has: looked up in its list, then read one by one."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Sequence

from msgspec import UNSET

from catalogctl.errors import NotFound
from catalogctl.model import Address
from catalogctl.providers.posthog.api import Api, is_gone
from catalogctl.providers.posthog.identity import Key, key_of
from catalogctl.providers.posthog.mapping import SCHEMA_FIELDS, SOURCE_FIELDS, Live
from catalogctl.providers.posthog.wire import Era


class Sources:
    """Remembers the ids of sources, since the list has no filter; a lost one is looked up anew.

    `last` holds what was read last; a write never relies on it.
    """

    def __init__(self, api: Api) -> None:
        self._api = api
        self._ids: dict[Key, tuple[str, ...]] = {}
        self._listing: asyncio.Task[None] | None = None
        self.listed = False
        self.era: Era | None = None
        """The age of the server, once a source has told it."""
        self.last: dict[Key, Live] = {}

    async def list(self) -> None:
        """Read the whole list: only that shows that a name is not there twice.

        Those who ask while it is read share the answer.
        """
        if self._listing is None or self._listing.done():
            self._listing = asyncio.ensure_future(self._list())
            self._listing.add_done_callback(_looked_at)
        await asyncio.shield(self._listing)

    async def _list(self) -> None:
        ids: dict[Key, list[str]] = defaultdict(list)
        offset = 0
        while True:
            page = await self._api.page(offset)
            for each in page.results:
                self.era = each.era
                if each.id not in ids[each.key]:
                    ids[each.key].append(each.id)
            offset += len(page.results)
            if page.next is None or not page.results or offset >= page.count:
                break  # also of a server whose pages never end
        self._ids = {key: tuple(found) for key, found in ids.items()}
        self.listed = True

    def of_type(self, source_type: str) -> bool:
        """Whether the project is known to have a source of this type."""
        return any(key.source_type == source_type for key in self._ids)

    async def look(self, key: Key, *, just_listed: bool = False) -> Live:
        """A source as it is now. One that no list showed is looked for anew."""
        if key not in self._ids and not just_listed:
            await self.list()
        live = await self._look(key)
        if live is None:  # it was deleted since, or made anew under another id
            await self.list()
            live = await self._look(key) or Live()
        self.last[key] = live
        return live

    async def _look(self, key: Key) -> Live | None:
        """None when the id that is remembered is of nothing any more."""
        ids = self._ids.get(key, ())
        if not ids:
            return Live()
        if len(ids) > 1:
            return Live(
                problem=f"PostHog has {len(ids)} sources called {key}: ids {', '.join(ids)}"
            )
        try:
            source = await self._api.source(ids[0], key)
        except NotFound as problem:
            if not is_gone(problem):
                raise
            self.forget(key)
            return None
        self.era = source.era
        return Live(source)

    def remember(self, key: Key, id: str) -> None:
        """A source that was just made."""
        self._ids[key] = (id,)

    def forget(self, key: Key) -> None:
        self._ids.pop(key, None)

    def lacking(self, address: Address) -> frozenset[str]:
        """Fields that this server is known not to have, by a source or a schema that was read."""
        known = [live.source for live in self.last.values() if live.source is not None]
        if "#" not in address.identity:
            return _absent(known, SOURCE_FIELDS)
        own = self.last.get(key_of(address), Live()).source
        schemas = [each for source in (own, *known) if source for each in source.schemas[:1]]
        return _absent(schemas, SCHEMA_FIELDS)


def _absent(shown: Sequence[object], fields: Sequence[str]) -> frozenset[str]:
    """The fields that the first of these lacks. Without any nothing is known."""
    return frozenset(path for path in fields for one in shown[:1] if getattr(one, path) is UNSET)


def _looked_at(listing: asyncio.Task[None]) -> None:
    """Take note of its failure, even if all who asked for it have gone by then."""
    if not listing.cancelled():
        listing.exception()
