"""Tables as a server answers them: with the ids, links and repetitions that a real one sends."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import Any
from uuid import UUID, uuid5

from benchmarks import tables
from benchmarks.tables import DATABASE, SERVICE, Column, Table

HOST = "http://localhost:8585/api/v1"
_SPACE = UUID("7d9c4b1e-8a55-4a53-9a3e-0d3c8a6d5f21")
_TIME = 1_760_000_000_000
_TAG_TEXT = "How {name} data is handled, and who may see it."

Body = dict[str, Any]


def table(made: Table) -> Body:
    """The whole answer to a read of this table with every field that the tool may ask for."""
    own = _id(made.fqn)
    return {
        "id": own,
        "name": made.name,
        "fullyQualifiedName": made.fqn,
        **({"displayName": made.display_name} if made.display_name else {}),
        "description": made.description,
        "version": 0.3,
        "updatedAt": _TIME,
        "updatedBy": "ingestion-bot",
        "href": f"{HOST}/tables/{own}",
        "tableType": "Regular",
        "columns": [_column(made, column, at) for at, column in enumerate(made.columns, 1)],
        "owners": [reference(*owner.split(":", 1)) for owner in made.owners],
        "databaseSchema": reference("databaseSchema", f"{SERVICE}.{DATABASE}.{made.schema}"),
        "database": reference("database", f"{SERVICE}.{DATABASE}"),
        "service": reference("databaseService", SERVICE),
        "serviceType": "Snowflake",
        "tags": [_label(name) for name in made.tags],
        "followers": [reference("user", name) for name in made.followers],
        "votes": {"upVotes": 0, "downVotes": 0, "upVoters": [], "downVoters": []},
        "changeDescription": {
            "fieldsAdded": [],
            "fieldsUpdated": [
                {"name": "description", "oldValue": "", "newValue": made.description}
            ],
            "fieldsDeleted": [],
            "previousVersion": 0.2,
        },
        "deleted": False,
        "domains": [],
        "dataProducts": [],
        "sourceUrl": f"https://app.snowflake.example.com/{made.schema}/table/{made.name}",
    }


def _column(made: Table, column: Column, at: int) -> Body:
    return {
        "name": column.name,
        **({"displayName": column.display_name} if column.display_name else {}),
        "dataType": column.data_type,
        **({} if column.length is None else {"dataLength": column.length}),
        "dataTypeDisplay": column.type_shown,
        "description": column.description,
        "fullyQualifiedName": f"{made.fqn}.{column.name}",
        "tags": [_label(name) for name in column.tags],
        "ordinalPosition": at,
    }


@cache
def _label(name: str) -> Body:
    return {
        "tagFQN": name,
        "name": name.partition(".")[2],
        "description": _TAG_TEXT.format(name=name),
        "source": "Classification",
        "labelType": "Manual",
        "state": "Confirmed",
    }


@cache
def reference(kind: str, name: str) -> Body:
    """A reference as it stands in answers."""
    own = _id(f"{kind}:{name}")
    return {
        "id": own,
        "type": kind,
        "name": name.rpartition(".")[2],
        "fullyQualifiedName": name,
        "displayName": name.replace("-", " ").title(),
        "deleted": False,
        "href": f"{HOST}/{kind}s/{own}",
    }


@cache
def _id(name: str) -> str:
    return str(uuid5(_SPACE, name))


def directory() -> dict[str, dict[str, Body]]:
    """Everything besides tables that is looked up by name: collection, name, body."""
    users = [tables.USER, tables.NEW_FOLLOWER, *tables.USERS]
    tags = [*tables.TAGS, tables.NEW_TAG, *tables.TIERS]
    classifications = sorted({name.partition(".")[0] for name in tags})
    return {
        "users": _named("user", users, isBot=False),
        "teams": _named("team", tables.TEAMS, teamType="Group"),
        "domains": {},
        "glossaryTerms": {},
        "tags": {name: {"id": _id(name), **_label(name), "fullyQualifiedName": name}
                 for name in tags},
        "classifications": {
            name: {"id": _id(name), "name": name, "mutuallyExclusive": name == "Tier"}
            for name in classifications
        },
    }  # fmt: skip


def _named(kind: str, names: Iterable[str], **more: Any) -> dict[str, Body]:
    return {name: {**reference(kind, name), **more} for name in names}
