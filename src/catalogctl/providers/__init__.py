"""The systems that the tool knows, by the type that the configuration names."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from catalogctl.client import Client, Explain, Quota, Rehearsal
    from catalogctl.config import Connection
    from catalogctl.providers.base import Provider

CONCURRENCY = 16
"""Requests under way at once for a catalog, unless the configuration says otherwise."""

POSTHOG_CONCURRENCY = 8
"""The same for PostHog, which allows eight requests a second and does slow work for some."""

ALATION_CONCURRENCY = 4
"""The same for Alation, which advises against parallel calls."""

Waiting = Callable[[str], None]
"""Told in a few words when a catalog makes us wait."""


def _client(
    connection: Connection,
    url: str,
    auth: Mapping[str, str],
    on_wait: Waiting | None,
    *,
    rehearsal: Rehearsal,
    explain: Explain,
    concurrency: int,
    quotas: Sequence[Quota] = (),
) -> Client:
    from catalogctl.client import Client

    return Client(
        catalog=connection.name,
        base_url=url,
        auth=auth,
        timeout=connection.timeout,
        slow_timeout=connection.slow_timeout,
        concurrency=connection.concurrency or concurrency,
        requests_per_minute=connection.requests_per_minute,
        quotas=quotas,
        ca_bundle=str(connection.ca_bundle) if connection.ca_bundle else None,
        headers=connection.headers,
        secrets=connection.secrets,
        rehearsal=rehearsal,
        explain=explain,
        on_wait=on_wait,
    )


def _openmetadata(connection: Connection, on_wait: Waiting | None) -> Provider:
    from catalogctl.providers.openmetadata.api import base_url, explain, is_rehearsal
    from catalogctl.providers.openmetadata.provider import OpenMetadata

    url = base_url(connection.url)
    client = _client(
        connection,
        url,
        {"Authorization": f"Bearer {connection.token}"},
        on_wait,
        rehearsal=is_rehearsal,
        explain=explain,
        concurrency=CONCURRENCY,
    )
    return OpenMetadata(connection.name, url, client, cache=connection.cache)


def _posthog(connection: Connection, on_wait: Waiting | None) -> Provider:
    from catalogctl.errors import Diagnostic, InvalidError
    from catalogctl.providers.posthog.api import QUOTAS, base_url, explain, is_rehearsal
    from catalogctl.providers.posthog.provider import PostHog

    project = connection.options.get("project_id")
    if not project:
        message = f'catalogs.{connection.name}: the key "project_id" is missing'
        raise InvalidError([Diagnostic("CONF004", message, hint="write project_id: 1")])
    url = base_url(connection.url)
    client = _client(
        connection,
        url,
        {"Authorization": f"Bearer {connection.token}"},
        on_wait,
        rehearsal=is_rehearsal,
        explain=explain,
        concurrency=POSTHOG_CONCURRENCY,
        quotas=QUOTAS,
    )
    return PostHog(connection.name, url, project, client, connection.reveal)


def _alation(connection: Connection, on_wait: Waiting | None) -> Provider:
    from catalogctl.errors import Diagnostic, InvalidError
    from catalogctl.providers.alation.api import Api, explain
    from catalogctl.providers.alation.provider import Alation
    from catalogctl.providers.alation.tokens import Tokens, is_rehearsal

    user_id = connection.options.get("user_id", "")
    if not (user_id.isdecimal() if user_id else not connection.refresh_token):
        message = f"catalogs.{connection.name}.user_id is {'no number' if user_id else 'missing'}"
        hint = "write the number of the user that the refresh token belongs to"
        raise InvalidError([Diagnostic("CONF004", message, hint=hint)])
    url = connection.url.rstrip("/")
    client = _client(
        connection,
        url,
        {"Token": connection.token} if connection.token else {},
        on_wait,
        rehearsal=is_rehearsal,
        explain=explain,
        concurrency=ALATION_CONCURRENCY,
    )
    tokens = Tokens(
        client,
        token=connection.token,
        refresh_token=connection.refresh_token,
        user_id=int(user_id) if user_id else None,
    )
    return Alation(connection.name, url, Api(client, tokens))


PROVIDERS: Mapping[str, Callable[[Connection, Waiting | None], Provider]] = {
    "alation": _alation,
    "openmetadata": _openmetadata,
    "posthog": _posthog,
}


def connect(connection: Connection, on_wait: Waiting | None = None) -> Provider:
    """A provider for a configured catalog. Nothing is sent yet.

    Until `allow_writes`, its HTTP client lets through reads and rehearsals and nothing else.
    """
    return PROVIDERS[connection.type](connection, on_wait)
