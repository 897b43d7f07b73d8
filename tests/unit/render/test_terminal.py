"""A plan on a terminal: what people see, and what never reaches the terminal."""

from __future__ import annotations

import re
import time
import unicodedata
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from render_examples import ALL, BIG, EXAMPLES
from render_strategies import few, plans

from builders import change, field_change, plan, set_change
from catalogctl import planfile
from catalogctl.model import Plan
from catalogctl.render import terminal

Golden = Callable[[str, str], None]
OURS = re.compile(r"\x1b\[[0-9;]*m")


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_plan_reads_like_this(name: str, golden: Golden) -> None:
    golden(f"render/{name}.txt", terminal.plan(EXAMPLES[name], color=False))


def test_in_colour_it_reads_like_this(golden: Golden) -> None:
    shown = terminal.plan(BIG, color=True)
    golden("render/plan-colour.txt", shown.replace("\x1b", "ESC"))


def test_objects_in_sync_are_listed_when_asked_for(golden: Golden) -> None:
    golden("render/all.txt", terminal.plan(ALL, color=False, all_objects=True))
    assert "sample_kafka" not in terminal.plan(ALL, color=False)


def test_a_narrow_terminal_gets_wrapped_lines(golden: Golden) -> None:
    text = "The quick brown fox jumps over the lazy dog, 漢字漢字 and so on. " * 4
    wide = plan(change(field_change(before=None, after=text + "\n\nSecond line.")))
    golden("render/narrow.txt", terminal.plan(wide, color=False, width=60))


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_saved_plan_reads_as_the_plan_did(name: str) -> None:
    saved = planfile.loads(planfile.dumps(EXAMPLES[name]), "plan.json")
    assert terminal.plan(saved, color=True) == terminal.plan(EXAMPLES[name], color=True)


@pytest.mark.parametrize("color", [True, False])
def test_no_line_of_prose_is_wider_than_the_page(color: bool) -> None:
    prose = plan(change(field_change(before="old " * 60, after="old " * 30 + "new " * 60)))
    shown = OURS.sub("", terminal.plan(prose, color=color, width=60))
    assert max(len(line) for line in shown.splitlines()[2:-2]) in range(50, 61)


@few
@given(plans(), st.booleans(), st.integers(1, 200))
def test_any_plan_is_shown_and_no_control_character_reaches_the_terminal(
    anything: Plan, color: bool, width: int
) -> None:
    shown = terminal.plan(anything, color=color, width=width, all_objects=True)
    bare = OURS.sub("", shown) if color else shown
    for char in set(bare) - {"\n"}:
        assert unicodedata.category(char) not in ("Cc", "Cs", "Zl", "Zp")
        assert not "\u202a" <= char <= "\u202e"
        assert not "\u2066" <= char <= "\u2069"
    shown.encode()


@few
@given(plans(), st.booleans())
def test_no_line_is_a_workflow_command(anything: Plan, color: bool) -> None:
    shown = terminal.plan(anything, color=color)
    assert not any(line.lstrip().startswith("::") for line in OURS.sub("", shown).splitlines())
    assert "##[" not in shown


@few
@given(plans())
def test_the_last_line_is_the_summary(anything: Plan) -> None:
    last = terminal.plan(anything, color=False).splitlines()[-1]
    assert last.startswith("Applied: " if anything.applied else "Plan: ")


@few
@given(plans())
def test_the_same_plan_gives_the_same_text(anything: Plan) -> None:
    assert terminal.plan(anything, color=True) == terminal.plan(anything, color=True)


@few
@given(plans())
def test_colour_adds_nothing_but_colour(anything: Plan) -> None:
    for line in terminal.plan(anything, color=True).splitlines():
        assert line.count("\x1b[0m") * 2 == line.count("\x1b")


def test_thousands_of_objects_take_a_moment() -> None:
    text = "One row per client, taken from the shop every night by the loader of the team. " * 4
    many = plan(
        *(
            change(
                field_change(before=f"{text} {n}", after=text.replace("client", f"customer {n}")),
                set_change(added=("PII.Sensitive",), removed=("PII.None",)),
                field_change("displayName", f"Client {n}", f"Customer {n}"),
                identity=f"a.b.c.t{n}",
            )
            for n in range(2_000)
        )
    )
    started = time.process_time()
    terminal.plan(many, color=True)
    assert time.process_time() - started < 10
