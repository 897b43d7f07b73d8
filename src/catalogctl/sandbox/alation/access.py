"""Users, their roles, and what they may do.

Every sandbox knows these users; a seed may add others, or change these, under ``users``. The
password of each is its name, and each has a refresh token and an access token from the start.

=============  ==  =============  =======================================
name           id  role           may
=============  ==  =============  =======================================
admin           1  SERVER_ADMIN   everything
catalog_admin   2  CATALOG_ADMIN  everything
source_admin    3  SOURCE_ADMIN   all in the data sources it is an admin of
steward         4  STEWARD        read, and write custom field values
viewer          5  VIEWER         read
=============  ==  =============  =======================================

Which roles may trigger a sync is not documented: here those that may write objects (inferred).
Reading is open to all, also in private data sources.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .errors import forbidden
from .records import Json

USERS: dict[str, Json] = {
    "admin": {"id": 1, "role": "SERVER_ADMIN"},
    "catalog_admin": {"id": 2, "role": "CATALOG_ADMIN"},
    "source_admin": {"id": 3, "role": "SOURCE_ADMIN"},
    "steward": {"id": 4, "role": "STEWARD"},
    "viewer": {"id": 5, "role": "VIEWER"},
}
ROLES = ("SERVER_ADMIN", "CATALOG_ADMIN", "SOURCE_ADMIN", "COMPOSER", "STEWARD", "VIEWER")
EVERYWHERE = ("SERVER_ADMIN", "CATALOG_ADMIN")


@dataclass(frozen=True)
class User:
    name: str
    id: int
    role: str
    email: str
    password: str

    @classmethod
    def of(cls, name: str, entry: Mapping[str, Any]) -> User:
        if entry["role"] not in ROLES:
            raise ValueError(f"role of user {name!r} is one of {', '.join(ROLES)}")
        email = entry.get("email", f"{name}@example.com")
        return cls(name, int(entry["id"]), entry["role"], email, entry.get("password", name))

    def describe(self) -> Json:
        first, _, last = self.name.partition("_")
        return {
            "id": self.id,
            "email": self.email,
            "username": self.email,
            "first_name": first.capitalize(),
            "last_name": last.capitalize(),
            "title": "",
            "role": self.role,
        }

    def administers(self, data_source: Mapping[str, Any] | None) -> bool:
        """Whether the user may write objects there; of an unknown data source: anywhere."""
        if self.role in EVERYWHERE:
            return True
        if self.role != "SOURCE_ADMIN":
            return False
        return data_source is None or self.name in data_source.get("admins", ())

    def check_administers(self, data_source: Mapping[str, Any] | None) -> None:
        if not self.administers(data_source):
            raise forbidden()

    def check_edits_values(self) -> None:
        """Whoever does more than look may set custom fields (inferred)."""
        if self.role == "VIEWER":
            raise forbidden()
