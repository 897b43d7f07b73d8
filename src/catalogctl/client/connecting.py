"""Making the connections of a client, and saying what keeps them from being made."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Mapping
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

import httpcore
import httpx

from catalogctl.client.failures import Failure
from catalogctl.errors import Rejected, Unreachable

KEEP_ALIVE = 4.0
"""Below the five seconds after which common servers close: a request sent into a closing
connection may have been acted on or not, and nobody can tell."""

AT_ONCE = 256 * 1024
"""Bytes that asyncio takes from a connection at once."""

# httpcore asks for a quarter of that, and all that is left of a piece is copied each time: an
# eighth of the CPU that pages of megabytes cost before they are looked at.
httpcore.AsyncHTTP11Connection.READ_NUM_BYTES = AT_ONCE


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


class Connections:
    """As many connections as there are requests under way; who limits these, limits them.

    Each is that of an HTTP client of its own. In a pool httpcore looks at every connection, and at
    every other one for each, whenever a request comes or goes: a third of the CPU of an apply.
    """

    def __init__(self, open: Callable[[], httpx.AsyncClient]) -> None:
        self._open = open
        self._idle = [open()]  # it tells at once whether the environment's proxies can be used
        self._all = list(self._idle)

    async def send(self, request: httpx.Request) -> httpx.Response:
        """Send it over the connection that was used last, if it is free. Raises as httpx does."""
        http = self._idle.pop() if self._idle else self._another()
        try:
            return await http.send(request)
        finally:
            self._idle.append(http)

    def _another(self) -> httpx.AsyncClient:
        http = self._open()
        self._all.append(http)
        return http

    async def close(self) -> None:
        for http in self._all:
            await http.aclose()


def connections(
    url: str, ca_bundle: str | None, transport: httpx.AsyncBaseTransport | None
) -> Connections | Failure:
    """Connections that honour the proxies of the environment. Nothing is sent yet."""
    try:
        # no proxy can reach the loopback of this machine
        trust_env = not _is_loopback(urlsplit(url).hostname or "")
        trust = _trust(url, ca_bundle, trust_env)
        return Connections(
            lambda: httpx.AsyncClient(
                verify=trust,
                limits=httpx.Limits(max_connections=1, keepalive_expiry=KEEP_ALIVE),
                transport=transport,
                trust_env=trust_env,
            )
        )
    except OSError as problem:
        said = f"no certificates can be read from {ca_bundle or 'SSL_CERT_FILE'}"
        said += f" ({problem.strerror})" if problem.strerror else ""
        return Failure(Unreachable, said, sent=False)
    except (ImportError, ValueError, httpx.InvalidURL):
        said = "the proxy that the environment names cannot be used"
        hint = "see HTTPS_PROXY, HTTP_PROXY and ALL_PROXY"
        return Failure(Unreachable, said, hint, sent=False)


def _trust(url: str, ca_bundle: str | None, trust_env: bool) -> ssl.SSLContext:
    if ca_bundle is None:
        # without https nothing is verified, and loading certificates takes 30 ms
        verify = url.lower().startswith("https:")
        return httpx.create_ssl_context(verify=verify, trust_env=trust_env)
    if Path(ca_bundle).is_dir():
        return ssl.create_default_context(capath=ca_bundle)
    return ssl.create_default_context(cafile=ca_bundle)


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
