"""``GET /integration/v2/datasource/``: what data sources are, and which schemas are left out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from catalogctl.sandbox.wire import Response

from .errors import coded
from .records import Json

if TYPE_CHECKING:
    from .call import Call

DEFAULTS: Json = {
    "title": "",
    "description": "",
    "uri": "",
    "connector_id": 1,
    "private": False,
    "is_hidden": False,
    "is_virtual": False,
    "deleted": False,
    "is_gone": False,
    "all_schemas": None,
    "limit_schemas": [],
    "exclude_schemas": [],
    "remove_filtered_schemas": False,
    "cron_extraction": "0 3 * * *",
    "disable_auto_extraction": False,
    "latest_extraction_time": None,
    "latest_extraction_successful": None,
    "enable_default_schema_extraction": False,
}
"""Fields of a data source, about half of those that a server shows."""
HIDDEN = ("admins", "trouble", "suspended")


def list_all(call: Call) -> Response:
    """Hidden ones only with ``include_hidden``; ``exclude_suspended`` leaves those out."""
    hidden = _true(call, "include_hidden")
    awake = _true(call, "exclude_suspended")
    found = [
        (int(number), entry)
        for number, entry in call.records.setup("data_source").items()
        if (hidden or not entry.get("is_hidden")) and not (awake and entry.get("suspended"))
    ]
    chosen, headers = call.page(sorted(found, key=lambda pair: pair[0]))
    return Response.json(200, [_show(call, *pair) for pair in chosen], headers)


def get(call: Call, id: str) -> Response:
    found = call.records.one_setup("data_source", id)
    if found is None:
        raise coded(404, f"Data source with id {id} does not exist")
    return Response.json(200, _show(call, int(id), found))


def _true(call: Call, name: str) -> bool:
    return (call.request.parameter(name) or "").lower() == "true"


def _show(call: Call, number: int, content: Json) -> Json:
    owners = [user.id for user in call.users() if user.name in content.get("admins", ())]
    shown = {name: value for name, value in content.items() if name not in HIDDEN}
    return {
        "id": number,
        "otype": "data",
        "url": f"/data/{number}/",
        "owner_ids": owners,
        **DEFAULTS,
        **shown,
    }
