"""Answers to calls on external data sources; creating one has a module of its own."""

from __future__ import annotations

import re
from datetime import datetime

from catalogctl.sandbox.wire import Response

from . import discovery
from .call import Call, empty
from .errors import ApiError, invalid, message, standard
from .fields import boolean, nullable, required, string
from .jobinputs import CDC_KEYS, as_text, check_host, merged, problem_of
from .kinds import SOURCE_TYPES
from .output import job_json, source_json
from .records import Json, Source
from .times import read_moment
from .world import SourceProblem

JOBS = 50


def list_all(call: Call) -> Response:
    """Newest first. A search looks at type and prefix in the newest era only; before, at an
    internal id that nobody knows."""
    search = (call.request.parameter("search") or "").lower()
    found = [
        source for source in call.records.sources(call.project) if _matches(call, source, search)
    ]
    newest = call.era.newest
    return call.page(
        found, lambda source: source_json(call.era, call.records, source, trimmed=newest)
    )


def _matches(call: Call, source: Source, search: str) -> bool:
    texts = [source.source_type, source.prefix or ""] if call.era.newest else [source.source_id]
    return any(search in text.lower() for text in texts)


def get(call: Call, id: str) -> Response:
    return Response.json(200, source_json(call.era, call.records, call.source(id)))


def put(call: Call, id: str) -> Response:
    """A PATCH that wants two old fields which no answer ever shows."""
    call.source(id)
    for name in ("client_secret", "account_id"):
        if name not in call.body():
            raise required(name)
    return patch(call, id)


def patch(call: Call, id: str) -> Response:
    """Write what can be written; a prefix of a warehouse source is ignored with a 200."""
    source, body = call.source(id), call.body()
    if body.get("access_method", source.access_method) != source.access_method:
        raise invalid("Access method cannot be changed. Create a new source instead.")
    if "description" in body:
        source.description = nullable(string(400))(body["description"], "description")
    if "prefix" in body and source.access_method == "direct":
        source.prefix = nullable(string(100))(body["prefix"], "prefix")
    if call.era.newest:
        for name in ("direct_query_enabled", "auto_sync_new_schemas"):
            if name in body:
                setattr(source, name, boolean(body[name], name))
        if "auto_sync_schema_patterns" in body:
            source.auto_sync_schema_patterns = body["auto_sync_schema_patterns"]
    inputs = _merge_inputs(call, source, body)
    call.records.save(source)
    return Response.json(200, source_json(call.era, call.records, source, inputs=inputs))


def _merge_inputs(call: Call, source: Source, body: Json) -> Json:
    """Settings as this answer shows them; the merged ones are checked even if none was sent."""
    kind = SOURCE_TYPES[source.source_type]
    sent = body.get("job_inputs")
    if "job_inputs" in body and not isinstance(sent, dict):
        raise invalid("Expected an object.", "job_inputs")
    sent = dict(sent or {})
    if call.era.newest:
        sent = {name: value for name, value in sent.items() if name not in CDC_KEYS}
    if call.era.guards_host:
        check_host(kind, source.job_inputs, sent)
    inputs = merged(kind, source.job_inputs, sent)
    problem = problem_of(kind, inputs)
    if problem:
        raise invalid(f"Invalid source config: {problem}")
    stored = as_text(inputs)
    changed = stored != source.job_inputs
    probes = changed or source.access_method == "direct" or not call.era.newest
    if "job_inputs" in body and probes:
        try:
            call.world.connection(source.source_type, stored)
        except SourceProblem as unreachable:
            raise invalid(unreachable.raw) from unreachable
    source.job_inputs = stored
    return inputs


def delete(call: Call, id: str) -> Response:
    """Source, schemas and tables in one go, all of them softly."""
    source = call.source(id)
    for schema in call.records.schemas_of(source.id):
        call.runs.cancel(schema)
        schema.deleted, schema.table = True, None
        call.records.save(schema)
    source.deleted, source.webhook = True, None
    call.records.save(source)
    return empty(204)


def reload(call: Call, id: str) -> Response:
    """Run every enabled schema now and make schedules that are missing."""
    source = call.source(id)
    if source.access_method == "direct":
        return refresh_schemas(call, id)
    call.check_billing()
    for schema in call.records.schemas_of(source.id):
        if not schema.should_sync:
            continue
        if schema.schedule is None:
            call.runs.ensure_schedule(schema)
        elif not call.settings.trigger_fails:
            call.runs.start(schema)
    source.status = "Running"
    call.records.save(source)
    return empty()


def refresh_schemas(call: Call, id: str) -> Response:
    """Ask the source for its tables and bring the schemas in line; no data is synced."""
    source = call.source(id)
    if not source.job_inputs:
        raise message("Source has no configuration.")
    try:
        found = discovery.refresh(call.runs, source)
    except SourceProblem as problem:
        raise message(problem.friendly) from problem
    answer = {"added": found.added, "deleted": found.deleted}
    if call.era.newest:
        answer["auto_enabled"] = found.auto_enabled
        answer["total_tables_seen"] = found.total
    return Response.json(200, answer)


def jobs(call: Call, id: str) -> Response:
    """The newest fifty between two moments, both exclusive: a bare array."""
    source = call.source(id)
    after, before = _moment(call, "after"), _moment(call, "before")
    names = call.request.parameters("schemas") if call.era.newest else []
    schemas = {schema.id: schema for schema in call.records.schemas_of(source.id, deleted=True)}
    found = []
    for job in call.records.jobs_of(source.id):
        created, schema = read_moment(job.created_at), schemas.get(job.schema)
        wanted = not names or (schema is not None and schema.name in names)
        if wanted and (not after or created > after) and (not before or created < before):
            found.append(job_json(call.era, job, schema))
    return Response.json(200, found[:JOBS])


def _moment(call: Call, name: str) -> datetime | None:
    text = call.request.parameter(name)
    if not text:
        return None
    try:
        return read_moment(text)
    except ValueError as error:
        raise _bad_moment(call) from error


def _bad_moment(call: Call) -> ApiError:
    """Nobody catches a bad date in the older eras; the shape in the newest one is inferred."""
    if call.era.newest:
        return message("after and before must be ISO 8601 timestamps.")
    return standard(500, "server_error", "error", "A server error occurred.")


def connections(call: Call) -> Response:
    """Sources that can be queried live."""
    found = []
    for source in call.records.sources(call.project):
        if source.access_method != "direct" and not source.direct_query_enabled:
            continue
        engine = source.source_type.lower()
        entry: Json = {"id": source.id, "prefix": source.prefix, "engine": engine}
        if call.era.newest:
            entry.update(
                schema_name=source.job_inputs.get("schema"),
                source_type=source.source_type,
                access_method=source.access_method,
                supports_hogql=True,
                is_builtin_managed_warehouse=False,
                description=source.description,
            )
        found.append(entry)
    return Response.json(200, found)


def wizard(call: Call) -> Response:
    """The connection forms, by type of source."""
    wanted = [name for name in re.split(",", call.request.parameter("source_type") or "") if name]
    unknown = [name for name in wanted if name not in SOURCE_TYPES]
    if call.era.newest and unknown:
        raise message(f"Unknown source type: {', '.join(unknown)}")
    if not call.era.newest:
        wanted = []
    forms = {
        kind.name: {
            "name": kind.name,
            "label": kind.name,
            "caption": None,
            "docsUrl": None,
            "featured": False,
            "unreleasedSource": False,
            "fields": [
                {"name": f.name, "label": f.name, "type": f.kind, "required": f.required}
                for f in kind.fields
            ],
            "webhookFields": [{"name": name} for name in kind.webhook_fields or ()],
        }
        for kind in SOURCE_TYPES.values()
        if not wanted or kind.name in wanted
    }
    return Response.json(200, forms)
