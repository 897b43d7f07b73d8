"""Which source and which schema an address names. Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple
from urllib.parse import unquote

from catalogctl import diff
from catalogctl.model import Action, Address, Change, FieldChange, Secret


class Key(NamedTuple):
    """A source by its type and prefix, compared as they stand; no prefix is an empty one."""

    source_type: str
    prefix: str

    def __str__(self) -> str:
        return f"{self.source_type}/{self.prefix}" if self.prefix else self.source_type

    @property
    def said(self) -> str:
        """In a sentence."""
        return f"{self.source_type} source " + (
            f"with the prefix {self.prefix}" if self.prefix else "without a prefix"
        )


def key_of(address: Address) -> Key:
    """The source that an address names, or that the schema which it names belongs to."""
    source_type, _, prefix = address.identity.partition("#")[0].partition("/")
    return Key(unquote(source_type), unquote(prefix))


def schema_of(address: Address) -> str | None:
    """The schema that an address names; None when it names a source."""
    _, found, name = address.identity.partition("#")
    return unquote(name) if found else None


def of_source(address: Address) -> Address:
    """The address of the source that a schema belongs to."""
    return replace(address, identity=address.identity.partition("#")[0])


HIDDEN = Secret("a literal value, which is not shown")
"""What plans show of a value that should have been a reference to a secret."""


class PostHogRules(diff.Rules):
    """Nothing that a source declares is a set, so members never meet.

    `hidden` are the declared values that no plan may show: secrets that somebody wrote out.
    """

    def __init__(self) -> None:
        self.hidden: set[tuple[Address, str]] = set()

    def key(self, path: str, member: str) -> str:
        return member

    def displaced(
        self, path: str, wanted: tuple[str, ...], held: tuple[str, ...]
    ) -> frozenset[str]:
        return frozenset()

    def identity(self, address: Address) -> tuple[str, str]:
        name = schema_of(address)
        return ("source_type", key_of(address).source_type) if name is None else ("name", name)

    def change(self, address: Address, fields: tuple[FieldChange, ...], *, exists: bool) -> Change:
        shown = tuple(
            replace(each, after=HIDDEN, base=None) if (address, each.path) in self.hidden else each
            for each in fields
        )
        return Change(address, Action.UPDATE if exists else Action.CREATE, shown)
