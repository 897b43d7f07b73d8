"""Which of the configured catalogs a document is for."""

from __future__ import annotations

from collections.abc import Mapping

from catalogctl.spec.mistakes import Mistake, did_you_mean


class Catalogs:
    """The configured catalogs, by type; with None any that a document names."""

    def __init__(self, types: Mapping[str, str] | None) -> None:
        self.types = types
        self.of_type: dict[str, list[str]] = {}
        for name, type in (types or {}).items():
            self.of_type.setdefault(type, []).append(name)

    def has_several(self, type: str) -> bool:
        return len(self.of_type.get(type, ())) > 1

    def choose(self, type: str, named: str | None) -> str:
        """The catalog's name. Raises a Mistake when it is none, or not clear which."""
        if self.types is None:
            return named or type
        names = self.of_type.get(type, [])
        if not names:
            hint = f"add one of type {type} to catalogctl.yaml, or set the variables of that system"
            raise self._mistake(f"no catalog of type {type} is configured", hint, named)
        if named is None:
            if len(names) == 1:
                return names[0]
            hint = f"write catalog: and one of {', '.join(names)}"
            raise self._mistake(f"several catalogs of type {type} are configured", hint, named)
        if named in names:
            return named
        if named in self.types:
            hint = f"catalogs of type {type}: {', '.join(names)}"
            message = f'the catalog "{named}" is of type {self.types[named]}, not {type}'
            raise self._mistake(message, hint, named)
        hint = did_you_mean(named, names) or f"catalogs of type {type}: {', '.join(names)}"
        raise self._mistake(f'no catalog "{named}" is configured', hint, named)

    def _mistake(self, message: str, hint: str, named: str | None) -> Mistake:
        return Mistake("SPEC017", message, hint).below("catalog" if named is not None else "kind")
