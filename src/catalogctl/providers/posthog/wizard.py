"""PostHog's own form for new sources (`wizard`): which types there are, and their settings."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from catalogctl.errors import CatalogError
from catalogctl.providers.posthog.api import Api
from catalogctl.providers.posthog.wire import SourceType


class Wizard:
    """Reads it when it is first needed, and once."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._types: Mapping[str, SourceType] | None = None
        self._reading = asyncio.Lock()
        self.unasked: str | None = None
        """Why it could not be read. A plan goes on without it, and finds less."""

    async def types(self) -> Mapping[str, SourceType]:
        """The types of sources by name; none when they could not be read."""
        async with self._reading:
            if self._types is None:
                try:
                    self._types = await self._api.wizard()
                except CatalogError as problem:
                    self.unasked = problem.message.rstrip(".")
                    self._types = {}
        return self._types
