"""What one object's declared fields ask of what its catalog has. Pure.

The rules of the spec language live here: what is absent is not managed, texts are compared without
the newlines at their end, sets are additive unless declared with `only`. What differs from system
to system (whose names ignore case, what cannot stand beside what) comes in as `Rules`.

With a *base*, the fields as git declared them before, three sides are compared, and each change
says who moved: git, the catalog, or both differently. Sets are compared member by member; a member
that the same set declared at the base, and declares no longer, is taken away.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Protocol

from catalogctl.model import (
    Action,
    Address,
    Change,
    Declared,
    FieldChange,
    Members,
    Origin,
    Value,
)

Base = Mapping[str, Declared]
"""The declared fields of one object at the base; empty when it was not declared there."""

EVERY_ORIGIN = frozenset(Origin)


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

    def takes_away(self, path: str) -> bool:
        """Whether a member of an additive set goes when git no longer lists it. It mostly does."""
        return True

    def identity(self, address: Address) -> tuple[str, str]:
        """The field under which a spec names the object, and what it is called there."""
        return "name", address.name

    def change(self, address: Address, fields: tuple[FieldChange, ...], *, exists: bool) -> Change:
        """How a difference is made up for: the action, its reason, and the fields to show.

        In most systems what is there is updated, and what is not is created.
        """
        return Change(address, Action.UPDATE if exists else Action.CREATE, fields)


def fields(
    declared: Mapping[str, Declared],
    live: Mapping[str, Value],
    rules: Rules,
    base: Base | None = None,
    keep: frozenset[Origin] = EVERY_ORIGIN,
) -> tuple[FieldChange, ...]:
    """The changes that make `live` hold what is `declared`, sorted by path; none if it does.

    A path that `live` does not have counts as empty. Without a base everything is a change. `keep`
    leaves out what somebody else moved: of a set, those members.
    """
    found: list[FieldChange] = []
    for path in sorted(declared):
        wanted, held = declared[path], live.get(path)
        if isinstance(wanted, Members):
            before = None if base is None else _members_of(base.get(path))
            change = members(path, wanted, _names(held), rules, before, keep)
        elif same(wanted, held):
            change = None
        else:
            change = moved(FieldChange(path, before=_shown(held), after=wanted), base)
            change = change if change.origin in keep else None
        if change is not None:
            found.append(change)
    return tuple(found)


def moved(change: FieldChange, base: Base | None) -> FieldChange:
    """The change of a text or a setting, with who moved it since the base declared it."""
    if base is None or change.path not in base:
        return change
    then = base[change.path]
    value = then.names if isinstance(then, Members) else then
    if same(value, change.after):
        return replace(change, origin=Origin.DRIFT)
    if same(value, change.before):
        return change
    return replace(change, origin=Origin.CONFLICT, base=value)


def in_sync(
    declared: Mapping[str, Declared],
    live: Mapping[str, Value],
    rules: Rules,
    base: Base | None = None,
) -> bool:
    """Whether `fields` would find nothing. Cheaper, since most objects are in sync."""
    if base is declared:  # the very document of then: git has given up nothing
        base = None
    for path, wanted in declared.items():
        held = live.get(path)
        if isinstance(wanted, Members):
            then = None if base is None else base.get(path)
            unmoved = then is None or then is wanted or then == wanted
            names = wanted.names
            if unmoved and (names == held or (held is None and not names)):
                continue
            if members(path, wanted, _names(held), rules, _members_of(then)) is not None:
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


def _members_of(declared: Declared | None) -> Members | None:
    return declared if isinstance(declared, Members) else None


def members(
    path: str,
    wanted: Members,
    held: tuple[str, ...],
    rules: Rules,
    base: Members | None = None,
    keep: frozenset[Origin] = EVERY_ORIGIN,
) -> FieldChange | None:
    """The change of one set, or None when nothing has to be added or taken away.

    `base` is the set as the base declared it, None when it declared none.
    """
    held_by_key = {rules.key(path, name): name for name in held}
    wanted_by_key = {rules.key(path, name): name for name in wanted.names}
    then = {rules.key(path, name) for name in base.names} if base else set()
    missing = {key: name for key, name in wanted_by_key.items() if key not in held_by_key}
    surplus = {key: name for key, name in held_by_key.items() if key not in wanted_by_key}
    if not wanted.only:
        gone = then if rules.takes_away(path) else set()
        surplus = {key: name for key, name in surplus.items() if key in gone}
    # Who moved each member: what the base had and the catalog lost, or what only the catalog has
    # although the set was exact before too, is drift.
    added = {name: Origin.DRIFT if key in then else Origin.CHANGE for key, name in missing.items()}
    came = Origin.DRIFT if base and base.only else Origin.CHANGE
    removed = {name: Origin.CHANGE if key in then else came for key, name in surplus.items()}
    added = {name: origin for name, origin in added.items() if origin in keep}
    removed = {name: origin for name, origin in removed.items() if origin in keep}
    origins = {*added.values(), *removed.values()}
    extra = tuple(name for key, name in held_by_key.items() if key not in wanted_by_key)
    if added:
        pushed = rules.displaced(path, wanted.names, extra) - removed.keys()
        if pushed and Origin.CHANGE in origins and _both_chose(path, wanted, pushed, base, rules):
            origins.add(Origin.CONFLICT)
        removed.update(dict.fromkeys(pushed, Origin.CHANGE))
    if not origins or (Origin.CONFLICT in origins and Origin.CONFLICT not in keep):
        return None
    change = set_change(path, held, _sorted(added), _sorted(removed), exact=wanted.only)
    if Origin.CONFLICT in origins:
        return replace(change, origin=Origin.CONFLICT, base=base.names if base else None)
    if origins == {Origin.DRIFT}:
        return replace(change, origin=Origin.DRIFT)
    lost = [name for name, origin in added.items() if origin is Origin.DRIFT]
    came_since = [name for name, origin in removed.items() if origin is Origin.DRIFT]
    return replace(change, message=_drifted(lost, came_since))


def _drifted(lost: list[str], came: list[str]) -> str | None:
    """What the catalog moved in a set that git moved as well."""
    said = [f"the catalog lost {', '.join(sorted(lost))}"] if lost else []
    said += [f"the catalog got {', '.join(sorted(came))}"] if came else []
    return f"drift: {'; '.join(said)}" if said else None


def _both_chose(
    path: str, wanted: Members, pushed: frozenset[str], base: Members | None, rules: Rules
) -> bool:
    """Whether git and the catalog each put another member in the place of the base's."""
    if base is None:
        return False
    then = {rules.key(path, name) for name in base.names}
    now = {rules.key(path, name) for name in wanted.names}
    left = tuple(name for name in base.names if rules.key(path, name) not in now)
    new = any(rules.key(path, name) not in then for name in pushed)
    return new and any(
        rules.displaced(path, chosen, left) for chosen in (wanted.names, tuple(pushed))
    )


def _sorted(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(names))


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
