"""The words of the whole tool: addresses, what is desired and observed, changes, plans, results.

Frozen values of the standard library. Field values are plain data in the words of the spec
language, on both sides; wire words stay inside `providers`.

A *field path* names one field of an object: `description`, `tags`, `columns.email.tags`,
`columns.address.zip.description`. A *value* is one of

- a text or a setting: `str`, `int`, `bool`, or `None` where the catalog has none;
- a set: `tuple[str, ...]`, sorted, each member once;
- an ordered list: `tuple[...]` in its own order;
- a `Secret`: a reference, never the secret itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from operator import attrgetter
from typing import Any, TypeVar, Union
from urllib.parse import unquote

from catalogctl.errors import Diagnostic, Location

T = TypeVar("T")


@dataclass(frozen=True, slots=True, order=True)
class Secret:
    """A secret by reference, such as `env/PG_PASSWORD`. Its value is read when it is sent."""

    reference: str


Value = Union[None, str, int, bool, "tuple[str, ...]", Secret]


@dataclass(frozen=True, slots=True)
class Members:
    """A declared set: `names` are ensured; with `only` they are exactly what there may be."""

    names: tuple[str, ...]
    only: bool = False


Declared = Union[Value, Members]


class Action(str, Enum):
    """What happens to an object as a whole."""

    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"
    TRIGGER = "trigger"


class Origin(str, Enum):
    """Who moved: git, the catalog, or both differently. Without a base everything is a change."""

    CHANGE = "change"
    DRIFT = "drift"
    CONFLICT = "conflict"


class Verdict(str, Enum):
    """What the catalog says to a change before it is made."""

    VERIFIED = "verified"
    UNVERIFIED = "unverified"
    REFUSED = "refused"


class Risk(str, Enum):
    """What a change may cost besides the change itself, where a system has such costs."""

    FREE = "free"
    BILLABLE = "billable"
    """It starts a run that is paid for."""
    RESET = "reset"
    """What was imported may be thrown away and imported again."""
    DESTROY = "destroy"
    """Data goes that nothing brings back."""


class Outcome(str, Enum):
    """What became of a change."""

    APPLIED = "applied"
    SKIPPED = "skipped"
    UNKNOWN = "unknown"
    FAILED = "failed"


_WORST_VERDICT = (Verdict.REFUSED, Verdict.UNVERIFIED, Verdict.VERIFIED)
_WORST_OUTCOME = (Outcome.FAILED, Outcome.UNKNOWN, Outcome.SKIPPED, Outcome.APPLIED)
_WORST_RISK = (Risk.DESTROY, Risk.RESET, Risk.BILLABLE, Risk.FREE)
_WORST_ORIGIN = (Origin.CONFLICT, Origin.CHANGE, Origin.DRIFT)


def encode_part(text: str) -> str:
    """A part of an identity as it stands in an address: `/`, `#` and `%` percent-encoded."""
    return text.replace("%", "%25").replace("/", "%2F").replace("#", "%23")


@dataclass(frozen=True, slots=True, order=True)
class Address:
    """Which object: the catalog's configured name, the kind, and the encoded identity.

    `qualified` says whether the catalog must be named for the address to be clear, which is so
    when several catalogs of the type are configured; it is no part of the identity.
    """

    catalog: str
    kind: str
    identity: str
    qualified: bool = field(default=False, compare=False)

    def __str__(self) -> str:
        prefix = f"{self.catalog}:" if self.qualified else ""
        return f"{prefix}{self.kind}/{self.identity}"

    @property
    def parts(self) -> tuple[str, ...]:
        """The identity's parts, decoded."""
        return tuple(unquote(part) for part in self.identity.split("/"))

    @property
    def name(self) -> str:
        """The identity of a kind that has a single part, decoded."""
        return unquote(self.identity)


by_order = attrgetter("catalog", "kind", "identity")
by_address = attrgetter("address.catalog", "address.kind", "address.identity")
"""The keys that sort many addresses, or what has one, as `<` does with addresses, sooner."""


@dataclass(frozen=True, slots=True)
class Desired:
    """One object as the specs want it.

    `fields` maps field paths to declared values; what is absent is not managed. `documents` are
    keys by which the loader finds the places that declared them. `heads` are the first words of
    the field paths, with blanks between them, where the loader has counted them already.
    """

    address: Address
    fields: Mapping[str, Declared]
    documents: tuple[Any, ...] = field(default=(), compare=False)
    heads: str | None = field(default=None, compare=False, repr=False)

    def first_words(self) -> Iterable[str]:
        """The first words of the field paths. Cheaper than the paths, which may lie packed."""
        if self.heads is not None:
            return self.heads.split()
        return {path.partition(".")[0] for path in self.fields}


@dataclass(frozen=True, slots=True)
class Observed:
    """One object as its catalog has it: the fields that were asked about, and no others.

    `missing` names declared parts (a column, say) that the catalog does not have, each with the
    reason; `exists` is False when the object itself is not there. `authors` says of a text, where
    the catalog's history has it, who wrote it and when ("carol on 2026-11-25"); texts that the
    token's own user wrote are left out. `handle` is for the provider alone: what it needs to write
    this object later.

    `agrees` says that whatever is declared is exactly so: then there is nothing to compare, and
    `fields` may be left out.

    `creatable` says of an object that is not there that an apply can make it. `pristine` says of
    one that is there that nobody has set it up yet: a creation that was planned may go on.
    """

    address: Address
    fields: Mapping[str, Value] = field(default_factory=dict)
    exists: bool = True
    missing: Mapping[str, str] = field(default_factory=dict)
    authors: Mapping[str, str] = field(default_factory=dict)
    creatable: bool = False
    pristine: bool = False
    agrees: bool = False
    handle: Any = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Moved:
    """Who moved a field in the catalog, and when, as far as the catalog's history tells.

    `at` is a time in UTC, `2026-11-25T14:03:00Z`. `note` says what the history leaves open, and
    why nobody is named where nobody is.
    """

    by: str | None = None
    at: str | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field of one object: how it is, how it will be, and who asked for it.

    `added` and `removed` are given for sets and are `None` otherwise. `exact` marks a set declared
    with `only`. `hint` is the mend of a refusal. `outcome` is `None` until it has been tried. In a
    conflict `base` is what git declared before; of drift `moved` says who did it, if asked for.
    """

    path: str
    before: Value
    after: Value
    added: tuple[str, ...] | None = None
    removed: tuple[str, ...] | None = None
    exact: bool = False
    origin: Origin = Origin.CHANGE
    base: Value = None
    verdict: Verdict = Verdict.UNVERIFIED
    message: str | None = None
    hint: str | None = None
    risk: Risk | None = None
    moved: Moved | None = None
    source: Location | None = None
    outcome: Outcome | None = None

    @property
    def is_set(self) -> bool:
        return self.added is not None

    @property
    def takes_away(self) -> bool:
        """Whether something that is there goes: a member, or a text or setting that is emptied."""
        if self.is_set:
            return bool(self.removed)
        return not _is_empty(self.before) and _is_empty(self.after)

    @property
    def replaces(self) -> bool:
        """Whether a text or setting that is there gives way to another one."""
        return not self.is_set and not _is_empty(self.before) and not _is_empty(self.after)

    def refused(self, message: str, hint: str | None = None) -> FieldChange:
        return replace(self, verdict=Verdict.REFUSED, message=message, hint=hint)

    def ended(self, outcome: Outcome, message: str | None = None) -> FieldChange:
        """With an outcome, and why. What went well needs no words, also not those of the plan."""
        kept = None if outcome is Outcome.APPLIED else self.message
        return replace(self, outcome=outcome, message=message or kept)


def _is_empty(value: Value) -> bool:
    return value is None or value == "" or value == () or value == "unVoted"


@dataclass(frozen=True, slots=True)
class Change:
    """Everything that one plan does to one object. It always has at least one field change."""

    address: Address
    action: Action
    fields: tuple[FieldChange, ...]
    reason: str | None = None

    def __post_init__(self) -> None:
        if not self.fields:
            raise ValueError(f"a change of {self.address} without a field change")

    @property
    def verdict(self) -> Verdict:
        return worst({each.verdict for each in self.fields}, _WORST_VERDICT)

    @property
    def origin(self) -> Origin:
        return worst({each.origin for each in self.fields}, _WORST_ORIGIN)

    @property
    def risk(self) -> Risk | None:
        risks = {each.risk for each in self.fields if each.risk is not None}
        return worst(risks, _WORST_RISK) if risks else None

    @property
    def outcome(self) -> Outcome | None:
        outcomes = {each.outcome for each in self.fields if each.outcome is not None}
        return worst(outcomes, _WORST_OUTCOME) if outcomes else None

    @property
    def takes_away(self) -> bool:
        return any(each.takes_away for each in self.fields)

    def ended(self, outcome: Outcome, message: str | None = None) -> Change:
        """The same change with one outcome for every field."""
        return replace(self, fields=tuple(each.ended(outcome, message) for each in self.fields))


def worst(found: set[T], order: tuple[T, ...]) -> T:
    """The first of `order` that is among those found."""
    return next(each for each in order if each in found)


@dataclass(frozen=True, slots=True)
class Prediction:
    """What a catalog says to one field of one planned change.

    `member` names the very member of a set that was refused, so that the finding can be placed
    at its line. `removed` are members that the catalog would push out (an exclusive
    classification), to be shown in the plan. `hint` is the mend, where one is known. `risk` is
    what the change may cost, in systems where changes have a cost.
    """

    address: Address
    path: str
    verdict: Verdict
    message: str | None = None
    member: str | None = None
    removed: tuple[str, ...] = ()
    hint: str | None = None
    risk: Risk | None = None


@dataclass(frozen=True, slots=True)
class CatalogInfo:
    """A catalog as the plan names it."""

    type: str
    url: str
    server_version: str | None = None
    principal: str | None = None


@dataclass(frozen=True, slots=True)
class Violation:
    """A guard that stops a plan, with its numbers in words and the flags that permit it once."""

    guard: str
    message: str
    permit: str


@dataclass(frozen=True, slots=True)
class Plan:
    """The difference between specs and catalogs; after an apply, also what became of it.

    Changes are sorted by catalog and address, and each address stands once. `unchanged` lists
    the objects in sync only when somebody asked for them; `in_sync` counts them always. `share` is
    the number of a share, from 1, and of how many, where it is only one.
    """

    changes: tuple[Change, ...] = ()
    in_sync: int = 0
    catalogs: Mapping[str, CatalogInfo] = field(default_factory=dict)
    guards: tuple[Violation, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()
    allowed: tuple[str, ...] = ()
    base: str | None = None
    share: tuple[int, int] | None = None
    unchanged: tuple[Address, ...] = ()
    applied: bool = False

    @property
    def objects(self) -> int:
        return self.in_sync + len(self.changes)

    @property
    def has_errors(self) -> bool:
        return any(found.severity.value == "error" for found in self.diagnostics)

    def count(self, action: Action) -> int:
        return sum(change.action is action for change in self.changes)
