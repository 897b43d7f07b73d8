"""``bulk_update_schemas``: many schemas of one source in a call.

The older eras write all or nothing and refuse API keys (the router does that). The newest checks
the fields of all, then writes schema by schema: a 400 or 503 may have saved the others. Source: the
contract's section on this call.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from catalogctl.sandbox.wire import Response

from .call import Call
from .changes import Change
from .errors import ApiError, invalid, server_error, standard
from .fields import Reader, nullable, read_schema_fields, readers, required, sequence, string
from .output import schema_json
from .records import Json, Schema

LOOSE = ("incremental_field_type", "sync_frequency")
"""Any text at this level; the second look, at each schema, is strict."""


def update(call: Call, id: str) -> Response:
    source = call.source(id)
    body = call.body()
    if "schemas" not in body:
        raise required("schemas")
    items = [
        _read_item(call, entry, f"schemas__{index}")
        for index, entry in enumerate(sequence(body["schemas"], "schemas"))
    ]
    if not items:
        raise invalid("This list may not be empty.", "schemas", "empty")
    ids = [item.pop("id") for item in items]
    if len(set(ids)) < len(ids):
        raise invalid("Schema updates must contain unique ids")
    # Deleted schemas are found too: the look-up does not exclude them.
    rows = {row.id: row for row in call.records.schemas_of(source.id, deleted=True)}
    if not set(ids) <= set(rows):
        raise invalid("One or more schemas could not be found for this source")
    changes = []
    for schema_id, item in zip(ids, items, strict=True):
        sent = read_schema_fields(call.era, item)
        if "apply_sync_defaults" in item:
            sent["apply_sync_defaults"] = item["apply_sync_defaults"]
        changes.append(Change(call, source, rows[schema_id], sent))
    _save_each(call, changes) if call.era.newest else _save_all(call, changes)
    return Response.json(200, [schema_json(call.era, change.schema) for change in changes])


def _read_item(call: Call, entry: Any, attr: str) -> Json:
    """The known fields of one item; others, the key before the newest era too, are dropped."""
    if not isinstance(entry, Mapping):
        kind = type(entry).__name__
        raise invalid(f"Invalid data. Expected a dictionary, but got {kind}.", attr)
    if "id" not in entry:
        raise required(f"{attr}__id")
    found: dict[str, Reader] = readers(call.era)
    item = {"id": string()(entry["id"], f"{attr}__id").lower()}
    for name in call.era.bulk_fields:
        if name in entry:
            reader = nullable(string()) if name in LOOSE else found[name]
            item[name] = reader(entry[name], f"{attr}__{name}")
    return item


def _save_all(call: Call, changes: list[Change]) -> None:
    """One transaction, then the scheduler: what fails there comes after the commit."""
    for change in changes:
        change.check()
    if any(change.schema.name in call.settings.unsaveable for change in changes):
        raise server_error()
    for change in changes:
        change.save()
    for change in changes:
        change.follow_up()


def _save_each(call: Call, changes: list[Change]) -> None:
    failed: list[tuple[Schema, ApiError]] = []
    saved: list[Change] = []
    for change in changes:
        try:
            change.check()
            change.save()
            saved.append(change)
        except ApiError as error:
            failed.append((change.schema, error))
    for change in saved:
        change.follow_up()
    if failed:
        names = "; ".join(f"{schema.name} ({error.reason})" for schema, error in failed)
        status = 400 if all(error.status == 400 for _, error in failed) else 503
        raise standard(
            status,
            "server_error",
            "bulk_schema_save_failed",
            f"These schemas in the batch could not be saved: {names}. Any other schemas in the "
            "batch were saved successfully — retry the ones listed here.",
        )
