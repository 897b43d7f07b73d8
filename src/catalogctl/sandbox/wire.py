"""Requests and answers as a dialect sees them: plain values, no framework."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol
from urllib.parse import parse_qsl


@dataclass(frozen=True)
class Request:
    """One call. ``path`` is raw (still percent-encoded) and starts after the dialect's prefix."""

    method: str
    path: str
    query: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    """Names in lower case."""
    body: bytes = b""
    base_url: str = "http://127.0.0.1"
    """Scheme, host and the dialect's prefix: what links in an answer begin with."""

    def parameters(self, name: str) -> list[str]:
        """Every value given for ``name``, in order; a bare ``name`` counts as an empty value."""
        return [value for key, value in self._pairs() if key == name]

    def parameter(self, name: str) -> str | None:
        """The first value given for ``name``."""
        return next(iter(self.parameters(name)), None)

    def _pairs(self) -> list[tuple[str, str]]:
        return parse_qsl(self.query, keep_blank_values=True)


@dataclass(frozen=True)
class Response:
    status: int
    """0 drops the connection instead of answering."""
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def json(cls, status: int, content: Any, headers: Mapping[str, str] | None = None) -> Response:
        return cls(
            status,
            compact(content).encode(),
            {"Content-Type": "application/json", **(headers or {})},
        )

    @classmethod
    def text(cls, status: int, content: str, content_type: str = "text/plain") -> Response:
        """``content_type`` goes out as given: a missing charset is part of what is emulated."""
        return cls(status, content.encode("utf-8", "replace"), {"Content-Type": content_type})


class Dialect(Protocol):
    """One emulated system, mounted under ``prefix``."""

    prefix: str

    def handle(self, request: Request) -> Response:
        """Answer one call; called from several threads at once."""

    def user_of(self, headers: Mapping[str, str]) -> str | None:
        """The user that a request claims to be, for the log and for faults; never raises."""

    def reset(self) -> None:
        """Forget everything and load the seed again."""


def compact(content: Any) -> str:
    """JSON as these servers write it: no blanks, text unescaped."""
    return json.dumps(content, ensure_ascii=False, separators=(",", ":"))
