"""The difference of two texts: what is marked, what is left out, and how long it may take."""

from __future__ import annotations

import random
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from render_strategies import texts

from catalogctl.render.words import Kind, Line, Shape, cut, lines, segments

MARKS = {Kind.KEPT: "{}", Kind.REMOVED: "[-{}-]", Kind.ADDED: "{{+{}+}}"}
some_texts = texts | st.text(alphabet="ab \n", max_size=40)


def shown(line: Line) -> str:
    marked = line.shape is Shape.MIXED
    runs = (MARKS[run.kind].format(run.text) if marked else run.text for run in line.runs)
    return f"{line.shape.value} " + "".join(runs)


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("One row per client.", "One row per customer.", ["~ One row per [-client-]{+customer+}."]),
        ("a b c", "a b c d", ["~ a b c{+ d+}"]),
        ("a b c d", "a c d", ["~ a [-b -]c d"]),
        ("made of old data", "made of new text", ["~ made of [-old data-]{+new text+}"]),
        ("Test", "One row per customer.", ["- Test", "+ One row per customer."]),
        ("one\ntwo", "one\ntwo\nthree", ["  one", "  two", "+ three"][1:]),
        ("one\ntwo\nthree", "one\nthree", ["  one", "- two", "  three"]),
        ("one two three", "one two\nthree", ["~ one two[- -]{+\\n+}", "  three"]),
        ("foo\nsome words x", "bar\nsome words y", ["- foo", "+ bar", "~ some words [-x-]{+y+}"]),
        ("two  spaces here", "two spaces here", ["~ two[-  -]{+ +}spaces here"]),
        ("one\n\ntwo", "one\ntwo", ["  one", "- ", "  two"]),
        ("one\ntwo", "one\n\ntwo", ["  one", "+ ", "  two"]),
        ("漢字の説明です", "漢字の解説です", ["~ 漢字の{+解+}説[-明-]です"]),
    ],
)
def test_what_changed_is_marked_word_by_word(before: str, after: str, expected: list[str]) -> None:
    found = [shown(line) for line in lines(before, after)]
    assert found[-len(expected) :] == expected


def test_newlines_at_the_end_are_no_difference() -> None:
    assert all(line.shape is Shape.KEPT for line in lines("same", "same\n\n"))


def test_long_unchanged_text_is_shortened_to_what_stands_beside_a_change() -> None:
    far = "unchanged " * 50
    (line,) = lines(f"{far}old {far}end", f"{far}new {far}end")
    assert shown(line) == (
        "~ … unchanged unchanged unchanged [-old-]{+new+} unchanged unchanged unchanged …"
    )


def test_unchanged_lines_far_from_a_change_become_one_ellipsis() -> None:
    before = [f"line {number}" for number in range(20)]
    after = [*before[:10], "another thing", *before[11:]]
    found = [shown(line) for line in lines("\n".join(before), "\n".join(after))]
    assert found == [
        "  …", "  line 9", "- line 10", "+ another thing", "  line 11", "  …"
    ]  # fmt: skip


def test_a_word_in_the_middle_of_a_long_text_is_found_in_it() -> None:
    before = " ".join(f"word{number}" for number in range(5_000))
    after = before.replace("word2500", "other")
    changed = [each for each in segments(before, after) if not each.same]
    assert [(each.before, each.after) for each in changed] == [("word2500", "other")]


@given(some_texts, some_texts)
def test_the_segments_make_up_both_texts(before: str, after: str) -> None:
    found = segments(before, after)
    assert "".join(each.before for each in found) == before
    assert "".join(each.after for each in found) == after
    assert all(each.same == (each.before == each.after) for each in found)


@given(some_texts, some_texts)
def test_every_changed_word_is_shown(before: str, after: str) -> None:
    found = lines(before, after)
    for kind, index in ((Kind.REMOVED, 0), (Kind.ADDED, 1)):
        marked = "".join(run.text for line in found for run in line.runs if run.kind is kind)
        changed = "".join(
            each[index]
            for each in segments(before.rstrip("\n") + "\n", after.rstrip("\n") + "\n")
            if not each.same
        )
        assert marked.replace("\\n", "") == changed.replace("\n", "").replace("\\n", "")


@given(some_texts)
def test_a_text_does_not_differ_from_itself(text: str) -> None:
    assert all(each.same for each in segments(text, text))


@given(texts, st.integers(3, 50))
def test_what_is_cut_is_no_longer_than_asked(text: str, size: int) -> None:
    assert len(cut(text, size)) <= size


@pytest.mark.parametrize("words", [("a", "b"), ("a ", "b "), ("a\n", "b\n"), ("a", " ", "\n")])
def test_texts_made_to_be_slow_are_not(words: tuple[str, ...]) -> None:
    chance = random.Random(1)
    before, after = ("".join(chance.choices(words, k=50_000)) for _ in range(2))
    started = time.process_time()
    lines(before, after)
    assert time.process_time() - started < 2
