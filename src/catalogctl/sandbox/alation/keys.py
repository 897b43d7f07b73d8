"""Keys of objects: ``8.main.dbo.orders``; a part that holds a period stands in double quotes.

A multipart schema is not quoted, so a key alone does not tell where its schema ends. The longest
schema, then the longest table, that the catalog knows by that name is taken (inferred).
"""

from __future__ import annotations

import re

from .records import Item, Records

PART = re.compile(r'"((?:[^"\\]|\\.)*)"|([^.]*)')
SPECIAL = re.compile(r'(["\\])')
ESCAPED = re.compile(r"\\(.)")


def join(parent: str, name: str) -> str:
    """The key of a part below another one."""
    if "." in name or '"' in name:
        name = '"' + SPECIAL.sub(r"\\\1", name) + '"'
    return f"{parent}.{name}"


def split(key: str) -> list[str]:
    """The parts with their quotes taken off; ``ValueError`` if it is no key."""
    parts, position = [], 0
    while True:
        match = PART.match(key, position)
        assert match is not None
        quoted, plain = match.groups()
        parts.append(ESCAPED.sub(r"\1", quoted) if quoted is not None else plain)
        position = match.end()
        if position == len(key):
            break
        if key[position] != ".":
            raise ValueError(f"{key} is not a valid key")
        position += 1
    if len(parts) < 2 or not all(parts) or not parts[0].isdecimal():
        raise ValueError(f"{key} is not a valid key")
    return parts


def locate(records: Records, otype: str, key: str) -> tuple[Item | None, str]:
    """The parent and the name that a key means; a schema has no parent.

    ``ValueError`` says which part does not exist.
    """
    number, *names = split(key)
    if otype == "schema":
        return None, ".".join(names)
    parent, rest = _longest(records, "schema", "ds_id", int(number), names)
    if parent is not None and otype == "attribute":
        parent, rest = _longest(records, "table", "schema_id", parent.id, rest)
    if parent is None:
        raise ValueError(f"What {key} belongs to does not exist")
    return parent, ".".join(rest)


def find(records: Records, otype: str, key: str) -> Item | None:
    """The object with a key; ``ValueError`` if its parent does not exist."""
    exact = records.item(otype, key=key)
    if exact is not None:
        return exact
    parent, name = locate(records, otype, key)
    if parent is None:
        return records.item("schema", ds_id=int(split(key)[0]), name=name)
    above = "schema_id" if otype == "table" else "table_id"
    return records.item(otype, name=name, **{above: parent.id})


def _longest(
    records: Records, otype: str, above: str, above_id: int, names: list[str]
) -> tuple[Item | None, list[str]]:
    for length in range(len(names) - 1, 0, -1):
        found = records.item(otype, name=".".join(names[:length]), **{above: above_id})
        if found is not None:
            return found, names[length:]
    return None, names
