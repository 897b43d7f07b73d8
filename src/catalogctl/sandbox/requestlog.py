"""The log of requests that a test may ask for."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send


class RequestLog:
    """Requests in the order in which they came; ``status`` is ``None`` while there is no answer,
    and for ever if the connection was cut."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._entries: list[dict[str, Any]] = []

    def add(self, entry: dict[str, Any]) -> None:
        with self._lock:
            self._entries.append(entry)

    def entries(self) -> list[dict[str, Any]]:
        with self._lock:
            return [dict(entry) for entry in self._entries]

    def clear(self) -> None:
        with self._lock:
            self._entries.clear()


class LogLayer:
    """ASGI layer that writes the log, around faults too: it sees what the client sees."""

    def __init__(
        self, app: ASGIApp, log: RequestLog, user_of: Callable[[Scope], str | None]
    ) -> None:
        self._app = app
        self._log = log
        self._user_of = user_of

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = dict(scope["headers"])
        entry = {
            "method": scope["method"],
            "path": scope["raw_path"].decode("latin-1"),
            "query": scope["query_string"].decode("latin-1"),
            "user": self._user_of(scope),
            "status": None,
            "size": int(headers.get(b"content-length", b"0")),
            "ifMatch": headers.get(b"if-match", b"").decode("latin-1") or None,
        }

        self._log.add(entry)

        async def record(message: Message) -> None:
            if message["type"] == "http.response.start":
                entry["status"] = message["status"]
            await send(message)

        await self._app(scope, receive, record)
