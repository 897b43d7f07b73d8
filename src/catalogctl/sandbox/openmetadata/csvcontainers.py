"""CSV of what contains others: a row an entity directly inside.

Databases of a service, schemas of a database, tables of a schema; if switched on, topics of a
messaging service, whose format no server was seen to have (the headers are those of the published
documentation, or inferred from the other services).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from . import csvtext, events, tags
from .call import Call
from .creation import full_name
from .csvimport import Import, RowError, check_labels, domains, field_error, labels, owners
from .csvtables import label_cell
from .entities import check_late
from .entities import create as create_entity
from .errors import ApiError, Unhandled
from .kinds import BY_TYPE, Kind
from .owners import accept as accept_owners
from .records import Entity
from .versions import store_change

DOCUMENTED_MESSAGING_HEADER = "name,displayName,description,owner,tags,domain"
TEXTS = ("displayName", "description", "retentionPeriod", "sourceUrl")
CHILD_TYPES = {
    "databaseService": "database",
    "database": "databaseSchema",
    "databaseSchema": "table",
    "messagingService": "topic",
}


@dataclass(frozen=True)
class Row:
    """A row's cells by property name, and the numbers of their fields."""

    cells: dict[str, str]
    numbers: dict[str, int]

    def text(self, name: str) -> str:
        return self.cells.get(name, "")

    def number(self, name: str) -> int:
        return self.numbers.get(name, 0)


def header_of(call: Call, kind: Kind) -> str:
    if kind.type == "messagingService" and call.settings.messaging_csv == "docs":
        return DOCUMENTED_MESSAGING_HEADER
    if kind.type.endswith("Service"):
        return call.behaviour.csv.service_header
    return call.behaviour.csv.container_header


def export(call: Call, container: Entity) -> str:
    """An owner that is inherited is written like a direct one (recorded)."""
    names = _names(header_of(call, container.kind))
    children = call.records.children(container.id, CHILD_TYPES[container.kind.type])
    rows = [_cells(call, child, names) for child in children if not child.deleted]
    return csvtext.write([header_of(call, container.kind).split(","), *rows])


def _names(header: str) -> list[str]:
    return [name.rstrip("*") for name in header.split(",")]


def _cells(call: Call, entity: Entity, names: list[str]) -> list[str | None]:
    doc = entity.doc
    found = tags.show(call, doc.get("tags", []))
    direct = [label for label in found if label["labelType"] != "Derived"]
    owned = call.references.show_all(call.references.effective(entity, "owners")[0])
    within = call.references.show_all(_exported_domains(call, entity))
    tiers = [label["tagFQN"] for label in direct if label["tagFQN"].startswith("Tier.")]
    inherited = call.references.inherited_text(entity, "retentionPeriod")
    cells: dict[str, str | None] = {
        "name": doc["name"],
        "displayName": doc.get("displayName"),
        "description": doc.get("description"),
        "owner": ";".join(f"{owner['type']}:{owner['name']}" for owner in owned),
        "tags": label_cell(direct, "Classification"),
        "glossaryTerms": label_cell(direct, "Glossary"),
        "tiers": ";".join(tiers),
        "certification": (doc.get("certification") or {}).get("tagLabel", {}).get("tagFQN"),
        "retentionPeriod": doc.get("retentionPeriod", inherited),
        "sourceUrl": doc.get("sourceUrl"),
        "domain": within[0]["fullyQualifiedName"] if within else None,
        "domains": ";".join(domain["fullyQualifiedName"] for domain in within),
    }
    return [cells.get(name) for name in names]


def _exported_domains(call: Call, entity: Entity) -> list[dict[str, Any]]:
    """1.6 writes only an entity's own domain (recorded), 2.0 also one taken over (from source)."""
    if call.behaviour.many_domains:
        return call.references.effective(entity, "domains")[0]
    own: list[dict[str, Any]] = entity.doc.get("domains", [])
    return own


def import_(call: Call, container: Entity, text: str, *, dry: bool) -> Import:
    """Row by row: a bad row does not stop the others."""
    header = header_of(call, container.kind)
    if not text.strip():
        raise Unhandled("null")
    result = Import.of(call, header, text, dry)
    if result.abort_reason is not None:
        return result
    names = _names(header)
    numbers = {name: number for number, name in enumerate(names, 1)}
    for number, cells in enumerate(result.rows, 1):
        if len(cells) != len(names) or not cells[0]:
            # The real importer forgets to look whether the row could be read at all.
            raise Unhandled(
                'Cannot invoke "org.apache.commons.csv.CSVRecord.get(int)" because "csvRecord" is '
                "null"
            )
        try:
            row = Row(dict(zip(names, cells, strict=True)), numbers)
            details = _import_row(call, container, row, dry)
        except RowError as error:
            result.refused(number, cells, str(error))
        else:
            result.passed(number, cells, details)
    return result


def _import_row(call: Call, container: Entity, row: Row, dry: bool) -> str:
    kind = BY_TYPE[CHILD_TYPES[container.kind.type]]
    given = _resolve(call, row)
    name = row.text("name")
    if '"' in name.strip('"'):
        raise ApiError(400, f"Invalid name {name}")
    fqn = full_name(kind, [container], name)
    existing = call.records.find(kind, fqn)
    known = existing is not None and not existing.deleted
    if dry:
        return "Entity updated" if known else "Entity created"
    try:
        if existing is None:
            _create(call, container, kind, name, given)
            return "Entity created"
        _update(call, existing, name, given)
    except ApiError as error:
        raise RowError(error.message) from error
    return "Entity updated"


def _resolve(call: Call, row: Row) -> dict[str, Any]:
    """The row's cells as properties; labels are looked up before owners (recorded)."""
    found = [
        label
        for column, source in (
            ("tags", "Classification"),
            ("glossaryTerms", "Glossary"),
            ("tiers", "Classification"),
        )
        for label in labels(call, row.number(column), row.text(column), source)
    ]
    check_labels(call, found)
    given: dict[str, Any] = {name: row.text(name) for name in TEXTS if name in row.cells}
    given["tags"] = found
    given["owners"] = owners(call, row.number("owner"), row.text("owner"))
    column = "domains" if "domains" in row.cells else "domain"
    given["domains"] = domains(call, row.number(column), row.text(column))
    if row.text("extension"):
        key = row.text("extension").split(":")[0]
        raise field_error(row.number("extension"), f"Unknown custom field: {key}")
    if "certification" in row.cells:
        given["certification"] = _certification(call, row.text("certification"))
    return given


def _certification(call: Call, fqn: str) -> dict[str, Any] | None:
    if not fqn:
        return None
    now = call.clock.now_ms()
    label = {"tagFQN": fqn, "source": "Classification", "labelType": "Manual", "state": "Confirmed"}
    return {"tagLabel": label, "appliedDate": now, "expiryDate": now}


def _create(call: Call, container: Entity, kind: Kind, name: str, given: dict[str, Any]) -> None:
    body: dict[str, Any] = {"name": name, kind.parent or "": container.fqn}
    body |= {"columns": []} if kind.type == "table" else {}
    entity = create_entity(call, kind, body)
    _set(call, entity, given, clear=True)
    call.records.update(entity)
    if call.behaviour.csv.writes_events:
        events.record(call, "entityCreated", entity)


def _update(call: Call, existing: Entity, name: str, given: dict[str, Any]) -> None:
    """1.6: the rules of PUT, so empty cells clear texts only. 2.0: they clear everything."""
    _fill_retention(call, existing)
    new = existing.copy()
    clear = call.behaviour.csv.clears_empty_cells
    if existing.deleted and "columns" in new.doc:
        # A table that comes back this way comes back without its columns (recorded).
        new.doc["columns"] = []
    new.doc["name"] = name
    new.doc["deleted"] = False
    kept = ("displayName", "description") if call.is_bot and not clear else ()
    texts = {
        key: value for key, value in given.items() if not (key in kept and existing.doc.get(key))
    }
    _set(call, new, texts, clear=clear)
    outcome = store_change(
        call, existing, new, always=call.behaviour.csv.always_bumps_version,
        late=lambda: check_late(call, new),
    )  # fmt: skip
    if outcome.header == "entityUpdated" and call.behaviour.csv.writes_events:
        events.record(call, "entityUpdated", outcome.entity)


def _fill_retention(call: Call, entity: Entity) -> None:
    """The importer takes a retention period that is inherited for the entity's own (recorded)."""
    inherited = call.references.inherited_text(entity, "retentionPeriod")
    if inherited is not None:
        entity.doc.setdefault("retentionPeriod", inherited)


def _set(call: Call, entity: Entity, given: dict[str, Any], *, clear: bool) -> None:
    doc = entity.doc
    for name in TEXTS:
        if name in given:
            doc[name] = given[name]
    if given["owners"] or clear:
        doc["owners"] = accept_owners(call, given["owners"])
    if given["domains"] or clear:
        doc["domains"] = given["domains"]
    old = [] if clear else doc.get("tags", [])
    doc["tags"] = tags.accept(call, [*old, *tags.accept(call, given["tags"])])
    if given.get("certification"):
        doc["certification"] = given["certification"]
    elif clear:
        doc.pop("certification", None)
