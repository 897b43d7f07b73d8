"""GitHub's REST and GraphQL APIs, as far as comments and issues need them.

The calls, the limits and the headers are those of GitHub's documentation ("REST API endpoints for
issue comments", "Rate limits for the REST API", "Using pagination in the REST API").
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlsplit

import httpx

from catalogctl.client.failures import RAISED, redactor
from catalogctl.client.pacing import retry_after, server_time
from catalogctl.errors import Error
from catalogctl.version import __version__

TRIES = 4
FIRST_BACKOFF = 1.0
SECONDARY_PAUSE = 60.0
"""Seconds to wait at least where a secondary limit names no time; doubled each time."""
TIMEOUT = 30.0
REDIRECTS = 3

RIGHTS = (
    "the job needs `permissions: pull-requests: write` (issues: write for --issue); a pull request"
    " from a fork never has it: add --or-summary"
)

log = logging.getLogger("catalogctl.github")


def sleep(seconds: float) -> None:
    """Stands alone so that a test need not wait."""
    time.sleep(seconds)


class GitHubError(Error):
    """GitHub did not do what was asked of it."""


class Denied(GitHubError):
    """The token lacks the right, or the conversation is locked (403)."""


class Missing(GitHubError):
    """It is not there, or the token may not see it (404)."""


class Gone(Missing):
    """It was there, or it is switched off (410)."""


class TooLong(GitHubError):
    """The body has more characters than GitHub takes (422)."""


class Lost(GitHubError):
    """A creation got no usable answer: nobody knows yet whether it happened."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Who a token is. An app's is the login of its bot, such as `github-actions[bot]`."""

    login: str
    id: int | None = None

    def wrote(self, item: Mapping[str, Any]) -> bool:
        """Whether this comment or issue is its own."""
        author = item.get("user")
        if not isinstance(author, Mapping):
            return False
        same = author.get("login") == self.login
        return same or (self.id is not None and author.get("id") == self.id)


class Api:
    """Calls in the name of one token, which appears in no message. Use it with `with`.

    `max_wait` are the seconds that all waiting together (limits, failures) may take; `tell` is
    told in words when it waits. Raises `GitHubError`s only.
    """

    def __init__(
        self,
        token: str,
        *,
        url: str,
        graphql: str,
        max_wait: float = 300,
        tell: Callable[[str], None] = log.info,
    ) -> None:
        token = token.strip()
        if not (token and token.isascii() and token.isprintable()):
            raise GitHubError("GITHUB_TOKEN is empty or holds what no token can hold")
        self._url, self._graphql = url, graphql
        self._left = max_wait
        self._tell = tell
        self._redact = redactor([token])
        self._http = _connections(url, token)

    def __enter__(self) -> Api:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def viewer(self) -> Identity:
        """Who the token is. REST answers 403 to this question of an app's token; GraphQL says."""
        body = {"query": "query { viewer { login databaseId } }"}
        answer = self._json(self._call("POST", self._graphql, body, repeatable=True))
        data = answer.get("data") if isinstance(answer, dict) else None
        viewer = data.get("viewer") if isinstance(data, dict) else None
        if not isinstance(viewer, dict) or not isinstance(viewer.get("login"), str):
            failure = Denied if _is_forbidden(answer) else GitHubError
            raise failure(f"GitHub does not say whose token it is: {self._said(answer)}")
        number = viewer.get("databaseId")
        return Identity(viewer["login"], number if isinstance(number, int) else None)

    def pages(self, path: str) -> list[dict[str, Any]]:
        """Everything of a list, page after page. All of it, or an exception."""
        url: str | None = f"{path}{'&' if '?' in path else '?'}per_page=100"
        seen: set[str] = set()
        found: list[dict[str, Any]] = []
        while url is not None:
            seen.add(url)
            response = self._call("GET", url)
            page = self._json(response)
            if not isinstance(page, list):
                raise GitHubError("GitHub answered something else where a list was expected")
            found += [item for item in page if isinstance(item, dict)]
            url = response.links.get("next", {}).get("url")
            if url in seen:
                raise GitHubError("GitHub's list has no end: its pages lead back to each other")
        return found

    def create(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """POST, once: raises `Lost` where it may have happened all the same.

        A list that was read and may not be written to is answered with 404: `Denied` as well.
        """
        try:
            response = self._call("POST", path, body)
        except Gone:
            raise
        except Missing as hidden:
            raise Denied(f"{hidden}; {RIGHTS}") from None
        try:
            made = self._json(response)
        except GitHubError:
            made = None
        if not isinstance(made, dict) or "id" not in made:
            raise Lost("GitHub's answer to a creation cannot be understood")
        return made

    def update(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        changed = self._json(self._call("PATCH", path, body))
        return changed if isinstance(changed, dict) else {}

    def delete(self, path: str) -> None:
        self._call("DELETE", path)

    def pause(self, seconds: float, why: str) -> None:
        """Wait, as far as `max_wait` allows; else raise."""
        if seconds > self._left:
            raise GitHubError(
                f"{why}: the next try is due in {seconds:.0f} s, and --max-wait leaves"
                f" {self._left:.0f} s"
            )
        self._left -= seconds
        if seconds >= 10:
            self._tell(f"{why}: waiting {seconds:.0f} s")
        sleep(seconds)

    # -- one call

    def _call(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        *,
        repeatable: bool | None = None,
    ) -> httpx.Response:
        """The good answer. What may be repeated is tried again; a limit is waited for."""
        again = method != "POST" if repeatable is None else repeatable
        failed = limited = 0
        while True:
            response, problem = self._send(method, path, body)
            if response is not None and self._is_limited(response):
                due = _due(response.headers, limited)
                limited += 1
                self.pause(max(due, 1.0), f"GitHub limits its requests ({self._word(response)})")
                continue
            if response is not None and response.status_code < 500:
                if response.is_success:
                    return response
                raise self._refusal(method, response)
            told = problem or f"GitHub failed (HTTP {response.status_code if response else '?'})"
            if not again:
                raise Lost(told)
            failed += 1
            if failed == TRIES:
                raise GitHubError(f"{told}; tried {TRIES} times")
            asked = retry_after(response.headers) if response is not None else None
            self.pause(max(FIRST_BACKOFF * 2 ** (failed - 1), asked or 0.0), told)

    def _send(
        self, method: str, path: str, body: Mapping[str, Any] | None
    ) -> tuple[httpx.Response | None, str]:
        """What came, following redirects (a renamed repository); or what went wrong, in words."""
        url = path if "://" in path else self._url + path
        for _ in range(REDIRECTS + 1):
            if not self._is_own(url):
                raise GitHubError("GitHub leads to another host; the token is not sent there")
            try:
                response = self._http.request(method, url, json=body)
            except RAISED as failure:
                problem = self._redact(f"no answer from GitHub ({type(failure).__name__})")
                return None, problem
            log.debug("%s %s: %s", method, urlsplit(url).path, response.status_code)
            if not response.has_redirect_location:
                return response, ""
            url = str(response.url.join(response.headers["location"]))
        raise GitHubError("GitHub redirects without end")

    def _is_own(self, url: str) -> bool:
        origins = {urlsplit(own)[:2] for own in (self._url, self._graphql)}
        return urlsplit(url)[:2] in origins

    def _is_limited(self, response: httpx.Response) -> bool:
        """Whether this is a limit, and no lack of rights. GraphQL may say it with a 200."""
        status, headers = response.status_code, response.headers
        refused = status == 403
        if str(response.url) == self._graphql and status == 200:
            refused = b'"errors"' in response.content
        if not refused:
            return status == 429
        said = self._word(response).lower()
        spent = "retry-after" in headers or headers.get("x-ratelimit-remaining") == "0"
        return spent or "rate limit" in said or "abuse" in said

    def _refusal(self, method: str, response: httpx.Response) -> GitHubError:
        status, said = response.status_code, self._word(response)
        if status == 401:
            return GitHubError(f"GitHub does not accept GITHUB_TOKEN: {said}")
        if status == 403:
            hint = "unlock it, or add --or-summary" if "locked" in said.lower() else RIGHTS
            return Denied(f"GitHub refuses: {said}; {hint}")
        if status in (404, 410):
            failure = Missing if status == 404 else Gone
            hint = "is it there, and may the token see it?"
            return failure(f"{method} {_short(response.url.path)}: {said}; {hint}")
        if status == 422 and "too long" in said.lower():
            return TooLong(f"GitHub refuses the text: {said}")
        return GitHubError(f"GitHub refuses (HTTP {status}): {said}")

    def _word(self, response: httpx.Response) -> str:
        """GitHub's own word, fit to be shown."""
        try:
            return self._said(response.json())
        except ValueError:
            return f"HTTP {response.status_code}"

    def _said(self, answer: Any) -> str:
        words: list[str] = []
        if isinstance(answer, dict):
            errors = answer.get("errors")
            for part in (answer, *(errors if isinstance(errors, list) else ())):
                told = part.get("message") if isinstance(part, dict) else part
                if isinstance(told, str) and told:
                    words.append(told)
        return self._redact("; ".join(words)).rstrip(".") or "no reason given"

    def _json(self, response: httpx.Response) -> Any:
        try:
            return response.json()
        except ValueError:
            pass
        raise GitHubError("GitHub answered something else than JSON; is GITHUB_API_URL right?")


def _is_forbidden(answer: Any) -> bool:
    """Whether GraphQL refuses for lack of rights, which it does with a 200."""
    errors = answer.get("errors") if isinstance(answer, dict) else None
    kinds = {each.get("type") for each in errors or () if isinstance(each, dict)}
    return not kinds.isdisjoint({"FORBIDDEN", "INSUFFICIENT_SCOPES"})


def _connections(url: str, token: str) -> httpx.Client:
    headers = {
        "Accept": "application/vnd.github+json",
        "Authorization": f"Bearer {token}",
        "User-Agent": f"catalogctl/{__version__}",
        "X-GitHub-Api-Version": "2022-11-28",
    }
    try:
        return httpx.Client(headers=headers, timeout=TIMEOUT, verify=url.startswith("https:"))
    except (ImportError, OSError, ValueError, httpx.InvalidURL):
        pass
    raise GitHubError("the proxy or the certificates that the environment names cannot be used")


def _due(headers: Mapping[str, str], before: int) -> float:
    """The seconds to wait before trying again, after `before` such waits already."""
    asked = retry_after(headers)
    if asked is not None:
        return asked
    if headers.get("x-ratelimit-remaining") == "0":
        try:
            return max(0.0, float(headers["x-ratelimit-reset"]) - server_time(headers)) + 1
        except (KeyError, ValueError):
            pass
    return float(SECONDARY_PAUSE * 2**before)


def _short(path: str) -> str:
    return quote(path, safe="/")[:200]
