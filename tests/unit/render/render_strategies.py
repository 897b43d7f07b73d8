"""Plans of all shapes, with the worst that a catalog or a file could hold."""

from __future__ import annotations

from hypothesis import settings
from hypothesis import strategies as st

from builders import plan
from catalogctl.errors import Location
from catalogctl.model import (
    Action,
    Address,
    Change,
    FieldChange,
    Origin,
    Outcome,
    Plan,
    Secret,
    Verdict,
    Violation,
)

HOSTILE = (
    "@acme/everyone",
    "@octocat",
    "#1",
    "GH-1",
    "acme/data#12",
    "@acme/data-team",
    "octocat@a5c3785ed8d6a35868bc169f07e40e889087fd2e",
    "acme/data@a5c3785",
    "fixes #12",
    "Closes: acme/data#12",
    ":tada:",
    "$x^2$",
    "$`x`$",
    "[^1]",
    "[^1]: note",
    "> [!CAUTION]",
    "<!---->@octocat",
    "\\@octocat",
    "&#64;octocat &#35;1",
    "@\u200boctocat",
    "Setext\n---",
    "1. one",
    "* * *",
    "  \nbreak",
    "a5c3785ed8d6a35868bc169f07e40e889087fd2e",
    "https://evil.example/x?a=b",
    "www.evil.example",
    "mailto:eve@evil.example",
    "eve@evil.example",
    "[click](https://evil.example)",
    "[x]: https://evil.example",
    "![pixel](https://evil.example/p.png)",
    "<img src=x onerror=alert(1)>",
    "<script>alert(1)</script>",
    "</details>",
    "</summary></p></code>",
    "<!-- catalogctl:default -->",
    "-->",
    "&lt;b&gt;&#64;octocat",
    "`",
    "``",
    "```",
    "```diff",
    "~~~~",
    "``````````",
    "|",
    "| a | b |\n|---|---|",
    "# heading",
    "heading\n=======",
    "> quote",
    "- [ ] task",
    "**bold** __bold__ *i* _i_ ~~s~~",
    "$$math$$",
    "\\",
    "\\`",
    "\n",
    "\n\n",
    "\r\n",
    "\t",
    "    code",
    "\x00",
    "\x07",
    "\x1b[31mred\x1b[0m",
    "\x1b]8;;https://evil.example\x07link",
    "\x9b31m",
    "\x85",
    "\u202eevil\u202c",
    "\u2066x\u2069",
    "\u200b",
    "\u200d",
    "\u2028",
    "\ufeff",
    "\ud800",
    "\U000e0041",
    "\xa0",
    "::error file=a.py::x",
    "::add-mask::x",
    "##[error]x",
    "##vso[task.complete]x",
    "{+",
    "-]",
    "\U0001f469\u200d\U0001f4bb",
    "\u6f22\u5b57",
)

few = settings(max_examples=40)
"""A whole plan takes a while to make up."""

texts = st.lists(
    st.sampled_from(HOSTILE) | st.text(max_size=20) | st.sampled_from(("word", " ", "the", "a b ")),
    min_size=1,
    max_size=4,
).map("".join)
members = st.lists(texts, max_size=3, unique=True).map(lambda found: tuple(sorted(found)))
values = (
    st.none()
    | st.booleans()
    | st.integers()
    | texts
    | st.just("")
    | members
    | st.builds(Secret, texts.map("env/".__add__))
)
locations = st.none() | st.builds(Location, texts, st.integers(1, 99_999), st.integers(1, 99))

_settled = {
    "origin": st.sampled_from(Origin),
    "base": values,
    "verdict": st.sampled_from(Verdict),
    "message": st.none() | texts,
    "source": locations,
    "outcome": st.none() | st.sampled_from(Outcome),
    "exact": st.booleans(),
}
fields = st.builds(FieldChange, texts, values, values, **_settled) | st.builds(
    FieldChange, texts, members, members, added=members, removed=members, **_settled
)
addresses = st.builds(
    Address, texts, st.sampled_from(("Table", "DataSource")), texts, st.booleans()
)
changes = st.builds(
    Change,
    addresses,
    st.sampled_from(Action),
    st.lists(fields, min_size=1, max_size=3).map(tuple),
    st.none() | texts,
)
guards = st.builds(Violation, texts, texts, texts)


@st.composite
def plans(draw: st.DrawFn, most: int = 4) -> Plan:
    return plan(
        *draw(st.lists(changes, max_size=most)),
        in_sync=draw(st.integers(0, 10**6)),
        guards=tuple(draw(st.lists(guards, max_size=3))),
        unchanged=tuple(draw(st.lists(addresses, max_size=3))),
        base=draw(st.none() | texts),
        applied=draw(st.booleans()),
    )
