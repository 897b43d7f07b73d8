"""Types of single values: texts, words, numbers, switches and times.

A field type turns the value of a document into a declared one, or raises the first `Mistake`. That
is all the good path does. `mistakes` finds all of them, with the steps from the field to each.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Protocol

from catalogctl.model import Declared
from catalogctl.spec.mistakes import LEAVE, Mistake, did_you_mean, first, refuse
from catalogctl.yamlfile import Plain, shown

_CLEAR = f'write "" to clear it, or {LEAVE}'


class FieldType(Protocol):
    """How the value of one field is declared."""

    def accept(self, value: Any) -> Declared:
        """The declared value, normalised. Raises the first Mistake."""
        ...

    def mistakes(self, value: Any) -> Iterator[Mistake]:
        """Every mistake; at least one if `accept` raises, none if it does not."""
        ...


class Text:
    """A text. The newlines at its end are not part of it."""

    def accept(self, value: Any) -> str:
        if value.__class__ is not str:
            refuse(value, "a text", "write the text", f'write "" to empty it, or {LEAVE}')
        return str.rstrip(value, "\n")

    def mistakes(self, value: Any) -> Iterator[Mistake]:
        yield from first(self.accept, value)


class ShortText(Text):
    """A text of so many characters at most."""

    def __init__(self, longest: int) -> None:
        self.longest = longest

    def accept(self, value: Any) -> str:
        text = super().accept(value)
        check_length(text, self.longest)
        return text


def check_length(text: str, longest: int) -> None:
    """Raises a Mistake when a text is longer than the server takes."""
    if len(text) > longest:
        message = f"the text has {len(text)} characters, and the server takes {longest}"
        raise Mistake("SPEC021", message, "shorten it")


@dataclass(frozen=True, slots=True)
class Choice:
    """One of a few words; with `clearable` also an empty text, which clears the setting."""

    words: tuple[str, ...]
    clearable: bool = False

    def accept(self, value: Any) -> str:
        if value.__class__ is not str:
            empty = _CLEAR if self.clearable else LEAVE
            wanted = f"one of {self.words_shown}"
            refuse(value, wanted, f"write {wanted}", empty)
        if value not in self.words and (value or not self.clearable):
            hint = did_you_mean(value, self.words) or f"write one of {self.words_shown}"
            raise Mistake("SPEC015", f"{shown(value)} is not one of {self.words_shown}", hint)
        return str(value)

    @property
    def words_shown(self) -> str:
        return ", ".join(self.words) + (' or ""' if self.clearable else "")

    def mistakes(self, value: Any) -> Iterator[Mistake]:
        yield from first(self.accept, value)


class Switch:
    """true or false."""

    def accept(self, value: Any) -> bool:
        known = value.value if value.__class__ is Plain else None
        if known.__class__ is not bool:
            hint = "write true or false, without quotes"
            refuse(value, "true or false", hint, f"write true or false, or {LEAVE}")
        return bool(known)

    def mistakes(self, value: Any) -> Iterator[Mistake]:
        yield from first(self.accept, value)


@dataclass(frozen=True, slots=True)
class WholeNumber:
    """A whole number in a range; an empty text clears it, and is declared as one."""

    least: int
    most: int

    def accept(self, value: Any) -> int | str:
        if value == "":
            return ""
        wanted = f"a whole number from {self.least} to {self.most}"
        number = _whole(value)
        if number is None:
            digits = isinstance(value, str) and value.isdecimal()
            hint = "write it without quotes" if digits else f"write {wanted}"
            refuse(value, wanted, hint, _CLEAR)
        if not self.least <= number <= self.most:
            raise Mistake("SPEC022", f"{number} is not {wanted}", f"write {wanted}")
        return number

    def mistakes(self, value: Any) -> Iterator[Mistake]:
        yield from first(self.accept, value)


def _whole(value: Any) -> int | None:
    number = value.value if value.__class__ is Plain else None
    return number if isinstance(number, int) and number.__class__ is int else None


class NumericId:
    """A number that names something: 0 or above, also as a text of digits."""

    _DIGITS = re.compile("0|[1-9][0-9]{0,17}")

    def accept(self, value: Any) -> int:
        digits = isinstance(value, str) and self._DIGITS.fullmatch(value)
        number = int(value) if digits else _whole(value)
        hint = "write the number that names it"
        if number is None:
            refuse(value, "a whole number, 0 or above,", hint, hint)
        if number < 0:
            raise Mistake("SPEC022", f"{number} is below 0", hint)
        return number

    def mistakes(self, value: Any) -> Iterator[Mistake]:
        yield from first(self.accept, value)


class TimeOfDay:
    """A time of day in UTC, quoted or not, declared as HH:MM:SS; an empty text clears it."""

    _TIME = re.compile("([0-9]{1,2}):([0-9]{2})(?::([0-9]{2}))?")
    _FRACTION = re.compile("[0-9:]+[.,][0-9]*")
    _ZONE = re.compile("[0-9:.]+ *(?:[Zz]|UTC|GMT|[-+][0-9:]+)")

    def accept(self, value: Any) -> str:
        text = value
        if value.__class__ is Plain and value.meaning == "a time":
            text = value.text
        if text.__class__ is not str:
            refuse(value, "a time of day", "write it like 02:30 or 02:30:00, in UTC", _CLEAR)
        if text == "":
            return ""
        found = self._TIME.fullmatch(text)
        if found is None:
            raise Mistake("SPEC023", f"{shown(text)} is no time of day", self._mend(text))
        hours, minutes, seconds = (int(part or "0") for part in found.groups())
        if hours > 23 or minutes > 59 or seconds > 59:
            hint = "write a time from 00:00:00 to 23:59:59"
            raise Mistake("SPEC023", f"there is no time of day {shown(text)}", hint)
        return f"{hours:02}:{minutes:02}:{seconds:02}"

    def _mend(self, text: str) -> str:
        if self._FRACTION.fullmatch(text):
            return "leave out the fraction of a second"
        if self._ZONE.fullmatch(text):
            return "write the time in UTC, without a zone"
        return "write it like 02:30 or 02:30:00, in UTC"

    def mistakes(self, value: Any) -> Iterator[Mistake]:
        yield from first(self.accept, value)
