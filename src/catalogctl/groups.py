"""Declared fields by what they say, for all parts of an object together. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from catalogctl.model import Declared


class Groups(NamedTuple):
    """Declared fields: those of the object, and those of its parts, one field after another.

    The field `columns.email.tags` is `others["columns"]["tags"]["email"]`: what stands before the
    first dot of its path, after the last one, and between. What is a text stands in `texts`. A
    path with fewer than two dots is a key of `own`. No mapping below is empty.
    """

    own: Mapping[str, Declared]
    texts: Mapping[str, Mapping[str, Mapping[str, str]]]
    others: Mapping[str, Mapping[str, Mapping[str, Declared]]]

    def by_path(self) -> dict[str, Declared]:
        """The same fields by path: those of the object, then texts, then the others."""
        found = dict(self.own)
        groups: Iterable[Mapping[str, Mapping[str, Mapping[str, Declared]]]]
        groups = (self.texts, self.others)
        for group in groups:
            for head, fields in group.items():
                for name, parts in fields.items():
                    found.update((f"{head}.{part}.{name}", value) for part, value in parts.items())
        return found


def packed(fields: Mapping[str, Declared]) -> bytes | None:
    """The fields as bytes, where they lie packed: others for other fields."""
    known: bytes | None = getattr(fields, "packed", None)
    return known


def grouped(fields: Mapping[str, Declared]) -> Groups:
    """Fields by path in groups; at less cost where they lie packed in groups already."""
    unpack = getattr(fields, "grouped", None)
    if unpack is not None:
        known: Groups = unpack()
        return known
    own: dict[str, Declared] = {}
    texts: dict[str, dict[str, dict[str, str]]] = {}
    others: dict[str, dict[str, dict[str, Declared]]] = {}
    for path, value in fields.items():
        head, _, rest = path.partition(".")
        part, dot, name = rest.rpartition(".")
        if not dot:
            own[path] = value
        elif isinstance(value, str):
            texts.setdefault(head, {}).setdefault(name, {})[part] = value
        else:
            others.setdefault(head, {}).setdefault(name, {})[part] = value
    return Groups(own, texts, others)
