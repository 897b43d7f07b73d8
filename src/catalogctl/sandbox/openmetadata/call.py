"""What every handler works with: the request, who sends it, and the server's state."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from catalogctl.sandbox.clock import Clock
from catalogctl.sandbox.wire import Request

from .behaviour import Behaviour
from .errors import ApiError, BrokenJson, not_found
from .kinds import BY_TYPE, Kind, words
from .names import normalise, quote, user_fqn
from .records import Entity, Records
from .references import References

QUOTED_FOR_CALLER = words(
    "databaseService messagingService team bot role policy classification glossary"
)
"""Kinds whose whole name is one part, so that the server quotes it itself (inferred)."""


@dataclass
class Settings:
    """What a test may turn while the server runs."""

    messaging_csv: str = "off"
    """CSV of messaging services: "off", "inferred" or "docs"."""
    job_seconds: float = 0.0
    """How long an asynchronous CSV job takes at least."""
    import_result: bool = False
    """Whether the answer to an asynchronous import can be had (proposed for 2.0, not released)."""


@dataclass
class Call:
    request: Request
    records: Records
    behaviour: Behaviour
    clock: Clock
    settings: Settings
    user: str = ""
    """Name of the authenticated user."""
    memo: dict[str, Any] = field(default_factory=dict)
    """Look-ups worth keeping for the length of one call."""

    # Not functools.cached_property: before Python 3.12 it holds one lock for all instances while it
    # computes, and a reader that then waits for the store deadlocks with a writer that has it.

    @property
    def references(self) -> References:
        found: References | None = self.memo.get("references")
        if found is None:
            found = References(self.records, f"{self.request.base_url}/api/v1")
            self.memo["references"] = found
        return found

    @property
    def principal(self) -> Entity:
        """The authenticated user's own row; 404 if there is none (recorded)."""
        found: Entity | None = self.memo.get("principal")
        if found is None:
            found = self.named("user", self.user)
            self.memo["principal"] = found
        return found

    @property
    def is_bot(self) -> bool:
        return bool(self.principal.doc.get("isBot"))

    def json(self) -> Any:
        """The body; ``None`` if it is empty."""
        if not self.request.body.strip():
            return None
        try:
            return json.loads(self.request.body)
        except ValueError as error:
            raise BrokenJson(
                f"Unexpected character or end of input: {error}\n at [Source: REDACTED "
                "(`StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION` disabled); line: 1, column: 1]"
            ) from error

    def named(self, kind: str, name: str, include: str = "non-deleted") -> Entity:
        """An entity by fully qualified name; 404 as the server words it."""
        fqn = self.lookup_name(BY_TYPE[kind], name)
        return self._visible(self.records.find(BY_TYPE[kind], fqn), kind, fqn, include)

    def with_id(self, kind: str, entity_id: str, include: str = "non-deleted") -> Entity:
        """An entity by id; an id of another kind is not found either."""
        found = self.records.get(entity_id)
        if found is not None and found.kind.type != kind:
            found = None
        return self._visible(found, kind, entity_id.lower(), include)

    def lookup_name(self, kind: Kind, name: str) -> str:
        if kind.type == "user":
            return user_fqn(name)
        if kind.type in QUOTED_FOR_CALLER:
            return quote(name)
        return normalise(name) if self.behaviour.normalises_names else name

    @staticmethod
    def _visible(found: Entity | None, kind: str, key: str, include: str) -> Entity:
        hidden = {"non-deleted": True, "deleted": False, "all": None}.get(include)
        if found is None or found.deleted is hidden:
            raise not_found(kind, key)
        return found

    def include(self) -> str:
        value = self.request.parameter("include") or "non-deleted"
        if value not in ("all", "deleted", "non-deleted"):
            raise ApiError(400, "query param include must be one of [all, deleted, non-deleted]")
        return value
