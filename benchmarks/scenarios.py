"""What is measured. A scenario is a list of contenders that take turns, and of ratios among them.

To add a row, add a contender to a scenario, or a scenario to `SCENARIOS`; to add a comparison, name
it in `ratios`. Specs, server and table of results take care of themselves.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from benchmarks import stage
from benchmarks.measure import Contender
from benchmarks.stage import Catalog, Server


@dataclass(frozen=True, slots=True)
class Settings:
    """What the command line chose."""

    share: float
    changed: int
    delay_ms: float
    apply_delay_ms: float
    rounds: int
    apply_rounds: int


@dataclass(frozen=True, slots=True)
class Comparison:
    """`of` divided by `to`, in one figure, shown in the row of `of`."""

    of: str
    to: str
    figure: str = "cpu"


@dataclass(frozen=True, slots=True)
class Scenario:
    name: str
    contenders: Sequence[Contender]
    ratios: Sequence[Comparison]
    rounds: int
    delay_ms: float


Make = Callable[[Catalog, Server, Settings], Scenario]


def _contender(
    name: str,
    command: Sequence[str],
    catalog: Catalog,
    server: Server,
    *,
    changed: int = 0,
    edit: str = "mixed",
    expected: int = 0,
) -> Contender:
    """A run in a project of its own, cold: nothing is left from an earlier one."""
    folder = catalog.project(changed, edit)
    stage.configure(folder, server.url)

    def before() -> None:
        stage.forget(folder)
        server.reset()

    return Contender(
        name,
        [sys.executable, *command],
        folder,
        stage.environment(folder),
        expected,
        before,
        server.requests,
    )


def plan(catalog: Catalog, server: Server, settings: Settings) -> Scenario:
    """A cold plan: nothing to change, and a share of the tables changed."""
    changed = max(1, round(catalog.tables * settings.share))
    share = f"{settings.share:.0%} changed".replace("%", " %")
    tool = ("-m", "catalogctl", "plan", "--detailed-exitcode")
    floor = ("-m", "benchmarks.floor", server.url, "catalog-specs", "--yaml")
    none, fast, full = "plan, no change", f"plan, {share}, --no-rehearse", f"plan, {share}"
    safe, events = "floor (CSafeLoader)", "floor (libyaml events)"
    return Scenario(
        "plan",
        [
            _contender(none, tool, catalog, server),
            _contender(
                fast, (*tool, "--no-rehearse"), catalog, server, changed=changed, expected=2
            ),
            _contender(full, tool, catalog, server, changed=changed, expected=2),
            _contender(safe, (*floor, "safe"), catalog, server),
            _contender(events, (*floor, "events"), catalog, server),
        ],
        [
            Comparison(none, safe),
            Comparison(none, events),
            Comparison(fast, none),
            Comparison(full, none),
        ],
        settings.rounds,
        settings.delay_ms,
    )


def apply(catalog: Catalog, server: Server, settings: Settings) -> Scenario:
    """Plan and apply of so many changed tables, against the vendor's sample."""
    changed = min(settings.changed, catalog.tables)
    contenders, ratios = [], []
    for edit in ("columns", "everything"):
        ours, theirs = f"apply, {changed} tables, {edit}", f"naive, {changed} tables, {edit}"
        tool = ("-m", "catalogctl", "apply", "--yes")
        naive = ("-m", "benchmarks.naive", server.url, "edits.json")
        for name, command in ((ours, tool), (theirs, naive)):
            contenders.append(
                _contender(name, command, catalog, server, changed=changed, edit=edit)
            )
        ratios += [Comparison(ours, theirs, "wall"), Comparison(ours, theirs)]
    return Scenario("apply", contenders, ratios, settings.apply_rounds, settings.apply_delay_ms)


SCENARIOS: Mapping[str, Make] = {"plan": plan, "apply": apply}
