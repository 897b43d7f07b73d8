"""Free mappings: the keys are the user's own, and each entry is a field of its own."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial
from typing import Any, Protocol

from catalogctl.config.connection import is_reference
from catalogctl.model import Declared, Members, Secret
from catalogctl.spec.fields import Text
from catalogctl.spec.mistakes import LEAVE, Mistake, first, refuse
from catalogctl.spec.names import Names, Verbatim
from catalogctl.yamlfile import Plain, shown

_FIELD = Verbatim("a field")
_SETTING = Verbatim("a setting")


class FieldMap(Protocol):
    """How the entries of one mapping are declared."""

    @property
    def members(self) -> Names | None:
        """The type of an entry that is a list; None where no entry is one."""
        ...

    def accept(self, value: Any) -> dict[str, Declared]:
        """The declared values by their paths below the mapping. Raises the first Mistake."""
        ...

    def mistakes(self, value: Any) -> Iterator[Mistake]:
        """Every mistake; at least one if `accept` raises, none if it does not."""
        ...


class CustomFields:
    """Fields by their names, verbatim: a text, or a list that is the whole of a set."""

    members = Names("a value", str)

    def accept(self, value: Any) -> dict[str, Declared]:
        if value.__class__ is not dict:
            _refuse(value, "custom fields", "write `NAME: text` for each field")
        return {_FIELD.accept(name): self._field(given) for name, given in value.items()}

    def mistakes(self, value: Any) -> Iterator[Mistake]:
        if not isinstance(value, dict):
            yield from first(self.accept, value)
            return
        for name, given in value.items():
            listed = isinstance(given, list)
            found = self.members.mistakes(given) if listed else first(self._field, given)
            for mistake in (*_FIELD.mistakes(name), *found):
                yield mistake.below(name)

    def _field(self, given: Any) -> Declared:
        if given.__class__ is list:
            return Members(self.members.accept(given).names, only=True)
        if isinstance(given, dict):
            hint = "write a text, or [A, B] for exactly these"
            refuse(given, "a text or a list of texts", hint, hint)
        return Text().accept(given)


class JobInputs:
    """The settings of a connection, flattened: `ssh_tunnel.auth.user`.

    `env/NAME` and `file/PATH` are secrets by reference. A number is its text as written, since
    that is how the server keeps and compares it (PostHog's serializer); true and false stay.
    """

    members = None

    def accept(self, value: Any) -> dict[str, Declared]:
        if value.__class__ is not dict:
            _refuse(value, "settings", "write `NAME: value` for each setting")
        found: dict[str, Declared] = {}
        for name, given in value.items():
            _check_input_key(name)
            if given.__class__ is dict:
                below = self.accept(given)
                found.update({f"{name}.{path}": each for path, each in below.items()})
            else:
                found[name] = _input(name, given)
        return found

    def mistakes(self, value: Any) -> Iterator[Mistake]:
        if not isinstance(value, dict):
            yield from first(self.accept, value)
            return
        for name, given in value.items():
            for mistake in first(_check_input_key, name):
                yield mistake.below(name)
            if isinstance(given, dict):
                found = self.mistakes(given)
            else:
                found = first(partial(_input, name), given)
            for mistake in found:
                yield mistake.below(name)


def _check_input_key(name: str) -> None:
    _SETTING.accept(name)
    if "." in name:
        above, _, below = name.partition(".")
        hint = f"nest the settings: `{above}: {{{below}: …}}`"
        raise Mistake("SPEC009", f"{shown(name)} holds a dot", hint)


def _input(name: str, value: Any) -> Declared:
    known = value.value if value.__class__ is Plain else value
    if known is None:
        raise Mistake("SPEC008", "null is no value", f"write the value, or {LEAVE}")
    if known.__class__ is bool:
        return bool(known)
    if known.__class__ is str and value.__class__ is str:
        text = Text().accept(value)
        if is_reference(text):
            return Secret(text)
    if names_a_secret(name):
        hint = "write env/NAME or file/PATH, and take the secret out of the file's history"
        raise Mistake("SPEC020", "a secret must not stand in a spec", hint)
    if known.__class__ in (int, float):
        return str(value)
    if value.__class__ is list:
        hint = "write a single value, or a mapping of settings"
        refuse(value, "a text, a number or true or false", hint, hint)
    return Text().accept(value)


_SECRET = re.compile(
    """
    passw(or)?d | passphrase | secret | token | credential | connection_string
    | (?:^|_) (?: private | api | access | account | auth | admin | app | application | client
                | consumer | encryption | license | master | security | server | service | shared
                | signing | ssh ) _?key $
    | (?:^|_) (?: key_?file | pwd | pass ) $
    """,
    re.VERBOSE,
)
_PLACE = re.compile("_ur[il]$")
_HUMP = re.compile("(?<=[a-z0-9])(?=[A-Z])")


def names_a_secret(name: str) -> bool:
    """Whether a setting of this name holds a credential: `password`, `stripe_secret_key`, ….

    The names are those of PostHog's source types, seen 2026-09. A name that says nothing is left
    to the server, which knows which of its fields are secret.
    """
    spelled = _HUMP.sub("_", name).lower().replace("-", "_")
    return bool(_SECRET.search(spelled)) and not _PLACE.search(spelled)


def _refuse(value: Any, nouns: str, hint: str) -> None:
    empty = f"write {{}} or {LEAVE}: what is not listed is left alone"
    refuse(value, f"a mapping of {nouns}", hint, empty)
