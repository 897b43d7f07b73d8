"""One list, page after page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from catalogctl.providers.openmetadata.api import Api, Listed
from catalogctl.providers.openmetadata.kinds import Kind


class Pages:
    """The pages of one list, one a call, then None. It holds none of them: they are megabytes.

    `filters` is one of the kind's, or empty for all; `limit` is the most rows of a page.
    """

    def __init__(
        self, api: Api, kind: Kind, filters: Mapping[str, str], fields: Sequence[str], limit: int
    ) -> None:
        self._api = api
        self._kind = kind
        self._filters = filters
        self._fields = fields
        self._limit = limit
        self._after: str | None = None
        self._rows = 0
        self._at_end = False
        self.is_short = False
        """Whether it has ended before it showed as many rows as it says there are."""

    async def __call__(self) -> Listed | None:
        if self._at_end:
            return None
        page = await self._api.page(
            self._kind, self._filters, self._fields, self._limit, self._after
        )
        after = page.paging.after
        self._rows += len(page.rows)
        self.is_short = after is None and self._rows < page.paging.total
        # A page that repeats the cursor, or is empty, ends the walk: never an endless one.
        self._at_end = not page.rows or after in (None, self._after)
        self._after = after
        return page if page.rows else None
