"""The fast way to find objects in sync says yes only where the comparison finds nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest
from hypothesis import event, given
from hypothesis import strategies as st

from catalogctl import diff, fqn
from catalogctl.groups import grouped
from catalogctl.model import Declared, Members
from catalogctl.providers.openmetadata.agreement import agrees
from catalogctl.providers.openmetadata.mapping import OpenMetadataRules, held_fields
from catalogctl.providers.openmetadata.wire import Column, Entity, Label, Reference, Votes

USER = "id-of-me"
TAGS = ("A.x", "A.y", "B.z", "Tier.Tier1")

texts = st.sampled_from(["", "a", "a\n", "b"])
shown = st.none() | texts
labels = st.lists(
    st.builds(
        Label,
        st.sampled_from(TAGS),
        source=st.sampled_from(["Classification", "Glossary"]),
        labelType=st.sampled_from(["Manual", "Derived", "Automated"]),
    ),
    max_size=3,
)
people = st.lists(
    st.builds(
        Reference,
        id=st.sampled_from([USER, "id-of-another"]),
        type=st.just("user"),
        name=st.sampled_from(["ann", "Ann", "bob"]),
        fullyQualifiedName=st.just("Sales"),
        inherited=st.booleans(),
        deleted=st.booleans(),
    ),
    max_size=2,
)


def columns(below: st.SearchStrategy[Sequence[Column] | None]) -> st.SearchStrategy[list[Column]]:
    column = st.builds(
        Column,
        st.sampled_from(["one", "two", "o.ne", "a.b", "a"]),
        displayName=shown,
        description=shown,
        tags=labels,
        children=below,
    )
    return st.lists(column, max_size=4)


entities = st.builds(
    Entity,
    id=st.just("1"),
    fullyQualifiedName=st.just("s.d.c.t"),
    displayName=shown,
    description=shown,
    columns=columns(st.none() | columns(st.none())),
    owners=people,
    tags=labels,
    domains=people,
    followers=people,
    votes=st.builds(Votes, people, people),
)

sets = st.builds(
    Members,
    st.lists(st.sampled_from([*TAGS, "user:ann", "ann", "Sales"]), unique=True, max_size=3).map(
        lambda names: tuple(sorted(names))
    ),
    st.booleans(),
)
OWN = ("tags", "glossaryTerms", "owners", "domains", "followers")


@st.composite
def declarations(draw: st.DrawFn, entity: Entity) -> dict[str, Declared]:
    """Much of what the object has, perhaps not quite, and some that it does not have."""
    names = ["nothing", "a.b", *(fqn.quote(column.name) for column in entity.columns)]
    names += [
        f"{fqn.quote(column.name)}.{fqn.quote(child.name)}"
        for column in entity.columns
        for child in column.children or ()
    ]
    paths = ["displayName", "description", "vote", *OWN]
    for name in names[draw(st.integers(0, 2)) :]:
        paths += [f"columns.{name}.{field}" for field in ("displayName", "description", "tags")]
    chosen = draw(st.lists(st.sampled_from(paths), unique=True, max_size=8))
    every: dict[str, Declared] = {
        path: Members(TAGS) if path.endswith("tags") or path in OWN else "" for path in chosen
    }
    held, _ = held_fields(entity, every, USER)
    declared: dict[str, Declared] = {}
    for path in chosen:
        value = held.get(path)
        if path.endswith("tags") or path in OWN:
            own = Members(value if isinstance(value, tuple) else (), draw(st.booleans()))
            declared[path] = draw(sets) if draw(st.integers(0, 7)) == 0 else own
        elif path == "vote":
            declared[path] = value if isinstance(value, str) else "unVoted"
        else:
            own_text = value if isinstance(value, str) else ""
            declared[path] = draw(texts) if draw(st.integers(0, 7)) == 0 else own_text
    return declared


@given(st.data())
def test_what_agrees_is_in_sync_with_every_base(data: st.DataObject) -> None:
    entity = data.draw(entities)
    declared = data.draw(declarations(entity))
    said = agrees(entity, grouped(declared), USER)
    event(f"agrees: {said}")
    if not said:
        return
    held, missing = held_fields(entity, declared, USER)
    base = data.draw(st.none() | st.dictionaries(st.sampled_from(list(declared) or ["x"]), sets))
    assert not missing
    assert diff.in_sync(declared, held, OpenMetadataRules(), base)
    assert diff.fields(declared, held, OpenMetadataRules(), base) == ()


ORDERS = Entity(
    id="1",
    fullyQualifiedName="s.d.c.orders",
    description="Orders.",
    owners=(Reference(type="user", name="ann"),),
    columns=(
        Column("id", description="Key."),
        Column("geo.lat", description="North.", tags=(Label("A.x"), Label("A.y"))),
        Column("address", children=(Column("zip", displayName="Zip"),)),
    ),
)
DECLARED: Mapping[str, Declared] = {
    "description": "Orders.",
    "owners": Members(("user:ann",)),
    "columns.id.description": "Key.",
    'columns."geo.lat".tags': Members(("A.x", "A.y"), only=True),
    "columns.address.zip.displayName": "Zip",
}


def test_an_object_that_has_exactly_what_is_declared_agrees() -> None:
    assert agrees(ORDERS, grouped(DECLARED), None)
    assert agrees(ORDERS, grouped({}), None)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("description", "Other."),
        ("owners", Members(())),
        ("columns.id.description", "Other."),
        ("columns.id.tags", Members(("A.x",))),
        ('columns."geo.lat".tags', Members(("A.x",), only=True)),
        ("columns.address.zip.displayName", "Other"),
        ("columns.geo.lat.description", "North."),
        ("columns.zip.displayName", "Zip"),
        ("columns.nothing.tags", Members(())),
    ],
)
def test_one_field_that_differs_or_is_of_no_column_is_no_agreement(
    path: str, value: Declared
) -> None:
    assert not agrees(ORDERS, grouped({**DECLARED, path: value}), None)


def test_a_column_that_is_there_twice_stands_for_no_other_one() -> None:
    twice = Entity(id="1", fullyQualifiedName="t", columns=(Column("a"), Column("a")))
    wanted = {"columns.a.tags": Members(()), "columns.b.tags": Members(())}
    assert not agrees(twice, grouped(wanted), None)
