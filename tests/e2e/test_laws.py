"""What must hold whatever the specs say."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

from catalogctl import planfile
from e2e.project import Project, is_harmless
from e2e.shop import BOOKS, CUSTOMERS, LEDGER, ODD_NAMES, ORDERS

ALLOW = ("--allow", "mass-change", "--allow", "mass-removal", "--allow", "protected-tag")
TABLES = (ORDERS, CUSTOMERS, LEDGER, BOOKS, *ODD_NAMES)

few = settings(
    max_examples=8,
    phases=(Phase.explicit, Phase.generate),  # an example takes a while: none is made smaller
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

# -- texts

AWKWARD = [
    "", " ", "  two", ",", '"', '""', '"quoted"', "it's", ";", "a;b", "\n", "\r\n", "\r", "\t",
    "# Title", "* item", "| a | b |", "[link](https://example.com)", "`code`", "<b>bold</b>",
    "<!-- no -->", "&amp;", "=SUM(A1)", "+1", "-1", "@here", "#NAME?", "😀", "👩‍👩‍👧", "магазин",
    "e\u0301", "\u202e", "\u200b", "\ufeff", "\\", "\\n", "%20", "{{x}}", "null", "true", "1.10",
    "::error::no", "trailing   ", "\xa0",
]  # fmt: skip
# YAML holds no others, and a spec that tries is refused.
characters = st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"])
texts = st.lists(
    st.one_of(
        st.sampled_from(AWKWARD),
        st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"])),
    ),
    min_size=1,
    max_size=5,
).map("".join)
TEXT_PATHS = (
    "description",
    "displayName",
    "columns.id.description",
    "columns.note.displayName",
    "columns.note.description",
    "columns.email.description",  # by patch: a robot's label
    "columns.amount.description",  # by patch: a Tier
    "columns.address.zip.description",
    'columns.address."geo.lat".description',
)


def _declare(project: Project, table: str, fields: dict[str, Any]) -> None:
    """Flat field paths as a spec."""
    body: dict[str, Any] = {}
    for path, value in fields.items():
        if path.startswith("columns."):
            column, _, field = path[len("columns.") :].rpartition(".")
            body.setdefault("columns", {}).setdefault(column, {})[field] = value
        else:
            body[path] = value
    project.declare(table, **body)


def _held(project: Project, table: str, path: str) -> str:
    if not path.startswith("columns."):
        return project.table(table).get(path) or ""
    column, _, field = path[len("columns.") :].rpartition(".")
    return project.columns(table)[column].get(field) or ""


@few
@given(st.tuples(*[texts] * len(TEXT_PATHS)))
@example(tuple(AWKWARD[: len(TEXT_PATHS)]))
@example(("a\r\n\r\nb", " lead", "trail ", "=1+1", "#x", 'a,"b"\r\nc', ";", "\r", "\n\n x \n y"))
def test_any_text_comes_back_byte_for_byte(project: Project, wanted: tuple[str, ...]) -> None:
    fields = dict(zip(TEXT_PATHS, wanted, strict=True))
    _declare(project, ORDERS, fields)
    project.apply(*ALLOW)
    for path, text in fields.items():
        assert _held(project, ORDERS, path) == text.rstrip("\n"), path
    assert project.plan().json["changes"] == []


# -- whole specs

LEVELS = ["Level.Internal", "Level.Public"]
tags = st.builds(
    lambda level, pii, tier, only: sorted({*level, *pii, *tier, *only}),
    st.lists(st.sampled_from(LEVELS), max_size=2, unique=True),
    st.lists(st.sampled_from(["PII.Sensitive", "PII.None"]), max_size=1),
    st.lists(st.sampled_from(["Tier.Tier1", "Tier.Tier4"]), max_size=1),
    st.lists(st.sampled_from(["Only.One", "Only.Two"]), max_size=1),
)
terms = st.lists(st.sampled_from(["Business.Customer", "Business.Order"]), unique=True)
owners = st.one_of(
    st.sampled_from([["team:data"], ["team:finance"]]),
    st.lists(st.sampled_from(["user:alice", "user:dave", "user:erin"]), unique=True),
)
users = st.lists(st.sampled_from(["alice", "bob", "dave", "erin"]), unique=True)


def sets(names: st.SearchStrategy[list[str]]) -> st.SearchStrategy[Any]:
    return st.one_of(names, names.map(lambda given: {"only": given}))


short = st.sampled_from(["", "New text.", 'One,\r\n"two"', "=3; # 🎉"])
of_column = {
    "description": short,
    "displayName": short,
    "tags": sets(tags),
    "glossaryTerms": sets(terms),
}
COLUMNS = {
    ORDERS: ["id", "email", "amount", "customer", "address.zip", 'address."geo.lat"'],
    CUSTOMERS: ["email"],
    LEDGER: ["sum"],
    BOOKS: ["id"],
    ODD_NAMES[0]: ['"api.id"', "title"],
    ODD_NAMES[1]: ["shop(id)", "name, quoted"],
    ODD_NAMES[2]: ["имя"],
}


def specs_of(table: str) -> st.SearchStrategy[dict[str, Any]]:
    columns = st.dictionaries(
        st.sampled_from(COLUMNS[table]),
        st.fixed_dictionaries({}, optional=of_column),
        max_size=3,
    )
    return st.fixed_dictionaries(
        {},
        optional={
            "description": short,
            "displayName": short,
            "tags": sets(tags),
            "glossaryTerms": sets(terms),
            "owners": sets(owners),
            "domains": sets(st.lists(st.sampled_from(["Sales", "Finance"]), max_size=1)),
            "followers": sets(users),
            "vote": st.sampled_from(["votedUp", "votedDown", "unVoted"]),
            "columns": columns,
        },
    )


whole = st.fixed_dictionaries({table: specs_of(table) for table in TABLES})


def _state(project: Project) -> dict[str, Any]:
    return {table: project.table(table) for table in TABLES}


@few
@given(whole)
def test_a_plan_is_carried_out_once_and_then_there_is_nothing_left(
    project: Project, declared: dict[str, dict[str, Any]]
) -> None:
    project.sandbox.reset()
    for table, fields in declared.items():
        project.declare(table, **fields)
    before = {table: project.columns(table) for table in TABLES}

    planned = project.plan("--out", "plan.json", *ALLOW)
    assert all(is_harmless(each) for each in project.requests())
    assert project.plan(*ALLOW).out == planned.out
    saved = (project.root / "plan.json").read_text(encoding="utf-8")
    assert saved == planned.out
    assert planfile.dumps(planfile.loads(saved, "plan.json")) == saved

    from_specs = project.apply(*ALLOW)
    assert set(from_specs.outcomes.values()) <= {"applied"}
    state = _state(project)
    assert project.plan().json["changes"] == []
    assert project.apply().json["changes"] == []
    assert project.writes() == []

    for table, columns in before.items():
        named = declared[table].get("columns", {})
        after = project.columns(table)
        assert list(after) == list(columns)
        for path in columns.keys() - named.keys():
            assert after[path] == columns[path], (table, path)
        for path in named:
            kept = _undeclared(columns[path], named[path])
            assert _undeclared(after[path], named[path]) == kept, (table, path)

    project.sandbox.reset()
    if planned.json["changes"]:
        project.apply("plan.json")
    assert _state(project) == state


def _undeclared(column: dict[str, Any], declared: dict[str, Any]) -> dict[str, Any]:
    """What of a column nobody asked to change. A text that is missing and an empty one are one."""
    kept = {
        key: value
        for key, value in column.items()
        if key != "tags" and key not in declared and value != ""
    }
    sources = {"tags": "Classification", "glossaryTerms": "Glossary"}
    free = {source for field, source in sources.items() if field not in declared}
    kept["labels"] = [
        {key: value for key, value in label.items() if key != "appliedBy"}
        for label in column.get("tags") or []
        if label["source"] in free and label["labelType"] != "Derived"
    ]
    return kept


def test_what_no_spec_names_stays_as_it_was_down_to_label_types(project: Project) -> None:
    before = project.table(ORDERS)
    columns = project.columns(ORDERS)
    assert columns["email"]["tags"][0]["labelType"] == "Automated"
    project.declare(
        ORDERS,
        columns={
            "id": {"description": "New."},
            "address.zip": {"tags": ["Level.Public"]},
        },
    )
    project.apply(*ALLOW)
    after = project.columns(ORDERS)
    for path in columns.keys() - {"id", "address.zip"}:
        assert after[path] == columns[path]
    now = project.table(ORDERS)
    assert {key: now[key] for key in now if key != "columns"} == {
        key: before[key] for key in before if key != "columns"
    }


def test_a_robot_s_label_and_a_tier_survive_a_change_of_their_own_column(
    project: Project,
) -> None:
    columns = project.columns(ORDERS)
    project.declare(
        ORDERS,
        columns={
            "email": {"description": "New.", "tags": ["Level.Public"]},
            "amount": {"description": "New.", "glossaryTerms": ["Business.Order"]},
            "tail": {"description": "New.", "tags": ["Level.Public"]},
        },
    )
    project.apply(*ALLOW)
    after = project.columns(ORDERS)
    for path in ("email", "amount", "tail"):
        kept = columns[path]["tags"][0]
        assert kept in [
            {key: value for key, value in label.items() if key in kept}
            for label in after[path]["tags"]
        ]
        assert len(after[path]["tags"]) > 1


@pytest.mark.parametrize("change", ["table", "column"])
def test_an_inherited_owner_stays_inherited(project: Project, change: str) -> None:
    inherited = project.table(LEDGER)["owners"]
    assert inherited[0]["inherited"] is True
    fields: dict[str, Any] = {"description": "New."}
    if change == "column":
        fields = {"columns": {"sum": fields}}
    project.declare(LEDGER, **fields)
    project.apply()
    assert project.table(LEDGER)["owners"] == inherited
    assert project.plan().json["changes"] == []


def test_tables_with_names_that_need_care_are_managed_like_any_other(project: Project) -> None:
    for number, name in enumerate(ODD_NAMES):
        first = COLUMNS[name][0]
        project.declare(
            name,
            description=f"Text {number}, with a comma.",
            tags=["Level.Public"],
            owners=["team:data"] if number else ["user:dave", "user:erin"],
            followers=["alice", "dave"],
            vote="votedDown" if number else "votedUp",
            columns={first: {"description": f'Column "{number}"', "tags": ["PII.None"]}},
        )
    planned = project.plan().json
    assert [change["address"] for change in planned["changes"]] == sorted(
        "Table/" + name.replace("/", "%2F") for name in ODD_NAMES
    )
    first_column = [path for path in (COLUMNS[name][0] for name in ODD_NAMES)]
    assert {field["path"] for change in planned["changes"] for field in change["fields"]} == {
        "description", "tags", "owners", "followers", "vote",
        *(f"columns.{path}.{field}" for path in first_column for field in ("description", "tags")),
    }  # fmt: skip
    project.apply()
    assert project.plan().json["changes"] == []
    for number, name in enumerate(ODD_NAMES):
        assert project.table(name)["description"] == f"Text {number}, with a comma."
        assert project.columns(name)[COLUMNS[name][0]]["description"] == f'Column "{number}"'


def test_the_order_of_files_and_keys_does_not_show_in_the_plan(project: Project) -> None:
    fields = {"description": "New.", "tags": ["Level.Public"], "followers": ["dave", "alice"]}
    project.write("a.yaml", json.dumps({"kind": "Table", "name": ORDERS, **fields}))
    project.write("b.yaml", json.dumps({"kind": "Table", "name": CUSTOMERS, **fields}))
    one = project.plan().json
    project.write("b.yaml", json.dumps({**fields, "name": ORDERS, "kind": "Table"}))
    project.write("a.yaml", json.dumps({**fields, "name": CUSTOMERS, "kind": "Table"}))
    other = project.plan().json
    for plan in (one, other):
        del plan["digest"]
        for change in plan["changes"]:
            for field in change["fields"]:
                del field["source"]
    assert one == other
