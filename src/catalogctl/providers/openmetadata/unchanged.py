"""Objects that agreed with their specs when a plan last looked, and have not changed since.

There is one digest for each: of its row in a list, every byte, and of all that is declared of it.
If both are as they were, so is the finding, and the row is neither decoded nor compared. Everything
else that the finding depends on is in the name of the file: this code, the server, and the token's
user.

The file holds names and digests only. It can be deleted at any time, and no apply looks at it.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
from collections.abc import Mapping
from pathlib import Path

import msgspec

from catalogctl import groups
from catalogctl.model import Desired
from catalogctl.version import hash_of_code

_NAME = re.compile(rb'"fullyQualifiedName": ?"([^"\\]+)"')
"""Where a row mostly has its name. A wrong guess has another digest, and costs a comparison."""

_CODE = (
    "diff.py",
    "errors.py",
    "fqn.py",
    "groups.py",
    "model.py",
    "spec/packed.py",
    "providers/openmetadata/agreement.py",
    "providers/openmetadata/mapping.py",
    "providers/openmetadata/wire.py",
)
_decode = msgspec.msgpack.Decoder(dict[str, bytes]).decode
_encode = msgspec.msgpack.Encoder().encode


class Unchanged:
    """What is known of one catalog; nothing at all without a folder."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._file: Path | None = None
        self._digests: dict[str, bytes] = {}
        self._is_new = False

    def load(self, url: str, user_id: str | None) -> None:
        """Take up what the last run left. A file that cannot be read is as if it were not there."""
        if self._folder is None or self._file is not None:
            return
        where = hashlib.sha256(f"{url}\n{user_id}".encode()).hexdigest()[:16]
        self._file = self._folder / f"unchanged-{hash_of_code(*_CODE)}-{where}.msgpack"
        with contextlib.suppress(OSError, msgspec.MsgspecError):
            self._digests = _decode(self._file.read_bytes())

    def find(self, row: msgspec.Raw, wanted: Mapping[str, Desired]) -> Desired | None:
        """The object among the wanted ones whose row this is, if it surely agrees."""
        if not self._digests:
            return None
        found = _NAME.search(row)
        name = found[1].decode("utf-8", "replace") if found else ""
        digest, desired = self._digests.get(name), wanted.get(name)
        if digest is None or desired is None or digest != _digest(row, desired):
            return None
        return desired

    def keep(self, row: msgspec.Raw, desired: Desired) -> None:
        """Remember that this row agrees with what is declared."""
        digest = _digest(row, desired) if self._file is not None else None
        if digest is not None:
            self._digests[desired.address.name] = digest
            self._is_new = True

    def write(self) -> None:
        """For the next run. When there is no space for it, the next run compares again."""
        if self._file is None or not self._is_new:
            return
        new = self._file.with_suffix(f".{os.getpid()}")
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            new.write_bytes(_encode(self._digests))
            new.replace(self._file)
        except OSError:
            with contextlib.suppress(OSError):
                new.unlink(missing_ok=True)


def _digest(row: msgspec.Raw, desired: Desired) -> bytes | None:
    """Of both; JSON holds no NUL, so that where one ends is clear."""
    packed = groups.packed(desired.fields)
    if packed is None:
        return None
    whole = hashlib.sha256(row)
    whole.update(b"\0")
    whole.update(packed)
    return whole.digest()
