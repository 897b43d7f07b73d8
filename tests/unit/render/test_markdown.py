"""A plan as a comment on a pull request: what it shows, what it cuts, and that it is inert."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token
from render_examples import ALL, BIG, EXAMPLES
from render_strategies import HOSTILE, few, plans, texts

from builders import change, field_change, location, plan, set_change
from catalogctl.errors import Location
from catalogctl.model import Action, Change, FieldChange, Origin, Outcome, Plan, Violation
from catalogctl.render import markdown

Golden = Callable[[str, str], None]

# Close to what GitHub does: tables, strike-through, raw HTML, and bare URLs become links.
PARSER = MarkdownIt("gfm-like", {"html": True, "linkify": True})

BLOCKS = {"heading", "paragraph", "blockquote"}
INLINES = {"text", "softbreak", "strong_open", "strong_close", "code_inline"}
TAGS = {"details", "summary", "p", "b", "code", "a"}


def github(place: Location) -> str:
    return f"https://github.com/acme/data/blob/abc123/{place.file}#L{place.line}"


class _Html(HTMLParser):
    """The tags of a block of HTML, and what stands in it outside of code."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[str] = []
        self.links: list[str] = []
        self.code = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in TAGS
        assert [name for name, _ in attrs] == (["href"] if tag == "a" else [])
        self.links += [url or "" for _, url in attrs]
        self.found.append(f"<{tag}>")
        self.code += tag == "code"

    def handle_endtag(self, tag: str) -> None:
        self.found.append(f"</{tag}>")
        self.code -= tag == "code"

    def handle_data(self, data: str) -> None:
        if not self.code:
            self.found.append(data)

    def handle_comment(self, data: str) -> None:
        raise AssertionError(f"a comment: {data}")

    def handle_decl(self, decl: str) -> None:
        raise AssertionError(f"a declaration: {decl}")

    handle_pi = unknown_decl = handle_decl


def skeleton(body: str) -> list[str]:
    """What is left of a comment when all code is taken out: its structure, and our own words."""
    found: list[str] = []
    for token in PARSER.parse(body):
        if token.type == "inline":
            found += [_inline(each) for each in token.children or ()]
        elif token.type == "html_block":
            html = _Html()
            html.feed(token.content)
            html.close()
            assert html.code == 0
            found += html.found
        else:
            kind = token.type.removesuffix("_open").removesuffix("_close")
            assert kind in BLOCKS or (kind == "fence" and token.info == "diff"), token
            found.append(token.type)
    return found


def _inline(token: Token) -> str:
    assert token.type in INLINES, token
    return token.content if token.type == "text" else token.type


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_comment_reads_like_this(name: str, golden: Golden) -> None:
    golden(f"render/{name}.md", markdown.plan(EXAMPLES[name], link=github))


def test_objects_in_sync_are_listed_when_asked_for(golden: Golden) -> None:
    golden("render/all.md", markdown.plan(ALL, all_objects=True))
    assert "sample_kafka" not in markdown.plan(ALL)


# -- inert


def full_of(text: str, outcome: Outcome | None = None) -> Plan:
    """A plan that shows this text wherever a plan shows text that is not the tool's own."""
    place = Location(text, 3)
    told = {"message": text, "source": place, "outcome": outcome}
    fields = (
        field_change(text, before=text, after=f"{text} {text}", **told),
        field_change("a", before=None, after=f"{text}\n{text}", **told),
        field_change("b", before=f"x\n{text}\ny", after=f"x\n{text}\nz", **told),
        field_change("c", base=text, before=text, after=text, origin=Origin.CONFLICT, **told),
        set_change("d", added=(text,), removed=(f"{text}2",), **told),
    )
    identity = text.replace("/", "%2F")
    added = set_change("tags", added=(text,), **told)
    refused = replace(change(field_change(**told).refused(text), identity=identity), reason=text)
    return plan(
        change(*fields, identity=f"{identity}0", reason=text),
        change(added, identity=f"{identity}1", action=Action.CREATE),
        change(replace(added, origin=Origin.DRIFT), identity=f"{identity}2"),
        change(refused.fields[0], identity=f"{identity}3"),
        guards=(Violation(text, text, text),),
        applied=outcome is not None,
    )


@pytest.mark.parametrize("hostile", HOSTILE)
def test_no_text_of_a_catalog_becomes_anything_but_code(hostile: str) -> None:
    for text in (hostile, f" {hostile} ", f"`{hostile}", f"{hostile}`", f"x\n{hostile}\n"):
        assert skeleton(markdown.plan(full_of(text))) == skeleton(markdown.plan(full_of("plain")))


@given(texts, st.none() | st.sampled_from(Outcome))
def test_a_comment_has_the_same_structure_whatever_the_catalog_says(
    text: str, outcome: Outcome | None
) -> None:
    shown = markdown.plan(full_of(f"x{text}", outcome), limit=10**7)
    plain = markdown.plan(full_of("plain", outcome), limit=10**7)
    assert skeleton(shown) == skeleton(plain)


@few
@given(plans())
def test_outside_of_code_nobody_is_mentioned_and_nothing_is_referred_to(anything: Plan) -> None:
    for own in skeleton(markdown.plan(anything, all_objects=True)):
        assert not re.search(r"@|#\d|GH-|www\.|://|\b(?=\d*[a-f])[0-9a-f]{7,}", own)


@few
@given(plans())
def test_any_plan_gives_a_comment_without_control_characters(anything: Plan) -> None:
    shown = markdown.plan(anything, all_objects=True)
    for char in set(shown) - {"\n"}:
        assert unicodedata.category(char) not in ("Cc", "Cs", "Zl", "Zp")
        assert not "\u202a" <= char <= "\u202e"
        assert not "\u2066" <= char <= "\u2069"
    assert not any(line.lstrip().startswith("::") for line in shown.splitlines())
    assert "##[" not in shown


@given(texts)
def test_a_link_stays_within_its_attribute(url: str) -> None:
    shown = markdown.plan(full_of("plain"), link=lambda place: f"https://example.com/{url}")
    html = _Html()
    html.feed(shown)
    assert html.links
    for link in html.links:
        assert re.fullmatch(r"https://example\.com/[!-~]*", link)


def test_an_object_links_to_the_line_that_asked_for_it() -> None:
    one = plan(change(field_change(source=location(7, "specs/a b.yaml"))))
    assert 'href="https://github.com/acme/data/blob/abc123/specs/a%20b.yaml#L7"' in markdown.plan(
        one, link=github
    )
    assert "<a " not in markdown.plan(one, link=lambda place: None)
    assert "specs/a b.yaml:7</code>" in markdown.plan(one)


def test_each_field_of_an_object_links_to_its_own_line() -> None:
    fields = (field_change("a", source=location(3)), field_change("b", source=location(9)))
    one = plan(change(*fields))
    links = re.findall(r'href="[^"]+#L(\d+)"><code>([^<]+)', markdown.plan(one, link=github))
    assert links == [("3", "catalog-specs/customers.yaml:3"), ("3", "a"), ("9", "b")]
    assert "<a " not in markdown.plan(one)


def test_words_that_change_carry_no_marks_of_their_own_in_a_diff() -> None:
    before, after = "Join it on the old key, please.  ", "Join it on the new key, please. "
    shown = markdown.plan(plan(change(field_change(before=before, after=after))))
    assert "\n- Join it on the old key, please.\\x20\\x20\n" in shown
    assert "\n+ Join it on the new key, please.\\x20\n" in shown


# -- order and length


def test_links_of_fields_are_left_out_before_any_line_is() -> None:
    fields = [field_change(f"f{n}", source=location(n + 1)) for n in range(40)]
    shown = markdown.plan(plan(change(*fields)), link=github, limit=4_000)
    assert shown.count("<a ") == 1
    assert shown.count("@@ f") == 40


def numbered(number: int, *fields: FieldChange) -> Change:
    return change(*fields, identity=f"a.b.c.t{number:03}")


def test_what_needs_attention_stands_first_and_unfolded_and_the_rest_is_folded() -> None:
    shown = markdown.plan(BIG)
    unfolded, _, folded = shown.partition("#### Changes")
    assert "<details>" not in unfolded
    titles = re.findall(r"^####.*", shown, re.MULTILINE)
    assert titles == [
        "#### 🔴 Refused (1)",
        "#### 🟠 In conflict (1)",
        "#### 🟠 Takes something away (2)",
        "#### Changes (3)",
        "#### Drift (1)",
    ]
    assert folded.count("<details>") == folded.count("</details>") == 4


def test_the_field_that_matters_most_stands_first_in_its_object() -> None:
    both = numbered(
        1, field_change("a"), field_change("b", after=""), field_change("c").refused("")
    )
    shown = markdown.plan(plan(both))
    assert re.findall(r"@@ (.) @@", shown) == ["c", "b", "a"]


def test_whole_objects_are_cut_the_least_important_first_and_counted() -> None:
    many = [numbered(n, field_change(before=None, after="word " * 20)) for n in range(406)]
    refused = numbered(999, field_change().refused("no such tag"))
    shown = markdown.plan(plan(*many, refused), limit=20_000)
    missing = 407 - len(re.findall("<p>|<details>", shown))
    assert shown.endswith(
        f"**… {missing} of 407 objects are not shown**: the comment would be too long.\n"
    )
    assert "t999" in shown
    assert "t000" in shown
    assert "t405" not in shown
    assert 19_000 < len(shown.encode()) <= 20_000
    assert skeleton(shown)


def test_an_object_that_fits_is_not_shortened() -> None:
    text = " ".join(f"word{n}" for n in range(5_000))
    shown = markdown.plan(plan(numbered(1, field_change(before=None, after=text))))
    assert text in shown
    assert "not shown" not in shown


def test_a_giant_object_is_shortened_and_says_so() -> None:
    giant = numbered(1, *(field_change(f"f{n:04}", after="word " * 300) for n in range(500)))
    small = numbered(2, set_change("tags", added=("Small",)))
    shown = markdown.plan(plan(giant, small), limit=20_000)
    assert re.search(r"^# … \d+ of 1500 lines are not shown$", shown, re.MULTILINE)
    assert "+ Small" in shown
    assert "objects are not shown" not in shown
    assert len(shown.encode()) <= 20_000


def test_one_endless_line_is_shortened_too() -> None:
    endless = numbered(1, field_change(before=None, after="x" * 100_000))
    shown = markdown.plan(plan(endless))
    assert "x …" in shown
    assert len(shown) < 2_000


def test_guards_that_are_too_many_are_counted() -> None:
    guards = tuple(Violation(f"g{n}", "m" * 5_000, "--allow") for n in range(100))
    shown = markdown.plan(plan(change(), guards=guards), limit=5_000)
    assert re.search(r"> … \d+ more guards", shown)
    assert "<details>" in shown
    assert len(shown.encode()) <= 5_000


def test_objects_in_sync_never_push_a_change_out() -> None:
    crowded = replace(ALL, unchanged=ALL.unchanged * 500, in_sync=1_000)
    shown = markdown.plan(crowded, all_objects=True, limit=5_000)
    assert "sync_frequency" in shown
    assert re.search(r"# … \d+ of 1000 lines are not shown", shown)
    assert len(shown.encode()) <= 5_000


@few
@given(plans(most=12), st.integers(2_000, 8_000))
def test_a_comment_is_never_longer_than_its_limit_nor_cut_in_its_markup(
    anything: Plan, limit: int
) -> None:
    shown = markdown.plan(anything, limit=limit, link=github, all_objects=True)
    assert len(shown.encode()) <= limit
    found = skeleton(shown)
    assert found.count("<details>") == found.count("</details>")


@few
@given(plans())
def test_the_same_plan_gives_the_same_comment(anything: Plan) -> None:
    assert markdown.plan(anything) == markdown.plan(anything)
