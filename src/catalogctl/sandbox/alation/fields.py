"""Custom fields: what they are, and which values they take.

A field in a seed is its object as the API shows it, with ``templates`` (the kinds of objects that
may have it; all three by default) and ``options`` as a list of titles. The shape of an option is
inferred. Ids below 10001 are of fields that every server has; only some of those are here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from catalogctl.sandbox.wire import Response

from .errors import coded
from .listing import TEXT
from .records import Json, Records

if TYPE_CHECKING:
    from .call import Call

TITLE, DESCRIPTION, STEWARD = 3, 4, 8
FIRST_OWN_ID = 10001
PEOPLE = ["groupprofile", "user"]
BUILT_IN: tuple[Json, ...] = (
    {"id": TITLE, "field_type": "TEXT", "builtin_name": "title", "name_singular": "Title"},
    {
        "id": DESCRIPTION,
        "field_type": "RICH_TEXT",
        "builtin_name": "description",
        "name_singular": "Description",
    },
    {
        "id": 6,
        "field_type": "OBJECT_SET",
        "name_singular": "Expert",
        "name_plural": "Experts",
        "allow_multiple": True,
        "allowed_otypes": PEOPLE,
    },
    {
        "id": STEWARD,
        "field_type": "OBJECT_SET",
        "builtin_name": "steward",
        "name_singular": "Steward",
        "name_plural": "Stewards",
        "allow_multiple": True,
        "allowed_otypes": PEOPLE,
        "backref_name": "Steward",
        "backref_tooltip_text": "Is steward of",
    },
)
FIELD_TYPES = ("TEXT", "RICH_TEXT", "DATE", "PICKER", "MULTI_PICKER", "OBJECT_SET")
TEXT_FORMS = ("", "contains", "icontains")
OTYPES = ("schema", "table", "attribute")
LIMIT = 256
"""Objects in a set."""


def load(records: Records, given: Mapping[str, Any]) -> None:
    """Add a field of a seed, or change one."""
    if given.get("field_type") not in FIELD_TYPES:
        raise ValueError(f"field_type of a custom field is one of {', '.join(FIELD_TYPES)}")
    number = given.get("id") or records.next_id("field", FIRST_OWN_ID)
    many = given["field_type"] in ("MULTI_PICKER", "OBJECT_SET")
    content: Json = {
        "id": number,
        "field_type": given["field_type"],
        "builtin_name": None,
        "name_singular": given["name_singular"],
        "name_plural": "",
        "allow_multiple": many,
        "allowed_otypes": None,
        "backref_name": None,
        "backref_tooltip_text": None,
        "tooltip_text": None,
        **given,
        "options": [
            {
                "id": position,
                "title": title,
                "tooltip_text": None,
                "old_index": None,
                "article_id": None,
                "in_use": True,
            }
            for position, title in enumerate(given.get("options") or (), start=1)
        ]
        or None,
    }
    content["id"] = number
    records.put_setup("field", number, content)


def problem_of(field: Json | None, otype: str, value: Any) -> str | None:
    """Why an object of this kind can't have this value; nothing at all may always be set."""
    if field is None:
        return "Custom field not found."
    if otype not in field.get("templates", OTYPES):
        return f"Field {field['name_singular']} is not in the template of {otype}."
    if value in (None, "", []):
        return None
    if field["field_type"] == "OBJECT_SET":
        return _problem_of_set(field, value)
    many = field["field_type"] == "MULTI_PICKER"
    texts = value if many and isinstance(value, list) else [value]
    if isinstance(value, list) != many or not all(isinstance(text, str) for text in texts):
        return "Value must be a list of strings." if many else "Value must be a string."
    titles = [option["title"] for option in field["options"] or ()]
    wrong = [text for text in texts if text not in titles]
    if field["field_type"].endswith("PICKER") and wrong:
        return f"{', '.join(wrong)} is not an option of {field['name_singular']}."
    return None


def _problem_of_set(field: Json, value: Any) -> str | None:
    if not isinstance(value, list) or not all(
        isinstance(entry, dict) and {"otype", "oid"} <= set(entry) for entry in value
    ):
        return "Value must be a list of objects with otype and oid."
    if len(value) > LIMIT:
        return f"At most {LIMIT} objects may be in a set."
    wrong = [entry["otype"] for entry in value if entry["otype"] not in field["allowed_otypes"]]
    return f"Invalid otype: {', '.join(wrong)}" if wrong else None


def _show(field: Json) -> Json:
    return {name: value for name, value in field.items() if name != "templates"}


def list_all(call: Call) -> Response:
    found = [field for field in call.records.setup("field").values() if _fits(call, field)]
    chosen, headers = call.page(sorted(found, key=lambda field: int(field["id"])))
    return Response.json(200, [_show(field) for field in chosen], headers)


def _fits(call: Call, field: Json) -> bool:
    return all(
        _fits_one(field, name, call.request.parameters(name))
        for name in call.names()
        if name not in ("limit", "skip")
    )


def _fits_one(field: Json, name: str, given: list[str]) -> bool:
    own, _, form = name.partition("__")
    if own in ("name_singular", "name_plural", "tooltip_text") and form in TEXT_FORMS:
        return any(TEXT[form](field[own] or "", text) for text in given)
    if name in ("id", "field_type", "allow_multiple"):
        return str(field[name]).lower() in [text.lower() for text in given]
    raise coded(400, f"Invalid query parameters: [{name}]", "400006")


def get(call: Call, id: str) -> Response:
    field = call.records.one_setup("field", id)
    if field is None:
        raise coded(404, "Not found.")
    return Response.json(200, _show(field))


def built_in(call: Call, name: str) -> Response:
    for field in call.records.setup("field").values():
        if field["builtin_name"] == unquote(name):
            return Response.json(200, _show(field))
    raise coded(404, "Not found.")
