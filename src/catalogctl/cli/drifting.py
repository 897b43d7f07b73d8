"""`drift`: what the catalogs moved away from git, by whom and when."""

from __future__ import annotations

from pathlib import Path

import click

from catalogctl.cli import exits
from catalogctl.cli.bases import SHARD
from catalogctl.cli.options import cache_folder, global_options
from catalogctl.cli.planning import ONLY, PATHS, configured, in_session, json_diagnostics
from catalogctl.cli.showing import FORMAT, out_option, save, shown
from catalogctl.github import workflow


@click.command()
@PATHS
@click.option(
    "--base",
    default="HEAD",
    show_default=True,
    metavar="REV",
    help="The revision whose specs the catalogs should hold.",
)
@ONLY
@SHARD
@out_option("Save it, for `show FILE` and `comment FILE`. `apply FILE` takes the drift back.")
@FORMAT
@global_options
def drift(
    paths: tuple[Path, ...],
    base: str,
    only: tuple[str, ...],
    share: tuple[int, int] | None,
    out: Path | None,
    form: str,
) -> int:
    """Show what the catalogs moved away from git.

    Compares the catalogs with the specs as they are committed; what is edited in the work tree
    does not matter. Says who moved a field and when, where the catalog's own history has it.
    Never writes.

    \b
    Exit codes: 0 no drift; 2 drift; 1 a catalog could not be read; 4 invalid specs or
    configuration, or no such revision.
    """
    from catalogctl.session import load_base

    with json_diagnostics(form):
        config = configured()
        then = load_base(config, base, list(paths) or None, cache=cache_folder())
        made = in_session(
            config,
            lambda session: session.drift(then, only=only, share=share),
            cache=cache_folder(),
        )
    save(made, out)
    shown(made, form)
    workflow.report(made)
    return exits.CHANGES if made.changes else exits.DONE
