"""The body of the comment (or issue) that the tool keeps up to date on GitHub."""

from __future__ import annotations

from catalogctl.model import Plan
from catalogctl.render import inert, markdown, text
from catalogctl.render.markdown import Link

LIMIT = 60_000
"""Bytes. GitHub takes 65,536 characters, and counts them in its own way."""


def marker(name: str) -> str:
    """What the body starts with, and is found by. `name`: letters, digits, `.`, `_` and `-`."""
    return f"<!-- catalogctl:{name} -->"


def body(
    plan: Plan,
    *,
    name: str = "default",
    link: Link | None = None,
    run: str | None = None,
    limit: int = LIMIT,
) -> str:
    """The plan, or what became of it, as at most `limit` bytes that start with the marker.

    `link` gives the URL of a place in the specs, `run` is the URL of the workflow run, where the
    rest is when not everything fits. Nothing in it but the tool's own words is live on GitHub.
    """
    shown = "" if name == "default" else f": {inert.span(name)}"
    head = f"{marker(name)}\n## catalogctl{shown}\n\n"
    room = limit - len(head.encode())
    return head + markdown.plan(plan, limit=room, link=link, rest=run)


def last_word(plan: Plan, *, name: str = "default", run: str | None = None) -> str:
    """What is said in an issue before it is closed."""
    found = f" See {inert.anchor(run, 'the workflow run')}." if run else ""
    return f"{marker(name)}\nNothing is left. {text.summary(plan)}.{found}\n"
