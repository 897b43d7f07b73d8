"""The ways in which the server says no.

Most bodies are ``{"detail", "code"}`` with a code of six digits, a string: the status and three
more. Lists of errors, bare field errors and HTML pages exist beside it. Bodies of the table sync
trigger are documented nowhere; theirs are a choice.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from catalogctl.sandbox.wire import Response

JSON = "application/json"
HTML = "text/html; charset=utf-8"


class ApiError(Exception):
    """An answer that ends a call; nothing that it wrote stays written.

    A body that is a text goes out as a page, anything else as JSON.
    """

    def __init__(self, status: int, body: Any, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(f"{status} {body}")
        self.status = status
        self.body = body
        self.headers = dict(headers or {})

    def response(self) -> Response:
        if isinstance(self.body, str):
            return Response.text(self.status, self.body, HTML)
        return Response.json(self.status, self.body, self.headers)


def coded(status: int, detail: str, code: str | None = None) -> ApiError:
    """The common shape; without a code, the general one of the status."""
    return ApiError(status, {"detail": detail, "code": code or f"{status}000"})


def bare(status: int, detail: str) -> ApiError:
    """The framework's own words have no code."""
    return ApiError(status, {"detail": detail})


def no_credentials() -> ApiError:
    """A 403, not a 401: on every call but those about tokens."""
    return coded(403, "Authentication credentials were not provided.")


def bad_credentials() -> ApiError:
    """An unknown, revoked or expired token on a data call; its text is inferred."""
    return coded(403, "API Access Token provided is invalid.")


def bad_bearer() -> ApiError:
    return bare(403, "Authentication failed: invalid bearer token.")


def forbidden() -> ApiError:
    return coded(403, "You do not have permission to perform this action.")


def invalid_payload(errors: list[dict[str, list[str]]]) -> ApiError:
    """The shape of custom field values."""
    return ApiError(
        400,
        {
            "title": "Invalid Payload",
            "detail": "Please check the API documentation for more details on the spec.",
            "errors": errors,
            "code": "400000",
        },
    )


def incorrect_items(errors: list[dict[str, list[str]]]) -> ApiError:
    """The shape of v2 writes; one entry an item, empty for those that are right (inferred)."""
    return ApiError(
        400,
        {
            "detail": "Incorrect input data. Please fix the errors and post the data.",
            "errors": errors,
            "code": "400010",
        },
    )


def method_not_allowed(method: str, allowed: list[str]) -> ApiError:
    error = bare(405, f'Method "{method}" not allowed.')
    error.headers["Allow"] = ", ".join(allowed)
    return error


def page(status: int, title: str) -> ApiError:
    """An HTML page where JSON was expected."""
    return ApiError(
        status, f"<!doctype html>\n<html><head><title>{title}</title></head><h1>{title}</h1></html>"
    )


def no_such_page() -> ApiError:
    """An unknown path (inferred to be a page)."""
    return page(404, "Not Found")
