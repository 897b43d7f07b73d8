"""JSON Patch (RFC 6902) as the server applies it, with its error texts (recorded on 1.6).

Operations are applied in document order. Every failure is an exception that the server does not
handle: a 500, also for a failing ``test``.
"""

from __future__ import annotations

from collections.abc import Iterable
from copy import deepcopy
from typing import Any

from catalogctl.sandbox.wire import compact

from .errors import ApiError, Unhandled

OPERATIONS = ("add", "remove", "replace", "move", "copy", "test")
IGNORED = frozenset({"changeDescription", "incrementalChangeDescription", "href"})


def parse(body: Any) -> list[dict[str, Any]]:
    if body is None:
        raise Unhandled(
            'Cannot invoke "javax.json.JsonPatch.toJsonArray()" because "patch" is null'
        )
    if not isinstance(body, list) or not all(isinstance(entry, dict) for entry in body):
        raise ApiError(
            400,
            "JSON patch has to be an array of objects\n at [Source: REDACTED "
            "(`StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION` disabled); line: 1, column: 1]",
        )
    return body


def touched(operations: Iterable[dict[str, Any]]) -> set[str]:
    """The top-level properties that the operations name."""
    return {
        str(entry.get(key, "")).split("/")[1]
        for entry in operations
        for key in ("path", "from")
        if str(entry.get(key, "")).startswith("/")
    }


def apply(
    document: dict[str, Any], operations: list[dict[str, Any]], *, replace_adds: bool
) -> dict[str, Any]:
    """``document`` after all operations; the argument stays as it was."""
    result = deepcopy(document)
    for entry in operations:
        _apply_one(result, entry, replace_adds)
    return result


def _apply_one(document: Any, entry: dict[str, Any], replace_adds: bool) -> None:
    operation = entry.get("op")
    if operation is None:
        raise Unhandled("no mapping for op")
    if operation not in OPERATIONS:
        raise Unhandled(
            f"Illegal value for the operationName of the JSON patch operation: {operation}"
        )
    path = _tokens(entry.get("path", ""))
    if not path:
        raise Unhandled("the root of the document can't be patched")
    if path[-1] in IGNORED:
        return
    if operation in ("move", "copy"):
        source = _tokens(entry.get("from", ""))
        value = deepcopy(_get(document, source))
        if operation == "move":
            _remove(document, source)
        _add(document, path, value)
    elif operation == "remove":
        _remove(document, path)
    elif operation == "test":
        if _get(document, path) != entry.get("value"):
            raise Unhandled("JsonPatch.Operation.TEST fails! Values are not equal")
    elif "value" not in entry:
        raise Unhandled("name or value/builder must not be null")
    elif operation == "add":
        _add(document, path, deepcopy(entry["value"]))
    else:
        _replace(document, path, deepcopy(entry["value"]), replace_adds)


def _tokens(pointer: str) -> list[str]:
    if pointer and not pointer.startswith("/"):
        raise Unhandled("A non-empty JsonPointer string must begin with a '/'")
    return [part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:]]


def _get(document: Any, tokens: list[str]) -> Any:
    for token in tokens:
        if isinstance(document, list):
            document = document[_index(document, token)]
        elif isinstance(document, dict) and token in document:
            document = document[token]
        else:
            raise _missing(document, token)
    return document


def _index(array: list[Any], token: str, limit: int | None = None) -> int:
    index = int(token) if token.isdigit() else -1
    if not 0 <= index < (len(array) if limit is None else limit):
        raise Unhandled(
            f"'{compact(array)}' contains no element for index {token} and for '{token}'."
        )
    return index


def _missing(container: Any, token: str) -> Unhandled:
    return Unhandled(f"'{compact(container)}' contains no value for name '{token}'")


def _add(document: Any, tokens: list[str], value: Any) -> None:
    container = _get(document, tokens[:-1])
    if isinstance(container, list):
        token = tokens[-1]
        at = len(container) if token == "-" else _index(container, token, len(container) + 1)
        container.insert(at, value)
    elif isinstance(container, dict):
        container[tokens[-1]] = value
    else:
        raise _missing(container, tokens[-1])


def _remove(document: Any, tokens: list[str]) -> None:
    container = _get(document, tokens[:-1])
    _get(container, tokens[-1:])
    del container[_index(container, tokens[-1]) if isinstance(container, list) else tokens[-1]]


def _replace(document: Any, tokens: list[str], value: Any, adds: bool) -> None:
    container = _get(document, tokens[:-1])
    if adds and isinstance(container, dict):
        container[tokens[-1]] = value
        return
    _get(container, tokens[-1:])
    container[_index(container, tokens[-1]) if isinstance(container, list) else tokens[-1]] = value
