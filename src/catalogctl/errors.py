"""What can go wrong, in two families that are never mixed.

A *diagnostic* is a value: something to tell the user about specs, configuration or a plan.
Diagnostics are collected and shown together. Finding one and placing it are apart: whoever finds
it names a field path, and `spec.places` turns the path into a line.

An *exception* means that the run, or one operation, cannot go on:

    Error
      UsageError            the command line or an argument makes no sense (exit 64)
      InvalidError          specs, configuration or a saved plan are invalid (exit 4)
      CatalogError          a catalog did not do what was asked of it (exit 1)
        Unreachable         no answer; `sent` says whether the catalog may have acted
        Unauthorized        the token is missing, wrong or expired (401)
        Forbidden           the token lacks a right (403)
        NotFound            the object, or the route, is not there (404)
        Conflict            the object changed since it was read (409, 412)
        RateLimited         still refused after waiting as told (429)
        Rejected            any other refusal of this request (4xx)
        BadResponse         a 5xx, or an answer that cannot be understood
      WriteRefused          planning tried to write: a bug in a provider, stopped before sending
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any


class Severity(str, Enum):
    """How much a diagnostic matters. Only an error stops anything."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True, order=True)
class Location:
    """A place in a file. `line` and `column` count from 1, as editors do."""

    file: str
    line: int = 1
    column: int = 1

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One finding: a stable code, what is wrong, where, and the mend (`hint`)."""

    code: str
    message: str
    location: Location | None = None
    hint: str | None = None
    severity: Severity = Severity.ERROR

    def at(self, location: Location | None) -> Diagnostic:
        """The same finding, placed."""
        return replace(self, location=location)

    def __str__(self) -> str:
        place = f"{self.location}: " if self.location else ""
        mend = f"; {self.hint}" if self.hint else ""
        return f"{place}{self.severity.value}[{self.code}]: {self.message}{mend}"

    def as_json(self) -> dict[str, Any]:
        """The shape that `--format json` prints."""
        place = self.location
        return {
            "severity": self.severity.value,
            "code": self.code,
            "message": self.message,
            "file": place.file if place else None,
            "line": place.line if place else None,
            "column": place.column if place else None,
            "hint": self.hint,
        }


def in_order(diagnostics: Sequence[Diagnostic]) -> tuple[Diagnostic, ...]:
    """Sorted by place, then code and text; each once."""

    def key(found: Diagnostic) -> tuple[Any, ...]:
        place = found.location or Location("", 0, 0)
        return (place, found.code, found.message)

    return tuple(sorted(dict.fromkeys(diagnostics), key=key))


class Error(Exception):
    """Every failure that is expected and explained. Anything else is a bug."""


class UsageError(Error):
    """The command was called wrongly."""


class InvalidError(Error):
    """Specs, configuration or a saved plan cannot be used; `diagnostics` says why, all at once."""

    def __init__(self, diagnostics: Sequence[Diagnostic]) -> None:
        self.diagnostics = in_order(diagnostics)
        super().__init__("\n".join(str(found) for found in self.diagnostics))


class CatalogError(Error):
    """A catalog refused, failed or could not be reached.

    `message` is the catalog's own word (secrets redacted); `status` its HTTP status, if it
    answered; `sent` is False only when the request surely never reached it. `again` says that a
    write may be tried once more when reading has shown that nothing of it arrived.
    """

    def __init__(
        self,
        message: str,
        *,
        catalog: str = "",
        operation: str = "",
        status: int | None = None,
        sent: bool = True,
        hint: str | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.catalog = catalog
        self.operation = operation
        self.status = status
        self.sent = sent
        self.again = False
        self.hint = hint

    def __str__(self) -> str:
        where = f"{self.catalog}: " if self.catalog else ""
        doing = f"{self.operation}: " if self.operation else ""
        mend = f"; {self.hint}" if self.hint else ""
        return f"{where}{doing}{self.message.rstrip('.')}{mend}"


class Unreachable(CatalogError):
    """No answer came: refused, timed out or cut."""


class Unauthorized(CatalogError):
    """The catalog does not know the token (401)."""


class Forbidden(CatalogError):
    """The token may not do this (403)."""


class NotFound(CatalogError):
    """What was asked for is not there (404)."""


class Conflict(CatalogError):
    """The object moved between reading and writing (409, 412)."""


class RateLimited(CatalogError):
    """The catalog goes on refusing for load (429)."""


class Rejected(CatalogError):
    """The catalog says that the request itself is wrong (other 4xx)."""


class BadResponse(CatalogError):
    """The catalog failed (5xx) or answered something that cannot be understood."""


class WriteRefused(Error):
    """A write was attempted while planning. Nothing was sent."""
