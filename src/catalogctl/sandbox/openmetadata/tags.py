"""Tag labels: what may be set, what glossary terms bring along, and how labels are shown."""

from __future__ import annotations

from typing import Any

from .call import Call
from .errors import ApiError, not_found, unknown_property
from .kinds import BY_TYPE
from .names import split
from .records import Entity

Label = dict[str, Any]
SOURCES = {"Classification": "tag", "Glossary": "glossaryTerm"}
LABEL_PROPERTIES = [
    "style", "tagFQN", "name", "description", "displayName", "labelType", "state", "source", "href",
]  # fmt: skip
LATER_LABEL_PROPERTIES = ["reason", "appliedAt", "appliedBy", "metadata"]
CERTIFICATION = "Certification"


def target(call: Call, fqn: str, source: str) -> Entity | None:
    """The tag or glossary term behind a label."""
    known: dict[tuple[str, str], Entity | None] = call.memo.setdefault("labels", {})
    if (fqn, source) not in known:
        found = call.records.find(BY_TYPE[SOURCES[source]], fqn)
        known[fqn, source] = None if found is None or found.deleted else found
    return known[fqn, source]


def accept(call: Call, labels: Any) -> list[Label]:
    """Labels as they are stored: checked, without duplicates, in order of their name.

    Unknown tag 404, exclusive ones 400, on 2.0 also disabled ones 400. ``Derived`` labels are
    dropped: they are worked out anew from the glossary terms (recorded). So are certifications
    on 2.0, which are not set among the tags.
    """
    accepted: dict[tuple[str, str], Label] = {}
    for label in labels or []:
        stored = _checked(call, label)
        if stored["labelType"] != "Derived" and not _certifies(call, stored):
            accepted.setdefault((stored["tagFQN"], stored["source"]), stored)
    if call.behaviour.refuses_disabled_tags:
        refuse_disabled(call, list(accepted.values()))
    refuse_exclusive(call, list(accepted.values()))
    return sorted(accepted.values(), key=lambda stored: str(stored["tagFQN"]))


def _certifies(call: Call, label: Label) -> bool:
    return call.behaviour.certification and split(str(label["tagFQN"]))[0] == CERTIFICATION


def _checked(call: Call, label: Label) -> Label:
    properties = LABEL_PROPERTIES + (
        LATER_LABEL_PROPERTIES if call.behaviour.incremental_changes else []
    )
    for name in label:
        if name not in properties:
            raise unknown_property(name, "org.openmetadata.schema.type.TagLabel", properties)
    fqn = label.get("tagFQN")
    source = label.get("source")
    if source is None and not call.behaviour.labels_need_source:
        source = "Classification"
    if source is None:
        raise ApiError(400, "Invalid source type null")
    if source not in SOURCES:
        raise ApiError(
            400,
            "Cannot construct instance of `org.openmetadata.schema.type.TagLabel$TagSource`, "
            f"problem: {source}\n at [Source: UNKNOWN; byte offset: #UNKNOWN]",
        )
    if label.get("labelType") == "Derived":
        return {"tagFQN": fqn, "source": source, "labelType": "Derived"}
    if fqn is None or target(call, str(fqn), source) is None:
        raise not_found(SOURCES[source], "null" if fqn is None else str(fqn))
    return {
        "tagFQN": fqn,
        "source": source,
        "labelType": label.get("labelType") or "Manual",
        "state": label.get("state") or "Confirmed",
    }


def refuse_exclusive(call: Call, labels: list[Label]) -> None:
    """Two labels under one mutually exclusive parent; the later one is named first (recorded)."""
    first: dict[str, str] = {}
    for label in labels:
        fqn = str(label["tagFQN"])
        parent = ".".join(split(fqn)[:-1])
        if parent not in first:
            first[parent] = fqn
        elif first[parent] != fqn and _is_exclusive(call, parent, str(label["source"])):
            raise ApiError(
                400,
                f"Tag labels {fqn} and {first[parent]} are mutually exclusive and can't be "
                "assigned together",
            )


def _is_exclusive(call: Call, fqn: str, source: str) -> bool:
    types = (
        ("classification", "tag") if source == "Classification" else ("glossary", "glossaryTerm")
    )
    for kind in types:
        parent = call.records.find(BY_TYPE[kind], fqn)
        if parent is not None:
            return bool(parent.doc.get("mutuallyExclusive"))
    return False


def refuse_disabled(call: Call, labels: list[Label]) -> None:
    """Read from published source of 2.0; 1.6 takes disabled tags (recorded)."""
    for label in labels:
        tag = target(call, str(label["tagFQN"]), str(label["source"]))
        if tag is not None and tag.doc.get("disabled"):
            raise ApiError(
                400,
                f"Tag label {label['tagFQN']} is disabled and can't be assigned to a data asset.",
            )


def show(call: Call, labels: list[Label]) -> list[Label]:
    """Labels as answers hold them: named, described, with those that terms bring along."""
    shown: dict[str, Label] = {}
    for label in labels:
        found = target(call, label["tagFQN"], label["source"])
        shown[label["tagFQN"]] = _decorated(label, found)
    for label in labels:
        if label["source"] == "Glossary":
            term = target(call, label["tagFQN"], "Glossary")
            for brought in term.doc.get("tags", []) if term else []:
                derived = {**brought, "labelType": "Derived"}
                found = target(call, brought["tagFQN"], brought["source"])
                shown.setdefault(brought["tagFQN"], _decorated(derived, found))
    return [shown[fqn] for fqn in sorted(shown)]


def _decorated(label: Label, found: Entity | None) -> Label:
    decorated: Label = {"tagFQN": label["tagFQN"]}
    if found is not None:
        for name in ("name", "displayName", "description", "style"):
            if name in found.doc:
                decorated[name] = found.doc[name]
    decorated["source"] = label["source"]
    decorated["labelType"] = label["labelType"]
    decorated["state"] = label.get("state", "Confirmed")
    return decorated
