"""Made-up tables that look like those of a warehouse. The same seed gives the same tables.

Table number 17 is the same however many there are, so a bigger catalog holds the smaller one.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

SERVICE, DATABASE = "warehouse", "analytics"
USER = "bench-bot"
"""The user of the token, whose vote is declared where votes change."""

_AREAS = (
    "billing", "checkout", "customers", "finance", "fulfilment", "growth", "inventory",
    "logistics", "marketing", "payments", "pricing", "risk", "sales", "support", "web",
)  # fmt: skip
_LAYERS = ("raw", "stg", "int", "dim", "fact", "mart", "agg")
_THINGS = (
    "account", "address", "basket", "campaign", "carrier", "category", "channel", "contract",
    "coupon", "customer", "delivery", "device", "employee", "event", "invoice", "ledger_entry",
    "order", "order_item", "partner", "payment", "product", "refund", "return", "segment",
    "session", "shipment", "store", "subscription", "supplier", "tax_rate", "ticket", "warehouse",
)  # fmt: skip
_ENDINGS = (
    ("id", "BIGINT", "bigint", None),
    ("code", "VARCHAR", "varchar(32)", 32),
    ("name", "VARCHAR", "varchar(255)", 255),
    ("email", "VARCHAR", "varchar(320)", 320),
    ("status", "VARCHAR", "varchar(16)", 16),
    ("created_at", "TIMESTAMP", "timestamp", None),
    ("updated_at", "TIMESTAMP", "timestamp", None),
    ("valid_from", "DATE", "date", None),
    ("amount", "DECIMAL", "decimal(18,2)", None),
    ("count", "INT", "int", None),
    ("share", "DOUBLE", "double", None),
    ("is_active", "BOOLEAN", "boolean", None),
    ("note", "TEXT", "text", None),
)
_COLUMN_TEXTS = (
    "Identifier of the {thing}.",
    "When the {thing} was last changed.",
    "State of the {thing}: open, closed or cancelled.",
    "Gross amount of the {thing} in its own currency.",
    "The {thing} that this row belongs to; empty for rows of before {year}.",
    "Taken over from the {area} system every night.",
    "Number of {thing} rows that were merged into this one.",
    "Free text that people of {area} enter; do not parse it.",
    "Why the {thing} was reopened, in the words of {area}; null for the nine in ten that never "
    "were. Codes before {year} follow the old list, which {area} keeps.",
    "Set by {area} once the {thing} is final, and never changed after that. Empty until then.",
    "Key into the {area} area. Joins to the {thing} dimension; one row per {thing} and day.",
)
_TABLE_TEXTS = (
    "One row per {thing}.",
    "Every {thing} of {area} since {year}, one row per {thing} and day.",
    "Cleaned copy of what the {area} system exports. Duplicates are removed, time stamps are UTC.",
    "Facts about the {thing}, as {area} reports them.\n\nLate rows arrive for up to three days; "
    "numbers of the current month are preliminary.\nAsk the owners before you join this to "
    "anything at the level of a {thing}.",
)
TAGS = (
    "PII.None", "PII.Sensitive", "PII.NonSensitive", "PersonalData.Personal",
    "PersonalData.SpecialCategory", "Retention.Short", "Retention.Long", "Quality.Checked",
    "Quality.Draft", "Usage.Internal", "Usage.Reporting", "Usage.Public",
)  # fmt: skip
NEW_TAG = "Quality.Certified"
"""On no table until a change adds it."""
TIERS = tuple(f"Tier.Tier{number}" for number in range(1, 6))
USERS = tuple(f"user{number:03}" for number in range(200))
TEAMS = tuple(f"{area}-team" for area in _AREAS)
NEW_FOLLOWER = "new-follower"
"""Follows nothing until a change adds it."""


@dataclass(frozen=True, slots=True)
class Column:
    name: str
    data_type: str
    type_shown: str
    length: int | None
    description: str
    display_name: str | None = None
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Table:
    schema: str
    name: str
    description: str
    columns: tuple[Column, ...]
    display_name: str | None = None
    tags: tuple[str, ...] = ()
    owners: tuple[str, ...] = ()
    followers: tuple[str, ...] = ()
    vote: str | None = None

    @property
    def fqn(self) -> str:
        return f"{SERVICE}.{DATABASE}.{self.schema}.{self.name}"


@dataclass(frozen=True, slots=True)
class Edit:
    """What somebody wants changed of a table: the declared values that differ from the catalog."""

    columns: dict[str, dict[str, str | list[str]]] = field(default_factory=dict)
    description: str | None = None
    tag: str | None = None
    follower: str | None = None
    vote: str | None = None


@dataclass(frozen=True, slots=True)
class Tables(Sequence[Table]):
    """So many tables, dealt to so many schemas in turn. Each is made when it is asked for."""

    total: int
    schemas: int
    columns: int
    seed: int

    def __len__(self) -> int:
        return self.total

    def __getitem__(self, number: Any) -> Any:
        if not 0 <= number < self.total:
            raise IndexError(number)
        dice = random.Random(f"{self.seed}:{number}")
        area, thing = dice.choice(_AREAS), dice.choice(_THINGS)
        words = {"area": area, "thing": thing.replace("_", " "), "year": dice.randint(2012, 2024)}
        name = f"{dice.choice(_LAYERS)}_{area}_{thing}_{number:05}"
        tags = (dice.choice(TAGS), dice.choice(TIERS)) if dice.random() < 1 / 3 else ()
        return Table(
            schema=f"schema_{number % self.schemas:03}",
            name=name,
            description=dice.choice(_TABLE_TEXTS).format(**words),
            columns=tuple(_columns(self.columns, area, dice)),
            display_name=name.replace("_", " ").title() if dice.random() < 1 / 3 else None,
            tags=tuple(sorted(tags)),
            owners=_owners(dice),
            followers=tuple(sorted(dice.sample(USERS, dice.randint(1, 4))))
            if dice.random() < 1 / 4
            else (),
        )


def _columns(count: int, area: str, dice: random.Random) -> Iterator[Column]:
    things = dice.sample(_THINGS, min(count, len(_THINGS)))
    for number in range(count):
        thing, round_ = things[number % len(things)], number // len(things)
        ending, data_type, shown, length = dice.choice(_ENDINGS)
        name = f"{thing}_{ending}" + (f"_{round_}" if round_ else "")
        words = {"area": area, "thing": thing.replace("_", " "), "year": dice.randint(2012, 2024)}
        text = dice.choice(_COLUMN_TEXTS).format(**words)
        if dice.random() < 1 / 2:  # no two of these are alike, as in life
            text += f" See note {dice.randint(1, 99_999)}."
        yield Column(
            name,
            data_type,
            shown,
            length,
            text,
            name.replace("_", " ").title() if dice.random() < 1 / 3 else None,
            tuple(sorted(dice.sample(TAGS, dice.choice((1, 1, 2)))))
            if dice.random() < 1 / 3
            else (),
        )


def _owners(dice: random.Random) -> tuple[str, ...]:
    if dice.random() >= 1 / 3:
        return ()
    if dice.random() < 1 / 2:
        return (f"team:{dice.choice(TEAMS)}",)
    return tuple(sorted(f"user:{name}" for name in dice.sample(USERS, 2)))


def edits(tables: Sequence[Table], count: int, kind: str, seed: int) -> dict[str, Edit]:
    """Edits of `count` tables, by their names.

    `mixed`: in turn one column text, two column texts, a column tag, the table's text.
    `columns`: one or two column texts and, on every third table, a column tag.
    `everything`: two column texts, the table's text and tag, a follower and the vote.
    """
    chosen = random.Random(seed).sample(range(len(tables)), min(count, len(tables)))
    return {
        tables[number].fqn: _edit(tables[number], place, kind)
        for place, number in enumerate(sorted(chosen))
    }


def _edit(table: Table, place: int, kind: str) -> Edit:
    if kind == "everything":
        return Edit(
            _texts(table, 2),
            _reworded(table.description),
            NEW_TAG,
            NEW_FOLLOWER,
            "votedUp",
        )
    if kind == "columns":
        columns = _texts(table, 1 + place % 2)
        return Edit(columns | _tagged(table) if place % 3 == 0 else columns)
    if kind != "mixed":
        raise ValueError(f"no such kind of edit: {kind}")
    if place % 4 == 2:
        return Edit(_tagged(table))
    if place % 4 == 3:
        return Edit(description=_reworded(table.description))
    return Edit(_texts(table, 1 + place % 4))


def _texts(table: Table, count: int) -> dict[str, dict[str, str | list[str]]]:
    return {
        column.name: {"description": _reworded(column.description)}
        for column in table.columns[:count]
    }


def _tagged(table: Table) -> dict[str, dict[str, str | list[str]]]:
    column = table.columns[-1]
    return {column.name: {"tags": sorted([*column.tags, NEW_TAG])}}


def _reworded(text: str) -> str:
    return f"{text} Reviewed."


def edited(table: Table, edit: Edit) -> Table:
    """The table as its owner wants it."""
    columns = []
    for column in table.columns:
        wanted = edit.columns.get(column.name, {})
        columns.append(
            replace(
                column,
                description=str(wanted.get("description", column.description)),
                tags=tuple(wanted.get("tags", column.tags)),
            )
        )
    return replace(
        table,
        columns=tuple(columns),
        description=table.description if edit.description is None else edit.description,
        tags=tuple(sorted([*table.tags, edit.tag])) if edit.tag else table.tags,
        followers=(*table.followers, edit.follower) if edit.follower else table.followers,
        vote=edit.vote,
    )
