"""Where a text of ours stands: the comments of a pull request, or the issues of a repository."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from catalogctl.errors import Error
from catalogctl.github import sticky
from catalogctl.github.api import Api, Identity
from catalogctl.github.context import Context
from catalogctl.github.sticky import Item, Render


class Comments:
    """The comments of one issue or pull request; a closed one can be commented on as well."""

    def __init__(self, api: Api, repo: str, number: int, me: Identity, marker: str) -> None:
        self._api, self._me, self._marker = api, me, marker
        self._list = f"/repos/{repo}/issues/{number}/comments"
        self._one = f"/repos/{repo}/issues/comments"
        self.pause = api.pause

    def own(self) -> list[Item]:
        comments = self._api.pages(self._list)
        return _in_order(Item.of(each, "id") for each in comments if self._is_ours(each))

    def _is_ours(self, comment: dict[str, object]) -> bool:
        return str(comment.get("body") or "").startswith(self._marker) and self._me.wrote(comment)

    def create(self, body: str) -> Item:
        return Item.of(self._api.create(self._list, {"body": body}), "id")

    def edit(self, item: Item, body: str) -> Item:
        if _same(item.body, body):
            return item
        self._api.update(f"{self._one}/{item.key}", {"body": body})
        return item

    def remove(self, item: Item) -> None:
        self._api.delete(f"{self._one}/{item.key}")


class Issues:
    """The open issues of a repository. Issues cannot be deleted: a second one is closed."""

    def __init__(self, api: Api, repo: str, title: str, me: Identity, marker: str) -> None:
        self._api, self._me, self._marker, self._title = api, me, marker, title
        self._list = f"/repos/{repo}/issues"
        self.pause = api.pause

    def own(self) -> list[Item]:
        oldest_first = f"{self._list}?state=open&sort=created&direction=asc"
        return _in_order(
            Item.of(each, "number")
            for each in self._api.pages(oldest_first)
            if "pull_request" not in each  # to this list a pull request is an issue
            and str(each.get("body") or "").startswith(self._marker)
            and self._me.wrote(each)
        )

    def create(self, body: str) -> Item:
        return Item.of(self._api.create(self._list, {"title": self._title, "body": body}), "number")

    def edit(self, item: Item, body: str) -> Item:
        if not _same(item.body, body) or item.title != self._title:
            self._patch(item, {"title": self._title, "body": body})
        return item

    def remove(self, item: Item) -> None:
        self._patch(item, {"state": "closed", "state_reason": "not_planned"})

    def close(self, item: Item) -> None:
        self._patch(item, {"state": "closed", "state_reason": "completed"})

    def _patch(self, item: Item, body: dict[str, str]) -> None:
        self._api.update(f"{self._list}/{item.key}", body)


def _in_order(found: Iterable[Item]) -> list[Item]:
    """The first one first, each once: pages shift while one reads them."""
    by_key = {item.key: item for item in found}
    return [by_key[key] for key in sorted(by_key)]


def _same(held: str, wanted: str) -> bool:
    return held.replace("\r\n", "\n").strip() == wanted.strip()


def settle(
    api: Api,
    context: Context,
    title: str,
    marker: str,
    render: Render,
    last_word: Render,
    *,
    left: bool,
    tell: Callable[[str], None],
) -> Item | None:
    """One open issue while something is `left`; a last word in it, and it is closed, afterwards.

    A closed issue stays closed: the next drift is a story of its own. Returns the issue, or None
    where there is none.
    """
    me = api.viewer()
    issues = Issues(api, context.repo, title, me, marker)
    issue = sticky.keep(issues, render, make=left, tell=tell)
    if issue is not None and not left:
        comments = Comments(api, context.repo, issue.key, me, marker)
        sticky.keep(comments, last_word, tell=tell)
        issues.close(issue)
    return issue


class NoPullRequest(Error):
    """The commit came without one, or several claim it."""


_UNRELATED = ("schedule", "issues", "issue_comment")
"""Events whose commit is merely the newest one of the branch."""


def pull_request(api: Api, context: Context) -> int:
    """The pull request that the commit belongs to, for events that do not name one.

    First the one that this very commit merged, then an open one whose head it is, then a merged
    one that brought it in. Raises `NoPullRequest` where there is none, or no single one.
    """
    if context.event in _UNRELATED:
        text = f"the event {context.event} belongs to no pull request"
        raise NoPullRequest(f"{text}; give --pr NUMBER or --issue TITLE")
    if context.commit is None:
        raise NoPullRequest("neither event file nor GITHUB_SHA is set; give --pr NUMBER")
    commit = context.commit
    found = api.pages(f"/repos/{context.repo}/commits/{commit}/pulls")
    merged = [each for each in found if each.get("merged_at")]
    for candidates in (
        [each for each in merged if each.get("merge_commit_sha") == commit],
        [each for each in found if (each.get("head") or {}).get("sha") == commit],
        [each for each in merged if (each.get("base") or {}).get("ref") == context.branch],
        merged,
    ):
        numbers = {each["number"] for each in candidates if isinstance(each.get("number"), int)}
        if len(numbers) == 1:
            return int(numbers.pop())
    what = "several pull requests belong" if merged else "no pull request belongs"
    raise NoPullRequest(f"{what} to commit {commit[:12]}; give --pr NUMBER")
