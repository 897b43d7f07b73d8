"""The ways in which the server says no."""

from __future__ import annotations

from catalogctl.sandbox.wire import Response

from .behaviour import Behaviour

REASONS = {
    404: "Not Found",
    405: "Method Not Allowed",
    406: "Not Acceptable",
    415: "Unsupported Media Type",
}


class ApiError(Exception):
    """An error that the server means: ``{"code", "message"}``."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message

    def response(self, behaviour: Behaviour) -> Response:
        headers = (
            {"WWW-Authenticate": "om-auth"} if self.status in (401, 403, 404, 409, 412) else {}
        )
        return Response.json(self.status, {"code": self.status, "message": self.message}, headers)


class Unhandled(ApiError):
    """An exception that nobody caught on the server."""

    def __init__(self, cause: str) -> None:
        self.cause = cause
        super().__init__(
            500, f"An exception with message [{cause}] was thrown while processing request."
        )

    def response(self, behaviour: Behaviour) -> Response:
        kind = {"errorType": "UNHANDLED_SERVER_EXCEPTION"}
        if behaviour.generic_errors_are_500:
            return Response.json(500, {"responseMessage": self.message, **kind})
        return Response.json(500, {"code": 500, **kind, "message": self.message})


class HttpError(ApiError):
    """Raised by the HTTP layer itself, before any resource is asked: 404, 405, 406, 415."""

    def __init__(self, status: int) -> None:
        super().__init__(status, f"HTTP {status} {REASONS[status]}")

    def response(self, behaviour: Behaviour) -> Response:
        if behaviour.generic_errors_are_500:
            return Unhandled(self.message).response(behaviour)
        return super().response(behaviour)


class BrokenJson(ApiError):
    """A body that is no JSON at all; plain text on 1.6 (recorded)."""

    def __init__(self, message: str) -> None:
        super().__init__(400, message)

    def response(self, behaviour: Behaviour) -> Response:
        if behaviour.generic_errors_are_500:
            return Response.text(400, self.message)
        return super().response(behaviour)


def not_found(kind: str, key: str) -> ApiError:
    return ApiError(404, f"{kind} instance for {key} not found")


def unknown_property(name: str, class_name: str, known: list[str]) -> ApiError:
    """What the JSON mapper says about a key that is not in the schema (recorded on 1.6)."""
    count = "one known property" if len(known) == 1 else f"{len(known)} known properties"
    names = ", ".join(f'"{entry}"' for entry in known)
    return ApiError(
        400,
        f'Unrecognized field "{name}" (class {class_name}), not marked as ignorable '
        f"({count}: {names}])\n at [Source: UNKNOWN; byte offset: #UNKNOWN] "
        f'(through reference chain: {class_name}["{name}"])',
    )
