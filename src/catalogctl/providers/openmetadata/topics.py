"""Topics through the CSV of their messaging service, where the server has such a route.

Plain OpenMetadata has none (404); the hosted product documents one. Whether a service has it is
asked once, by its export; without it, topics go by JSON Patch and stay unverified in the plan.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

from catalogctl import fqn
from catalogctl.errors import CatalogError, Forbidden, NotFound, Rejected
from catalogctl.model import Address, Change, FieldChange, Observed, Prediction, Verdict
from catalogctl.providers.openmetadata import importing, rows_csv
from catalogctl.providers.openmetadata.api import Api, Live
from catalogctl.providers.openmetadata.mapping import cells_of, topic_by_patch
from catalogctl.providers.openmetadata.verdicts import unrehearsed, verdicts

_BY_CALLS = ("followers", "vote")
"""What no CSV carries."""

Outcomes = dict[Address, dict[str, "CatalogError | None"]]
"""The fields that an import has dealt with, each with what went wrong, if anything did."""


class TopicsCsv:
    """The CSV route of one server's messaging services."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._exports: dict[str, asyncio.Task[rows_csv.Export | None]] = {}

    async def rehearse(self, changes: Sequence[Change]) -> list[Prediction]:
        """The dry-run verdicts on the topics of one service; none where it has no such route."""
        rows = {change.address.name: change for change in changes}
        found: list[Prediction] = []
        for service, names in _by_service(rows).items():
            wanted = {name: _cells(rows[name].fields) for name in names}
            wanted = {name: fields for name, fields in wanted.items() if fields}
            container = importing.messaging_service(service)
            try:
                export = await self._export(container)
                if export is None:
                    continue
                known = {
                    name: fields
                    for name, fields in wanted.items()
                    if _topic(export, name) in export.rows
                    and all(export.has(field) for field in fields)
                }
                refused = await importing.send(
                    self._api, container, export, _by_topic(export, known), dry_run=True
                )
            except CatalogError as problem:
                for name, fields in wanted.items():
                    found += unrehearsed(rows[name].address, [fields], problem)
                continue
            for name, fields in known.items():
                found += verdicts(rows[name].address, fields, refused.get(_topic(export, name)))
        return found

    async def write(self, due: Sequence[tuple[Change, Observed]]) -> Outcomes:
        """Import the topics that a row can carry whole; the rest is left to be patched."""
        outcomes: Outcomes = {}
        rows = {change.address.name: (change, seen.handle) for change, seen in due}
        for service, names in _by_service(rows).items():
            container = importing.messaging_service(service)
            try:
                export = await self._export(container, afresh=True)
            except CatalogError:
                continue
            if export is None:
                continue
            wanted = {name: self._importable(export, *rows[name]) for name in names}
            wanted = {name: fields for name, fields in wanted.items() if fields}
            if not wanted:
                continue
            try:
                refused = await importing.send(
                    self._api, container, export, _by_topic(export, wanted), dry_run=False
                )
            except Forbidden:
                continue  # an import needs the right EditAll; a patch only those that it uses
            except CatalogError as problem:
                for name, fields in wanted.items():
                    outcomes[rows[name][0].address] = dict.fromkeys(fields, problem)
                continue
            for name, fields in wanted.items():
                refusal = refused.get(_topic(export, name))
                problem_or_none = CatalogError(refusal.message) if refusal else None
                outcomes[rows[name][0].address] = dict.fromkeys(fields, problem_or_none)
        return outcomes

    @staticmethod
    def _importable(
        export: rows_csv.Export, change: Change, live: Live
    ) -> Mapping[str, FieldChange]:
        """The fields that go by CSV: all that have a cell, or none where a row would lose some."""
        fields = _cells([each for each in change.fields if each.outcome is None])
        row = _topic(export, change.address.name)
        if not fields or not importing.is_current(export, row, cells_of(live.entity)):
            return {}
        if export.text(row, "certification"):
            return {}  # an import stamps it anew
        return {} if topic_by_patch(live.entity, list(fields.values()), export.has) else fields

    async def _export(
        self, container: importing.Container, *, afresh: bool = False
    ) -> rows_csv.Export | None:
        """The service's topics as CSV; None where the server has no such route."""
        task = self._exports.get(container.name)
        known = task is not None and task.done() and not task.cancelled() and not task.exception()
        without_route = known and task is not None and task.result() is None
        if task is None or (afresh and not without_route):
            task = asyncio.ensure_future(self._ask(container))
            self._exports[container.name] = task
        return await task

    async def _ask(self, container: importing.Container) -> rows_csv.Export | None:
        try:
            return await importing.read_export(self._api, container)
        except (NotFound, Rejected):
            return None


def _topic(export: rows_csv.Export, name: str) -> str:
    """The name of a topic's row: bare, as other exports have it, or quoted if that is there."""
    bare = fqn.split(name)[-1]
    quoted = fqn.quote(bare)
    return quoted if quoted in export.rows else bare


def _by_service(names: Mapping[str, object]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name in names:
        found.setdefault(fqn.join(fqn.split(name)[:1]), []).append(name)
    return found


def _by_topic(
    export: rows_csv.Export, changes: Mapping[str, Mapping[str, FieldChange]]
) -> dict[str, Mapping[str, FieldChange]]:
    return {_topic(export, name): fields for name, fields in changes.items()}


def _cells(changes: Sequence[FieldChange]) -> dict[str, FieldChange]:
    """The changes that a row could carry."""
    return {
        each.path: each
        for each in changes
        if each.path not in _BY_CALLS and each.verdict is not Verdict.REFUSED
    }
