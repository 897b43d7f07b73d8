"""The OpenMetadata dialect, mounted under ``/openmetadata``."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from typing import Any

from catalogctl.sandbox.clock import Clock
from catalogctl.sandbox.store import Store
from catalogctl.sandbox.wire import Request, Response

from . import tokens
from .behaviour import MODES
from .call import Call, Settings
from .errors import ApiError, Unhandled
from .records import Records
from .routes import Router
from .seeding import load

_LOG = logging.getLogger(__name__)

UI = "<!DOCTYPE html><html><head><title>OpenMetadata</title></head><body></body></html>"


class OpenMetadata:
    """Answers calls as a server of the chosen version does."""

    prefix = "/openmetadata"

    def __init__(
        self,
        store: Store,
        clock: Clock,
        settings: Settings,
        *,
        mode: str = "2.0",
        seed: Mapping[str, Any] | None = None,
    ) -> None:
        if mode not in MODES:
            raise ValueError(f"unknown mode {mode!r}; one of {', '.join(MODES)}")
        self.behaviour = MODES[mode]
        self.records = Records(store)
        self.settings = settings
        self._clock = clock
        self._seed = seed or {}
        self._router = Router(self.behaviour, settings)
        if self.records.is_empty():
            self._load()

    def reset(self) -> None:
        self.records.clear()
        self._load()

    def _load(self) -> None:
        request = Request("POST", "/api/v1/seed")
        load(self._call(request, "admin"), json.loads(json.dumps(self._seed)))

    def user_of(self, headers: Mapping[str, str]) -> str | None:
        return tokens.unverified_user(headers.get("authorization"))

    def handle(self, request: Request) -> Response:
        if request.path != "/api" and not request.path.startswith("/api/"):
            # The web interface takes every path that is not the API's, so a base URL without
            # its /api shows up as a page, not as an error.
            return Response.text(200, UI, "text/html")
        try:
            return self._answer(request)
        except ApiError as error:
            return error.response(self.behaviour)
        except Exception as error:
            # Ill-typed bodies reach deep before they fail, on the real server as here.
            _LOG.exception("%s %s", request.method, request.path)
            return Unhandled(f"{type(error).__name__}: {error}").response(self.behaviour)

    def _answer(self, request: Request) -> Response:
        found = self._router.find(request)
        call = self._call(request, "" if found.public else self._authenticate(request))
        if request.method in ("GET", "HEAD"):
            return found.handler(call)
        # Errors keep what was written before them: the server has no transaction around a call.
        with self.records.store.transaction(keep=(ApiError,)):
            return found.handler(call)

    def _authenticate(self, request: Request) -> str:
        token = tokens.bearer(request.headers.get("authorization"))
        return str(tokens.claims_of(token, self._clock.now_ms())["sub"])

    def _call(self, request: Request, user: str) -> Call:
        return Call(request, self.records, self.behaviour, self._clock, self.settings, user)
