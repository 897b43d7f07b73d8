"""The calls of PostHog's data warehouse, one method each, and what servers answer. No decisions.

Errors come in three shapes (`{"type", "code", "detail", "attr"}`, `{"message"}`, `{"detail"}`), a
refusal may come with a 200 (`{"success": false, "error"}`), and many a good answer is empty. Routes
take a trailing slash or none; here they have one. Source: PostHog's views, seen 2026-05 to 2026-09.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import quote

import msgspec

from catalogctl.client import Client, Quota, Response
from catalogctl.errors import BadResponse, NotFound, Rejected
from catalogctl.providers.answers import decoded
from catalogctl.providers.posthog.identity import Key
from catalogctl.providers.posthog.wire import Offer, Page, Schema, Source, SourceType, TableOffer

T = TypeVar("T")
PAGE = 100
JOBS_CAP = 50
"""More jobs than this come in no answer."""
QUOTAS = (
    Quota(480, 60.0, "PostHog's limit of 480 requests a minute"),
    Quota(4800, 3600.0, "PostHog's limit of 4800 requests an hour"),
)
NO_PROJECT = "there is no such project; is project_id right, a number as in PostHog's URLs?"
_SCOPE = re.compile(r"API key missing required scope '([^']+)'")
_PROJECT = re.compile(r"API key does not have access to the requested project: ID (\S+?)\.?$")
_UNSUPPORTED = re.compile(r"This action does not support personal API key access", re.I)
_REHEARSAL = re.compile(r"/api/projects/[^/]+/external_data_schemas/[^/]+/incremental_fields/")
_page = msgspec.json.Decoder(Page)
_source = msgspec.json.Decoder(Source)
_schema = msgspec.json.Decoder(Schema)
_offer = msgspec.json.Decoder(Offer)
_tables = msgspec.json.Decoder(list[TableOffer])
_types = msgspec.json.Decoder(dict[str, SourceType])
_jobs = msgspec.json.Decoder(list[dict[str, Any]])
_object = msgspec.json.Decoder(dict[str, Any])


def base_url(host: str) -> str:
    """The server's root, from a URL with or without a trailing `/api`."""
    return host.rstrip("/").removesuffix("/api")


def explain(status: int, body: bytes) -> tuple[int, str]:
    """The status, and PostHog's own word for it; about keys and projects in plain ones."""
    text = body.decode("utf-8", "replace").strip()
    try:
        answer = json.loads(text)
    except (ValueError, RecursionError):
        return status, text
    if not isinstance(answer, dict):
        return status, text
    said = next(
        (
            answer[key]
            for key in ("detail", "message", "error")
            if isinstance(answer.get(key), str) and answer[key].strip()
        ),
        text,
    )
    attr = answer.get("attr")
    return status, f"{attr}: {said}" if isinstance(attr, str) and attr else _plain(said)


def _plain(said: str) -> str:
    if said.rstrip(".") == "Project not found":
        return NO_PROJECT
    if _UNSUPPORTED.match(said):
        return "PostHog lets no API key do this"
    scope = _SCOPE.match(said)
    if scope is not None:
        return f"the key lacks the scope {scope[1]}"
    project = _PROJECT.match(said)
    return f"the key has no access to project {project[1]}" if project else said


def is_rehearsal(method: str, path: str, params: Mapping[str, str]) -> bool:
    """What may be sent while planning besides reads: the question what a table can be synced by.

    It is a POST that saves nothing.
    """
    return method == "POST" and not params and _REHEARSAL.fullmatch(path) is not None


def is_gone(problem: NotFound) -> bool:
    """Whether the object is not there, rather than the whole project."""
    return problem.message != NO_PROJECT


@dataclass(frozen=True, slots=True)
class Api:
    """One project of one server."""

    client: Client
    project: str

    async def page(self, offset: int) -> Page:
        """One page of the list of sources, the newest first."""
        params = {"limit": str(PAGE), "offset": str(offset)}
        response = await self.client.request(
            "GET", self._sources(), params=params, operation="list the sources"
        )
        return decoded(response, _page)

    async def source(self, id: str, key: Key) -> Source:
        """One source with its schemas in full. Raises `NotFound`."""
        response = await self.client.request("GET", self._sources(id), operation=f"read {key}")
        return decoded(response, _source)

    async def schema(self, source: Source, schema: Schema) -> Schema:
        """One schema of a source as it is now."""
        response = await self.client.request(
            "GET", self._schemas(schema.id), operation=f"read {_named(source, schema)}"
        )
        return decoded(response, _schema)

    async def wizard(self) -> Mapping[str, SourceType]:
        """The types of sources, with their settings."""
        response = await self.client.request(
            "GET", self._sources("wizard"), operation="read what sources can be made of"
        )
        return decoded(response, _types)

    async def incremental_fields(self, source: Source, schema: Schema) -> tuple[Offer, Any]:
        """What a table can be synced by, read, and as it came. Asks the source itself."""
        response = await self.client.request(
            "POST",
            self._schemas(schema.id, "incremental_fields"),
            repeatable=True,
            slow=True,
            operation=f"ask the source about {_named(source, schema)}",
        )
        return decoded(response, _offer), response.json()

    async def patch_schema(self, source: Source, schema: Schema, body: Mapping[str, Any]) -> None:
        """Write these fields. With a sync type, newer servers ask the source first."""
        await self.client.request(
            "PATCH",
            self._schemas(schema.id),
            json=body,
            slow=True,
            operation=f"change {_named(source, schema)}",
        )

    async def patch_schemas(self, source: Source, items: Sequence[Mapping[str, Any]]) -> None:
        """Write fields of several schemas, each with its `id`. An error may be half a success."""
        await self.client.request(
            "PATCH",
            self._sources(source.id, "bulk_update_schemas"),
            json={"schemas": items},
            slow=True,
            operation=f"change {len(items)} schemas of {source.key}",
        )

    async def patch_source(self, source: Source, body: Mapping[str, Any]) -> None:
        await self.client.request(
            "PATCH",
            self._sources(source.id),
            json=body,
            slow=True,
            operation=f"change {source.key}",
        )

    async def create_source(self, key: Key, body: Mapping[str, Any]) -> str:
        """Make a source and give its id. The credentials are tried first. Not to be repeated."""
        operation = f"create {key}"
        response = await self.client.request(
            "POST", self._sources(), json=body, slow=True, operation=operation
        )
        answer = decoded(response, _object)
        if not isinstance(answer.get("id"), str):
            said = "answered JSON that names no source"
            raise BadResponse(said, catalog=self.client.catalog, operation=operation)
        return str(answer["id"])

    async def tables(self, key: Key, settings: Mapping[str, Any]) -> list[TableOffer]:
        """What the tables of a source could be synced by, before there is the source."""
        response = await self.client.request(
            "POST",
            self._sources("database_schema"),
            json={**settings, "source_type": key.source_type},
            repeatable=True,
            slow=True,
            operation=f"ask the source {key} for its tables",
        )
        return decoded(response, _tables)

    async def refresh_schemas(self, source: Source) -> Mapping[str, Any]:
        """Have the source asked which tables it has: `{"added", "deleted"}` at least."""
        response = await self.client.request(
            "POST",
            self._sources(source.id, "refresh_schemas"),
            repeatable=True,
            slow=True,
            operation=f"discover the schemas of {source.key}",
        )
        return _answer(response)

    async def delete_source(self, source: Source) -> None:
        await self.client.request(
            "DELETE",
            self._sources(source.id),
            slow=True,
            operation=f"delete {source.key}",
        )

    async def act_on_source(self, source: Source, action: str) -> Mapping[str, Any]:
        """`reload`, `create_webhook` or `delete_webhook`. Raises `Rejected` for `success: false`.

        None of them may be repeated.
        """
        return await self._act(self._sources(source.id, action), action, str(source.key))

    async def act_on_schema(self, source: Source, schema: Schema, action: str) -> Mapping[str, Any]:
        """`reload`, `resync` or `cancel`. None of them may be repeated."""
        path = self._schemas(schema.id, action)
        return await self._act(path, action, _named(source, schema))

    async def _act(self, path: str, action: str, name: str) -> Mapping[str, Any]:
        operation = f"{action.replace('_', ' ')} of {name}"
        response = await self.client.request("POST", path, slow=True, operation=operation)
        answer = _answer(response)
        if answer.get("success") is False:
            raise Rejected(
                str(answer.get("error") or answer.get("message") or "it did not work"),
                catalog=self.client.catalog,
                operation=operation,
                status=response.status,
            )
        return answer

    async def delete_data(self, source: Source, schema: Schema) -> None:
        """Throw away what was synced; the settings stay. Answers 200 and nothing."""
        await self.client.request(
            "DELETE",
            self._schemas(schema.id, "delete_data"),
            slow=True,
            operation=f"delete the data of {_named(source, schema)}",
        )

    async def webhook_info(self, source: Source) -> Mapping[str, Any]:
        response = await self.client.request(
            "GET",
            self._sources(source.id, "webhook_info"),
            slow=True,
            operation=f"read the webhook of {source.key}",
        )
        return decoded(response, _object)

    async def jobs(self, source: Source) -> list[dict[str, Any]]:
        """The newest runs, newest first, never more than `JOBS_CAP`."""
        response = await self.client.request(
            "GET",
            self._sources(source.id, "jobs"),
            operation=f"read the jobs of {source.key}",
        )
        return decoded(response, _jobs)

    def _sources(self, *parts: str) -> str:
        return self._path("external_data_sources", *parts)

    def _schemas(self, *parts: str) -> str:
        return self._path("external_data_schemas", *parts)

    def _path(self, *parts: str) -> str:
        words = (self.project, *parts)
        return "/api/projects/" + "".join(f"{quote(each, safe='@')}/" for each in words)


def _named(source: Source, schema: Schema) -> str:
    return f"{source.key}#{schema.name}"


def _answer(response: Response) -> Mapping[str, Any]:
    """What an action answers: an object, or nothing."""
    if not response.content.strip():
        return {}
    answer: dict[str, Any] = decoded(response, _object)
    return answer
