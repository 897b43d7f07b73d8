"""Declared fields by the part that they are of, as a document has them. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from catalogctl.model import Declared


class Groups(NamedTuple):
    """Declared fields as a document has them: those of the object, and those of its parts.

    The field `columns.email.tags` is `others["columns"]["email"]["tags"]`: what stands before the
    first dot of its path, between, and after the last one. What is a text stands in `texts`. A
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
            for head, parts in group.items():
                for part, fields in parts.items():
                    found.update((f"{head}.{part}.{name}", value) for name, value in fields.items())
        return found


def grouped(fields: Mapping[str, Declared]) -> Groups:
    """Fields by path in groups; at less cost where they lie packed in groups already."""
    packed = getattr(fields, "grouped", None)
    if packed is not None:
        known: Groups = packed()
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
            texts.setdefault(head, {}).setdefault(part, {})[name] = value
        else:
            others.setdefault(head, {}).setdefault(part, {})[name] = value
    return Groups(own, texts, others)
