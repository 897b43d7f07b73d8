"""OAuth 2.0 client credentials; the JWT that comes back works as a bearer and as a ``Token``.

Clients come from a seed: ``{"oauth_clients": {"ci": {"secret": "…", "user": "admin",
"expires_in": 3600}}}``. A client acts with the role of a user of the sandbox. The JWT is unsigned
as far as anybody can tell, and worth something on a sandbox only.
"""

from __future__ import annotations

import base64
import binascii
import json
import secrets
from typing import TYPE_CHECKING

from catalogctl.sandbox.wire import Response

from .errors import ApiError
from .records import Json

if TYPE_CHECKING:
    from .call import Call


def token(call: Call) -> Response:
    """``POST /oauth/v2/token/``: credentials in the form or as HTTP Basic."""
    form = call.form_or_object()
    if form.get("grant_type") != "client_credentials":
        raise _refused(400, "unsupported_grant_type", "Grant type is not supported")
    name, secret = _basic(call) or (form.get("client_id"), form.get("client_secret"))
    client = call.records.one_setup("oauth_client", str(name))
    if client is None or client["secret"] != secret:
        raise _refused(401, "invalid_client", "Client credentials are incorrect")
    seconds = int(client.get("expires_in", 3600))
    jwt = _jwt({"client_id": name, "jti": secrets.token_hex(8)})
    made = call.tokens.make("oauth", client["user"], value=jwt, seconds=seconds)
    answer = {"access_token": made.value, "token_type": "Bearer", "expires_in": seconds}
    return Response.json(200, answer)


def _refused(status: int, error: str, description: str) -> ApiError:
    body = {"error": error, "error_description": description, "code": str(status)}
    return ApiError(status, body)


def _basic(call: Call) -> tuple[str, str] | None:
    scheme, _, value = call.request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        name, _, secret = base64.b64decode(value).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None
    return name, secret


def _jwt(claims: Json) -> str:
    parts = [json.dumps({"alg": "RS256", "typ": "JWT"}), json.dumps(claims), secrets.token_hex(16)]
    return ".".join(base64.urlsafe_b64encode(part.encode()).decode().rstrip("=") for part in parts)
