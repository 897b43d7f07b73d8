"""The fast way to find that an object has exactly what is declared, which most objects have.

It says yes or nothing: whatever is not plainly equal (a text that differs by a newline at its end,
a set with one member more) is left to the comparison that explains. So nothing is built for an
object in sync, and no path of a field is made.
"""

from __future__ import annotations

from operator import attrgetter

from catalogctl.groups import Groups
from catalogctl.model import Declared, Members, Value
from catalogctl.providers.openmetadata.mapping import (
    LABEL_SOURCES,
    columns_by_path,
    label_names,
    own_field,
)
from catalogctl.providers.openmetadata.wire import Entity


def agrees(entity: Entity, declared: Groups, user_id: str | None) -> bool:
    """Whether every declared field has the declared value, and every declared column is there.

    What agrees is in sync whatever a base says: no set has a member that is not declared.
    """
    for path, wanted in declared.own.items():
        if _differ(wanted, own_field(entity, path, wanted, user_id)):
            return False
    texts, others = declared.texts.get("columns", {}), declared.others.get("columns", {})
    if not texts and not others:
        return True
    columns = columns_by_path(entity)
    for field, by_column in texts.items():
        held = zip(columns, map(attrgetter(field), columns.values()), strict=True)
        if not by_column.items() <= dict(held).items():
            return False
    for field, sets in others.items():
        source = LABEL_SOURCES[field]
        for path, wanted in sets.items():
            column = columns.get(path)
            if column is None or _differ(wanted, label_names(column.tags, source, wanted)):
                return False
    return True


def _differ(wanted: Declared, held: Value) -> bool:
    return (wanted.names if isinstance(wanted, Members) else wanted) != held
