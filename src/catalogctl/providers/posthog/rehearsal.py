"""What a source says beforehand about a cursor, a key or a sync type. Pure.

`incremental_fields` asks the source itself, saves nothing, and is all the rehearsal there is: a
PATCH takes a cursor that does not exist without a word.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from difflib import get_close_matches

from catalogctl.errors import CatalogError
from catalogctl.model import Prediction, Verdict
from catalogctl.providers.posthog.case import Case
from catalogctl.providers.posthog.wire import Cursor, Offer

ASKED = ("sync_type", "incremental_field", "incremental_field_type", "primary_key_columns")
"""Fields that are worth the question."""
_CURSOR = ("incremental", "append")


def is_worth_it(case: Case) -> bool:
    """Whether the source of an existing schema can say something to this change."""
    if case.schema is None or case.direct:
        return False
    return any(
        field.path in ASKED and field.verdict is not Verdict.REFUSED and case.after(field.path)
        for field in case.change.fields
    )


def unasked(case: Case, problem: CatalogError) -> list[Prediction]:
    """Predictions of fields about which the source could not be asked."""
    said = f"not rehearsed: {problem.message.rstrip('.')}"
    return [
        Prediction(case.change.address, path, Verdict.UNVERIFIED, said)
        for path in ASKED
        if case.field(path) is not None
    ]


def verdicts(case: Case, offer: Offer) -> list[Prediction]:
    """What the source confirms and what it refuses, each at the very field if it is changed."""
    found: dict[str, Prediction] = {}
    for prediction in (*_sync_type(case, offer), *_cursor(case, offer), *_key(case, offer)):
        if case.field(prediction.path) is not None:
            known = found.get(prediction.path)
            if known is None or prediction.verdict is Verdict.REFUSED:
                found[prediction.path] = prediction
    return list(found.values())


def _said(
    case: Case,
    path: str,
    verdict: Verdict,
    message: str | None = None,
    *,
    hint: str | None = None,
    member: str | None = None,
) -> Prediction:
    return Prediction(case.change.address, path, verdict, message, member, hint=hint)


def _sync_type(case: Case, offer: Offer) -> Iterator[Prediction]:
    wanted = case.sync_type
    if wanted is None or case.field("sync_type") is None:
        return
    flags = {
        "full_refresh": offer.full_refresh_available,
        "incremental": offer.incremental_available,
        "append": offer.append_available,
        "webhook": offer.supports_webhooks,
        "cdc": offer.cdc_available,
        "xmin": offer.xmin_available,
    }
    if offer.webhook_only and wanted != "webhook":
        message = f"{case.name} can only be synced by webhook"
        yield _said(case, "sync_type", Verdict.REFUSED, message, hint="declare sync_type: webhook")
    elif flags.get(wanted) is False:
        possible = ", ".join(each for each, flag in flags.items() if flag) or "nothing else"
        message = f"{case.name} cannot be synced as {wanted}"
        yield _said(case, "sync_type", Verdict.REFUSED, message, hint=f"it can as {possible}")
    elif flags.get(wanted):
        yield _said(case, "sync_type", Verdict.VERIFIED)
    else:
        message = f"PostHog does not say whether {wanted} is possible here"
        yield _said(case, "sync_type", Verdict.UNVERIFIED, message)
    columns = {each.field for each in offer.available_columns or ()}
    if (
        wanted == "incremental"
        and offer.primary_key_detection_supported
        and columns
        and "id" not in columns
        and not (case.key_columns or offer.detected_primary_keys)
    ):
        message = f"{case.name} has no primary key to sync incrementally on"
        hint = "declare primary_key_columns, or sync_type: full_refresh"
        yield _said(case, "sync_type", Verdict.REFUSED, message, hint=hint)


def _cursor(case: Case, offer: Offer) -> Iterator[Prediction]:
    name, sort = case.after("incremental_field"), case.after("incremental_field_type")
    if case.sync_type not in _CURSOR or name is None:
        return
    found = next((each for each in offer.incremental_fields if each.field == name), None)
    if found is None:
        path = _first(case, "incremental_field", "sync_type", "incremental_field_type")
        message = f"{case.name} has no cursor {name}"
        hint = _instead(str(name), offer.incremental_fields)
        yield _said(case, path, Verdict.REFUSED, message, hint=hint)
        return
    yield _said(case, "incremental_field", Verdict.VERIFIED, _remark(found))
    if sort == found.field_type:
        yield _said(case, "incremental_field_type", Verdict.VERIFIED)
        return
    path = _first(case, "incremental_field_type", "incremental_field", "sync_type")
    message = f"the cursor {name} is of the type {found.field_type}, not {sort}"
    if sort is None:
        message = f"the cursor {name} needs its type"
    hint = f"declare incremental_field_type: {found.field_type}"
    yield _said(case, path, Verdict.REFUSED, message, hint=hint)


def _first(case: Case, *paths: str) -> str:
    """The first of these fields that is changed: that is where a finding belongs."""
    return next((path for path in paths if case.field(path) is not None), paths[0])


def _remark(cursor: Cursor) -> str | None:
    remarks = []
    if cursor.nullable:
        remarks.append("rows in which the cursor is null are not synced")
    if cursor.is_indexed is False:
        remarks.append("the cursor has no index at the source, so syncs may be slow")
    return "; ".join(remarks) or None


def _instead(name: str, offered: Sequence[Cursor]) -> str:
    by_label = next((each.field for each in offered if each.label == name), None)
    if by_label is not None:
        return f"write {by_label}: {name} is only how PostHog shows it"
    names = [each.field for each in offered]
    if not names:
        return "the table offers no cursor; declare sync_type: full_refresh"
    close = get_close_matches(name, names, n=1)
    meant = f"did you mean {close[0]}? " if close else ""
    return f"{meant}it offers {', '.join(names)}"


def _key(case: Case, offer: Offer) -> Iterator[Prediction]:
    path, columns = "primary_key_columns", [each.field for each in offer.available_columns or ()]
    if case.field(path) is None or not columns:
        return
    absent = [each for each in case.key_columns if each not in columns]
    if absent:
        close = get_close_matches(absent[0], columns, n=1)
        hint = f"did you mean {close[0]}?" if close else f"its columns: {', '.join(columns)}"
        message = f"{case.name} has no column {absent[0]}"
        yield _said(case, path, Verdict.REFUSED, message, member=absent[0], hint=hint)
    elif case.key_columns:
        yield _said(case, path, Verdict.VERIFIED)
