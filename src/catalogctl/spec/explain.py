"""Why a document is not accepted: every mistake in it, each with its place and its mend.

Only documents that the good path refused come here, so this may take its time.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from catalogctl.errors import Diagnostic
from catalogctl.model import Declared
from catalogctl.spec.fields import FieldType
from catalogctl.spec.kinds import KINDS, Kind, Parts
from catalogctl.spec.mistakes import Mistake, did_you_mean, refuse, unknown_key
from catalogctl.yamlfile import Document, Plain, shown

_DEFAULTS_HINT = "map kinds to fields, such as `Table: {owners: [team:analytics]}`"


def document(found: Document) -> list[Diagnostic]:
    """The findings about a document that was not accepted; at least one."""
    value = found.value
    mistakes = list(_document(value)) or list(_against_schema(value))
    return [_placed(mistake, found) for mistake in mistakes]


def defaults(found: Document) -> list[Diagnostic]:
    """The findings about a document of a `_defaults.yaml` that was not accepted; at least one."""
    mistakes = list(_defaults(found.value)) or [
        Mistake("SPEC018", "these are no defaults", _DEFAULTS_HINT)
    ]
    return [_placed(mistake, found) for mistake in mistakes]


def _placed(mistake: Mistake, found: Document) -> Diagnostic:
    at = found.value_at if mistake.at_value else found.key_at
    return Diagnostic(mistake.code, mistake.message, at(mistake.steps), mistake.hint)


def _document(value: Any) -> Iterator[Mistake]:
    if not isinstance(value, dict):
        yield Mistake("SPEC001", "a document is a mapping", "begin it with `kind: Table`")
        return
    kind = None
    try:
        kind = _kind(value)
    except Mistake as mistake:
        yield mistake
    if kind is None:
        return
    yield from _identity(kind, value)
    if "catalog" in value and (not isinstance(value["catalog"], str) or not value["catalog"]):
        yield from _below(("catalog",), _catalog(value["catalog"]))
    for key in value:
        if key not in kind.keys:
            yield unknown_key(key, "", kind.keys).below(key)
    yield from _own_fields(kind, value)
    yield from kind.contradictions(value)
    for key, parts in kind.parts.items():
        if key in value:
            yield from _below((key,), _parts(key, parts, value[key]))


def _own_fields(kind: Kind, body: dict[str, Any]) -> Iterator[Mistake]:
    for key, field in kind.fields.items():
        if key in body:
            yield from _field(key, key, field, body[key])
    for key, entries in kind.maps.items():
        if key in body:
            yield from _below((key,), _named(key, entries.mistakes(body[key])))


def _kind(document: dict[str, Any]) -> Kind:
    kinds = ", ".join(KINDS)
    if "kind" not in document:
        close = [key for key in document if did_you_mean(key, ["kind"])]
        hint = f"is {shown(close[0])} meant?" if close else f"write kind: and one of {kinds}"
        raise Mistake("SPEC002", 'the key "kind" is missing', hint)
    name = document["kind"]
    if not isinstance(name, str):
        try:
            refuse(name, "a text, the kind,", f"write one of {kinds}", f"write one of {kinds}")
        except Mistake as mistake:
            raise mistake.below("kind") from None
    if name not in KINDS:
        hint = did_you_mean(name, KINDS) or f"the kinds are {kinds}"
        raise Mistake("SPEC003", f"unknown kind {shown(name)}", hint).below("kind")
    return KINDS[name]


def _identity(kind: Kind, document: dict[str, Any]) -> Iterator[Mistake]:
    for key, field in kind.identity.items():
        if key in document:
            yield from _field(key, key, field, document[key])
        elif key not in kind.optional:
            hint = f"it says which {kind.name} the document is about"
            yield Mistake("SPEC005", f'the key "{key}" is missing', hint)


def _catalog(value: Any) -> Iterator[Mistake]:
    hint = "write the name of a catalog of the configuration"
    try:
        if value == "":
            raise Mistake("SPEC006", "catalog: the name is empty", hint)
        refuse(value, "a text, the name of a catalog,", hint, f"{hint}, or delete the key")
    except Mistake as mistake:
        yield mistake


def _field(key: str, path: str, field: FieldType, value: Any) -> Iterator[Mistake]:
    """The mistakes of one field, each saying which field it is."""
    for mistake in field.mistakes(value):
        mistake.message = f"{path}: {mistake.message}"
        yield mistake.below(key)


def _named(path: str, mistakes: Iterator[Mistake]) -> Iterator[Mistake]:
    """The mistakes, each saying which entry below the path it is about."""
    for mistake in mistakes:
        names = [step for step in mistake.steps if isinstance(step, str)]
        mistake.message = f"{'.'.join((path, *names))}: {mistake.message}"
        yield mistake


def _parts(key: str, parts: Parts, value: Any) -> Iterator[Mistake]:
    noun = parts.noun
    if not isinstance(value, dict):
        empty = f"write {{}} or delete the key: a {noun} that is not listed is left alone"
        hint = f"write `NAME: {{{parts.example}}}` for each {noun}"
        yield from _refused(key, value, f"a mapping of {noun}s", hint, empty)
        return
    spelled: dict[str, str] = {}
    for name, body in value.items():
        try:
            normal = parts.spelled(name)
        except Mistake as mistake:
            yield mistake.below(name)
            continue
        first = spelled.setdefault(normal, name)
        yield from _below((name,), _part(f"{key}.{normal}", parts, body))
        if first != name and isinstance(body, dict) and isinstance(value[first], dict):
            for field in body.keys() & value[first].keys():
                message = (
                    f"{key}.{normal}.{field} is declared twice, as {shown(first)} and {shown(name)}"
                )
                yield Mistake("SPEC010", message, "keep one of the two").below(name, field)


def _part(path: str, parts: Parts, body: Any) -> Iterator[Mistake]:
    if not isinstance(body, dict):
        hint = f"write its fields, such as {{{parts.example}}}"
        empty = f"{hint}, or {{}}, or delete the key to leave the {parts.noun} alone"
        yield from _refused(path, body, f"a mapping of a {parts.noun}'s fields", hint, empty)
        return
    for key in body:
        if key in parts.nested:
            hint = f"name a nested {parts.noun} by its path, {_example(path, body[key])}"
            message = f'{path}: {parts.noun}s are not nested with "{key}"'
            yield Mistake("SPEC016", message, hint).below(key)
        elif key not in parts.fields:
            yield unknown_key(key, f" in {path}", parts.fields).below(key)
    right: dict[str, Declared] = {}
    for key, field in parts.fields.items():
        if key in body:
            found = list(_field(key, f"{path}.{key}", field, body[key]))
            yield from found
            if not found:
                right[key] = field.accept(body[key])
    yield from _named(path, parts.contradictions(right))


def _example(path: str, nested: Any) -> str:
    """What to write instead of the nesting that somebody tried."""
    _, _, above = path.partition(".")
    below = next(iter(nested), "zip") if isinstance(nested, dict) else "zip"
    return f"such as `{above}.{below}: {{…}}`"


def _refused(path: str, value: Any, wanted: str, hint: str, empty: str) -> Iterator[Mistake]:
    try:
        refuse(value, wanted, hint, empty)
    except Mistake as mistake:
        mistake.message = f"{path}: {mistake.message}"
        yield mistake


def _below(steps: tuple[str, ...], mistakes: Iterator[Mistake]) -> Iterator[Mistake]:
    for mistake in mistakes:
        yield mistake.below(*steps)


def _against_schema(value: Any) -> Iterator[Mistake]:
    """The net below the rules above: what the schema says, in its own words."""
    from jsonschema import Draft202012Validator

    from catalogctl.spec.schema import schema

    for error in Draft202012Validator(schema(value["kind"])).iter_errors(_as_json(value)):
        path = tuple(error.absolute_path)
        quiet = bool(path) and path[0] in KINDS[value["kind"]].maps  # there may be a secret in it
        why = "" if quiet else f": {error.message}"
        yield Mistake("SPEC019", f"the schema does not allow this{why}").below(*path)
        return
    yield Mistake(
        "SPEC019", "this document is not accepted", "please report it: a rule has no words"
    )


def _as_json(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _as_json(below) for key, below in value.items()}
    if isinstance(value, list):
        return [_as_json(below) for below in value]
    return value.value if isinstance(value, Plain) else value


def _defaults(value: Any) -> Iterator[Mistake]:
    if not isinstance(value, dict):
        yield Mistake("SPEC001", "a file of defaults is a mapping", _DEFAULTS_HINT)
        return
    for name, body in value.items():
        if name not in KINDS:
            hint = did_you_mean(name, KINDS) or f"the kinds are {', '.join(KINDS)}"
            yield Mistake("SPEC003", f"unknown kind {shown(name)}", hint).below(name)
        elif not isinstance(body, dict):
            empty = "write its fields, or delete the key"
            yield from _below(
                (name,), _refused(name, body, "a mapping of fields", _DEFAULTS_HINT, empty)
            )
        else:
            yield from _below((name,), _default_fields(KINDS[name], body))


def _default_fields(kind: Kind, body: dict[str, Any]) -> Iterator[Mistake]:
    yield from _own_fields(kind, body)
    for key in body:
        if key in kind.with_defaults:
            continue
        if key in kind.keys:
            hint = f"defaults are for {', '.join(kind.with_defaults)}"
            yield Mistake("SPEC018", f"{shown(key)} has no default", hint).below(key)
        else:
            where = f" in the defaults of {kind.name}"
            yield unknown_key(key, where, kind.with_defaults).below(key)
