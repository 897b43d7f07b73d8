"""Changes through CSV: rows that differ, rehearsed or for real.

What an import answers is read defensively: a status alone proves nothing (a totally failed import
can call itself a partial success, and after a broken rule every row can be called a success), so
what counts is a line of success for each row, and in the end what the catalog holds when read
again.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from catalogctl.errors import BadResponse, Rejected
from catalogctl.model import FieldChange
from catalogctl.providers.openmetadata import rows_csv
from catalogctl.providers.openmetadata.api import Api
from catalogctl.providers.openmetadata.csv_calls import CsvCalls
from catalogctl.providers.openmetadata.mapping import TIER

Changes = Mapping[str, Mapping[str, FieldChange]]
"""Field changes by the name of the row and the field."""

PIECE = 500
"""Rows of one import at most: servers are known to fail on thousands."""

_FIELD = re.compile(r"#INVALID_FIELD: Field (\d+) error")
_ENTITY = re.compile(r"Entity (.+) of type \w+ not found")
_CREATED = "Entity created"


@dataclass(frozen=True, slots=True)
class Container:
    """What is exported and imported as one CSV: a table with its columns, a service with topics."""

    collection: str
    name: str
    layout: rows_csv.Layout

    def calls(self, api: Api) -> CsvCalls:
        return CsvCalls(api.client, self.collection, self.name)


def table(name: str) -> Container:
    return Container("tables", name, rows_csv.COLUMNS)


def messaging_service(name: str) -> Container:
    return Container("services/messagingServices", name, rows_csv.TOPICS)


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a row was refused, and by which field and member, where the answer tells."""

    message: str
    field: str | None = None
    member: str | None = None
    silent: bool = False
    """The answer does not mention the row: only reading tells what became of it."""


async def read_export(api: Api, container: Container) -> rows_csv.Export:
    """The rows as CSV. Raises `BadResponse` when the answer is none."""
    content = await container.calls(api).export()
    try:
        return rows_csv.read(content.decode("utf-8", "replace"), container.layout)
    except ValueError as problem:
        raise BadResponse(
            f"the export is not the CSV that it should be: {problem}",
            catalog=api.client.catalog,
            operation=f"export {container.name}",
        ) from None


async def send(
    api: Api, container: Container, export: rows_csv.Export, changes: Changes, *, dry_run: bool
) -> dict[str, Refusal]:
    """Send the rows that change; what comes back are those that were refused, or not mentioned.

    Many rows go in pieces, one after the other; each piece stands for itself. A real import that
    fails as a whole (`CatalogError`) leaves earlier pieces written: reading tells.
    """
    refused: dict[str, Refusal] = {}
    names = list(changes)
    for start in range(0, len(names), PIECE):
        piece = {name: changes[name] for name in names[start : start + PIECE]}
        refused |= await _send_piece(api, container, export, piece, dry_run=dry_run)
    return refused


async def _send_piece(
    api: Api, container: Container, export: rows_csv.Export, changes: Changes, *, dry_run: bool
) -> dict[str, Refusal]:
    """Some servers write nothing when a single row is refused and stop looking at the rows after
    it, so the accepted rows are sent again without the refused ones, until no more is refused.
    """
    refused: dict[str, Refusal] = {}
    pending = dict(changes)
    while pending:
        rows = [
            export.with_fields(name, cells(export, name, fields))
            for name, fields in pending.items()
        ]
        body = rows_csv.write(export.header, rows)
        try:
            answer = await container.calls(api).import_(body, dry_run=dry_run)
        except Rejected as refusal:
            return refused | {name: Refusal(refusal.message) for name in pending}
        status = answer.get("status")
        if status == "aborted":
            reason = str(answer.get("abortReason") or "the import was aborted")
            return refused | {name: Refusal(reason) for name in pending}
        rows_text = str(answer.get("importResultsCsv") or "")
        results = {row.name: row for row in rows_csv.results(rows_text, export.header)}
        heard = {name: results[name] for name in pending if name in results}
        failed = {
            name: _refusal(export, row.details)
            for name, row in heard.items()
            if not row.ok or row.details == _CREATED
        }
        refused |= failed
        unheard = pending.keys() - heard.keys()
        if not failed and unheard:
            text = f"the import ended with {status} and says nothing of this row"
            return refused | {name: Refusal(text, silent=True) for name in unheard}
        pending = {name: fields for name, fields in pending.items() if name in unheard}
    return refused


def cells(
    export: rows_csv.Export, name: str, changes: Mapping[str, FieldChange]
) -> dict[str, str | Sequence[str]]:
    """The cells of a row that a change sets; a cell of members keeps the ones it has.

    A Tier has a cell of its own where the header has one.
    """
    found: dict[str, str | Sequence[str]] = {}
    for field, change in changes.items():
        if not change.is_set:
            found[field] = str(change.after or "")
            continue
        apart = field == "tags" and "tiers" in export.layout.sets and export.has("tiers")
        for cell in (field, "tiers") if apart else (field,):
            held = set(export.members(name, cell))
            after = held - set(change.removed or ()) | {
                member
                for member in change.added or ()
                if not apart or member.startswith(TIER) == (cell == "tiers")
            }
            if after != held:
                found[cell] = tuple(sorted(after))
    return found


def is_current(export: rows_csv.Export, name: str, holder: Mapping[str, str | set[str]]) -> bool:
    """Whether a row still says what its object holds, so that its other cells can be echoed."""
    if name not in export.rows:
        return False
    for field, held in holder.items():
        if not export.has(field):
            continue
        if isinstance(held, str):
            same = export.text(name, field) == held
        else:
            there = set(export.members(name, field))
            if field == "tags" and "tiers" in export.layout.sets:
                there |= set(export.members(name, "tiers"))
            same = there == held
        if not same:
            return False
    return True


def _refusal(export: rows_csv.Export, details: str) -> Refusal:
    """Read the field number and the name out of `#INVALID_FIELD: Field 8 error - Entity X …`."""
    if details == _CREATED:
        return Refusal("the import would create it")
    numbered = _FIELD.search(details)
    entity = _ENTITY.search(details)
    field = None
    if numbered is not None:
        field = export.field_at(int(numbered.group(1)))
    elif "mutually exclusive" in details or "is disabled" in details:
        field = "tags"
    field = "tags" if field == "tiers" else field
    return Refusal(details, field, entity.group(1) if entity else None)


def blamed(refusal: Refusal, fields: Mapping[str, Any]) -> set[str]:
    """Which of a row's fields a refusal is about: the one that it names, else all of them."""
    return {refusal.field} if refusal.field in fields else set(fields)  # type: ignore[arg-type]
