"""What one object's declared fields ask of what its catalog has. Pure.

The rules of the spec language live here: what is absent is not managed, texts are compared without
the newlines at their end, sets are additive unless declared with `only`. What differs from system
to system (whose names ignore case, what cannot stand beside what) comes in as `Rules`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from catalogctl.model import Action, Address, Change, Declared, FieldChange, Members, Value


class Rules(Protocol):
    """What a system has of its own when objects are compared and changed."""

    def key(self, path: str, member: str) -> str:
        """What makes two spellings of a member the same one."""
        ...

    def displaced(
        self, path: str, wanted: tuple[str, ...], held: tuple[str, ...]
    ) -> frozenset[str]:
        """Members of `held` that cannot stay once `wanted` are there (known without asking)."""
        ...

    def identity(self, address: Address) -> tuple[str, str]:
        """The field under which a spec names the object, and what it is called there."""
        return "name", address.name

    def change(self, address: Address, fields: tuple[FieldChange, ...], *, exists: bool) -> Change:
        """How a difference is made up for: the action, its reason, and the fields to show.

        In most systems what is there is updated, and what is not is created.
        """
        return Change(address, Action.UPDATE if exists else Action.CREATE, fields)


def fields(
    declared: Mapping[str, Declared], live: Mapping[str, Value], rules: Rules
) -> tuple[FieldChange, ...]:
    """The changes that make `live` hold what is `declared`, sorted by path; none if it does.

    A path that `live` does not have counts as empty.
    """
    found: list[FieldChange] = []
    for path in sorted(declared):
        wanted, held = declared[path], live.get(path)
        if isinstance(wanted, Members):
            change = members(path, wanted, _names(held), rules)
        elif same(wanted, held):
            change = None
        else:
            change = FieldChange(path, before=_shown(held), after=wanted)
        if change is not None:
            found.append(change)
    return tuple(found)


def in_sync(declared: Mapping[str, Declared], live: Mapping[str, Value], rules: Rules) -> bool:
    """Whether `fields` would find nothing. Cheaper, since most objects are in sync."""
    for path, wanted in declared.items():
        held = live.get(path)
        if isinstance(wanted, Members):
            names = wanted.names
            if names == held or (held is None and not names):
                continue
            if members(path, wanted, _names(held), rules) is not None:
                return False
        elif wanted != held and not same(wanted, held):
            return False
    return True


def same(one: Value, other: Value) -> bool:
    """Whether two values mean the same: newlines at the end do not count, nothing is ''."""
    return one == other or _comparable(one) == _comparable(other)


def _comparable(value: Value) -> Value:
    if value is None or value == "unVoted":
        return ""
    return value.rstrip("\n") if isinstance(value, str) else value


def _shown(held: Value) -> Value:
    return None if held == "" else held


def _names(held: Value) -> tuple[str, ...]:
    return held if isinstance(held, tuple) else ()


def members(path: str, wanted: Members, held: tuple[str, ...], rules: Rules) -> FieldChange | None:
    """The change of one set, or None when nothing has to be added or taken away."""
    held_by_key = {rules.key(path, name): name for name in held}
    wanted_by_key = {rules.key(path, name): name for name in wanted.names}
    added = tuple(sorted(name for key, name in wanted_by_key.items() if key not in held_by_key))
    extra = tuple(name for key, name in held_by_key.items() if key not in wanted_by_key)
    if wanted.only:
        removed = tuple(sorted(extra))
    elif added:
        removed = tuple(sorted(rules.displaced(path, wanted.names, extra)))
    else:
        removed = ()
    if not added and not removed:
        return None
    return set_change(path, held, added, removed, exact=wanted.only)


def set_change(
    path: str,
    held: tuple[str, ...],
    added: tuple[str, ...],
    removed: tuple[str, ...],
    *,
    exact: bool = False,
) -> FieldChange:
    """A set change with the whole set before and after, both sorted."""
    after = (set(held) - set(removed)) | set(added)
    return FieldChange(
        path,
        before=tuple(sorted(held)),
        after=tuple(sorted(after)),
        added=added,
        removed=removed,
        exact=exact,
    )
