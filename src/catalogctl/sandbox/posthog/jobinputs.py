"""Connection settings: checked, merged, kept as text, and shown without their secrets.

Source: the contract's sections on updating a source and on redaction.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .errors import invalid
from .kinds import SOURCE_TYPES, Field, SourceType

Json = dict[str, Any]
CDC_KEYS = (
    "cdc_enabled",
    "cdc_management_mode",
    "cdc_slot_name",
    "cdc_publication_name",
    "cdc_auto_drop_slot",
    "cdc_lag_warning_threshold_mb",
    "cdc_lag_critical_threshold_mb",
    "cdc_consistent_point",
)
"""Kept in answers though no form declares them; the two names with "threshold" are inferred from
the pattern that the contract gives."""
HOSTS = ("host", "instance_url")
TUNNEL = "ssh_tunnel"


def stripped(payload: Mapping[str, Any]) -> Json:
    """Texts without blanks around them, as create stores them."""
    return {
        key: value.strip() if isinstance(value, str) else value for key, value in payload.items()
    }


def as_text(value: Any) -> Any:
    """Scalars as the encrypted column gives them back: ``5432`` is "5432", ``True`` is "True"."""
    if isinstance(value, Mapping):
        return {key: as_text(entry) for key, entry in value.items()}
    if isinstance(value, list):
        return [as_text(entry) for entry in value]
    return None if value is None else str(value)


def problem_of(kind: SourceType, inputs: Mapping[str, Any]) -> str | None:
    """What is wrong with a configuration, without asking the source (wording inferred)."""
    if inputs.get("connection_string"):
        return None
    for field in kind.fields:
        value = inputs.get(field.name)
        if field.required and value in (None, ""):
            return f"Missing required field: {field.name}"
        if field.kind == "number" and value not in (None, "") and not str(value).isdigit():
            return f"Field '{field.name}' must be a number"
        if field.container and value is not None and not isinstance(value, Mapping):
            return f"Field '{field.name}' must be an object"
    return None


def shown(source_type: str, inputs: Mapping[str, Any]) -> Json:
    """What answers show: nothing secret, and nothing that the form does not declare."""
    kind = SOURCE_TYPES.get(source_type)
    if kind is None:
        return {}
    visible = _declared(kind.fields, inputs)
    visible.update({key: inputs[key] for key in CDC_KEYS if key in inputs})
    return visible


def _declared(fields: tuple[Field, ...], inputs: Mapping[str, Any]) -> Json:
    visible: Json = {}
    for field in fields:
        if field.secret or field.name not in inputs:
            continue
        value = inputs[field.name]
        if field.container and isinstance(value, Mapping):
            value = _declared(field.fields, value)
        visible[field.name] = value
    return visible


def merged(kind: SourceType, stored: Mapping[str, Any], sent: Mapping[str, Any]) -> Json:
    """The sent keys over the stored ones; an empty secret keeps the stored one.

    Choices with fields of their own are merged in depth unless the choice itself changes; a
    tunnel is always merged in depth. No key can be taken away by leaving it out.
    """
    result = dict(stored)
    for name, value in sent.items():
        field = kind.field(name)
        if field is None:
            result[name] = value
        elif field.container:
            if not isinstance(value, Mapping):
                raise invalid("Expected an object.", f"job_inputs__{name}")
            result[name] = _merged_container(field, stored.get(name) or {}, value)
        elif not (field.secret and value in (None, "")):
            result[name] = value
    return result


def _merged_container(field: Field, old: Mapping[str, Any], new: Mapping[str, Any]) -> Json:
    if field.kind == "select" and new.get("selection", old.get("selection")) != old.get(
        "selection"
    ):
        return dict(new)
    result = dict(old)
    inner = {entry.name: entry for entry in field.fields}
    for name, value in new.items():
        known = inner.get(name)
        if known is not None and known.secret and value in (None, ""):
            continue
        if known is not None and known.container and isinstance(value, Mapping):
            value = _merged_container(known, old.get(name) or {}, value)
        result[name] = value
    return result


def check_host(kind: SourceType, stored: Mapping[str, Any], sent: Mapping[str, Any]) -> None:
    """A connection must not be led elsewhere by somebody who does not know its secrets."""
    resent = any(sent.get(field.name) for field in kind.fields if field.secret) or any(
        isinstance(sent.get(field.name), Mapping)
        and any(sent[field.name].get(inner.name) for inner in field.fields if inner.secret)
        for field in kind.fields
        if field.kind == "select"
    )
    if resent:
        return
    if any(name in sent and as_text(sent[name]) != stored.get(name) for name in HOSTS):
        raise invalid("Changing the connection host requires re-entering your credentials.")
    tunnel, old = sent.get(TUNNEL), stored.get(TUNNEL) or {}
    if isinstance(tunnel, Mapping) and any(
        name in tunnel and as_text(tunnel[name]) != old.get(name) for name in ("host", "port")
    ):
        raise invalid("Changing the SSH tunnel requires re-entering your database credentials.")
