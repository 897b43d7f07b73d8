"""What an apply has done so far, as it happens, and how to take it back.

The journal is one JSON object a line; what is about to be written is on the disk before it is:

    {"event": "start", "digest": "…", "changes": 12}
    {"event": "begin", "address": "Table/…"}
    {"event": "end", "address": "Table/…", "outcome": "applied"}
    {"event": "finish"}

The other lines wait for no disk: after a power cut an object may count as under way that was done.
An apply that was killed leaves no `finish`; the next one says which objects were under way. Running
it again is safe in any case, because every object is read before it is written.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType

from catalogctl import diff, planfile, policy
from catalogctl.model import (
    Action,
    Address,
    Change,
    FieldChange,
    Outcome,
    Plan,
    Risk,
    Verdict,
    by_address,
)

JOURNAL = "journal.jsonl"


@dataclass(frozen=True, slots=True)
class Interrupted:
    """An earlier apply that did not come to its end."""

    done: int
    changes: int
    under_way: tuple[str, ...]


class Journal:
    """Notes of one apply in `folder`, which is made, with a `.gitignore`, when it is needed."""

    def __init__(self, folder: Path, plan: Plan) -> None:
        self._folder = folder
        self._plan = plan
        self._digest = str(planfile.dump(plan)["digest"])
        self._begun: dict[Address, Change] = {}
        self._written: list[Change] = []

    def __enter__(self) -> Journal:
        self._folder.mkdir(parents=True, exist_ok=True)
        ignore = self._folder / ".gitignore"
        if not ignore.exists():
            ignore.write_text(
                "# kept by catalogctl: journals and undo files\n*\n", encoding="utf-8"
            )
        self._file = (self._folder / JOURNAL).open("w", encoding="utf-8")
        self._note(event="start", digest=self._digest, changes=len(self._plan.changes))
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is None:
            self._note(event="finish")
        self._file.close()

    def begin(self, change: Change) -> None:
        """About to write the fields of this change that have no outcome yet."""
        due = tuple(each for each in change.fields if each.outcome is None)
        self._begun.setdefault(change.address, replace(change, fields=due))
        self._note(event="begin", address=str(change.address))
        os.fsync(self._file.fileno())

    def end(self, change: Change) -> None:
        """What became of it. One that was not begun, since nothing was due, is not noted."""
        begun = self._begun.get(change.address)
        if begun is None:
            return
        outcome = change.outcome.value if change.outcome else Outcome.UNKNOWN.value
        self._note(event="end", address=str(change.address), outcome=outcome)
        # Also what may have been written: an undo looks before it writes.
        arrived = (Outcome.APPLIED, Outcome.UNKNOWN)
        applied = {each.path for each in change.fields if each.outcome in arrived}
        fields = tuple(each for each in begun.fields if each.path in applied)
        if fields:
            self._written.append(replace(begun, fields=fields))

    def _note(self, **entry: object) -> None:
        self._file.write(json.dumps(entry, ensure_ascii=False) + "\n")
        self._file.flush()

    def write_undo(self) -> Path | None:
        """Save the plan that takes back what was written, or nothing when nothing was."""
        back = undo(self._plan, self._written)
        if not back.changes:
            return None
        name, number = f"undo-{self._digest[:12]}", 1
        path = self._folder / f"{name}.json"
        while path.exists():  # the same plan was applied before, in part perhaps: keep its values
            number += 1
            path = self._folder / f"{name}-{number}.json"
        path.write_text(planfile.dumps(back), encoding="utf-8")
        return path


def undo(plan: Plan, written: Iterable[Change]) -> Plan:
    """The plan that gives the written fields back the values that they had.

    What was created stays, and what was started is not taken back.
    """
    changes = tuple(
        Change(change.address, Action.UPDATE, tuple(_reversed(each) for each in change.fields))
        for change in sorted(written, key=by_address)
        if change.action is Action.UPDATE  # what was created is not destroyed again
    )
    back = Plan(changes=changes, catalogs=plan.catalogs)
    # What may have been reset on the way there may be reset on the way back: that needs its permit.
    stopped = policy.check(back, policy.Guards())
    return replace(back, guards=tuple(each for each in stopped if each.guard == "destructive"))


def _reversed(change: FieldChange) -> FieldChange:
    if change.is_set:
        after = change.after if isinstance(change.after, tuple) else ()
        back = diff.set_change(change.path, after, change.removed or (), change.added or ())
    else:
        empty = "unVoted" if change.path == "vote" else ""
        before = empty if change.before is None else change.before
        back = FieldChange(change.path, before=change.after, after=before)
    # What a way back costs nobody has judged; that the way there could reset is reason enough.
    risk = change.risk if change.risk in (Risk.RESET, Risk.DESTROY) else None
    return replace(back, verdict=Verdict.UNVERIFIED, source=change.source, risk=risk)


def interrupted(folder: Path) -> Interrupted | None:
    """The last apply noted in `folder`, if it was cut off."""
    path = folder / JOURNAL
    if not path.is_file():
        return None
    changes, begun, ended = 0, [], set()
    for line in path.read_text(encoding="utf-8").splitlines():
        try:
            entry = json.loads(line)
        except ValueError:
            continue  # the line that was being written when it was killed
        if entry.get("event") == "start":
            changes = entry.get("changes", 0)
        elif entry.get("event") == "begin":
            begun.append(entry["address"])
        elif entry.get("event") == "end":
            ended.add(entry["address"])
        elif entry.get("event") == "finish":
            return None
    return Interrupted(len(ended), changes, tuple(each for each in begun if each not in ended))
