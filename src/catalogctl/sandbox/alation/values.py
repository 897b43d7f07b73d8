"""Values of custom fields: reading, and writing at once or by a job.

Title and description of schemas, tables and columns are refused here; the v2 API writes them. Null,
an empty text and an empty list clear a value, and sets are replaced as a whole (inferred).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from catalogctl.sandbox.wire import Response

from . import richtext
from .errors import coded, invalid_payload
from .fields import DESCRIPTION, TITLE, problem_of
from .records import Item, Json, Records
from .settings import Settings
from .tokens import stamp

if TYPE_CHECKING:
    from .call import Call
    from .jobs import Jobs

MOST = 10_000
KNOWN = ("field_id", "oid", "otype", "limit", "skip")


def set_fields(
    records: Records, settings: Settings, moment: str, item: Item, entries: list[Json]
) -> int:
    """Set values that were checked; how many were new."""
    fields = records.setup("field")
    new = 0
    for entry in entries:
        number, value = int(entry["field_id"]), entry["value"]
        if fields[str(number)]["field_type"] == "RICH_TEXT" and isinstance(value, str):
            value = richtext.rich_text(value, "custom_fields" in settings.wrap_html)
        new += records.set_value(item, number, value, moment)
    return new


def list_all(call: Call) -> Response:
    """By ``otype``, ``oid`` and ``field_id``."""
    unknown = [name for name in call.names() if name not in KNOWN]
    if unknown:
        raise coded(400, f"Invalid query parameters: [{', '.join(unknown)}]", "400006")
    found = [
        entry
        for entry in call.records.values(call.request.parameter("otype"))
        if all(
            not call.request.parameters(name) or str(entry[name]) in call.request.parameters(name)
            for name in ("oid", "field_id")
        )
    ]
    chosen, headers = call.page(found)
    return Response.json(200, chosen, headers)


def put_async(call: Call) -> Response:
    """All values, or a 400; by a job, which may leave them to a second one."""
    values = _checked(call)
    work = "values_in_two_jobs" if call.settings.two_jobs else "values"
    return call.started(call.jobs.start(work, {"values": values}))


def put(call: Call) -> Response:
    """The deprecated call that is done when it answers."""
    values = _checked(call)
    with call.records.store.transaction():
        new = _write(call.jobs, values)
    return Response.json(
        200,
        {
            "updated_field_values": len(values) - new,
            "new_field_values": new,
            "field_values_received": len(values),
        },
    )


def run(jobs: Jobs, payload: Json) -> list[Any]:
    """The work of the job: its result is a list of texts, worded by inference."""
    values = payload["values"]
    new = _write(jobs, values)
    return [f"Updated {len(values) - new} and created {new} custom field values."]


def run_in_two_jobs(jobs: Jobs, payload: Json) -> list[Any]:
    """The work of a first job: it starts the second."""
    second = jobs.start("values", payload)
    count = len(payload["values"])
    return [
        f"Started a job for {count} custom field values (can be tracked using jobs API): {second}"
    ]


def _write(jobs: Jobs, values: list[Json]) -> int:
    moment = stamp(jobs.clock.now_ms())
    new = 0
    for entry in values:
        item = jobs.records.item(entry["otype"], id=entry["oid"])
        if item is not None:
            new += set_fields(jobs.records, jobs.settings, moment, item, [entry])
    return new


def _checked(call: Call) -> list[Json]:
    call.caller.check_edits_values()
    values = call.items(MOST)
    errors: list[dict[str, list[str]]] = [_errors_of(call, entry) for entry in values]
    if any(errors):
        raise invalid_payload([error for error in errors if error])
    return values


def _errors_of(call: Call, entry: Json) -> dict[str, list[str]]:
    missing = [name for name in ("field_id", "otype", "oid") if entry.get(name) in (None, "")]
    if "value" not in entry:
        missing.append("value")
    if missing:
        return {name: ["This field is required."] for name in missing}
    otype, oid, number = entry["otype"], entry["oid"], entry["field_id"]
    if not isinstance(oid, int) or not isinstance(otype, str):
        return _whole("otype is a string and oid an integer.")
    if number in (TITLE, DESCRIPTION):
        return _whole(f"Title and description of {otype} can't be set by this API.")
    if call.records.item(otype, id=oid) is None:
        return _whole(f"Object not found: {otype}:{oid}.")
    problem = problem_of(call.records.one_setup("field", number), otype, entry["value"])
    return {"value": [problem]} if problem else {}


def _whole(reason: str) -> dict[str, list[str]]:
    return {"non_field_errors": [reason]}
