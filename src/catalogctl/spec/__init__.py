"""Spec files to desired objects, with every mistake placed at its line.

    load          files and folders -> Specs
    load_sources  the same for bytes from elsewhere (a git revision)
    Memory        what today's files declare, for a revision that shares most of them
    Specs         what is desired, what is wrong, and `locate` for the line of a field
    schema        the language as JSON Schema
    KINDS         the language as data

A document that is right passes one strict, quick pass (`documents`); only one that does not pass is
read again with positions and explained (`explain`).
"""

from catalogctl.spec.files import Readable, Source
from catalogctl.spec.kinds import KINDS, Kind
from catalogctl.spec.loading import Specs, load, load_sources
from catalogctl.spec.memory import Memory
from catalogctl.spec.places import Origin
from catalogctl.spec.schema import schema

__all__ = [
    "KINDS",
    "Kind",
    "Memory",
    "Origin",
    "Readable",
    "Source",
    "Specs",
    "load",
    "load_sources",
    "schema",
]
