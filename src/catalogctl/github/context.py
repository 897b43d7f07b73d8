"""What the environment of a workflow says: which repository, which pull request, which commit.

The variables and the shapes of the event file are those of GitHub's documentation ("Variables",
"Webhook events and payloads").
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from catalogctl.errors import Error, Location

API = "https://api.github.com"
SERVER = "https://github.com"

_REPOSITORY = re.compile(r"[\w-][\w.-]*/[\w.-]+", re.ASCII)
_OF_A_PULL_REQUEST = re.compile(r"refs/pull/([1-9]\d*)/")


@dataclass(frozen=True, slots=True)
class Context:
    """Where the tool runs. `repo` is `owner/name`; `number` the pull request's, where it is known
    without asking; `commit` the one under review: the head of the pull request, else the one that
    the workflow runs for. `event` is the name of what set the workflow off.
    """

    repo: str
    server: str
    api: str
    graphql: str
    number: int | None = None
    commit: str | None = None
    branch: str | None = None
    event: str = ""
    run: str | None = None

    def link(self, place: Location) -> str | None:
        """The URL of a line of a file at the commit under review."""
        if self.commit is None:
            return None
        file = quote(place.file, safe="/", errors="replace")
        return f"{self.server}/{self.repo}/blob/{self.commit}/{file}#L{place.line}"


def of(environ: Mapping[str, str], *, repo: str | None = None) -> Context:
    """The context that these variables (and the event file) describe; `repo` overrules them.

    Raises `Error` where the repository is not known or the event file cannot be read.
    """
    named = repo or environ.get("GITHUB_REPOSITORY", "")
    if not named:
        raise Error("which repository? Give --repo OWNER/NAME, or set GITHUB_REPOSITORY")
    if not _REPOSITORY.fullmatch(named):
        raise Error(f"{named!r} is no repository; write OWNER/NAME")
    api = (environ.get("GITHUB_API_URL") or API).rstrip("/")
    server = (environ.get("GITHUB_SERVER_URL") or _server(api)).rstrip("/")
    event = _event(environ.get("GITHUB_EVENT_PATH"))
    home = environ.get("GITHUB_REPOSITORY") or named
    here = named.lower() == home.lower()  # else event and commit are another repository's
    run = environ.get("GITHUB_RUN_ID")
    return Context(
        repo=named,
        server=server,
        api=api,
        graphql=environ.get("GITHUB_GRAPHQL_URL") or _graphql(api),
        number=_number(event, environ.get("GITHUB_REF", "")) if here else None,
        commit=(_head(event) or environ.get("GITHUB_SHA") or None) if here else None,
        branch=environ.get("GITHUB_REF_NAME"),
        event=environ.get("GITHUB_EVENT_NAME", ""),
        run=f"{server}/{home}/actions/runs/{run}" if run else None,
    )


def _graphql(api: str) -> str:
    """GitHub Enterprise Server has REST at /api/v3 and GraphQL at /api/graphql."""
    root = api.removesuffix("/v3")
    return f"{root}/graphql"


def _server(api: str) -> str:
    if api.endswith("/api/v3"):
        return api.removesuffix("/api/v3")
    return api.replace("://api.", "://", 1)  # github.com, and Enterprise Cloud at NAME.ghe.com


def _event(path: str | None) -> Mapping[str, Any]:
    if not path:
        return {}
    try:
        event = json.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError) as problem:
        raise Error(f"the event file {path} cannot be read: {problem}") from None
    return event if isinstance(event, dict) else {}


def _part(event: Mapping[str, Any], *path: str) -> Any:
    found: Any = event
    for name in path:
        found = found.get(name) if isinstance(found, Mapping) else None
    return found


def _number(event: Mapping[str, Any], ref: str) -> int | None:
    runs = _part(event, "workflow_run", "pull_requests")
    candidates = [
        _part(event, "pull_request", "number"),
        _part(event, "issue", "number") if _part(event, "issue", "pull_request") else None,
        _part(runs[0], "number") if isinstance(runs, list) and len(runs) == 1 else None,
    ]
    found = _OF_A_PULL_REQUEST.match(ref)
    candidates.append(int(found[1]) if found else None)
    return next((each for each in candidates if isinstance(each, int) and each > 0), None)


def _head(event: Mapping[str, Any]) -> str | None:
    for path in (("pull_request", "head", "sha"), ("workflow_run", "head_sha")):
        sha = _part(event, *path)
        if isinstance(sha, str) and re.fullmatch(r"[0-9a-fA-F]{7,64}", sha):
            return sha
    return None
