"""What takes turns with what. A block is a list of contenders, and how many rounds they go.

What a contender needs (specs, a server, a peer) is made when its block begins.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path

from benchmarks import measure, peers, stage
from benchmarks.figures import Samples
from benchmarks.measure import Contender
from benchmarks.stage import Catalog, Server

INSTALLED = ("-m", "catalogctl")
"""The tool with all that is installed here: the extra `catalogctl[fast]` too."""

TOOL = ("-m", "benchmarks.without", "fast")
"""The tool with its ordinary dependencies, which is what is meant where nothing else is said."""

OPTIONS = ("plan", "--detailed-exitcode")
PLAN = (*TOOL, *OPTIONS)
FAST_PLAN = (*INSTALLED, *OPTIONS)
SCHEMAS = 100
EDITS = ("columns", "everything")
APPLY_DELAY, LONG_DELAY = 20, 200
"""Milliseconds that a request takes."""

CONCURRENCIES = (1, 8, 16, 32)


@dataclass(frozen=True, slots=True)
class Sizes:
    """How much of everything: tables of a catalog, unless it says otherwise."""

    small: int = 1_000
    usual: int = 10_000
    large: int = 30_000
    huge: int = 100_000
    changed: int = 200
    """Tables that an apply changes."""
    committed: int = 10
    """Tables that the last commit changed."""
    named: int = 1_000
    """Tables that are declared of the usual catalog where not all are."""
    peers: int = 10_000
    """Resources of Terraform, records of octoDNS."""
    naive: int = 10_000
    """Tables of the naive pipeline."""


QUICK = Sizes(100, 1_000, 3_000, 10_000, 20, 10, 100, 1_000, 1_000)


@dataclass(slots=True)
class Bench:
    """Where a block takes place: its catalogs, and a server for each."""

    sizes: Sizes
    seed: int
    root: Path
    _open: ExitStack = field(default_factory=ExitStack)
    _servers: dict[Catalog, Server] = field(default_factory=dict)

    def __enter__(self) -> Bench:
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    def catalog(self, tables: int | None = None, schemas: int = SCHEMAS) -> Catalog:
        tables = self.sizes.usual if tables is None else tables
        return Catalog(tables, min(schemas, tables), self.seed, self.root)

    def server(self, catalog: Catalog) -> Server:
        """Call it after something of the catalog is made: that makes its state too."""
        if catalog not in self._servers:
            self._servers[catalog] = self._open.enter_context(Server(catalog.state))
        return self._servers[catalog]

    def run(
        self,
        name: str,
        command: Sequence[str],
        folder: Path,
        catalog: Catalog | None = None,
        *,
        expected: int = 0,
        delay: float = 0,
        warm: bool = False,
        rounds: int = sys.maxsize,
    ) -> Contender:
        """A Python program in a project: cold, or with the cache that a run before it left."""
        server = self.server(catalog or self.catalog())
        surroundings = stage.environment(folder, ".warm" if warm else ".cache")
        whole = [sys.executable, *command]
        filled: list[bool] = []

        def before() -> None:
            server.reset()
            server.delay(0)
            stage.configure(folder, server.url)
            stage.forget(folder)
            if warm and not filled:
                stage.quietly(whole, folder, surroundings)
                filled.append(True)
                server.reset()
            server.delay(delay)

        return Contender(
            name, whole, folder, surroundings, expected, "", rounds, before, server.counters
        )


Make = Callable[[Bench], Iterator[Contender]]


@dataclass(frozen=True, slots=True)
class Block:
    name: str
    rounds: int
    contenders: Make


def ground(bench: Bench) -> Iterator[Contender]:
    """A plan with nothing to change, cold and warm, and the floors.

    A warm plan parses nothing, so that it is the same with the extra and without it.
    """
    folder = bench.catalog().project()
    url = bench.server(bench.catalog()).url
    floor = ("-m", "benchmarks.floor", url, "catalog-specs", "--yaml")
    yield bench.run("floor, libyaml events", (*floor, "events"), folder)
    yield bench.run("floor, fast parser", (*floor, "fast"), folder)
    yield from _cold(bench, bench.catalog())
    yield bench.run("plan, warm", PLAN, folder, warm=True)
    compared = ("-m", "benchmarks.without", "fast,unchanged", *OPTIONS)
    yield bench.run("plan, cold, without unchanged", compared, folder)
    yield bench.run("plan, warm, without unchanged", compared, folder, warm=True)
    yield bench.run("plan, --no-cache", (*PLAN, "--no-cache"), folder)
    yield bench.run("floor, CSafeLoader", (*floor, "safe"), folder)


def _cold(bench: Bench, catalog: Catalog) -> Iterator[Contender]:
    """A cold plan with the ordinary dependencies, and one with the extra."""
    yield bench.run("plan, cold", PLAN, catalog.project(), catalog)
    yield bench.run("plan, cold, [fast]", FAST_PLAN, catalog.project(), catalog)


def dns(bench: Bench) -> Iterator[Contender]:
    yield from _cold(bench, bench.catalog())
    yield peers.octodns(bench.root, bench.sizes.peers)


def resources(bench: Bench) -> Iterator[Contender]:
    yield from _cold(bench, bench.catalog())
    yield peers.terraform(bench.root, bench.sizes.peers)


def script(bench: Bench) -> Iterator[Contender]:
    catalog = bench.catalog(bench.sizes.naive)
    plan, with_extra = _cold(bench, catalog)
    yield from (plan, with_extra)
    command = peers.naive(bench.root, bench.server(catalog).url)
    yield replace(plan, name="naive pipeline", command=command, rounds=1)


def growth(bench: Bench) -> Iterator[Contender]:
    """The same plan over more and more tables."""
    for size, rounds in (("small", 9), ("usual", 9), ("large", 9), ("huge", 1)):
        catalog = bench.catalog(getattr(bench.sizes, size))
        yield bench.run(f"plan, {size}", PLAN, catalog.project(), catalog, rounds=rounds)


def changes(bench: Bench) -> Iterator[Contender]:
    """A hundredth of the tables changed."""
    catalog = bench.catalog()
    changed = catalog.project(max(1, catalog.tables // 100))
    yield bench.run("no change", PLAN, catalog.project())
    yield bench.run("1 % changed, --no-rehearse", (*PLAN, "--no-rehearse"), changed, expected=2)
    yield bench.run("1 % changed", PLAN, changed, expected=2)


def scopes(bench: Bench) -> Iterator[Contender]:
    """How much is read: tables in one schema and in many; a tenth of them declared."""
    for schemas, name in ((1, "one schema"), (SCHEMAS, "many schemas")):
        catalog = bench.catalog(schemas=schemas)
        yield bench.run(name, PLAN, catalog.project(), catalog)
    catalog, named = bench.catalog(), bench.sizes.named
    yield bench.run("whole schemas declared", PLAN, catalog.project(declared=named))
    scattered = catalog.project(declared=named, scattered=True)
    yield bench.run("some of every schema declared", PLAN, scattered)


def waits(bench: Bench) -> Iterator[Contender]:
    """The same plan of a server that answers at once, and of a slow one.

    Of one list; of the lists of some schemas; of objects by name, where a wait is a short one.
    """
    catalog, named = bench.catalog(), bench.sizes.named
    whole, scattered = (catalog.project(declared=named, scattered=each) for each in (False, True))
    for of, folder, delay in (
        ("one list", catalog.project(), LONG_DELAY),
        ("lists of schemas", whole, LONG_DELAY),
        ("by name", scattered, APPLY_DELAY),
    ):
        yield bench.run(f"{of}, at once", PLAN, folder)
        yield bench.run(f"{of}, slow", PLAN, folder, delay=delay)


def start(bench: Bench) -> Iterator[Contender]:
    """What a command costs that does nothing."""
    folder = bench.catalog(bench.sizes.small)
    project = folder.project()
    for name, command in (
        ("bare interpreter", ("-c", "pass")),
        ("--version", (*INSTALLED, "--version")),
        ("--help", (*INSTALLED, "--help")),
    ):
        yield bench.run(name, command, project, folder)


def apply(bench: Bench) -> Iterator[Contender]:
    """Plan and apply of some changed tables, and the vendor's sample doing the same."""
    catalog, changed = bench.catalog(), bench.sizes.changed
    for edit in EDITS:
        folder = catalog.project(changed, edit)
        sample = ("-m", "benchmarks.vendor_sample", bench.server(catalog).url, "edits.json")
        for name, tool in (("", TOOL), (", [fast]", INSTALLED)):
            command = (*tool, "apply", "--yes")
            yield bench.run(f"apply, {edit}{name}", command, folder, delay=APPLY_DELAY)
        yield bench.run(f"sample, {edit}", sample, folder, delay=APPLY_DELAY)


def base(bench: Bench) -> Iterator[Contender]:
    """A plan that knows git's last commit but one, and one that does not."""
    folder = bench.catalog().repository(bench.sizes.committed)
    for temper, warm in (("cold", False), ("warm", True)):
        for name, more in (("without base", ()), ("--base HEAD~1", ("--base", "HEAD~1"))):
            command = (*PLAN, *more)
            yield bench.run(f"{name}, {temper}", command, folder, expected=2, warm=warm)


def choices(bench: Bench) -> Iterator[Contender]:
    """The plan with one thing at a time done in another way."""
    folder = bench.catalog().project()
    options = (*OPTIONS, "--no-cache")
    yield bench.run("as it is", (*TOOL, *options), folder)
    for choice in ("packing", "shelf", "collector", "pages", "lists"):
        command = ("-m", "benchmarks.without", f"fast,{choice}", *options)
        rounds = 1 if choice == "lists" else sys.maxsize
        yield bench.run(f"without {choice}", command, folder, rounds=rounds)


def concurrency(bench: Bench) -> Iterator[Contender]:
    """How many requests of an apply are under way at once."""
    folder = bench.catalog().project(bench.sizes.changed, EDITS[0])
    for number in CONCURRENCIES:
        command = (*TOOL, "apply", "--yes", "--concurrency", str(number))
        yield bench.run(f"{number} at once", command, folder, delay=APPLY_DELAY)


BLOCKS: dict[str, Block] = {
    make.__name__: Block(make.__name__, rounds, make)
    for make, rounds in (
        (ground, 5),
        (dns, 3),
        (resources, 1),
        (script, 1),
        (growth, 3),
        (changes, 5),
        (scopes, 1),
        (waits, 3),
        (start, 21),
        (apply, 3),
        (base, 5),
        (choices, 3),
        (concurrency, 2),
    )
}


def run(block: Block, bench: Bench, rounds: int, told: Callable[[str], None]) -> Samples:
    """The samples of a block. Raises `Absent` or `Failed` when there cannot be any."""
    told(f"{block.name}: making what it needs")
    contenders = list(block.contenders(bench))
    return measure.interleave(
        contenders,
        min(rounds, block.rounds),
        bench.root / "last-run.log",
        lambda what: told(f"{block.name}, {what}"),
    )
