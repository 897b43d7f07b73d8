"""One document to what it declares: the good path, strict and without explanations.

A document that does not pass raises the first `Mistake`, and `spec.explain` then finds all of them
with their places. Nothing here knows a file.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeVar

from catalogctl.groups import Groups
from catalogctl.model import Declared, encode_part
from catalogctl.spec.kinds import KINDS, Kind, Parts
from catalogctl.spec.maps import FieldMap
from catalogctl.spec.mistakes import Mistake
from catalogctl.spec.packed import Fields

T = TypeVar("T")
_Parts = dict[str, dict[str, T]]


@dataclass(frozen=True, slots=True)
class Declaration:
    """What one document declares. `fields` maps flat field paths to declared values.

    `objects` are the parts that are objects of their own: what stands behind the identity in the
    address of each (`#public.orders`), and its fields.
    """

    kind: Kind
    identity: str
    catalog: str | None
    fields: Fields
    objects: tuple[tuple[str, Fields], ...] = ()


def accept(document: Any) -> Declaration:
    """The declaration of a document in which everything is right. Raises a Mistake otherwise."""
    if document.__class__ is not dict or document.get("kind").__class__ is not str:
        raise Mistake("SPEC001", "not a document")
    kind = KINDS.get(document["kind"])
    if kind is None:
        raise Mistake("SPEC003", "unknown kind")
    fields: dict[str, Declared] = {}
    texts: dict[str, _Parts[str]] = {}
    others: dict[str, _Parts[Declared]] = {}
    objects: tuple[tuple[str, Fields], ...] = ()
    known = kind.fields
    for key, value in document.items():
        field = known.get(key)
        if field is not None:
            fields[key] = field.accept(value)
        elif key == kind.objects:
            objects = tuple(_objects(kind.parts[key], value))
        elif key in kind.parts:
            own_texts, own_others = _accept_parts(kind, key, value)
            if own_texts:
                texts[key] = own_texts
            if own_others:
                others[key] = own_others
        elif key in kind.maps:
            fields.update(_entries(key, kind.maps[key], value))
        elif key not in kind.identity and key not in ("kind", "catalog"):
            raise Mistake("SPEC004", "unknown key")
    for mistake in kind.contradictions(document):
        raise mistake
    packed = Fields.of_groups(Groups(fields, texts, others))
    return Declaration(kind, identity(kind, document), catalog(document), packed, objects)


def identity(kind: Kind, document: Mapping[str, Any]) -> str:
    """The identity as it stands in an address. Raises a Mistake, also when a part is missing."""
    parts = []
    for key, field in kind.identity.items():
        if key in document:
            part = encode_part(str(field.accept(document[key])))
            if part or key not in kind.optional:
                parts.append(part)
        elif key not in kind.optional:
            raise Mistake("SPEC005", f'the key "{key}" is missing')
    return "/".join(parts)


def catalog(document: Mapping[str, Any]) -> str | None:
    """The catalog that a document names."""
    name = document.get("catalog")
    if name is None:
        return None
    if name.__class__ is not str or not name:
        raise Mistake("SPEC006", "no name of a catalog")
    return str(name)


@lru_cache(maxsize=100_000)
def _spelled(kind: str, key: str, name: str) -> str | None:
    """The one spelling of a part. Columns of one name stand in many tables."""
    try:
        return KINDS[kind].parts[key].spelled(name)
    except Mistake:
        return None


def _accept_parts(kind: Kind, key: str, value: Any) -> tuple[_Parts[str], _Parts[Declared]]:
    """The fields of all parts that are texts, and the others; by field, then by part."""
    if value.__class__ is not dict:
        raise Mistake("SPEC006", "not a mapping")
    types = kind.parts[key].fields
    texts: _Parts[str] = {field: {} for field in types}
    others: _Parts[Declared] = {field: {} for field in types}
    for name, body in value.items():
        part = _spelled(kind.name, key, name)
        if part is None or body.__class__ is not dict:
            raise Mistake("SPEC009", "not a part")
        for field, given in body.items():
            type = types.get(field)
            if type is None:
                raise Mistake("SPEC004", "unknown key")
            accepted = type.accept(given)
            known: dict[str, Any] = (texts if accepted.__class__ is str else others)[field]
            if part in known:  # a part can be there in two spellings, as long as no field is
                raise Mistake("SPEC010", "declared twice")
            known[part] = accepted
    return _filled(texts), _filled(others)


def _filled(fields: _Parts[T]) -> _Parts[T]:
    return {field: parts for field, parts in fields.items() if parts}


def _objects(parts: Parts, value: Any) -> Iterator[tuple[str, Fields]]:
    if value.__class__ is not dict:
        raise Mistake("SPEC006", "not a mapping")
    for name, body in value.items():
        if body.__class__ is not dict:
            raise Mistake("SPEC006", "not a mapping")
        if not body.keys() <= parts.fields.keys():
            raise Mistake("SPEC004", "unknown key")
        fields = {key: parts.fields[key].accept(given) for key, given in body.items()}
        for mistake in parts.contradictions(fields):
            raise mistake
        yield f"#{encode_part(parts.spelled(name))}", Fields.of(fields)


def _entries(key: str, entries: FieldMap, value: Any) -> dict[str, Declared]:
    return {f"{key}.{path}": given for path, given in entries.accept(value).items()}


def accept_defaults(document: Any) -> dict[str, dict[str, Declared]]:
    """What a `_defaults.yaml` says: per kind, the default of each field. Raises a Mistake."""
    if document.__class__ is not dict:
        raise Mistake("SPEC001", "not a document")
    found: dict[str, dict[str, Declared]] = {}
    for name, body in document.items():
        kind = KINDS.get(name)
        if kind is None or body.__class__ is not dict:
            raise Mistake("SPEC018", "no defaults")
        found[name] = {}
        for key, value in body.items():
            if key in kind.fields:
                found[name][key] = kind.fields[key].accept(value)
            elif key in kind.maps:
                found[name].update(_entries(key, kind.maps[key], value))
            else:
                raise Mistake("SPEC018", "no default")
    return found
