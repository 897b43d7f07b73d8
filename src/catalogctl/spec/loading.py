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
from catalogctl.model import Address, Declared, Desired, by_address
from catalogctl.spec import explain
from catalogctl.spec.catalogs import Catalogs
from catalogctl.spec.documents import Declaration, accept, accept_defaults
from catalogctl.spec.files import Readable, find
from catalogctl.spec.kinds import KINDS, Kind
from catalogctl.spec.mistakes import Mistake
from catalogctl.spec.packed import Fields, Shelf
from catalogctl.spec.places import Origin, Places, part_of

if TYPE_CHECKING:
    from catalogctl.spec.cache import Cache
    from catalogctl.spec.memory import Memory


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
    _objects: Mapping[Address, Desired] = field(repr=False, compare=False)

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
        known = self._objects.get(address)
        if known is None:
            return None
        kind, origins = KINDS[address.kind], known.documents
        found = self._places.find(kind, origins, path, member, part_of(address))
        return found or Location(origins[0].file)


def load(
    paths: Sequence[Path],
    *,
    root: Path,
    catalogs: Mapping[str, str] | None = None,
    cache: Path | None = None,
    memory: Memory | None = None,
) -> Specs:
    """Loads every spec file of these files and folders. Never raises for what they hold.

    `root` is the folder that reported paths are relative to. `catalogs` maps the configured names
    to their types; None checks specs without a configuration, and a type then stands for its name.
    `cache` is the folder of the parse cache; without it every file is parsed. `memory` takes in
    what the files declare, for a base revision that is loaded after them.
    """
    found = find(paths, root)
    if cache is None:
        specs = load_sources(found.sources, catalogs=catalogs, memory=memory)
    else:
        from catalogctl.spec.cache import Cache

        with Cache(cache) as kept:
            specs = load_sources(found.sources, catalogs=catalogs, cache=kept, memory=memory)
    if memory is not None:
        memory.objects = specs._objects
    diagnostics = in_order(
        [*specs.diagnostics, *(yamlfile.unreadable(*each) for each in found.unreadable)]
    )
    reason = specs.empty_reason
    if found.missing:
        reason = f"{', '.join(found.missing)}: no such file or folder"
    elif reason and found.asked:
        reason = f"{reason} in {', '.join(found.asked)}"
    return Specs(specs.desired, diagnostics, reason, specs._places, specs._objects)


def load_sources(
    sources: Iterable[Readable],
    *,
    catalogs: Mapping[str, str] | None = None,
    cache: Cache | None = None,
    memory: Memory | None = None,
) -> Specs:
    """Loads specs from wherever their bytes come from, a git revision for instance.

    A source whose `blob` is in the memory is not read.
    """
    by_name = {source.name: source for source in sources}
    with _without_collector():
        loading = _Loading(by_name, catalogs, cache, memory)
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
        sources: Mapping[str, Readable],
        catalogs: Mapping[str, str] | None,
        cache: Cache | None = None,
        memory: Memory | None = None,
    ) -> None:
        self.cache = cache
        self.memory = memory
        self.places = Places(sources)
        self.catalogs = Catalogs(catalogs)
        self.diagnostics: list[Diagnostic] = []
        self.declared: list[tuple[Origin, Declaration]] = []
        self.defaults: dict[str, list[tuple[Origin, dict[str, dict[str, Declared]]]]] = {}
        self.objects: dict[Address, Desired] = {}
        self.lacking: set[str] = set()
        self.shelf = Shelf()

    def read(self, source: Readable) -> None:
        """Takes in one file: declarations or defaults, or findings."""
        known = self.remembered(source)
        if known is not None:
            self.take_known(source, known)
            return
        before = len(self.declared)
        self.read_anew(source)
        for _, declaration in self.declared[before:]:
            for fields in (declaration.fields, *(each for _, each in declaration.objects)):
                fields.lay_on(self.shelf)

    def read_anew(self, source: Readable) -> None:
        try:
            content = source.read()
        except OSError as error:
            self.diagnostics.append(yamlfile.unreadable(source.name, error))
            return
        if self.cache is not None and not source.is_defaults:
            known = self.cache.find(content)
            if known is not None:
                self.take_known(source, known)
                self.remember(content, known)
                return
        before = (len(self.declared), len(self.diagnostics))
        self.parse(source, content)
        if source.is_defaults or len(self.diagnostics) > before[1]:
            return
        declared = [each for _, each in self.declared[before[0] :]]
        if self.cache is not None:
            self.cache.keep(content, declared)
        self.remember(content, declared)

    def take_known(self, source: Readable, known: Sequence[Declaration]) -> None:
        self.declared += [
            (Origin(source.name, number, False), each) for number, each in enumerate(known)
        ]

    def remembered(self, source: Readable) -> Sequence[Declaration] | None:
        if self.memory is None or source.blob is None or source.is_defaults:
            return None
        return self.memory.find(source.blob)

    def remember(self, content: bytes, declared: Sequence[Declaration]) -> None:
        if self.memory is not None:
            self.memory.keep(content, declared)

    def parse(self, source: Readable, content: bytes) -> None:
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
            f"first at {self.places.find(kind, [first], path)}"
        )
        place = self.places.find(kind, [origin], path)
        self.diagnostics.append(Diagnostic("SPEC010", message, place, "keep one of the two"))

    def finish(self) -> Specs:
        for origin, declaration in self.declared:
            self.merge(origin, declaration)
        if self.defaults:
            for address in self.objects:
                self.add_defaults(address)
        desired = tuple(sorted(self.objects.values(), key=by_address))
        reason = None if self.declared or self.diagnostics else "there are no specs"
        return Specs(desired, in_order(self.diagnostics), reason, self.places, self.objects)

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
        whole = declaration.identity
        if kind.objects is None or declaration.fields:
            self.add(Address(catalog, kind.name, whole, qualified), origin, declaration.fields)
        for name, fields in declaration.objects:
            self.add(Address(catalog, kind.name, whole + name, qualified), origin, fields)

    def add(self, address: Address, origin: Origin, fields: Fields) -> None:
        """What one document declares of one object."""
        before = self.objects.get(address)
        known = before.fields if before else _presence(address)
        origins = before.documents if before else ()
        if known:
            twice = [path for path in fields if path in known]
            if twice:
                self.declared_twice(address, origins, origin, fields, twice)
            fields = Fields.of({**fields, **known})
            fields.lay_on(self.shelf)
        self.put(address, fields, (*origins, origin))

    def put(self, address: Address, fields: Fields, documents: tuple[Origin, ...]) -> None:
        """Note what is declared of one object; anew only where it is not as today."""
        then = self.memory.objects.get(address) if self.memory else None
        if then is not None and then.fields is fields and then.documents == documents:
            self.objects[then.address] = then
        else:
            self.objects[address] = Desired(address, fields, documents, fields.heads)

    def declared_twice(
        self,
        address: Address,
        origins: tuple[Origin, ...],
        origin: Origin,
        fields: Mapping[str, Declared],
        paths: list[str],
    ) -> None:
        """One finding a field; a single one for a document that is there twice."""
        hint = "keep one of the two"
        kind, part = KINDS[address.kind], part_of(address)
        if len(paths) > 1 and len(paths) == len(fields):
            places = (self.places.find(kind, origins, path, part=part) for path in paths)
            earliest = min(place for place in places if place is not None)
            message = f"everything this document declares of {address} is declared already"
            place = self.places.find(kind, [origin], "kind", part=part)
            found = Diagnostic("SPEC010", f"{message}, first at {earliest}", place, hint)
            self.diagnostics.append(found)
            return
        for path in paths:
            first = self.places.find(kind, origins, path, part=part)
            place = self.places.find(kind, [origin], path, part=part)
            message = f"{path} of {address} is declared twice; first at {first}"
            self.diagnostics.append(Diagnostic("SPEC010", message, place, hint))

    def add_defaults(self, address: Address) -> None:
        """Fields that no document declares, from the nearest file that has a default."""
        if part_of(address) is not None:
            return
        declared = self.objects[address]
        fields = dict(declared.fields)
        origins = declared.documents
        for origin in declared.documents:
            for place, defaults in self.above(origin.file):
                added = {
                    path: value
                    for path, value in defaults.get(address.kind, {}).items()
                    if path not in fields
                }
                if added:
                    fields |= added
                    origins += (place,)
        if origins is not declared.documents:
            merged = Fields.of(fields)
            merged.lay_on(self.shelf)
            self.put(address, merged, origins)

    def above(self, file: str) -> Iterator[tuple[Origin, dict[str, dict[str, Declared]]]]:
        """The defaults that hold for a file, the nearest first."""
        outside = file.startswith("/")
        while file := _folder(file):
            yield from self.defaults.get(file, ())
        if not outside:
            yield from self.defaults.get("", ())


def _presence(address: Address) -> dict[str, Declared]:
    """That the object is there at all, where that is itself declared."""
    kind = KINDS[address.kind]
    if kind.presence is None:
        return {}
    number = list(kind.identity).index(kind.presence)
    return {kind.presence: address.parts[number]}


def _folder(file: str) -> str:
    return file.rpartition("/")[0]
