"""``POST /api/v1/table/sync/``: read one table at its source now.

Always 201, also for a table that is catalogued already. Checks come in a fixed order, which is
inferred: who asks, whether they are an admin, the body, the data source, excluded schemas, the
connection, the schema, the service account, the table. ``world`` has the switches that make each
of them fail. Inferred too: texts of refusals; a schema that exists at the source but not in the
catalog is created; a table that is gone at the source stays in the catalog; a view that is asked
for as a table, or the reverse, is not found; a virtual data source has no schemas to be found.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from catalogctl.sandbox.wire import Response

from . import objects
from .errors import ApiError, coded, forbidden, no_credentials, page
from .extraction import copy_table, ensure_schema
from .records import Json
from .world import TYPES, Place, Troubles

if TYPE_CHECKING:
    from .call import Call

NO_ANSWER = 0
"""The status with which the application drops the connection."""


def sync(call: Call) -> Response:
    body, broken = _body(call)
    place = _place(body)
    troubles = call.world.troubles(place)
    _check_caller(call, place, troubles)
    if broken is not None:
        raise broken
    ds_id, schema, table, table_type = _values(body, troubles)
    data_source = call.world.data_source(ds_id)
    if data_source is None or troubles.take("bad_data_source"):
        raise coded(404, f"Data source with id {ds_id} is invalid.")
    limits = data_source.get("limit_schemas")
    excluded = schema in data_source.get("exclude_schemas", ()) or (limits and schema not in limits)
    if excluded or troubles.take("schema_excluded"):
        raise coded(400, f"Schema {schema} is excluded from the catalog.")
    if not _connect(troubles):
        return Response(NO_ANSWER)
    with call.records.store.transaction(keep=(ApiError,)):
        answer = _copy(call, ds_id, schema, table, table_type, troubles)
    if troubles.take("cut_after"):
        return Response(NO_ANSWER)
    return Response.json(201, answer, {"Location": f"/api/table/{answer['id']}/"})


def _body(call: Call) -> tuple[Json, ApiError | None]:
    """What was sent, and what is wrong with it as a whole: said only to those who may ask."""
    try:
        return call.form_or_object(), None
    except ApiError as error:
        return {}, error


def _check_caller(call: Call, place: Place, troubles: Troubles) -> None:
    if troubles.take("not_authenticated"):
        raise no_credentials()
    call.authenticate()
    data_source = None if place.ds_id is None else call.world.data_source(place.ds_id)
    call.caller.check_administers(data_source)
    if troubles.take("not_admin"):
        raise forbidden()


def _values(body: Json, troubles: Troubles) -> tuple[int, str, str, str]:
    """The four values; a number may come as a text, as forms send it."""
    for name in ("datasource_id", "schema", "table"):
        if body.get(name) in (None, "") or troubles.take("missing_value"):
            raise coded(400, f"{name} is required.")
    number = _number(body["datasource_id"])
    if number is None:
        raise coded(400, "datasource_id must be an integer.")
    for name in ("schema", "table"):
        if not isinstance(body[name], str):
            raise coded(400, f"{name} must be a string.")
    table_type = body.get("table_type", "TABLE")
    if table_type not in TYPES or troubles.take("bad_table_type"):
        raise coded(400, f"table_type must be one of {', '.join(TYPES)}.")
    return number, body["schema"], body["table"], table_type


def _place(body: Json) -> Place:
    schema, table = body.get("schema"), body.get("table")
    return Place(
        _number(body.get("datasource_id")),
        schema if isinstance(schema, str) else None,
        table if isinstance(table, str) else None,
    )


def _number(value: Any) -> int | None:
    if isinstance(value, str) and value.isdecimal():
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _connect(troubles: Troubles) -> bool:
    """Reach the source, which may take time or fail; ``False`` if the client is cut off."""
    delay = troubles.take("delay")
    if delay is not None:
        time.sleep(float(delay.get("seconds", 0)))
    if troubles.take("cut"):
        return False
    unreachable = troubles.take("unreachable")
    if unreachable is not None:
        if unreachable.get("html"):
            raise page(500, "Server Error")
        raise coded(500, "Error connecting to the data source.")
    return True


def _copy(
    call: Call, ds_id: int, schema: str, table: str, table_type: str, troubles: Troubles
) -> Json:
    source = call.records.source(ds_id, schema)
    virtual = (call.world.data_source(ds_id) or {}).get("is_virtual")
    if source is None or virtual or troubles.take("bad_schema"):
        raise coded(404, f"Schema {schema} is invalid.")
    if troubles.take("no_permission"):
        raise coded(403, "The service account has no permission to view the table's metadata.")
    found = call.records.source(ds_id, schema, table)
    if found is None or found.get("type", "TABLE") != table_type or troubles.take("no_table"):
        raise coded(404, f"Table {schema}.{table} was not found in the data source.")
    row = ensure_schema(call.records, ds_id, schema, source.get("comment"))
    return objects.synced(call.records, copy_table(call.records, row, table, found))
