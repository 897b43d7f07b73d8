"""Which files hold specs: folders walked in a fixed order, and the defaults above them."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from sys import intern
from typing import ClassVar, Protocol

DEFAULTS = ("_defaults.yaml", "_defaults.yml")


@dataclass(frozen=True, slots=True)
class Source:
    """A spec file from anywhere: its name relative to the root, in POSIX form, and how to get its
    bytes. `blob` is git's id of these bytes, where it is known without reading them.
    """

    name: str
    read: Callable[[], bytes] = field(compare=False)
    blob: str | None = None

    @property
    def is_defaults(self) -> bool:
        return self.name.rpartition("/")[2] in DEFAULTS


class Readable(Protocol):
    """What a `Source` offers, also where another class is smaller: there may be very many."""

    @property
    def name(self) -> str: ...
    @property
    def blob(self) -> str | None: ...
    @property
    def is_defaults(self) -> bool: ...
    def read(self) -> bytes: ...


@dataclass(frozen=True, slots=True)
class File:
    """A spec file on the disk."""

    name: str
    root: str
    blob: ClassVar[None] = None

    def read(self) -> bytes:
        with open(os.path.join(self.root, self.name), "rb", buffering=0) as file:
            return file.read()

    @property
    def is_defaults(self) -> bool:
        return self.name.rpartition("/")[2] in DEFAULTS


@dataclass(slots=True)
class Found:
    """The sources below some paths, each once, and what could not be found or entered."""

    asked: list[str] = field(default_factory=list)
    sources: list[File] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    unreadable: list[tuple[str, OSError]] = field(default_factory=list)


def find(paths: Sequence[Path], root: Path) -> Found:
    """Every spec file of these files and folders, with the defaults in the folders above them."""
    found = Found()
    walk = _Walk(root, found)
    for path in paths:
        whole = os.path.abspath(path)
        found.asked.append(walk.name(whole))
        if os.path.isdir(whole):
            walk.folder(whole)
        elif os.path.isfile(whole):
            walk.file(whole)
        else:
            found.missing.append(walk.name(whole))
            continue
        walk.defaults_above(whole)
    return found


def _true(ask: Callable[[], bool]) -> bool:
    """A link to itself is neither a folder nor a file, like one that leads nowhere."""
    try:
        return ask()
    except OSError:
        return False


class _Walk:
    def __init__(self, root: Path, found: Found) -> None:
        self.root = os.path.abspath(root)
        self.found = found
        self.seen: set[str] = set()

    def name(self, path: str) -> str:
        """A path as it is reported: below the root relative to it, else whole."""
        inside = path.startswith(self.root.rstrip(os.sep) + os.sep)
        return (path[len(self.root) :].lstrip(os.sep) if inside else path).replace(os.sep, "/")

    def file(self, path: str, real: str | None = None) -> None:
        real = real or os.path.realpath(path)
        if real not in self.seen:
            self.seen.add(real)
            self.found.sources.append(File(intern(self.name(path)), self.root))

    def folder(self, path: str) -> None:
        """A folder that was entered already, through a link perhaps, is not entered again."""
        real = os.path.realpath(path)
        if real in self.seen:
            return
        self.seen.add(real)
        try:
            entries = sorted(os.scandir(path), key=lambda entry: entry.name)
        except OSError as error:
            self.found.unreadable.append((self.name(path), error))
            return
        for entry in entries:
            if entry.name.startswith("."):
                continue
            if _true(entry.is_dir):
                self.folder(entry.path)
            elif entry.name.endswith((".yaml", ".yml")) and _true(entry.is_file):
                # Resolving ten thousand paths takes longer than listing them: only links need it.
                self.file(entry.path, None if entry.is_symlink() else f"{real}{os.sep}{entry.name}")

    def defaults_above(self, path: str) -> None:
        for folder in self._above(path):
            for name in DEFAULTS:
                defaults = os.path.join(folder, name)
                if os.path.isfile(defaults):
                    self.file(defaults)

    def _above(self, path: str) -> Iterator[str]:
        while path != self.root and path.startswith(self.root.rstrip(os.sep) + os.sep):
            path = os.path.dirname(path)
            yield path
