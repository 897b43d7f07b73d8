"""The tool with one of its design choices taken out, to see what the choice gives.

python -m benchmarks.without lists plan --detailed-exitcode
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable, Iterator, Mapping
from typing import Any


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
    from catalogctl.spec.packed import Fields

    class Unpacked(Fields):
        __slots__ = ("_values",)

        def __init__(self, values: Mapping[str, Any]) -> None:
            heads = {path.partition(".")[0] for path in values}
            super().__init__(b"", " ".join(sorted(heads)))
            self._values = dict(values)

        def __getitem__(self, path: str) -> Any:
            return self._values[path]

        def __iter__(self) -> Iterator[str]:
            return iter(self._values)

        def __len__(self) -> int:
            return len(self._values)

        def items(self) -> Any:
            return self._values.items()

        def lay_on(self, shelf: Any) -> None:
            """There is nothing to lay on it."""

    Fields.of = Unpacked  # type: ignore[assignment, method-assign]


CHOICES: Mapping[str, Callable[[], None]] = {
    each.__name__: each for each in (collector, lists, pages, shelf, packing)
}


def main() -> None:
    _, choice, *arguments = sys.argv
    CHOICES[choice]()
    from catalogctl.cli import main as tool

    sys.argv = ["catalogctl", *arguments]
    tool()


if __name__ == "__main__":
    main()
