"""Pieces stay within what servers take, and what is heard of them becomes results."""

from __future__ import annotations

import pytest

from catalogctl.errors import BadResponse, CatalogError, Rejected, Unreachable
from catalogctl.providers.actions import RowOutcome
from catalogctl.providers.openmetadata import pieces, transfer
from catalogctl.providers.openmetadata.api import is_rehearsal
from catalogctl.providers.openmetadata.csv_file import Exported, Line
from catalogctl.providers.openmetadata.pieces import Heard, Reader, cut, heard

HEADER = ("name*", "description")
LINES = [Line(number, (f"t{number}", "x\ny")) for number in range(2, 9)]


def sizes(**limits: int | None) -> list[int]:
    return [len(piece) for piece in cut(LINES, HEADER, rows=limits.get("rows"))]


def test_pieces_by_rows_bytes_and_line_breaks(monkeypatch: pytest.MonkeyPatch) -> None:
    assert sizes(rows=7) == [7]
    assert sizes(rows=3) == [3, 3, 1]
    assert sizes() == [7]
    monkeypatch.setattr(pieces, "BREAKS", 5)  # one for the header, two a row
    assert sizes() == [2, 2, 2, 1]
    monkeypatch.setattr(pieces, "BYTES", 1)
    assert sizes() == [1] * 7
    assert cut([], HEADER, rows=3) == []


def test_only_a_line_of_success_counts() -> None:
    csv = 'status,details,name*,description,extra\r\nfailure,"#bad",t2,x,\r\nsuccess,ok,t3,x,\r\n'
    said = heard(LINES[:3], HEADER, {"status": "success", "importResultsCsv": csv})
    reader = Reader(HEADER, {})
    outcomes = [reader.rehearsed(line, said).outcome for line in LINES[:3]]
    assert outcomes == [RowOutcome.REFUSED, RowOutcome.ACCEPTED, RowOutcome.UNKNOWN]


@pytest.mark.parametrize("answer", [{}, {"status": "aborted"}, {"importResultsCsv": None}])
def test_an_answer_without_rows_proves_nothing(answer: dict[str, object]) -> None:
    said = heard(LINES, HEADER, answer)
    assert said.problem
    assert Reader(HEADER, {}).rehearsed(LINES[0], said).outcome is RowOutcome.UNKNOWN


def test_a_rehearsal_that_would_create_is_a_refusal() -> None:
    csv = "status,details,name*,description\r\nsuccess,Entity created,t2,x\r\n"
    row = Reader(HEADER, {}).rehearsed(LINES[0], heard(LINES, HEADER, {"importResultsCsv": csv}))
    assert (row.outcome, row.details) == (RowOutcome.REFUSED, "the import would create it")


def test_what_the_catalog_holds_counts_before_what_it_says() -> None:
    csv = "status,details,name*,description\r\nsuccess,Entity updated,t2,x\r\n"
    csv += "failure,no,t3,x\r\nsuccess,Entity updated,t4,x\r\n"
    said = heard(LINES[:4], HEADER, {"importResultsCsv": csv})
    held = {"t2": ("t2", "x\ny"), "t3": ("t3", "x\ny"), "t4": ("t4", "old"), "t5": ("t5", "x\ny")}
    reader, live = Reader(HEADER, {}), Exported(HEADER, held)
    assert [reader.written(line, said, live).outcome for line in LINES[:4]] == [
        RowOutcome.WRITTEN, RowOutcome.WRITTEN, RowOutcome.DIFFERS, RowOutcome.WRITTEN,
    ]  # fmt: skip
    assert [reader.written(line, said, None).outcome for line in LINES[:4]] == [
        RowOutcome.UNKNOWN, RowOutcome.REFUSED, RowOutcome.UNKNOWN, RowOutcome.UNKNOWN,
    ]  # fmt: skip


@pytest.mark.parametrize("open_", [True, False])
def test_a_row_that_is_not_there_is_unknown_while_the_server_may_be_at_it(open_: bool) -> None:
    said = Heard(LINES, problem="no answer", open=open_)
    row = Reader(HEADER, {}).written(LINES[0], said, Exported(HEADER, {}))
    assert row.outcome is (RowOutcome.UNKNOWN if open_ else RowOutcome.UNWRITTEN)


@pytest.mark.parametrize(("problem", "open_"), [
    (Unreachable("x"), True),
    (Unreachable("x", sent=False), False),
    (BadResponse("x", status=504), True),
    (BadResponse("x", status=500), False),
    (BadResponse("x", status=200), True),
    (Rejected("x", status=400), False),
])  # fmt: skip
def test_when_a_server_may_still_be_acting(problem: CatalogError, open_: bool) -> None:
    assert transfer._may_act(problem) is open_


@pytest.mark.parametrize(("path", "params", "harmless"), [
    ("/v1/tables/name/a/import", {"dryRun": "true"}, True),
    ("/v1/tables/name/a/importAsync", {"dryRun": "true"}, True),
    ("/v1/tables/name/a/importAsync", {"dryRun": "false"}, False),
    ("/v1/tables/name/a/importAsync", {}, False),
    ("/v1/csvAsyncJobs/12/cancel", {}, False),
    ("/v1/csvAsyncJobs/12", {}, False),
])  # fmt: skip
def test_what_passes_before_writes_are_allowed(
    path: str, params: dict[str, str], harmless: bool
) -> None:
    assert is_rehearsal("PUT", path, params) is harmless
    assert not is_rehearsal("POST", path, params)
