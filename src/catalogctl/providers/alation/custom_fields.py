"""Custom fields by their names: what can be declared of them, what they hold, what is sent. Pure.

Supported are texts (TEXT, RICH_TEXT) and pick lists (PICKER, MULTI_PICKER). Alation documents no
way to clear a value: an empty one is refused.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from catalogctl.model import Declared, FieldChange, Value
from catalogctl.providers.alation import richtext
from catalogctl.providers.alation.wire import Field, FieldValue

PREFIX = "custom_fields."
TEXTS = ("TEXT", "RICH_TEXT")
PICKERS = ("PICKER", "MULTI_PICKER")
_OWN = ("title", "description")
"""Built-in fields that a spec declares by keys of their own."""


def name_of(path: str) -> str | None:
    """The name of the custom field that a field path is about, if it is about one."""
    return path[len(PREFIX) :] if path.startswith(PREFIX) else None


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a field cannot be as declared, the mend, and the member to blame."""

    message: str
    hint: str | None = None
    member: str | None = None

    @property
    def whole(self) -> str:
        return f"{self.message}; {self.hint}" if self.hint else self.message


class CustomFields:
    """The definitions of one server."""

    def __init__(self, definitions: Iterable[Field] = ()) -> None:
        self._named: dict[str, list[Field]] = {}
        for each in definitions:
            self._named.setdefault(each.name_singular or "", []).append(each)
        for name, found in self._named.items():
            # Built-in ones are for other objects then, as the Status of glossary terms is.
            made = [each for each in found if each.builtin_name is None]
            if len(found) > 1 and len(made) == 1:
                self._named[name] = made

    def refuses(self, name: str, *, is_list: bool) -> Refusal | None:
        """Why nothing can be declared of a field of this name, or not in this form."""
        found = self._named.get(name, [])
        if len(found) != 1:
            return self._not_one(name, found)
        field, kind = found[0], _kind(found[0])
        if field.builtin_name in _OWN:
            return Refusal(f"{name} is no custom field", f"declare it as `{field.builtin_name}: …`")
        if kind not in (*TEXTS, *PICKERS):
            return Refusal(f"fields of the type {kind}, such as {name}, are not supported")
        if kind == "MULTI_PICKER" and not is_list:
            return Refusal(f"{name} takes several values", "write a list: [A, B]")
        if kind != "MULTI_PICKER" and is_list:
            return Refusal(f"{name} takes one value", "write a text instead of a list")
        return None

    def _not_one(self, name: str, found: Sequence[Field]) -> Refusal:
        if found:
            ids = ", ".join(str(each.id) for each in found)
            message = f"{len(found)} custom fields are called {name}: ids {ids}"
            return Refusal(message, "rename all but one of them in Alation")
        return Refusal(f"there is no custom field {name}", _near(name, self._named))

    def refuses_value(self, name: str, after: Value) -> Refusal | None:
        """Why a field, which `refuses` takes, cannot get this value."""
        if after in (None, "", ()):
            message = f"Alation documents no way to clear {name}"
            return Refusal(message, "clear it in Alation, or delete the key from the spec")
        (field,) = self._named[name]
        if _kind(field) not in PICKERS or field.options is None:
            return None
        options = [_title(option) for option in field.options]
        for value in after if isinstance(after, tuple) else (str(after),):
            if value not in options:
                hint = _near(value, options) or f"its values: {', '.join(options) or 'none'}"
                return Refusal(f"{value} is no value of {name}", hint, member=value)
        return None

    def held(self, name: str, wanted: Declared, values: Iterable[FieldValue]) -> Value:
        """What a table has in a field that `refuses` takes."""
        (field,) = self._named[name]
        value = next((each.value for each in values if each.field_id == field.id), None)
        if _kind(field) == "MULTI_PICKER":
            several = value if isinstance(value, list) else [value]
            return tuple(sorted({str(each) for each in several if each not in (None, "")}))
        text = "" if value is None else str(value)
        return richtext.held(wanted, text) if _kind(field) == "RICH_TEXT" else text

    def to_send(self, table_id: int, change: FieldChange) -> dict[str, Any]:
        """An item of the call that writes values."""
        name = name_of(change.path) or ""
        (field,) = self._named[name]
        value: Any = change.after
        if isinstance(value, tuple):
            value = list(value)
        elif _kind(field) == "RICH_TEXT":
            value = richtext.to_html(str(value))
        return {"field_id": field.id, "otype": "table", "oid": table_id, "value": value}


def _kind(field: Field) -> str:
    return field.field_type.upper()


def _title(option: Any) -> str:
    """The word that stands for an option: itself, or the title of the object that it is."""
    return str(option.get("title") if isinstance(option, dict) else option)


def _near(word: str, known: Iterable[str]) -> str | None:
    names = sorted(known)
    by_case = [name for name in names if name.casefold() == word.casefold()]
    close = by_case or get_close_matches(word, names, n=1)
    return f'did you mean "{close[0]}"?' if close else None
