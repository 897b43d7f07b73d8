"""How much is asked to know how tables are, and that nothing depends on what is inferred."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalogctl.model import Address, Members, Observed
from catalogctl.providers.alation import reading
from catalogctl.providers.alation.api import Api
from catalogctl.providers.alation.reading import FEW, FEW_SCHEMAS, Reading, by_data_source
from unit.providers.alation.fake import ALL_OF, ANY_OF, LAST, NOTHING, Fake, column, table

MEANINGS = st.sampled_from([ANY_OF, LAST, ALL_OF, NOTHING])
DECLARED = {"table": "x", "columns": Members(("id",))}


def catalog(tables: int, schemas: int = 1, **options: Any) -> Fake:
    """Tables t0, t1, … in turn in schemas s0, s1, …, each with two columns."""
    rows = [table(id, f"t{id}", f"s{id % schemas}") for id in range(tables)]
    columns = [
        column(2 * row["id"] + number, row, name)
        for row in rows
        for number, name in enumerate(("id", "total"))
    ]
    return Fake(rows, columns, **options)


def look(fake: Fake, names: list[tuple[str, str]], declared: Any = None) -> list[Observed]:
    wanted = [
        (Address("a", "TableSync", f"8/{schema}/{name}"), declared or DECLARED)
        for schema, name in names
    ]

    async def work(api: Api) -> list[Observed]:
        return await Reading(api).look(wanted)

    found = fake.run(work)
    assert [each.address for each in found] == [address for address, _ in wanted]
    return found


@given(
    several=st.fixed_dictionaries({"name__iexact": MEANINGS, "table_id": MEANINGS}),
    wanted=st.sets(st.integers(0, 80), min_size=1, max_size=70),
    tables=st.integers(1, 80),
    schemas=st.integers(1, 13),
    cap=st.sampled_from([7, 1000]),
)
def test_each_table_is_seen_as_it_is_whatever_a_repeated_filter_means(
    several: dict[str, str], wanted: set[int], tables: int, schemas: int, cap: int
) -> None:
    fake = catalog(tables, schemas, several=several, cap=cap)
    names = [(f"s{id % schemas}", f"T{id}") for id in sorted(wanted)]
    for id, seen in zip(sorted(wanted), look(fake, names), strict=True):
        assert seen.exists == (id < tables)
        if seen.exists:
            assert seen.fields["columns"] == ("id", "total")
        else:
            assert seen.creatable


def test_a_few_tables_are_one_request_and_their_columns_another() -> None:
    fake = catalog(5000, 3)
    look(fake, [(f"s{id % 3}", f"t{id}") for id in range(FEW)])
    assert len(fake.calls("/table/")) == 1
    assert len(fake.calls("/column/")) == 1


def test_more_tables_are_listed_schema_by_schema() -> None:
    fake = catalog(3000, 3)
    look(fake, [(f"s{id % 2}", f"t{id}") for id in range(90) if id % 3 < 2], {"table": "x"})
    # two schemas of a thousand tables
    assert len(fake.calls("/table/")) <= 2 * 2
    assert fake.calls("/column/") == []


def test_tables_of_many_schemas_are_listed_all_at_once() -> None:
    schemas = FEW_SCHEMAS + 1
    fake = catalog(1500, schemas)
    look(fake, [(f"s{id % schemas}", f"t{id}") for id in range(200)], {"table": "x"})
    assert len(fake.calls("/table/")) == 2


def test_columns_follow_pages_and_not_tables() -> None:
    fake = catalog(1000)
    look(fake, [("s0", f"t{id}") for id in range(1000)])
    assert len(fake.calls("/table/")) == 1
    assert len(fake.calls("/column/")) == 1000 / reading.VALUES


def test_what_a_repeated_filter_means_is_learnt_once() -> None:
    fake = catalog(4000)

    async def work(api: Api) -> None:
        known = Reading(api)
        for names in (["t1", "t2"], [f"new{id}" for id in range(20)]):
            addresses = [Address("a", "TableSync", f"8/s0/{name}") for name in names]
            await known.look([(address, {"table": "x"}) for address in addresses])

    fake.run(work)
    assert len(fake.calls("/table/")) == 2


def test_names_from_far_away_do_not_make_an_endless_url() -> None:
    fake = catalog(1)
    look(fake, [("s0", "表" * 60 + str(id)) for id in range(40)])
    assert max(len(str(each.url)) for each in fake.asked) < 4000


@pytest.mark.parametrize(
    ("answer", "exists"),
    [
        ((200, {"id": 9}), True),
        ((200, {"id": 9, "is_gone": True}), False),
        ((200, {"id": 9, "deleted": True}), False),
        ((403, {"detail": "Admins only."}), True),
        ((404, {"detail": "Not found."}), False),
        ((400, {"detail": "No OCF data source."}), False),
    ],
)
def test_a_data_source_without_the_tables_is_looked_at(answer: Any, exists: bool) -> None:
    fake = Fake()
    fake.answers["GET /integration/v2/datasource/8/"] = answer
    (seen,) = look(fake, [("s0", "t0")])
    assert not seen.exists
    assert seen.creatable is exists
    if not exists:
        assert seen.missing[""] == "data source 8 is not there, or the token may not see it"


def test_a_native_data_source_is_found_in_the_older_list() -> None:
    fake = Fake()
    fake.answers["GET /integration/v2/datasource/8/"] = (404, {"detail": "Not found."})
    fake.answers["GET /integration/v1/datasource/"] = (200, [{"id": 3}, {"id": 8}])
    (seen,) = look(fake, [("s0", "t0")])
    assert seen.creatable


def test_a_schema_in_quotes_is_told_by_its_key() -> None:
    fake = Fake([table(1, "t", "a.b.c", key='8."a.b".c.t')])
    (seen,) = look(fake, [('"a.b".c', "t")], {"table": "t"})
    assert seen.exists


def test_what_is_wanted_is_read_data_source_by_data_source() -> None:
    addresses = [Address("a", "TableSync", f"{id}/s/t{n}") for n in range(2) for id in (9, 10, 8)]
    groups = by_data_source((address, {}) for address in addresses)
    assert [len(group) for group in groups] == [2, 2, 2]
    assert all(len({each.parts[0] for each, _ in group}) == 1 for group in groups)
