"""CSV of a table: one row a column."""

from __future__ import annotations

from copy import deepcopy

from . import columns, csvtext
from .call import Call
from .csvimport import Import, RowError, check_labels, labels
from .entities import absorb, check_late
from .errors import ApiError, Unhandled
from .names import quote
from .projection import patchable_fields, show
from .records import Entity
from .versions import store_change

Column = columns.Column
TEXT_CELLS = {1: "displayName", 2: "description", 3: "dataTypeDisplay"}


def export(call: Call, table: Entity) -> str:
    """Parent rows before their children; Tier and derived labels are left out (recorded)."""
    rows = [_row(table, column) for column in columns.flat(table.doc["columns"])]
    return csvtext.write([call.behaviour.csv.table_header.split(","), *rows])


def _row(table: Entity, column: Column) -> list[str | None]:
    texts = [column.get(name) for name in ("displayName", "description", "dataTypeDisplay")]
    length = column.get("dataLength")
    return [
        columns.local_name(table.fqn, column),
        *texts,
        column.get("dataType"),
        column.get("arrayDataType"),
        None if length is None else str(length),
        label_cell(column.get("tags", []), "Classification"),
        label_cell(column.get("tags", []), "Glossary"),
    ]


def label_cell(found: list[dict[str, str]], source: str) -> str:
    return ";".join(
        label["tagFQN"]
        for label in found
        if label["source"] == source and not label["tagFQN"].startswith("Tier.")
    )


def import_(call: Call, table: Entity, text: str, *, dry: bool) -> Import:
    """1.6: one patch a row, so a bad row does not stop the others. 2.0: all rows or none."""
    result = Import.of(call, call.behaviour.csv.table_header, text, dry)
    if result.abort_reason is None:
        if call.behaviour.csv.atomic_table:
            _all_or_nothing(call, table, result)
        else:
            _row_by_row(call, table, result)
    return result


def _row_by_row(call: Call, table: Entity, result: Import) -> None:
    """The rows change one copy of the table, so what one breaks also fails those after it."""
    working = deepcopy(table.doc["columns"])
    current = table
    for number, row in enumerate(result.rows, 1):
        try:
            result.check_shape(row)
            _apply(call, table, working, row, number)
            _refuse_untyped(working)
            if not result.dry:
                current = _write(call, current, working)
        except (RowError, ApiError) as error:
            if isinstance(error, ApiError) and not isinstance(error, _WriteError):
                raise
            result.refused(number, row, str(error))
        else:
            result.passed(number, row, "Entity updated")


def _all_or_nothing(call: Call, table: Entity, result: Import) -> None:
    """After the first bad row the labels of later ones are not looked up any more."""
    working = deepcopy(table.doc["columns"])
    for number, row in enumerate(result.rows, 1):
        try:
            result.check_shape(row)
            _apply(call, table, working, row, number, resolve=not result.failed)
        except RowError as error:
            result.refused(number, row, str(error))
    if result.failed:
        return
    problem = None
    if not result.dry:
        try:
            _write(call, table, working)
        except _WriteError as error:
            problem = str(error)
    for number, row in enumerate(result.rows, 1):
        if problem is None:
            result.passed(number, row, "Entity updated")
        else:
            result.refused(number, row, problem)


class _WriteError(ApiError):
    """The patch behind a row failed; it becomes the row's error."""


def _write(call: Call, table: Entity, working: list[Column]) -> Entity:
    """Store the columns under the rules of PATCH; no change event is written (recorded)."""
    before = show(call, table, patchable_fields(call, table.kind))
    patched = {**before, "columns": deepcopy(working)}
    only = {"columns"} if call.behaviour.compares_only_patched_fields else None
    try:
        new = absorb(call, table, before, patched, only)
        return store_change(
            call, table, new, session=True, only=only, late=lambda: check_late(call, new)
        ).entity
    except ApiError as error:
        raise _WriteError(error.status, getattr(error, "cause", error.message)) from error


def _refuse_untyped(working: list[Column]) -> None:
    for index, column in enumerate(working):
        if column.get("dataType") is None:
            raise RowError(f"[columns[{index}].dataType must not be null]")


def _apply(
    call: Call,
    table: Entity,
    working: list[Column],
    row: list[str],
    number: int,
    *,
    resolve: bool = True,
) -> None:
    """Let one row change ``working``; an unknown name makes a new column."""
    data_type, array_type = _data_type(row[4]), _data_type(row[5])
    length = _length(row[6])
    found: list[dict[str, str]] = []
    if resolve:
        found = labels(call, 8, row[7], "Classification") + labels(call, 9, row[8], "Glossary")
        check_labels(call, found)
    known = _find(table.fqn, working, row[0])
    column = known or _added(table.fqn, working, row[0])
    for index, name in TEXT_CELLS.items():
        column[name] = row[index]
    for name, value in (
        ("dataType", data_type),
        ("arrayDataType", array_type),
        ("dataLength", length),
    ):
        column.pop(name, None)
        column |= {name: value} if value is not None else {}
    column["tags"] = found
    # A new column below another gets the number of the line, header included (recorded).
    below = known is None and not any(entry is column for entry in working)
    column.setdefault("ordinalPosition", number + below)


def _data_type(cell: str) -> str | None:
    if cell and cell not in columns.DATA_TYPES:
        raise ApiError(400, cell)
    return cell or None


def _length(cell: str) -> int | None:
    if not cell:
        return None
    if not cell.lstrip("+-").isdigit():
        raise ApiError(400, f'For input string: "{cell}"')
    return int(cell)


def _find(table_fqn: str, working: list[Column], name: str) -> Column | None:
    """By the exact path below the table, in exactly these letters."""
    for column in columns.flat(working):
        if columns.local_name(table_fqn, column) == name:
            return column
    return None


def _added(table_fqn: str, working: list[Column], name: str) -> Column:
    column: Column = {"name": name.strip('"'), "fullyQualifiedName": f"{table_fqn}.{name}"}
    quoted = name.startswith('"') and name.endswith('"')
    if "." not in name or quoted:
        column["fullyQualifiedName"] = f"{table_fqn}.{quote(column['name'])}"
        working.append(column)
        return column
    path, _, own = name.rpartition(".")
    parent = _find(table_fqn, working, path)
    if parent is None:
        raise Unhandled(
            'Cannot invoke "org.openmetadata.schema.type.Column.getChildren()" because '
            '"parentColumn" is null'
        )
    column["name"] = own
    parent.setdefault("children", []).append(column)
    return column
