"""An import in pieces that a server can take, and what was heard of each. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from catalogctl.providers.actions import Row, RowOutcome
from catalogctl.providers.openmetadata import rows_csv
from catalogctl.providers.openmetadata.csv_file import Exported, Line

ROWS = 500
"""Of one synchronous import at most: servers and gateways are known to fail on thousands."""
BYTES = 20 * 1024 * 1024
BREAKS = 100_000
"""What an asynchronous import takes at most: bytes, and line breaks, those in cells too."""

CREATED = "Entity created"
_FIELD = re.compile(r"#INVALID_FIELD: Field (\d+) error")
_SILENT = "the server says nothing of this row"
_KEPT_OUT = "kept out by the refused rows: this server takes all rows of a piece or none"


def cut(lines: Sequence[Line], header: Sequence[str], *, rows: int | None) -> list[list[Line]]:
    """The rows in pieces within the limits; without `rows` only bytes and line breaks count."""
    if not lines:
        return []
    first = _weight(header)
    pieces: list[list[Line]] = [[]]
    size, breaks = first
    for line in lines:
        more, ends = _weight(line.cells)
        full = rows is not None and len(pieces[-1]) >= rows
        if pieces[-1] and (full or size + more > BYTES or breaks + ends > BREAKS):
            pieces.append([])
            size, breaks = first
        pieces[-1].append(line)
        size, breaks = size + more, breaks + ends
    return pieces


def _weight(cells: Sequence[str]) -> tuple[int, int]:
    written = rows_csv.write(cells, ())
    return len(written), written.count(b"\n")


@dataclass(frozen=True, slots=True)
class Heard:
    """What was heard of a piece that was sent.

    `problem` is why rows without a verdict have none. `open`: the server may still be at it.
    `last`: nothing may be sent after it. `stopped` and `running` are about its job.
    """

    lines: Sequence[Line]
    verdicts: Mapping[str, rows_csv.RowResult] = field(default_factory=dict)
    problem: str = ""
    answer: Any = None
    open: bool = False
    last: bool = False
    stopped: bool = False
    running: bool = False


def heard(lines: Sequence[Line], header: Sequence[str], answer: Mapping[str, Any]) -> Heard:
    """Read an import's answer. Only a line of success counts; statuses and counts prove nothing."""
    if answer.get("status") == "aborted":
        reason = answer.get("abortReason") or "the server does not say why"
        return Heard(lines, problem=f"the import was aborted: {reason}", answer=answer)
    results = rows_csv.results(str(answer.get("importResultsCsv") or ""), header)
    verdicts = {result.name: result for result in results}
    refused = any(not result.ok for result in results)
    return Heard(lines, verdicts, _KEPT_OUT if refused else _SILENT, answer)


@dataclass(frozen=True, slots=True)
class Reader:
    """Turns what was heard, and what the catalog holds afterwards, into results."""

    header: Sequence[str]
    changed: Mapping[str, tuple[str, ...]]

    def rehearsed(self, line: Line, said: Heard) -> Row:
        """The result of a row of a dry run."""
        verdict = said.verdicts.get(line.name)
        if verdict is None:
            return self.row(line, RowOutcome.UNKNOWN, said.problem)
        if not verdict.ok:
            return self.row(line, RowOutcome.REFUSED, self.refusal(line, verdict.details))
        if verdict.details == CREATED:
            return self.row(line, RowOutcome.REFUSED, "the import would create it")
        return self.row(line, RowOutcome.ACCEPTED, verdict.details)

    def written(self, line: Line, said: Heard, live: Exported | None) -> Row:
        """The result of a row that was sent: what the catalog holds counts, then what it said."""
        verdict = said.verdicts.get(line.name)
        differs = None if live is None else live.differences(line, proving=True)
        if verdict is not None and not verdict.ok and differs != ():
            return self.row(line, RowOutcome.REFUSED, self.refusal(line, verdict.details))
        if differs == ():
            return self.row(line, RowOutcome.WRITTEN, verdict.details if verdict else "")
        if verdict is None:
            left = said.open or said.running or said.stopped or differs is None
            outcome = RowOutcome.UNKNOWN if left else RowOutcome.UNWRITTEN
            return self.row(line, outcome, said.problem)
        if differs is None:
            return self.row(line, RowOutcome.UNKNOWN, f"{verdict.details}, but not read again")
        text = f"{verdict.details}, but the catalog holds something else in {', '.join(differs)}"
        return self.row(line, RowOutcome.DIFFERS, text)

    def row(self, line: Line, outcome: RowOutcome, details: str = "") -> Row:
        return Row(line.number, line.name, outcome, details, self.changed.get(line.name, ()))

    def refusal(self, line: Line, details: str) -> str:
        """The server's words, and the cell that its field number is about."""
        found = _FIELD.search(details)
        number = int(found[1]) if found else 0
        if not 0 < number <= len(self.header):
            return details
        return f"{details} ({self.header[number - 1].rstrip('*')}: {line.cells[number - 1]!r})"
