"""Who moved a field, by the versions of an object."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders import field_change, set_change
from catalogctl.model import FieldChange, Moved
from catalogctl.providers.openmetadata import history, wire
from catalogctl.providers.openmetadata.mapping import OpenMetadataRules

RECORDED = Path(__file__).parents[3] / "wire" / "openmetadata-1.6"
START = 1_795_000_000_000
HOUR = 3_600_000


def version(number: int, by: str, changed: Iterable[str] | None = None, **fields: Any) -> Any:
    """The version 0.`number`, written so many hours after the start.

    `changed` is what it says of its changes; nothing if None.
    """
    said = None
    if changed is not None:
        entries = [{"name": name} for name in changed]
        said = {"fieldsUpdated": entries, "previousVersion": round((number - 1) / 10, 1)}
    return {
        "id": "t1",
        "fullyQualifiedName": "a.b.c.t",
        "version": round(number / 10, 1),
        "updatedBy": by,
        "updatedAt": START + number * HOUR,
        **({"changeDescription": said} if said else {}),
        **fields,
    }


def at(number: int) -> str:
    moment = datetime.fromtimestamp((START + number * HOUR) / 1000, timezone.utc)
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"


def tell(versions: Sequence[Any], *fields: FieldChange, own: str | None = None) -> Any:
    """The answers to versions that are given oldest first."""
    newest_first = [msgspec.convert(each, wire.Version) for each in reversed(versions)]
    told = history.tell(newest_first, fields, own, OpenMetadataRules().key)
    return told[fields[0].path] if len(fields) == 1 else told


def label(name: str, kind: str = "Manual") -> dict[str, str]:
    return {"tagFQN": name, "source": "Classification", "labelType": kind, "state": "Confirmed"}


def term(name: str) -> dict[str, str]:
    return {"tagFQN": name, "source": "Glossary", "labelType": "Manual", "state": "Confirmed"}


def user(name: str, **more: Any) -> dict[str, Any]:
    return {"id": f"id-{name}", "type": "user", "name": name, **more}


# -- the law


authors = st.sampled_from(["alice", "bob", "carol"])
texts = st.sampled_from([None, "", "one", "two"])
names = st.frozensets(st.sampled_from(["A.One", "A.Two", "A.Three"]))
writes = st.lists(st.tuples(authors, texts, names, texts), min_size=1, max_size=8)


@given(writes)
def test_the_author_is_the_one_who_moved_the_value_last(writes: list[Any]) -> None:
    """For a text, a column's text and each tag alike; texts that mean the same did not move."""
    versions = []
    past: tuple[Any, ...] = ()
    for number, (by, text, tags, column) in enumerate(writes, 1):
        now = (text or "", tags, column or "")
        wire_names = ("description", "tags", "columns.id.description")
        differs = zip(wire_names, now, past, strict=False)
        changed = [name for name, one, other in differs if one != other]
        fields = {
            "description": text,
            "tags": [label(name) for name in sorted(tags)],
            "columns": [{"name": "id", "description": column}],
        }
        versions.append(version(number, by, changed if past else None, **fields))
        past = now

    def last(value: Any) -> tuple[str, str] | None:
        """Who made it what it is in the end; None if it never was anything else than empty."""
        values = [value(write) for write in writes]
        first = max((n for n in range(1, len(values)) if values[n] != values[n - 1]), default=0)
        return (writes[first][0], at(first + 1)) if first or values[0] else None

    _, text, tags, column = writes[-1]
    told = tell(
        versions,
        field_change("description", text, "declared"),
        field_change("columns.id.description", column, "declared"),
    )
    for path, index in (("description", 1), ("columns.id.description", 3)):
        moved, expected = told[path], last(lambda write, at=index: write[at] or "")
        assert (moved.by, moved.at) == (expected or (None, None))
    for name in ("A.One", "A.Two", "A.Three"):
        change = set_change(removed=(name,)) if name in tags else set_change(added=(name,))
        moved = tell(versions, change)
        assert (moved.by, moved.at) == (
            last(lambda write, tag=name: tag in write[2]) or (None,) * 2
        )


# -- texts


def test_a_text_is_followed_back_to_the_version_that_brought_it() -> None:
    versions = [
        version(1, "admin", description="declared"),
        version(2, "alice", ["description"], description="hers"),
        version(3, "bob", ["displayName"], description="hers\n", displayName="B"),
    ]
    assert tell(versions, field_change(before="hers\n")) == Moved("alice", at(2))


def test_what_was_so_from_the_beginning_is_by_the_creator() -> None:
    versions = [version(1, "admin", description="x"), version(2, "bob", ["tags"], description="x")]
    moved = tell(versions, field_change(before="x"))
    assert moved == Moved("admin", at(1), "so since the object was created")


def test_what_never_was_is_by_nobody() -> None:
    moved = tell([version(1, "admin")], field_change(before=None))
    assert (moved.by, moved.at) == (None, None)
    assert moved.note.startswith("the history does not show it; the object was last changed by adm")


def test_what_the_newest_version_does_not_hold_is_not_shown() -> None:
    versions = [version(1, "admin"), version(2, "bob", ["description"], description="later")]
    moved = tell(versions, field_change(before="seen before"))
    assert moved == Moved(
        note=f"the history does not show it; the object was last changed by bob at {at(2)}"
    )


def test_who_wrote_the_next_version_is_not_blamed_for_what_went_without_a_write() -> None:
    versions = [
        version(1, "admin", tags=[label("A.One")]),
        version(2, "bob", ["description"], description="x"),
    ]
    moved = tell(versions, set_change(added=("A.One",)))
    assert (moved.by, moved.at) == (None, None)
    assert "came between the versions 0.1 and 0.2" in moved.note


@pytest.mark.parametrize("said", [None, []], ids=["nothing", "no change"])
def test_a_version_that_does_not_say_what_it_changed_is_believed_by_its_values(said: Any) -> None:
    versions = [version(1, "admin"), version(2, "bob", said, description="x")]
    assert tell(versions, field_change(before="x")) == Moved("bob", at(2))


def test_words_of_an_earlier_version_do_not_count() -> None:
    versions = [
        version(1, "admin"),
        version(2, "alice", ["tags"], tags=[label("A.One")]),
        version(3, "bob", tags=[label("A.One")], description="x")
        | {"changeDescription": {"fieldsAdded": [{"name": "tags"}], "previousVersion": 0.1}},
    ]
    assert tell(versions, field_change(before="x")) == Moved("bob", at(3))


def test_the_tool_s_own_user_is_told_from_others() -> None:
    versions = [version(1, "admin"), version(2, "bot", ["description"], description="x")]
    moved = tell(versions, field_change(before="x"), own="bot")
    assert moved == Moved("bot", at(2), "by this tool's own user")


# -- writes that are folded together


def test_before_2_0_several_changes_in_a_version_leave_its_time_open() -> None:
    versions = [
        version(1, "admin"),
        version(2, "bob", ["description", "displayName"], description="x", displayName="X"),
    ]
    moved = tell(versions, field_change(before="x"))
    assert moved == Moved("bob", at(2), f"among several changes of that user up to {at(2)}")


@pytest.mark.parametrize(("last", "folded"), [(0.1, False), (0.2, True)])
def test_since_2_0_a_version_says_whether_it_is_folded(last: float, folded: bool) -> None:
    newest = version(2, "bob", ["description", "displayName"], displayName="x", description="x")
    newest["incrementalChangeDescription"] = {"previousVersion": last}
    moved = tell([version(1, "admin"), newest], field_change("displayName", before="x"))
    assert (moved.by, bool(moved.note)) == ("bob", folded)


def test_the_time_that_a_server_keeps_of_a_text_is_better_than_the_version_s() -> None:
    newest = version(2, "bob", ["description", "displayName"], description="x")
    note = {"changedBy": "bob", "changedAt": START + HOUR}
    newest["changeDescription"]["changeSummary"] = {"description": note}
    moved = tell([version(1, "admin"), newest], field_change(before="x"))
    assert moved == Moved("bob", at(1))
    note["changedAt"] = START + 3 * HOUR  # of no use: after the version
    assert tell([version(1, "admin"), newest], field_change(before="x")).at == at(2)


# -- sets


def test_members_that_moved_apart_are_told_apart() -> None:
    versions = [
        version(1, "admin", tags=[label("A.One")]),
        version(2, "alice", ["tags"], tags=[]),
        version(3, "bob", ["tags"], tags=[label("A.Two")]),
        version(4, "bot", ["tags"], tags=[label("A.Two"), label("A.Three"), label("A.Four")]),
    ]
    change = set_change(
        added=("A.None", "A.One"), removed=("A.Four", "A.Three", "A.Two"), exact=True
    )
    moved = tell(versions, change, own="bot")
    assert (moved.by, moved.at) == ("bot", at(4))
    assert moved.note == (
        "that is of A.Four, A.Three; by this tool's own user; "
        f"A.Two: by bob at {at(3)}; A.One: by alice at {at(2)}; A.None: the history does not "
        f"show it; the object was last changed by bot at {at(4)}"
    )


def test_members_that_moved_together_are_told_once() -> None:
    versions = [
        version(1, "admin", tags=[label("Tier.Tier1")]),
        version(2, "bob", ["tags"], tags=[label("Tier.Tier2")]),
    ]
    change = set_change(added=("Tier.Tier1",), removed=("Tier.Tier2",))
    assert tell(versions, change) == Moved("bob", at(2))


def test_tags_terms_and_derived_labels_are_told_apart() -> None:
    versions = [
        version(1, "admin"),
        version(2, "alice", ["tags"], tags=[label("A.One", "Derived"), term("B.One")]),
        version(3, "bob", ["tags"], tags=[label("A.One"), term("B.One")]),
    ]
    told = tell(
        versions,
        set_change("tags", removed=("A.One",)),
        set_change("glossaryTerms", removed=("B.One",)),
    )
    assert told == {"tags": Moved("bob", at(3)), "glossaryTerms": Moved("alice", at(2))}


def test_owners_and_domains_of_older_servers_are_understood() -> None:
    sales, books = ({"id": n, "type": "domain", "fullyQualifiedName": n} for n in ("S", "B"))
    versions = [
        version(1, "admin", owner=user("Dave"), domain=sales),
        version(2, "alice", ["tags"], owner=user("Dave"), domain=sales),
        version(3, "bob", ["owners"], owners=[user("erin")], domain=sales),
        version(4, "carol", ["domain"], owners=[user("erin")], domain=books),
    ]
    told = tell(
        versions,
        set_change("owners", added=("user:dave",), removed=("user:erin",)),
        set_change("domains", added=("S",), removed=("B",)),
    )
    assert told == {"owners": Moved("bob", at(3)), "domains": Moved("carol", at(4))}


def test_an_inherited_owner_that_went_is_nobody_s_write() -> None:
    versions = [
        version(1, "admin", owners=[user("dave", inherited=True)]),
        version(2, "bob", ["description"], description="x"),
    ]
    assert tell(versions, set_change("owners", added=("user:dave",))).by is None


# -- columns


@pytest.mark.parametrize("above", ["columns.address.", "columns."])
def test_nested_columns_are_known_by_their_whole_path_and_by_their_bare_name(above: str) -> None:
    def column(text: str) -> list[Any]:
        return [{"name": "address", "children": [{"name": "geo.lat", "description": text}]}]

    versions = [
        version(1, "admin", columns=column("a")),
        version(2, "bob", [f'{above}"geo.lat".description'], columns=column("b")),
    ]
    path = 'columns.address."geo.lat".description'
    assert tell(versions, field_change(path, before="b")) == Moved("bob", at(2))


def test_labels_of_a_column_are_followed() -> None:
    versions = [
        version(1, "admin", columns=[{"name": "id", "tags": [term("B.One")]}]),
        version(2, "bob", ["columns.id.tags"], columns=[{"name": "id"}]),
    ]
    assert tell(versions, set_change("columns.id.glossaryTerms", added=("B.One",))).by == "bob"


def test_who_took_a_column_away_is_told() -> None:
    versions = [
        version(1, "admin", columns=[{"name": "id"}, {"name": "email"}]),
        version(2, "bob", ["columns"], columns=[{"name": "id"}]),
        version(3, "alice", ["description"], columns=[{"name": "id"}]),
    ]
    told = tell(
        versions,
        field_change("columns.email.description", None, "declared"),
        field_change("columns.email.tags", None, ("A.One",)),
    )
    assert set(told.values()) == {Moved("bob", at(2))}


def test_who_deleted_the_object_is_told() -> None:
    versions = [
        version(1, "admin", description="x"),
        version(2, "bob", ["deleted"], description="x", deleted=True),
    ]
    assert tell(versions, field_change("name", None, "a.b.c.t")) == Moved("bob", at(2))


# -- how far back


def test_no_more_versions_are_taken_than_are_needed() -> None:
    def versions() -> Any:
        yield msgspec.convert(version(9, "bob", ["description"], description="x"), wire.Version)
        yield msgspec.convert(version(8, "admin", ["tags"]), wire.Version)
        raise AssertionError("one too many")

    key = OpenMetadataRules().key
    told = history.tell(versions(), [field_change(before="x")], None, key)
    assert told["description"].by == "bob"


def test_a_long_history_is_not_walked_to_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history, "LONGEST", 3)
    versions = [version(number, "bob", ["tags"], description="x") for number in range(1, 6)]
    moved = tell(versions, field_change(before="x"))
    assert moved == Moved(note="it was longer ago than version 0.3, the oldest that was looked at")


def test_a_history_that_was_trimmed_is_not_taken_for_the_creation() -> None:
    moved = tell([version(7, "bob", ["tags"], description="x")], field_change(before="x"))
    assert moved.by is None
    assert "longer ago than version 0.7" in moved.note


# -- as recorded


def test_a_recorded_history_tells_who_it_was() -> None:
    lines = (RECORDED / "07_versions_consolidation_put_delete.jsonl").read_text("utf-8")
    calls = [json.loads(line) for line in lines.splitlines()]
    answer = next(call["response"]["json"] for call in calls if call["title"] == "versions")
    texts = msgspec.convert(answer, wire.History).versions
    versions = [msgspec.json.decode(text, type=wire.Version) for text in texts]
    told = history.tell(
        versions,
        [
            field_change("description", "d2", "declared"),
            set_change("tags", added=("Env.Dev", "PII.Sensitive")),
        ],
        "admin",
        OpenMetadataRules().key,
    )
    assert told["description"] == Moved("ingestion-bot", "2026-11-21T12:07:14Z")
    assert told["tags"].by == "admin"
    assert told["tags"].note == "by this tool's own user"
