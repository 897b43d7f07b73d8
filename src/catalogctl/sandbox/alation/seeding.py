"""Filling an empty sandbox from a seed.

A seed is a JSON object:

* ``users``: ``{"erin": {"id": 9, "role": "VIEWER"}}``, with ``email`` and ``password`` if wanted;
  the built-in ones of ``access`` are always there;
* ``oauth_clients``: see ``oauth``;
* ``custom_fields``: see ``fields``;
* ``data_sources``: by number, with the databases behind them; see ``world``;
* ``catalog``: what is catalogued already, by number of the data source and name of the schema:
  ``title``, ``description``, ``custom_fields`` (by name of the field) of the schema, and
  ``tables``: "all" that the source has, a list of names, or an object by name with the same three
  and

  * ``columns``: the same three by column,
  * ``missing``: columns that the source has and the catalog lacks,
  * ``physical``: a table as ``world`` describes it, where the catalog is behind the source, or the
    table is gone there.

Ids are given in the order of the seed, from 1 for each kind; texts are kept as they are.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from . import fields
from .access import USERS, User
from .extraction import copy_table, ensure_schema
from .records import Item, Json, Records
from .tokens import Tokens, stamp
from .world import World

PARTS = ("users", "oauth_clients", "custom_fields", "data_sources", "catalog")
LOGICAL = ("title", "description", "custom_fields")
OF_SCHEMA = (*LOGICAL, "tables")
OF_TABLE = (*LOGICAL, "columns", "missing", "physical")


class SeedError(ValueError):
    """A seed that can't be loaded."""


def access_value(user: str) -> str:
    """The access token that a user has from the start."""
    return f"sandbox-access-{user}"


def refresh_value(user: str) -> str:
    """The refresh token that a user has from the start."""
    return f"sandbox-refresh-{user}"


def load(records: Records, world: World, now_ms: int, seed: Mapping[str, Any]) -> None:
    """Users and fields of every sandbox, then the seed."""
    _known(seed, PARTS, "a seed")
    with records.store.transaction():
        for name, entry in {**USERS, **seed.get("users", {})}.items():
            User.of(name, entry)
            records.put_setup("user", name, entry)
        for name, entry in seed.get("oauth_clients", {}).items():
            records.put_setup("oauth_client", name, entry)
        for field in (*fields.BUILT_IN, *seed.get("custom_fields", ())):
            fields.load(records, field)
        for number, entry in seed.get("data_sources", {}).items():
            world.change(int(number), entry)
        loader = _Loader(records, stamp(now_ms))
        for number, schemas in seed.get("catalog", {}).items():
            for name, entry in schemas.items():
                loader.schema(int(number), name, entry)


def issue(records: Records, tokens: Tokens) -> None:
    """The tokens that each user has from the start, made anew."""
    for name in records.setup("user"):
        refresh = tokens.make("refresh", name, value=refresh_value(name), name="sandbox")
        tokens.make("access", name, value=access_value(name), refresh=refresh.value)


class _Loader:
    """What the catalog holds."""

    def __init__(self, records: Records, moment: str) -> None:
        self._records, self._moment = records, moment
        self._fields = {
            field["name_singular"]: field["id"] for field in records.setup("field").values()
        }

    def schema(self, ds_id: int, name: str, entry: Mapping[str, Any]) -> None:
        _known(entry, OF_SCHEMA, f"schema {name}")
        source = self._records.source(ds_id, name) or {}
        schema = ensure_schema(self._records, ds_id, name, source.get("comment"))
        self._describe(schema, entry)
        at_source = dict(self._records.source_tables(ds_id, name))
        tables = entry.get("tables", {})
        if tables == "all":
            tables = list(at_source)
        if isinstance(tables, list):
            tables = {table: {} for table in tables}
        for table, content in tables.items():
            self._table(schema, table, content, at_source.get(table))

    def _table(
        self, schema: Item, name: str, entry: Mapping[str, Any], at_source: Json | None
    ) -> None:
        _known(entry, OF_TABLE, f"table {name}")
        physical = dict(entry.get("physical", at_source) or {})
        if not physical:
            raise SeedError(f"table {name!r} is not at its source and has no physical")
        physical["columns"] = {
            column: content
            for column, content in physical.get("columns", {}).items()
            if column not in entry.get("missing", ())
        }
        table = copy_table(self._records, schema, name, physical)
        self._describe(table, entry)
        for column, content in entry.get("columns", {}).items():
            _known(content, LOGICAL, f"column {column}")
            found = self._records.item("attribute", table_id=table.id, name=column)
            if found is None:
                raise SeedError(f"table {name!r} has no column {column!r}")
            self._describe(found, content)

    def _describe(self, item: Item, entry: Mapping[str, Any]) -> None:
        item.title = entry.get("title", item.title)
        item.description = entry.get("description", item.description)
        self._records.save(item)
        for name, value in entry.get("custom_fields", {}).items():
            if name not in self._fields:
                raise SeedError(f"unknown custom field {name!r}")
            self._records.set_value(item, self._fields[name], value, self._moment)


def _known(entry: Mapping[str, Any], names: tuple[str, ...], what: str) -> None:
    unknown = set(entry) - set(names)
    if unknown:
        raise SeedError(f"unknown part of {what}: {', '.join(sorted(unknown))}")
