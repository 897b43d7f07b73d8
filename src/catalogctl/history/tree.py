"""The files of a commit, found as `spec.files` finds them in the work tree.

The same names are taken and skipped, links are followed, and nothing is found twice. Links that
lead out of the repository, and submodules, hold nothing: what was in them then is not known.
"""

from __future__ import annotations

import os
import posixpath
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from sys import intern
from typing import NamedTuple

from catalogctl.history.git import Objects
from catalogctl.spec.files import DEFAULTS

_MOST_LINKS = 40
"""On the way to one file, as operating systems have it."""


class Entry(NamedTuple):
    """A name in a folder: what git calls its mode, and the id of the object."""

    mode: str
    id: str

    @property
    def is_folder(self) -> bool:
        return self.mode == "40000"

    @property
    def is_file(self) -> bool:
        return self.mode.startswith("100")

    @property
    def is_link(self) -> bool:
        return self.mode == "120000"


class Tree:
    """The folders of a commit, read as they are entered. Paths are relative to its root."""

    def __init__(self, objects: Objects, commit: str, root: Path) -> None:
        self._objects = objects
        self._root = root
        # Git's format: for each entry the mode, a space, the name, NUL, and the id as bytes.
        id = b".{%d}" % (len(commit) // 2)
        self._entry = re.compile(rb"([0-7]+) ([^\0]+)\0(" + id + rb")", re.DOTALL)
        self._folders: dict[str, dict[str, Entry]] = {}
        head = objects.read(commit).partition(b"\n")[0]
        self._top = Entry("40000", head.partition(b" ")[2].decode())

    def read(self, path: str) -> bytes | None:
        """The bytes of a file; None when there is none."""
        there = self.look(path)
        return self._objects.read(there[1].id) if there and there[1].is_file else None

    def look(self, path: str) -> tuple[str, Entry] | None:
        """What a path leads to, links followed, and where that is."""
        ahead = path.split("/")[::-1]
        links = 0
        way: list[tuple[str, Entry]] = [("", self._top)]
        while ahead:
            name = ahead.pop()
            if name in ("", "."):
                continue
            if name == "..":
                if len(way) == 1:
                    return None
                way.pop()
                continue
            real, above = way[-1]
            entry = self.entries(above).get(name) if above.is_folder else None
            if entry is None:
                return None
            if not entry.is_link:
                way.append((f"{real}/{name}" if real else name, entry))
                continue
            links += 1
            target = self._target(entry)
            if target is None or links > _MOST_LINKS:
                return None
            if target.startswith("/"):
                del way[1:]
            ahead += target.split("/")[::-1]
        return way[-1]

    def _target(self, link: Entry) -> str | None:
        """Where a link leads; from the root of the repository on if it begins with a slash."""
        target = os.fsdecode(self._objects.read(link.id))
        if not target.startswith("/"):
            return target
        inside = inner(Path(target), self._root)
        return None if inside is None else f"/{inside}"

    def entries(self, folder: Entry) -> dict[str, Entry]:
        """What a folder holds."""
        known = self._folders.get(folder.id)
        if known is None:
            known = self._folders[folder.id] = self._parse(self._objects.read(folder.id))
        return known

    def _parse(self, raw: bytes) -> dict[str, Entry]:
        return {
            os.fsdecode(name): Entry(mode.decode(), id.hex())
            for mode, name, id in self._entry.findall(raw)
        }


def inner(path: Path, root: Path) -> str | None:
    """A path relative to the root, by its name or by where it really is; None outside of it."""
    for whole, above in (
        (os.path.abspath(path), os.path.abspath(root)),
        (os.path.realpath(path), os.path.realpath(root)),
    ):
        if whole == above:
            return ""
        if whole.startswith(above.rstrip(os.sep) + os.sep):
            return whole[len(above) :].lstrip(os.sep).replace(os.sep, "/")
    return None


@dataclass(frozen=True, slots=True)
class Blob:
    """A spec file of a revision; `blob` is git's id of it."""

    name: str
    blob: str
    objects: Objects

    def read(self) -> bytes:
        return self.objects.read(self.blob)

    @property
    def is_defaults(self) -> bool:
        return self.name.rpartition("/")[2] in DEFAULTS


def find(tree: Tree, objects: Objects, paths: Sequence[str]) -> list[Blob]:
    """Every spec file of these files and folders, with the defaults in the folders above them."""
    walk = _Walk(tree)
    for path in paths:
        there = tree.look(path)
        if there is None:
            continue
        if there[1].is_folder:
            walk.folder(path, *there)
        elif there[1].is_file:
            walk.file(path, *there)
        else:
            continue
        walk.defaults_above(path)
    return [Blob(name, id, objects) for name, id in walk.files]


class _Walk:
    def __init__(self, tree: Tree) -> None:
        self.tree = tree
        self.files: list[tuple[str, str]] = []
        self.seen: set[str] = set()

    def file(self, path: str, real: str, entry: Entry) -> None:
        if real not in self.seen:
            self.seen.add(real)
            # Today's file of this name has it already.
            self.files.append((intern(path), entry.id))

    def folder(self, path: str, real: str, entry: Entry) -> None:
        """A folder that was entered already, through a link perhaps, is not entered again."""
        if real in self.seen:
            return
        self.seen.add(real)
        for name, child in sorted(self.tree.entries(entry).items()):
            if name.startswith("."):
                continue
            below = f"{path}/{name}" if path else name
            there = (f"{real}/{name}" if real else name, child)
            if child.is_link:
                found = self.tree.look(below)
                if found is None:
                    continue
                there = found
            if there[1].is_folder:
                self.folder(below, *there)
            elif there[1].is_file and name.endswith((".yaml", ".yml")):
                self.file(below, *there)

    def defaults_above(self, path: str) -> None:
        while path:
            path = posixpath.dirname(path)
            for name in DEFAULTS:
                below = f"{path}/{name}" if path else name
                there = self.tree.look(below)
                if there is not None and there[1].is_file:
                    self.file(below, *there)
