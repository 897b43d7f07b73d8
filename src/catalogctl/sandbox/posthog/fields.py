"""The fields of a request body: types, choices, and what is said about wrong ones.

As in the framework, only the first wrong field is told, keys that are not fields are ignored, and
a key that is present is a write even if its value is null. Source: the contract's table of fields
of a PATCH of a schema; texts of stock errors are the framework's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from . import times
from .eras import Era
from .errors import ApiError, invalid
from .records import Json

Reader = Callable[[Any, str], Any]
OPERATORS = (">", ">=", "<", "<=", "=", "!=", "IN", "NOT IN")
MAX_LOOKBACK = 5_184_000
MODES = ("consolidated", "cdc_only", "both")
NEVER = '"never" is not a sync frequency. To stop syncing this table, set should_sync to false.'


def _null(attr: str) -> ApiError:
    return invalid("This field may not be null.", attr, "null")


def required(attr: str) -> ApiError:
    return invalid("This field is required.", attr, "required")


def nullable(reader: Reader) -> Reader:
    return lambda value, attr: None if value is None else reader(value, attr)


def boolean(value: Any, attr: str) -> bool:
    if value is None:
        raise _null(attr)
    if not isinstance(value, (bool, int, str)) or str(value).lower() not in _TRUTH:
        raise invalid("Must be a valid boolean.", attr)
    return _TRUTH[str(value).lower()]


_TRUTH = {
    **dict.fromkeys(("true", "t", "yes", "y", "on", "1"), True),
    **dict.fromkeys(("false", "f", "no", "n", "off", "0"), False),
}


def string(max_length: int | None = None) -> Reader:
    def read(value: Any, attr: str) -> str:
        if value is None:
            raise _null(attr)
        if isinstance(value, bool) or not isinstance(value, (str, int, float)):
            raise invalid("Not a valid string.", attr)
        text = str(value).strip()
        if max_length is not None and len(text) > max_length:
            detail = f"Ensure this field has no more than {max_length} characters."
            raise invalid(detail, attr, "max_length")
        return text

    return read


def choice(values: Sequence[str]) -> Reader:
    def read(value: Any, attr: str) -> str:
        if value is None:
            raise _null(attr)
        if not isinstance(value, str) or value not in values:
            raise invalid(f'"{value}" is not a valid choice.', attr, "invalid_choice")
        return value

    return read


def integer(least: int, most: int) -> Reader:
    def read(value: Any, attr: str) -> int:
        if isinstance(value, bool) or not str(value).lstrip("-").isdecimal():
            raise invalid("A valid integer is required.", attr)
        if int(value) < least:
            detail = f"Ensure this value is greater than or equal to {least}."
            raise invalid(detail, attr, "min_value")
        if int(value) > most:
            raise invalid(f"Ensure this value is less than or equal to {most}.", attr, "max_value")
        return int(value)

    return read


def time_of_day(value: Any, attr: str) -> str:
    found = times.read_time(value) if isinstance(value, str) else None
    if found is None:
        detail = "Time has wrong format. Use one of these formats instead: hh:mm[:ss[.uuuuuu]]."
        raise invalid(detail, attr)
    return found.isoformat()


def strings(value: Any, attr: str) -> list[str]:
    read = string()
    return [read(entry, f"{attr}__{index}") for index, entry in enumerate(sequence(value, attr))]


def sequence(value: Any, attr: str) -> list[Any]:
    if value is None:
        raise _null(attr)
    if not isinstance(value, list):
        kind = type(value).__name__
        raise invalid(f'Expected a list of items but got type "{kind}".', attr, "not_a_list")
    return value


def row_filters(value: Any, attr: str) -> list[Json]:
    for index, entry in enumerate(sequence(value, attr)):
        if not isinstance(entry, Mapping) or not isinstance(entry.get("column"), str):
            raise required(f"{attr}__{index}__column")
        choice(OPERATORS)(entry.get("operator"), f"{attr}__{index}__operator")
        if "value" not in entry:
            raise required(f"{attr}__{index}__value")
    return list(value)


def _frequency(era: Era) -> Reader:
    """The newest era has words of its own for a wrong frequency; null is let pass and ignored."""
    names = [name for name in times.FREQUENCIES if name != "1min" or era.one_minute]
    if not era.newest:
        return choice([*names, "never"])

    def read(value: Any, attr: str) -> str:
        if value == "never":
            raise invalid(NEVER, attr)
        if not isinstance(value, str) or value not in names:
            detail = (
                f'"{value}" is not a valid sync frequency. The fastest sync frequency is 5 minutes.'
            )
            raise invalid(detail, attr, "invalid_choice")
        return value

    return read


def readers(era: Era) -> dict[str, Reader]:
    """Every field of a schema, in the order in which the server looks at them."""
    known: dict[str, Reader] = {
        "should_sync": boolean,
        "sync_type": nullable(choice(era.sync_types)),
        "incremental_field": nullable(string()),
        "incremental_field_type": nullable(choice(era.field_types)),
        "sync_frequency": nullable(_frequency(era)),
        "sync_time_of_day": nullable(time_of_day),
        "primary_key_columns": nullable(strings),
        "cdc_table_mode": choice(MODES),
        "enabled_columns": nullable(strings),
        "row_filters": nullable(row_filters),
        "incremental_field_lookback_seconds": nullable(integer(0, MAX_LOOKBACK)),
        "full_refresh_interval_days": nullable(integer(1, 90)),
        "full_refresh_time_of_day": nullable(time_of_day),
        "api_version": nullable(string(128)),
        "apply_sync_defaults": boolean,
    }
    return {name: known[name] for name in (*era.patch_fields, "apply_sync_defaults")}


def read_schema_fields(era: Era, body: Mapping[str, Any]) -> Json:
    """The fields of a schema that a body writes."""
    found = readers(era)
    return {name: found[name](body[name], name) for name in era.patch_fields if name in body}
