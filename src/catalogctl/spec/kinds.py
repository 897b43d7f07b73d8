"""The spec language as data: which kinds there are, their identity, and the type of each field.

A field type turns the value of a document into a declared one, or raises the first `Mistake`. That
is all the good path does. `mistakes` finds all of them, with the steps from the field to each.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Any, NoReturn, Protocol

from catalogctl import fqn
from catalogctl.model import Declared, Members
from catalogctl.yamlfile import Plain, Step, shown


class Mistake(ValueError):
    """A value that cannot be declared: the code, what is wrong, and the mend.

    `steps` lead from the field to the place; `at_value` says that the value is meant, not its key.
    """

    def __init__(self, code: str, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.hint = hint
        self.steps: tuple[Step, ...] = ()
        self.at_value = False

    def below(self, *steps: Step) -> Mistake:
        """The same mistake, seen from further up."""
        self.steps = (*steps, *self.steps)
        return self


class FieldType(Protocol):
    """How the value of one field is declared."""

    def accept(self, value: Any) -> Declared:
        """The declared value, normalised. Raises the first Mistake."""
        ...

    def mistakes(self, value: Any) -> Iterator[Mistake]:
        """Every mistake; at least one if `accept` raises, none if it does not."""
        ...


def refuse(value: Any, wanted: str, hint: str, empty: str) -> NoReturn:
    """Raises the Mistake of a value that is not even of the right shape.

    `empty` is what to write in the place of nothing.
    """
    if isinstance(value, Plain):
        if value.value is None:
            raise Mistake("SPEC008", "null is no value", empty)
        mistake = Mistake(
            "SPEC007",
            f"{value} is {value.meaning} to YAML, where {wanted} is wanted",
            f'quote it: "{value}"' if wanted.startswith("a text") else hint,
        )
        mistake.at_value = True
        raise mistake
    shape = "a text" if isinstance(value, str) else "a list"
    shape = "a mapping" if isinstance(value, dict) else shape
    raise Mistake("SPEC006", f"{shape} where {wanted} is wanted", hint)


_LEAVE = "or delete the key to leave the field alone"


class Text:
    """A text. The newlines at its end are not part of it."""

    def accept(self, value: Any) -> str:
        if value.__class__ is str:
            return str.rstrip(value, "\n")
        refuse(value, "a text", "write the text", f'write "" to empty it, {_LEAVE}')

    def mistakes(self, value: Any) -> Iterator[Mistake]:
        yield from _first(self.accept, value)


@dataclass(frozen=True, slots=True)
class Choice:
    """One of a few words."""

    words: tuple[str, ...]

    def accept(self, value: Any) -> str:
        if value.__class__ is not str:
            refuse(
                value, f"one of {self.words_shown}", f"write one of {self.words_shown}", _LEAVE[3:]
            )
        if value not in self.words:
            hint = did_you_mean(value, self.words) or f"write one of {self.words_shown}"
            raise Mistake("SPEC015", f"{shown(value)} is not one of {self.words_shown}", hint)
        return str(value)

    @property
    def words_shown(self) -> str:
        return ", ".join(self.words)

    def mistakes(self, value: Any) -> Iterator[Mistake]:
        yield from _first(self.accept, value)


class Names:
    """A set of names, as a list or as `{only: list}`.

    `member` gives the one spelling of a name, or raises; `together` raises when names that are
    right by themselves cannot stand in one set.
    """

    def __init__(
        self,
        noun: str,
        member: Callable[[str], str],
        together: Callable[[tuple[str, ...]], None] = lambda names: None,
    ) -> None:
        self.noun = noun
        self.member = member
        self.together = together
        # The same few sets stand on thousands of columns: each is checked and kept once.
        self._known = lru_cache(maxsize=10_000)(self._members)

    def accept(self, value: Any) -> Members:
        only = value.__class__ is dict and value.keys() == {"only"}
        names = value["only"] if only else value
        if names.__class__ is not list:
            self._refuse(value)
        try:
            return self._known(tuple(names), only)
        except TypeError:  # a list or a mapping among the members cannot be looked up
            return self._members(tuple(names), only)

    def mistakes(self, value: Any) -> Iterator[Mistake]:
        only = isinstance(value, dict) and value.keys() == {"only"}
        names = value["only"] if only else value
        if not isinstance(names, list):
            yield from _first(self.accept, value)
            return
        seen: dict[str, int] = {}
        above: tuple[Step, ...] = ("only",) if only else ()
        for index, name in enumerate(names):
            try:
                spelled = self._spelled(name)
                if spelled in seen:
                    raise self._twice(spelled)
                seen[spelled] = index
            except Mistake as mistake:
                yield mistake.below(*above, index)
        try:
            self.together(tuple(seen))
        except Mistake as mistake:
            yield mistake

    def _members(self, names: tuple[Any, ...], only: bool) -> Members:
        spelled = tuple(sorted(map(self._spelled, names)))
        for one, other in pairwise(spelled):
            if one == other:
                raise self._twice(one)
        self.together(spelled)
        return Members(spelled, only)

    def _twice(self, name: str) -> Mistake:
        return Mistake("SPEC011", f"{shown(name)} is listed twice", "delete one of the two")

    def _spelled(self, name: Any) -> str:
        wanted = f"the name of {self.noun}"
        if name.__class__ is not str:
            hint = "write the name alone; no space after a colon in it"
            refuse(name, f"a text, {wanted},", hint, "write a name, or delete it")
        if not name.strip():
            raise Mistake("SPEC012", f"{wanted} is empty", "write a name, or delete it")
        if fqn.has_control(name):
            raise Mistake("SPEC012", f"{wanted} holds a control character", "write the bare name")
        if name != name.strip():
            raise Mistake("SPEC012", f"{wanted} has spaces around it", "write the bare name")
        return self.member(name)

    def _refuse(self, value: Any) -> NoReturn:
        if isinstance(value, dict) and "only" in value and len(value) > 1:
            others = ", ".join(sorted(value.keys() - {"only"}))
            raise Mistake("SPEC006", f'"only" stands alone in a set, without {others}', "delete it")
        if isinstance(value, dict) and "only" in value:
            try:
                self._refuse(value["only"])
            except Mistake as mistake:
                raise mistake.below("only") from None
        short = isinstance(value, str) and 0 < len(value) < 50 and value.isprintable()
        example = value if short else "A"
        hint = f"write [{example}], or {{only: [{example}]}} for exactly these"
        empty = f"write [] to ask for nothing, {{only: []}} to empty it, {_LEAVE}"
        refuse(value, f"a list of names ({self.noun} each)", hint, empty)


@dataclass(frozen=True, slots=True)
class Name:
    """A fully qualified name of so many parts, in its one spelling."""

    layout: str

    def accept(self, value: Any) -> str:
        if value.__class__ is not str:
            refuse(value, f"a text, {self.layout},", f"write {self.layout}", f"write {self.layout}")
        try:
            parts = fqn.split(value)
        except ValueError as error:
            raise Mistake("SPEC009", str(error), f"write {self.layout}") from None
        wanted = self.layout.count(".") + 1
        if len(parts) != wanted:
            found = "1 part" if len(parts) == 1 else f"{len(parts)} parts"
            hint = f"write {self.layout}; a part that holds a dot stands in double quotes"
            raise Mistake(
                "SPEC009", f"the name {shown(value)} has {found} instead of {wanted}", hint
            )
        return fqn.join(parts)

    def mistakes(self, value: Any) -> Iterator[Mistake]:
        yield from _first(self.accept, value)


def _first(accept: Callable[[Any], object], value: Any) -> Iterator[Mistake]:
    try:
        accept(value)
    except Mistake as mistake:
        yield mistake


def did_you_mean(word: str, known: Any) -> str | None:
    """The question that helps with a misspelt word."""
    from difflib import get_close_matches

    close = get_close_matches(word, sorted(known), n=1)
    return f'did you mean "{close[0]}"?' if close else None


@dataclass(frozen=True, slots=True)
class Parts:
    """Named parts of an object, such as columns, each with fields of its own."""

    noun: str
    fields: Mapping[str, FieldType]
    nested: frozenset[str] = frozenset()
    """Keys by which people try to nest parts; nested ones are named by their path instead."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of object: the system it lives in, what names it, and what can be declared."""

    name: str
    type: str
    identity: Mapping[str, FieldType]
    fields: Mapping[str, FieldType]
    parts: Mapping[str, Parts]

    @property
    def keys(self) -> tuple[str, ...]:
        """Every key a document of this kind may have, in the order people write them."""
        return ("kind", "catalog", *self.identity, *self.fields, *self.parts)


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

KINDS: Mapping[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind(
            name="Table",
            type="openmetadata",
            identity={"name": Name("service.database.schema.table")},
            fields=_VOTED,
            parts={"columns": Parts("column", _TAGGED, frozenset({"columns", "children"}))},
        ),
        Kind(
            name="Topic",
            type="openmetadata",
            identity={"name": Name("service.topic")},
            fields=_VOTED,
            parts={},
        ),
        Kind(
            name="MessagingService",
            type="openmetadata",
            identity={"name": Name("service")},
            fields=_FOLLOWED,
            parts={},
        ),
    )
}
