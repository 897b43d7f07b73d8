"""Guards: may this plan be carried out? Pure.

Only what somebody could miss counts: a value that is replaced or taken away. Filling an empty
field, adding a member and a refused change do not.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from catalogctl.model import Change, FieldChange, Plan, Risk, Verdict, Violation

GUARDS = ("mass-change", "mass-removal", "no-specs", "protected-tag", "destructive")


@dataclass(frozen=True, slots=True)
class Limit:
    """A number of objects, or a percentage of those of the run."""

    amount: float
    percent: bool = True

    def exceeded_by(self, count: int, objects: int, min_objects: int) -> bool:
        """A percentage only counts from `min_objects` up."""
        if not self.percent:
            return count > self.amount
        return objects >= min_objects and count * 100 > self.amount * objects

    def __str__(self) -> str:
        return f"{self.amount:g} %" if self.percent else f"{self.amount:g} objects"


@dataclass(frozen=True, slots=True)
class Guards:
    """The limits of a project; the defaults are those of the documentation."""

    max_changed: Limit = field(default_factory=lambda: Limit(30))
    max_removed: Limit = field(default_factory=lambda: Limit(10))
    min_objects: int = 10
    protected: tuple[str, ...] = ("PII.*", "Tier.*")
    allow: tuple[str, ...] = ()


def check(plan: Plan, guards: Guards, *, no_specs: str | None = None) -> tuple[Violation, ...]:
    """The guards that stop this plan, in a fixed order; none when it may go on.

    `no_specs` says why there is nothing declared at all, if that is so.
    """
    allowed = {*guards.allow, *plan.allowed}
    found = []
    if no_specs is not None:
        found.append(_violation("no-specs", no_specs))
    changed = sum(any(_counts(each) for each in change.fields) for change in plan.changes)
    removing = sum(any(_removes(each) for each in change.fields) for change in plan.changes)
    for guard, limit, count, doing in (
        ("mass-change", guards.max_changed, changed, "have a value replaced or taken away"),
        ("mass-removal", guards.max_removed, removing, "lose something"),
    ):
        if limit.exceeded_by(count, plan.objects, guards.min_objects):
            share = 100 * count / plan.objects
            text = (
                f"{count} of {plan.objects} objects ({share:.0f} %) {doing}; the limit is {limit}"
            )
            found.append(_violation(guard, text))
    risky = [
        f"{change.address} {each.path} ({each.risk.value})"
        for change in plan.changes
        for each in change.fields
        if each.risk in (Risk.RESET, Risk.DESTROY) and each.verdict is not Verdict.REFUSED
    ]
    losses = [loss for change in plan.changes for loss in _protected_losses(change, guards)]
    if losses:
        text = f"protected tags would be taken away: {_listed(losses)}"
        found.append(_violation("protected-tag", text))
    if risky:
        text = f"synced data may be reset and imported again, or lost: {_listed(risky)}"
        found.append(_violation("destructive", text))
    return tuple(each for each in found if each.guard not in allowed)


def _listed(items: list[str]) -> str:
    return "; ".join(items[:5]) + (f"; and {len(items) - 5} more" if len(items) > 5 else "")


def _violation(guard: str, message: str) -> Violation:
    return Violation(guard, message, f"--allow {guard}")


def _counts(change: FieldChange) -> bool:
    return change.verdict is not Verdict.REFUSED and (change.replaces or change.takes_away)


def _removes(change: FieldChange) -> bool:
    if change.verdict is Verdict.REFUSED or not change.takes_away:
        return False
    return bool(_lost_members(change)) if change.is_set else True


def _lost_members(change: FieldChange) -> list[str]:
    """Removed members that no added one takes the place of: a Tier for a Tier is a replacement."""
    taken = {_place_of(change.path, name) for name in change.added or ()}
    return [name for name in change.removed or () if _place_of(change.path, name) not in taken]


def _place_of(path: str, name: str) -> str:
    """Members of one place replace each other: tags of a classification, and all owners."""
    return name.split(".")[0] if _is_tags(path) else path.rsplit(".")[-1]


def _protected_losses(change: Change, guards: Guards) -> list[str]:
    losses = []
    for each in change.fields:
        if each.verdict is Verdict.REFUSED or not _is_tags(each.path):
            continue
        new_tier = any(name.startswith("Tier.") for name in each.added or ())
        for name in each.removed or ():
            protected = any(fnmatchcase(name, pattern) for pattern in guards.protected)
            if protected and not (new_tier and name.startswith("Tier.")):
                losses.append(f"{name} of {change.address} {each.path}")
    return losses


def _is_tags(path: str) -> bool:
    return path == "tags" or path.endswith(".tags")
