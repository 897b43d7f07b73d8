"""What one does to an object by hand, as data: `catalogctl run ACTION ADDRESS`. Pure.

Adding an action is a row in `ACTIONS` and its handler in the provider's `run`. A kind whose parts
have an address of their own (`DataSource/…#NAME`) has a row of rows for them under `KIND#`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from catalogctl.model import Address, Declared

__all__ = ["ACTIONS", "Action", "Ending", "Order", "Report", "Row", "RowOutcome", "of"]

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Action:
    """One action of one kind.

    `options` are those of `--async`, `--dry-run` and `--wait` that it takes. `file` says what a
    FILE is to it: "in" is read and must be given, "out" may be written, "" is refused. `json` says
    whether it can answer in JSON, `asks` whether it needs a yes before it writes, `spec` whether
    it looks at what the specs declare of the object.
    """

    about: str
    options: frozenset[str] = frozenset()
    file: str = ""
    json: bool = True
    asks: bool = False
    spec: bool = False


_EXPORT = Action(
    "its CSV, to FILE or stdout, byte for byte as the catalog has it",
    options=frozenset({"async", "wait"}),
    file="out",
    json=False,
)
_IMPORT = Action(
    "a CSV FILE (- is stdin); asks first, or needs --yes; --dry-run only rehearses",
    options=frozenset({"async", "wait", "dry-run"}),
    file="in",
    asks=True,
)
_CSV = {"export": _EXPORT, "import": _IMPORT}
_WAIT = frozenset({"wait"})
_RELOAD = Action("start a sync now; of a source, of all its enabled schemas", options=_WAIT)

ACTIONS: Mapping[str, Mapping[str, Mapping[str, Action]]] = {
    "alation": {
        "TableSync": {
            "sync": Action("have its source asked at once, also when it is in order", spec=True),
        },
    },
    "openmetadata": {"Table": _CSV, "MessagingService": _CSV},
    "posthog": {
        "DataSource#": {
            "reload": _RELOAD,
            "resync": Action(
                "throw the synced data away and import it again; asks first",
                options=_WAIT,
                asks=True,
            ),
            "cancel": Action("stop the sync that is running", options=_WAIT),
            "delete-data": Action("delete the synced data, not the settings; asks", asks=True),
            "incremental-fields": Action("what its source says it can be synced by"),
        },
        "DataSource": {
            "reload": _RELOAD,
            "refresh-schemas": Action("discover the tables that the source has by now"),
            "create-webhook": Action("register PostHog's webhook, unless there is one"),
            "delete-webhook": Action("take the webhook away; asks first", asks=True),
            "jobs": Action("its newest runs"),
            "rotate-secrets": Action(
                "send the secrets that the specs declare, and settings that differ", spec=True
            ),
            "delete": Action("delete it with its schemas and tables; asks first", asks=True),
        },
    },
}
"""By the catalog's type and the kind; `KIND#` are the parts of a kind."""


def of(type: str, kind: str, identity: str) -> Mapping[str, Action]:
    """The actions that an object has in a catalog of this type; empty when there are none."""
    part = "#" if "#" in identity else ""
    return ACTIONS.get(type, {}).get(kind + part, {})


def nobody(question: str, about: Sequence[str]) -> bool:
    """The answer where nobody is asked."""
    return False


def silent(doing: str, done: int, total: int) -> None:
    """No progress."""


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be done to which object, and how to reach whoever ordered it.

    `content` is what FILE holds and `file` its name for messages. Nothing is written unless `agree`
    says yes; it is asked once, with a question and with lines that say what it is about. Setting
    `stop` ends the work early: what is under way is finished or cancelled, and reported.
    """

    action: str
    address: Address
    content: bytes = b""
    file: str = "<stdin>"
    dry_run: bool = False
    asynchronous: bool = False
    wait: bool = False
    wait_seconds: float = 1800.0
    agree: Callable[[str, Sequence[str]], bool] = nobody
    progress: Progress = silent
    stop: asyncio.Event = field(default_factory=asyncio.Event)
    declared: Mapping[str, Declared] = field(default_factory=dict)
    """What the specs declare of the object, for the actions that look at it."""


class Ending(str, Enum):
    """What an action came to, as a whole."""

    DONE = "done"
    PARTLY = "partly"
    FAILED = "failed"
    INTERRUPTED = "interrupted"


class RowOutcome(str, Enum):
    """What became of one row of a file."""

    UNCHANGED = "unchanged"
    """The catalog holds it already, so it was not sent."""
    ACCEPTED = "accepted"
    """The rehearsal takes it. Nothing was written."""
    WRITTEN = "written"
    """The catalog holds it: read again after the import."""
    REFUSED = "refused"
    DIFFERS = "differs"
    """The catalog calls it a success, and holds something else."""
    UNWRITTEN = "not written"
    """Not refused itself, but kept out by others, or never sent."""
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Row:
    """The result of one row: its line in the file, what it names, and why, in the server's words.

    `changed` are the titles of the cells in which the file differs from the catalog.
    """

    line: int
    name: str
    outcome: RowOutcome
    details: str = ""
    changed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Report:
    """What an action came to. `content` is what it fetched, `answers` what the API said to it.

    `lines` is what it was asked for, to be read by people.
    """

    ending: Ending
    message: str
    rows: tuple[Row, ...] = ()
    notes: tuple[str, ...] = ()
    content: bytes | None = None
    answers: tuple[Any, ...] = ()
    lines: tuple[str, ...] = ()
