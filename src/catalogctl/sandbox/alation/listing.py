"""``GET /integration/v2/schema/``, ``/table/`` and ``/column/``: filters, order, pages.

Filters are ANDed, repeats of one are ORed, and an unknown one is a 400. Names are compared letter
by letter where the filter does not say otherwise, a column's ``table_name`` with what is shown
(the path in lower case); ``custom_fields`` is taken for a JSON list of ``field_id`` and ``value``
that must all be there: these three are inferred.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from catalogctl.sandbox.wire import Response

from . import objects
from .errors import ApiError, coded
from .records import Item, Json

if TYPE_CHECKING:
    from .call import Call

NUMBER: dict[str, Callable[[int, int], bool]] = {
    "": lambda own, given: own == given,
    "gt": lambda own, given: own > given,
    "gte": lambda own, given: own >= given,
    "lt": lambda own, given: own < given,
    "lte": lambda own, given: own <= given,
}
TEXT: dict[str, Callable[[str, str], bool]] = {
    "": lambda own, given: own == given,
    "contains": lambda own, given: given in own,
    "startswith": lambda own, given: own.startswith(given),
    "endswith": lambda own, given: own.endswith(given),
    "iexact": lambda own, given: own.lower() == given.lower(),
    "icontains": lambda own, given: given.lower() in own.lower(),
    "istartswith": lambda own, given: own.lower().startswith(given.lower()),
    "iendswith": lambda own, given: own.lower().endswith(given.lower()),
}
CASED = ("", "contains", "startswith", "endswith")
ALL = tuple(TEXT)
FORMS: dict[str, dict[str, tuple[str, ...]]] = {
    "schema": {"id": tuple(NUMBER), "ds_id": tuple(NUMBER), "name": CASED},
    "table": {
        "id": tuple(NUMBER),
        "ds_id": tuple(NUMBER),
        "schema_id": tuple(NUMBER),
        "name": ALL,
        "schema_name": ALL,
    },
    "attribute": {
        "id": tuple(NUMBER),
        "ds_id": tuple(NUMBER),
        "schema_id": tuple(NUMBER),
        "table_id": tuple(NUMBER),
        "name": CASED,
        "table_name": ALL,
    },
}
"""The documented filters of each kind, and the forms of each."""
OTHERS = ("limit", "skip", "order_by", "custom_fields", "values", "fields", "exclude_deleted_ref")
ORDERS = ("id", "name")


def schemas(call: Call) -> Response:
    return _list(call, "schema")


def tables(call: Call) -> Response:
    return _list(call, "table")


def columns(call: Call) -> Response:
    return _list(call, "attribute")


def _list(call: Call, otype: str) -> Response:
    filters = _filters(call, otype)
    stored = {
        name: values
        for (name, form), values in filters.items()
        if form == "" and name in ("id", "ds_id", "schema_id", "table_id", "name")
    }
    found = [
        item
        for item in call.records.items(otype, **stored)
        if all(_fits(item, name, form, values) for (name, form), values in filters.items())
    ]
    found = _with_values(call, otype, found)
    chosen, headers = call.page(_ordered(call, found))
    return Response.json(200, _trimmed(call, objects.show(call.records, chosen)), headers)


def _filters(call: Call, otype: str) -> dict[tuple[str, str], list[Any]]:
    known = {
        f"{name}__{form}" if form else name: (name, form)
        for name, forms in FORMS[otype].items()
        for form in forms
    }
    names = call.names()
    unknown = [name for name in names if name not in known and name not in OTHERS]
    if unknown:
        raise coded(400, f"Invalid query parameters: [{', '.join(unknown)}]", "400006")
    filters: dict[tuple[str, str], list[Any]] = {}
    for name in names:
        if name in known:
            values: list[Any] = call.request.parameters(name)
            if known[name][0].endswith("id"):
                values = [_number(name, value) for value in values]
            filters[known[name]] = values
    return filters


def _number(name: str, text: str) -> int:
    if not text.isdecimal():
        raise ApiError(400, {name: ["Enter a number."]})
    return int(text)


def _fits(item: Item, name: str, form: str, values: list[Any]) -> bool:
    own = objects.path_of_table(item) if name == "table_name" else getattr(item, name)
    compare: Callable[[Any, Any], bool] = (NUMBER if name.endswith("id") else TEXT)[form]
    return any(compare(own, value) for value in values)


def _with_values(call: Call, otype: str, items: list[Item]) -> list[Item]:
    text = call.request.parameter("custom_fields")
    if text is None:
        return items
    try:
        wanted = [(entry["field_id"], entry["value"]) for entry in json.loads(text)]
    except (ValueError, TypeError, KeyError) as error:
        raise coded(400, "Invalid query parameters: [custom_fields]", "400006") from error
    found = {(v["oid"], v["field_id"]): v["value"] for v in call.records.values(otype)}
    return [
        item
        for item in items
        if all(found.get((item.id, field_id)) == value for field_id, value in wanted)
    ]


def _ordered(call: Call, items: list[Item]) -> list[Item]:
    """By id unless asked otherwise; a minus turns the order round."""
    given = call.request.parameter("order_by") or "id"
    name = given.removeprefix("-")
    if name not in ORDERS:
        raise coded(400, "Invalid query parameters: [order_by]", "400006")
    return sorted(items, key=lambda item: getattr(item, name), reverse=given.startswith("-"))


def _trimmed(call: Call, shown: list[Json]) -> list[Json]:
    """Only the fields asked for with ``fields`` or ``values``."""
    asked = call.request.parameters("fields") + call.request.parameters("values")
    names = [name for text in asked for name in text.split(",")]
    if not names:
        return shown
    return [{name: entry[name] for name in entry if name in names} for entry in shown]
