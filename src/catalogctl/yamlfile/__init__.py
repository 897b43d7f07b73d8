"""YAML text to plain values; with positions and findings when somebody asks for them.

`quick` is for the thousands of files in which nothing is unusual: it keeps no position and explains
nothing. `read` reads one file again, slowly, and knows where each key, value and list item stands
and what is wrong with the file. What `quick` accepts, `read` reads to the same values, without a
finding.

Values are `dict` (with text keys), `list`, `str` and `Plain`. A `Plain` is an unquoted scalar that
is not plainly a text: YAML 1.1, YAML 1.2 and people read `no`, `1.10`, `012`, `12:30` or
`2024-01-01` differently. Whoever wants a text refuses it and shows it as written; whoever wants a
number or a truth value takes `Plain.value`.
"""

from __future__ import annotations

from catalogctl.yamlfile import events, fast
from catalogctl.yamlfile.reader import read
from catalogctl.yamlfile.scalars import shown
from catalogctl.yamlfile.values import Document, Plain, Reading, Step, Value, unreadable

__all__ = ["Document", "Plain", "Reading", "Step", "Value", "quick", "read", "shown", "unreadable"]


def quick(content: bytes) -> tuple[Value, ...] | None:
    """The documents of a file in which nothing is unusual; None when it takes `read` to tell.

    Empty documents are left out. The parser of the extra `catalogctl[fast]` goes first where it is
    installed; what it hands on, and everything where it is not, is read from libyaml's events.
    """
    found = fast.quick(content)
    return events.quick(content) if found is None else found
