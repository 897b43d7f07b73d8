"""Tiny constructors with defaults: a test names only what it is about."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from catalogctl.errors import Diagnostic, Location
from catalogctl.model import (
    Action,
    Address,
    CatalogInfo,
    Change,
    FieldChange,
    Plan,
    Value,
    Violation,
)

SHOP = "snowflake_prod.analytics.public"


def address(
    identity: str = f"{SHOP}.customers",
    *,
    kind: str = "Table",
    catalog: str = "openmetadata",
    qualified: bool = False,
) -> Address:
    return Address(catalog, kind, identity, qualified)


def location(line: int = 3, file: str = "catalog-specs/customers.yaml") -> Location:
    return Location(file, line)


def field_change(
    path: str = "description", before: Value = "old", after: Value = "new", **more: Any
) -> FieldChange:
    """A text or setting that changes; `more` are fields of `FieldChange`."""
    return FieldChange(path, before, after, **more)


def set_change(
    path: str = "tags",
    *,
    held: tuple[str, ...] = (),
    added: tuple[str, ...] = (),
    removed: tuple[str, ...] = (),
    **more: Any,
) -> FieldChange:
    """A set that changes: `held` is what the catalog has beside what is removed."""
    before = tuple(sorted({*held, *removed}))
    after = tuple(sorted({*held, *added}))
    return FieldChange(path, before, after, added=added, removed=removed, **more)


def change(
    *fields: FieldChange,
    identity: str = f"{SHOP}.customers",
    kind: str = "Table",
    catalog: str = "openmetadata",
    action: Action = Action.UPDATE,
    reason: str | None = None,
) -> Change:
    where = address(identity, kind=kind, catalog=catalog)
    return Change(where, action, fields or (field_change(),), reason)


def plan(
    *changes: Change,
    in_sync: int = 0,
    guards: tuple[Violation, ...] = (),
    applied: bool = False,
    catalogs: Mapping[str, CatalogInfo] | None = None,
    diagnostics: tuple[Diagnostic, ...] = (),
    unchanged: tuple[Address, ...] = (),
    base: str | None = None,
) -> Plan:
    return Plan(
        changes=tuple(sorted(changes, key=lambda each: each.address)),
        in_sync=in_sync,
        catalogs=catalogs or {},
        guards=guards,
        diagnostics=diagnostics,
        unchanged=unchanged,
        base=base,
        applied=applied,
    )
