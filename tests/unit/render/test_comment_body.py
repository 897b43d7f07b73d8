"""The body of a comment: its marker, its title, its length, and that it is inert as a whole."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from render_examples import BIG, QUIET, RESULT
from render_strategies import few, plans
from test_inert import LIVE, tokens

from builders import change, plan
from catalogctl.errors import Location
from catalogctl.model import Plan
from catalogctl.render import comment, markdown

RUN = "https://github.com/acme/data/actions/runs/99"


def link(place: Location) -> str:
    return f"https://github.com/acme/data/blob/abc/{place.file}#L{place.line}"


@pytest.mark.parametrize("shown", [BIG, RESULT, QUIET])
def test_a_body_is_a_marker_a_title_and_the_plan(shown: Plan) -> None:
    body = comment.body(shown, name="prod", link=link)
    marker, title, rest = body.split("\n", 2)
    assert marker == comment.marker("prod") == "<!-- catalogctl:prod -->"
    assert title == "## catalogctl: `prod`"
    assert rest == "\n" + markdown.plan(shown, link=link)


def test_where_nothing_is_named_the_title_names_nothing() -> None:
    assert comment.body(QUIET).startswith("<!-- catalogctl:default -->\n## catalogctl\n\n### ")


def test_the_rest_is_where_the_run_is() -> None:
    many = plan(*(change(identity=f"t{n}") for n in range(900)))
    shown = comment.body(many, run=RUN)
    assert shown.endswith(
        f'the comment would be too long. They are in <a href="{RUN}">the workflow run</a>.\n'
    )
    assert "workflow run" not in comment.body(many)


@few
@given(plans(most=12), st.integers(3_000, 60_000))
def test_a_body_keeps_its_limit_and_only_the_tools_own_words_are_alive(
    anything: Plan, limit: int
) -> None:
    body = comment.body(anything, name="prod", link=link, run=RUN, limit=limit)
    assert len(body.encode()) <= limit
    assert body.startswith(comment.marker("prod") + "\n")
    comments = 0
    for token in tokens(body):
        assert token.type not in ("link_open", "image", "table_open")
        if token.type == "html_inline":
            assert token.content in (f'<a href="{RUN}">', "</a>")
        if token.type == "text":
            assert not LIVE.search(token.content)
        elif token.type == "html_block":
            comments += token.content.count("<!--")
            outside = re.sub(r"<code>[^<]*</code>|<a href=\"[^\"]*\">|</?\w+>", "", token.content)
            assert not LIVE.search(outside.replace(comment.marker("prod"), ""))
    assert comments == 1


def test_the_last_word_names_the_run() -> None:
    assert comment.last_word(QUIET, run=RUN) == (
        "<!-- catalogctl:default -->\nNothing is left. Plan: 0 to change, 0 to add, 0 to remove,"
        f' 0 drifted, 0 in conflict; 409 in sync. See <a href="{RUN}">the workflow run</a>.\n'
    )
