"""Types of names: alone, as a set, and as a list whose order counts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Any, NoReturn

from catalogctl import fqn
from catalogctl.model import Declared, Members
from catalogctl.spec.fields import FieldType
from catalogctl.spec.mistakes import LEAVE, Mistake, first, refuse
from catalogctl.yamlfile import Step, shown


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
        yield from first(self.accept, value)


@dataclass(frozen=True, slots=True)
class Verbatim:
    """A name that is taken as it is written; `noun` is what it names, such as `a column`."""

    noun: str

    def accept(self, value: Any) -> str:
        wanted = f"the name of {self.noun}"
        if value.__class__ is not str:
            refuse(value, f"a text, {wanted},", "write the bare name", "write the name")
        if not value.strip():
            raise Mistake("SPEC009", f"{wanted} is empty", "write the name")
        if fqn.has_control(value):
            raise Mistake("SPEC009", f"{wanted} holds a control character", "write the bare name")
        return str(value)

    def mistakes(self, value: Any) -> Iterator[Mistake]:
        yield from first(self.accept, value)


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
            yield from first(self.accept, value)
            return
        seen: dict[str, int] = {}
        above: tuple[Step, ...] = ("only",) if only else ()
        for index, name in enumerate(names):
            try:
                spelled = self.item(name)
                if spelled in seen:
                    raise _twice(spelled)
                seen[spelled] = index
            except Mistake as mistake:
                yield mistake.below(*above, index)
        try:
            self.together(tuple(seen))
        except Mistake as mistake:
            yield mistake

    def _members(self, names: tuple[Any, ...], only: bool) -> Members:
        spelled = tuple(sorted(map(self.item, names)))
        for one, other in pairwise(spelled):
            if one == other:
                raise _twice(one)
        self.together(spelled)
        return Members(spelled, only)

    def item(self, name: Any) -> str:
        """A member in its one spelling. Raises a Mistake."""
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
        hint = f"write [{_example(value)}], or {{only: [{_example(value)}]}} for exactly these"
        empty = f"write [] to ask for nothing, {{only: []}} to empty it, or {LEAVE}"
        refuse(value, f"a list of names ({self.noun} each)", hint, empty)


class Ordered:
    """A list whose order counts, declared as a tuple.

    `cleared` is what an empty text declares: where the setting has a default that differs from an
    empty list, `""`. None where an empty text is a mistake.
    """

    def __init__(self, noun: str, item: FieldType, cleared: Declared = None) -> None:
        self.noun = noun
        self.cleared = cleared
        self._item = item

    def accept(self, value: Any) -> Declared:
        if value == "" and self.cleared is not None:
            return self.cleared
        if value.__class__ is not list:
            clear = "" if self.cleared is None else ' or ""'
            empty = f"write []{clear}, or {LEAVE}"
            hint = f"write [{_example(value)}]"
            refuse(value, f"a list ({self.noun} each)", hint, empty)
        items = tuple(map(self.item, value))
        if len(set(items)) < len(items):
            raise _twice(next(item for item in items if items.count(item) > 1))
        return items

    def mistakes(self, value: Any) -> Iterator[Mistake]:
        if not isinstance(value, list):
            yield from first(self.accept, value)
            return
        seen: set[str] = set()
        for index, each in enumerate(value):
            found = list(self._item.mistakes(each))
            if not found and self.item(each) in seen:
                found = [_twice(self.item(each))]
            for mistake in found:
                yield mistake.below(index)
            if not found:
                seen.add(self.item(each))

    def item(self, value: Any) -> str:
        """A member as it is declared. Raises a Mistake."""
        return str(self._item.accept(value))


def _twice(name: str) -> Mistake:
    return Mistake("SPEC011", f"{shown(name)} is listed twice", "delete one of the two")


def _example(value: Any) -> str:
    """A member for a hint: the text that stands where a list should."""
    short = isinstance(value, str) and 0 < len(value) < 50 and value.isprintable()
    return str(value) if short else "A"
