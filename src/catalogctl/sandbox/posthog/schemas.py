"""Answers to calls on external data schemas."""

from __future__ import annotations

from catalogctl.sandbox.wire import Response

from .call import Call, empty
from .changes import Change
from .errors import bare_detail, invalid, message, method_not_allowed, server_error
from .fields import read_schema_fields
from .kinds import SOURCE_TYPES
from .output import schema_json
from .records import Json, Schema, Source
from .rules import NO_INTERVAL
from .world import SourceProblem, Table

NOT_STARTED = "Couldn't start the sync. Try again in a few minutes."


def list_all(call: Call) -> Response:
    """Schemas of the project, newest first; no item says which source it belongs to."""
    search = (call.request.parameter("search") or "").lower()
    found = [s for s in call.records.schemas(call.project) if search in s.name.lower()]
    return call.page(found, lambda schema: schema_json(call.era, schema))


def get(call: Call, id: str) -> Response:
    schema = call.schema(id)
    return Response.json(200, schema_json(call.era, schema, source=call.source_of(schema)))


def post(call: Call) -> Response:
    """Schemas can't be created like this: not allowed in the newest era, and in the older ones a
    row without team and source, which the database refuses (inferred)."""
    raise method_not_allowed("POST") if call.era.newest else server_error()


def patch(call: Call, id: str) -> Response:
    """A time of day comes back as it was sent; the next GET has it normalised."""
    schema = call.schema(id)
    body = call.body()
    sent = read_schema_fields(call.era, body)
    change = Change(call, call.source_of(schema), schema, sent, body)
    change.check()
    change.save()
    change.follow_up()
    return Response.json(200, schema_json(call.era, schema, time_echo=body.get("sync_time_of_day")))


def delete(call: Call, id: str) -> Response:
    """A soft delete that the next discovery takes back; the schedule stays."""
    schema = call.schema(id)
    if call.era.newest:
        call.runs.cancel(schema)
    schema.deleted, schema.table = True, None
    call.records.save(schema)
    return empty(204)


def cancel(call: Call, id: str) -> Response:
    schema = call.schema(id)
    if call.runs.cancel(schema):
        return empty()
    if call.era.newest and schema.status == "Running":
        # Which status takes its place is inferred.
        schema.status = "Completed" if schema.last_synced_at else None
        call.records.save(schema)
        detail = "No sync was running. The sync status has been updated."
        return Response.json(200, {"detail": detail})
    raise bare_detail("No running sync to cancel.")


def delete_data(call: Call, id: str) -> Response:
    """Forget the imported table; settings stay. A schema without a table stays as it is."""
    schema = call.schema(id)
    source = call.source_of(schema)
    if source.access_method == "direct":
        schema.table, schema.should_sync = None, False
    elif schema.table is not None:
        schema.table = schema.last_synced_at = schema.status = None
        schema.config.pop("incremental_field_last_value", None)
    call.records.save(schema)
    return empty()


def reload(call: Call, id: str) -> Response:
    """Run now, whether the schema syncs or not."""
    schema = _to_start(call, id)
    if not call.settings.trigger_fails:
        call.runs.start(schema)
    return _started(call, schema)


def resync(call: Call, id: str) -> Response:
    """Drop what runs and import everything again."""
    schema = _to_start(call, id)
    if not call.settings.trigger_fails:
        call.runs.resync(schema)
    return _started(call, schema)


def _to_start(call: Call, id: str) -> Schema:
    schema = call.schema(id)
    call.check_billing()
    if call.era.newest and schema.interval is None:
        raise invalid(NO_INTERVAL, "sync_frequency")
    return schema


def _started(call: Call, schema: Schema) -> Response:
    """The older eras say Running even if nothing could be started, and it stays like that."""
    if call.settings.trigger_fails and call.era.newest:
        raise bare_detail(NOT_STARTED)
    if call.era.newest and schema.schedule is None and schema.should_sync:
        call.runs.reissue_from(schema, paused=False)
    schema.status = "Running"
    call.records.save(schema)
    return empty()


def incremental_fields(call: Call, id: str) -> Response:
    """What the source offers for a table, asked live; nothing is stored."""
    schema = call.schema(id)
    source = call.source_of(schema)
    if not source.job_inputs:
        raise message("Missing job inputs")
    try:
        table = call.world.table(source, schema.name)
    except SourceProblem as problem:
        raise message(problem.raw) from problem
    if table is None:
        raise message(f"Schema with name {schema.name} not found")
    return Response.json(200, offer(call, source, table))


def offer(call: Call, source: Source, table: Table) -> Json:
    """Cursors and sync types that a table offers."""
    kind = SOURCE_TYPES[source.source_type]
    answer: Json = {
        "incremental_fields": table.cursors,
        "incremental_available": table.incremental,
        "append_available": table.appendable,
        "cdc_available": cdc_available(call, source, table),
        "full_refresh_available": not table.webhook_only,
        "supports_webhooks": table.webhook,
        "available_columns": table.available_columns,
        "detected_primary_keys": table.primary_key,
    }
    if call.era.probes_in_patch:
        answer["webhook_only"] = table.webhook_only
    if call.era.newest:
        answer["xmin_available"] = table.xmin if source.source_type == "Postgres" else None
        answer["primary_key_detection_supported"] = kind.sql
    return answer


def cdc_available(call: Call, source: Source, table: Table) -> bool | None:
    """Null unless the team has the feature and the source has it switched on."""
    project = call.records.setup("project")[str(call.project)]
    if not project.get("cdc") or str(source.job_inputs.get("cdc_enabled")) != "True":
        return None
    return bool(table.primary_key)
