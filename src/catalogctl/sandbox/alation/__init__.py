"""The Alation dialect, mounted under ``/alation``: the table sync trigger, tokens, relational v2.

Written from the published documentation of the API and recorded answers of live servers. Where
those are silent the sandbox chooses; docstrings here say "inferred" wherever it does, and nobody
should take such an answer for what a server does.

Not emulated: tags, trust flags, nested columns, users and groups, extraction jobs and schedules,
per-object settings as an API, virtual data source uploads, legacy tokens, rate limits of its own
(ask for a fault with status 429).
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from catalogctl.sandbox.clock import Clock
from catalogctl.sandbox.store import Store
from catalogctl.sandbox.wire import Request, Response

from . import upserting, values
from .access import User
from .call import Call
from .errors import ApiError, page
from .jobs import Jobs
from .records import Records
from .routes import Router
from .seeding import access_value, issue, load, refresh_value
from .settings import Settings
from .tokens import Tokens
from .world import World, merge_patch

_LOG = logging.getLogger(__name__)

VERSIONS = ("2025.1", "2025.3")
"""The first stands for all that came before PATCH."""
DEFAULT = "2025.3"
RUNNERS = {
    "upsert": upserting.upsert,
    "update": upserting.update,
    "values": values.run,
    "values_in_two_jobs": values.run_in_two_jobs,
}


class Alation:
    """Answers calls as a server of the chosen version does."""

    prefix = "/alation"

    def __init__(
        self,
        store: Store,
        clock: Clock,
        *,
        version: str = DEFAULT,
        seed: Mapping[str, Any] | None = None,
    ) -> None:
        if version not in VERSIONS:
            raise ValueError(
                f"unknown version {version!r} of Alation; one of {', '.join(VERSIONS)}"
            )
        self.version = version
        self.settings = Settings()
        self.records = Records(store)
        self.world = World(self.records)
        self._clock = clock
        self._router = Router(version)
        self._seed = seed or {}
        if self.records.is_empty():
            self._load()
        self._tokens = Tokens(self.records, clock, self.settings)
        self._jobs = Jobs(self.records, clock, self.settings, RUNNERS)
        issue(self.records, self._tokens)

    def reset(self) -> None:
        """The seed anew; settings as they were at the start."""
        self.settings.change(Settings().describe())
        self.records.clear()
        self._tokens.clear()
        self._load()
        self._jobs.load()
        issue(self.records, self._tokens)

    def _load(self) -> None:
        seed = json.loads(json.dumps(self._seed))
        load(self.records, self.world, self._clock.now_ms(), seed)

    def token(self, user: str) -> str:
        """The access token that a user has from the start."""
        self._user(user)
        return access_value(user)

    def refresh_token(self, user: str) -> str:
        """The refresh token that a user has from the start."""
        self._user(user)
        return refresh_value(user)

    def user_id(self, user: str) -> int:
        return self._user(user).id

    def _user(self, name: str) -> User:
        entry = self.records.one_setup("user", name)
        if entry is None:
            raise ValueError(f"unknown user of Alation {name!r}")
        return User.of(name, entry)

    def configure(self, changes: Mapping[str, Any]) -> dict[str, Any]:
        """Change settings; ``data_sources`` holds merge patches by number (see ``world``), and
        ``users`` merge patches by name."""
        own = dict(changes)
        for number, patch in own.pop("data_sources", {}).items():
            self.world.change(int(number), patch)
        for name, patch in own.pop("users", {}).items():
            entry = merge_patch(self.records.one_setup("user", name), patch)
            User.of(name, entry)
            self.records.put_setup("user", name, entry)
        self.settings.change(own)
        return self.settings.describe()

    def user_of(self, headers: Mapping[str, str]) -> str | None:
        scheme, _, bearer = headers.get("authorization", "").partition(" ")
        value = headers.get("token") or (bearer if scheme.lower() == "bearer" else "")
        return self._tokens.owner(value.strip())

    def handle(self, request: Request) -> Response:
        """Answer one call; leading slashes count as one."""
        request = replace(request, path="/" + request.path.lstrip("/"))
        try:
            return self._answer(request)
        except ApiError as error:
            return error.response()
        except Exception:
            _LOG.exception("%s %s", request.method, request.path)
            return page(500, "Server Error").response()

    def _answer(self, request: Request) -> Response:
        found = self._router.find(request)
        if isinstance(found, Response):
            return found
        self._jobs.catch_up()
        call = Call(
            request,
            self.records,
            self.world,
            self._tokens,
            self._jobs,
            self.settings,
        )
        if not found.route.open:
            call.authenticate()
        return found.route.handler(call, **found.place)
