"""The kinds of objects that OpenMetadata keeps, as data: where they live, what they have. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of the spec language.

    `levels` are the list filters from wide to narrow, each with the number of name parts that its
    value has; there is no filter for the service on tables, and unknown ones are ignored by
    servers, so that everything comes.
    """

    name: str
    noun: str
    collection: str
    levels: tuple[tuple[str, int], ...] = ()
    has_columns: bool = False
    has_vote: bool = True


KINDS: Mapping[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind(
            "Table",
            "table",
            "tables",
            levels=(("database", 2), ("databaseSchema", 3)),
            has_columns=True,
        ),
        Kind("Topic", "topic", "topics", levels=(("service", 1),)),
        Kind("MessagingService", "messaging service", "services/messagingServices", has_vote=False),
    )
}
