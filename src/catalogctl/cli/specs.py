"""`validate` and `schema`: no network."""

from __future__ import annotations

import json
from pathlib import Path

import click

from catalogctl.cli import exits
from catalogctl.cli.options import cache_folder, global_options, settings
from catalogctl.errors import InvalidError
from catalogctl.github import workflow


@click.command()
@click.argument(
    "paths", nargs=-1, type=click.Path(exists=True, path_type=Path), metavar="[PATH]..."
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["terminal", "json"]),
    default="terminal",
    help="json prints every finding as data on stdout.",
)
@global_options  # fmt: skip
def validate(paths: tuple[Path, ...], form: str) -> int:
    """Check specs and configuration. No network, no secrets, no catalog.

    Every mistake in every file is told at once, with file, line, column and the mend. PATH replaces
    the configured spec files and folders. Exit codes: 0 fine, 4 something is invalid.
    """
    from catalogctl import planfile, session

    try:
        config = session.load_config(settings().get("config"))
        specs = session.load_specs(
            config, list(paths) or None, unconnected=True, cache=cache_folder()
        )
        found = specs.diagnostics
    except InvalidError as problem:
        found, specs = problem.diagnostics, None
    exits.tell(found)
    workflow.report_findings(found)
    if form == "json":
        click.echo(workflow.json(planfile.diagnostics(found)), nl=False)
    errors = sum(each.severity.value == "error" for each in found)
    if errors:
        click.echo(f"{errors} error{'' if errors == 1 else 's'}", err=True)
        return exits.INVALID
    if specs is not None and specs.empty_reason is not None:
        click.echo(f"warning: {specs.empty_reason}", err=True)
    elif specs is not None and form == "terminal":
        count = len(specs.desired)
        click.echo(f"{count} object{'' if count == 1 else 's'} declared; no mistakes found")
    return exits.DONE


@click.command()
@click.argument("kind", required=False)
@global_options
def schema(kind: str | None) -> int:
    """Print the JSON Schema of the spec language, or of one KIND.

    Save it and name it in a comment at the top of a spec, so that the editor completes and checks:

    \b
    catalogctl schema > catalog-specs/.schema.json
    # yaml-language-server: $schema=.schema.json
    """
    from catalogctl import spec

    click.echo(json.dumps(spec.schema(kind), indent=2, ensure_ascii=False))
    return exits.DONE
