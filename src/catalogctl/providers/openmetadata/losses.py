"""What importing a row takes away without a word, said before it is sent.

A CSV row replaces all that its object holds, and has no cell for some of it: see `mapping.by_patch`
and `mapping.topic_by_patch`, by which plans avoid it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from catalogctl import fqn
from catalogctl.providers.openmetadata.api import Api
from catalogctl.providers.openmetadata.csv_file import Line
from catalogctl.providers.openmetadata.kinds import KINDS
from catalogctl.providers.openmetadata.mapping import (
    TIER,
    domains_of,
    owner_name,
    walk_columns,
)
from catalogctl.providers.openmetadata.paging import Pages
from catalogctl.providers.openmetadata.wire import Label

PAGE = 500


async def of_columns(api: Api, table: str, lines: Sequence[Line]) -> list[str]:
    """What the columns of these rows would lose."""
    names = {line.name for line in lines}
    live = await api.by_name(KINDS["Table"], table, ("columns", "tags"))
    found: list[str] = []
    for path, column, _ in walk_columns(live.entity.columns):
        if path not in names:
            continue
        found += _labels(f"column {path}", column.tags, tier_cell=False)
        if column.ordinalPosition is None:
            found.append(f"column {path} has no position, and gets that of its row")
    return found


async def of_topics(
    api: Api, service: str, lines: Sequence[Line], header: Sequence[str]
) -> list[str]:
    """What the topics of these rows would lose."""
    names = {line.name for line in lines}
    fields = ("owners", "tags", "domains")
    found: list[str] = []
    following = Pages(api, KINDS["Topic"], {"service": service}, fields, PAGE)
    while (page := await following()) is not None:
        for topic in map(page.decode, page.rows):
            name = fqn.split(topic.fullyQualifiedName)[-1]
            if name not in names:
                continue
            subject = f"topic {name}"
            found += _labels(subject, topic.tags, tier_cell="tiers" in header)
            inherited = [owner_name(each) for each in topic.owners if each.inherited]
            inherited += [each.name for each in domains_of(topic) if each.inherited]
            if inherited:
                found.append(f"{subject}: inherited {', '.join(inherited)} becomes its own")
    return found


def _labels(subject: str, labels: Iterable[Label], *, tier_cell: bool) -> Iterator[str]:
    for label in labels:
        if label.tagFQN.startswith(TIER) and not tier_cell:
            yield f"{subject} loses {label.tagFQN}: its row has no cell for a Tier"
        elif label.labelType not in ("Manual", "Derived"):
            yield f"{subject}: {label.tagFQN} ({label.labelType}) becomes a manual label"
