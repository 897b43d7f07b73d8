"""From desired and observed objects to a plan, and from a plan to what is still to do. Pure.

in_share  which of the machines that share a run an object belongs to
compare   one object: desired against observed
refine    what the catalogs said to the changes beforehand
place     the YAML line of each field, and the findings about what is refused
remaining_field  what of a saved change is still due, seen from the catalog as it is now
settled_field    what became of it, seen from the catalog afterwards
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

from catalogctl import diff
from catalogctl.errors import Diagnostic, Location, in_order
from catalogctl.model import (
    Action,
    Address,
    Change,
    Desired,
    FieldChange,
    Members,
    Moved,
    Observed,
    Origin,
    Outcome,
    Plan,
    Prediction,
    Value,
    Verdict,
)

Locate = Callable[[Address, str, "str | None"], "Location | None"]
"""Where a field (and, with a third argument, a member of a set) was declared."""


def in_share(address: Address, number: int, count: int) -> bool:
    """Whether an object belongs to share `number` (from 1) of `count`.

    By the address alone, so that every machine agrees and other objects do not matter. The parts
    of an object stay with it: what creates it needs them.
    """
    whole = f"{address.catalog}:{address.kind}/{address.identity.partition('#')[0]}"
    digest = hashlib.blake2b(whole.encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") % count == number - 1


def compare(
    desired: Desired,
    observed: Observed,
    rules: diff.Rules,
    base: diff.Base | None = None,
    keep: frozenset[Origin] = diff.EVERY_ORIGIN,
) -> Change | None:
    """The change that one object needs, or None when it is in sync.

    An object that is not there and cannot be created, and fields under a part that is not there,
    become refused field changes. `base` are the fields that git declared before, empty for an
    object that is new in git; without it nothing is known of before. `keep` leaves out changes of
    other origins.
    """
    if observed.agrees:
        return None
    if not observed.exists:
        path, name = rules.identity(desired.address)
        origin = Origin.DRIFT if base else Origin.CHANGE  # was it declared, and so there, before?
        named = FieldChange(path, before=None, after=name, origin=origin)
        if origin not in keep:
            return None
        if not observed.creatable:
            absent = named.refused(observed.missing.get("", "not found"))
            return Change(desired.address, Action.UPDATE, (absent,))
        wanted = diff.fields(desired.fields, {}, rules)
        made = tuple(replace(each, origin=origin) for each in wanted)
        return rules.change(desired.address, made or (named,), exists=False)
    if not observed.missing and diff.in_sync(desired.fields, observed.fields, rules, base):
        return None
    changes = diff.fields(desired.fields, observed.fields, rules, base, keep)
    if observed.authors:
        changes = tuple(_attributed(each, observed.authors) for each in changes)
    if observed.missing:
        changes = tuple(
            _refuse_missing(each, observed.missing)
            for each in _with_missing(desired, changes, observed, base)
            if each.origin in keep
        )
    return rules.change(desired.address, changes, exists=True) if changes else None


_REPLACES = "replaces text by "


def _attributed(change: FieldChange, authors: Mapping[str, str]) -> FieldChange:
    """Say whose text is about to go: somebody wrote it in the catalog, and not this tool."""
    author = authors.get(change.path)
    if author is None or change.is_set or not (change.replaces or change.takes_away):
        return change
    return replace(change, message=f"{_REPLACES}{author}")


def _with_missing(
    desired: Desired,
    changes: tuple[FieldChange, ...],
    observed: Observed,
    base: diff.Base | None,
) -> list[FieldChange]:
    """Every declared field of a missing part is shown, also one that asks for nothing."""
    by_path = {each.path: each for each in changes}
    for path, wanted in desired.fields.items():
        if path not in by_path and _part_of(path, observed.missing) is not None:
            after: Value = wanted.names if isinstance(wanted, Members) else wanted
            by_path[path] = diff.moved(FieldChange(path, before=None, after=after), base)
    return [by_path[path] for path in sorted(by_path)]


def _refuse_missing(change: FieldChange, missing: Mapping[str, str]) -> FieldChange:
    part = _part_of(change.path, missing)
    return change if part is None else change.refused(missing[part])


def _part_of(path: str, missing: Mapping[str, str]) -> str | None:
    """What is missing of a field: the field itself, or the column that it is of."""
    if path in missing:
        return path
    while path.startswith("columns."):
        path = path.rpartition(".")[0]
        if path in missing:
            return path
    return None


def refine(changes: Iterable[Change], predictions: Iterable[Prediction]) -> tuple[Change, ...]:
    """The changes with the catalogs' verdicts. A refusal is never overruled by a later verdict."""
    said: dict[tuple[Address, str], list[Prediction]] = defaultdict(list)
    for prediction in predictions:
        said[prediction.address, prediction.path].append(prediction)
    return tuple(
        replace(
            change,
            fields=tuple(
                _judged(each, said.get((change.address, each.path), [])) for each in change.fields
            ),
        )
        for change in changes
    )


def attributed(
    changes: Iterable[Change], history: Mapping[Address, Mapping[str, Moved]]
) -> tuple[Change, ...]:
    """The changes with who moved each field in the catalog, where its history tells."""
    return tuple(
        replace(
            change,
            fields=tuple(
                _moved(each, history.get(change.address, {}).get(each.path))
                for each in change.fields
            ),
        )
        for change in changes
    )


def _moved(change: FieldChange, moved: Moved | None) -> FieldChange:
    """With who moved it: whose text goes need not be said twice then."""
    known = moved is not None and moved.by and (change.message or "").startswith(_REPLACES)
    return replace(change, moved=moved, message=None if known else change.message)


def _judged(change: FieldChange, predictions: list[Prediction]) -> FieldChange:
    for prediction in predictions:
        pushed_out = set(prediction.removed) - set(change.removed or ())
        if pushed_out and isinstance(change.before, tuple):
            removed = tuple(sorted(set(change.removed or ()) | pushed_out))
            widened = diff.set_change(
                change.path, change.before, change.added or (), removed, exact=change.exact
            )
            change = replace(change, after=widened.after, removed=removed)
        if prediction.risk is not None:
            change = replace(change, risk=prediction.risk)
        if prediction.verdict is Verdict.REFUSED and change.verdict is not Verdict.REFUSED:
            change = change.refused(prediction.message or "refused", prediction.hint)
        elif change.verdict is Verdict.UNVERIFIED:
            said = dict.fromkeys(part for part in (change.message, prediction.message) if part)
            change = replace(change, verdict=prediction.verdict, message="; ".join(said) or None)
    return change


def place(plan: Plan, locate: Locate, predictions: Iterable[Prediction] = ()) -> Plan:
    """The plan with the YAML line of each field, and a diagnostic for each refused one."""
    blamed = {
        (each.address, each.path, each.message): each
        for each in predictions
        if each.verdict is Verdict.REFUSED
    }
    found = list(plan.diagnostics)
    changes = []
    for change in plan.changes:
        placed = tuple(
            replace(each, source=locate(change.address, each.path, None)) for each in change.fields
        )
        changes.append(replace(change, fields=placed))
        for each in placed:
            if each.verdict is Verdict.REFUSED:
                told = blamed.get((change.address, each.path, each.message))
                spot = each.source
                if told is not None and told.member is not None:
                    spot = locate(change.address, each.path, told.member) or spot
                message = f"{change.address}: {each.path}: {each.message}"
                found.append(Diagnostic("PLAN001", message, spot, told.hint if told else None))
    return replace(plan, changes=tuple(changes), diagnostics=in_order(found))


def remaining_field(
    change: FieldChange, observed: Observed, rules: diff.Rules, *, creating: bool = False
) -> FieldChange:
    """A field of a planned change, judged against the object as it is now.

    What is already as wanted comes back with the outcome *applied*; what moved since the plan, or
    was refused, with *skipped* and why; the rest without an outcome, brought up to date: that is
    what has to be written. `creating` says that the object is the plan's own to make: it need not
    be there, and what it has by default is no move of anybody's.
    """
    if creating and not observed.exists and change.verdict is not Verdict.REFUSED:
        return change
    if not observed.exists:
        gone = observed.missing.get("", "the object is gone from the catalog")
        return change.ended(Outcome.SKIPPED, gone)
    if change.verdict is Verdict.REFUSED:
        return change.ended(Outcome.SKIPPED, change.message)
    part = _part_of(change.path, observed.missing)
    if part is not None:
        return change.ended(Outcome.SKIPPED, f"gone since the plan: {observed.missing[part]}")
    held = observed.fields.get(change.path)
    if change.is_set:
        return _remaining_members(change, held if isinstance(held, tuple) else (), rules)
    if diff.same(held, change.after):
        return change.ended(Outcome.APPLIED)
    if creating or diff.same(held, change.before):
        return change
    return change.ended(
        Outcome.SKIPPED, f"changed in the catalog since the plan: it is {held!r} now"
    )


def _remaining_members(
    change: FieldChange, held: tuple[str, ...], rules: diff.Rules
) -> FieldChange:
    held_by_key = {rules.key(change.path, name): name for name in held}
    planned = {
        rules.key(change.path, name) for name in _names(change.before) + _names(change.after)
    }
    if change.exact:
        unseen = sorted(name for key, name in held_by_key.items() if key not in planned)
        if unseen:
            more = ", ".join(unseen)
            return change.ended(
                Outcome.SKIPPED, f"changed in the catalog since the plan: {more} came"
            )
    added = tuple(
        name for name in change.added or () if rules.key(change.path, name) not in held_by_key
    )
    gone = {rules.key(change.path, name) for name in change.removed or ()}
    removed = tuple(sorted(name for key, name in held_by_key.items() if key in gone))
    if not added and not removed:
        return change.ended(Outcome.APPLIED)
    due = diff.set_change(change.path, held, added, removed, exact=change.exact)
    return replace(change, before=due.before, after=due.after, added=added, removed=removed)


def _names(value: Value | None) -> tuple[str, ...]:
    return value if isinstance(value, tuple) else ()


def settled_field(
    change: FieldChange, observed: Observed, rules: diff.Rules, problem: str | None
) -> FieldChange:
    """What became of a field that was written, judged by what the catalog holds afterwards.

    `problem` is what went wrong while writing, if anything did: then a field that arrived all the
    same is *applied*, and one that did not is *failed* with that reason.
    """
    if change.outcome is not None:
        return change
    if remaining_field(change, observed, rules).outcome is Outcome.APPLIED:
        return change.ended(Outcome.APPLIED)
    if problem is not None:
        return change.ended(Outcome.FAILED, problem)
    if not observed.exists:
        gone = observed.missing.get("", "it is not there")
        return change.ended(Outcome.FAILED, f"the catalog accepted the write, but {gone}")
    return change.ended(
        Outcome.FAILED,
        f"the catalog accepted the write but does not hold it: {_lacking(change, observed, rules)}",
    )


def _lacking(change: FieldChange, observed: Observed, rules: diff.Rules) -> str:
    held = observed.fields.get(change.path)
    if not change.is_set:
        return f"it has {held!r}" if held else "it has nothing"
    names = _names(held)
    left = _remaining_members(replace(change, exact=False), names, rules)
    if left.outcome is Outcome.APPLIED:  # an exact set that has more by now
        return f"it has {', '.join(names)}"
    said = [f"it lacks {', '.join(left.added)}"] if left.added else []
    said += [f"it still has {', '.join(left.removed)}"] if left.removed else []
    return "; ".join(said)
