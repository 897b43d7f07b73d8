"""Which revision a run in CI should be compared with, from the variables that CI sets.

GitHub's and GitLab's variables and event files are as their documentation has them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from catalogctl.errors import InvalidError
from catalogctl.history import git


@dataclass(frozen=True, slots=True)
class Found:
    """A commit to compare with and what it is, in words; without one, why there is none."""

    revision: str | None
    why: str


class _Candidate(NamedTuple):
    revision: str
    words: str


def find_base(environ: Mapping[str, str], root: Path) -> Found | None:
    """The base of a pull or merge request, of a merge queue, or of a push.

    None where this is neither: outside of CI, in a nightly run, started by hand. Never raises: a
    base that there should be and that cannot be had is a `Found` without revision.
    """
    try:
        if environ.get("GITHUB_EVENT_NAME"):
            return _on_github(environ, root)
        if environ.get("GITLAB_CI"):
            return _on_gitlab(environ, root)
    except InvalidError as problem:
        (found,) = problem.diagnostics
        return Found(None, f"{found.message}; {found.hint}")
    return None


def _on_github(environ: Mapping[str, str], root: Path) -> Found | None:
    event = _event(environ.get("GITHUB_EVENT_PATH", ""))
    target = environ.get("GITHUB_BASE_REF")
    if target:
        candidates = [
            _Candidate(f"refs/remotes/origin/{target}", f"the merge base with origin/{target}"),
            _Candidate(_text(event, "pull_request", "base", "sha"), "the base of the pull request"),
        ]
        return _fork(root, candidates, "check out with `fetch-depth: 0`")
    if environ["GITHUB_EVENT_NAME"] == "merge_group":
        base = _text(event, "merge_group", "base_sha")
        candidates = [_Candidate(base, "the commit that the merge queue builds on")]
        return _fork(root, candidates, "check out with `fetch-depth: 0`")
    if environ["GITHUB_EVENT_NAME"] == "push":
        return _push(root, _text(event, "before"), "check out with `fetch-depth: 0`")
    return None


def _on_gitlab(environ: Mapping[str, str], root: Path) -> Found | None:
    target = environ.get("CI_MERGE_REQUEST_TARGET_BRANCH_NAME")
    base = environ.get("CI_MERGE_REQUEST_DIFF_BASE_SHA", "")
    if target or base:
        candidates = [_Candidate(base, "the base of the merge request")]
        if target:
            words = f"the merge base with origin/{target}"
            candidates.append(_Candidate(f"refs/remotes/origin/{target}", words))
        return _fork(root, candidates, "set `GIT_DEPTH: 0`")
    if environ.get("CI_PIPELINE_SOURCE") == "push":
        return _push(root, environ.get("CI_COMMIT_BEFORE_SHA", ""), "set `GIT_DEPTH: 0`")
    return None


def _fork(root: Path, candidates: Sequence[_Candidate], deeper: str) -> Found:
    """Where the checked-out commit left the branch that it is to be merged into.

    For the merge commit that GitHub makes of a pull request that is its first parent.
    """
    head = git.commit_of(root, "HEAD")
    found = None
    for revision, words in candidates:
        commit = _known(root, revision)
        base = commit and git.merge_base(root, head, commit)
        if base:
            found = Found(base, words)
            if base != head:  # else it is merged already: what it was merged into is older
                break
    if found is None:
        names = " or ".join(words for revision, words in candidates if revision)
        if git.is_shallow(root):
            return Found(None, f"this shallow clone does not reach back to {names}; {deeper}")
        return Found(None, f"this clone does not hold {names}")
    return found


def _push(root: Path, before: str, deeper: str) -> Found:
    """The commit that the branch was at before."""
    if not before.strip("0"):
        return Found(None, "the branch is new: there is no commit before this push")
    head = git.commit_of(root, "HEAD")
    commit = _known(root, before)
    if commit and git.merge_base(root, head, commit) == commit:
        return Found(commit, "the commit before the push")
    if git.is_shallow(root):
        return Found(None, f"this shallow clone does not reach back to {before}; {deeper}")
    return Found(None, f"the branch was rewritten: {before} is no longer a part of it")


def _known(root: Path, revision: str) -> str | None:
    try:
        return git.commit_of(root, revision) if revision else None
    except InvalidError:
        return None


def _event(path: str) -> Any:
    try:
        return json.loads(Path(path).read_bytes())
    except (OSError, ValueError):
        return {}


def _text(event: Any, *keys: str) -> str:
    for key in keys:
        event = event.get(key) if isinstance(event, dict) else None
    return event if isinstance(event, str) else ""
