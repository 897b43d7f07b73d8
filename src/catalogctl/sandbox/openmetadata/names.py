"""Names and fully qualified names.

A part that contains a dot is wrapped in double quotes; all others stand bare.
"""

from __future__ import annotations

import re

UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


def quote(name: str) -> str:
    """``name`` as a part of a fully qualified name; one that is quoted already stays as it is."""
    if "." in name and not (name.startswith('"') and name.endswith('"')):
        return f'"{name}"'
    return name


def join(parent: str, name: str) -> str:
    return f"{parent}.{quote(name)}"


def split(fqn: str) -> list[str]:
    """The parts, quotes kept: ``a."b.c".d`` gives three."""
    return re.findall(r'"[^"]*"|[^."]+', fqn)


def normalise(fqn: str) -> str:
    """Without needless quotes, as 2.0 looks names up."""
    return ".".join(quote(part.strip('"')) for part in split(fqn)) or fqn


def user_fqn(name: str) -> str:
    """Users are found in any letter case, and the route quotes for the caller (recorded)."""
    return quote(name.lower())


def is_uuid(text: str) -> bool:
    return UUID.fullmatch(text) is not None
