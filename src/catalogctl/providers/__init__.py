"""The systems that the tool knows, by the type that the configuration names."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from catalogctl.config import Connection
    from catalogctl.providers.base import Provider

CONCURRENCY = 16
"""Requests under way at once for a catalog, unless the configuration says otherwise."""

Waiting = Callable[[str], None]
"""Told in a few words when a catalog makes us wait."""


def _openmetadata(connection: Connection, on_wait: Waiting | None) -> Provider:
    from catalogctl.client import Client
    from catalogctl.providers.openmetadata.api import base_url, explain, is_rehearsal
    from catalogctl.providers.openmetadata.provider import OpenMetadata

    url = base_url(connection.url)
    client = Client(
        catalog=connection.name,
        base_url=url,
        auth={"Authorization": f"Bearer {connection.token}"},
        timeout=connection.timeout,
        slow_timeout=connection.slow_timeout,
        concurrency=connection.concurrency or CONCURRENCY,
        requests_per_minute=connection.requests_per_minute,
        ca_bundle=str(connection.ca_bundle) if connection.ca_bundle else None,
        headers=connection.headers,
        secrets=connection.secrets,
        rehearsal=is_rehearsal,
        explain=explain,
        on_wait=on_wait,
    )
    return OpenMetadata(connection.name, url, client)


PROVIDERS: Mapping[str, Callable[[Connection, Waiting | None], Provider]] = {
    "openmetadata": _openmetadata,
}


def connect(connection: Connection, on_wait: Waiting | None = None) -> Provider:
    """A provider for a configured catalog. Nothing is sent yet.

    Until `allow_writes`, its HTTP client lets through reads and rehearsals and nothing else.
    """
    return PROVIDERS[connection.type](connection, on_wait)
