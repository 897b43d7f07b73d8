"""``POST`` and ``PATCH`` of schemas, tables and columns.

Both check every item first; then a job does the work, item by item, and tells per item what went
wrong. POST is an upsert that resets whatever it does not mention; PATCH, which servers have since
2025.3, changes only what it mentions, and null or an empty text clears (inferred). Codes in the
texts are inferred, but for 400068.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from catalogctl.sandbox.wire import Response

from . import keys
from .errors import coded, incorrect_items
from .fields import DESCRIPTION, TITLE, problem_of
from .records import Json

if TYPE_CHECKING:
    from .call import Call

Errors = dict[str, list[str]]
LOGICAL = ("title", "description", "custom_fields")
TABLE = (
    "table_comment",
    "table_type",
    "table_type_name",
    "owner",
    "sql",
    "base_table_key",
    "partition_definition",
    "partition_columns",
)
COLUMN = ("column_comment", "nullable", "position", "index")
TABLE_TYPES = ("TABLE", "VIEW", "SYNONYM")


@dataclass(frozen=True)
class Kind:
    """What may be written of one kind of objects."""

    otype: str
    most: int
    """Objects in one POST or PATCH."""
    create: tuple[str, ...]
    change: tuple[str, ...]
    required: tuple[str, ...] = ("key",)


SCHEMA = Kind("schema", 1000, ("db_comment",), ("db_comment",))
TABLES = Kind("table", 1000, TABLE, TABLE)
COLUMNS = Kind("attribute", 10_000, ("column_type", *COLUMN), COLUMN, ("key", "column_type"))


def post(call: Call, kind: Kind) -> Response:
    allowed = ("key", *LOGICAL, *kind.create)
    return _start(call, kind, "upsert", partial(_errors_of_new, call, kind, allowed))


def patch(call: Call, kind: Kind) -> Response:
    allowed = ("id", "key", *LOGICAL, *kind.change)
    return _start(call, kind, "update", partial(_errors_of_change, call, kind, allowed))


def _start(call: Call, kind: Kind, work: str, check: Callable[[int, Json], Errors]) -> Response:
    text = call.request.parameter("ds_id")
    if not text or not text.isdecimal():
        raise coded(400, "ds_id is a required query parameter")
    ds_id = int(text)
    data_source = call.world.data_source(ds_id)
    call.caller.check_administers(data_source)
    if data_source is None:
        raise coded(404, f"Data source with id {ds_id} does not exist")
    items = call.items(kind.most)
    errors = [check(ds_id, item) for item in items]
    if any(errors):
        raise incorrect_items(errors)
    payload = {"otype": kind.otype, "ds_id": ds_id, "items": items}
    return call.started(call.jobs.start(work, payload))


def _errors_of_new(
    call: Call, kind: Kind, allowed: tuple[str, ...], ds_id: int, item: Json
) -> Errors:
    errors: Errors = {}
    for name in kind.required:
        if not item.get(name):
            label = "API Key" if name == "key" else name
            errors[name] = [f"400068: {label} is a required input"]
    return {**_errors_of(call, kind, allowed, ds_id, item), **errors}


def _errors_of_change(
    call: Call, kind: Kind, allowed: tuple[str, ...], ds_id: int, item: Json
) -> Errors:
    errors: Errors = {}
    if not item.get("key") and not isinstance(item.get("id"), int):
        errors["key"] = ["400068: API Key is a required input"]
    return {**_errors_of(call, kind, allowed, ds_id, item), **errors}


def _errors_of(call: Call, kind: Kind, allowed: tuple[str, ...], ds_id: int, item: Json) -> Errors:
    errors: Errors = {
        name: ["400069: This field is not an allowed input"] for name in item if name not in allowed
    }
    for name, problem in (
        ("key", _problem_of_key(item.get("key"), ds_id)),
        ("table_type", _problem_of_type(item)),
        ("base_table_key", _problem_of_base(call, item)),
        ("custom_fields", _problem_of_fields(call, kind, item.get("custom_fields"))),
    ):
        if problem and name not in errors:
            errors[name] = [f"400070: {problem}"]
    for name in ("title", "description"):
        if not isinstance(item.get(name, ""), (str, type(None))):
            errors[name] = ["400070: Not a valid string"]
    return errors


def _problem_of_key(key: Any, ds_id: int) -> str | None:
    if key is None:
        return None
    try:
        parts = keys.split(str(key))
    except ValueError as error:
        return str(error)
    return None if int(parts[0]) == ds_id else f"{key} is not a key of data source {ds_id}"


def _problem_of_type(item: Json) -> str | None:
    if item.get("table_type", "TABLE") in TABLE_TYPES:
        return None
    return f"table_type is one of {', '.join(TABLE_TYPES)}"


def _problem_of_base(call: Call, item: Json) -> str | None:
    base = item.get("base_table_key")
    if not base:
        return None
    if item.get("table_type") == "SYNONYM" and call.records.item("table", key=base):
        return None
    return "base_table_key is for a SYNONYM, and names a table that exists"


def _problem_of_fields(call: Call, kind: Kind, given: Any) -> str | None:
    if given is None:
        return None
    if not isinstance(given, list):
        return "Expected a list"
    for entry in given:
        if not isinstance(entry, dict) or set(entry) != {"field_id", "value"}:
            return "Each entry has field_id and value, nothing else"
        if entry["field_id"] in (TITLE, DESCRIPTION):
            return "Title and description are fields of the object"
        field = call.records.one_setup("field", entry["field_id"])
        problem = problem_of(field, kind.otype, entry["value"])
        if problem:
            return problem
    return None
