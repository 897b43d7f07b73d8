"""`sandbox` and `demo`: catalogs that live on this machine only.

The sandbox is an independent emulator; the tool reaches it over HTTP like any other server.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from catalogctl.cli import exits
from catalogctl.cli.options import global_options
from catalogctl.errors import Error

MODES = ("1.6", "2.0")
POSTHOG_ERAS = ("2026-05", "2026-06", "2026-09")
ALATION_VERSIONS = ("2025.1", "2025.3")


def _sandbox_package() -> Any:
    try:
        from catalogctl import sandbox
    except ImportError as missing:
        raise Error(
            f"the sandbox needs {missing.name}; install it with: pip install 'catalogctl[sandbox]'"
        ) from None
    return sandbox


@click.command()
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=8585,
    show_default=True,
    help="Where to listen on 127.0.0.1; 0 takes any free port.",
)
@click.option(
    "--data",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Keep the data in this SQLite file; default: in memory.",
)
@click.option(
    "--seed",
    default="demo",
    show_default=True,
    metavar="NAME|FILE",
    help="What the catalogs hold at first.",
)
@click.option(
    "--mode",
    type=click.Choice(MODES),
    default="2.0",
    show_default=True,
    help="Which OpenMetadata to answer like.",
)
@click.option(
    "--messaging-csv",
    type=click.Choice(["off", "inferred", "docs"]),
    default="off",
    show_default=True,
    help="The CSV of messaging services: none, as other services have it, or as documented.",
)
@click.option(
    "--posthog-era",
    type=click.Choice(POSTHOG_ERAS),
    default=POSTHOG_ERAS[-1],
    show_default=True,
    help="Which PostHog to answer like.",
)
@click.option(
    "--alation-version",
    type=click.Choice(ALATION_VERSIONS),
    default=ALATION_VERSIONS[-1],
    show_default=True,
    help="Which Alation to answer like; the older one has no PATCH.",
)
@global_options  # fmt: skip
def sandbox(port: int, **options: Any) -> int:
    """Serve catalogs to play with, on loopback, until Ctrl-C.

    Prints the variables to export, after which `catalogctl plan` works in another terminal. Faults
    (429, 5xx, time-outs, cut connections) can be asked for under /_sandbox; see docs/sandbox.md.
    """
    package = _sandbox_package()

    def announce(variables: Mapping[str, str]) -> None:
        click.echo("The sandbox is up. In another terminal:\n", err=True)
        for name, value in variables.items():
            click.echo(f"export {name}={value}")
        click.echo("\nCtrl-C ends it.", err=True)

    package.serve(port=port, listening=announce, **options)
    return exits.DONE


@click.command()
@click.option(
    "--mode",
    type=click.Choice(MODES),
    default="2.0",
    show_default=True,
    help="Which OpenMetadata to show it on.",
)
@global_options  # fmt: skip
def demo(mode: str) -> int:
    """Walk through plan, apply and plan again on a sandbox.

    Everything happens on this machine, in a temporary folder, and is gone afterwards.
    """
    package = _sandbox_package()
    with (
        tempfile.TemporaryDirectory(prefix="catalogctl-demo-") as folder,
        package.Sandbox(mode=mode) as running,
    ):
        root = Path(folder)
        shutil.copytree(demo_specs(), root / "catalog-specs")
        (root / "catalogctl.yaml").write_text(_CONFIGURATION, encoding="utf-8")
        os.environ.update(running.variables())
        here = Path.cwd()
        try:
            return _walk(root)
        finally:
            os.chdir(here)


_CONFIGURATION = """\
specs: [catalog-specs]
catalogs:
  openmetadata:
    type: openmetadata
    url: env/OPENMETADATA_HOST
    token: env/OPENMETADATA_JWT_TOKEN
  posthog:
    type: posthog
    url: env/POSTHOG_HOST
    project_id: env/POSTHOG_PROJECT_ID
    token: env/POSTHOG_API_KEY
  alation:
    type: alation
    url: env/ALATION_URL
    token: env/ALATION_TOKEN
"""


def demo_specs() -> Path:
    """The sample specs: beside the package when it is installed, at the top of a checkout."""
    here = Path(__file__).resolve()
    for place in (here.parents[1] / "demo_specs", here.parents[3] / "catalog-specs"):
        if place.is_dir():
            return place
    raise Error("the sample specs of the demo are not installed")


def _walk(root: Path) -> int:
    steps = (
        ("What would change? Save the plan.", ["plan", "--out", "plan.json"], exits.DONE),
        ("Carry out exactly that plan.", ["apply", "plan.json"], exits.DONE),
        ("And now?", ["plan", "--detailed-exitcode"], exits.DONE),
    )
    os.chdir(root)
    for title, arguments, expected in steps:
        click.secho(f"\n# {title}", bold=True)
        click.secho(f"$ catalogctl {' '.join(arguments)}\n", dim=True)
        code = _run(arguments)
        if code != expected:
            click.echo(f"the demo expected exit code {expected} and got {code}", err=True)
            return exits.FAILED
    click.echo("\nNothing is left to change. Now your own catalog: see README.md.")
    return exits.DONE


def _run(arguments: list[str]) -> int:
    from catalogctl.cli import run

    return run(arguments)
