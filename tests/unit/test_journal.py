"""What an apply leaves behind: notes as it happens, and a plan that takes it back."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from pathlib import Path

from catalogctl import journal, planfile
from catalogctl.model import Action, Address, Change, FieldChange, Outcome, Plan, Risk

TEXT = FieldChange("description", before=None, after="new")
TAGS = FieldChange("tags", before=("A",), after=("B",), added=("B",), removed=("A",))
VOTE = FieldChange("vote", before="unVoted", after="votedUp")
ORDERS = Change(Address("om", "Table", "a.b.c.orders"), Action.UPDATE, (TEXT, TAGS, VOTE))
ITEMS = Change(Address("om", "Table", "a.b.c.items"), Action.UPDATE, (TEXT,))
PLAN = Plan(changes=(ITEMS, ORDERS))


def test_a_finished_apply_leaves_nothing_to_say(tmp_path: Path) -> None:
    with journal.Journal(tmp_path, PLAN) as notes:
        notes.begin(ORDERS)
        notes.end(ORDERS.ended(Outcome.APPLIED))
    assert journal.interrupted(tmp_path) is None


def test_an_apply_that_was_cut_off_tells_what_was_under_way(tmp_path: Path) -> None:
    with contextlib.suppress(KeyboardInterrupt), journal.Journal(tmp_path, PLAN) as notes:
        notes.begin(ITEMS)
        notes.end(ITEMS.ended(Outcome.APPLIED))
        notes.begin(ORDERS)
        raise KeyboardInterrupt
    with (tmp_path / journal.JOURNAL).open("a", encoding="utf-8") as file:
        file.write('{"event": "en')  # killed while writing
    told = journal.interrupted(tmp_path)
    assert told == journal.Interrupted(1, 2, ("Table/a.b.c.orders",))


def test_no_journal_is_no_interruption(tmp_path: Path) -> None:
    assert journal.interrupted(tmp_path) is None


def test_the_undo_plan_gives_back_what_was_written_and_nothing_else(tmp_path: Path) -> None:
    with journal.Journal(tmp_path, PLAN) as notes:
        already = replace(ORDERS, fields=(TEXT, TAGS, VOTE.ended(Outcome.APPLIED)))
        notes.begin(already)
        notes.end(
            replace(
                ORDERS,
                fields=(
                    TEXT.ended(Outcome.APPLIED),
                    TAGS.ended(Outcome.APPLIED),
                    VOTE.ended(Outcome.APPLIED),
                ),
            )
        )
        notes.begin(ITEMS)
        notes.end(ITEMS.ended(Outcome.FAILED))
        path = notes.write_undo()
    assert path is not None
    undo = planfile.loads(path.read_text(encoding="utf-8"), "undo.json")
    (change,) = undo.changes
    assert change.address == ORDERS.address
    text, tags = change.fields
    assert (text.before, text.after) == ("new", "")
    assert (tags.added, tags.removed, tags.after) == (("A",), ("B",), ("A",))


def test_nothing_written_leaves_no_undo(tmp_path: Path) -> None:
    with journal.Journal(tmp_path, PLAN) as notes:
        assert notes.write_undo() is None


def test_the_folder_keeps_itself_out_of_git(tmp_path: Path) -> None:
    with journal.Journal(tmp_path / "state", PLAN):
        pass
    assert "*" in (tmp_path / "state" / ".gitignore").read_text(encoding="utf-8").splitlines()


def test_the_way_back_of_a_reset_needs_its_permit_and_what_was_created_stays() -> None:
    cursor = FieldChange("incremental_field", "id", "updated_at", risk=Risk.RESET)
    hour = FieldChange("sync_frequency", "1hour", "6hour", risk=Risk.FREE)
    orders, events = (Address("hog", "DataSource", f"Postgres#{name}") for name in ("o", "e"))
    written = [
        Change(orders, Action.UPDATE, (cursor, hour)),
        Change(events, Action.CREATE, (replace(hour, before=None),)),
    ]
    back = journal.undo(Plan(changes=tuple(written)), written)
    assert [change.address for change in back.changes] == [orders]
    assert [each.after for each in back.changes[0].fields] == ["id", "1hour"]
    assert [each.guard for each in back.guards] == ["destructive"]
    free = [Change(orders, Action.UPDATE, (hour,))]
    assert journal.undo(Plan(changes=tuple(free)), free).guards == ()
