"""After a merge: the plan that was reviewed in the pull request, if it still holds.

It holds after a push whose tree is the tree that was planned, when what was applied last is what
the pull request was merged onto. Else the specs have to be planned again, from the commit
that was applied last: so what a failed apply left undone is not forgotten.

The calls and their fields are those of GitHub's REST documentation ("Artifacts", "Workflow runs",
"Deployments", "Commits"), which a token reads with the permissions `actions: read`,
`deployments: read` and `pull-requests: read`.
"""

from __future__ import annotations

import json
import os
import sys
import time
import urllib.error
import urllib.request
from typing import Any
from urllib.parse import quote

import runner

TRIES = 3
PAUSE = 2.0
TIMEOUT = 30.0
DEPLOYMENTS = 30
"""How many of the newest are looked at."""


class Again(Exception):
    """Why the specs have to be planned again."""


class GitHub:
    """Reads of one repository."""

    def __init__(self, api: str, repo: str, token: str) -> None:
        self._root, self._token = f"{api.rstrip('/')}/repos/{repo}", token

    def get(self, path: str) -> Any:
        request = urllib.request.Request(
            self._root + path,
            headers={
                "Accept": "application/vnd.github+json",
                "Authorization": f"Bearer {self._token}",
                "X-GitHub-Api-Version": "2022-11-28",
            },
        )
        for left in reversed(range(TRIES)):
            try:
                with urllib.request.urlopen(request, timeout=TIMEOUT) as answer:
                    return json.load(answer)
            except urllib.error.HTTPError as problem:
                if problem.code in (403, 404):
                    raise runner.Mistake(
                        f"GitHub answers {problem.code} to {path}: the job needs the permissions"
                        " actions: read, deployments: read and pull-requests: read"
                    ) from None
                why = f"GitHub answers {problem.code} to {path}"
                if problem.code < 500 and problem.code != 429:
                    raise runner.Mistake(why) from None
            except (OSError, ValueError) as problem:
                why = f"GitHub cannot be read: {problem}"
            if left:
                time.sleep(PAUSE)
        raise runner.Mistake(f"{why} ({TRIES} tries)")


def last_applied(github: GitHub, deployment: str) -> str | None:
    """The commit of the newest deployment that succeeded, if HEAD holds it.

    A later success makes an earlier one inactive, so any success among the statuses counts.
    """
    if not deployment:
        return None
    made = github.get(f"/deployments?environment={quote(deployment)}&per_page={DEPLOYMENTS}")
    for each in made:
        statuses = github.get(f"/deployments/{each['id']}/statuses?per_page=100")
        if any(status["state"] == "success" for status in statuses):
            commit = str(each["sha"])
            return commit if _is_before_head(commit) else None
    return None


def _is_before_head(commit: str) -> bool:
    """Raises `Mistake` when it is after it: what is newer must not be taken back by a run again."""
    if runner.git("merge-base", "--is-ancestor", commit, "HEAD") is not None:
        return True
    if runner.git("merge-base", "--is-ancestor", "HEAD", commit) is not None:
        raise runner.Mistake(
            f"a later commit, {commit[:12]}, was applied already; run its workflow instead"
        )
    runner.say(f"The commit that was applied last, {commit[:12]}, is no part of this branch.")
    return False


def merged(github: GitHub, commit: str) -> dict[str, Any]:
    """The pull request that this commit merged."""
    found = [
        each
        for each in github.get(f"/commits/{commit}/pulls?per_page=100")
        if each.get("merged_at") and each.get("merge_commit_sha") == commit
    ]
    if len(found) != 1:
        raise Again("no single pull request was merged by this commit")
    return dict(found[0])


def check_nothing_is_left_over(applied: str | None, paths: list[str]) -> None:
    """The reviewed plan starts from where the branch was before the merge."""
    before = runner.git("rev-parse", "--verify", "HEAD^1")
    if before is None:
        raise Again("this checkout does not hold the commit before; check out with fetch-depth: 0")
    if applied is None or applied == before:
        return
    if runner.git("diff", "--quiet", applied, before, "--", *paths) is None:
        raise Again(f"what came after {applied[:12]} was not applied yet")


def run_of(github: GitHub, name: str, head: str, workflow: str) -> int:
    """The run whose artefact the plan is.

    Anybody may open a pull request, and its runs upload what they like: only a run of this
    repository's own branch counts, of this very workflow and commit.
    """
    listed = github.get(f"/actions/artifacts?name={quote(name)}&per_page=100")["artifacts"]
    listed = [each for each in listed if each["name"] == name and not each["expired"]]
    for artifact in sorted(listed, key=lambda each: str(each["created_at"]), reverse=True):
        run = github.get(f"/actions/runs/{artifact['workflow_run']['id']}")
        if (
            run["event"] == "pull_request"
            and run["head_sha"] == head
            and run["head_repository"]["id"] == run["repository"]["id"]
            and run["path"].partition("@")[0] == f".github/workflows/{workflow}"
        ):
            return int(run["id"])
    raise Again(f"there is no artefact {name} of {workflow}")


def main() -> int:
    try:
        token = runner.text("TOKEN")
        repo = os.environ["GITHUB_REPOSITORY"]
        api = os.environ.get("GITHUB_API_URL") or "https://api.github.com"
        github = GitHub(api, repo, token)
        applied = last_applied(github, runner.text("DEPLOYMENT"))
        runner.output(base=applied or "")
        try:
            if os.environ.get("GITHUB_EVENT_NAME") != "push":
                raise Again("this run was started by hand")
            check_nothing_is_left_over(applied, runner.words("PATHS"))
            head = str(merged(github, os.environ["GITHUB_SHA"])["head"]["sha"])
            tree = runner.git("rev-parse", "HEAD^{tree}") or ""
            name = runner.artifact_name(runner.text("ENVIRONMENT"), head, tree)
            run = run_of(github, name, head, runner.text("WORKFLOW"))
        except Again as why:
            runner.say(f"Plan again: {why}.")
            return 0
        folder = runner.temporary() / "catalogctl-reviewed"
        runner.say(f"The plan of {head[:12]}, the commit that was reviewed, holds: {name}.")
        runner.output(
            artifact=name, run_id=run, folder=folder, plan_file=folder / runner.text("FILE")
        )
    except runner.Mistake as problem:
        runner.fail(problem)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
