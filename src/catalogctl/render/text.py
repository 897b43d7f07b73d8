"""The words and the look that all renderers share.

Text that comes from a catalog or a file is not trusted: it passes `visible` before it is shown.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from enum import Enum

from catalogctl.model import (
    Action,
    Change,
    FieldChange,
    Origin,
    Outcome,
    Plan,
    Risk,
    Secret,
    Value,
    Verdict,
    Violation,
)
from catalogctl.render import words
from catalogctl.render.words import Kind, Line, Run, Shape, line

SIGNS = {Action.CREATE: "+", Action.UPDATE: "~", Action.DELETE: "-", Action.TRIGGER: ">"}

NO_CHANGES = "No changes. The catalogs hold what the specs say."


class Group(Enum):
    """What kind of attention an object asks for: a title, and whether it must not be folded away.

    In the order of importance; an object belongs to the first group that fits.
    """

    FAILED = ("Failed", True)
    UNKNOWN = ("Outcome unknown", True)
    REFUSED = ("Refused", True)
    SKIPPED = ("Skipped", True)
    CONFLICT = ("In conflict", True)
    RISK = ("May reset or destroy data", True)
    REMOVAL = ("Takes something away", True)
    CHANGE = ("Changes", False)
    DRIFT = ("Drift", False)

    def __init__(self, title: str, red: bool) -> None:
        self.title = title
        self.red = red


_OUTCOMES = {
    Outcome.FAILED: Group.FAILED,
    Outcome.UNKNOWN: Group.UNKNOWN,
    Outcome.SKIPPED: Group.SKIPPED,
}
_IMPORTANCE = {group: number for number, group in enumerate(Group)}


def group(change: Change, *, applied: bool = False) -> Group:
    """The group of an object in a plan or, with `applied`, in a result."""
    outcome = change.outcome if applied else None
    if outcome in _OUTCOMES:
        return _OUTCOMES[outcome]
    if change.verdict is Verdict.REFUSED and outcome is None:
        return Group.REFUSED
    if change.origin is Origin.CONFLICT:
        return Group.CONFLICT
    if change.risk in (Risk.RESET, Risk.DESTROY):
        return Group.RISK
    if change.takes_away or change.action is Action.DELETE:
        return Group.REMOVAL
    return Group.DRIFT if change.origin is Origin.DRIFT else Group.CHANGE


def by_importance(plan: Plan) -> list[tuple[Group, Change]]:
    """Every change with its group: the most important first, within a group as in the plan."""
    grouped = [(group(change, applied=plan.applied), change) for change in plan.changes]
    return sorted(grouped, key=lambda pair: _IMPORTANCE[pair[0]])


# -- text made safe

# Controls, direction marks, invisible characters, and halves of surrogate pairs (no UTF-8 could
# hold them). A joiner is harmless between letters that are not ASCII: there scripts and emoji
# need it.
_UNSAFE = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff"
    "\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e007f]"
    "|(?<![^\x00-\x7f])[\u200c\u200d]|[\u200c\u200d](?![^\x00-\x7f])"
)
_LOOKALIKES = re.compile("[\xa0\u0300-\u036f\u1680\u2000-\u200a\u202f\u205f\u3000]")
_SHORT = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}


def visible(text: str) -> str:
    """The text on one line, with everything that a terminal or a browser might act on, or hide,
    spelt out: `\\x1b`, `\\u202e`, `\\n`.
    """
    if text.isascii() and text.isprintable():
        return text
    return _UNSAFE.sub(_spelt, text)


def visible_run(run: Run) -> str:
    """`visible`, for words that change within a line: there unusual spaces and accents that stand
    alone are spelt out too, or a change might show no difference.
    """
    text = visible(run.text)
    return text if run.kind is Kind.KEPT else _LOOKALIKES.sub(_spelt, text)


def _spelt(found: re.Match[str]) -> str:
    char = found.group()
    code = ord(char)
    if code > 0xFFFF:
        return f"\\U{code:08x}"
    return _SHORT.get(char) or (f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}")


_COMMAND = re.compile(r"^((?:[^\S\n]|\x1b\[[0-9;]*m)*):(?=:)", re.MULTILINE)
_OLD_COMMAND = re.compile(r"##(?=\[|vso\[)")


def disarm(output: str) -> str:
    """Finished output that cannot be taken for a workflow command when it lands in a CI log.

    GitHub's runner obeys `::…` at the start of a line and `##[` anywhere. An invisible space
    between the signs is enough to stop it.
    """
    if "::" in output:
        output = _COMMAND.sub("\\1:\u200b", output)
    return _OLD_COMMAND.sub("#\u200b#", output) if "##" in output else output


# -- values

_READS_AS_ANOTHER = re.compile(r"\(none\)|\[\]|true|false|[-+]?[0-9.]+|\".*\"|", re.DOTALL)


def value(value: Value, limit: int | None = None) -> str:
    """A value on one line, safe to print; at most about `limit` characters of it.

    Nothing is `(none)`, a secret its reference, a list its members. A text stands in quotes only
    where it would be taken for something else: empty, `"true"`, spaces at an end.
    """
    if value is None:
        shown = "(none)"
    elif isinstance(value, bool):
        shown = "true" if value else "false"
    elif isinstance(value, Secret):
        shown = visible(value.reference)
    elif isinstance(value, tuple):
        shown = ", ".join(visible(str(member)) for member in value) or "[]"
    elif isinstance(value, str):
        plain = visible(value)
        quoted = value != value.strip(" ") or _READS_AS_ANOTHER.fullmatch(value)
        shown = f'"{plain}"' if quoted else plain
    else:
        shown = str(value)
    return shown if limit is None else words.cut(shown, limit)


# -- one field


def lines(field: FieldChange, *, applied: bool = False) -> list[Line]:
    """What happens to a field, line by line, with the remarks that belong to it.

    With `applied`, what became of it. The lines are not safe yet: see `visible`.
    """
    if field.origin is Origin.CONFLICT:
        shown = _conflict(field)
    else:
        shown = _difference(field.before, field.after, field.added, field.removed)
    return [*shown, *_remarks(field, applied)]


LONG = 60
"""Characters from which two values are not put on one line."""


def _difference(
    before: Value,
    after: Value,
    added: tuple[str, ...] | None = None,
    removed: tuple[str, ...] | None = None,
) -> list[Line]:
    if added is not None:
        gone = [line(Shape.REMOVED, name) for name in removed or ()]
        return gone + [line(Shape.ADDED, name) for name in added]
    if _is_nothing(before):
        return [] if _is_nothing(after) else _whole(Shape.ADDED, after)
    if _is_nothing(after):
        return _whole(Shape.REMOVED, before)
    if isinstance(before, str) and isinstance(after, str) and _is_prose(before, after):
        return words.lines(before, after)
    old, new = Run(Kind.REMOVED, value(before)), Run(Kind.ADDED, value(after))
    return [Line(Shape.SWAPPED, (old, Run(Kind.KEPT, " -> "), new))]


def _is_nothing(value: Value) -> bool:
    return value is None or value == "" or value == ()


def _is_prose(before: str, after: str) -> bool:
    if len(before) + len(after) > LONG or "\n" in before or "\n" in after:
        return True
    return " " in before and " " in after


def _whole(shape: Shape, whole: Value) -> list[Line]:
    if isinstance(whole, str) and ("\n" in whole or len(whole) > LONG):
        return [line(shape, text) for text in whole.rstrip("\n").split("\n")]
    return [line(shape, value(whole))]


def _conflict(field: FieldChange) -> list[Line]:
    """Three sides: where both started from, and where each went."""
    shown = [line(Shape.ALERT, "conflict: git and the catalog both changed it")]
    base, live, git = field.base, field.before, field.after
    if any(isinstance(side, str) and _is_long(side) for side in (base, live, git)):
        return [
            *shown,
            line(Shape.QUIET, "at the base"),
            *_whole(Shape.KEPT, base),
            line(Shape.QUIET, "from the base to the catalog"),
            *_difference(base, live),
            line(Shape.QUIET, "from the base to git"),
            *_difference(base, git),
        ]
    if field.is_set:
        shown += _difference(live, git, field.added, field.removed)
    sides = (("base", base), ("catalog", live), ("git", git))
    return shown + [line(Shape.KEPT, f"{name + ':':8} {value(side)}") for name, side in sides]


def _is_long(text: str) -> bool:
    return len(text) > LONG or "\n" in text.rstrip("\n")


def _remarks(field: FieldChange, applied: bool) -> Iterable[Line]:
    if field.exact and field.removed:
        yield line(Shape.QUIET, "declared with only: what is not listed goes")
    if field.origin is Origin.DRIFT:
        yield line(Shape.QUIET, f"drift: {moved(field)}")
    own = standing(field, applied=applied)
    if own in (Outcome.APPLIED, Verdict.VERIFIED, Verdict.UNVERIFIED):
        if field.message:
            yield line(Shape.QUIET, field.message)
    else:
        reason = f": {field.message}" if field.message else ""
        reason += f"; {field.hint}" if field.hint else ""
        yield line(Shape.ALERT, f"{own.value}{reason}")
    if field.risk in _RISKS and not applied:
        shape, words = _RISKS[field.risk]
        yield line(shape, words)


def moved(field: FieldChange) -> str:
    """Who moved a field in the catalog, and when, as far as it is known."""
    who = field.moved
    if who is None:
        return "the catalog moved, git did not"
    by = f"moved by {who.by}" if who.by else "moved by somebody unknown"
    when = f" at {who.at}" if who.at else ""
    return by + when + (f"; {who.note}" if who.note else "")


_RISKS = {
    Risk.BILLABLE: (Shape.QUIET, "starts a run that is billed"),
    Risk.RESET: (Shape.ALERT, "may reset the sync and import everything again"),
    Risk.DESTROY: (Shape.ALERT, "destroys data"),
}


def standing(change: FieldChange | Change, *, applied: bool = False) -> Verdict | Outcome:
    """What became of it where that is known, else what the catalog said beforehand."""
    return change.outcome if applied and change.outcome is not None else change.verdict


def label(field: FieldChange, of_object: Verdict | Outcome, *, applied: bool = False) -> str:
    """The verdict (or outcome) of a field where it is better than its object's, else nothing.

    What is worse than that is told by the field's lines.
    """
    own = standing(field, applied=applied)
    return "" if own is of_object else own.value


# -- one object


def labels(change: Change, *, applied: bool = False) -> tuple[str, ...]:
    """What stands beside an object's address: its outcome, or its origin and verdict."""
    own = standing(change, applied=applied)
    if isinstance(own, Outcome) or change.origin is Origin.CHANGE:
        return (own.value,)
    return (change.origin.value, own.value)


# -- the whole plan


def summary(plan: Plan) -> str:
    """The one line that sums up a plan, or the result of an apply. Its shape is fixed: people
    script against it.
    """
    changes = plan.changes
    if plan.applied:
        outcomes = [change.outcome for change in changes]
        order = (Outcome.APPLIED, Outcome.FAILED, Outcome.UNKNOWN, Outcome.SKIPPED)
        counts = ", ".join(f"{outcomes.count(each)} {each.value}" for each in order)
        return f"Applied: {counts}; {plan.in_sync} in sync"
    triggers = plan.count(Action.TRIGGER)
    origins = [change.origin for change in changes]
    refused = sum(change.verdict is Verdict.REFUSED for change in changes)
    return (
        f"Plan: {plan.count(Action.UPDATE)} to change, {plan.count(Action.CREATE)} to add, "
        f"{plan.count(Action.DELETE)} to remove"
        + (f", {triggers} to trigger" if triggers else "")
        + f", {origins.count(Origin.DRIFT)} drifted, {origins.count(Origin.CONFLICT)} in conflict"
        + f"; {plan.in_sync} in sync"
        + (f"; {refused} refused" if refused else "")
    )


def sentences(plan: Plan, code: Callable[[str], str] = visible) -> list[str]:
    """What has to be said of a plan as a whole, besides its summary; `code` makes a name of
    somebody else's safe.
    """
    if not plan.changes:
        # With a guard tripped (nothing is declared at all, say) "no changes" would reassure.
        return [] if plan.guards or not plan.objects else [NO_CHANGES]
    if plan.base and not plan.applied and all(c.origin is Origin.DRIFT for c in plan.changes):
        return [f"The catalogs moved away from git at {code(plan.base[:12])}."]
    if plan.applied:
        return []
    said = [f"Compared with git at {code(plan.base[:12])}."] if plan.base else []
    verdicts = [field.verdict for change in plan.changes for field in change.fields]
    unverified = verdicts.count(Verdict.UNVERIFIED)
    if unverified:
        rehearsed = f"{verdicts.count(Verdict.VERIFIED)} of {count(len(verdicts), 'field')}"
        said.append(f"Rehearsed and accepted by the catalog: {rehearsed}; {unverified} unverified.")
    return said


def count(number: int, noun: str) -> str:
    """`1 object`, `2 objects`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def guard(violation: Violation) -> tuple[str, str, str]:
    """The name of a guard, its message and the flags that permit it, each on one safe line."""
    return visible(violation.guard), visible(violation.message), visible(violation.permit)
