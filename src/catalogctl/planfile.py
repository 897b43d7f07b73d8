"""A plan or a result as versioned JSON: what `--format json` prints and `--out` saves. Pure.

Keys may be added within a major version, never renamed or removed. A reader keeps and ignores keys
it does not know, and refuses a major version that it does not know. `digest` is the SHA-256 of the
canonical JSON (sorted keys, no spaces, UTF-8) without that key: a file that was cut off or edited
is refused. There is no clock and no run id in it: the same input gives the same bytes.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from catalogctl.errors import Diagnostic, InvalidError, Location, Severity, in_order
from catalogctl.model import (
    Action,
    Address,
    CatalogInfo,
    Change,
    FieldChange,
    Moved,
    Origin,
    Outcome,
    Plan,
    Risk,
    Secret,
    Value,
    Verdict,
    Violation,
)
from catalogctl.version import __version__

FORMAT_VERSION = "1.0"


def dump(plan: Plan) -> dict[str, Any]:
    """The plan (or, once applied, the result) as plain data, `digest` included."""
    body: dict[str, Any] = {
        "format_version": FORMAT_VERSION,
        "kind": "result" if plan.applied else "plan",
        "tool_version": __version__,
        "base": plan.base,
        "catalogs": {name: _catalog(info) for name, info in sorted(plan.catalogs.items())},
        "summary": summary(plan),
        "changes": [_change(change, plan.applied) for change in plan.changes],
        "guards": [
            {"guard": each.guard, "message": each.message, "permit": each.permit}
            for each in plan.guards
        ],
        "diagnostics": [found.as_json() for found in plan.diagnostics],
    }
    if plan.share:
        body["share"] = "{}/{}".format(*plan.share)
    if plan.allowed:
        body["allowed"] = list(plan.allowed)
    if plan.unchanged:
        body["unchanged"] = [str(address) for address in plan.unchanged]
    return {**body, "digest": digest(body)}


def dumps(plan: Plan) -> str:
    """`dump` as text, for people and diffs: indented, in the documented order of keys.

    What a terminal might act on, or no UTF-8 could hold, is escaped: the data is the same.
    """
    text = json.dumps(dump(plan), indent=2, ensure_ascii=False) + "\n"
    return text if text.isascii() else _UNSAFE.sub(_escaped, text)


# Controls that JSON does not escape by itself, direction marks, and halves of surrogate pairs.
_UNSAFE = re.compile(r"[\x80-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")


def _escaped(found: re.Match[str]) -> str:
    return json.dumps(found.group())[1:-1]


def digest(body: Mapping[str, Any]) -> str:
    """The SHA-256 of the canonical JSON of everything but `digest` itself."""
    rest = {key: value for key, value in body.items() if key != "digest"}
    text = json.dumps(rest, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def summary(plan: Plan) -> dict[str, int]:
    """Counts of objects. A refused one counts under its action as well."""
    changes = plan.changes
    counts = {
        "objects": plan.objects,
        "in_sync": plan.in_sync,
        **{action.value: plan.count(action) for action in Action},
        "drift": sum(change.origin is Origin.DRIFT for change in changes),
        "conflict": sum(change.origin is Origin.CONFLICT for change in changes),
        "refused": sum(change.verdict is Verdict.REFUSED for change in changes),
        "unverified": sum(change.verdict is Verdict.UNVERIFIED for change in changes),
    }
    if plan.applied:
        for outcome in (Outcome.APPLIED, Outcome.FAILED, Outcome.SKIPPED, Outcome.UNKNOWN):
            counts[outcome.value] = sum(change.outcome is outcome for change in changes)
    return counts


def diagnostics(found: Sequence[Diagnostic]) -> str:
    """What a command prints with `--format json` when it can only tell what is wrong."""
    body = {
        "format_version": FORMAT_VERSION,
        "kind": "diagnostics",
        "diagnostics": [each.as_json() for each in found],
    }
    return json.dumps(body, indent=2, ensure_ascii=False) + "\n"


def _catalog(info: CatalogInfo) -> dict[str, Any]:
    return {
        "type": info.type,
        "url": info.url,
        "server_version": info.server_version,
        "principal": info.principal,
    }


def _change(change: Change, applied: bool) -> dict[str, Any]:
    body: dict[str, Any] = {
        "address": str(change.address),
        "catalog": change.address.catalog,
        "kind": change.address.kind,
        "action": change.action.value,
        "origin": change.origin.value,
        "verdict": change.verdict.value,
    }
    if change.reason is not None:
        body["reason"] = change.reason
    if applied and change.outcome is not None:
        body["outcome"] = change.outcome.value
    return {**body, "fields": [_field(each) for each in change.fields]}


def _field(change: FieldChange) -> dict[str, Any]:
    body: dict[str, Any] = {
        "path": change.path,
        "before": _value(change.before),
        "after": _value(change.after),
    }
    if change.added is not None:
        body["added"] = list(change.added)
        body["removed"] = list(change.removed or ())
    if change.exact:
        body["only"] = True
    body["origin"] = change.origin.value
    if change.base is not None:
        body["base"] = _value(change.base)
    body["verdict"] = change.verdict.value
    if change.message is not None:
        body["message"] = change.message
    if change.hint is not None:
        body["hint"] = change.hint
    if change.risk is not None:
        body["risk"] = change.risk.value
    if change.moved is not None:
        moved = change.moved
        body["moved"] = {"by": moved.by, "at": moved.at, "note": moved.note}
    if change.source is not None:
        place = change.source
        body["source"] = {"file": place.file, "line": place.line, "column": place.column}
    if change.outcome is not None:
        body["outcome"] = change.outcome.value
    return body


def _value(value: Value) -> Any:
    if isinstance(value, Secret):
        return {"secret": value.reference}
    return list(value) if isinstance(value, tuple) else value


def loads(text: str, file: str) -> Plan:
    """Read back what `dumps` wrote.

    Raises `InvalidError` (exit 4) when the file is no plan, was cut off or edited, or is of a
    major version that this tool does not know.
    """
    try:
        body = json.loads(text)
    except (ValueError, RecursionError) as problem:
        where = getattr(problem, "lineno", 1)
        raise _unusable(file, "PLAN901", f"not a saved plan: no JSON at line {where}") from None
    if not isinstance(body, dict) or body.get("kind") not in ("plan", "result"):
        raise _unusable(file, "PLAN901", "not a saved plan or result")
    version = str(body.get("format_version", ""))
    if version.split(".")[0] != FORMAT_VERSION.split(".")[0]:
        raise _unusable(
            file, "PLAN902", f"format version {version!r}; this tool reads {FORMAT_VERSION}"
        )
    if body.get("digest") != digest(body):
        raise _unusable(
            file, "PLAN903", "the digest does not match: the file was cut off or edited"
        )
    try:
        return _plan(body)
    except (KeyError, TypeError, ValueError, AttributeError) as problem:
        raise _unusable(file, "PLAN901", f"not a saved plan: {problem!r}") from None


def join(plans: Sequence[tuple[str, Plan]]) -> Plan:
    """The plan (or the result) of which these are the shares, each with the name of its file.

    Guards are not judged here, since percentages are of the whole. Raises `InvalidError` when the
    files do not belong together, or a share is missing.
    """
    _check_complete(plans)
    name, first = plans[0]
    whole: dict[Address, tuple[str, Change]] = {}
    catalogs: dict[str, CatalogInfo] = {}
    for file, plan in plans:
        for what, one, other in (
            ("kind", plan.applied, first.applied),
            ("base", plan.base, first.base),
            ("catalogs", *_shared(plan.catalogs, catalogs)),
        ):
            if one != other:
                raise _apart(file, f"its {what} differs from that of {name}")
        for change in plan.changes:
            if change.address in whole:
                text = f"{change.address} is in {whole[change.address][0]} as well"
                raise _apart(file, text)
            whole[change.address] = (file, change)
        catalogs.update(plan.catalogs)
    return replace(
        first,
        changes=tuple(change for _, (_, change) in sorted(whole.items())),
        in_sync=sum(plan.in_sync for _, plan in plans),
        catalogs=catalogs,
        guards=tuple(dict.fromkeys(each for _, plan in plans for each in plan.guards)),
        diagnostics=in_order([each for _, plan in plans for each in plan.diagnostics]),
        allowed=tuple(sorted({each for _, plan in plans for each in plan.allowed})),
        share=None,
        unchanged=tuple(sorted(each for _, plan in plans for each in plan.unchanged)),
    )


def _check_complete(plans: Sequence[tuple[str, Plan]]) -> None:
    """Of shares there must be all of them, each once. What is no share is joined as it is."""
    seen: dict[tuple[int, int], str] = {}
    for file, plan in plans:
        if plan.share is None:
            continue
        if plan.share in seen:
            raise _apart(file, f"it is the same share as {seen[plan.share]}")
        seen[plan.share] = file
    for _, count in list(seen):
        missing = [f"{one}/{count}" for one in range(1, count + 1) if (one, count) not in seen]
        if missing:
            text = f"of {count} shares these are missing: {', '.join(missing[:9])}"
            raise _apart(plans[0][0], text)


def _shared(
    one: Mapping[str, CatalogInfo], other: Mapping[str, CatalogInfo]
) -> tuple[list[CatalogInfo], list[CatalogInfo]]:
    names = sorted(one.keys() & other.keys())
    return [one[name] for name in names], [other[name] for name in names]


def _apart(file: str, why: str) -> InvalidError:
    hint = "join the shares of one run: the same commit, base and catalogs"
    return InvalidError([Diagnostic("PLAN905", f"cannot be joined: {why}", Location(file), hint)])


def _unusable(file: str, code: str, message: str) -> InvalidError:
    hint = "make a new one with `catalogctl plan --out FILE`"
    return InvalidError([Diagnostic(code, message, Location(file), hint)])


def _plan(body: Mapping[str, Any]) -> Plan:
    return Plan(
        changes=tuple(_read_change(each) for each in body["changes"]),
        in_sync=body["summary"]["in_sync"],
        catalogs={
            name: CatalogInfo(
                info["type"], info["url"], info.get("server_version"), info.get("principal")
            )
            for name, info in body["catalogs"].items()
        },
        guards=tuple(
            Violation(each["guard"], each["message"], each["permit"]) for each in body["guards"]
        ),
        diagnostics=tuple(_read_diagnostic(each) for each in body["diagnostics"]),
        allowed=tuple(body.get("allowed", ())),
        base=body.get("base"),
        share=_read_share(body.get("share")),
        unchanged=tuple(_read_address(each, None) for each in body.get("unchanged", ())),
        applied=body["kind"] == "result",
    )


def _read_share(text: str | None) -> tuple[int, int] | None:
    if text is None:
        return None
    number, _, count = text.partition("/")
    return int(number), int(count)


def _read_address(text: str, catalog: str | None) -> Address:
    head, identity = text.split("/", 1)
    qualifier, _, kind = head.rpartition(":")
    return Address(catalog or qualifier, kind, identity, qualified=bool(qualifier))


def _read_change(body: Mapping[str, Any]) -> Change:
    return Change(
        _read_address(body["address"], body["catalog"]),
        Action(body["action"]),
        tuple(_read_field(each) for each in body["fields"]),
        body.get("reason"),
    )


def _read_field(body: Mapping[str, Any]) -> FieldChange:
    place = body.get("source")
    outcome, risk, moved = body.get("outcome"), body.get("risk"), body.get("moved")
    added, removed = body.get("added"), body.get("removed")
    return FieldChange(
        path=body["path"],
        before=_read_value(body["before"]),
        after=_read_value(body["after"]),
        added=None if added is None else tuple(added),
        removed=None if removed is None else tuple(removed),
        exact=body.get("only", False),
        origin=Origin(body["origin"]),
        base=_read_value(body.get("base")),
        verdict=Verdict(body["verdict"]),
        message=body.get("message"),
        hint=body.get("hint"),
        risk=Risk(risk) if risk else None,
        moved=Moved(moved.get("by"), moved.get("at"), moved.get("note")) if moved else None,
        source=Location(place["file"], place["line"], place["column"]) if place else None,
        outcome=Outcome(outcome) if outcome else None,
    )


def _read_value(value: Any) -> Value:
    if isinstance(value, dict):
        return Secret(value["secret"])
    if isinstance(value, list):
        return tuple(value)
    if value is None or isinstance(value, (str, int, bool)):
        return value
    raise ValueError(f"no value of a field: {value!r}")


def _read_diagnostic(body: Mapping[str, Any]) -> Diagnostic:
    file = body.get("file")
    place = Location(file, body["line"], body["column"]) if file else None
    return Diagnostic(
        body["code"], body["message"], place, body.get("hint"), Severity(body["severity"])
    )
