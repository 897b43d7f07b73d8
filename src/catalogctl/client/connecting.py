"""Making the connections of a client, and saying what keeps them from being made."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

import httpx

from catalogctl.client.failures import Failure
from catalogctl.errors import Rejected, Unreachable

KEEP_ALIVE = 4.0
"""Below the five seconds after which common servers close: a request sent into a closing
connection may have been acted on or not, and nobody can tell."""


def unusable(url: str, headers: Mapping[str, str]) -> Failure | None:
    """What is wrong with the URL or the headers, as far as it shows before connecting."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return Failure(Unreachable, "the URL cannot be read", sent=False)
    if "@" in parts.netloc:  # httpx would send these in place of the token
        return Failure(Unreachable, "the URL may hold no user or password", sent=False)
    for name, value in headers.items():
        if not (value and value.isascii() and value.isprintable() and value == value.strip()):
            return Failure(
                Rejected,
                f"the value of the header {name} is empty or holds what cannot be sent",
                hint="is there a blank or a line break in the token?",
                sent=False,
            )
    return None


def connections(
    url: str, concurrency: int, ca_bundle: str | None, transport: httpx.AsyncBaseTransport | None
) -> httpx.AsyncClient | Failure:
    """A pool that honours the proxies of the environment. Nothing is sent yet."""
    try:
        return httpx.AsyncClient(
            verify=_trust(url, ca_bundle),
            limits=httpx.Limits(
                max_connections=concurrency,
                max_keepalive_connections=concurrency,
                keepalive_expiry=KEEP_ALIVE,
            ),
            transport=transport,
            # no proxy can reach the loopback of this machine
            trust_env=not _is_loopback(urlsplit(url).hostname or ""),
        )
    except OSError as problem:
        said = f"no certificates can be read from {ca_bundle or 'SSL_CERT_FILE'}"
        said += f" ({problem.strerror})" if problem.strerror else ""
        return Failure(Unreachable, said, sent=False)
    except (ImportError, ValueError, httpx.InvalidURL):
        said = "the proxy that the environment names cannot be used"
        hint = "see HTTPS_PROXY, HTTP_PROXY and ALL_PROXY"
        return Failure(Unreachable, said, hint, sent=False)


def _trust(url: str, ca_bundle: str | None) -> ssl.SSLContext | bool:
    if ca_bundle is None:
        # without https nothing is verified, and loading certificates takes 30 ms
        return url.lower().startswith("https:")
    if Path(ca_bundle).is_dir():
        return ssl.create_default_context(capath=ca_bundle)
    return ssl.create_default_context(cafile=ca_bundle)


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
