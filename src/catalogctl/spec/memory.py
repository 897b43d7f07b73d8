"""What the files of this run declared, by git's id of their bytes.

A revision shares most of its files with the work tree. Git knows their ids without reading them, so
that none of these files is read, parsed or kept twice.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence

from catalogctl.model import Address, Desired
from catalogctl.spec.documents import Declaration


class Memory:
    """Declarations by the id of a git blob (SHA-1): of files in which everything was right."""

    objects: Mapping[Address, Desired]
    """What this run's files declare of each object, once they are all read."""

    def __init__(self) -> None:
        self.objects = {}
        self._known: dict[bytes, tuple[Declaration, ...]] = {}

    def find(self, blob: str) -> Sequence[Declaration] | None:
        """What the file of this id declares, if it has been read in this run."""
        return self._known.get(bytes.fromhex(blob))

    def keep(self, content: bytes, declared: Sequence[Declaration]) -> None:
        """Remember what these bytes declare. Nobody may change the declarations from now on."""
        blob = hashlib.sha1(b"blob %d\0%b" % (len(content), content), usedforsecurity=False)
        self._known[blob.digest()] = tuple(declared)
