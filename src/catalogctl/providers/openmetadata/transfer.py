"""`run export` and `run import`: the CSV of a table or a messaging service, by hand.

An import is checked against a fresh export before anything is sent, sends only the rows that
differ (a row that says nothing new can still take a Tier or a robot's label away), is never sent
twice, and is proved by exporting again: what the server answers is not enough.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from catalogctl.errors import (
    BadResponse,
    CatalogError,
    Forbidden,
    NotFound,
    RateLimited,
    Unauthorized,
    Unreachable,
)
from catalogctl.providers.actions import Ending, Order, Report, Row, RowOutcome
from catalogctl.providers.openmetadata import csv_file, importing, jobs, losses, pieces, rows_csv
from catalogctl.providers.openmetadata.api import Api
from catalogctl.providers.openmetadata.csv_calls import CsvCalls, held_result, no_route
from catalogctl.providers.openmetadata.csv_file import Exported, Line
from catalogctl.providers.openmetadata.jobs import Patience, State
from catalogctl.providers.openmetadata.kinds import KINDS
from catalogctl.providers.openmetadata.pieces import Heard, Reader, heard

SETTLE_SECONDS = 30.0
"""How long it is read again after an import whose answer was lost: the server may be at it."""
QUIET_READS = 5
"""Where nothing tells that a job has ended: so many readings without news, after some, end it."""
PREVIEW = 20
_UNREAD = (Unauthorized, Forbidden, NotFound, RateLimited)
"""Answers after which the server has surely not looked at the rows."""
_SYNC = "leave --async away"
_CONTAINERS = {
    "Table": (importing.table, "column"),
    "MessagingService": (importing.messaging_service, "topic"),
}


async def run(api: Api, allow_writes: Callable[[], None], order: Order) -> Report:
    """Carry out an order of `export` or `import`. `allow_writes` is called when it may write."""
    container_of, noun = _CONTAINERS[order.address.kind]
    container = container_of(order.address.name)
    calls = container.calls(api)
    if order.action == "export":
        return await _export(calls, order)
    return await _Import(api, calls, order, noun, allow_writes).run()


async def _export(calls: CsvCalls, order: Order) -> Report:
    if not order.asynchronous:
        content, exported = await _read(calls, order)
    else:
        job_id = await _started(calls, order)
        patience = Patience(order.wait_seconds, order.stop, order.progress)
        end = await jobs.follow(calls, job_id, patience)
        if end.state is State.UNSEEN:
            message = "this server hands the result of an asynchronous export to a WebSocket only"
            raise CatalogError(message, catalog=order.address.catalog, hint=_SYNC)
        if end.state is not State.COMPLETED:
            stopped = end.state is State.STOPPED
            return Report(Ending.INTERRUPTED if stopped else Ending.FAILED, end.message)
        try:
            content = await calls.job_export(job_id)
        except NotFound as problem:
            if no_route(problem):
                problem.message, problem.hint = "this server's jobs hand no export on", _SYNC
            raise
        exported = _parsed(content, calls)
    count = _count(len(exported.rows), "row")
    return Report(Ending.DONE, f"exported {count} of {order.address}", content=content)


async def _started(calls: CsvCalls, order: Order) -> str:
    try:
        return await calls.start_export()
    except NotFound as problem:
        if no_route(problem):
            in_general = await calls.has_jobs()
            problem = _no_csv(order, problem) if in_general else _no_jobs(problem)
        raise problem from None


def _no_csv(order: Order, problem: NotFound) -> NotFound:
    message = f"this server has no CSV of {KINDS[order.address.kind].noun}s"
    hint = "plan and apply do without it"
    return NotFound(message, catalog=problem.catalog, status=problem.status, hint=hint)


def _no_jobs(problem: NotFound) -> NotFound:
    message = "this server has no asynchronous CSV"
    return NotFound(message, catalog=problem.catalog, status=problem.status, hint=_SYNC)


async def _read(calls: CsvCalls, order: Order) -> tuple[bytes, Exported]:
    try:
        content = await calls.export(slow=True)
    except NotFound as problem:
        raise (_no_csv(order, problem) if no_route(problem) else problem) from None
    return content, _parsed(content, calls)


def _parsed(content: bytes, calls: CsvCalls) -> Exported:
    try:
        return Exported.read(content)
    except ValueError as problem:
        raise BadResponse(
            f"the export is not the CSV that it should be: {problem}",
            catalog=calls.client.catalog,
            operation=f"export {calls.name}",
        ) from None


class _Import:
    """One file on its way into the catalog."""

    def __init__(
        self, api: Api, calls: CsvCalls, order: Order, noun: str, allow_writes: Callable[[], None]
    ) -> None:
        self._api = api
        self._calls = calls
        self._order = order
        self._noun = noun
        self._allow_writes = allow_writes
        self._patience = Patience(order.wait_seconds, order.stop, order.progress)
        self._header: tuple[str, ...] = ()
        self._reader = Reader((), {})
        self._sent = False
        self._notes: list[str] = []

    async def run(self) -> Report:
        order = self._order
        _, exported = await _read(self._calls, order)
        lines = csv_file.check(order.content, order.file, exported, self._noun)
        changed = {line.name: exported.differences(line) for line in lines}
        due = [line for line in lines if changed[line.name]]
        self._header = exported.header
        self._reader = Reader(exported.header, changed)
        if due:
            self._notes += await self._losses(due)
        if order.dry_run:
            return await self._rehearse(lines, due)
        if not due:
            rows = tuple(self._reader.row(line, RowOutcome.UNCHANGED) for line in lines)
            message = f"nothing to import: all that {order.file} says is so in {order.address}"
            return Report(Ending.DONE, message, rows)
        question = f"Import {_count(len(due), 'row')} of {order.file} into {order.address}?"
        if not order.agree(question, self._preview(due)):
            return Report(Ending.FAILED, "nothing was written")
        return await self._write(lines, due)

    def _preview(self, due: Sequence[Line]) -> list[str]:
        shown = [
            f"line {line.number}, {line.name}: {', '.join(self._reader.changed[line.name])}"
            for line in due[:PREVIEW]
        ]
        more = len(due) - len(shown)
        rest = [f"and {_count(more, 'more row')}"] if more else []
        return [*shown, *rest, *(f"note: {each}" for each in self._notes)]

    async def _losses(self, due: Sequence[Line]) -> list[str]:
        if self._order.address.kind == "Table":
            return await losses.of_columns(self._api, self._calls.name, due)
        return await losses.of_topics(self._api, self._calls.name, due, self._header)

    # -- rehearsing

    async def _rehearse(self, lines: Sequence[Line], due: Sequence[Line]) -> Report:
        """First what an import would send, then the rest, which must not hide a verdict."""
        rest = [line for line in lines if not self._reader.changed[line.name]]
        said = []
        for piece in [*self._cut(due), *self._cut(rest)]:
            said.append(await self._send(piece, dry_run=True))
            if said[-1].stopped or said[-1].running:
                break
        heard_of = {line.name: each for each in said for line in each.lines}
        nothing = Heard((), problem="not sent")
        rows = [self._reader.rehearsed(line, heard_of.get(line.name, nothing)) for line in lines]
        ending = self._ending(rows, said, RowOutcome.ACCEPTED)
        ending = Ending.FAILED if ending is Ending.PARTLY else ending
        differ = f"{_count(len(due), 'row')} differ{'s' if len(due) == 1 else ''}"
        message = f"rehearsal: {_tally(rows)}; {differ} from the catalog; nothing was written"
        return self._report(ending, message, rows, said)

    # -- writing

    async def _write(self, lines: Sequence[Line], due: Sequence[Line]) -> Report:
        order = self._order
        parts = self._cut(due)
        if len(parts) > 1 and order.address.kind == "Table":
            refused = await self._refused_beforehand(due)
            if refused is not None:
                return refused
        self._allow_writes()
        said: list[Heard] = []
        for number, piece in enumerate(parts, 1):
            if order.stop.is_set() or (said and said[-1].last):
                break
            self._patience.tell("pieces of the import", number - 1, len(parts))
            said.append(await self._send(piece, dry_run=False))
            self._sent = True
        rows = await self._results(lines, said)
        self._note_pieces(rows, said, len(parts))
        sent = [row for row in rows if row.outcome is not RowOutcome.UNCHANGED]
        ending = self._ending(sent, said, RowOutcome.WRITTEN)
        if order.stop.is_set():
            ending = Ending.INTERRUPTED
        return self._report(ending, f"{order.address}: {_tally(rows)}", rows, said)

    async def _refused_beforehand(self, due: Sequence[Line]) -> Report | None:
        """Several pieces of a table are rehearsed first, so that it is all of them or none."""
        said = []
        for piece in pieces.cut(due, self._header, rows=pieces.ROWS):
            body = rows_csv.write(self._header, [line.cells for line in piece])
            said.append(heard(piece, self._header, await self._calls.import_(body, dry_run=True)))
        rows = [self._reader.rehearsed(line, each) for each in said for line in each.lines]
        bad = [row for row in rows if row.outcome is not RowOutcome.ACCEPTED]
        if not bad:
            return None
        message = f"nothing was written: of its {len(said)} pieces the rehearsal takes not all rows"
        return Report(Ending.FAILED, message, tuple(bad), answers=_answers(said))

    async def _results(self, lines: Sequence[Line], said: Sequence[Heard]) -> list[Row]:
        live = await self._settled(said)
        heard_of = {line.name: each for each in said for line in each.lines}
        rows = []
        for line in lines:
            if not self._reader.changed[line.name]:
                rows.append(self._reader.row(line, RowOutcome.UNCHANGED))
            elif line.name not in heard_of:
                rows.append(self._reader.row(line, RowOutcome.UNWRITTEN, "not sent"))
            else:
                rows.append(self._reader.written(line, heard_of[line.name], live))
        return rows

    async def _settled(self, said: Sequence[Heard]) -> Exported | None:
        """What the catalog holds now; while an import may be under way, after a while."""
        sent = [line for each in said for line in each.lines]
        under_way = any(each.open for each in said)
        patience = Patience(
            SETTLE_SECONDS if under_way else 0, self._order.stop, self._order.progress
        )
        return await self._reread(sent, patience)

    async def _reread(self, sent: Sequence[Line], patience: Patience) -> Exported | None:
        """Export until all rows are there, nothing more happens, or the time is up."""
        quiet, before = 0, len(sent)
        while True:
            try:
                _, live = await _read(self._calls, self._order)
            except CatalogError as problem:
                self._notes.append(f"the catalog could not be read again: {problem.message}")
                return None
            missing = sum(bool(live.differences(line, proving=True)) for line in sent)
            quiet = quiet + 1 if missing == before else 0
            settled = missing < len(sent) and quiet >= QUIET_READS
            before = missing
            if not missing or settled or patience.over:
                return live
            patience.tell(f"reading again, {_count(missing, 'row')} to come")
            if await patience.pause():
                return live

    # -- sending

    def _cut(self, lines: Sequence[Line]) -> list[list[Line]]:
        rows = None if self._order.asynchronous else pieces.ROWS
        return pieces.cut(lines, self._header, rows=rows)

    async def _send(self, piece: Sequence[Line], *, dry_run: bool) -> Heard:
        body = rows_csv.write(self._header, [line.cells for line in piece])
        try:
            if self._order.asynchronous:
                return await self._through_job(piece, body, dry_run)
            return heard(piece, self._header, await self._calls.import_(body, dry_run=dry_run))
        except CatalogError as problem:
            if dry_run or (not self._sent and isinstance(problem, _UNREAD)):
                raise  # nothing was written at all
            return Heard(piece, problem=str(problem), open=_may_act(problem), last=True)

    async def _through_job(self, piece: Sequence[Line], body: bytes, dry_run: bool) -> Heard:
        try:
            job_id = await self._calls.start_import(body, dry_run=dry_run)
        except NotFound as problem:
            raise (_no_jobs(problem) if no_route(problem) else problem) from None
        end = await jobs.follow(self._calls, job_id, self._patience)
        if end.state is State.UNSEEN:
            return await self._unseen(piece, dry_run)
        if end.state is State.STOPPED:
            return Heard(piece, problem=end.message, last=True, stopped=True)
        if end.state is not State.COMPLETED:
            running = end.state is State.RUNNING
            return Heard(piece, problem=end.message, last=True, running=running)
        answer = held_result(end.job) or await self._calls.job_import(job_id)
        if answer is not None:
            return heard(piece, self._header, answer)
        if dry_run:
            message = f"CSV job {job_id} has rehearsed it, but this server hands no verdict on"
            raise CatalogError(message, catalog=self._order.address.catalog, hint=_SYNC)
        message = f"CSV job {job_id} is completed without it, and this server does not say why"
        return Heard(piece, problem=message)

    async def _unseen(self, piece: Sequence[Line], dry_run: bool) -> Heard:
        """The server tells nothing over HTTP: what it has written is read again, for a while."""
        if dry_run:
            message = "this server hands the verdict of a job to a WebSocket only"
            raise CatalogError(message, catalog=self._order.address.catalog, hint=_SYNC)
        live = await self._reread(piece, self._patience)
        done = live is not None and not any(live.differences(each, proving=True) for each in piece)
        if done:
            return Heard(piece)
        why = "not there; this server hands the reason to a WebSocket only"
        over, stopped = self._patience.over, self._order.stop.is_set()
        if over:
            why = "the time is up, and the import may still run"
        return Heard(piece, problem=why, last=True, running=over, stopped=stopped)

    # -- reporting

    def _ending(self, rows: Sequence[Row], said: Sequence[Heard], good: RowOutcome) -> Ending:
        if any(each.stopped for each in said):
            return Ending.INTERRUPTED
        through = sum(row.outcome is good for row in rows)
        if through == len(rows):
            return Ending.DONE
        return Ending.PARTLY if through and not any(e.running for e in said) else Ending.FAILED

    def _note_pieces(self, rows: Sequence[Row], said: Sequence[Heard], count: int) -> None:
        """With several pieces: which of them went wrong, and how much of it is written."""
        if count == 1:
            return
        outcomes = {row.name: row.outcome for row in rows}
        for number, each in enumerate(said, 1):
            through = sum(outcomes[line.name] is RowOutcome.WRITTEN for line in each.lines)
            if through < len(each.lines):
                first, last = each.lines[0].number, each.lines[-1].number
                self._notes.append(
                    f"piece {number} of {count}, lines {first} to {last}:"
                    f" {through} of {_count(len(each.lines), 'row')} written"
                )
        if len(said) < count:
            rest = (
                f"piece {count}" if len(said) + 1 == count else f"pieces {len(said) + 1} to {count}"
            )
            self._notes.append(f"not sent: {rest} of {count}")

    def _report(
        self, ending: Ending, message: str, rows: Sequence[Row], said: Sequence[Heard]
    ) -> Report:
        jobs_said = [each.problem for each in said if each.stopped or each.running]
        notes = tuple(dict.fromkeys([*self._notes, *jobs_said]))
        return Report(ending, message, tuple(rows), notes, answers=_answers(said))


def _may_act(problem: CatalogError) -> bool:
    """Whether the server may have acted, or be acting, on a request that has no proper answer."""
    if not problem.sent:
        return False
    gateway = problem.status in (502, 503, 504)
    unread = isinstance(problem, BadResponse) and (problem.status or 200) < 300
    return isinstance(problem, Unreachable) or gateway or unread


def _answers(said: Sequence[Heard]) -> tuple[object, ...]:
    return tuple(each.answer for each in said if each.answer is not None)


def _tally(rows: Sequence[Row]) -> str:
    counts = {outcome: sum(row.outcome is outcome for row in rows) for outcome in RowOutcome}
    parts = [f"{count} {outcome.value}" for outcome, count in counts.items() if count]
    return ", ".join(parts) or "no rows"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
