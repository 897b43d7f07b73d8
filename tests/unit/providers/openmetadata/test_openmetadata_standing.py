"""Which objects are written as the plan saw them, and which are read again first."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from functools import partial
from typing import Any

import msgspec
import pytest

from catalogctl.errors import Unreachable
from catalogctl.model import Action, Address, Change, FieldChange, Observed
from catalogctl.providers.openmetadata.api import Api, Live
from catalogctl.providers.openmetadata.kinds import KINDS
from catalogctl.providers.openmetadata.standing import QUIET, Standing
from catalogctl.providers.openmetadata.wire import Column, Entity

NOW = 2_000_000_000.0
LABEL = {"tagFQN": "A.b", "source": "Classification", "labelType": "Manual", "href": "http://x"}


class Served(Api):
    """A server of which nothing is known but whether patches can be conditional."""

    def __init__(self, conditional: bool | None) -> None:
        self.conditional = conditional


def address(name: str = "a.b.c.t", kind: str = "Table") -> Address:
    return Address("om", kind, name)


def change(where: Address, *paths: str) -> Change:
    fields = tuple(FieldChange(path, before="old", after="new") for path in paths)
    return Change(where, Action.UPDATE, fields)


def entity(name: str = "a.b.c.t", **more: Any) -> Entity:
    known = {"updatedAt": int((NOW - QUIET) * 1000), "version": 0.3, "columns": (Column("c"),)}
    return Entity("1", name, **{**known, **more})


def noted(
    found: Entity, where: Address | None = None, *, conditional: bool | None = True, **row: Any
) -> Standing:
    standing = Standing(Served(conditional))
    content = msgspec.Raw(msgspec.json.encode({"tags": [LABEL], **row}))
    standing.note_row(KINDS["Table"], where or address(), found, content, NOW)
    return standing


def taken(standing: Standing, asked: Change) -> tuple[Observed, bool]:
    """What the writer gets, and whether the object was read for it."""
    reads = []

    async def read() -> Observed:
        reads.append(asked.address)
        return Observed(asked.address)

    return asyncio.run(standing.observed(asked, read)), bool(reads)


def test_an_object_that_has_been_quiet_is_as_the_plan_saw_it() -> None:
    observed, was_read = taken(noted(entity()), change(address(), "description", "vote"))
    assert not was_read
    assert observed.fields == {"description": "old", "vote": "old"}
    live = observed.handle
    assert isinstance(live, Live)
    assert live.unread
    assert live.raw == {"version": 0.3, "tags": [LABEL]}
    assert live.entity.columns == ()


@pytest.mark.parametrize(
    "more",
    [{"updatedAt": int((NOW - QUIET + 1) * 1000)}, {"updatedAt": 0}],
    ids=["changed lately", "nobody says when it changed"],
)
def test_what_may_have_changed_within_its_version_is_read(more: Mapping[str, int]) -> None:
    assert taken(noted(entity(**more)), change(address(), "description"))[1]


@pytest.mark.parametrize("path", ["columns.c.description", "followers", "vote"])
def test_without_a_patch_there_is_no_condition(path: str) -> None:
    assert taken(noted(entity()), change(address(), path))[1]


def test_topics_are_read_since_their_rows_need_everything() -> None:
    topic = address("kafka.events", "Topic")
    assert taken(noted(entity(), topic), change(topic, "description"))[1]


def test_objects_that_the_plan_did_not_see_are_read() -> None:
    assert taken(noted(entity()), change(address("a.b.c.other"), "description"))[1]


def test_an_object_is_written_unread_once() -> None:
    standing = noted(entity())
    assert not taken(standing, change(address(), "description"))[1]
    assert taken(standing, change(address(), "description"))[1]


def test_where_nothing_is_conditional_everything_is_read() -> None:
    assert taken(noted(entity(), conditional=False), change(address(), "description"))[1]


def test_labels_that_cannot_be_understood_are_read_again() -> None:
    assert taken(noted(entity(), tags="A.b"), change(address(), "description"))[1]


@pytest.mark.parametrize("fails", [False, True])
def test_while_nobody_knows_one_reads_and_the_others_wait(fails: bool) -> None:
    api = Served(None)
    standing = Standing(api)
    places = [address(f"a.b.c.t{number}") for number in range(5)]
    row = msgspec.Raw(b'{"tags": []}')
    for place in places:
        standing.note_row(KINDS["Table"], place, entity(place.name), row, NOW)
    reads: list[str] = []

    async def read(place: Address) -> Observed:
        reads.append(place.name)
        await asyncio.sleep(0)
        if fails and len(reads) == 1:
            raise Unreachable("no answer", catalog="om")
        api.conditional = True
        return Observed(place)

    async def everyone() -> list[Observed | BaseException]:
        works = [standing.observed(change(place, "tags"), partial(read, place)) for place in places]
        return await asyncio.gather(*works, return_exceptions=True)

    found = asyncio.run(everyone())
    assert reads == [place.name for place in places[: 1 + fails]]
    assert [isinstance(each, BaseException) for each in found] == [fails, *[False] * 4]
