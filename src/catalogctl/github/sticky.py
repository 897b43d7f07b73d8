"""One text on GitHub that is kept up to date: made once, found by its marker, edited in place.

Only what starts with the marker and was written by the token's own identity is ours. Of several
the first is kept; what other people wrote is never touched, whatever it starts with.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol

from catalogctl.github.api import GitHubError, Lost, Missing, TooLong

Render = Callable[[int], str]
"""The text in at most so many bytes."""

LIMIT = 60_000
CUT_HARDER = 30_000
ROUNDS = 4


@dataclass(frozen=True, slots=True)
class Item:
    """A comment or an issue of ours. `url` is its page; `key` names it in the API."""

    key: int
    url: str
    body: str
    title: str | None = None

    @classmethod
    def of(cls, answer: dict[str, Any], key: str) -> Item:
        if not isinstance(answer.get(key), int):
            raise GitHubError(f"GitHub's answer has no {key}")
        return cls(
            key=answer[key],
            url=str(answer.get("html_url", "")),
            body=str(answer.get("body") or ""),
            title=answer.get("title"),
        )


class Place(Protocol):
    """Where the text stands."""

    def own(self) -> list[Item]:
        """All of ours, the first one first; raises rather than leave one out."""

    def create(self, body: str) -> Item:
        """Raises `Lost` where nobody knows whether it happened."""

    def edit(self, item: Item, body: str) -> Item:
        """Raises `Missing` when it is gone. An edit that changes nothing is not sent."""

    def remove(self, item: Item) -> None: ...

    def pause(self, seconds: float, why: str) -> None: ...


def keep(
    place: Place, render: Render, *, make: bool = True, tell: Callable[[str], None]
) -> Item | None:
    """Have the text stand there, once, as `render` gives it.

    Without `make` it is only brought up to date where it stands already, else None is returned.
    A text that GitHub finds too long is cut harder, once. Raises `GitHubError` when it does not
    stand; what merely could not be tidied up is told.
    """
    text = _Text(render)
    problem = GitHubError()
    for attempt in range(ROUNDS):
        if attempt:
            place.pause(2.0 ** (attempt - 1), str(problem))
        ours = place.own()
        if not ours:
            if not make:
                return None
            try:
                made = text.sent(place.create)
            except Lost as lost:  # look whether it is there before trying again
                problem = lost
                continue
            ours = _with(made, place)
        first, *others = ours
        try:
            kept = text.sent(partial(place.edit, first))
        except Missing as gone:
            problem = gone
            continue
        _remove(place, others, tell)
        return kept
    raise GitHubError(f"{problem}; tried {ROUNDS} times. It is safe to run this again")


class _Text:
    """The body as GitHub takes it."""

    def __init__(self, render: Render) -> None:
        self._render = render
        self._body = render(LIMIT)
        self._cut = False

    def sent(self, send: Callable[[str], Item]) -> Item:
        try:
            return send(self._body)
        except TooLong:
            if self._cut:
                raise
        self._cut = True
        self._body = self._render(CUT_HARDER)
        return send(self._body)


def _with(made: Item, place: Place) -> list[Item]:
    """All of ours after a creation: another run may have made one at the same time."""
    try:
        ours = place.own()
    except GitHubError:
        return [made]  # it stands; the next run tidies up
    return ours if any(item.key == made.key for item in ours) else [*ours, made]


def _remove(place: Place, others: Sequence[Item], tell: Callable[[str], None]) -> None:
    for item in others:
        try:
            place.remove(item)
        except Missing:
            continue  # another run was faster
        except GitHubError as problem:
            tell(f"an older one of ours stays: {item.url}: {problem}")
