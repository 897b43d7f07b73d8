"""Faults on request: what networks, proxies and overloaded servers do to a client.

A fault is described by a flat JSON object (or the same as keyword arguments)::

    {"method": "PATCH", "path": "/v1/tables/", "user": "ingestion-bot",
     "after": 2, "times": 1, "action": "respond", "status": 429, "headers": {"Retry-After": "1"}}

``method``, ``path`` and ``query`` (regular expressions, searched) and ``user`` say which calls are
meant; all that are given must match. The first ``after`` matching calls pass, the next ``times``
suffer (``null``: all). ``action`` is one of

=============  ====================================================================
respond        answer ``status``, ``headers``, ``body`` without acting
respond_after  act, then answer that instead of the true answer
delay          wait ``seconds``, then go on
cut            drop the connection before the call is handled
cut_after      act, then drop the connection: the client cannot know what happened
=============  ====================================================================
"""

from __future__ import annotations

import asyncio
import json
import re
import threading
from collections.abc import Callable, MutableMapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

ACTIONS = ("respond", "respond_after", "delay", "cut", "cut_after")


@dataclass
class Fault:
    """One fault; ``seen`` counts the calls that matched so far."""

    action: str = "respond"
    method: str | None = None
    path: str | None = None
    query: str | None = None
    user: str | None = None
    after: int = 0
    times: int | None = 1
    status: int = 503
    headers: dict[str, str] = field(default_factory=dict)
    body: Any = ""
    seconds: float = 0.0
    seen: int = 0

    def __post_init__(self) -> None:
        if self.action not in ACTIONS:
            raise ValueError(f"unknown action {self.action!r}; one of {', '.join(ACTIONS)}")
        for pattern in (self.path, self.query):
            re.compile(pattern or "")

    def matches(self, method: str, path: str, query: str, user: str | None) -> bool:
        return (
            (self.method is None or self.method.upper() == method)
            and (self.path is None or re.search(self.path, path) is not None)
            and (self.query is None or re.search(self.query, query) is not None)
            and (self.user is None or self.user == user)
        )

    def strikes(self) -> bool:
        """Count a matching call and tell whether this one suffers."""
        self.seen += 1
        number = self.seen - self.after
        return number > 0 and (self.times is None or number <= self.times)

    def answer(self) -> tuple[dict[str, str], bytes]:
        text = self.body if isinstance(self.body, str) else json.dumps(self.body)
        kind = "text/html" if text.lstrip().startswith("<") else "application/json"
        return {"Content-Type": kind, **self.headers}, text.encode()


class Faults:
    """The faults in force; safe to change while the server runs."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._faults: list[Fault] = []

    def add(self, **description: Any) -> Fault:
        """Add a fault; an unknown key, action or a bad pattern is a ``ValueError``."""
        unknown = set(description) - {entry.name for entry in fields(Fault)}
        if unknown:
            raise ValueError(f"unknown fault property: {', '.join(sorted(unknown))}")
        try:
            fault = Fault(**description)
        except re.error as error:
            raise ValueError(f"bad pattern: {error}") from error
        with self._lock:
            self._faults.append(fault)
        return fault

    def clear(self) -> None:
        with self._lock:
            self._faults.clear()

    def describe(self) -> list[dict[str, Any]]:
        with self._lock:
            return [asdict(fault) for fault in self._faults]

    def striking(self, method: str, path: str, query: str, user: str | None) -> list[Fault]:
        """The faults that this call suffers, in the order they were added."""
        with self._lock:
            return [
                fault
                for fault in self._faults
                if fault.matches(method, path, query, user) and fault.strikes()
            ]


class FaultLayer:
    """ASGI layer that makes calls suffer; wrap it around everything that answers clients."""

    def __init__(
        self, app: ASGIApp, faults: Faults, user_of: Callable[[Scope], str | None]
    ) -> None:
        self._app = app
        self._faults = faults
        self._user_of = user_of

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        query = scope["query_string"].decode("latin-1")
        suffered = self._faults.striking(
            scope["method"], scope["path"], query, self._user_of(scope)
        )
        for fault in suffered:
            if fault.action == "delay":
                await asyncio.sleep(fault.seconds)
                continue
            if fault.action in ("respond_after", "cut_after"):
                await self._app(scope, receive, _swallow)
            else:
                await _drain(receive)
            if fault.action.startswith("respond"):
                await _respond(send, fault)
            else:
                await cut(receive, send)
            return
        await self._app(scope, receive, send)


async def _swallow(_message: Message) -> None:
    """Stand in for the client that will never get this answer."""


async def _respond(send: Send, fault: Fault) -> None:
    headers, body = fault.answer()
    raw = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    raw.append((b"content-length", str(len(body)).encode()))
    await send({"type": "http.response.start", "status": fault.status, "headers": raw})
    await send({"type": "http.response.body", "body": body})


async def _drain(receive: Receive) -> None:
    """Take the request's body in: a connection closed before that ends in a reset."""
    while (await receive()).get("more_body"):
        pass


async def cut(receive: Receive, send: Send) -> None:
    """Drop the connection without a byte of answer.

    ASGI has no word for that, so this reaches for uvicorn's transport; under another server the
    client gets a body shorter than announced, which breaks the connection as well.
    """
    transport = getattr(getattr(receive, "__self__", None), "transport", None)
    if transport is not None:
        transport.abort()
        await asyncio.sleep(0.01)
        return
    start: MutableMapping[str, Any] = {
        "type": "http.response.start",
        "status": 200,
        "headers": [(b"content-length", b"1000")],
    }
    await send(start)
