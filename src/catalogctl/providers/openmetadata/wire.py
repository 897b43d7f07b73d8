"""What is read of OpenMetadata's JSON. Keys that a server omits are empty; others are passed over.

The names are the API's own. Recorded on 1.6; read in the sources of 1.8 to 2.0.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

# `gc=False`: these hold no cycles, and millions of them come and go while pages are read.


class Reference(msgspec.Struct, frozen=True, gc=False):
    """An entity reference: who owns, follows, votes, or which domain."""

    id: str = ""
    type: str = ""
    name: str = ""
    fullyQualifiedName: str = ""
    inherited: bool = False
    deleted: bool = False


class Label(msgspec.Struct, frozen=True, gc=False):
    """A tag label; identity is (tagFQN, source)."""

    tagFQN: str
    source: str = "Classification"
    labelType: str = "Manual"
    state: str = "Confirmed"
    metadata: Any = None


class Column(msgspec.Struct, frozen=True, gc=False):
    name: str
    displayName: str | None = None
    description: str | None = None
    ordinalPosition: int | None = None
    tags: Sequence[Label] = ()
    children: Sequence[Column] | None = None


class Votes(msgspec.Struct, frozen=True, gc=False):
    upVoters: Sequence[Reference] = ()
    downVoters: Sequence[Reference] = ()


class FieldNote(msgspec.Struct, frozen=True, gc=False):
    """Who changed a field last, and when (epoch milliseconds); since 1.7."""

    changedBy: str = ""
    changedAt: int = 0


class FieldName(msgspec.Struct, frozen=True, gc=False):
    name: str = ""


class ChangeDescription(msgspec.Struct, frozen=True, gc=False):
    """What the last version changed."""

    fieldsAdded: Sequence[FieldName] = ()
    fieldsUpdated: Sequence[FieldName] = ()
    changeSummary: Mapping[str, FieldNote] | None = None


class Entity(msgspec.Struct, frozen=True, gc=False):
    """What is read of an object. Keys that the server omits are empty; others are passed over."""

    id: str
    fullyQualifiedName: str
    version: float = 0.0
    displayName: str | None = None
    description: str | None = None
    columns: Sequence[Column] = ()
    owners: Sequence[Reference] = ()
    tags: Sequence[Label] = ()
    domains: Sequence[Reference] = ()
    domain: Reference | None = None  # one reference up to 1.7, a list later
    followers: Sequence[Reference] = ()
    votes: Votes = Votes()
    updatedBy: str = ""
    updatedAt: int = 0
    changeDescription: ChangeDescription | None = None


class Labelled(msgspec.Struct, frozen=True, gc=False):
    """The labels of an object as they came, for writing the whole set back."""

    tags: Sequence[Mapping[str, Any]] = ()


class Step(ChangeDescription, frozen=True, gc=False):
    """What a version changed since the one named by `previousVersion`."""

    fieldsDeleted: Sequence[FieldName] = ()
    previousVersion: float | None = None


class Version(Entity, frozen=True, gc=False):
    """An object as it was. `incrementalChangeDescription` (2.x) is of the last write alone."""

    deleted: bool = False
    owner: Reference | None = None  # one reference up to 1.4, a list later
    changeDescription: Step | None = None
    incrementalChangeDescription: Step | None = None


class History(msgspec.Struct, frozen=True, gc=False):
    """The versions of an object, newest first, each as JSON text inside the JSON (recorded)."""

    versions: Sequence[str]


class Paging(msgspec.Struct, frozen=True, gc=False):
    total: int = 0
    after: str | None = None


class Page(msgspec.Struct, frozen=True, gc=False):
    """A page of a list; each object is still JSON."""

    data: Sequence[msgspec.Raw]
    paging: Paging = Paging()
