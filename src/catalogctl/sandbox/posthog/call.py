"""What every handler works with: the request, whose key it has, and the server's state."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar
from urllib.parse import parse_qsl, urlencode

from catalogctl.sandbox.wire import Request, Response

from .eras import Era
from .errors import broken_json, invalid, message, not_found
from .keys import Key
from .records import Json, Records, Schema, Source
from .runs import Runs
from .settings import Settings
from .world import World

PAGE = 100
BILLING = "Monthly sync limit reached. Please increase your billing limit"
T = TypeVar("T")


@dataclass
class Call:
    request: Request
    records: Records
    world: World
    runs: Runs
    era: Era
    settings: Settings
    key: Key
    project: int
    memo: dict[str, Any] = field(default_factory=dict)

    def body(self) -> Json:
        """The JSON object sent; an empty body counts as an empty object."""
        if "body" not in self.memo:
            self.memo["body"] = self._parse()
        found: Json = self.memo["body"]
        return found

    def _parse(self) -> Json:
        if not self.request.body.strip():
            return {}
        try:
            content = json.loads(self.request.body)
        except ValueError as error:
            raise broken_json(str(error)) from error
        if not isinstance(content, dict):
            kind = type(content).__name__
            raise invalid(f"Invalid data. Expected a dictionary, but got {kind}.")
        return content

    def source(self, source_id: str) -> Source:
        found = self.records.source(source_id.lower(), self.project)
        if found is None:
            raise not_found()
        return found

    def schema(self, schema_id: str) -> Schema:
        """A schema; 404 also if its source is gone."""
        found = self.records.schema(schema_id.lower(), self.project)
        if found is None or self.records.source(found.source) is None:
            raise not_found()
        return found

    def source_of(self, schema: Schema) -> Source:
        found = self.records.source(schema.source)
        if found is None:
            raise not_found()
        return found

    def check_billing(self) -> None:
        """A schema that billing has paused holds up every run of the project."""
        if self.billing_paused():
            raise message(f"{BILLING} to resume syncing.")

    def billing_paused(self) -> bool:
        return any(schema.status == "Paused" for schema in self.records.schemas(self.project))

    def page(self, items: list[T], show: Callable[[T], Json]) -> Response:
        """One page with links to its neighbours; no limit, or a bad one, is 100."""
        limit = self._number("limit", PAGE, least=1)
        offset = self._number("offset", 0, least=0)
        more, back = offset + limit < len(items), offset > 0
        return Response.json(
            200,
            {
                "count": len(items),
                "next": self._link(limit, offset + limit) if more else None,
                "previous": self._link(limit, offset - limit) if back else None,
                "results": [show(item) for item in items[offset : offset + limit]],
            },
        )

    def _number(self, name: str, default: int, least: int) -> int:
        text = self.request.parameter(name) or ""
        return int(text) if text.isdecimal() and int(text) >= least else default

    def _link(self, limit: int, offset: int) -> str:
        pairs = dict(parse_qsl(self.request.query, keep_blank_values=True))
        pairs["limit"] = str(limit)
        pairs.pop("offset", None)
        if offset > 0:
            pairs["offset"] = str(offset)
        query = urlencode(sorted(pairs.items()))
        return f"{self.request.base_url}{self.request.path}?{query}"


def empty(status: int = 200) -> Response:
    """A 200 without a body, which is what most actions answer, or a 204."""
    return Response(status)
