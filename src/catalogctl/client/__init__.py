"""One HTTP client per catalog: everything between a provider's call and the wire.

It limits what runs at once, paces, retries what may be repeated, refuses writes while planning,
turns every failure into a `CatalogError`, and lets no secret into a text.
"""

from __future__ import annotations

import asyncio
import json as jsonlib
import logging
import random
import re
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode

import httpx

from catalogctl.client import connecting, failures
from catalogctl.client.connecting import Connections
from catalogctl.client.failures import Explain, Failure, default_explain
from catalogctl.client.pacing import Limiter, Pace, Quota, per_minute, server_time
from catalogctl.errors import BadResponse, CatalogError, RateLimited, Rejected, WriteRefused
from catalogctl.version import __version__

__all__ = ["Client", "Explain", "Quota", "Rehearsal", "Response", "default_explain", "never"]

Rehearsal = Callable[[str, str, Mapping[str, str]], bool]
"""Says of a method, path and query whether it is a rehearsal, which writes nothing."""

TRIES = 5
FIRST_BACKOFF = 1.0
"""Seconds; it doubles with each try, and chance takes a part of it away."""
LONGEST_WAIT = 120.0
"""A catalog that asks for more patience than this is not waited for."""
PATIENCE = 300.0
"""Tries and waits of one request together last about so long at most."""
CONNECT_TIMEOUT = 10.0

log = logging.getLogger("catalogctl.http")


def never(method: str, path: str, params: Mapping[str, str]) -> bool:
    """For catalogs that cannot rehearse: no write is harmless."""
    return False


@dataclass(frozen=True, slots=True)
class Response:
    """An answer with a status of 2xx. Header names are found in any case."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    content: bytes = field(repr=False)
    catalog: str = ""
    operation: str = ""

    def json(self) -> Any:
        """The answer as JSON. Raises `BadResponse`, saying what came instead."""
        try:
            return jsonlib.loads(self.content)
        except (ValueError, RecursionError):
            pass
        hint = None
        if not self.content.strip():
            came = "nothing"
        elif self.content.lstrip().startswith(b"<"):
            came, hint = "HTML", "is the URL right?"
        else:
            kind = re.match(r"[\w/+.-]+", self.headers.get("content-type", ""))
            came = f"something else ({kind.group() if kind else 'of no type'})"
        raise BadResponse(
            f"answered {came} where JSON was expected",
            catalog=self.catalog,
            operation=self.operation,
            status=self.status,
            hint=hint,
        )

    @property
    def time(self) -> float:
        """When it was given, in seconds since 1970: by the catalog's clock where it tells that."""
        return server_time(self.headers)

    def text(self) -> str:
        """The answer as UTF-8, whatever its header says; broken bytes become U+FFFD."""
        return self.content.decode("utf-8", "replace")


@dataclass(frozen=True, slots=True)
class _Call:
    """One request, the same for each try."""

    method: str
    path: str
    url: str
    headers: Mapping[str, str]
    content: bytes | None
    repeatable: bool
    slow: bool
    operation: str

    @property
    def reads(self) -> bool:
        return self.method in ("GET", "HEAD")


class Client:
    """Talks to one catalog. Opens connections at the first request; `close` gives them back.

    `auth` are headers; their values, and `secrets`, appear in no error and no log line.
    `rehearsal` says which writes are harmless (they pass while planning); `explain` finds the
    catalog's own word, and the status it meant, in the body of an error. `on_wait` is told in a
    few words whenever the client waits for the catalog a second or more. `quotas` are the limits
    that the system is known to have; `requests_per_minute` takes their place. `sleep`, `clock`,
    `jitter` and `transport` are there for tests.
    """

    requests: Counter[str]
    """Requests sent so far, tries included, by method; `requests.total()` are all of them."""

    writing: bool
    """False while planning: only reads and rehearsals pass."""

    def __init__(
        self,
        *,
        catalog: str,
        base_url: str,
        auth: Mapping[str, str],
        timeout: float = 60,
        slow_timeout: float = 300,
        concurrency: int = 8,
        requests_per_minute: int | None = None,
        quotas: Sequence[Quota] = (),
        ca_bundle: str | None = None,
        headers: Mapping[str, str] = {},
        secrets: Sequence[str] = (),
        rehearsal: Rehearsal = never,
        explain: Explain = default_explain,
        transport: httpx.AsyncBaseTransport | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        clock: Callable[[], float] = time.monotonic,
        jitter: Callable[[], float] = random.random,
        on_wait: Callable[[str], None] | None = None,
    ) -> None:
        self.catalog = catalog
        self.writing = False
        self.requests = Counter()
        self._base = base_url.rstrip("/")
        self._timeouts = {False: ("timeout", timeout), True: ("slow_timeout", slow_timeout)}
        self._ca_bundle = ca_bundle
        usual = {
            "Accept": "application/json",
            "Accept-Encoding": "gzip",
            "User-Agent": f"catalogctl/{__version__}",
        }
        self._headers = _joined(usual, headers, auth)
        bare = [value.partition(" ")[2] for value in auth.values()]  # without its "Bearer "
        self._secrets = [*secrets, *auth.values(), *bare]
        self._redact = failures.redactor(self._secrets)
        self._rehearsal = rehearsal
        self._explain = explain
        self._transport = transport
        self._sleep, self._clock, self._jitter = sleep, clock, jitter
        self._on_wait = on_wait
        self._limiter = Limiter(concurrency)
        if requests_per_minute is not None:
            quotas = [per_minute(requests_per_minute)]
        self._pace = Pace(quotas, clock=clock, pause=self._pause)
        self._connections: Connections | None = None

    async def __aenter__(self) -> Client:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Give the connections back. Harmless when there are none."""
        opened, self._connections = self._connections, None
        if opened is not None:
            await opened.close()

    def hide(self, *secrets: str) -> None:
        """These appear in no error and no log line either, from now on."""
        self._secrets += secrets
        self._redact = failures.redactor(self._secrets)

    def authorize(self, headers: Mapping[str, str]) -> None:
        """Requests carry these headers from now on; their values are secrets."""
        self._headers = _joined(self._headers, headers)
        self.hide(*headers.values())

    @contextmanager
    def may_write(self) -> Iterator[None]:
        """Let writes pass inside of the block."""
        before, self.writing = self.writing, True
        try:
            yield
        finally:
            self.writing = before

    async def request(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str | Sequence[str]] | None = None,
        json: Any = None,
        content: bytes | str | None = None,
        headers: Mapping[str, str] | None = None,
        repeatable: bool | None = None,
        slow: bool = False,
        operation: str = "",
        accept: str | None = None,
    ) -> Response:
        """Send a request and return the answer, when its status is 2xx; else a `CatalogError`.

        `path` begins with a slash and is appended to the base URL as it is: the caller has
        percent-encoded its segments. A parameter with several values is repeated; only reads may
        have one while planning. `repeatable` says that sending it twice is harmless (by
        default true of reads only). Without it, a request is tried again only if the catalog
        surely did not act on it; an `Unreachable` or `BadResponse` whose `sent` is true then
        leaves open what became of it, and only reading tells. `slow` is for calls for which the
        catalog itself asks another system. `operation` names the call in errors.
        """
        method, params = method.upper(), params or {}
        if not path.startswith("/") or "?" in path or "#" in path:
            # it could lead to another host, or pass for a rehearsal of something else
            raise ValueError(f"a path begins with a slash and holds no query: {path!r}")
        if not (self.writing or method in ("GET", "HEAD") or self._rehearses(method, path, params)):
            raise WriteRefused(f"{self.catalog}: {method} {path} while planning; nothing was sent")
        own = headers or {}
        if json is not None:
            content = jsonlib.dumps(json, separators=(",", ":"))
            own = _joined({"Content-Type": "application/json"}, own)
        if accept is not None:
            own = _joined(own, {"Accept": accept})
        query = "?" + urlencode(params, doseq=True, quote_via=quote) if params else ""
        call = _Call(
            method,
            path,
            self._base + path + query,
            _joined(self._headers, own),
            content.encode() if isinstance(content, str) else content,
            method in ("GET", "HEAD") if repeatable is None else repeatable,
            slow,
            operation,
        )
        if not {".", ".."}.isdisjoint(path.split("/")):
            # would be resolved on the way, and name another object
            raise self._error(Failure(Rejected, f"{path} cannot be sent", sent=False), call)
        return await self._persist(call)

    def _rehearses(self, method: str, path: str, params: Mapping[str, str | Sequence[str]]) -> bool:
        single = {name: value for name, value in params.items() if isinstance(value, str)}
        return len(single) == len(params) and self._rehearsal(method, path, single)

    async def _persist(self, call: _Call) -> Response:
        """Try until there is an answer, or no sense in trying again."""
        spent, attempt = 0.0, 1
        while True:
            async with self._limiter:
                await self._pace.turn()
                begun, sent_in = self._clock(), self._limiter.round
                answer = await self._attempt(call)
                took = self._clock() - begun
                self._note(call, answer, took, attempt)
                if isinstance(answer, Response):
                    self._limiter.rise()
                    return answer
                if answer.status in (429, 503):
                    self._limiter.sink(sent_in)
            asked = answer.retry_after or 0.0
            if answer.transient and 0 < asked <= LONGEST_WAIT:
                self._pace.hold(asked, "as the catalog asks")
            if not (answer.transient and (call.repeatable or answer.ignored)):
                raise self._error(answer, call)
            if asked > LONGEST_WAIT:
                raise self._error(_too_long(answer, asked), call)
            wait = asked or self._jitter() * FIRST_BACKOFF * 2 ** (attempt - 1)
            spent += took + wait
            if attempt == TRIES or spent > PATIENCE:
                raise self._error(answer, call, attempt)
            if not asked:
                await self._pause(wait, answer.message)
            attempt += 1

    async def _attempt(self, call: _Call) -> Response | Failure:
        """Send once. The only place that meets httpx's exceptions."""
        setting, seconds = self._timeouts[call.slow]
        limits = {"read": seconds, "write": seconds, "pool": seconds}
        limits["connect"] = min(seconds, CONNECT_TIMEOUT)
        connections = self._connections or self._open(call)
        self.requests[call.method] += 1
        try:
            request = httpx.Request(
                call.method,
                call.url,
                headers=call.headers,
                content=call.content,
                extensions={"timeout": limits},
            )
            answer = await connections.send(request)
        except failures.RAISED as problem:
            return failures.of_exception(problem, self._base, seconds, setting)
        # It refers back to the answer: without this, megabytes would wait for the cycle collector.
        answer.stream = httpx.ByteStream(b"")
        if answer.is_success:
            return Response(
                answer.status_code, answer.headers, answer.content, self.catalog, call.operation
            )
        return failures.of_answer(
            answer.status_code,
            answer.headers,
            answer.content,
            self._explain,
            self._base,
            call.reads,
        )

    def _open(self, call: _Call) -> Connections:
        """At the first request: to load the certificates that are trusted takes a while."""
        opened = connecting.unusable(self._base, self._headers) or connecting.connections(
            self._base, self._ca_bundle, self._transport
        )
        if isinstance(opened, Failure):
            raise self._error(opened, call)
        self._connections = opened
        return opened

    async def _pause(self, seconds: float, why: str) -> None:
        if self._on_wait is not None and seconds >= 1:
            self._on_wait(self._redact(f"{self.catalog}: waiting {seconds:.0f} s, {why}"))
        await self._sleep(seconds)

    def _note(self, call: _Call, answer: Response | Failure, took: float, attempt: int) -> None:
        if log.isEnabledFor(logging.DEBUG):
            unanswered = isinstance(answer, Failure) and answer.status is None
            status = "no answer" if unanswered else answer.status
            path, ms = self._redact(call.path), took * 1000
            log.debug("%s %s: %s, %.0f ms, try %d", call.method, path, status, ms, attempt)

    def _error(self, failure: Failure, call: _Call, tries: int = 1) -> CatalogError:
        return failure.kind(
            self._redact(failure.message) + (f" ({tries} tries)" if tries > 1 else ""),
            catalog=self.catalog,
            operation=self._redact(call.operation),
            status=failure.status,
            sent=failure.sent,
            hint=failure.hint,
        )


def _joined(*parts: Mapping[str, str]) -> Mapping[str, str]:
    """Headers in one spelling, so that a later one replaces an earlier one."""
    return {name.title(): value for part in parts for name, value in part.items()}


def _too_long(failure: Failure, seconds: float) -> Failure:
    said = f"asks to wait {seconds:.0f} s: {failure.message}"
    return Failure(RateLimited, said, "try again later", failure.status)
