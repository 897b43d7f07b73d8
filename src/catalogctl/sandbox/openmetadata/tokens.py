"""Bearer tokens: JSON Web Tokens in shape, the same for a user on every run.

They are signed with a constant of this file. They protect nothing; they let a client see the
answers that wrong, broken and expired tokens get.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from typing import Any

from .errors import ApiError, Unhandled

_KEY = b"catalogctl sandbox"
_HEADER = {"kid": "sandbox", "typ": "JWT", "alg": "RS256"}


def mint(user: str, *, is_bot: bool = False, **claims: Any) -> str:
    """A token for ``user``; ``claims`` come on top, such as ``exp`` (seconds since the epoch)."""
    payload = {
        "sub": user,
        "email": f"{user}@open-metadata.org",
        "isBot": is_bot,
        "tokenType": "BOT" if is_bot else "PERSONAL_ACCESS",
        "iss": "open-metadata.org",
        **claims,
    }
    signed = f"{_part(_HEADER)}.{_part(payload)}"
    return f"{signed}.{_encode(_signature(signed))}"


def bearer(header: str | None) -> str:
    """The token of an ``Authorization`` header; the scheme is taken literally (recorded)."""
    if header is None or not header.startswith("Bearer"):
        raise ApiError(401, "Not Authorized! Token not present")
    if len(header) < len("Bearer "):
        raise Unhandled(f"begin 7, end 6, length {len(header)}")
    return header[len("Bearer ") :]


def claims_of(token: str, now_ms: int) -> dict[str, Any]:
    """The claims of a token that is well formed, signed here and not expired; else 401."""
    parts = token.split(".")
    try:
        header, payload = (json.loads(_decode(part)) for part in parts[:2])
        signature = _decode(parts[2])
    except (ValueError, IndexError, binascii.Error):
        raise ApiError(401, "Not Authorized! Unable to decode the token.") from None
    if len(parts) != 3 or not isinstance(payload, dict) or "sub" not in payload:
        raise ApiError(401, "Not Authorized! Unable to decode the token.")
    if not isinstance(header, dict) or header.get("kid") != _HEADER["kid"]:
        raise _UnknownKey()
    if not hmac.compare_digest(signature, _signature(".".join(parts[:2]))):
        raise ApiError(
            401,
            "Not Authorized! Token verification failed. Public key mismatch. due to "
            "com.auth0.jwt.exceptions.SignatureVerificationException: The Token's Signature "
            "resulted invalid when verified using the Algorithm: SHA256withRSA",
        )
    expires = payload.get("exp")
    if expires is not None and expires * 1000 < now_ms:
        raise ApiError(401, "Expired token!")
    if payload.get("isBot") and token != mint(payload["sub"], is_bot=True):
        raise ApiError(
            401, "Not Authorized! The given token does not match the current bot's token!"
        )
    return payload


def unverified_user(header: str | None) -> str | None:
    """Who a request says it is, for logs; ``None`` if that cannot be told."""
    try:
        return str(json.loads(_decode(bearer(header).split(".")[1]))["sub"])
    except (ApiError, ValueError, IndexError, KeyError, TypeError, binascii.Error):
        return None


class _UnknownKey(ApiError):
    def __init__(self) -> None:
        super().__init__(
            500,
            "An exception with message [com.auth0.jwk.SigningKeyNotFoundException: JWT Token keyID "
            "doesn't match the configured keyID. This usually happens if you didn't configure "
            "proper publicKeyUrls under authentication configuration.] was thrown while "
            "processing request.",
        )


def _part(content: dict[str, Any]) -> str:
    return _encode(json.dumps(content, separators=(",", ":")).encode())


def _encode(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _decode(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)


def _signature(signed: str) -> bytes:
    return hmac.new(_KEY, signed.encode(), hashlib.sha256).digest()
