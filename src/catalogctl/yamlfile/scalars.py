"""What an unquoted scalar could be besides a text, and which characters a text may hold. Pure."""

from __future__ import annotations

import re
from typing import Any

import yaml

Parser: Any
"""What yields the events: libyaml's parser, or the pure one, which is some ten times slower."""
try:
    from yaml._yaml import CParser as Parser
except ImportError:
    Parser = yaml.SafeLoader

MAX_DEPTH = 50
"""How deep mappings and lists may be nested: deeper than any spec, far from Python's own limit."""

WORDS = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), "nothing"),
    **dict.fromkeys(("<<", "="), "a sign of YAML's own"),
    **{
        spelled: "a truth value"
        for word in ("true", "false", "yes", "no", "on", "off", "y", "n")
        for spelled in (word, word.capitalize(), word.upper())
    },
}
STARTS = frozenset("0123456789+-.")
UNCLEAR = re.compile(
    r"""
    (?P<number> [-+]? (?: 0[xX][0-9a-fA-F_]+ | 0[oO][0-7_]+ | 0[bB][01_]+
                        | (?: [0-9][0-9_]* \.? [0-9_]* | \.[0-9][0-9_]* ) (?: [eE][-+]?[0-9]+ )?
                        | \.(?:inf|Inf|INF) )
              | \.(?:nan|NaN|NAN) )
  | (?P<time> [-+]? [0-9][0-9_]* (?: :[0-5]?[0-9] )+ (?: \.[0-9_]* )? )
  | (?P<date> [0-9]{4}-[0-9]{1,2}-[0-9]{1,2}
              (?: (?: [Tt] | [ \t]+ ) [0-9]{1,2}:[0-9]{2}:[0-9]{2} (?: \.[0-9]* )?
                  (?: [ \t]* (?: Z | [-+][0-9]{1,2} (?: :?[0-9]{2} )? ) )? )? )
    """,
    re.VERBOSE,
)

CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]")
"""What no YAML file may hold (libyaml's own list), and no escape in a quoted text may yield."""

BREAKS = "\x85\u2028\u2029"
"""YAML 1.1 takes these for line breaks, YAML 1.2 and editors do not: a text would change unseen."""


def shown(text: str) -> str:
    """A text from a file as a message quotes it: on one line, and not too long."""
    line = " ".join(text.split())
    return f'"{line if len(line) <= 80 else line[:79] + "…"}"'


def meaning(text: str) -> str | None:
    """What else than a text this unquoted scalar is to some: `a number`, `a date`, …"""
    if text in WORDS:
        return WORDS[text]
    found = UNCLEAR.fullmatch(text) if text[0] in STARTS else None
    return f"a {found.lastgroup}" if found else None
