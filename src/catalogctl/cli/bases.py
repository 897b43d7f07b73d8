"""What several commands say about git and about shares: `--base`, `--no-drift`, `--shard`."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from catalogctl.cli import exits
from catalogctl.cli.options import cache_folder
from catalogctl.diff import EVERY_ORIGIN
from catalogctl.errors import InvalidError, UsageError
from catalogctl.model import Origin

if TYPE_CHECKING:
    from catalogctl.config import Config
    from catalogctl.history import Base, Found
    from catalogctl.spec import Memory


def _share(
    context: click.Context, parameter: click.Parameter, text: str | None
) -> tuple[int, int] | None:
    if text is None:
        return None
    found = re.fullmatch(r"(\d{1,4})/(\d{1,4})", text.strip())
    if found is None or not 1 <= int(found[1]) <= int(found[2]):
        message = f"{text!r} is no share; write 1/4, 2/4, 3/4 and 4/4 for four of them"
        raise click.BadParameter(message, context, parameter)
    return int(found[1]), int(found[2])


SHARD = click.option(
    "--shard",
    "share",
    callback=_share,
    metavar="I/N",
    help="Only the Ith of N stable shares of the objects; `show` joins the plans.",
)
BASE = click.option(
    "--base",
    metavar="REV",
    help="Tell change from drift: the specs as git had them at REV. In CI found where it can be;"
    " --base '' does without.",
)


def base_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """What `plan` and `apply` share."""
    for option in (
        click.option("--only-drift", is_flag=True,
                     help="Plan only what the catalogs moved. Needs a base."),
        click.option("--no-drift", is_flag=True,
                     help="Leave alone what the catalogs moved. Needs a base."),
        SHARD,
        BASE,
    ):  # fmt: skip
        command = option(command)
    return command


def memory_for(options: Mapping[str, Any]) -> Memory | None:
    """Where the present specs are kept for the base, if there may be one."""
    from catalogctl.spec import Memory

    asked: str | None = options["base"]
    in_ci = "GITHUB_EVENT_NAME" in os.environ or "GITLAB_CI" in os.environ
    return Memory() if asked or (asked is None and in_ci) else None


def chosen(
    config: Config,
    paths: Sequence[Path],
    options: Mapping[str, Any],
    memory: Memory | None,
) -> Base | None:
    """The base that was asked for, or in CI the one that can be found; None without one."""
    from catalogctl import history
    from catalogctl.session import load_base

    def load(revision: str) -> Base:
        return load_base(config, revision, list(paths) or None, cache=cache_folder(), memory=memory)

    revision: str | None = options["base"]
    if revision is None:
        found = history.find_base(os.environ, config.root)
        if found is not None and found.revision is None:
            click.echo(exits.safe(f"note: no base: {found.why}"), err=True)
        elif found is not None:
            base = _found(found, load)
            if base is not None:
                return base
    if revision:
        return load(revision)
    if options["no_drift"] or options["only_drift"]:
        raise UsageError("what is drift can only be told from a base; add --base REV")
    return None


def _found(found: Found, load: Callable[[str], Base]) -> Base | None:
    """The base that CI names. One that is invalid must not stop the change that mends it."""
    assert found.revision is not None
    try:
        base = load(found.revision)
    except InvalidError as problem:
        first = problem.diagnostics[0]
        why = f"{first.message}; {first.hint}" if first.hint else first.message
        click.echo(exits.safe(f"note: no base: {why}"), err=True)
        return None
    click.echo(exits.safe(f"note: the base is {base.commit[:12]}, {found.why}"), err=True)
    return base


def kept(options: Mapping[str, Any]) -> frozenset[Origin]:
    """Whose changes are planned."""
    if options["no_drift"] and options["only_drift"]:
        raise UsageError("--no-drift and --only-drift leave nothing to plan")
    if options["only_drift"]:
        return frozenset({Origin.DRIFT})
    return EVERY_ORIGIN - {Origin.DRIFT} if options["no_drift"] else EVERY_ORIGIN
