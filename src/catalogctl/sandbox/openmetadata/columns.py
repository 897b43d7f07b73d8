"""Columns of a table: checking, naming and finding them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from . import tags
from .call import Call
from .errors import ApiError
from .kinds import words
from .names import quote

Column = dict[str, Any]
DATA_TYPES = words(
    "NUMBER TINYINT SMALLINT INT BIGINT BYTEINT BYTES FLOAT DOUBLE DECIMAL NUMERIC TIMESTAMP",
    "TIMESTAMPZ TIME DATE DATETIME INTERVAL STRING MEDIUMTEXT TEXT CHAR LONG VARCHAR BOOLEAN",
    "BINARY VARBINARY ARRAY BLOB LONGBLOB MEDIUMBLOB MAP STRUCT UNION SET GEOGRAPHY ENUM JSON",
    "UUID VARIANT GEOMETRY BYTEA AGGREGATEFUNCTION ERROR FIXED RECORD NULL SUPER HLLSKETCH PG_LSN",
    "PG_SNAPSHOT TSQUERY TXID_SNAPSHOT XML MACADDR TSVECTOR UNKNOWN CIDR INET CLOB ROWID",
    "LOWCARDINALITY YEAR POINT POLYGON TUPLE SPATIAL TABLE NTEXT IMAGE IPV4 IPV6 DATETIMERANGE",
    "HLL LARGEINT QUANTILE_STATE AGG_STATE BITMAP UINT BIT MONEY",
)
SIZED = ("CHAR", "VARCHAR", "BINARY", "VARBINARY")
PROPERTIES = (
    "name", "displayName", "dataType", "arrayDataType", "dataLength", "precision", "scale",
    "dataTypeDisplay", "description", "fullyQualifiedName", "tags", "constraint", "ordinalPosition",
    "jsonSchema", "children", "profile", "customMetrics", "extension",
)  # fmt: skip


def accept(call: Call, columns: Any, table_fqn: str, *, top_level: bool = True) -> list[Column]:
    """Columns as they are stored, with full names and checked labels.

    Lengths and array types are not checked here; see ``validate``.
    """
    accepted = []
    for column in columns or []:
        data_type = column.get("dataType")
        if data_type is not None and data_type not in DATA_TYPES:
            raise ApiError(
                400,
                "Cannot construct instance of `org.openmetadata.schema.type.ColumnDataType`, "
                f"problem: {data_type}\n at [Source: UNKNOWN; byte offset: #UNKNOWN]",
            )
        stored = {
            name: column[name]
            for name in PROPERTIES
            if column.get(name) is not None and name not in ("tags", "children", "customMetrics")
        }
        stored["fullyQualifiedName"] = f"{table_fqn}.{quote(str(column['name']))}"
        if top_level and data_type is not None:
            stored.setdefault("dataTypeDisplay", data_type.lower())
        stored["tags"] = tags.accept(call, column.get("tags"))
        if column.get("children") is not None:
            stored["children"] = accept(
                call, column["children"], stored["fullyQualifiedName"], top_level=False
            )
        accepted.append(stored)
    return accepted


def validate(columns: list[Column]) -> None:
    """What the server checks late, when it writes (texts recorded on 1.6)."""
    names = set()
    for index, column in enumerate(columns):
        if column.get("dataType") is None:
            raise ApiError(400, f"[columns[{index}].dataType must not be null]")
        if column["name"] in names:
            raise ApiError(400, f"Column name {column['name']} is repeated")
        names.add(column["name"])
        if column["dataType"] in SIZED and column.get("dataLength") is None:
            raise ApiError(
                400,
                "For column data types char, varchar, binary, varbinary dataLength must not be "
                "null",
            )
        if column["dataType"] == "ARRAY" and column.get("arrayDataType") is None:
            raise ApiError(400, "For column data type array, arrayDataType must not be null")
        validate(column.get("children", []))


def show(call: Call, columns: list[Column], labels: str) -> list[Column]:
    """Columns as answers hold them; ``labels`` is "full", "empty" or "none"."""
    shown = []
    for column in columns:
        copy = {name: value for name, value in column.items() if name not in ("tags", "children")}
        if labels == "full":
            stored = column.get("tags")
            copy["tags"] = tags.show(call, stored) if stored else []
        elif labels == "empty":
            copy["tags"] = []
        if "children" in column:
            copy["children"] = show(call, column["children"], labels)
        shown.append(copy)
    return shown


def flat(columns: list[Column]) -> Iterator[Column]:
    """Depth first: a column, then its children."""
    for column in columns:
        yield column
        yield from flat(column.get("children", []))


def local_name(table_fqn: str, column: Column) -> str:
    """The path below the table: ``address.geo``; a part with a dot in it is quoted."""
    return str(column["fullyQualifiedName"])[len(table_fqn) + 1 :]
