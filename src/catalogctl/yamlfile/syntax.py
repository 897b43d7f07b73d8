"""The YAML parser's complaints in plain words, with the mend."""

from __future__ import annotations

import re
from typing import Any

from catalogctl.errors import Diagnostic, Location

_TAB_LINE = re.compile(r"^\t+(?=[^\s#])", re.MULTILINE)
_TAB_HINT = "indent with spaces"

# Parts of what libyaml or the pure parser say -> what is wrong, and the mend. The first that fits.
_WORDS = (
    (
        ("mapping values are not allowed",),
        'a ": " where no key can stand',
        "quote a text that holds a colon and a space, and check the indentation of the line",
    ),
    (
        ("expected ',' or ']'",),
        'the list opened with "[" in line {opened} is not closed',
        'write "]", and a comma between the members',
    ),
    (
        ("expected ',' or '}'",),
        'the mapping opened with "{{" in line {opened} is not closed',
        'write "}", and a comma between the entries',
    ),
    (
        ("found unexpected end of stream", "found unexpected document"),
        "a quoted text is not closed",
        "write the closing quote",
    ),
    (
        ("could not find expected ':'",),
        'a line without a colon where a "key: value" should stand',
        "write the colon, or indent the line below the text it belongs to",
    ),
    (
        ("did not find expected '-' indicator", "found '?'"),
        'a line without "- " in the middle of a list',
        'begin the line with "- ", or indent it below the item it belongs to',
    ),
    (
        ("did not find expected key", "expected <block end>"),
        "the line does not go on with the mapping it stands in",
        "check its indentation; what follows a closing quote must be on a line of its own",
    ),
    (
        ("sequence entries are not allowed",),
        'a "- " where no list can begin',
        "begin the list on a line of its own, or quote the text",
    ),
    (
        ("unknown escape", "hexdecimal", "hexadecimal", "invalid Unicode character escape"),
        "a backslash in double quotes that begins no escape",
        "use single quotes, or double the backslash",
    ),
    (
        ("cannot start any token",),
        "a text cannot begin with this character",
        "quote the text",
    ),
    (
        ("expected alphabetic or numeric",),
        'an "&" or "*" at the beginning of a text is a sign of YAML\'s own',
        "quote the text",
    ),
    (
        ("expected comment or line break", "expected chomping or indentation"),
        'text on the same line as "|" or ">"',
        "begin the text on the next line",
    ),
    (
        ("undefined tag handle",),
        'a "!" at the beginning of a text is a sign of YAML\'s own',
        "quote the text",
    ),
    (
        ("node content",),
        "a value is missing or begins with a sign of YAML's own",
        "write the value, or quote the text",
    ),
    (
        ("<document start>", "'<document start>'"),
        "something follows the end of the document",
        'delete it, or write "---" on a line of its own before it',
    ),
)


def explain(error: Any, text: str, file: str) -> list[Diagnostic]:
    """The findings that a parser's exception stands for."""
    problem = str(getattr(error, "problem", None) or getattr(error, "reason", None) or error)
    place = _place(error, problem, file)
    if "tab character" in problem or _character(text, place) == "\t":
        return _tabs(place, text, file)
    context = getattr(error, "context_mark", None)
    opened = context.line + 1 if context else place.line
    for signs, message, hint in _WORDS:
        if any(sign in problem for sign in signs):
            return [Diagnostic("YAML001", message.format(opened=opened), place, hint)]
    return [Diagnostic("YAML001", f"this is not YAML: {problem}", place, "check the line")]


def _character(text: str, place: Location) -> str:
    lines = text.splitlines()
    line = lines[place.line - 1] if place.line <= len(lines) else ""
    return line[place.column - 1 : place.column]


def _place(error: Any, problem: str, file: str) -> Location:
    """Where to look: for what is not finished, where it begins."""
    unfinished = ("end of stream", "unexpected document", "could not find expected ':'")
    begins = any(sign in problem for sign in unfinished)
    mark = getattr(error, "context_mark", None) if begins else None
    mark = mark or getattr(error, "problem_mark", None)
    return Location(file, mark.line + 1, mark.column + 1) if mark else Location(file)


def _tabs(first: Location, text: str, file: str) -> list[Diagnostic]:
    """The tab that ended the parsing, and every later line that begins with one."""
    places = [first]
    for tab in _TAB_LINE.finditer(text):
        line = text.count("\n", 0, tab.start()) + 1
        if line > first.line:
            places.append(Location(file, line, 1))
    message = "a tab where YAML wants spaces"
    return [Diagnostic("YAML003", message, place, _TAB_HINT) for place in places]
