"""Exit codes, and how an expected failure is told."""

from __future__ import annotations

from collections.abc import Iterable

import click

from catalogctl.cli.progress import clear
from catalogctl.errors import CatalogError, Diagnostic, Error, InvalidError, UsageError, in_order
from catalogctl.model import Outcome, Plan

DONE = 0
FAILED = 1
CHANGES = 2
GUARDED = 3
INVALID = 4
PARTLY = 5
USAGE = 64
INTERRUPTED = 130


def of_plan(plan: Plan, *, detailed: bool) -> int:
    """4 is not here: specs that are invalid never become a plan. 1 before 3, 3 before 2."""
    if plan.has_errors:
        return FAILED
    if plan.guards:
        return GUARDED
    return CHANGES if detailed and plan.changes else DONE


def of_result(result: Plan) -> int:
    """0 when every change is applied, 5 when some are, 1 when none is."""
    applied = [change.outcome is Outcome.APPLIED for change in result.changes]
    if all(applied):
        return DONE
    partly = any(
        each.outcome is Outcome.APPLIED for change in result.changes for each in change.fields
    )
    return PARTLY if any(applied) or partly else FAILED


def tell(diagnostics: Iterable[Diagnostic]) -> None:
    """Diagnostics on stderr, one a line, in the order of their places."""
    clear()
    for found in in_order(list(diagnostics)):
        click.echo(safe(str(found)), err=True)


def safe(text: str) -> str:
    """Text for a terminal or a log: control characters are shown, never sent."""
    from catalogctl.render.text import visible

    return visible(text)


def report(problem: Exception) -> int:
    """Say what went wrong and return the exit code; what is not expected is raised again."""
    if isinstance(problem, InvalidError):
        tell(problem.diagnostics)
        return INVALID
    if isinstance(problem, UsageError):
        click.echo(f"error: {problem}", err=True)
        return USAGE
    if isinstance(problem, CatalogError):
        click.echo(safe(f"error: {problem}"), err=True)
        return FAILED
    if isinstance(problem, (Error, OSError)):
        click.echo(safe(f"error: {problem}"), err=True)
        return FAILED
    raise problem
