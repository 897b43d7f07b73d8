"""The contract between the conductor (`reconcile`) and a catalog.

A provider speaks the spec's words at this boundary; wire words stay in its `mapping`.

Must
    raise only `CatalogError`s; be safe to call concurrently for different objects; answer for
    every object that it was asked about, or raise: never a part of it; keep `read`, `check` and
    `rehearse` free of writes.
Must not
    diff, filter, retry, sleep, print, read configuration, or know other catalogs.
May
    read in batches and in any order; remember what it has read to save a request, as long as no
    write relies on it unless the catalog itself checks that it still holds.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from typing import Protocol

from catalogctl import diff
from catalogctl.errors import CatalogError
from catalogctl.model import Address, CatalogInfo, Change, Desired, Moved, Observed, Prediction
from catalogctl.providers.actions import Order, Report

Problems = Mapping[str, CatalogError]
"""What went wrong while writing an object, by field path. Empty when nothing did."""


class Provider(Protocol):
    """One configured catalog."""

    name: str
    """The catalog's name in the configuration."""

    @property
    def rules(self) -> diff.Rules:
        """How the members of its sets compare."""
        ...

    personal: frozenset[str]
    """Fields that belong to the token's own user, and that no other principal may apply."""

    def allow_writes(self) -> None:
        """From now on writes pass. Before, the HTTP client stops them: a plan never writes."""
        ...

    async def describe(self) -> CatalogInfo:
        """Type, URL, server version and principal; asked once and remembered."""
        ...

    def read(self, desired: Sequence[Desired]) -> AsyncIterator[Observed]:
        """Each object once, with the fields that it declares, as pages come in."""
        ...

    async def check(self, changes: Sequence[Change]) -> list[Prediction]:
        """Whether what the changes refer to is there, each distinct reference asked once.

        Predictions only for what is refused, and for members that would be pushed out.
        """
        ...

    async def history(self, changes: Sequence[Change]) -> Mapping[Address, Mapping[str, Moved]]:
        """Who moved these fields, by object and path, where the catalog's own history has it.

        Never raises `CatalogError`: what cannot be read is answered with a `Moved` that says so.
        A system without a history answers nothing.
        """
        ...

    async def rehearse(self, changes: Sequence[Change]) -> list[Prediction]:
        """What the catalog would do with each field of one batch, where it can say so."""
        ...

    def batches(self, changes: Iterable[Change]) -> list[list[Change]]:
        """The changes in groups; each group has one writer, different groups may run at once."""
        ...

    async def reread(self, changes: Sequence[Change]) -> list[Observed]:
        """The objects of one batch as they are now, in the order asked, for writing and proving.

        The first time one may be as the plan saw it, if its write fails once that has changed.
        """
        ...

    async def write(self, due: Sequence[tuple[Change, Observed]]) -> Sequence[Problems]:
        """Carry out exactly these changes of one batch, each as `reread` answered just before.

        Whether it worked is proved by reading; what comes back are the reasons why it may not
        have.
        """
        ...

    def group(self, change: Change) -> str:
        """The service that the object lives in: removals there wait for everything before them."""
        ...

    async def run(self, order: Order) -> Report:
        """Carry out one action of `ACTIONS` by hand. It writes only when its order says so."""
        ...

    async def close(self) -> None:
        """Give connections back."""
        ...
