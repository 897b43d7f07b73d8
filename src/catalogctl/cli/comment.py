"""`comment`: a plan or a result on GitHub, in one comment or one issue that is kept up to date."""

from __future__ import annotations

import os
import re
from pathlib import Path

import click

from catalogctl.cli import exits
from catalogctl.cli.options import duration, global_options
from catalogctl.errors import Error, UsageError
from catalogctl.model import Outcome, Plan


def _name(context: click.Context, parameter: click.Parameter, text: str) -> str:
    """Callback: the name becomes part of a hidden HTML comment."""
    if not re.fullmatch(r"[A-Za-z0-9._-]{1,100}", text):
        raise click.BadParameter(
            f"{text!r}: use letters, digits, '.', '_' and '-' only", context, parameter
        )
    return text


@click.command()
@click.argument(
    "files", nargs=-1, required=True, type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE...",
)  # fmt: skip
@click.option("--repo", metavar="OWNER/NAME", help="Default: GITHUB_REPOSITORY.")
@click.option(
    "--pr",
    type=click.IntRange(1),
    metavar="NUMBER",
    help="Default: the pull request of the event, or the one that the commit was merged by.",
)
@click.option(
    "--environment",
    "name",
    callback=_name,
    default="default",
    metavar="NAME",
    help="One comment for each name.",
)
@click.option(
    "--issue",
    metavar="TITLE",
    help="Keep one open issue with this title instead, and close it when nothing is left.",
)
@click.option(
    "--or-summary",
    is_flag=True,
    help="Where GitHub refuses (a fork, a read-only token, a locked conversation) write to the"
    " step summary instead, and exit 0.",
)
@click.option("--skip-empty", is_flag=True, help="Make no first comment without changes.")
@click.option(
    "--max-wait",
    callback=duration,
    default="5m",
    show_default=True,
    metavar="TIME",
    help="How long GitHub's rate limits may be waited for.",
)
@global_options
def comment(
    files: tuple[Path, ...],
    repo: str | None,
    pr: int | None,
    name: str,
    issue: str | None,
    or_summary: bool,
    skip_empty: bool,
    max_wait: float,
) -> int:
    """Show a saved plan or result on a pull request.

    FILE is what `plan --out FILE` wrote, or `apply --format json` printed; several shares are
    joined. The comment is found again by its hidden marker and edited in place. Prints its URL.
    The token is read from GITHUB_TOKEN.

    \b
    Exit codes: 0 the comment stands; 1 it could not be written; 4 FILE is no saved plan.
    """
    from catalogctl.cli import showing
    from catalogctl.github import context, places, sticky, workflow
    from catalogctl.github.api import Api, Denied
    from catalogctl.render import comment as rendered

    if issue is not None and pr is not None:
        raise UsageError("--issue and --pr exclude each other")
    made = showing.load(files[0]) if len(files) == 1 else showing.joined(files)
    here = context.of(os.environ, repo=repo)
    token = os.environ.get("GITHUB_TOKEN", "")
    if not token.strip():
        raise Error(
            "GITHUB_TOKEN is not set; in a workflow: env: GITHUB_TOKEN: ${{ github.token }}"
        )

    def body(limit: int) -> str:
        return rendered.body(made, name=name, link=here.link, run=here.run, limit=limit)

    try:
        with Api(token, url=here.api, graphql=here.graphql, max_wait=max_wait, tell=_tell) as api:
            marker = rendered.marker(name)
            if issue is not None:
                found = places.settle(
                    api, here, issue, marker, body,
                    lambda limit: rendered.last_word(made, name=name, run=here.run),
                    left=_is_left(made), tell=_tell,
                )  # fmt: skip
            else:
                number = pr or here.number or places.pull_request(api, here)
                comments = places.Comments(api, here.repo, number, api.viewer(), marker)
                first = not (skip_empty and _is_empty(made))
                found = sticky.keep(comments, body, make=first, tell=_tell)
    except (Denied, places.NoPullRequest) as problem:
        if not (or_summary and workflow.append(body)):
            raise
        _tell(f"{problem}. It is in the step summary instead")
        return exits.DONE
    if found is None:
        _tell("nothing to say, and nothing was said before")
    else:
        click.echo(exits.safe(found.url))
    return exits.DONE


def _tell(said: str) -> None:
    click.echo(exits.safe(f"note: {said}"), err=True)


def _is_empty(made: Plan) -> bool:
    return not (made.changes or made.guards)


def _is_left(made: Plan) -> bool:
    """Whether somebody still has to look: a change, or after an apply one that did not arrive."""
    changes = made.changes
    if made.applied:
        changes = tuple(each for each in changes if each.outcome is not Outcome.APPLIED)
    return bool(changes or made.guards)
