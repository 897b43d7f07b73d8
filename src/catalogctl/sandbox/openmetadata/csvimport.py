"""What all CSV imports share: the header check, rows and their results, reading cells."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from . import csvtext, tags
from .call import Call
from .errors import ApiError, Unhandled
from .kinds import BY_TYPE
from .names import user_fqn


class RowError(Exception):
    """A row that can't be taken; the text goes into the row's ``details``."""


def field_error(number: int, text: str) -> RowError:
    return RowError(f"#INVALID_FIELD: Field {number} error - {text}")


def missing(number: int, name: str, kind: str) -> RowError:
    return field_error(number, f"Entity {name} of type {kind} not found")


def is_dry(call: Call) -> bool:
    """``dryRun`` as the server parses it (recorded).

    Missing, empty or bare: dry. "true" in any case: dry. Any other text is a real import.
    """
    value = call.request.parameter("dryRun")
    return value is None or value == "" or value.lower() == "true"


def body_text(call: Call) -> str:
    """The body; UTF-8 unless the content type names another charset."""
    _, _, rest = call.request.headers.get("content-type", "").partition("charset=")
    charset = rest.split(";")[0].strip().strip('"') or "utf-8"
    try:
        return call.request.body.decode(charset, "replace")
    except LookupError:
        return call.request.body.decode("utf-8", "replace")


@dataclass
class Import:
    """One import: the rows that came, and what became of them."""

    header: list[str]
    dry: bool
    counts_header_line: bool
    rows: list[list[str]] = field(default_factory=list)
    results: list[list[str]] = field(default_factory=list)
    abort_reason: str | None = None
    recorded: int = 0
    """How many data rows were looked at up to the last one with a result."""
    failed: int = 0

    @classmethod
    def of(cls, call: Call, header: str, text: str, dry: bool) -> Import:
        """Read ``text`` and compare headers: exactly, with order and asterisks (recorded)."""
        records = csvtext.read(text)
        if not records:
            raise Unhandled("Index 0 out of bounds for length 0")
        result = cls(
            header.split(","), dry, call.behaviour.csv.counts_header_line, rows=records[1:]
        )
        if records[0] != result.header:
            result.abort_reason = (
                f"#INVALID_HEADER: Headers [{','.join(records[0])}] doesn't match [{header}]"
            )
        return result

    def passed(self, number: int, row: list[str], details: str) -> None:
        self.recorded = max(self.recorded, number)
        self.results.append(["success", details, *row])

    def refused(self, number: int, row: list[str], details: str) -> None:
        self.recorded = max(self.recorded, number)
        self.failed += 1
        self.results.append(["failure", details, *row])

    def check_shape(self, row: list[str]) -> None:
        """Width, then required cells."""
        if len(row) != len(self.header):
            raise RowError(
                f"#INVALID_FIELD_COUNT: Field count {len(row)} does not match the expected field "
                f"count of {len(self.header)}"
            )
        problems = [
            f"#FIELD_REQUIRED: Field {number} is required"
            for number, (name, cell) in enumerate(zip(self.header, row, strict=True), 1)
            if name.endswith("*") and cell == ""
        ]
        if problems:
            raise RowError(";".join(problems))

    def answer(self) -> dict[str, Any]:
        """The ``CsvImportResult``."""
        extra = int(self.counts_header_line)
        if self.abort_reason is not None:
            return {
                "dryRun": self.dry,
                "status": "aborted",
                "abortReason": self.abort_reason,
                "numberOfRowsProcessed": 1,
                "numberOfRowsPassed": 0,
                "numberOfRowsFailed": 1,
            }
        processed = self.recorded + extra
        passed = processed - self.failed
        status = "success" if not self.failed else "partialSuccess" if passed > 0 else "failure"
        return {
            "dryRun": self.dry,
            "status": status,
            "numberOfRowsProcessed": processed,
            "numberOfRowsPassed": passed,
            "numberOfRowsFailed": self.failed,
            "importResultsCsv": csvtext.write([["status", "details", *self.header], *self.results]),
        }


# Cells


def items(call: Call, cell: str) -> list[str]:
    """A list cell, split on semicolons; blanks around an item are kept on 1.6 (recorded)."""
    parts = cell.split(";")
    if call.behaviour.csv.trims_list_items:
        parts = [part.strip() for part in parts]
    return [part for part in parts if part]


def labels(call: Call, number: int, cell: str, source: str) -> list[tags.Label]:
    """The labels of a cell; they carry no label type, so each becomes a Manual one."""
    found = []
    for fqn in items(call, cell):
        entity = tags.target(call, fqn, source)
        if entity is None:
            raise missing(number, fqn, tags.SOURCES[source])
        status = entity.doc.get("status", "Approved")
        if source == "Glossary" and status != "Approved" and call.behaviour.async_csv:
            raise field_error(
                number,
                f"Glossary term '{fqn}' must have APPROVED status to be linked. Current status: "
                f"{status}",
            )
        found.append({"tagFQN": fqn, "source": source, "labelType": "Manual", "state": "Confirmed"})
    return found


def check_labels(call: Call, found: list[tags.Label]) -> None:
    """What a dry run of 2.0 finds beyond unknown tags."""
    if call.behaviour.csv.resolves_more_than_references:
        try:
            tags.refuse_disabled(call, found)
            tags.refuse_exclusive(call, found)
        except ApiError as error:
            raise RowError(error.message) from error


def owners(call: Call, number: int, cell: str) -> list[dict[str, Any]]:
    """``user:name`` or ``team:name``, several joined by semicolons."""
    found = []
    for item in items(call, cell):
        kind, separator, name = item.partition(":")
        if not separator or ":" in name:
            raise field_error(number, "Owner should be of format user:userName or team:teamName")
        if kind not in BY_TYPE:
            raise ApiError(
                404, f"Entity repository for {kind} not found. Is the ENTITY_TYPE_MAP initialized?"
            )
        fqn = user_fqn(name) if kind == "user" else name
        owner = call.records.find(BY_TYPE[kind], fqn)
        if owner is None or owner.deleted:
            raise missing(number, name, kind)
        found.append({"id": owner.id, "type": kind})
    return found


def domains(call: Call, number: int, cell: str) -> list[dict[str, Any]]:
    names = items(call, cell) if call.behaviour.many_domains else [cell] if cell else []
    found = []
    for name in names:
        domain = call.records.find(BY_TYPE["domain"], name)
        if domain is None:
            raise missing(number, name, "domain")
        found.append({"id": domain.id, "type": "domain"})
    return found
