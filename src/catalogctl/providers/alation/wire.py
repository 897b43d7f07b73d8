"""What is read of Alation's JSON. The names are the API's own; other keys are passed over."""

from __future__ import annotations

from typing import Any

import msgspec


class FieldValue(msgspec.Struct, frozen=True):
    """A custom field of an object: a text, a list of texts, or a list of objects."""

    field_id: int
    value: Any = None


class Table(msgspec.Struct, frozen=True):
    """A table of the relational API v2. `key` is what names it for certain."""

    id: int
    name: str
    key: str = ""
    schema_id: int | None = None
    schema_name: str | None = None
    table_type: str | None = None
    title: str | None = None
    description: str | None = None
    custom_fields: list[FieldValue] | None = None


class Column(msgspec.Struct, frozen=True, gc=False):
    table_id: int
    name: str


class Schema(msgspec.Struct, frozen=True, gc=False):
    id: int
    name: str


class Field(msgspec.Struct, frozen=True):
    """The definition of a custom field. An option is its title, or an object that has one."""

    id: int
    field_type: str
    name_singular: str | None = None
    builtin_name: str | None = None
    options: list[Any] | None = None


class DataSource(msgspec.Struct, frozen=True):
    """Schemas are texts; where the source has one more level also lists of texts (inferred)."""

    id: int
    deleted: bool | None = None
    is_gone: bool | None = None
    exclude_schemas: list[Any] | None = None
    limit_schemas: list[Any] | None = None
    is_virtual: bool | None = None

    @property
    def is_there(self) -> bool:
        return not self.deleted and not self.is_gone


class User(msgspec.Struct, frozen=True):
    """The token's own user. `role` is such as `SERVER_ADMIN`."""

    id: int
    username: str | None = None
    email: str | None = None
    role: str | None = None

    @property
    def name(self) -> str:
        return self.username or self.email or f"user {self.id}"

    @property
    def is_admin(self) -> bool:
        """Inferred: the names of all roles that may change a catalog end so. True if unknown."""
        return not self.role or "ADMIN" in self.role.upper()


class Synced(msgspec.Struct, frozen=True):
    """The table that a sync answers with; whether it is new, the answer does not say."""

    id: int


class Job(msgspec.Struct, frozen=True):
    """`result` differs from job to job; see `jobs`."""

    status: str | None = None
    msg: str | None = None
    result: Any = None


class AccessToken(msgspec.Struct, frozen=True):
    """What the token calls answer. Some failures come with a 200 and `status: failed`."""

    api_access_token: str | None = None
    created_at: str | None = None
    token_expires_at: str | None = None
    token_status: str | None = None
    status: str | None = None
