"""The specs, and the configuration, as they were at a git revision.

    read_base   a revision -> Base
    find_base   in CI: which revision a plan should be compared with

Git's objects are read as they are; the work tree, the index and the network are left alone.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from catalogctl import spec
from catalogctl.config import CatalogConfig, Config, from_environment
from catalogctl.config import file as configfile
from catalogctl.config.connection import TYPES
from catalogctl.errors import Diagnostic, InvalidError, Severity
from catalogctl.history import git, tree
from catalogctl.history.ci import Found, find_base
from catalogctl.history.tree import Tree
from catalogctl.model import Address, Declared
from catalogctl.spec import Memory, Readable, Specs

__all__ = ["Base", "Found", "find_base", "read_base"]

_SHOWN = 3
"""Findings of the past that are told; the rest is counted."""


@dataclass(frozen=True, slots=True)
class Base:
    """What a revision declared. `commit` is its full hash, `revision` what was asked for.

    `config` is the configuration of then; when there was none it is today's. `specs` has no
    errors; its files are named relative to the root of the repository, as today's are, and its
    `locate` reads git again.
    """

    revision: str
    commit: str
    config: Config
    specs: Specs

    def declared(self, today: Config) -> dict[Address, Mapping[str, Declared]]:
        """What each object was declared to be, under the name that its catalog has today.

        A catalog of the same type and `url` that is called otherwise now is still the same one.
        """
        names = _renamed(self.config.catalogs, today.catalogs)
        if not names:
            return {one.address: one.fields for one in self.specs.desired}
        return {
            replace(one.address, catalog=names.get(one.address.catalog, one.address.catalog)): (
                one.fields
            )
            for one in self.specs.desired
        }


def read_base(
    config: Config,
    revision: str,
    paths: Sequence[Path] | None = None,
    *,
    environ: Mapping[str, str] | None = None,
    cache: Path | None = None,
    memory: Memory | None = None,
) -> Base:
    """The specs as they were at a revision: those configured then, or those under `paths`.

    A path that did not exist then holds nothing. Files that `memory` knows from today's specs are
    not read again; without it a base costs as much as today's specs do. Raises InvalidError for a
    revision that cannot be read, and when the specs or the configuration were invalid then.
    """
    commit = git.commit_of(config.root, revision)
    with git.Objects(config.root, revision) as objects:
        files = Tree(objects, commit, config.root)
        then = _config(config, files, revision, environ)
        named = [_inside(path, config, revision) for path in paths or then.specs]
        sources = tree.find(files, objects, named)
        ids = [source.blob for source in sources if source.blob]
        objects.expect([id for id in ids if memory is None or memory.find(id) is None])
        specs = _load(sources, _types(then), cache, memory)
    if specs.has_errors:
        raise _were_invalid("HIST007", "specs", revision, specs.diagnostics)
    return Base(revision, commit, then, specs)


def _config(
    config: Config, files: Tree, revision: str, environ: Mapping[str, str] | None
) -> Config:
    file = config.file
    name = None if file is None else tree.inner(file, config.root)
    content = None if name is None else files.read(name)
    if file is None or name is None or content is None:
        return config
    try:
        settings = configfile.read(content, name, file.parent)
    except InvalidError as problem:
        raise _were_invalid("HIST008", "configuration", revision, problem.diagnostics) from None
    catalogs = settings.catalogs
    if catalogs is None:
        catalogs = from_environment(os.environ if environ is None else environ)
    return replace(config, specs=settings.specs, catalogs=catalogs, guards=settings.guards)


def _types(then: Config) -> Mapping[str, str]:
    """The catalogs of then. A type that had none is no fault: its objects match none of today."""
    lacking = set(TYPES) - set(then.types.values())
    return {**{type: type for type in lacking}, **then.types}


def _renamed(then: Mapping[str, CatalogConfig], now: Mapping[str, CatalogConfig]) -> dict[str, str]:
    gone = {name: _place(catalog) for name, catalog in then.items() if name not in now}
    new = {name: _place(catalog) for name, catalog in now.items() if name not in then}
    return {
        name: next(each for each in new if new[each] == place)
        for name, place in gone.items()
        if list(gone.values()).count(place) == 1 and list(new.values()).count(place) == 1
    }


def _place(catalog: CatalogConfig) -> tuple[str | None, ...]:
    """What says which catalog it is, as it is written."""
    return catalog.type, catalog.texts.get("url"), catalog.texts.get("project_id")


def _inside(path: Path, config: Config, revision: str) -> str:
    name = tree.inner(path, config.root)
    if name is None:
        message = (
            f"{path} lies outside of the repository {config.root}: {revision} does not hold it"
        )
        raise git.fault("HIST009", message, "keep the specs in it, or plan without a base")
    return name


def _load(
    sources: Iterable[Readable],
    catalogs: Mapping[str, str],
    cache: Path | None,
    memory: Memory | None,
) -> Specs:
    if cache is None:
        return spec.load_sources(sources, catalogs=catalogs, memory=memory)
    from catalogctl.spec.cache import Cache

    with Cache(cache) as kept:
        return spec.load_sources(sources, catalogs=catalogs, cache=kept, memory=memory)


def _were_invalid(
    code: str, what: str, revision: str, findings: Sequence[Diagnostic]
) -> InvalidError:
    errors = [each for each in findings if each.severity is Severity.ERROR]
    told = [
        f"{revision}:{each.location}: {each.message}" if each.location else each.message
        for each in errors[:_SHOWN]
    ]
    if len(errors) > _SHOWN:
        told.append(f"and {len(errors) - _SHOWN} more")
    message = f"the {what} of {revision} cannot be used as a base: {'; '.join(told)}"
    return git.fault(code, message, "choose another base, in which this is mended")
