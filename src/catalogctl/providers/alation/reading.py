"""Reading tables and their columns in as few pages as the documented filters allow.

Tables are asked for by name when few are wanted, else schema by schema, else the whole data
source; columns by the ids of their tables. That a filter given several times means any of its
values is inferred (Alation's SDK sends some so): of each filter it is believed once an answer shows
it, else whole lists are read.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from urllib.parse import quote

from catalogctl.errors import Forbidden
from catalogctl.model import Address, Declared, Observed
from catalogctl.providers.alation.api import Api, Params
from catalogctl.providers.alation.custom_fields import CustomFields, name_of
from catalogctl.providers.alation.mapping import Name, matching, name_of_table, observed
from catalogctl.providers.alation.wire import Column, DataSource, Table, User

FEW = 50
"""So many tables are asked for by name: it is one request."""
FEW_SCHEMAS = 10
"""So many schemas are listed each by itself; of more, the whole data source is."""
ALONE = 5
"""So many are asked for one by one, where asking for all at once may not have worked."""
VALUES = 100
"""Values of one filter in one request."""
CHARACTERS = 2000
"""So much of a URL they may take, which servers and proxies commonly cut at four thousand."""

_BY_NAME, _BY_TABLE = "name__iexact", "table_id"
"""The filters that are given several times."""

Wanted = tuple[Address, Mapping[str, Declared]]


@dataclass(slots=True)
class Reading:
    """One server, and what is remembered of it for a run: nothing that a write relies on."""

    api: Api
    _fields: CustomFields | None = None
    _user: User | None = None
    _sources: dict[int, DataSource | None] = field(default_factory=dict)
    _seen: set[int] = field(default_factory=set)
    """Data sources that are known to be there."""
    _any_of: set[str] = field(default_factory=set)
    """Filters that, given several times, were seen to mean any of their values."""
    _lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def look(self, wanted: Sequence[Wanted]) -> list[Observed]:
        """These tables of one data source, each with the fields asked for, in the order asked."""
        names = {address: name_of_table(address) for address, _ in wanted}
        if not wanted:
            return []
        ds_id = names[wanted[0][0]].ds_id
        with_fields = any(name_of(path) for _, fields in wanted for path in fields)
        rows, custom_fields = await asyncio.gather(
            self.rows(ds_id, set(names.values())),
            self.custom_fields() if with_fields else _nothing(),
        )
        if not any(rows.values()) and not await self.is_there(ds_id):
            text = f"data source {ds_id} is not there, or the token may not see it"
            return [Observed(address, exists=False, missing={"": text}) for address, _ in wanted]
        with_columns = {names[address] for address, fields in wanted if "columns" in fields}
        columns = await self._columns(
            ds_id, [row for name in with_columns for row in rows[name] if len(rows[name]) == 1]
        )
        return [
            observed(address, fields, rows[names[address]], columns, custom_fields)
            for address, fields in wanted
        ]

    async def rows(self, ds_id: int, names: Collection[Name]) -> dict[Name, list[Table]]:
        """The rows that may be these tables; see `mapping.matching`."""
        found = await self._by_name(ds_id, names) if len(names) <= FEW else None
        if found is None:
            found = await self._in_lists(ds_id, names)
        if found:
            self._seen.add(ds_id)
        by_name: dict[str, list[Table]] = {}
        for row in found:
            by_name.setdefault(row.name.casefold(), []).append(row)
        return {name: matching(name, by_name.get(name.folded[1], ())) for name in names}

    async def _by_name(self, ds_id: int, names: Iterable[Name]) -> list[Table] | None:
        """Rows of these names in any schema; None when the server may not have looked for all."""
        schemas = {name.schema for name in names}
        filters: dict[str, str | Sequence[str]] = {"ds_id": str(ds_id)}
        if len(schemas) == 1 and not _is_quoted(schemas):
            filters["schema_name__iexact"] = next(iter(schemas))
        rows: list[Table] = []
        for values in _portions(sorted({name.table for name in names})):
            found = await self._named(filters, values)
            unseen = _folded(values) - _folded(row.name for row in found)
            if len(_folded(row.name for row in found)) > 1:
                self._any_of.add(_BY_NAME)
            if unseen and len(values) > 1 and _BY_NAME not in self._any_of:
                if len(unseen) > ALONE:
                    return None
                for value in values:
                    if value.casefold() in unseen:
                        found += await self._named(filters, [value])
            rows += found
        return rows

    async def _named(self, filters: Params, values: Sequence[str]) -> list[Table]:
        pages = self.api.tables({**filters, _BY_NAME: values})
        return [row async for page in pages for row in page]

    async def _in_lists(self, ds_id: int, names: Iterable[Name]) -> list[Table]:
        """What lists have of these names: of each schema, or of the whole data source."""
        folded = {name.folded[1] for name in names}
        schemas = sorted({name.schema for name in names})
        scopes = [{"schema_name__iexact": schema} for schema in schemas]
        if len(schemas) > FEW_SCHEMAS or _is_quoted(schemas):
            scopes = [{}]

        async def listed(scope: Mapping[str, str]) -> list[Table]:
            pages = self.api.tables({"ds_id": str(ds_id), **scope})
            return [row async for page in pages for row in page if row.name.casefold() in folded]

        lists = await asyncio.gather(*map(listed, scopes))
        return [row for rows in lists for row in rows]

    async def _columns(self, ds_id: int, tables: Sequence[Table]) -> dict[int, list[str]]:
        """The names of the columns of these tables, by the table's id."""
        portions = list(_portions([str(id) for id in sorted({row.id for row in tables})]))
        found = await asyncio.gather(*(self._columns_of(ds_id, values) for values in portions))
        columns: dict[int, list[str]] = {}
        unanswered: set[int] = set()
        for values, rows in zip(portions, found, strict=True):
            ids = {int(value) for value in values}
            seen = {column.table_id for column in rows}
            if len(seen & ids) > 1:
                self._any_of.add(_BY_TABLE)
            if len(ids) > 1 and _BY_TABLE not in self._any_of:
                unanswered |= ids - seen
            for column in rows:
                columns.setdefault(column.table_id, []).append(column.name)
        if unanswered:
            left = [row for row in tables if row.id in unanswered]
            for column in await self._columns_in_lists(ds_id, left):
                if column.table_id in unanswered:
                    columns.setdefault(column.table_id, []).append(column.name)
        return columns

    async def _columns_of(self, ds_id: int, ids: Sequence[str]) -> list[Column]:
        params = {"ds_id": str(ds_id), _BY_TABLE: ids}
        return [column async for page in self.api.columns(params) for column in page]

    async def _columns_in_lists(self, ds_id: int, tables: Iterable[Table]) -> list[Column]:
        """The columns of whole schemas, or of the data source where no row tells its schema."""
        schemas = {row.schema_id for row in tables}
        scopes = [{"schema_id": str(id)} for id in sorted(schemas - {None}, key=str)]
        if None in schemas:
            scopes = [{}]
        found: list[Column] = []
        for scope in scopes:
            async for page in self.api.columns({"ds_id": str(ds_id), **scope}):
                found += page
        return found

    # -- what tables stand in

    async def custom_fields(self) -> CustomFields:
        async with self._lock:
            if self._fields is None:
                pages = self.api.custom_fields()
                self._fields = CustomFields([each async for page in pages for each in page])
            return self._fields

    async def user(self) -> User:
        async with self._lock:
            if self._user is None:
                self._user = await self.api.user()
            return self._user

    async def is_there(self, ds_id: int) -> bool:
        """Whether there is such a data source. True when only its settings are not shown."""
        return ds_id in self._seen or await self.settings(ds_id) is not None

    async def settings(self, ds_id: int, *, anew: bool = False) -> DataSource | None:
        """A data source; None when it is not there. One that may not be read says nothing."""
        if anew or ds_id not in self._sources:
            try:
                found = await self.api.data_source(ds_id)
            except Forbidden:
                found = DataSource(ds_id)
            self._sources[ds_id] = found if found is not None and found.is_there else None
        return self._sources[ds_id]

    async def has_schema(self, name: Name) -> bool:
        """Whether the schema of a table is catalogued, as it is now."""
        pages = self.api.schemas({"ds_id": str(name.ds_id)})
        folded = name.schema.casefold()
        return any([each.name.casefold() == folded async for page in pages for each in page])


async def _nothing() -> CustomFields:
    return CustomFields()


def _portions(values: Sequence[str]) -> Iterator[list[str]]:
    """The values in groups that fit into one URL."""
    portion: list[str] = []
    length = 0
    for value in values:
        length += len(quote(value))
        if len(portion) == VALUES or (portion and length > CHARACTERS):
            yield portion
            portion, length = [], len(quote(value))
        portion.append(value)
    if portion:
        yield portion


def _folded(names: Iterable[str]) -> set[str]:
    return {name.casefold() for name in names}


def _is_quoted(schemas: Iterable[str]) -> bool:
    """Whether one may be spelled otherwise in a row: only its key shows that it is the same."""
    return any('"' in schema for schema in schemas)


def by_data_source(wanted: Iterable[Wanted]) -> list[list[Wanted]]:
    """What is wanted, data source by data source."""
    ordered = sorted(wanted, key=_ds_id)
    return [list(group) for _, group in groupby(ordered, key=_ds_id)]


def _ds_id(wanted: Wanted) -> int:
    return name_of_table(wanted[0]).ds_id
