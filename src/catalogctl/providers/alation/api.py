"""The calls of Alation's API, one method each, and what servers answer. No decisions.

Every path ends in a slash: a POST without it may be redirected and lose its body (inferred).
Errors come in many shapes (`{"detail", "code"}`, with a list of `errors` beside, bare field errors,
HTML pages); only the status can be relied on. Source: Alation's documentation and its SDK.
"""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import parse_qs, urlsplit

import msgspec

from catalogctl.client import Client, Response
from catalogctl.errors import BadResponse, Forbidden, NotFound, Rejected, Unauthorized
from catalogctl.providers.alation.mapping import Name
from catalogctl.providers.alation.tokens import USERINFO, Tokens
from catalogctl.providers.alation.wire import (
    Column,
    DataSource,
    Field,
    Job,
    Schema,
    Synced,
    Table,
    User,
)
from catalogctl.providers.answers import decoded

T = TypeVar("T")
Params = Mapping[str, "str | Sequence[str]"]

PAGE = 1000
"""Rows a page: the most that servers give by default; some have a lower cap."""

_SYNC = "/api/v1/table/sync/"
_JOB = "/api/v1/bulk_metadata/job/"
_V2 = "/integration/v2"
_ORDERED = {"order_by": "id"}
"""Without it the order, and so what is on which page, is not documented."""
_tables = msgspec.json.Decoder(list[Table])
_columns = msgspec.json.Decoder(list[Column])
_schemas = msgspec.json.Decoder(list[Schema])
_fields = msgspec.json.Decoder(list[Field])
_sources = msgspec.json.Decoder(list[DataSource])
_source = msgspec.json.Decoder(DataSource)
_user = msgspec.json.Decoder(User)
_synced = msgspec.json.Decoder(Synced)
_job = msgspec.json.Decoder(Job)
_raw = msgspec.json.Decoder(list[dict[str, Any]])
_object = msgspec.json.Decoder(dict[str, Any])


def explain(status: int, body: bytes) -> tuple[int, str]:
    """The status, and what the body says in any of its shapes, on one line."""
    text = body.decode("utf-8", "replace").strip()
    try:
        answer = json.loads(text)
    except (ValueError, RecursionError):
        return status, text
    if not isinstance(answer, dict):
        return status, in_words(answer) or text
    said = answer.get("detail") or answer.get("error_description") or answer.get("title")
    if said is None:
        said = answer.get("error") or {
            key: value for key, value in answer.items() if key not in ("code", "status")
        }
    words, errors = in_words(said), in_words(answer.get("errors"))
    if errors in words:
        return status, words or text
    return status, f"{words}{' ' if words[-1:] in ('', '.') else ': '}{errors}".strip()


def in_words(value: Any) -> str:
    """Field errors in words: `key: API Key is a required input`."""
    if isinstance(value, dict):
        parts = ((key, in_words(each)) for key, each in value.items())
        return "; ".join(
            said if key == "non_field_errors" else f"{key}: {said}" for key, said in parts if said
        )
    if isinstance(value, list):
        return "; ".join(said for said in map(in_words, value) if said)
    return "" if value is None else str(value)


def next_page(asked: Params, link: str | None, rows: int) -> Params | None:
    """What to ask for after a page of so many rows; None when it was the last one.

    The link is relative, and followed by its query alone: whatever host it names, the token goes
    nowhere else. Filters that it may leave out stay.
    """
    if not link or not rows:
        return None
    linked = {
        name: values if len(values) > 1 else values[0]
        for name, values in parse_qs(urlsplit(link).query).items()
    }
    if _skip(linked) == 0:
        linked["skip"] = str(_skip(asked) + rows)
    return {**asked, **linked}


def _skip(params: Params) -> int:
    skip = params.get("skip", "")
    return int(skip) if isinstance(skip, str) and re.fullmatch("[0-9]{1,18}", skip) else 0


@dataclass(frozen=True, slots=True)
class Api:
    """One server."""

    client: Client
    tokens: Tokens

    async def user(self) -> User:
        """The token's own user."""
        return decoded(await self._send("GET", USERINFO, operation="read the user"), _user)

    # -- the catalog

    def tables(self, filters: Params) -> AsyncIterator[list[Table]]:
        return self._pages(f"{_V2}/table/", {**filters, **_ORDERED}, _tables, "list tables")

    def columns(self, filters: Params) -> AsyncIterator[list[Column]]:
        return self._pages(f"{_V2}/column/", {**filters, **_ORDERED}, _columns, "list columns")

    def schemas(self, filters: Params) -> AsyncIterator[list[Schema]]:
        return self._pages(f"{_V2}/schema/", {**filters, **_ORDERED}, _schemas, "list schemas")

    def custom_fields(self) -> AsyncIterator[list[Field]]:
        return self._pages(f"{_V2}/custom_field/", {}, _fields, "list custom fields")

    async def raw_table(self, id: int) -> Mapping[str, Any]:
        """One table with all that Alation shows of it."""
        response = await self._send(
            "GET", f"{_V2}/table/", params={"id": str(id)}, operation="read a table"
        )
        decoded(response, _tables)  # whether it is of the shape that is known
        found = [each for each in decoded(response, _raw) if each["id"] == id]
        if not found or not isinstance(found[0].get("key"), str):
            raise NotFound(
                f"table {id} is gone", catalog=response.catalog, operation=response.operation
            )
        return found[0]

    async def data_source(self, id: int) -> DataSource | None:
        """A data source with its settings; None when it is not there, or not shown to this user.

        Native and virtual ones are in a list of the older API (whose settings are inferred).
        """
        operation = f"read data source {id}"
        try:
            response = await self._send("GET", f"{_V2}/datasource/{id}/", operation=operation)
            return decoded(response, _source)
        except (NotFound, Rejected):
            pass
        params = {"include_undeployed": "true", "include_hidden": "true"}
        try:
            response = await self._send(
                "GET", "/integration/v1/datasource/", params=params, operation=operation
            )
        except NotFound:
            return None
        return next((each for each in decoded(response, _sources) if each.id == id), None)

    async def _pages(
        self, path: str, filters: Params, decoder: msgspec.json.Decoder[list[T]], operation: str
    ) -> AsyncIterator[list[T]]:
        """A list in pages. Raises `BadResponse` when it turns in circles: a part is never given."""
        asked: Params | None = {**filters, "limit": str(PAGE)}
        while asked is not None:
            response = await self._send("GET", path, params=asked, operation=operation)
            rows = decoded(response, decoder)
            yield rows
            following = next_page(asked, response.headers.get("x-next-page"), len(rows))
            if following is not None and _skip(following) <= _skip(asked):
                raise BadResponse(
                    "the list goes on with a page that it has given already",
                    catalog=response.catalog,
                    operation=operation,
                )
            asked = following

    # -- writing

    async def sync(self, name: Name, table_type: str) -> tuple[Synced, Any]:
        """Have the source asked about one table at once; the table, and the answer as it came.

        Not to be repeated: whoever gets no answer has to read.
        """
        response = await self._send(
            "POST",
            _SYNC,
            json={
                "datasource_id": name.ds_id,
                "schema": name.schema,
                "table": name.table,
                "table_type": table_type,
            },
            slow=True,
            operation=f"sync {name}",
        )
        return decoded(response, _synced), response.json()

    async def write_tables(
        self, method: str, ds_id: int, items: Sequence[Mapping[str, Any]]
    ) -> int:
        """Start the job that writes tables. PATCH (since 2025.3) merges, POST replaces."""
        return await self._start(
            method, f"{_V2}/table/", {"ds_id": str(ds_id)}, items, "write titles and descriptions"
        )

    async def write_values(self, items: Sequence[Mapping[str, Any]]) -> int:
        """Start the job that writes values of custom fields."""
        path = f"{_V2}/custom_field_value/async/"
        return await self._start("PUT", path, {}, items, "write custom fields")

    async def _start(
        self,
        method: str,
        path: str,
        params: Params,
        items: Sequence[Mapping[str, Any]],
        operation: str,
    ) -> int:
        """The number of the job. Whole values are written, so that sending twice is harmless."""
        response = await self._send(
            method, path, params=params, json=items, repeatable=True, operation=operation
        )
        answer = decoded(response, _object)
        number = answer.get("job_id", answer.get("job"))
        if not isinstance(number, int):
            raise BadResponse(
                "answered JSON that names no job", catalog=response.catalog, operation=operation
            )
        return number

    async def job(self, number: int) -> Job:
        response = await self._send(
            "GET", _JOB, params={"id": str(number)}, operation=f"look at job {number}"
        )
        return decoded(response, _job)

    async def _send(self, method: str, path: str, **options: Any) -> Response:
        """Send with a token that lasts; once more with a new one if the token was at fault."""
        token = await self.tokens.ready()
        try:
            return await self.client.request(method, path, **options)
        except (Unauthorized, Forbidden) as problem:
            refused = problem
        if not await self.tokens.renewed(token, path):
            raise refused
        return await self.client.request(method, path, **options)
