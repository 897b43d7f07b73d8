"""Files to desired objects: read, accept or explain, merge, and add the defaults."""

from __future__ import annotations

import gc
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from catalogctl import yamlfile
from catalogctl.errors import Diagnostic, Location, Severity, in_order
from catalogctl.model import Address, Declared, Desired
from catalogctl.spec import explain
from catalogctl.spec.documents import Declaration, accept, accept_defaults
from catalogctl.spec.files import Source, find
from catalogctl.spec.kinds import KINDS, Kind, Mistake, did_you_mean
from catalogctl.spec.places import Origin, Places

if TYPE_CHECKING:
    from catalogctl.spec.cache import Cache


@dataclass(frozen=True, slots=True)
class Specs:
    """What the specs want, sorted by address, and everything that is wrong with them.

    With an error among the diagnostics `desired` is what could be understood, and no base for a
    plan. `empty_reason` says why nothing is declared, or that a declared path is not there.
    """

    desired: tuple[Desired, ...]
    diagnostics: tuple[Diagnostic, ...]
    empty_reason: str | None
    _places: Places = field(repr=False, compare=False)
    _origins: Mapping[Address, tuple[Origin, ...]] = field(repr=False, compare=False)

    @property
    def has_errors(self) -> bool:
        return any(found.severity is Severity.ERROR for found in self.diagnostics)

    def locate(
        self, of: Desired | Address, path: str, member: str | None = None
    ) -> Location | None:
        """Where the field was declared: its key, else the nearest key above it that is there.

        With `member`, the item of the set that names it; from a default, the line in
        `_defaults.yaml`. None for an object that the specs do not declare.
        """
        address = of.address if isinstance(of, Desired) else of
        origins = self._origins.get(address, ())
        if not origins:
            return None
        found = self._places.find(KINDS[address.kind], origins, path, member)
        return found or Location(origins[0].file)


def load(
    paths: Sequence[Path],
    *,
    root: Path,
    catalogs: Mapping[str, str] | None = None,
    cache: Path | None = None,
) -> Specs:
    """Loads every spec file of these files and folders. Never raises for what they hold.

    `root` is the folder that reported paths are relative to. `catalogs` maps the configured names
    to their types; None checks specs without a configuration, and a type then stands for its name.
    `cache` is the folder of the parse cache; without it every file is parsed.
    """
    found = find(paths, root)
    if cache is None:
        specs = load_sources(found.sources, catalogs=catalogs)
    else:
        from catalogctl.spec.cache import Cache

        with Cache(cache) as kept:
            specs = load_sources(found.sources, catalogs=catalogs, cache=kept)
    diagnostics = in_order(
        [*specs.diagnostics, *(yamlfile.unreadable(*each) for each in found.unreadable)]
    )
    reason = specs.empty_reason
    if found.missing:
        reason = f"{', '.join(found.missing)}: no such file or folder"
    elif reason and found.asked:
        reason = f"{reason} in {', '.join(found.asked)}"
    return Specs(specs.desired, diagnostics, reason, specs._places, specs._origins)


def load_sources(
    sources: Iterable[Source],
    *,
    catalogs: Mapping[str, str] | None = None,
    cache: Cache | None = None,
) -> Specs:
    """Loads specs from wherever their bytes come from, a git revision for instance."""
    by_name = {source.name: source for source in sources}
    with _without_collector():
        loading = _Loading(by_name, catalogs, cache)
        for source in by_name.values():
            loading.read(source)
        return loading.finish()


@contextmanager
def _without_collector() -> Iterator[None]:
    """Loading makes millions of values and no cycles: looking for some costs half as much again."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


class _Loading:
    def __init__(
        self,
        sources: Mapping[str, Source],
        catalogs: Mapping[str, str] | None,
        cache: Cache | None = None,
    ) -> None:
        self.cache = cache
        self.places = Places(sources)
        self.catalogs = _Catalogs(catalogs)
        self.diagnostics: list[Diagnostic] = []
        self.declared: list[tuple[Origin, Declaration]] = []
        self.defaults: dict[str, list[tuple[Origin, dict[str, dict[str, Declared]]]]] = {}
        self.fields: dict[Address, dict[str, Declared]] = {}
        self.origins: dict[Address, list[Origin]] = {}
        self.lacking: set[str] = set()

    def read(self, source: Source) -> None:
        """Takes in one file: declarations or defaults, or findings."""
        try:
            content = source.read()
        except OSError as error:
            self.diagnostics.append(yamlfile.unreadable(source.name, error))
            return
        if self.cache is not None and not source.is_defaults:
            known = self.cache.find(content)
            if known is not None:
                self.declared += [
                    (Origin(source.name, number, False), each) for number, each in enumerate(known)
                ]
                return
        before = (len(self.declared), len(self.diagnostics))
        self.parse(source, content)
        if self.cache is not None and not source.is_defaults and len(self.diagnostics) == before[1]:
            self.cache.keep(content, [each for _, each in self.declared[before[0] :]])

    def parse(self, source: Source, content: bytes) -> None:
        """The file's documents, as declarations or as findings."""
        reading = None
        documents = yamlfile.quick(content)
        if documents is None:
            reading = yamlfile.read(content, source.name)
            self.diagnostics += reading.diagnostics
            documents = tuple(document.value for document in reading.documents)
        take = self.take_defaults if source.is_defaults else self.take
        for number, document in enumerate(documents):
            try:
                take(Origin(source.name, number, source.is_defaults), document)
            except Mistake:
                reading = reading or yamlfile.read(content, source.name)
                why = explain.defaults if source.is_defaults else explain.document
                self.diagnostics += why(reading.documents[number])

    def take(self, origin: Origin, document: Any) -> None:
        self.declared.append((origin, accept(document)))

    def take_defaults(self, origin: Origin, document: Any) -> None:
        found = accept_defaults(document)
        known = self.defaults.setdefault(_folder(origin.file), [])
        for place, defaults in known:
            for kind in found.keys() & defaults.keys():
                for path in found[kind].keys() & defaults[kind].keys():
                    self.default_twice(KINDS[kind], path, place, origin)
        known.append((origin, found))

    def default_twice(self, kind: Kind, path: str, first: Origin, origin: Origin) -> None:
        message = (
            f"the default of {path} for {kind.name} is declared twice; "
            f"first at {self.places.find(kind, [first], path, None)}"
        )
        place = self.places.find(kind, [origin], path, None)
        self.diagnostics.append(Diagnostic("SPEC010", message, place, "keep one of the two"))

    def finish(self) -> Specs:
        for origin, declaration in self.declared:
            self.merge(origin, declaration)
        if self.defaults:
            for address in self.fields:
                self.add_defaults(address)
        desired = tuple(
            Desired(address, self.fields[address], tuple(self.origins[address]))
            for address in sorted(self.fields, key=_order)
        )
        reason = None if self.declared or self.diagnostics else "there are no specs"
        origins = {each.address: each.documents for each in desired}
        return Specs(desired, in_order(self.diagnostics), reason, self.places, origins)

    def merge(self, origin: Origin, declaration: Declaration) -> None:
        kind = declaration.kind
        try:
            catalog = self.catalogs.choose(kind.type, declaration.catalog)
        except Mistake as mistake:
            if not self.catalogs.of_type.get(kind.type):
                if kind.type in self.lacking:  # once is enough, however many files there are
                    return
                self.lacking.add(kind.type)
            document = self.places.document(origin)
            where = document.key_at(mistake.steps) if document else Location(origin.file)
            found = Diagnostic(mistake.code, f"{kind.name}: {mistake.message}", where, mistake.hint)
            self.diagnostics.append(found)
            return
        qualified = self.catalogs.has_several(kind.type)
        address = Address(catalog, kind.name, declaration.identity, qualified)
        known = self.fields.setdefault(address, {})
        origins = self.origins.setdefault(address, [])
        twice = [path for path in declaration.fields if path in known] if known else []
        if twice:
            self.declared_twice(address, origins, origin, declaration, twice)
        origins.append(origin)
        if known:
            for path, value in declaration.fields.items():
                known.setdefault(path, value)
        else:
            self.fields[address] = declaration.fields

    def declared_twice(
        self,
        address: Address,
        origins: list[Origin],
        origin: Origin,
        declaration: Declaration,
        paths: list[str],
    ) -> None:
        """One finding a field; a single one for a document that is there twice."""
        hint = "keep one of the two"
        kind = declaration.kind
        if len(paths) > 1 and len(paths) == len(declaration.fields):
            first = self.places.find(kind, origins, paths[0], None)
            message = f"everything this document declares of {address} is declared already"
            place = self.places.find(kind, [origin], "kind", None)
            found = Diagnostic("SPEC010", f"{message}, first at {first}", place, hint)
            self.diagnostics.append(found)
            return
        for path in paths:
            first = self.places.find(kind, origins, path, None)
            place = self.places.find(kind, [origin], path, None)
            message = f"{path} of {address} is declared twice; first at {first}"
            self.diagnostics.append(Diagnostic("SPEC010", message, place, hint))

    def add_defaults(self, address: Address) -> None:
        """Fields that no document declares, from the nearest file that has a default."""
        fields = self.fields[address]
        own = list(self.origins[address])
        for origin in own:
            for place, defaults in self.above(origin.file):
                added = False
                for path, value in defaults.get(address.kind, {}).items():
                    if path not in fields:
                        fields[path] = value
                        added = True
                if added:
                    self.origins[address].append(place)

    def above(self, file: str) -> Iterator[tuple[Origin, dict[str, dict[str, Declared]]]]:
        """The defaults that hold for a file, the nearest first."""
        outside = file.startswith("/")
        while file := _folder(file):
            yield from self.defaults.get(file, ())
        if not outside:
            yield from self.defaults.get("", ())


def _folder(file: str) -> str:
    return file.rpartition("/")[0]


def _order(address: Address) -> tuple[str, str, str]:
    return (address.catalog, address.kind, address.identity)


class _Catalogs:
    """Which catalog a document is for."""

    def __init__(self, types: Mapping[str, str] | None) -> None:
        self.types = types
        self.of_type: dict[str, list[str]] = {}
        for name, type in (types or {}).items():
            self.of_type.setdefault(type, []).append(name)

    def has_several(self, type: str) -> bool:
        return len(self.of_type.get(type, ())) > 1

    def choose(self, type: str, named: str | None) -> str:
        """The catalog's name. Raises a Mistake when it is none, or not clear which."""
        if self.types is None:
            return named or type
        names = self.of_type.get(type, [])
        if not names:
            hint = f"add one of type {type} to catalogctl.yaml, or set the variables of that system"
            raise self._mistake(f"no catalog of type {type} is configured", hint, named)
        if named is None:
            if len(names) == 1:
                return names[0]
            hint = f"write catalog: and one of {', '.join(names)}"
            raise self._mistake(f"several catalogs of type {type} are configured", hint, named)
        if named in names:
            return named
        if named in self.types:
            hint = f"catalogs of type {type}: {', '.join(names)}"
            message = f'the catalog "{named}" is of type {self.types[named]}, not {type}'
            raise self._mistake(message, hint, named)
        hint = did_you_mean(named, names) or f"catalogs of type {type}: {', '.join(names)}"
        raise self._mistake(f'no catalog "{named}" is configured', hint, named)

    def _mistake(self, message: str, hint: str, named: str | None) -> Mistake:
        return Mistake("SPEC017", message, hint).below("catalog" if named is not None else "kind")
