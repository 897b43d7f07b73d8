"""A client of a sandbox's OpenMetadata API, as tests use it."""

from __future__ import annotations

from typing import Any

import httpx

from catalogctl.sandbox import Sandbox

CUSTOMERS = "snowflake_prod.analytics.public.customers"
PATCH_JSON = {"Content-Type": "application/json-patch+json"}
TEXT = {"Content-Type": "text/plain"}


class Api:
    """A client of a sandbox's OpenMetadata API, as one user."""

    def __init__(self, sandbox: Sandbox, user: str = "admin") -> None:
        self.http = httpx.Client(
            base_url=f"{sandbox.openmetadata_url}/api/v1",
            headers={"Authorization": f"Bearer {sandbox.token(user)}"},
            timeout=10,
        )

    def get(self, path: str, **parameters: Any) -> Any:
        """The JSON of a successful GET."""
        response = self.http.get(path, params=parameters)
        assert response.status_code == 200, response.text
        return response.json()

    def table(self, fqn: str = CUSTOMERS, fields: str = "owners,tags,columns") -> Any:
        return self.get(f"/tables/name/{fqn}", fields=fields)

    def patch(self, path: str, *operations: Any, **headers: str) -> httpx.Response:
        """Operations are ``(path, value)`` pairs to add, or whole operations."""
        body = [
            {"op": "add", "path": entry[0], "value": entry[1]}
            if isinstance(entry, tuple)
            else entry
            for entry in operations
        ]
        sent = {**PATCH_JSON, **{name.replace("_", "-"): value for name, value in headers.items()}}
        return self.http.patch(path, json=body, headers=sent)

    def import_csv(self, path: str, text: str, dry: str | None = "true") -> Any:
        response = self.http.put(
            f"{path}/import",
            content=text.encode(),
            headers=TEXT,
            params={} if dry is None else {"dryRun": dry},
        )
        assert response.status_code == 200, response.text
        return response.json()

    def export_csv(self, path: str) -> str:
        response = self.http.get(f"{path}/export")
        assert response.status_code == 200, response.text
        return response.content.decode()
