"""Writing one object: JSON Patch for its own fields, CSV for its columns, then people's calls.

Order: the patch goes first, because a CSV import moves the version that the patch is conditional
on. Nothing undeclared may be lost on the way, so

- columns that a CSV row cannot carry (see `mapping.by_patch`) go by JSON Patch as well, without
  `If-Match`: releases of 1.9 to mid-2026 answer 200 to a conditional patch and drop its columns;
- where there is no `ETag` (before 1.9), any patch or import makes an inherited owner a direct one;
  sending `owners: []` along in the patch keeps it inherited (recorded), and columns go by patch;
- there a failing patch may also take back what the same user wrote in the last ten minutes
  (recorded), so after one the object is read again and put back as it was.

An object that was not read just before (see `standing`) is patched on the condition that it is as
the plan saw it, and the answer shows the rest. When that goes wrong nothing else of it is written:
it is then read, and what is still due is tried again.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from catalogctl.diff import same
from catalogctl.errors import CatalogError, Conflict, Forbidden, Unauthorized, Unreachable
from catalogctl.model import FieldChange
from catalogctl.providers.openmetadata import importing, rows_csv
from catalogctl.providers.openmetadata.api import Api, Live
from catalogctl.providers.openmetadata.mapping import (
    FIELDS,
    LABEL_SOURCES,
    by_patch,
    cells_of,
    column_changes,
    declared_of,
    domains_of,
    held_fields,
    needed_fields,
    new_labels,
    owner_name,
    walk_columns,
)
from catalogctl.providers.openmetadata.references import References

Operation = Mapping[str, Any]
Problems = dict[str, CatalogError]


class EntityWriter:
    """Writes the fields that are due on one object, which was read just before or is `unread`."""

    def __init__(
        self,
        api: Api,
        references: References,
        live: Live,
        due: Sequence[FieldChange],
        export: rows_csv.Export | None,
        user_id: str | None,
    ) -> None:
        self._api = api
        self._references = references
        self._live = live
        self._name = live.entity.fullyQualifiedName
        self._table = importing.table(self._name)
        self._export = export
        self._user_id = user_id
        self._due = due
        self._columns = column_changes(due)
        self._version = _version_text(live.raw.get("version")) if live.etag else None
        self._base = live.raw  # what a failed patch has to be put back to
        self._base_is_old = False
        self._owners_are_direct = False
        self.problems: Problems = {}

    async def write(self) -> Problems:
        """Everything that is due; each part is tried whatever became of the others."""
        if self._live.unread:
            if not await self._patch_unread():
                return self.problems
            patched, imported = self._split_columns()
        else:
            patched, imported = self._split_columns()
            await self._patch_own()
        await self._import_columns(imported, patched)
        if patched:
            await self._patch_columns(patched)
        await self._write_followers()
        await self._write_vote()
        return self.problems

    # -- the object's own fields

    async def _patch_unread(self) -> bool:
        """Whether the object was as the plan saw it, and its own fields are written now."""
        try:
            parts = await self._own_operations()
            if self.problems or not parts:
                raise Conflict("it has to be read first")
            answer = await self._patch([each for _, part in parts for each in part])
            written = {path for paths, _ in parts for path in paths}
            rest = [each for each in self._due if each.path not in written]
            needed = needed_fields(each.path for each in rest)
            if all(name in answer for name in needed):
                self._live = self._api.as_answered(self._live, answer)
            else:
                self._live = await self._api.by_name(self._live.kind, self._name, needed)
            held, missing = held_fields(self._live.entity, declared_of(rest), self._user_id)
            if missing or not all(same(held[each.path], each.before) for each in rest):
                raise Conflict("it changed since the plan")
        except CatalogError as problem:
            problem.again = True
            self.problems = {each.path: problem for each in self._due}
            return False
        return True

    async def _patch_own(self) -> None:
        parts = await self._own_operations()
        if not parts:
            return
        try:
            await self._patch([each for part in parts for each in part[1]])
            return
        except (Conflict, Unreachable, Unauthorized) as problem:
            self._blame([path for paths, _ in parts for path in paths], problem)
            return
        except CatalogError as problem:
            if len(parts) == 1:
                self._blame(parts[0][0], problem)
                await self._put_back()
                return
        # One part may be refused for the sake of another: try them one by one.
        await self._put_back()
        for paths, operations in parts:
            try:
                await self._patch(operations)
            except CatalogError as problem:
                self._blame(paths, problem)
                await self._put_back()

    async def _own_operations(self) -> list[tuple[list[str], list[Operation]]]:
        """Whole-value operations, in parts that can stand alone: (field paths, operations)."""
        parts: list[tuple[list[str], list[Operation]]] = []
        changes = {each.path: each for each in self._due}
        for path in ("description", "displayName"):
            if path in changes:
                value = changes[path].after or ""
                parts.append(([path], [_set(f"/{path}", value)]))
        labels = {path: changes[path] for path in LABEL_SOURCES if path in changes}
        if labels:
            whole = new_labels(self._live.raw.get("tags") or [], labels)
            parts.append((list(labels), [_set("/tags", whole)]))
        for path in ("owners", "domains"):
            if path in changes:
                try:
                    operation = await self._references_operation(changes[path])
                except CatalogError as problem:
                    self._blame([path], problem)
                else:
                    parts.append(([path], [operation]))
        return parts

    async def _references_operation(self, change: FieldChange) -> Operation:
        entity = self._live.entity
        held = entity.owners if change.path == "owners" else domains_of(entity)
        gone = {name.casefold() for name in change.removed or ()}
        kept = []
        for each in held:
            name = owner_name(each) if change.path == "owners" else each.fullyQualifiedName
            if not each.inherited and name.casefold() not in gone:
                kept.append({"id": each.id, "type": each.type or "domain"})
        for name in change.added or ():
            found = await self._references.id_of(change.path, name)
            if found is None:
                raise CatalogError(f"{name} not found")
            kind = name.partition(":")[0] if change.path == "owners" else "domain"
            kept.append({"id": found, "type": kind})
        if change.path == "domains" and self._api.single_domain:
            return _set("/domain", kept[0]) if kept else {"op": "remove", "path": "/domain"}
        return _set(f"/{change.path}", kept)

    async def _patch(
        self, operations: Sequence[Operation], *, conditional: bool = True
    ) -> Mapping[str, Any]:
        if self._base_is_old and not self._live.etag:
            self._base = (await self._api.by_name(self._live.kind, self._name, FIELDS)).raw
        kept = self._keep_inherited_owners(operations)
        version = self._version if conditional else None
        try:
            answer = await self._api.patch(self._live, [*operations, *kept], version=version)
        except Forbidden as problem:
            if kept:
                problem.hint = (
                    "its owners are inherited, and on this server only a token with the right"
                    " EditOwners can keep them so"
                )
            raise
        self._base_is_old = True
        if any(each["path"] == "/owners" and each["value"] for each in operations):
            self._owners_are_direct = True
        if self._version is not None:
            self._version = _version_text(answer.get("version")) or self._version
        return answer

    def _keep_inherited_owners(self, operations: Sequence[Operation]) -> list[Operation]:
        if any(each["path"] == "/owners" for each in operations):
            return []
        return [_set("/owners", [])] if self._owners_at_risk() else []

    def _owners_at_risk(self) -> bool:
        """Whether any write would make inherited owners direct ones."""
        if self._owners_are_direct:
            return False
        owners = self._live.entity.owners
        return not self._live.etag and bool(owners) and all(each.inherited for each in owners)

    async def _put_back(self) -> None:
        """After a failed patch on a server where that is not atomic: undo what it undid."""
        if self._live.etag:
            return
        try:
            now = await self._api.by_name(self._live.kind, self._name, FIELDS)
            operations = _differences(self._base, now.raw)
            if operations:
                await self._api.patch(self._live, operations, version=None)
        except CatalogError as problem:
            for path, cause in list(self.problems.items()):
                cause.hint = f"the failed patch may have undone earlier changes: {problem.message}"
                self.problems[path] = cause

    # -- columns

    def _split_columns(self) -> tuple[set[str], set[str]]:
        """Which columns go by JSON Patch, and which by CSV."""
        columns = {path: column for path, column, _ in walk_columns(self._live.entity.columns)}
        patched = {
            path
            for path, fields in self._columns.items()
            if path in columns
            and (self._owners_at_risk() or by_patch(columns[path], fields.values()))
        }
        return patched, self._columns.keys() - patched

    async def _import_columns(self, imported: set[str], patched: set[str]) -> None:
        """Import the rows; what the token may not import is handed on to be patched."""
        if not imported:
            return
        changes = {path: self._columns[path] for path in sorted(imported)}
        paths = [each.path for fields in changes.values() for each in fields.values()]
        try:
            export = await self._current_export(changes)
            self._base_is_old = True
            refused = await importing.send(self._api, self._table, export, changes, dry_run=False)
        except Forbidden:
            patched |= imported  # an import needs the right EditAll; a patch only those it uses
            return
        except CatalogError as problem:
            self._blame(paths, problem, again=False)
            return
        for path, refusal in refused.items():
            self._blame(
                [each.path for each in changes[path].values()], CatalogError(refusal.message)
            )

    async def _current_export(self, changes: importing.Changes) -> rows_csv.Export:
        columns = {path: column for path, column, _ in walk_columns(self._live.entity.columns)}
        export = self._export
        if export is None or not all(
            importing.is_current(export, path, cells_of(columns[path])) for path in changes
        ):
            export = await importing.read_export(self._api, self._table)
        absent = [path for path in changes if path not in export.rows]
        if absent:
            # An import would create a column of that name.
            raise CatalogError(f"column {absent[0]} is not in the export of {self._name}")
        return export

    async def _patch_columns(self, patched: set[str]) -> None:
        operations: list[Operation] = []
        raw = dict(_walk_raw(self._live.raw.get("columns") or [], "/columns"))
        for path, _, pointer in walk_columns(self._live.entity.columns):
            if path not in patched:
                continue
            fields = self._columns[path]
            for field in ("description", "displayName"):
                if field in fields:
                    operations.append(_set(f"{pointer}/{field}", fields[field].after or ""))
            labels = {field: fields[field] for field in LABEL_SOURCES if field in fields}
            if labels:
                value = new_labels(raw[pointer].get("tags") or [], labels)
                operations.append(_set(f"{pointer}/tags", value))
        try:
            await self._patch(operations, conditional=False)
        except CatalogError as problem:
            self._blame(
                [each.path for path in patched for each in self._columns[path].values()], problem
            )
            await self._put_back()

    # -- followers and the vote

    async def _write_followers(self) -> None:
        change = next((each for each in self._due if each.path == "followers"), None)
        if change is None:
            return
        held = {each.name.casefold(): each.id for each in self._live.entity.followers}
        try:
            for name in change.added or ():
                user_id = await self._references.id_of("followers", name)
                if user_id is None:
                    raise CatalogError(f"User {name} not found")
                await self._api.follow(self._live, user_id)
            for name in change.removed or ():
                if name.casefold() in held:
                    await self._api.unfollow(self._live, held[name.casefold()])
        except CatalogError as problem:
            self._blame(["followers"], problem)

    async def _write_vote(self) -> None:
        change = next((each for each in self._due if each.path == "vote"), None)
        if change is None:
            return
        try:
            await self._api.vote(self._live, str(change.after))
        except CatalogError as problem:
            self._blame(["vote"], problem)

    def _blame(self, paths: Sequence[str], problem: CatalogError, *, again: bool = True) -> None:
        """Note what went wrong; all but an import may be tried again if it did not arrive."""
        lost = isinstance(problem, Unreachable) or (problem.status or 0) >= 500
        problem.again = again and (lost or isinstance(problem, Conflict))
        for path in paths:
            self.problems.setdefault(path, problem)


def _set(pointer: str, value: Any) -> Operation:
    """`add` sets a whole value whether or not it is there, on every version (RFC 6902)."""
    return {"op": "add", "path": pointer, "value": value}


def _version_text(version: Any) -> str | None:
    """A version as the weak validator wants it: the shortest decimal, as JSON has it."""
    return None if version is None else json.dumps(version)


def _walk_raw(columns: Sequence[Any], pointer: str) -> Any:
    for index, column in enumerate(columns):
        here = f"{pointer}/{index}"
        yield here, column
        yield from _walk_raw(column.get("children") or [], f"{here}/children")


def _differences(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[Operation]:
    """Operations that give an object back the direct owners, labels and texts that it had."""
    operations = []
    for key in ("description", "displayName"):
        if (before.get(key) or "") != (now.get(key) or ""):
            operations.append(_set(f"/{key}", before.get(key) or ""))
    if _direct(before) != _direct(now):
        operations.append(_set("/owners", _direct(before)))
    if "tags" in before and _own_labels(before) != _own_labels(now):
        operations.append(_set("/tags", _own_labels(before)))
    columns_now = dict(_walk_raw(now.get("columns") or [], "/columns"))
    for pointer, column in _walk_raw(before.get("columns") or [], "/columns"):
        current = columns_now.get(pointer)
        if current is None or current.get("name") != column.get("name"):
            continue
        if "tags" in before and _own_labels(column) != _own_labels(current):
            operations.append(_set(f"{pointer}/tags", _own_labels(column)))
        if (column.get("description") or "") != (current.get("description") or ""):
            operations.append(_set(f"{pointer}/description", column.get("description") or ""))
    return operations


def _direct(entity: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [
        {"id": each["id"], "type": each["type"]}
        for each in entity.get("owners") or []
        if not each.get("inherited")
    ]


def _own_labels(holder: Mapping[str, Any]) -> list[Any]:
    return [label for label in holder.get("tags") or [] if label.get("labelType") != "Derived"]
