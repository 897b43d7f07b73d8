"""The calls of OpenMetadata's REST API, one method each, and what servers answer. No decisions.

Versions are told apart by what they answer, not by their number: an unknown name in `fields` is a
400 that fails the whole read, so it is left out from then on; `ETag` on an answer shows that
`If-Match` is honoured (since 1.9). Servers of 1.6 wrap a missing route into a 500 whose text holds
`HTTP 404 Not Found` (recorded).
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar
from urllib.parse import quote

import msgspec

from catalogctl.client import Client, Response
from catalogctl.errors import BadResponse, NotFound, Rejected
from catalogctl.providers.answers import decoded
from catalogctl.providers.openmetadata.kinds import Kind
from catalogctl.providers.openmetadata.wire import Entity, History, Page, Paging, Version

T = TypeVar("T")
_WRAPPED = re.compile(
    r"^An exception with message \[(.*)\] was thrown while processing request\.?$", re.S
)
_INNER_STATUS = re.compile(r"^HTTP (\d{3}) ")
_UNKNOWN_FIELD = re.compile(r"Invalid field name (\w+)")
_page = msgspec.json.Decoder(Page, strict=False)
_entity = msgspec.json.Decoder(Entity)
_version = msgspec.json.Decoder(Version)
_history = msgspec.json.Decoder(History)


def base_url(host: str) -> str:
    """The API's root, from a host with or without a trailing `/api` (or `/api/v1`)."""
    return host.rstrip("/").removesuffix("/v1").removesuffix("/api") + "/api"


def explain(status: int, body: bytes) -> tuple[int, str]:
    """The status that was meant, and the server's own word for it."""
    try:
        answer = json.loads(body)
    except ValueError:
        return status, body.decode("utf-8", "replace").strip()
    if not isinstance(answer, dict):
        return status, str(answer)
    message = str(answer.get("message") or answer.get("responseMessage") or answer)
    wrapped = _WRAPPED.match(message)
    if wrapped is None:
        return status, message
    message = wrapped.group(1)
    inner = _INNER_STATUS.match(message)
    return (int(inner.group(1)) if inner else status), message


def is_rehearsal(method: str, path: str, params: Mapping[str, str]) -> bool:
    """What may be sent while planning besides reads: an import that says `dryRun=true`.

    Anything but the word `true` can be a real import (recorded), so nothing else will do.
    """
    return (
        method == "PUT"
        and path.endswith(("/import", "/importAsync"))
        and dict(params) == {"dryRun": "true"}
    )


def segment(name: str) -> str:
    """A name as one segment of a path."""
    return quote(name, safe="")


@dataclass(frozen=True, slots=True)
class Live:
    """An object read by name: typed, and as it came (for writing whole values back).

    `time` is the server's when it answered. With `unread` it is as the plan saw it then: its own
    fields, without columns, for a patch on the condition that it has not changed since.
    """

    kind: Kind
    entity: Entity
    raw: Mapping[str, Any]
    etag: bool
    time: float
    unread: bool = False


@dataclass(frozen=True, slots=True)
class Listed:
    """A page of a list. Its rows are decoded one by one: so only one object is there at a time, in
    memory that is used again for the next. `time` is the server's when it answered.
    """

    paging: Paging
    rows: Sequence[msgspec.Raw]
    time: float
    _answer: Response

    def decode(self, row: msgspec.Raw) -> Entity:
        """The object of a row. Raises `BadResponse` for one that cannot be understood."""
        try:
            return _entity.decode(row)
        except msgspec.DecodeError:
            return _decoded(replace(self._answer, content=bytes(row)), _entity)


@dataclass(slots=True)
class Api:
    """One server. What it is like is learnt from its answers.

    `unknown_fields` are names (with their collection) that it refused, `single_domain` that an
    object has one domain, `conditional` whether `If-Match` is honoured, None while nobody knows.
    """

    client: Client
    unknown_fields: set[tuple[str, str]] = field(default_factory=set)
    single_domain: bool = False
    conditional: bool | None = None
    _known_fields: set[tuple[str, str]] = field(default_factory=set)
    _probe: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def version(self) -> str | None:
        """The version that the server gives itself, or None; it needs no token."""
        try:
            answer = await self._json("GET", "/v1/system/version", operation="read the version")
        except NotFound:
            return None
        return answer.get("version") if isinstance(answer, dict) else None

    async def logged_in_user(self) -> Mapping[str, Any] | None:
        """The token's user, or None when it has no user of its own."""
        try:
            answer = await self._json("GET", "/v1/users/loggedInUser", operation="read the user")
        except NotFound:
            return None
        return self._identified(answer, "read the user")

    async def page(
        self,
        kind: Kind,
        scope: Mapping[str, str],
        fields: Sequence[str],
        limit: int,
        after: str | None,
    ) -> Listed:
        """One page of objects. `scope` is one of the filters of the kind, or empty for all."""

        async def ask(known: str) -> Listed:
            params = {"limit": str(limit), "fields": known, **scope}
            if after is not None:
                params["after"] = after
            where = next(iter(scope.values()), "all services")
            response = await self.client.request(
                "GET",
                f"/v1/{kind.collection}",
                params=params,
                operation=f"list the {kind.noun}s of {where}",
            )
            return _listed(response)

        return await self._with_known_fields(kind, fields, ask)

    async def count(self, kind: Kind, scope: Mapping[str, str]) -> int:
        """How many objects a scope has."""
        return (await self.page(kind, scope, (), 0, None)).paging.total

    async def by_name(self, kind: Kind, name: str, fields: Sequence[str]) -> Live:
        """One object by its fully qualified name. Raises `NotFound`."""

        async def ask(known: str) -> Live:
            response = await self.client.request(
                "GET",
                f"/v1/{kind.collection}/name/{segment(name)}",
                params={"fields": known} if known else None,
                operation=f"read {kind.noun} {name}",
            )
            self.conditional = etag = "etag" in response.headers
            entity = _decoded(response, _entity)
            return Live(kind, entity, json.loads(response.content), etag, response.time)

        return await self._with_known_fields(kind, fields, ask)

    async def current(self, kind: Kind, name: str, fields: Sequence[str]) -> Version:
        """The version that an object is at, also of a deleted one. Raises `NotFound`."""

        async def ask(known: str) -> Version:
            response = await self.client.request(
                "GET",
                f"/v1/{kind.collection}/name/{segment(name)}",
                params={"fields": known, "include": "all"},
                operation=f"read {kind.noun} {name}",
            )
            return _decoded(response, _version)

        return await self._with_known_fields(kind, fields, ask)

    async def versions(self, kind: Kind, current: Version) -> Iterator[Version]:
        """All versions of an object, newest first, at least one; parsed as they are taken.

        Taking one that cannot be understood raises `BadResponse`.
        """
        response = await self.client.request(
            "GET",
            f"/v1/{kind.collection}/{segment(current.id)}/versions",
            operation=f"read the history of {kind.noun} {current.fullyQualifiedName}",
        )
        texts = _decoded(response, _history).versions
        if not texts:
            said = "answered no version at all"
            raise BadResponse(said, catalog=response.catalog, operation=response.operation)
        return (
            _decoded(replace(response, content=text.encode("utf-8", "surrogatepass")), _version)
            for text in texts
        )

    async def _with_known_fields(
        self, kind: Kind, fields: Iterable[str], ask: Callable[[str], Awaitable[T]]
    ) -> T:
        """Ask without the fields that this server has already refused to know.

        Fields of which it is not known yet are asked for by one caller at a time: a hundred
        concurrent ones would all be refused for the same name.
        """
        wanted = list(fields)
        pairs = {(kind.collection, name) for name in wanted}
        if not pairs <= self._known_fields:
            async with self._probe:
                if not pairs <= self._known_fields:  # whoever waited finds that out now
                    answer = await self._ask_for(kind, wanted, ask)
                    self._known_fields |= pairs
                    return answer
        return await self._ask_for(kind, wanted, ask)

    async def _ask_for(
        self, kind: Kind, wanted: Sequence[str], ask: Callable[[str], Awaitable[T]]
    ) -> T:
        while True:
            known = ",".join(
                "domain" if name == "domains" and self.single_domain else name
                for name in wanted
                if not self.lacks(kind, name)
            )
            try:
                return await ask(known)
            except Rejected as refusal:
                asked = known.split(",")
                unknown = _UNKNOWN_FIELD.search(refusal.message)
                # A server that has been up for long can answer `[null]` for any message (recorded),
                # and then `domains` is the name that is known to differ between versions.
                name = unknown.group(1) if unknown else "domains"
                if refusal.status != 400 or name not in asked:
                    raise
                if name == "domains":
                    self.single_domain = True
                else:
                    self.unknown_fields.add((kind.collection, name.replace("domain", "domains")))

    def has_asked_for(self, kind: Kind, field: str) -> bool:
        """Whether it is known if this server has a field on this kind."""
        return (kind.collection, field) in self._known_fields

    def lacks(self, kind: Kind, field: str) -> bool:
        """Whether this server is known not to have a field on this kind."""
        return (kind.collection, field) in self.unknown_fields

    async def entity(self, collection: str, name: str) -> Mapping[str, Any] | None:
        """An entity by name, or None when there is none of that name."""
        operation = f"read {collection} {name}"
        try:
            response = await self.client.request(
                "GET", f"/v1/{collection}/name/{segment(name)}", operation=operation
            )
        except NotFound:
            return None
        if "etag" in response.headers:
            self.conditional = True
        return self._identified(response.json(), operation)

    async def names(self, collection: str, params: Mapping[str, str]) -> list[str]:
        """The first thousand names of a collection, for proposals."""
        answer = await self._json(
            "GET",
            f"/v1/{collection}",
            params={"limit": "1000", **params},
            operation=f"list {collection}",
        )
        key = "name" if collection in ("users", "teams") else "fullyQualifiedName"
        found = answer.get("data") if isinstance(answer, dict) else None
        listed = found if isinstance(found, list) else []
        return [str(each[key]) for each in listed if isinstance(each, dict) and key in each]

    async def patch(
        self, live: Live, operations: Sequence[Mapping[str, Any]], *, version: str | None
    ) -> Mapping[str, Any]:
        """JSON Patch of whole values. `version` makes it conditional.

        The weak validator is the one that every release with `If-Match` accepts.
        """
        headers = {"Content-Type": "application/json-patch+json"}
        if version is not None:
            headers["If-Match"] = f'W/"{version}"'
        answer = await self._json(
            "PATCH",
            _path(live),
            content=json.dumps(list(operations), ensure_ascii=False).encode(),
            headers=headers,
            operation=f"patch {_named(live)}",
        )
        return answer if isinstance(answer, dict) else {}

    def as_answered(self, live: Live, answer: Mapping[str, Any]) -> Live:
        """An object as the answer to its patch shows it. Raises `BadResponse`."""
        entity = _converted(answer, Entity, self.client.catalog, f"patch {_named(live)}")
        return replace(live, entity=entity, raw=answer, unread=False)

    async def follow(self, live: Live, user_id: str) -> None:
        """Add a follower; adding one twice is no error. The body is a bare JSON string."""
        await self.client.request(
            "PUT",
            f"{_path(live)}/followers",
            json=user_id,
            operation=f"add a follower of {_named(live)}",
        )

    async def unfollow(self, live: Live, user_id: str) -> None:
        """Remove a follower; removing an absent one is no error."""
        await self.client.request(
            "DELETE",
            f"{_path(live)}/followers/{user_id}",
            operation=f"remove a follower of {_named(live)}",
        )

    async def vote(self, live: Live, vote: str) -> None:
        """Set the vote of the token's own user."""
        await self.client.request(
            "PUT",
            f"{_path(live)}/vote",
            json={"updatedVoteType": vote},
            operation=f"vote on {_named(live)}",
        )

    def _identified(self, answer: Any, operation: str) -> Mapping[str, Any]:
        if isinstance(answer, dict) and isinstance(answer.get("id"), str) and answer.get("name"):
            return answer
        said = "answered JSON that names no such thing"
        raise BadResponse(said, catalog=self.client.catalog, operation=operation)

    async def _json(self, method: str, path: str, **options: Any) -> Any:
        return (await self.client.request(method, path, **options)).json()


def _listed(response: Response) -> Listed:
    try:
        page = _page.decode(response.content)
    except msgspec.DecodeError:
        whole = json.dumps(_without_nulls(response.json())).encode()
        page = decoded(replace(response, content=whole), _page)
    return Listed(page.paging, page.data, response.time, response)


def _path(live: Live) -> str:
    return f"/v1/{live.kind.collection}/{segment(live.entity.id)}"


def _named(live: Live) -> str:
    return f"{live.kind.noun} {live.entity.fullyQualifiedName}"


def _decoded(response: Response, decoder: msgspec.json.Decoder[T]) -> T:
    try:
        return decoder.decode(response.content)
    except msgspec.DecodeError:
        answer = response.json()  # says what came instead, when it is not JSON at all
    return _converted(answer, decoder.type, response.catalog, response.operation)


def _converted(answer: Any, type: type[T], catalog: str, operation: str) -> T:
    """JSON that is parsed already. Servers omit what is null (recorded); one that does not is read
    in this way, which is slow.
    """
    try:
        return msgspec.convert(_without_nulls(answer), type, strict=False)
    except msgspec.ValidationError as problem:
        said = f"an answer that cannot be understood: {problem}"
        raise BadResponse(said, catalog=catalog, operation=operation) from None


def _without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_nulls(each) for key, each in value.items() if each is not None}
    return [_without_nulls(each) for each in value] if isinstance(value, list) else value
