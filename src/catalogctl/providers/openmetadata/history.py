"""Who moved a field and when, from the versions that OpenMetadata keeps of an object.

The values of successive versions are compared, from the newest back to the one in which a value
came to be; what a version says of its own changes is only asked whether it agrees. It does not
where something went without a write to the object, such as a label whose tag was deleted: whoever
wrote the next version is not to blame for that.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timezone
from itertools import islice

import msgspec

from catalogctl import diff, fqn
from catalogctl.errors import CatalogError
from catalogctl.model import Address, Change, Declared, FieldChange, Moved, Value
from catalogctl.providers.openmetadata.api import Api
from catalogctl.providers.openmetadata.kinds import KINDS
from catalogctl.providers.openmetadata.mapping import (
    LABEL_SOURCES,
    column_path,
    declared_of,
    held_fields,
    needed_fields,
)
from catalogctl.providers.openmetadata.wire import Step, Version

LONGEST = 100
"""So many of the newest versions of an object are looked at."""

AT_ONCE = 32
"""Objects whose history is in memory at once: each version is a whole object."""

Key = Callable[[str, str], str]
"""What makes two spellings of a member of a set (by the set's path) the same one."""

_Trace = tuple[str, "str | None"]
"""What is followed through the versions: a field, or one member of the set that it is."""

_State = tuple[bool, Value]
"""Whether the field's object and column are there, and its value; of a member, whether it is."""

_UNVERSIONED = {
    "followers": "followers leave no trace in the history",
    "vote": "votes leave no trace in the history; this one is of this tool's own user",
}
_NOT_SHOWN = "the history does not show it"
_UNREADABLE = "its history could not be read"


async def of_changes(
    api: Api, changes: Sequence[Change], own_user: str | None, key: Key
) -> dict[Address, dict[str, Moved]]:
    """An answer for every field of every change, at two requests an object.

    An object that was not changed since it was created takes one, followers and votes none. What
    cannot be read is said in the note.
    """
    slots = asyncio.Semaphore(AT_ONCE)

    async def told(change: Change) -> dict[str, Moved]:
        async with slots:
            return await _of_change(api, change, own_user, key)

    found = await asyncio.gather(*(told(change) for change in changes))
    return {change.address: each for change, each in zip(changes, found, strict=True)}


async def _of_change(api: Api, change: Change, own_user: str | None, key: Key) -> dict[str, Moved]:
    kind, name = KINDS[change.address.kind], change.address.name
    paths = {each.path for each in change.fields}
    found = {path: Moved(note=_UNVERSIONED[path]) for path in paths & _UNVERSIONED.keys()}
    fields = [each for each in change.fields if each.path not in found]
    if not fields:
        return found
    current = None
    try:
        current = await api.current(kind, name, needed_fields(paths))
        versions = [current] if _is_first(current) else await api.versions(kind, current)
        return found | tell(versions, fields, own_user, key)
    except CatalogError as problem:
        note = f"{_UNREADABLE}: {problem.message.rstrip('.')}"
        if current is not None:
            note += f"; {_last_changed(current)}"
        return found | {each.path: Moved(note=note) for each in fields}


def tell(
    versions: Iterable[Version], fields: Sequence[FieldChange], own_user: str | None, key: Key
) -> dict[str, Moved]:
    """Who moved each of the fields to where it is now. Takes no more versions than are needed.

    `versions` are of one object, newest first, at least one.
    """
    declared = declared_of(fields)
    traces = {trace: seen for each in fields for trace, seen in _traces(each)}
    looked_at = islice(versions, LONGEST)
    newest = newer = next(looked_at)
    now = _states(newest, declared, traces, key)
    found = {
        trace: _not_shown(newest)
        for trace, seen in traces.items()
        if now[trace][0] and not diff.same(now[trace][1], seen)
    }
    while len(found) < len(traces):
        left = [trace for trace in traces if trace not in found]
        older = next(looked_at, None)
        if older is None:
            found |= {trace: _at_the_end(newer, newest, trace, now[trace]) for trace in left}
            break
        then = _states(older, declared, left, key)
        for trace in left:
            if not _same(now[trace], then[trace]):
                found[trace] = _between(older, newer, newest, trace)
        newer = older
    told: dict[str, dict[str, Moved]] = defaultdict(dict)
    for (path, member), moved in found.items():
        told[path][member or ""] = moved
    return {each.path: _together(told[each.path], own_user) for each in fields}


# -- what is followed


def _traces(field: FieldChange) -> list[tuple[_Trace, Value]]:
    """What to follow of a field, each with what the plan saw in the catalog."""
    members = dict.fromkeys(field.added or (), False) | dict.fromkeys(field.removed or (), True)
    if not members:
        return [((field.path, None), field.before)]
    return [((field.path, name), there) for name, there in sorted(members.items())]


def _states(
    version: Version, declared: Mapping[str, Declared], traces: Iterable[_Trace], key: Key
) -> dict[_Trace, _State]:
    held = _held(version, declared)
    states: dict[_Trace, _State] = {}
    for path, member in traces:
        value = held.get(path)
        if member is None:
            states[path, member] = path in held, value
        else:
            names = value if isinstance(value, tuple) else ()
            there = key(path, member) in {key(path, name) for name in names}
            states[path, member] = True, there
    return states


def _held(version: Version, declared: Mapping[str, Declared]) -> dict[str, Value]:
    """The fields as the version has them; none of a deleted object or of a column that is gone."""
    if version.deleted:
        return {}
    if version.owner is not None and not version.owners:
        version = msgspec.structs.replace(version, owners=(version.owner,))
    own = {path: wanted for path, wanted in declared.items() if path != "name"}
    held, _ = held_fields(version, own, None)
    return held | ({"name": version.fullyQualifiedName} if "name" in declared else {})


def _same(one: _State, other: _State) -> bool:
    return one[0] == other[0] and diff.same(one[1], other[1])


# -- what the versions tell


def _between(older: Version, newer: Version, newest: Version, trace: _Trace) -> Moved:
    """It is otherwise in the older of two successive versions."""
    path, member = trace
    if _agrees(newer, older, path):
        return _named(newer, path if member is None else "")
    note = (
        f"{_NOT_SHOWN}: it came between the versions {older.version} and {newer.version}, which"
        f" has other changes; {_last_changed(newest)}"
    )
    return Moved(note=note)


def _agrees(newer: Version, older: Version, path: str) -> bool:
    """Whether a version says itself that it changed the field, or does not say what it changed.

    What it says counts only if it is about this step: a bulk update can leave the words of an
    earlier version standing (inferred).
    """
    change = newer.changeDescription
    if change is None or change.previousVersion is None or not _changed(change):
        return True
    if abs(change.previousVersion - older.version) > 0.01:
        return True
    return not _wire_names(path).isdisjoint(_changed(change))


def _changed(change: Step) -> set[str]:
    return {
        each.name for each in (*change.fieldsAdded, *change.fieldsUpdated, *change.fieldsDeleted)
    }


def _wire_names(path: str) -> set[str]:
    """Under which names a version may list a change of this field.

    1.6 lists texts of a nested column under its bare name (recorded); a column that came or went
    is listed in the list that it stands in.
    """
    split = column_path(path)
    if split is None:
        of_kind = {"glossaryTerms": "tags", "owners": "owner", "domains": "domain"}
        return {path, of_kind.get(path, path), "deleted"}
    column, field = split
    parts = fqn.split(column)
    last = "tags" if field in LABEL_SOURCES else field
    above = {fqn.join(parts[:count]) for count in range(1, len(parts))}
    above |= {fqn.quote(part) for part in parts[:-1]}
    return {
        "deleted",
        "columns",
        *(f"columns.{each}" for each in above),
        f"columns.{column}.{last}",
        f"columns.{fqn.quote(parts[-1])}.{last}",
    }


def _named(version: Version, text: str) -> Moved:
    """Moved by the author of a version. `text` is the path, if the field is a text.

    Servers since 1.7 keep the time of the last change of some texts, which is better than that of
    a version in which several writes are folded together.
    """
    by, at, note = version.updatedBy or None, version.updatedAt, None
    change = version.changeDescription
    exact = ((change and change.changeSummary) or {}).get(text)
    if exact is not None and exact.changedBy == by and 0 < exact.changedAt <= at:
        at = exact.changedAt
    elif _is_folded(version):
        note = f"among several changes of that user up to {_time(at)}"
    return Moved(by, _time(at), note)


def _is_folded(version: Version) -> bool:
    """Whether a version may hold several writes of one user, ten minutes apart at most.

    Since 2.0 it says what its last write was (inferred: and which version that found); before,
    more than one change is all that shows.
    """
    whole, last = version.changeDescription, version.incrementalChangeDescription
    if whole is None:
        return False
    if last is not None and last.previousVersion is not None:
        return last.previousVersion != whole.previousVersion
    return len(_changed(whole)) > 1


def _at_the_end(oldest: Version, newest: Version, trace: _Trace, state: _State) -> Moved:
    """It is the same in every version that was looked at."""
    if not _is_first(oldest):
        past = f"it was longer ago than version {oldest.version}, the oldest that was looked at"
        return Moved(note=past)
    if not state[0] or not state[1]:
        return _not_shown(newest)
    return replace(_named(oldest, ""), note="so since the object was created")


def _is_first(version: Version) -> bool:
    """Every object begins with version 0.1."""
    return version.version <= 0.1


def _not_shown(newest: Version) -> Moved:
    return Moved(note=f"{_NOT_SHOWN}; {_last_changed(newest)}")


def _last_changed(version: Version) -> str:
    when = _time(version.updatedAt)
    by = version.updatedBy or "somebody unknown"
    return f"the object was last changed by {by}" + (f" at {when}" if when else "")


def _time(milliseconds: int) -> str | None:
    if not milliseconds:
        return None
    moment = datetime.fromtimestamp(milliseconds / 1000, timezone.utc)
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


# -- one answer for a field


def _together(told: Mapping[str, Moved], own_user: str | None) -> Moved:
    """One answer for a field: of the members of a set the latest move, the others in its note.

    They come with the latest first; two writes in one second have the same time.
    """
    members: dict[Moved, list[str]] = defaultdict(list)
    for member, moved in told.items():
        members[moved].append(member)
    latest = next((moved for moved in members if moved.by), next(iter(members)))
    notes = _notes(latest, own_user)
    if len(members) > 1:
        notes.insert(0, f"that is of {', '.join(members.pop(latest))}")
        notes += [
            f"{', '.join(names)}: {_in_words(moved, own_user)}" for moved, names in members.items()
        ]
    return replace(latest, note="; ".join(notes) or None)


def _notes(moved: Moved, own_user: str | None) -> list[str]:
    own = own_user is not None and moved.by == own_user
    return ["by this tool's own user"] * own + ([moved.note] if moved.note else [])


def _in_words(moved: Moved, own_user: str | None) -> str:
    """A move that is not the latest one of its set."""
    said = [f"by {moved.by} at {moved.at}"] if moved.by else []
    return ", ".join(said + _notes(moved, own_user))
