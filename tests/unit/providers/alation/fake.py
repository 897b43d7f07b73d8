"""A small Alation in memory, for what no emulator needs to be asked about.

It has a few tables, lists them in pages, and answers other calls with what a test gives it.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeVar
from urllib.parse import parse_qs, urlencode

import httpx

from catalogctl.client import Client
from catalogctl.providers.alation.api import Api, explain
from catalogctl.providers.alation.tokens import Tokens, is_rehearsal

T = TypeVar("T")
URL = "https://alation.example.com"
Answer = tuple[int, Any]
Handler = Callable[[httpx.Request], "Answer | Awaitable[Answer]"]

ANY_OF, LAST, ALL_OF, NOTHING = "any of", "the last", "all of", "nothing"
"""What a filter may mean that is given several times."""


def table(id: int, name: str, schema: str = "main.dbo", ds_id: int = 8, **more: Any) -> Any:
    """A row as the server lists it."""
    return {
        "id": id,
        "name": name,
        "schema_name": schema,
        "schema_id": sum(map(ord, schema)),
        "ds_id": ds_id,
        "key": f"{ds_id}.{schema}.{name}",
        "table_type": "TABLE",
        "title": "",
        "description": "",
        "custom_fields": [],
        **more,
    }


def column(id: int, table: Any, name: str) -> Any:
    own = {"id": id, "name": name, "table_id": table["id"], "schema_id": table["schema_id"]}
    return {**own, "ds_id": table["ds_id"]}


class Fake:
    """A server. `answers` maps "METHOD path" to a handler, or to a status and a body.

    `several` says what each filter means when it is given several times.
    """

    def __init__(
        self,
        tables: list[Any] | None = None,
        columns: list[Any] | None = None,
        *,
        several: Mapping[str, str] | None = None,
        cap: int = 1000,
    ) -> None:
        self.lists = {"table": tables or [], "column": columns or [], "schema": []}
        self.several = several or {}
        self.cap = cap
        self.asked: list[httpx.Request] = []
        self.answers: dict[str, Handler | Answer] = {
            "GET /integration/v1/userinfo/": (
                200,
                {"id": 7, "username": "ann", "role": "SERVER_ADMIN"},
            ),
            "GET /integration/v2/datasource/8/": (200, {"id": 8}),
        }

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        path = request.url.path
        answer = self.answers.get(f"{request.method} {path}")
        if callable(answer):
            said = answer(request)
            answer = said if isinstance(said, tuple) else await said
        if answer is not None:
            return httpx.Response(answer[0], json=answer[1])
        kind = path.removeprefix("/integration/v2/").strip("/")
        if kind in self.lists:
            return self._page(kind, path, parse_qs(request.url.query.decode()))
        return httpx.Response(404, text="<html><title>Not Found</title></html>")

    def _page(self, kind: str, path: str, query: dict[str, list[str]]) -> httpx.Response:
        skip, limit = int(query.pop("skip", ["0"])[0]), int(query.pop("limit")[0])
        query.pop("order_by")
        rows = [row for row in self.lists[kind] if self._fits(row, query)]
        size = min(limit, self.cap)
        headers = {}
        if skip + size < len(rows):
            link = urlencode({**query, "skip": str(skip + size), "limit": str(limit)}, doseq=True)
            headers["X-Next-Page"] = f"{path}?{link}"
        return httpx.Response(200, json=rows[skip : skip + size], headers=headers)

    def _fits(self, row: Mapping[str, Any], query: Mapping[str, list[str]]) -> bool:
        for filter, wanted in query.items():
            field = filter.removesuffix("__iexact")
            folded = field != filter
            has = str(row[field]).casefold() if folded else str(row[field])
            hits = [(each.casefold() if folded else each) == has for each in wanted]
            meanings = {ANY_OF: any(hits), LAST: hits[-1], ALL_OF: all(hits), NOTHING: True}
            fits = meanings[self.several.get(filter, ANY_OF)] if len(hits) > 1 else hits[0]
            if not fits:
                return False
        return True

    def calls(self, path: str = "") -> list[str]:
        """Method and path of what was asked, of those paths that have this in them."""
        found = [f"{each.method} {each.url.path}" for each in self.asked]
        return [each for each in found if path in each]

    def client(self, **options: Any) -> Client:
        """A client that never waits."""

        async def no_sleep(seconds: float) -> None:
            await asyncio.sleep(0)

        return Client(
            catalog="alation",
            base_url=URL,
            rehearsal=is_rehearsal,
            explain=explain,
            transport=httpx.MockTransport(self),
            sleep=no_sleep,
            **{"auth": {"Token": "the-token"}, **options},
        )

    def run(self, work: Callable[[Api], Awaitable[T]], **tokens: Any) -> T:
        """Run something over a fresh connection, with other tokens if any are given."""

        async def connected() -> T:
            auth = {} if "refresh_token" in tokens else {"Token": "the-token"}
            secrets = [tokens["refresh_token"]] if "refresh_token" in tokens else []
            async with self.client(auth=auth, secrets=secrets) as client:
                given = tokens or {"token": "the-token"}
                return await work(Api(client, Tokens(client, **given)))

        return asyncio.run(connected())


def body(request: httpx.Request) -> Any:
    return json.loads(request.content)
