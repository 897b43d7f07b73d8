"""The work of the jobs that POST and PATCH start."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from . import extraction, keys, richtext
from .records import Item, Json
from .tokens import stamp
from .values import set_fields

if TYPE_CHECKING:
    from .jobs import Jobs

DEFAULTS = {
    "schema": extraction.SCHEMA,
    "table": extraction.TABLE,
    "attribute": extraction.COLUMN,
}


def upsert(jobs: Jobs, payload: Json) -> list[Any]:
    """What a POST does: make or overwrite; what an item leaves out is reset."""
    return _each(jobs, payload, "Upserted", _upsert)


def update(jobs: Jobs, payload: Json) -> list[Any]:
    """What a PATCH does: change what an item mentions."""
    return _each(jobs, payload, "Updated", _update)


def _each(
    jobs: Jobs, payload: Json, word: str, act: Callable[[Jobs, int, str, Json], Item]
) -> list[Any]:
    otype, mapping, errors = payload["otype"], [], []
    for given in payload["items"]:
        try:
            item = act(jobs, payload["ds_id"], otype, given)
        except ValueError as error:
            errors.append(str(error))
        else:
            mapping.append({"id": item.id, "key": item.key})
    response = f"{word} {len(mapping)} {otype} objects."
    return [{"response": response, "mapping": mapping, "errors": errors}]


def _upsert(jobs: Jobs, ds_id: int, otype: str, given: Json) -> Item:
    records, key = jobs.records, given["key"]
    _refuse(jobs, key)
    item = keys.find(records, otype, key)
    if item is None:
        parent, name = keys.locate(records, otype, key)
        if parent is None:
            item = extraction.ensure_schema(records, ds_id, name)
            item.key = key
        elif otype == "table":
            item = extraction.new_table(records, parent, name)
        else:
            item = extraction.new_column(records, parent, name)
    item.title = item.description = ""
    item.content = dict(DEFAULTS[otype])
    records.clear_values(item)
    return _write(jobs, item, given)


def _update(jobs: Jobs, ds_id: int, otype: str, given: Json) -> Item:
    records = jobs.records
    if "id" in given:
        item = records.item(otype, id=given["id"], ds_id=ds_id)
    else:
        item = keys.find(records, otype, given["key"])
    if item is None:
        named = given.get("id", given.get("key"))
        raise ValueError(f"{otype} object {named} does not exist")
    _refuse(jobs, item.key)
    return _write(jobs, item, given)


def _refuse(jobs: Jobs, key: str) -> None:
    """Fail where a test wants it."""
    if key in jobs.settings.item_errors:
        raise ValueError(jobs.settings.item_errors[key])


def _write(jobs: Jobs, item: Item, given: Json) -> Item:
    defaults = DEFAULTS[item.otype]
    for name, value in given.items():
        if name == "title":
            item.title = value or ""
        elif name == "description":
            wrap = "description" in jobs.settings.wrap_html
            item.description = richtext.description(value or "", wrap)
        elif name not in ("id", "key", "custom_fields"):
            item.content[name] = defaults.get(name) if value is None else value
    jobs.records.save(item)
    moment = stamp(jobs.clock.now_ms())
    set_fields(jobs.records, jobs.settings, moment, item, given.get("custom_fields") or [])
    return item
