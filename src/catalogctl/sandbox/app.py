"""The ASGI application: dialects by prefix, control routes, faults around all dialects."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, TypeVar

from starlette.applications import Starlette
from starlette.requests import Request as HttpRequest
from starlette.responses import JSONResponse
from starlette.responses import Response as HttpResponse
from starlette.routing import Mount, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from .clock import Clock
from .faults import FaultLayer, Faults, cut
from .openmetadata.call import Settings
from .requestlog import LogLayer, RequestLog
from .wire import Dialect, Request

CONTROL = "/_sandbox"
WORKERS = 8
T = TypeVar("T")


@dataclass
class State:
    """What a running sandbox consists of, in process or through the control routes."""

    dialects: Sequence[Dialect]
    variables: Mapping[str, str] = field(default_factory=dict)
    faults: Faults = field(default_factory=Faults)
    log: RequestLog = field(default_factory=RequestLog)
    clock: Clock = field(default_factory=Clock)
    settings: Settings = field(default_factory=Settings)
    latency_ms: float = 0
    tuners: Mapping[str, Callable[[Mapping[str, Any]], dict[str, Any]]] = field(
        default_factory=dict
    )
    """Settings that a dialect keeps itself, under one name each: changes in, all settings out."""
    workers: ThreadPoolExecutor = field(
        default_factory=lambda: ThreadPoolExecutor(WORKERS, thread_name_prefix="sandbox")
    )

    async def in_thread(self, function: Callable[..., T], *arguments: Any) -> T:
        """Run a plain function without holding up the event loop."""
        return await asyncio.get_running_loop().run_in_executor(self.workers, function, *arguments)

    def reset(self) -> None:
        """Seeds loaded anew, no faults, an empty log."""
        for dialect in self.dialects:
            dialect.reset()
        self.faults.clear()
        self.log.clear()

    def configure(self, changes: Mapping[str, Any]) -> dict[str, Any]:
        """Change a setting, or advance the clock."""
        known = (
            "latency_ms",
            "job_seconds",
            "import_result",
            "messaging_csv",
            "advance_clock_seconds",
            *self.tuners,
        )
        for name in changes:
            if name not in known:
                raise ValueError(f"unknown setting {name!r}; one of {', '.join(known)}")
        self.latency_ms = float(changes.get("latency_ms", self.latency_ms))
        self.settings.job_seconds = float(changes.get("job_seconds", self.settings.job_seconds))
        self.settings.messaging_csv = str(changes.get("messaging_csv", self.settings.messaging_csv))
        self.settings.import_result = bool(
            changes.get("import_result", self.settings.import_result)
        )
        tuned = {name: tune(changes.get(name, {})) for name, tune in self.tuners.items()}
        self.clock.advance(float(changes.get("advance_clock_seconds", 0)))
        return {
            **tuned,
            "latency_ms": self.latency_ms,
            "job_seconds": self.settings.job_seconds,
            "import_result": self.settings.import_result,
            "messaging_csv": self.settings.messaging_csv,
            "now_ms": self.clock.now_ms(),
        }


def create_app(state: State) -> ASGIApp:
    """Control routes are reached directly; everything else passes the log, then the faults."""

    def user_of(scope: Scope) -> str | None:
        headers = {name.decode(): value.decode("latin-1") for name, value in scope["headers"]}
        for dialect in state.dialects:
            if scope["path"].startswith(dialect.prefix):
                return dialect.user_of(headers)
        return None

    systems = Starlette(
        routes=[Mount(dialect.prefix, DialectApp(dialect, state)) for dialect in state.dialects]
    )
    clients = LogLayer(FaultLayer(systems, state.faults, user_of), state.log, user_of)
    control = Starlette(routes=_Control(state).routes())

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        inside = scope["path"] == CONTROL or scope["path"].startswith(f"{CONTROL}/")
        await (control if inside else clients)(scope, receive, send)

    return app


class DialectApp:
    """A dialect's plain function as an ASGI application; it runs in a thread of its own."""

    def __init__(self, dialect: Dialect, state: State) -> None:
        self._dialect = dialect
        self._state = state

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        incoming = HttpRequest(scope, receive)
        if self._state.latency_ms:
            await asyncio.sleep(self._state.latency_ms / 1000)
        headers = {name: value for name, value in incoming.headers.items()}
        host = headers.get("host", "127.0.0.1")
        request = Request(
            method=scope["method"],
            path=scope["raw_path"].decode("latin-1").removeprefix(self._dialect.prefix),
            query=scope["query_string"].decode("latin-1"),
            headers=headers,
            body=await incoming.body(),
            base_url=f"{scope['scheme']}://{host}{self._dialect.prefix}",
        )
        response = await self._state.in_thread(self._dialect.handle, request)
        if not response.status:
            await cut(receive, send)
            return
        body = b"" if request.method == "HEAD" else response.body
        outgoing = HttpResponse(body, response.status)
        for name, value in response.headers.items():
            outgoing.headers[name] = value
        await outgoing(scope, receive, send)


class _Control:
    """Handlers of the control routes; a bad request body is a 400 with the reason."""

    def __init__(self, state: State) -> None:
        self._state = state

    def routes(self) -> list[Route]:
        return [
            Route(CONTROL, self._index),
            Route(f"{CONTROL}/faults", self._faults, methods=["GET", "POST", "DELETE"]),
            Route(f"{CONTROL}/requests", self._requests, methods=["GET", "DELETE"]),
            Route(f"{CONTROL}/reset", self._reset, methods=["POST"]),
            Route(f"{CONTROL}/settings", self._settings, methods=["GET", "PATCH"]),
        ]

    async def _index(self, _request: HttpRequest) -> HttpResponse:
        return JSONResponse({"variables": dict(self._state.variables)})

    async def _faults(self, request: HttpRequest) -> HttpResponse:
        if request.method == "DELETE":
            self._state.faults.clear()
        elif request.method == "POST":
            try:
                described = json.loads(await request.body())
                for entry in described if isinstance(described, list) else [described]:
                    self._state.faults.add(**entry)
            except (ValueError, TypeError) as error:
                return JSONResponse({"message": str(error)}, 400)
        return JSONResponse(self._state.faults.describe())

    async def _requests(self, request: HttpRequest) -> HttpResponse:
        if request.method == "DELETE":
            self._state.log.clear()
        return JSONResponse(self._state.log.entries())

    async def _reset(self, _request: HttpRequest) -> HttpResponse:
        await self._state.in_thread(self._state.reset)
        return JSONResponse({})

    async def _settings(self, request: HttpRequest) -> HttpResponse:
        try:
            changes = json.loads(await request.body()) if request.method == "PATCH" else {}
            return JSONResponse(self._state.configure(changes))
        except (ValueError, TypeError) as error:
            return JSONResponse({"message": str(error)}, 400)
