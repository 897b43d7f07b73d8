"""What is wrong with a value, and the mend. Every field type of the language raises this."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, NoReturn

from catalogctl.yamlfile import Plain, Step, shown

LEAVE = "delete the key to leave the field alone"


class Mistake(ValueError):
    """A value that cannot be declared: the code, what is wrong, and the mend.

    `steps` lead from the field to the place; `at_value` says that the value is meant, not its key.
    """

    def __init__(self, code: str, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.hint = hint
        self.steps: tuple[Step, ...] = ()
        self.at_value = False

    def below(self, *steps: Step) -> Mistake:
        """The same mistake, seen from further up."""
        self.steps = (*steps, *self.steps)
        return self


def refuse(value: Any, wanted: str, hint: str, empty: str) -> NoReturn:
    """Raises the Mistake of a value that is not even of the right shape.

    `empty` is what to write in the place of nothing.
    """
    if isinstance(value, Plain):
        if value.value is None:
            raise Mistake("SPEC008", "null is no value", empty)
        mistake = Mistake(
            "SPEC007",
            f"{value} is {value.meaning} to YAML, where {wanted} is wanted",
            f'quote it: "{value}"' if wanted.startswith("a text") else hint,
        )
        mistake.at_value = True
        raise mistake
    shape = "a text" if isinstance(value, str) else "a list"
    shape = "a mapping" if isinstance(value, dict) else shape
    raise Mistake("SPEC006", f"{shape} where {wanted} is wanted", hint)


def first(accept: Callable[[Any], object], value: Any) -> Iterator[Mistake]:
    """The mistake that `accept` raises, if it raises one."""
    try:
        accept(value)
    except Mistake as mistake:
        yield mistake


def unknown_key(key: str, where: str, known: Iterable[str]) -> Mistake:
    """The Mistake of a key that would have no effect."""
    hint = did_you_mean(key, known) or f"the keys are {', '.join(known)}"
    return Mistake("SPEC004", f"unknown key {shown(key)}{where}", hint)


def did_you_mean(word: str, known: Iterable[str]) -> str | None:
    """The question that helps with a misspelt word."""
    from difflib import get_close_matches

    close = get_close_matches(word, sorted(known), n=1)
    return f'did you mean "{close[0]}"?' if close else None
