"""Routes that are about the server or the caller, not about one entity."""

from __future__ import annotations

import base64
import binascii
from typing import Any

from catalogctl.sandbox.wire import Response

from . import permissions, projection
from .call import Call
from .errors import ApiError
from .kinds import BY_TYPE, KINDS
from .records import Entity
from .tokens import mint

WRONG_LOGIN = "You have entered an invalid username or password."
NOT_BASE64 = "Password needs to be encoded in Base-64."
HOUR_MS = 3_600_000


def version(call: Call) -> Response:
    return Response.json(
        200,
        {
            "version": call.behaviour.version_text,
            "revision": "sandbox",
            "timestamp": call.clock.now_ms(),
        },
    )


def health(_call: Call) -> Response:
    """The body is inferred."""
    return Response.json(200, {"status": "healthy"})


def auth_config(_call: Call) -> Response:
    return Response.json(200, {"provider": "basic", "enableSelfSignup": False})


def login(call: Call) -> Response:
    """Basic sign-in; the password comes in Base64 (recorded)."""
    body = call.json() or {}
    password = _decoded(body.get("password"))
    user = _by_email(call, str(body.get("email", "")))
    if user is None:
        raise ApiError(400, WRONG_LOGIN)
    if user.doc.get("$password") != password:
        raise ApiError(401, WRONG_LOGIN)
    expires = call.clock.now_ms() + HOUR_MS
    return Response.json(
        200,
        {
            "accessToken": mint(user.doc["name"], exp=expires // 1000),
            "refreshToken": f"refresh-{user.id}",
            "tokenType": "Bearer",
            "expiryDuration": expires,
        },
    )


def _decoded(password: Any) -> str:
    try:
        return base64.b64decode(str(password or "!"), validate=True).decode()
    except (binascii.Error, ValueError):
        raise ApiError(400, NOT_BASE64) from None


def _by_email(call: Call, email: str) -> Entity | None:
    user = call.records.find(BY_TYPE["user"], email.partition("@")[0].lower())
    if user is None:
        user = call.records.find(BY_TYPE["user"], f'"{email.partition("@")[0].lower()}"')
    return user if user and user.doc.get("email") == email and not user.deleted else None


def logged_in_user(call: Call) -> Response:
    user = call.records.find(BY_TYPE["user"], call.lookup_name(BY_TYPE["user"], call.user))
    if user is None:
        raise ApiError(
            404,
            f"User with provider name : {call.user} and email : {call.user}@open-metadata.org "
            "not found",
        )
    fields = projection.parse_fields(call, BY_TYPE["user"])
    if "roles" in fields:
        fields.add("inheritedRoles")
    return Response.json(200, projection.show(call, user, fields))


def group_teams(call: Call) -> Response:
    teams = [
        team
        for team in call.principal.doc.get("teams", [])
        if (found := call.references.entity(team["id"])) and found.doc.get("teamType") == "Group"
    ]
    return Response.json(200, call.references.show_all(teams))


def bot_token(call: Call, id: str) -> Response:
    permissions.require_admin(call)
    user = call.with_id("user", id)
    token = mint(user.doc["name"], is_bot=bool(user.doc.get("isBot")))
    return Response.json(200, {"JWTToken": token, "JWTTokenExpiry": "Unlimited"})


def permissions_all(call: Call) -> Response:
    user = _asked_user(call)
    shown = [permissions.listing(call, user, kind.type, None) for kind in KINDS]
    return Response.json(200, {"data": shown, "paging": {"total": len(shown)}})


def permissions_of(call: Call, resource: str) -> Response:
    _require_resource(resource)
    return Response.json(200, permissions.listing(call, _asked_user(call), resource, None))


def permissions_by_id(call: Call, resource: str, id: str) -> Response:
    _require_resource(resource)
    entity = call.with_id(resource, id)
    return Response.json(200, permissions.listing(call, _asked_user(call), resource, entity))


def permissions_by_name(call: Call, resource: str, fqn: str) -> Response:
    _require_resource(resource)
    entity = call.named(resource, fqn)
    return Response.json(200, permissions.listing(call, _asked_user(call), resource, entity))


def _require_resource(resource: str) -> None:
    if resource not in BY_TYPE:
        raise ApiError(400, f"Resource type {resource} not found")


def _asked_user(call: Call) -> Entity:
    """Another user's permissions are for admins only (recorded)."""
    asked = call.request.parameter("user")
    if asked is None or asked == call.user:
        return call.principal
    permissions.require_admin(call)
    return call.named("user", asked)
