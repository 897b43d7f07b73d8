"""What a rehearsal says, field by field. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from catalogctl.errors import CatalogError, Forbidden
from catalogctl.model import Address, FieldChange, Prediction, Verdict
from catalogctl.providers.openmetadata import importing


def verdicts(
    address: Address, fields: Mapping[str, FieldChange], refusal: importing.Refusal | None
) -> list[Prediction]:
    """The verdict on each field of a rehearsed row."""
    if refusal is None:
        return [Prediction(address, each.path, Verdict.VERIFIED) for each in fields.values()]
    if refusal.silent:
        return [
            Prediction(address, each.path, Verdict.UNVERIFIED, refusal.message)
            for each in fields.values()
        ]
    guilty = importing.blamed(refusal, fields)
    return [
        Prediction(address, each.path, Verdict.REFUSED, refusal.message, refusal.member)
        for field, each in fields.items()
        if field in guilty
    ]


def unrehearsed(
    address: Address, rows: Iterable[Mapping[str, FieldChange]], problem: CatalogError
) -> list[Prediction]:
    """Fields that could not be rehearsed, and why."""
    reason = f"not rehearsed: {problem.message}"
    if isinstance(problem, Forbidden):
        reason = "this token may not rehearse imports (that needs the right EditAll)"
    return [
        Prediction(address, each.path, Verdict.UNVERIFIED, reason)
        for fields in rows
        for each in fields.values()
    ]
