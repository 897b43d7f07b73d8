"""Where in the files a field was declared. Files are read again only when a line is to be shown."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from functools import lru_cache
from typing import Any, NamedTuple
from urllib.parse import unquote

from catalogctl import yamlfile
from catalogctl.errors import Location
from catalogctl.model import Address
from catalogctl.spec.files import Readable
from catalogctl.spec.kinds import Kind
from catalogctl.spec.mistakes import Mistake
from catalogctl.spec.names import Names, Ordered
from catalogctl.yamlfile import Document, Step


class Origin(NamedTuple):
    """A document that declares fields of an object, or that gives defaults to it."""

    file: str
    number: int
    is_default: bool = False


_Names = dict[str, dict[str, list[str]]]
"""By key of a document, the names of its parts as they are written, by their one spelling."""


class _Read(NamedTuple):
    document: Document
    value: Any
    names: _Names


class Places:
    """Finds lines in the files that were loaded. Remembers the last few files it read."""

    def __init__(self, sources: Mapping[str, Readable]) -> None:
        self._sources = sources
        self._read = lru_cache(maxsize=64)(self._read_again)

    def find(
        self,
        kind: Kind,
        origins: Iterable[Origin],
        path: str,
        member: str | None = None,
        part: str | None = None,
    ) -> Location | None:
        """The key that declares the field, in the first of the documents that knows most of it.

        With `member` the list item that names it; with `part` the field of this part, which is an
        object of its own. None only if there is no document at all.
        """
        best: tuple[int, Document, tuple[Step, ...]] | None = None
        for origin in origins:
            documents = self._read(origin.file)
            if origin.number >= len(documents):
                continue
            document, value, names = documents[origin.number]
            above: tuple[Step, ...] = (kind.name,) if origin.is_default else ()
            if origin.is_default:
                value = value.get(kind.name) if isinstance(value, dict) else None
            if part is None:
                steps = _steps(kind, value, path, names)
            else:
                steps = _within(kind, value, part, path)
            if origin.is_default and not steps:
                continue
            if best is None or len(steps) > best[0]:
                if member is not None:
                    type = _type_of(kind, path, part)
                    steps += _item(type, _below(value, steps), member)
                best = (len(steps), document, (*above, *steps))
        return best[1].key_at(best[2]) if best else None

    def document(self, origin: Origin) -> Document | None:
        """A document with its positions; None if its file is gone or changed meanwhile."""
        documents = self._read(origin.file)
        return documents[origin.number][0] if origin.number < len(documents) else None

    def _read_again(self, file: str) -> tuple[_Read, ...]:
        try:
            reading = yamlfile.read(self._sources[file].read(), file)
        except OSError:
            return ()
        return tuple(_Read(document, document.value, {}) for document in reading.documents)


def _below(value: Any, steps: Iterable[Step]) -> Any:
    for step in steps:
        value = value[step]
    return value


def _steps(kind: Kind, value: Any, path: str, names: _Names) -> tuple[Step, ...]:
    """The keys of a document that lead to a field path, as far as they are there."""
    head, _, rest = path.partition(".")
    if not isinstance(value, dict) or head not in value:
        return ()
    if head in kind.maps:
        return (head, *_entry_steps(value[head], rest))
    if head not in kind.parts or not rest or not isinstance(value[head], dict):
        return (head,)
    if head not in names:
        names[head] = _names(value[head], kind.parts[head].spelled)
    return (head, *_part_steps(value[head], rest, names[head]))


def _within(kind: Kind, value: Any, part: str, path: str) -> tuple[Step, ...]:
    """The same for a field of a part that is an object of its own."""
    steps: tuple[Step, ...] = ()
    for step in (kind.objects, part, path):
        if step is None or not isinstance(value, dict) or step not in value:
            break
        steps, value = (*steps, step), value[step]
    return steps


def _entry_steps(entries: Any, path: str) -> tuple[Step, ...]:
    """The keys of a free mapping that lead to a path: one that holds dots, or one below another."""
    if not isinstance(entries, dict) or not path:
        return ()
    if path in entries:
        return (path,)
    name, _, rest = path.partition(".")
    return (name, *_entry_steps(entries[name], rest)) if name in entries else ()


def _names(parts: Iterable[str], spelling: Callable[[str], str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name in parts:
        with suppress(Mistake):
            found.setdefault(spelling(name), []).append(name)
    return found


def _part_steps(
    parts: Mapping[str, Any], path: str, names: Mapping[str, Sequence[str]]
) -> tuple[Step, ...]:
    """The longest part whose name begins the path, and its field: `a.zip` before `a`."""
    best: tuple[bool, int, tuple[Step, ...]] = (False, 0, ())
    spelled, field = path, ""
    while spelled:
        for name in names.get(spelled, ()):
            there = isinstance(parts[name], dict) and field in parts[name]
            best = max(best, (there, len(spelled), (name, field) if there else (name,)))
        spelled = spelled.rpartition(".")[0]
        field = path[len(spelled) + 1 :]
    return best[2]


def _item(type: Any, value: Any, member: str) -> tuple[Step, ...]:
    """The steps from a set or list to the member, in whatever spelling it is listed."""
    above: tuple[Step, ...] = ()
    if isinstance(value, dict) and "only" in value:
        above, value = ("only",), value["only"]
    if isinstance(value, list) and isinstance(type, Names | Ordered):
        for index, name in enumerate(value):
            try:
                if type.item(name) == member:
                    return (*above, index)
            except Mistake:
                continue
    return ()


def _type_of(kind: Kind, path: str, part: str | None) -> Any:
    """What a field, or the list of an entry, may hold."""
    head = path.partition(".")[0]
    if part is None and head in kind.maps:
        return kind.maps[head].members
    parts = kind.parts.get(head if part is None else kind.objects or "")
    fields = parts.fields if parts else kind.fields
    return fields.get(path.rpartition(".")[2])


def part_of(address: Address) -> str | None:
    """The part that an address names below an object, decoded; None for the object itself."""
    _, sign, name = address.identity.partition("#")
    return unquote(name) if sign else None
