"""The conductor: order, races, lost writes, and an outcome for every change, whatever happens."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from typing import Any

import pytest

from catalogctl import reconcile
from catalogctl.errors import CatalogError, Conflict, Unreachable
from catalogctl.model import (
    Address,
    CatalogInfo,
    Change,
    Desired,
    Members,
    Observed,
    Outcome,
    Plan,
    Prediction,
    Value,
    Verdict,
)
from catalogctl.policy import Guards
from catalogctl.providers.openmetadata.mapping import OpenMetadataRules
from catalogctl.reconcile import applying


class Shelf:
    """A catalog in a dictionary. `on_write` may raise, or change things behind our back."""

    name = "shelf"
    rules = OpenMetadataRules()
    personal = frozenset({"vote"})

    def __init__(self, **objects: dict[str, Value]) -> None:
        self.objects = objects
        self.written: list[str] = []
        self.on_write: Any = lambda name: None
        self.on_reread: Any = lambda name: None
        self.principal = "bot"

    def allow_writes(self) -> None: ...

    async def describe(self) -> CatalogInfo:
        return CatalogInfo("shelf", "https://shelf", "1", self.principal)

    async def read(self, desired: Sequence[Desired]) -> AsyncIterator[Observed]:
        for one in desired:
            yield self._seen(one.address)

    def _seen(self, address: Address) -> Observed:
        return Observed(address, dict(self.objects[address.name]))

    async def check(self, changes: Sequence[Change]) -> list[Prediction]:
        return []

    async def rehearse(self, changes: Sequence[Change]) -> list[Prediction]:
        return []

    def batches(self, changes: Iterable[Change]) -> list[list[Change]]:
        return [[change] for change in changes]

    def group(self, change: Change) -> str:
        return change.address.name[0]

    async def reread(self, changes: Sequence[Change]) -> list[Observed]:
        for change in changes:
            self.on_reread(change.address.name)
        return [self._seen(change.address) for change in changes]

    async def write(
        self, due: Sequence[tuple[Change, Observed]]
    ) -> list[Mapping[str, CatalogError]]:
        problems = []
        for change, _ in due:
            name = change.address.name
            self.written.append(name)
            fields = [each for each in change.fields if each.outcome is None]
            try:
                await asyncio.sleep(0)
                self.on_write(name)
            except CatalogError as problem:
                problems.append({each.path: problem for each in fields})
                continue
            self.objects[name] |= {each.path: each.after for each in fields}
            problems.append({})
        return problems

    async def close(self) -> None: ...


class Notes:
    """A journal that forgets."""

    def begin(self, change: Change) -> None: ...

    def end(self, change: Change) -> None: ...


@pytest.fixture(autouse=True)
def _no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(applying, "PAUSE", 0)


def address(name: str) -> Address:
    return Address("shelf", "Table", name)


def planned(shelf: Shelf, **declared: dict[str, Any]) -> Plan:
    desired = [Desired(address(name), fields) for name, fields in declared.items()]
    return asyncio.run(
        reconcile.make_plan(
            desired, {"shelf": shelf}, locate=lambda *_: None, guards=Guards(), rehearse=True
        )
    )


def applied(shelf: Shelf, plan: Plan, **options: Any) -> Plan:
    work = reconcile.apply(plan, {"shelf": shelf}, journal=Notes(), **options)
    return asyncio.run(work)


def outcomes(result: Plan) -> dict[str, str]:
    return {c.address.name: c.outcome.value for c in result.changes if c.outcome is not None}


def messages(result: Plan) -> dict[str, str | None]:
    return {c.address.name: c.fields[0].message for c in result.changes}


def lost(again: bool) -> Unreachable:
    problem = Unreachable("the connection was cut")
    problem.again = again
    return problem


def test_a_plan_counts_what_is_in_sync_and_holds_what_is_not() -> None:
    shelf = Shelf(a1={"description": "x"}, a2={"description": "y"})
    plan = planned(shelf, a1={"description": "x"}, a2={"description": "z"})
    assert (plan.in_sync, [str(change.address) for change in plan.changes]) == (1, ["Table/a2"])
    assert shelf.written == []


def test_an_apply_writes_only_what_is_due_and_proves_it() -> None:
    shelf = Shelf(a1={"description": "old"}, a2={"description": "same"})
    plan = planned(shelf, a1={"description": "new"}, a2={"description": "same"})
    assert outcomes(applied(shelf, plan)) == {"a1": "applied"}
    assert shelf.written == ["a1"]
    assert applied(shelf, plan).changes[0].outcome is Outcome.APPLIED
    assert shelf.written == ["a1"], "what is as wanted already is not written again"


def test_additions_come_first_and_removals_last() -> None:
    shelf = Shelf(a1={"description": "old"}, a2={"tags": ("A",)}, a3={"description": None})
    plan = planned(
        shelf,
        a1={"description": "new"},
        a2={"tags": Members((), only=True)},
        a3={"description": "first"},
    )
    applied(shelf, plan)
    assert shelf.written == ["a3", "a1", "a2"]


def test_a_removal_waits_where_something_in_its_service_went_wrong() -> None:
    shelf = Shelf(a1={"description": "old"}, a2={"tags": ("A",)}, b2={"tags": ("A",)})
    empty = {"tags": Members((), only=True)}
    plan = planned(shelf, a1={"description": "new"}, a2=empty, b2=empty)

    def fail(name: str) -> None:
        if name == "a1":
            raise CatalogError("no")

    shelf.on_write = fail
    result = applied(shelf, plan)
    assert outcomes(result) == {"a1": "failed", "a2": "skipped", "b2": "applied"}
    assert messages(result)["a2"] == "a removal waits until everything else in a went well"


def test_a_failure_stops_nothing_else_unless_asked_to() -> None:
    def fail(name: str) -> None:
        raise CatalogError("no")

    for fail_fast, expected in ((False, {"failed"}), (True, {"failed", "skipped"})):
        names = [f"a{number}" for number in range(50)]
        shelf = Shelf(**{name: {"description": "old"} for name in names})
        shelf.on_write = fail
        plan = planned(shelf, **{name: {"description": "new"} for name in names})
        assert set(outcomes(applied(shelf, plan, fail_fast=fail_fast)).values()) == expected


def test_a_write_whose_answer_was_lost_is_settled_by_reading() -> None:
    shelf = Shelf(a1={"description": "old"})
    plan = planned(shelf, a1={"description": "new"})

    def act_and_cut(name: str) -> None:
        shelf.objects[name]["description"] = "new"
        raise lost(again=True)

    shelf.on_write = act_and_cut
    assert outcomes(applied(shelf, plan)) == {"a1": "applied"}
    assert shelf.written == ["a1"]


def test_a_write_that_did_not_arrive_is_tried_again() -> None:
    shelf = Shelf(a1={"description": "old"})
    plan = planned(shelf, a1={"description": "new"})

    def cut_once(name: str) -> None:
        if len(shelf.written) == 1:
            raise lost(again=True)

    shelf.on_write = cut_once
    assert outcomes(applied(shelf, plan)) == {"a1": "applied"}
    assert shelf.written == ["a1", "a1"]


def test_what_may_not_be_sent_twice_is_not() -> None:
    shelf = Shelf(a1={"description": "old"})
    plan = planned(shelf, a1={"description": "new"})

    def cut(name: str) -> None:
        raise lost(again=False)

    shelf.on_write = cut
    result = applied(shelf, plan)
    assert (outcomes(result), shelf.written) == ({"a1": "failed"}, ["a1"])
    assert messages(result) == {"a1": "the connection was cut"}


def test_a_change_that_lost_a_race_is_read_and_tried_again() -> None:
    shelf = Shelf(a1={"description": "old", "displayName": None})
    plan = planned(shelf, a1={"description": "new"})

    def overtaken(name: str) -> None:
        if len(shelf.written) == 1:
            shelf.objects[name]["displayName"] = "by somebody else"
            problem = Conflict("modified", status=412)
            problem.again = True
            raise problem

    shelf.on_write = overtaken
    assert outcomes(applied(shelf, plan)) == {"a1": "applied"}
    assert shelf.objects["a1"] == {"description": "new", "displayName": "by somebody else"}


def test_a_race_for_the_very_field_is_not_forced() -> None:
    shelf = Shelf(a1={"description": "old"})
    plan = planned(shelf, a1={"description": "new"})

    def overtaken(name: str) -> None:
        shelf.objects[name]["description"] = "theirs"
        problem = Conflict("modified", status=412)
        problem.again = True
        raise problem

    shelf.on_write = overtaken
    result = applied(shelf, plan)
    assert outcomes(result) == {"a1": "skipped"}
    assert "'theirs'" in (messages(result)["a1"] or "")
    assert shelf.objects["a1"] == {"description": "theirs"}


def test_what_cannot_be_read_back_is_unknown() -> None:
    shelf = Shelf(a1={"description": "old"})
    plan = planned(shelf, a1={"description": "new"})

    def fail_afterwards(name: str) -> None:
        if shelf.written:
            raise CatalogError("HTTP 503")

    shelf.on_reread = fail_afterwards
    result = applied(shelf, plan)
    assert outcomes(result) == {"a1": "unknown"}
    assert messages(result) == {"a1": "written, but could not be read back: HTTP 503"}


def test_what_cannot_be_read_before_is_not_written() -> None:
    shelf = Shelf(a1={"description": "old"})
    plan = planned(shelf, a1={"description": "new"})

    def fail(name: str) -> None:
        raise CatalogError("HTTP 503")

    shelf.on_reread = fail
    assert (outcomes(applied(shelf, plan)), shelf.written) == ({"a1": "failed"}, [])


def test_an_object_with_a_refused_field_is_left_alone() -> None:
    shelf = Shelf(a1={"description": "old", "tags": ()})
    plan = planned(shelf, a1={"description": "new", "tags": Members(("A",))})
    (change,) = plan.changes
    fields = (change.fields[0], change.fields[1].refused("Tag A not found"))
    plan = Plan(changes=(Change(change.address, change.action, fields),), catalogs=plan.catalogs)
    result = applied(shelf, plan)
    assert {each.path: each.message for each in result.changes[0].fields} == {
        "description": "another field of this object was refused",
        "tags": "Tag A not found",
    }
    assert result.changes[0].verdict is Verdict.REFUSED
    assert (outcomes(result), shelf.written) == ({"a1": "skipped"}, [])


def test_a_vote_is_applied_only_by_the_principal_of_the_plan() -> None:
    shelf = Shelf(a1={"vote": "unVoted", "description": "old"})
    plan = planned(shelf, a1={"vote": "votedUp", "description": "new"})
    shelf.principal = "somebody"
    result = applied(shelf, plan)
    by_path = {each.path: each for each in result.changes[0].fields}
    assert by_path["description"].outcome is Outcome.APPLIED
    assert by_path["vote"].outcome is Outcome.SKIPPED
    assert by_path["vote"].message == "planned for bot, but the token is that of somebody"


def test_every_change_has_an_outcome_after_a_stop() -> None:
    names = [f"a{number:03}" for number in range(100)]
    shelf = Shelf(**{name: {"description": "old"} for name in names})
    plan = planned(shelf, **{name: {"description": "new"} for name in names})

    async def run() -> Plan:
        stop = asyncio.Event()
        shelf.on_write = lambda name: stop.set()
        return await reconcile.apply(plan, {"shelf": shelf}, journal=Notes(), stop=stop)

    ended = outcomes(asyncio.run(run()))
    assert ended.keys() == set(names)
    assert set(ended.values()) == {"applied", "skipped"}
    assert sorted(shelf.written) == sorted(n for n, each in ended.items() if each == "applied")


def test_every_change_has_an_outcome_after_a_cut() -> None:
    names = [f"a{number:03}" for number in range(100)]
    shelf = Shelf(**{name: {"description": "old"} for name in names})
    plan = planned(shelf, **{name: {"description": "new"} for name in names})

    async def run() -> Plan:
        task = asyncio.ensure_future(reconcile.apply(plan, {"shelf": shelf}, journal=Notes()))
        shelf.on_write = lambda name: task.cancel()
        return await task

    ended = outcomes(asyncio.run(run()))
    assert ended.keys() == set(names)
    assert {"unknown", "skipped"} <= set(ended.values())


def test_each_keeps_the_order_and_the_limit() -> None:
    running, most = 0, 0

    async def work(number: int) -> int:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0)
        running -= 1
        return number * 2

    assert asyncio.run(reconcile.each(work, range(20), 3)) == [n * 2 for n in range(20)]
    assert most == 3


def test_nothing_goes_on_behind_an_unexpected_failure() -> None:
    done = []

    async def work(number: int) -> None:
        if number == 0:
            raise RuntimeError("a bug")
        await asyncio.sleep(0.01)
        done.append(number)

    with pytest.raises(RuntimeError, match="a bug"):
        asyncio.run(reconcile.each(work, range(5), 5))
    assert done == []
