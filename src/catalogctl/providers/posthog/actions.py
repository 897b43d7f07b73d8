"""`catalogctl run`: one thing done to one source or schema, by hand."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from catalogctl.errors import CatalogError, InvalidError, NotFound, Rejected
from catalogctl.model import Address, Secret
from catalogctl.providers.actions import Ending, Order, Report
from catalogctl.providers.posthog import creation, inputs
from catalogctl.providers.posthog.api import JOBS_CAP, Api
from catalogctl.providers.posthog.creating import is_lost
from catalogctl.providers.posthog.following import RUNNING, follow
from catalogctl.providers.posthog.identity import Key, key_of, of_source, schema_of
from catalogctl.providers.posthog.sources import Sources
from catalogctl.providers.posthog.wire import Schema, Source

NOTHING = Report(Ending.FAILED, "nothing was done")
_STARTING = frozenset({"reload", "resync", "cancel"})


async def run(api: Api, sources: Sources, reveal: Callable[[str], str], order: Order) -> Report:
    """Carry out an order. Raises `CatalogError` when PostHog does not do what it asks."""
    source = await _source(sources, key_of(order.address))
    name = schema_of(order.address)
    if name is None:
        return await _SourceActions(api, sources, reveal, order, source).run()
    return await _SchemaActions(api, order, source, _schema(source, order.address)).run()


async def _source(sources: Sources, key: Key) -> Source:
    live = await sources.look(key)
    if live.source is None:
        raise NotFound(live.problem or f"PostHog has no {key.said}")
    return live.source


@contextmanager
def _writing(api: Api, order: Order) -> Iterator[None]:
    """Write. A failure says whether anything was done, as far as that is known."""
    try:
        with api.client.may_write():
            yield
    except CatalogError as problem:
        if is_lost(problem):
            look = "it is safe to run it again"
            if order.action in _STARTING:
                look = f"`catalogctl run jobs {of_source(order.address)}` shows whether it was"
            said = f"it may have been done all the same; {look}"
        elif not problem.sent or (problem.status or 0) >= 400:
            said = "nothing was done"
        else:
            raise
        problem.hint = f"{problem.hint}; {said}" if problem.hint else said
        raise


def _schema(source: Source, address: Address) -> Schema:
    name = schema_of(address) or ""
    found = source.named(name)
    if len(found) == 1:
        return found[0]
    if found:
        ids = ", ".join(each.id for each in found)
        raise NotFound(f"{len(found)} schemas of this source are called {name}: ids {ids}")
    hint = f"`catalogctl run refresh-schemas {of_source(address)}` has them discovered"
    raise NotFound(f"the {source.key.said} has no schema {name}", hint=hint)


@dataclass(frozen=True, slots=True)
class _SchemaActions:
    api: Api
    order: Order
    source: Source
    schema: Schema

    async def run(self) -> Report:
        actions: Mapping[str, Callable[[], Awaitable[Report]]] = {
            "reload": self._reload,
            "resync": self._resync,
            "cancel": self._cancel,
            "delete-data": self._delete_data,
            "incremental-fields": self._incremental_fields,
        }
        return await actions[self.order.action]()

    async def _reload(self) -> Report:
        return await self._start("reload", f"a sync of {self.schema.name} was started")

    async def _resync(self) -> Report:
        question = f"Throw the synced data of {self.order.address} away and import it again?"
        if not self.order.agree(question, _held(self.schema)):
            return NOTHING
        return await self._start("resync", f"{self.schema.name} is imported anew")

    async def _start(self, action: str, done: str) -> Report:
        was_running = self.schema.status == RUNNING
        with _writing(self.api, self.order):
            answer = await self.api.act_on_schema(self.source, self.schema, action)
        notes = ("a sync was running already",) if was_running and action == "reload" else ()
        return await self._waited(done, answer, notes)

    async def _cancel(self) -> Report:
        with _writing(self.api, self.order):
            answer = await self.api.act_on_schema(self.source, self.schema, "cancel")
        done = str(answer.get("detail") or f"the sync of {self.schema.name} was cancelled")
        return await self._waited(done, answer, (), failing_is_fine=True)

    async def _waited(
        self,
        done: str,
        answer: Mapping[str, Any],
        notes: tuple[str, ...],
        *,
        failing_is_fine: bool = False,
    ) -> Report:
        answers = _answers(answer)
        if not self.order.wait:
            return Report(Ending.DONE, done, notes=notes, answers=answers)

        async def look() -> Sequence[Schema]:
            return [await self.api.schema(self.source, self.schema)]

        end = await follow(look, self.order, failing_is_fine=failing_is_fine)
        return Report(end.ending, f"{done}; {end.message}", notes=notes, answers=answers)

    async def _delete_data(self) -> Report:
        if not self.schema.is_synced and not self.source.is_direct:
            return Report(Ending.DONE, f"{self.schema.name} has no synced data")
        question = f"Delete the synced data of {self.order.address}?"
        if not self.order.agree(question, _held(self.schema)):
            return NOTHING
        with _writing(self.api, self.order):
            await self.api.delete_data(self.source, self.schema)
        message = f"the synced data of {self.schema.name} was deleted; its settings stay"
        if self.source.is_direct:
            message = f"{self.schema.name} was hidden and disabled; its source keeps the data"
        return Report(Ending.DONE, message)

    async def _incremental_fields(self) -> Report:
        offer, answer = await self.api.incremental_fields(self.source, self.schema)
        lines = [
            f"{each.field}  {each.field_type}"
            + ("  nullable" if each.nullable else "")
            + ("  not indexed" if each.is_indexed is False else "")
            + (f"  (shown as {each.label})" if each.label not in (None, each.field) else "")
            for each in offer.incremental_fields
        ]
        possible = {
            "full_refresh": offer.full_refresh_available,
            "incremental": offer.incremental_available,
            "append": offer.append_available,
            "webhook": offer.supports_webhooks,
            "cdc": offer.cdc_available,
            "xmin": offer.xmin_available,
        }
        types = ", ".join(each for each, flag in possible.items() if flag) or "nothing"
        key = ", ".join(offer.detected_primary_keys or ()) or "none"
        message = f"{self.schema.name} can be synced as {types}; primary key: {key}"
        return Report(Ending.DONE, message, lines=tuple(lines), answers=_answers(answer))


@dataclass(frozen=True, slots=True)
class _SourceActions:
    api: Api
    sources: Sources
    reveal: Callable[[str], str]
    order: Order
    source: Source

    async def run(self) -> Report:
        actions: Mapping[str, Callable[[], Awaitable[Report]]] = {
            "reload": self._reload,
            "refresh-schemas": self._refresh_schemas,
            "create-webhook": self._create_webhook,
            "delete-webhook": self._delete_webhook,
            "jobs": self._jobs,
            "rotate-secrets": self._rotate_secrets,
            "delete": self._delete,
        }
        return await actions[self.order.action]()

    async def _reload(self) -> Report:
        enabled = [each.id for each in self.source.schemas if each.should_sync]
        with _writing(self.api, self.order):
            answer = await self.api.act_on_source(self.source, "reload")
        if self.source.is_direct:
            done = "its tables were looked up anew; a direct source is not synced"
            return Report(Ending.DONE, done, answers=_answers(answer))
        done = "no sync was started: none of its schemas is enabled"
        if enabled:
            count = "enabled schema" if len(enabled) == 1 else f"{len(enabled)} enabled schemas"
            done = f"a sync of the {count} was started"
        if not self.order.wait or not enabled:
            return Report(Ending.DONE, done, answers=_answers(answer))

        async def look() -> Sequence[Schema]:
            source = await self.api.source(self.source.id, self.source.key)
            return [each for each in source.schemas if each.id in enabled]

        end = await follow(look, self.order)
        return Report(end.ending, f"{done}; {end.message}", answers=_answers(answer))

    async def _refresh_schemas(self) -> Report:
        with _writing(self.api, self.order):
            answer = await self.api.refresh_schemas(self.source)
        added, deleted = answer.get("added", 0), answer.get("deleted", 0)
        message = f"discovered {added} new schemas; {deleted} are gone from the source"
        enabled = answer.get("auto_enabled")
        notes = (f"{enabled} of the new ones were enabled by themselves",) if enabled else ()
        return Report(Ending.DONE, message, notes=notes, answers=_answers(answer))

    async def _create_webhook(self) -> Report:
        """Not to be done twice: a second one would be registered beside the first."""
        info = await self.api.webhook_info(self.source)
        if not info.get("supports_webhooks"):
            message = f"PostHog knows no webhooks of {self.source.source_type} sources"
            return Report(Ending.FAILED, message, answers=_answers(info))
        if info.get("exists"):
            url = info.get("webhook_url")
            return Report(Ending.DONE, f"it has a webhook already: {url}", answers=_answers(info))
        try:
            with _writing(self.api, self.order):
                answer = await self.api.act_on_source(self.source, "create_webhook")
        except Rejected as problem:
            again = f"`catalogctl run delete-webhook {self.order.address}` clears it away"
            problem.hint = f"PostHog may have made its half of the webhook; {again}"
            raise
        pending = ", ".join(str(each) for each in answer.get("pending_inputs") or ())
        notes = (f"PostHog still needs to be told: {pending}",) if pending else ()
        message = f"a webhook was created: {answer.get('webhook_url')}"
        return Report(Ending.DONE, message, notes=notes, answers=_answers(answer))

    async def _delete_webhook(self) -> Report:
        fed = [each.name for each in self.source.schemas if each.sync_type == "webhook"]
        about = [f"schemas that sync by webhook: {', '.join(fed)}"] if fed else []
        if not self.order.agree(f"Delete the webhook of {self.order.address}?", about):
            return NOTHING
        with _writing(self.api, self.order):
            answer = await self.api.act_on_source(self.source, "delete_webhook")
        notes: tuple[str, ...] = ()
        if answer.get("external_deleted") is False:
            why = answer.get("error") or "it does not say why"
            notes = (f"{self.source.source_type} itself still has it: {why}",)
        return Report(Ending.DONE, "the webhook was deleted", notes=notes, answers=_answers(answer))

    async def _jobs(self) -> Report:
        jobs = await self.api.jobs(self.source)
        lines = tuple(_job(each) for each in jobs)
        notes: tuple[str, ...] = ()
        if len(jobs) >= JOBS_CAP:
            notes = (f"PostHog shows the newest {JOBS_CAP}; there may be older ones",)
        message = f"{len(jobs)} {'job' if len(jobs) == 1 else 'jobs'}, the newest first"
        return Report(Ending.DONE, message, lines=lines, notes=notes, answers=(jobs,))

    async def _rotate_secrets(self) -> Report:
        """The declared secrets, and the settings that differ, in one write."""
        settings = {
            path: value
            for path, value in self.order.declared.items()
            if inputs.path_in(path) is not None
        }
        secrets = {path for path, value in settings.items() if isinstance(value, Secret)}
        if not secrets:
            message = f"no secret is declared of {self.order.address}"
            raise CatalogError(message, hint="write one in job_inputs, such as password: env/NAME")
        live = self.source.job_inputs
        differing = {
            path
            for path, value in settings.items()
            if inputs.held(live, inputs.path_in(path) or path, value) != value
        }
        # Another way to log in replaces all that was stored of it.
        anew = {path.rpartition(".")[0] for path in differing if path.endswith(".selection")}
        due = {
            path: value
            for path, value in settings.items()
            if path in secrets | differing or path.rpartition(".")[0] in anew
        }
        try:
            sent = creation.revealed(due.items(), self._hidden)
        except InvalidError as problem:
            raise CatalogError(problem.diagnostics[0].message) from None
        with _writing(self.api, self.order):
            body = {"job_inputs": inputs.to_send(sent, live)}
            await self.api.patch_source(self.source, body)
        names = ", ".join(sorted(due))
        return Report(Ending.DONE, f"PostHog took {names}")

    def _hidden(self, reference: str) -> str:
        value = self.reveal(reference)
        self.api.client.hide(value)
        return value

    async def _delete(self) -> Report:
        synced = [each for each in self.source.schemas if each.is_synced]
        about = [f"{len(self.source.schemas)} schemas, {len(synced)} of them with synced data"]
        if not self.order.agree(f"Delete {self.order.address} and its tables?", about):
            return NOTHING
        with _writing(self.api, self.order):
            try:
                await self.api.delete_source(self.source)
            except CatalogError as problem:
                # It is deleted first and cleaned up afterwards, which may fail (inferred).
                if not is_lost(problem) or not await self._is_gone():
                    raise
        self.sources.forget(self.source.key)
        return Report(Ending.DONE, f"{self.order.address} was deleted, with its tables")

    async def _is_gone(self) -> bool:
        try:
            await self.api.source(self.source.id, self.source.key)
        except NotFound:
            return True
        return False


def _held(schema: Schema) -> list[str]:
    if schema.table is None:
        return ["it has no synced data"]
    rows = "an unknown number of" if schema.table.row_count is None else schema.table.row_count
    return [f"table {schema.table.name}, {rows} rows"]


def _job(job: Mapping[str, Any]) -> str:
    schema = job.get("schema")
    name = schema.get("name") if isinstance(schema, dict) else None
    rows = job.get("rows_synced")
    words = [
        str(job.get("created_at")),
        str(name),
        str(job.get("status")),
        f"{rows} rows" if rows is not None else "",
        str(job.get("latest_error") or ""),
    ]
    return "  ".join(word for word in words if word)


def _answers(answer: Any) -> tuple[Any, ...]:
    """What the API said; an empty answer is none."""
    return (answer,) if answer else ()
