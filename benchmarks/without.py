"""The tool with some of its design choices taken out, to see what they give.

python -m benchmarks.without lists plan --detailed-exitcode
python -m benchmarks.without fast,lists plan --detailed-exitcode
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable, Mapping
from typing import Any


def fast() -> None:
    """The parser of the extra `catalogctl[fast]` is not there: YAML from libyaml's events."""
    from catalogctl.yamlfile import fast as extra

    extra._parser = lambda: None  # type: ignore[assignment]


def collector() -> None:
    """The collector of garbage stays on, and walks the specs again and again."""
    gc.disable = gc.freeze = lambda: None


def lists() -> None:
    """Every object is read by its name."""
    from catalogctl.providers.openmetadata import scope

    scope.FEW = sys.maxsize


def pages() -> None:
    """Pages of a hundred rows, a tenth of what they are."""
    from catalogctl.providers.openmetadata import provider

    provider.PAGE //= 10


def shelf() -> None:
    """What is declared stays in memory, as bytes."""
    from catalogctl.spec.packed import Fields

    Fields.lay_on = lambda self, shelf: None  # type: ignore[method-assign]


def packing() -> None:
    """What is declared stays in memory, as Python objects. Needs `--no-cache`."""
    from catalogctl.groups import Groups
    from catalogctl.spec.packed import Fields

    class Unpacked(Fields):
        __slots__ = ("_groups",)

        def __init__(self, groups: Groups) -> None:
            heads = {path.partition(".")[0] for path in groups.own}
            super().__init__(b"", " ".join(sorted({*heads, *groups.texts, *groups.others})))
            self._groups = groups

        def grouped(self) -> Groups:
            return self._groups

        def lay_on(self, shelf: Any) -> None:
            """There is nothing to lay on it."""

    Fields.of_groups = Unpacked  # type: ignore[assignment, method-assign]


def unchanged() -> None:
    """What agreed the last time is decoded and compared again."""
    from catalogctl.providers.openmetadata.unchanged import Unchanged

    Unchanged.load = lambda self, url, user_id: None  # type: ignore[method-assign]


CHOICES: Mapping[str, Callable[[], None]] = {
    each.__name__: each for each in (fast, collector, lists, pages, shelf, packing, unchanged)
}


def main() -> None:
    _, choices, *arguments = sys.argv
    for choice in choices.split(","):
        CHOICES[choice]()
    from catalogctl.cli import main as tool

    sys.argv = ["catalogctl", *arguments]
    tool()


if __name__ == "__main__":
    main()
