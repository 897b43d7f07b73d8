"""The ways in which the server says no: three shapes of bodies.

A is the framework's ``{"type", "code", "detail", "attr"}``, of which only the first problem of a
request is told; B is a view's own ``{"message"}``; C is a bare ``{"detail"}``. Source: the
contract's section on error bodies.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from catalogctl.sandbox.wire import Response


class ApiError(Exception):
    """An answer that ends a call; what was written before it stays written."""

    def __init__(self, status: int, body: Any, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(f"{status} {body}")
        self.status = status
        self.body = body
        self.headers = dict(headers or {})

    def response(self) -> Response:
        return Response.json(self.status, self.body, self.headers)

    @property
    def reason(self) -> str:
        """The sentence for people, whatever the shape."""
        return str(self.body.get("detail") or self.body.get("message") or self.body)


def standard(status: int, kind: str, code: str, detail: str, attr: str | None = None) -> ApiError:
    """Shape A."""
    return ApiError(status, {"type": kind, "code": code, "detail": detail, "attr": attr})


def invalid(detail: str, attr: str | None = None, code: str = "invalid_input") -> ApiError:
    return standard(400, "validation_error", code, detail, attr)


def message(text: str) -> ApiError:
    """Shape B, always a 400."""
    return ApiError(400, {"message": text})


def bare_detail(text: str) -> ApiError:
    """Shape C, always a 400."""
    return ApiError(400, {"detail": text})


def broken_json(reason: str) -> ApiError:
    return standard(400, "invalid_request", "parse_error", f"JSON parse error - {reason}")


def unauthenticated() -> ApiError:
    return standard(
        401,
        "authentication_error",
        "not_authenticated",
        "Authentication credentials were not provided.",
    )


def bad_key() -> ApiError:
    return standard(
        401,
        "authentication_error",
        "authentication_failed",
        "Personal API key found in request Authorization header is invalid.",
    )


def forbidden(detail: str) -> ApiError:
    return standard(403, "authentication_error", "permission_denied", detail)


def not_found(detail: str = "Not found.") -> ApiError:
    return standard(404, "invalid_request", "not_found", detail)


def method_not_allowed(method: str) -> ApiError:
    return standard(405, "invalid_request", "method_not_allowed", f'Method "{method}" not allowed.')


def throttled(seconds: float) -> ApiError:
    wait = math.ceil(seconds)
    unit = "second" if wait == 1 else "seconds"
    detail = f"Request was throttled. Expected available in {wait} {unit}."
    error = standard(429, "throttled_error", "throttled", detail)
    error.headers["Retry-After"] = str(wait)
    return error


def server_error() -> ApiError:
    return standard(500, "server_error", "error", "A server error occurred.")
