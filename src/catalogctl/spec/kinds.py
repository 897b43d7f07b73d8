"""The spec language as data: which kinds there are, their identity, and the type of each field."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from catalogctl import fqn
from catalogctl.model import Declared
from catalogctl.spec import datasource
from catalogctl.spec.fields import Choice, FieldType, NumericId, Text
from catalogctl.spec.maps import CustomFields, FieldMap, JobInputs
from catalogctl.spec.mistakes import Mistake
from catalogctl.spec.names import Name, Names, Verbatim
from catalogctl.yamlfile import shown


def _no_contradictions(fields: Mapping[str, Any]) -> Iterator[Mistake]:
    return iter(())


@dataclass(frozen=True, slots=True)
class Parts:
    """Named parts of an object, such as columns, each with fields of its own.

    `spelled` gives the one spelling of a name, or raises a Mistake; `example` is a field as hints
    show it; `contradictions` finds fields of one part that cannot stand together.
    """

    noun: str
    fields: Mapping[str, FieldType]
    spelled: Callable[[str], str]
    example: str
    nested: frozenset[str] = frozenset()
    """Keys by which people try to nest parts; nested ones are named by their path instead."""
    contradictions: Callable[[Mapping[str, Declared]], Iterator[Mistake]] = _no_contradictions


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of object: the system it lives in, what names it, and what can be declared.

    `optional` are keys of the identity that may be absent or empty, and are then no part of the
    address. `presence` is a key of the identity that is a field too, always declared: that the
    object is in the catalog at all. `objects` is the key of parts that are objects of their own,
    with addresses below their owner's, and field paths that begin in the part. `contradictions`
    finds what a document, as it is written, cannot say at the same time.
    """

    name: str
    type: str
    identity: Mapping[str, FieldType]
    fields: Mapping[str, FieldType]
    parts: Mapping[str, Parts] = field(default_factory=dict)
    maps: Mapping[str, FieldMap] = field(default_factory=dict)
    optional: frozenset[str] = frozenset()
    presence: str | None = None
    objects: str | None = None
    contradictions: Callable[[Mapping[str, Any]], Iterator[Mistake]] = _no_contradictions

    @property
    def keys(self) -> tuple[str, ...]:
        """Every key a document of this kind may have, in the order people write them."""
        return ("kind", "catalog", *self.identity, *self.fields, *self.maps, *self.parts)

    @property
    def with_defaults(self) -> tuple[str, ...]:
        """Every key that a file of defaults may have."""
        return (*self.fields, *self.maps)


def _column(name: str) -> str:
    try:
        return fqn.normal(name)
    except ValueError as error:
        message = f"{shown(name)} is no name of a column: {error}"
        hint = "quote a column whose name holds a dot twice: '\"a.b\"'"
        raise Mistake("SPEC009", message, hint) from None


def _any_fqn(noun: str) -> Callable[[str], str]:
    def spelled(name: str) -> str:
        try:
            return fqn.normal(name)
        except ValueError as error:
            hint = "in a name only a part that holds a dot stands in double quotes"
            raise Mistake("SPEC012", f"{shown(name)} is no name of {noun}: {error}", hint) from None

    return spelled


def _owner(name: str) -> str:
    sort, colon, rest = name.partition(":")
    if not colon or sort not in ("user", "team"):
        hint = f"write user:{name} or team:{name}"
        raise Mistake("SPEC012", f"{shown(name)} does not say whether it is a user or a team", hint)
    if not rest or rest != rest.strip():
        raise Mistake("SPEC012", f"{shown(name)} names no {sort}", f"write {sort}:NAME")
    return name


def _owners(names: tuple[str, ...]) -> None:
    teams = [name for name in names if name.startswith("team:")]
    if len(teams) > 1 or (teams and len(names) > 1):
        message = "owners are one team, or any number of users"
        raise Mistake("SPEC013", message, f"keep {teams[0]} alone, or list users only")


def _follower(name: str) -> str:
    sort, colon, rest = name.partition(":")
    if colon and sort in ("user", "team"):
        hint = f"write {rest.strip() or 'NAME'}" if sort == "user" else "only users can follow"
        raise Mistake("SPEC012", f'followers are user names, without "{sort}:"', hint)
    return name


def _one_tier(names: tuple[str, ...]) -> None:
    tiers = [name for name in names if name.startswith("Tier.")]
    if len(tiers) > 1:
        raise Mistake("SPEC014", f"more than one Tier: {', '.join(tiers)}", "keep one of them")


_TAGGED: dict[str, FieldType] = {
    "displayName": Text(),
    "description": Text(),
    "tags": Names("a tag", _any_fqn("a tag"), _one_tier),
    "glossaryTerms": Names("a glossary term", _any_fqn("a glossary term")),
}
_GOVERNED: dict[str, FieldType] = {
    **_TAGGED,
    "owners": Names("an owner", _owner, _owners),
    "domains": Names("a domain", _any_fqn("a domain")),
}
_FOLLOWED: dict[str, FieldType] = {
    **_GOVERNED,
    "followers": Names("a user", _follower),
}
_VOTED: dict[str, FieldType] = {
    **_FOLLOWED,
    "vote": Choice(("votedUp", "votedDown", "unVoted")),
}

_COLUMNS = Parts(
    noun="column",
    fields=_TAGGED,
    spelled=_column,
    example="description: …",
    nested=frozenset({"columns", "children"}),
)
_SCHEMAS = Parts(
    noun="schema",
    fields=datasource.SCHEMA,
    spelled=Verbatim("a schema").accept,
    example="should_sync: true",
    contradictions=datasource.contradictions,
)

KINDS: Mapping[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind(
            name="Table",
            type="openmetadata",
            identity={"name": Name("service.database.schema.table")},
            fields=_VOTED,
            parts={"columns": _COLUMNS},
        ),
        Kind(
            name="Topic",
            type="openmetadata",
            identity={"name": Name("service.topic")},
            fields=_VOTED,
        ),
        Kind(
            name="MessagingService",
            type="openmetadata",
            identity={"name": Name("service")},
            fields=_FOLLOWED,
        ),
        Kind(
            name="TableSync",
            type="alation",
            identity={
                "datasource_id": NumericId(),
                "schema": Verbatim("a schema"),
                "table": Verbatim("a table"),
            },
            fields={
                "table_type": Choice(("TABLE", "VIEW")),
                "columns": Names("a column", str),
                "title": Text(),
                "description": Text(),
            },
            maps={"custom_fields": CustomFields()},
            presence="table",
        ),
        Kind(
            name="DataSource",
            type="posthog",
            identity={"source_type": Verbatim("a source type"), "prefix": datasource.Prefix()},
            fields=datasource.SOURCE,
            maps={"job_inputs": JobInputs()},
            parts={"schemas": _SCHEMAS},
            optional=frozenset({"prefix"}),
            objects="schemas",
            contradictions=datasource.source_contradictions,
        ),
    )
}
