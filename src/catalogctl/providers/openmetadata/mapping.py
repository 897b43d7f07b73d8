"""OpenMetadata's words and the spec's words, in both directions. Pure.

What a catalog derives by itself is not a difference: labels of the type `Derived` (they follow from
a glossary term) and references marked `inherited` count as held when somebody declares them, and
otherwise do not exist for the plan.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timezone
from operator import attrgetter
from typing import Any

from catalogctl import fqn
from catalogctl.diff import Rules
from catalogctl.model import Declared, FieldChange, Members, Value, Verdict
from catalogctl.providers.openmetadata.wire import (
    Column,
    Entity,
    FieldNote,
    Label,
    Reference,
    Votes,
)

FIELDS = ("owners", "tags", "columns", "domains", "followers", "votes")
_CHILDREN = attrgetter("children")
LABEL_SOURCES = {"tags": "Classification", "glossaryTerms": "Glossary"}
TIER = "Tier."

MEANT = 20
"""Missing columns of a table for which a similar name is looked for. Where more are missing, it is
no slip of the pen, and looking takes long."""


class OpenMetadataRules(Rules):
    """User names ignore case; a team and a Tier stand alone."""

    def __init__(self) -> None:
        self.single_domain = False
        """Set when the server keeps one domain an object (before 1.8)."""

    def key(self, path: str, member: str) -> str:
        if path == "followers" or member.startswith("user:"):
            return member.casefold()
        return member

    def displaced(
        self, path: str, wanted: tuple[str, ...], held: tuple[str, ...]
    ) -> frozenset[str]:
        if path == "owners":
            if any(each.startswith("team:") for each in wanted):
                return frozenset(held)
            return frozenset(each for each in held if each.startswith("team:"))
        if path == "domains" and self.single_domain:
            return frozenset(held)
        if path.endswith("tags") and any(each.startswith(TIER) for each in wanted):
            return frozenset(each for each in held if each.startswith(TIER))
        return frozenset()


def column_path(path: str) -> tuple[str, str] | None:
    """`columns.address.zip.description` -> (`address.zip`, `description`); None for others."""
    if not path.startswith("columns."):
        return None
    column, _, field = path[len("columns.") :].rpartition(".")
    return column, field


def columns_by_path(entity: Entity) -> dict[str, Column]:
    """Every column, nested ones too, by its path below the table as the server quotes it."""
    found = {column.name: column for column in entity.columns}
    if "." in "".join(found) or any(map(_CHILDREN, entity.columns)):
        found.clear()  # a path is more than a name here
        _collect(entity.columns, "", found)
    return found


def _collect(columns: Sequence[Column], above: str, found: dict[str, Column]) -> None:
    """What `walk_columns` yields, without the pointers."""
    for column in columns:
        path = above + fqn.quote(column.name)
        found[path] = column
        if column.children:
            _collect(column.children, path + ".", found)


def walk_columns(
    columns: Sequence[Column], above: str = "", pointer: str = "/columns"
) -> Iterator[tuple[str, Column, str]]:
    """Path, column and JSON pointer of each column, parents first."""
    for index, column in enumerate(columns):
        own = fqn.quote(column.name)
        path = f"{above}.{own}" if above else own
        here = f"{pointer}/{index}"
        yield path, column, here
        if column.children:
            yield from walk_columns(column.children, path, f"{here}/children")


def held_fields(
    entity: Entity, declared: Mapping[str, Declared], user_id: str | None
) -> tuple[dict[str, Value], dict[str, str]]:
    """The declared fields as the object has them, and the declared columns that it lacks."""
    fields: dict[str, Value] = {}
    missing: dict[str, str] = {}
    columns: dict[str, Column] | None = None
    for path, wanted in declared.items():
        if path[:8] != "columns.":
            fields[path] = own_field(entity, path, wanted, user_id)
            continue
        if columns is None:
            columns = columns_by_path(entity)
        # As `column_path` has it, without a call: this runs for every column of every table.
        name, _, field = path[8:].rpartition(".")
        column = columns.get(name)
        if column is None:
            if f"columns.{name}" not in missing:
                near = _near(name, columns) if len(missing) < MEANT else ""
                missing[f"columns.{name}"] = f"Column {name} not found{near}"
        elif field in LABEL_SOURCES:
            fields[path] = label_names(column.tags, LABEL_SOURCES[field], wanted)
        else:
            fields[path] = getattr(column, field)
    return fields, missing


def own_field(entity: Entity, path: str, wanted: Declared, user_id: str | None) -> Value:
    if path in LABEL_SOURCES:
        return label_names(entity.tags, LABEL_SOURCES[path], wanted)
    if path == "owners":
        return _references(entity.owners, wanted, owner_name)
    if path == "domains":
        return _references(
            domains_of(entity), wanted, lambda each: each.fullyQualifiedName or each.name
        )
    if path == "followers":
        return tuple(sorted(each.name for each in entity.followers if not each.deleted))
    if path == "vote":
        return vote_of(entity.votes, user_id)
    value: Value = getattr(entity, path)
    return value


def authors_of(entity: Entity, own_user: str | None) -> dict[str, str]:
    """Who wrote which text in the catalog and when, as far as the object itself tells.

    From the summary that newer servers keep for each field, else from the last version when that
    changed the very field. What the tool's own user wrote does not count.
    """
    last = entity.changeDescription
    if last is None:
        return {}
    if last.changeSummary:
        notes = last.changeSummary
    else:
        note = FieldNote(entity.updatedBy, entity.updatedAt)
        notes = {each.name: note for each in (*last.fieldsAdded, *last.fieldsUpdated)}
    return {
        path: f"{note.changedBy} on {_day(note.changedAt)}"
        for path, note in notes.items()
        if note.changedBy and note.changedBy != own_user
    }


def _day(milliseconds: int) -> str:
    return datetime.fromtimestamp(milliseconds / 1000, timezone.utc).date().isoformat()


def domains_of(entity: Entity) -> Sequence[Reference]:
    return (entity.domain,) if entity.domain is not None else entity.domains


def owner_name(reference: Reference) -> str:
    return f"{reference.type}:{reference.name}"


def vote_of(votes: Votes, user_id: str | None) -> str:
    """The vote of one user, in the words of the API."""
    if any(each.id == user_id for each in votes.upVoters):
        return "votedUp"
    if any(each.id == user_id for each in votes.downVoters):
        return "votedDown"
    return "unVoted"


def label_names(labels: Sequence[Label], source: str, wanted: Declared) -> tuple[str, ...]:
    if not labels:
        return ()
    declared = wanted.names if isinstance(wanted, Members) else ()
    names = [
        label.tagFQN
        for label in labels
        if label.source == source and (label.labelType != "Derived" or label.tagFQN in declared)
    ]
    return tuple(names) if len(names) < 2 else tuple(sorted(set(names)))


def _references(references: Iterable[Reference], wanted: Declared, name: Any) -> tuple[str, ...]:
    declared = wanted.names if isinstance(wanted, Members) else ()
    folded = {each.casefold() for each in declared}
    names = {
        name(each) for each in references if not each.inherited or name(each).casefold() in folded
    }
    return tuple(sorted(names))


def _near(name: str, known: Iterable[str]) -> str:
    from difflib import get_close_matches

    names = list(known)
    by_case = [each for each in names if each.casefold() == name.casefold()]
    close = by_case or get_close_matches(name, names, n=1)
    return f"; did you mean {close[0]}?" if close else ""


def declared_of(changes: Iterable[FieldChange]) -> dict[str, Declared]:
    """The fields of a change as if they were declared: what to look at when reading again."""
    declared: dict[str, Declared] = {}
    for change in changes:
        if change.is_set:
            after = change.after if isinstance(change.after, tuple) else ()
            declared[change.path] = Members(after, only=change.exact)
        else:
            declared[change.path] = change.after
    return declared


def needed_fields(paths: Iterable[str]) -> tuple[str, ...]:
    """The `fields` to ask for so that these field paths can be compared; first words will do.

    `columns` is asked for together with `tags`, because column tags need both (since 1.2).
    """
    needed = set()
    for path in paths:
        if path == "columns" or path.startswith("columns."):
            needed |= {"columns", "tags"}
        elif path in ("tags", "glossaryTerms"):
            needed.add("tags")
        elif path in ("owners", "domains", "followers"):
            needed.add(path)
        elif path == "vote":
            needed.add("votes")
    return tuple(name for name in FIELDS if name in needed)


def by_patch(column: Column, changes: Iterable[FieldChange]) -> bool:
    """Whether a column must go by JSON Patch, since a CSV row would lose something of it.

    A row carries no Tier, and gives a column without a position the number of its row.
    """
    names = _names(changes) | {label.tagFQN for label in column.tags}
    return (
        column.ordinalPosition is None
        or any(name.startswith(TIER) for name in names)
        or labels_need_patch(column.tags, names)
    )


def labels_need_patch(labels: Sequence[Label], names: Iterable[str]) -> bool:
    """Whether a CSV cell would lose something of these labels.

    A cell turns an automated label into a manual one, confirms a suggested one, and cannot tell
    apart names that hold a `;`.
    """
    return any(";" in name for name in names) or any(
        label.labelType not in ("Manual", "Derived")
        or label.state != "Confirmed"
        or label.metadata is not None
        for label in labels
    )


def topic_by_patch(
    topic: Entity, changes: Sequence[FieldChange], has_cell: Callable[[str], bool]
) -> bool:
    """The same for a topic in the CSV of its service.

    A row makes inherited owners and domains direct ones, finds owners by a name that it does not
    quote, and may empty what it has no cell for.
    """
    names = _names(changes) | {label.tagFQN for label in topic.tags}
    owners = [owner_name(each) for each in topic.owners]
    references = [*topic.owners, *domains_of(topic)]
    held = {
        "glossaryTerms": any(label.source == "Glossary" for label in topic.tags),
        "tiers": any(name.startswith(TIER) for name in names),
        "owners": bool(owners),
        "domains": bool(domains_of(topic)),
    }
    wanted = {each.path for each in changes} | {field for field, there in held.items() if there}
    return (
        any(each.inherited for each in references)
        or any("." in name for name in {*owners, *names} if name.startswith(("user:", "team:")))
        or labels_need_patch(topic.tags, names)
        or not all(has_cell(field) for field in wanted)
    )


def _names(changes: Iterable[FieldChange]) -> set[str]:
    return {
        name
        for each in changes
        if each.is_set
        for side in (each.before, each.after)
        if isinstance(side, tuple)
        for name in side
    }


def cells_of(holder: Column | Entity) -> dict[str, str | set[str]]:
    """What the CSV row of a column or topic says when it is up to date."""
    cells: dict[str, str | set[str]] = {
        "displayName": holder.displayName or "",
        "description": holder.description or "",
    }
    for field, source in LABEL_SOURCES.items():
        cells[field] = own_labels(holder.tags, source)
    if isinstance(holder, Entity):
        cells["owners"] = {owner_name(each) for each in holder.owners}
        cells["domains"] = {each.fullyQualifiedName or each.name for each in domains_of(holder)}
    return cells


def column_changes(changes: Iterable[FieldChange]) -> dict[str, dict[str, FieldChange]]:
    """The field changes of columns that are not refused, by column path and field."""
    found: dict[str, dict[str, FieldChange]] = {}
    for each in changes:
        split = column_path(each.path)
        if split is not None and each.verdict is not Verdict.REFUSED:
            found.setdefault(split[0], {})[split[1]] = each
    return found


def new_labels(
    labels: Sequence[Mapping[str, Any]], changes: Mapping[str, FieldChange]
) -> list[Mapping[str, Any]]:
    """The whole `tags` value to write: kept labels as they came, without the Derived ones."""
    kept = [label for label in labels if label.get("labelType") != "Derived"]
    for field, source in LABEL_SOURCES.items():
        change = changes.get(field)
        if change is None:
            continue
        gone = set(change.removed or ())
        kept = [
            label
            for label in kept
            if label.get("tagFQN") not in gone or label.get("source", "Classification") != source
        ]
        kept += [
            {"tagFQN": name, "source": source, "labelType": "Manual", "state": "Confirmed"}
            for name in change.added or ()
        ]
    return kept


def own_labels(labels: Sequence[Label], source: str) -> set[str]:
    """The labels of a source that somebody set: all but the Derived ones."""
    return {
        label.tagFQN for label in labels if label.source == source and label.labelType != "Derived"
    }
