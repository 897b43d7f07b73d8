"""The fast way to find that an object has exactly what is declared, which most objects have.

It says yes or nothing: whatever is not plainly equal (a text that differs by a newline at its end,
a set with one member more) is left to the comparison that explains. So nothing is built for an
object in sync, and no path of a field is made.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from catalogctl import fqn
from catalogctl.groups import Groups
from catalogctl.model import Declared, Members, Value
from catalogctl.providers.openmetadata.mapping import LABEL_SOURCES, label_names, own_field
from catalogctl.providers.openmetadata.wire import Column, Entity


def agrees(entity: Entity, declared: Groups, user_id: str | None) -> bool:
    """Whether every declared field has the declared value, and every declared column is there.

    What agrees is in sync whatever a base says: no set has a member that is not declared.
    """
    for path, wanted in declared.own.items():
        if _differ(wanted, own_field(entity, path, wanted, user_id)):
            return False
    texts = dict(declared.texts.get("columns", {}))
    others = dict(declared.others.get("columns", {}))
    if not texts and not others:
        return True
    return _agree(entity.columns, "", texts, others) and not texts and not others


def _agree(
    columns: Sequence[Column],
    above: str,
    texts: dict[str, Mapping[str, str]],
    others: dict[str, Mapping[str, Declared]],
) -> bool:
    """Whether nothing of what these columns are to have differs; what they have is taken out.

    In the order of the catalog, so that its columns need no index.
    """
    for column in columns:
        path = above + (fqn.quote(column.name) if "." in column.name else column.name)
        fields = texts.pop(path, None)
        if fields is not None:
            for field, text in fields.items():
                if getattr(column, field) != text:
                    return False
        sets = others.pop(path, None)
        if sets is not None:
            for field, wanted in sets.items():
                held = label_names(column.tags, LABEL_SOURCES[field], wanted)
                if _differ(wanted, held):
                    return False
        if column.children and not _agree(column.children, path + ".", texts, others):
            return False
    return True


def _differ(wanted: Declared, held: Value) -> bool:
    return (wanted.names if isinstance(wanted, Members) else wanted) != held
