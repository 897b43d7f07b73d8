"""Column changes through the table's CSV: rows that differ, rehearsed or for real.

What an import answers is read defensively: a status alone proves nothing (a totally failed import
can call itself a partial success, and after a broken rule every row can be called a success), so
what counts is a line of success for each row, and in the end what the table holds when read again.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from catalogctl.errors import BadResponse, Rejected
from catalogctl.model import Address, FieldChange, Prediction, Verdict
from catalogctl.providers.openmetadata import columns_csv
from catalogctl.providers.openmetadata.api import Api
from catalogctl.providers.openmetadata.mapping import LABEL_SOURCES, Column, cell_values

Changes = Mapping[str, Mapping[str, FieldChange]]
"""Field changes by column path and field."""

_FIELD = re.compile(r"#INVALID_FIELD: Field (\d+) error")
_ENTITY = re.compile(r"Entity (.+) of type \w+ not found")


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a row was refused, and by which field and member, where the answer tells."""

    message: str
    field: str | None = None
    member: str | None = None


async def read_export(api: Api, name: str) -> columns_csv.Export:
    """The table's columns as CSV. Raises `BadResponse` when the answer is none."""
    text = await api.export(name)
    try:
        return columns_csv.read(text)
    except ValueError as problem:
        raise BadResponse(
            f"the export is not the CSV that it should be: {problem}",
            operation=f"export the columns of {name}",
        ) from None


def is_current(export: columns_csv.Export, path: str, column: Column) -> bool:
    """Whether a row still says what the column holds, so that its other cells can be echoed."""
    if path not in export.rows:
        return False
    texts = all(
        export.cell(path, title) == (getattr(column, field) or "")
        for field, title in columns_csv.TEXTS.items()
    )
    return texts and all(
        set(export.labels(path, field))
        == {
            label.tagFQN
            for label in column.tags
            if label.source == source and label.labelType != "Derived"
        }
        for field, source in LABEL_SOURCES.items()
    )


async def send(
    api: Api, name: str, export: columns_csv.Export, changes: Changes, *, dry_run: bool
) -> dict[str, Refusal]:
    """Send the rows of the changed columns; what comes back are the columns that were refused.

    Some servers write nothing when a single row is refused and stop looking at the rows after it,
    so the accepted rows are sent again without the refused ones, until nothing more is refused.
    """
    refused: dict[str, Refusal] = {}
    pending = dict(changes)
    while pending:
        rows = [
            export.with_fields(path, cell_values(_labels(export, path), fields))
            for path, fields in pending.items()
        ]
        body = columns_csv.write(export.header, rows)
        try:
            answer = await api.import_csv(name, body, dry_run=dry_run)
        except Rejected as refusal:
            return refused | {path: Refusal(refusal.message) for path in pending}
        if answer.status == "aborted":
            reason = answer.abort_reason or "the import was aborted"
            return refused | {path: Refusal(reason) for path in pending}
        results = {row.path: row for row in columns_csv.results(answer.rows_csv)}
        failed = {
            path: _refusal(export, results[path].details)
            for path in pending
            if path in results and not results[path].ok
        }
        passed = {path for path in pending if path in results and results[path].ok}
        refused |= failed
        unheard = pending.keys() - failed.keys() - passed
        if not failed and unheard:
            text = f"the import ended with {answer.status} and says nothing of this row"
            return refused | {path: Refusal(text) for path in unheard}
        pending = {path: fields for path, fields in pending.items() if path in unheard}
    return refused


def _labels(export: columns_csv.Export, path: str) -> dict[str, tuple[str, ...]]:
    return {field: export.labels(path, field) for field in columns_csv.LABELS}


def _refusal(export: columns_csv.Export, details: str) -> Refusal:
    """Read the field number and the name out of `#INVALID_FIELD: Field 8 error - Entity X …`."""
    numbered = _FIELD.search(details)
    entity = _ENTITY.search(details)
    field = None
    if numbered is not None and int(numbered.group(1)) <= len(export.header):
        title = export.header[int(numbered.group(1)) - 1].rstrip("*")
        fields = {**columns_csv.TEXTS, **columns_csv.LABELS}
        field = next((name for name, known in fields.items() if known == title), None)
    elif "mutually exclusive" in details or "is disabled" in details:
        field = "tags"
    return Refusal(details, field, entity.group(1) if entity else None)


def predictions(
    address: Address, changes: Changes, refused: Mapping[str, Refusal]
) -> list[Prediction]:
    """The verdict on each field of the rehearsed columns."""
    found = []
    for path, fields in changes.items():
        refusal = refused.get(path)
        blamed = refusal.field if refusal and refusal.field in fields else None
        for field in fields:
            at = f"columns.{path}.{field}"
            if refusal is None:
                found.append(Prediction(address, at, Verdict.VERIFIED))
            elif blamed is None or blamed == field:
                found.append(
                    Prediction(address, at, Verdict.REFUSED, refusal.message, refusal.member)
                )
            else:
                found.append(Prediction(address, at, Verdict.UNVERIFIED))
    return found
