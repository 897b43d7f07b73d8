"""The catalog that end-to-end and contract tests start from: a small shop with awkward corners.

Nested and quoted columns, a Tier and a robot's label on columns, constraints, an inherited owner,
names with dots, slashes, brackets and Cyrillic letters.
"""

from __future__ import annotations

from typing import Any

PUBLIC = "shop.main.public"
ORDERS = f"{PUBLIC}.orders"
CUSTOMERS = f"{PUBLIC}.customers"
ITEMS = f"{PUBLIC}.items"
LEDGER = "shop.main.owned.ledger"
BOOKS = "store.main.public.books"
EVENTS = "kafka.events"
CLICKS = 'kafka."web.clicks"'
ODD_NAMES = (f'{PUBLIC}."dim.api/client"', f"{PUBLIC}.dim(shop)", f"{PUBLIC}.магазин")

ROBOT = {
    "tagFQN": "PII.Sensitive",
    "source": "Classification",
    "labelType": "Automated",
    "state": "Suggested",
}
CONFIRMED_ROBOT = {**ROBOT, "tagFQN": "Level.Internal", "state": "Confirmed"}


def _column(name: str, data_type: str = "BIGINT", **more: Any) -> dict[str, Any]:
    return {"name": name, "dataType": data_type, **more}


def _table(name: str, columns: list[dict[str, Any]], schema: str = PUBLIC, **more: Any) -> Any:
    return {
        "name": name,
        "databaseSchema": schema,
        "tableType": "Regular",
        "columns": _numbered(columns),
        **more,
    }


def _numbered(columns: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """With the positions that ingestion gives columns; a column without one goes by patch only."""
    for number, column in enumerate(columns, 1):
        column["ordinalPosition"] = number
        _numbered(column.get("children", []))
    return columns


_ADDRESS = _column(
    "address",
    "STRUCT",
    dataTypeDisplay="struct<zip:string,geo:struct<lat:double>,geo.lat:double>",
    children=[
        _column("zip", "STRING", description="Old zip text."),
        _column("geo", "STRUCT", children=[_column("lat", "DOUBLE")]),
        _column("geo.lat", "DOUBLE", tags=["Level.Internal"]),
    ],
)

SEED: dict[str, Any] = {
    "domains": [
        {"name": "Sales", "domainType": "Aggregate", "description": "Sales."},
        {"name": "Finance", "domainType": "Aggregate", "description": "Books."},
    ],
    "classifications": [
        {"name": "Level", "description": "Who may see it."},
        {"name": "Only", "description": "One of these.", "mutuallyExclusive": True},
    ],
    "tags": [
        {"name": name, "classification": classification, "description": "A tag."}
        for classification, names in (("Level", ("Internal", "Public")), ("Only", ("One", "Two")))
        for name in names
    ],
    "teams": [
        {"name": "data", "teamType": "Group"},
        {"name": "finance", "teamType": "Group"},
    ],
    "users": [
        {"name": "dave", "email": "dave@example.com", "teams": "data"},
        {"name": "erin", "email": "erin@example.com", "teams": "data"},
    ],
    "glossaries": [{"name": "Business", "description": "Words."}],
    "glossaryTerms": [
        {"name": "Customer", "glossary": "Business", "description": "Who buys."},
        {"name": "Order", "glossary": "Business", "description": "What is bought."},
    ],
    "databaseServices": [
        {"name": "shop", "serviceType": "Snowflake"},
        {"name": "store", "serviceType": "Mysql"},
    ],
    "databases": [{"name": "main", "service": "shop"}, {"name": "main", "service": "store"}],
    "databaseSchemas": [
        {"name": "public", "database": "shop.main"},
        {"name": "owned", "database": "shop.main", "owners": ["team:finance"]},
        {"name": "public", "database": "store.main"},
    ],
    "tables": [
        _table(
            "orders",
            [
                _column("id", constraint="PRIMARY_KEY", description="Key."),
                _column("note", "VARCHAR", dataLength=200, description="Old note text."),
                _column("email", "STRING", tags=[ROBOT], description="Robot was here."),
                _column("amount", "DECIMAL", precision=10, scale=2, tags=["Tier.Tier2"]),
                _column("customer", glossaryTerms=["Business.Customer"], displayName="Customer"),
                _ADDRESS,
                _column("tail", "STRING", description="Ends.  \n", tags=[CONFIRMED_ROBOT]),
            ],
            description="Old text of orders.",
            owners=["user:dave"],
            tags=["Level.Internal", "Tier.Tier3"],
            followers=["alice"],
            votes={"bob": "votedUp"},
            tableConstraints=[{"constraintType": "PRIMARY_KEY", "columns": ["id"]}],
        ),
        _table(
            "customers",
            [
                _column("id", constraint="PRIMARY_KEY"),
                _column("email", "STRING", tags=["PII.None"]),
            ],
            description="Old text of customers.",
            domains=["Finance"],
        ),
        _table("items", [_column("id"), _column("price", "DOUBLE")]),
        _table("dim.api/client", [_column("api.id"), _column("title", "STRING")]),
        _table("dim(shop)", [_column("shop(id)"), _column("name, quoted", "STRING")]),
        _table("магазин", [_column("идентификатор"), _column("имя", "STRING")]),
        _table("ledger", [_column("id"), _column("sum", "DOUBLE")], schema="shop.main.owned"),
        _table("books", [_column("id")], schema="store.main.public", tags=["Level.Public"]),
    ],
    "messagingServices": [{"name": "kafka", "serviceType": "Kafka", "description": "Streams."}],
    "topics": [
        {
            "name": "events",
            "service": "kafka",
            "partitions": 3,
            "description": "Old text of events.",
            "owners": ["user:dave"],
            "tags": ["Level.Internal"],
        },
        {"name": "web.clicks", "service": "kafka", "partitions": 1},
    ],
}
