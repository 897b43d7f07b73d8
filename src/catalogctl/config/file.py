"""`catalogctl.yaml` to settings, with every mistake placed at its line."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from catalogctl import yamlfile
from catalogctl.config.connection import (
    TYPES,
    URL_HINT,
    CatalogConfig,
    has_login,
    is_reference,
    is_url,
)
from catalogctl.errors import Diagnostic, InvalidError, Location
from catalogctl.policy import GUARDS, Guards, Limit
from catalogctl.yamlfile import Document, Plain, Step

SPECS = "catalog-specs"
"""Where the specs are when the file does not say."""

_KEYS = ("specs", "catalogs", "guards")
_GUARD_KEYS = ("max_changed", "max_removed", "min_objects", "protected", "allow")
_OF_TYPE = {
    "openmetadata": ("token",),
    "alation": ("token", "refresh_token", "user_id"),
    "posthog": ("token", "project_id"),
}
_COMMON = ("type", "url")
_TUNING = (
    "timeout",
    "slow_timeout",
    "concurrency",
    "requests_per_minute",
    "ca_bundle",
    "headers",
)
_SECRETS = ("token", "refresh_token")
_SECRET_HEADER = re.compile(r"auth|token|secret|key|cookie|password|credential", re.IGNORECASE)
_SECRET_HINT = "write env/NAME or file/PATH, and take the secret out of the file's history"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_HEADER = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_PERCENT = re.compile(r"(\d{1,3}(?:\.\d{1,6})?) ?%")


@dataclass(frozen=True, slots=True)
class Settings:
    """What the file says; `catalogs` is None when it names none."""

    specs: tuple[Path, ...]
    catalogs: Mapping[str, CatalogConfig] | None
    guards: Guards


def read(content: bytes, file: str, folder: Path) -> Settings:
    """The settings in a configuration file. Raises InvalidError with every mistake."""
    reading = yamlfile.read(content, file)
    documents = reading.documents
    found = [*reading.diagnostics]
    if len(documents) > 1:
        message = "the configuration is a single document"
        found.append(Diagnostic("CONF002", message, documents[1].key_at(()), "join the two"))
    settings = Settings((folder / SPECS,), None, Guards())
    if documents:
        settings = _File(documents[0], folder, found).settings(settings)
    if found:
        raise InvalidError(found)
    return settings


class _File:
    """Takes one document apart and notes what is wrong on the way."""

    def __init__(self, document: Document, folder: Path, found: list[Diagnostic]) -> None:
        self.document = document
        self.folder = folder
        self.found = found

    def settings(self, default: Settings) -> Settings:
        value = self.mapping((), self.document.value, _KEYS)
        specs, catalogs, guards = default.specs, default.catalogs, default.guards
        if "specs" in value:
            names = self.texts(("specs",), value["specs"])
            specs = tuple(self.folder / name for name in names)
        if "catalogs" in value:
            named = self.mapping(("catalogs",), value["catalogs"])
            catalogs = {
                name: catalog
                for name, body in named.items()
                if (catalog := self.catalog(name, body)) is not None
            }
        if "guards" in value:
            guards = self.guards(self.mapping(("guards",), value["guards"], _GUARD_KEYS))
        return Settings(specs, catalogs, guards)

    # What is wrong, and where.

    def note(self, code: str, path: tuple[Step, ...], message: str, hint: str) -> None:
        name = ".".join(str(step) for step in path if isinstance(step, str))
        text = f"{name}: {message}" if name else message
        self.found.append(Diagnostic(code, text, self.document.key_at(path), hint))

    # Shapes.

    def mapping(
        self, path: tuple[Step, ...], value: Any, known: Iterable[str] | None = None
    ) -> dict[str, Any]:
        """The mapping, without the keys that are not known (each is noted)."""
        if not isinstance(value, dict):
            self.note(
                "CONF002", path, f"{_shape(value)} where a mapping is wanted", "write key: value"
            )
            return {}
        if known is None:
            return value
        for key in value:
            if key not in known:
                where = f" in {'.'.join(map(str, path))}" if path else ""
                location = self.document.key_at((*path, key))
                message = f'unknown key "{key}"{where}'
                self.found.append(Diagnostic("CONF001", message, location, _meant(key, known)))
        return {key: given for key, given in value.items() if key in known}

    def texts(self, path: tuple[Step, ...], value: Any) -> tuple[str, ...]:
        """A list of texts."""
        if not isinstance(value, list):
            self.note("CONF002", path, f"{_shape(value)} where a list is wanted", "write [A, B]")
            return ()
        texts = [self.text((*path, index), each) for index, each in enumerate(value)]
        return tuple(text for text in texts if text is not None)

    def text(self, path: tuple[Step, ...], value: Any, *, numbers: bool = False) -> str | None:
        """A text that is not blank; with `numbers` a whole number is one too."""
        if isinstance(value, Plain) and numbers and type(value.value) is int:
            return value.text
        if not isinstance(value, str):
            hint = f'quote it: "{value}"' if _quotable(path, value) else "write a text"
            self.note("CONF002", path, f"{_shape(value)} where a text is wanted", hint)
            return None
        if not value.strip() or not value.isprintable():
            self.note("CONF002", path, "the text is empty or spans lines", "write it on one line")
            return None
        return value

    def number(self, path: tuple[Step, ...], value: Any, *, whole: bool) -> Any:
        """A number above nothing."""
        number = value.value if isinstance(value, Plain) else None
        fits = isinstance(number, int) or (not whole and isinstance(number, float))
        if isinstance(number, bool) or not fits or not number or float(number) <= 0:
            wanted = "a whole number above 0" if whole else "a number of seconds above 0"
            self.note("CONF003", path, f"{wanted} is wanted", "write it like 10")
            return None
        return number

    # Catalogs.

    def catalog(self, name: str, body: Any) -> CatalogConfig | None:
        path = ("catalogs", name)
        if not _NAME.fullmatch(name):
            hint = "use letters, digits, dots, underscores and hyphens"
            self.note("CONF002", path, "this name cannot stand in an address", hint)
        value = self.mapping(path, body)
        kind = value.get("type")
        if not isinstance(kind, str) or kind not in TYPES:
            if isinstance(body, dict):
                what, hint = "the type is missing", f"one of {', '.join(TYPES)}"
                if isinstance(kind, str):
                    what, hint = f'unknown type "{kind}"', _meant(kind, TYPES)
                self.note("CONF004", (*path, "type"), what, hint)
            return None
        value = self.mapping(path, body, (*_COMMON, *_OF_TYPE[kind], *_TUNING))
        texts = {
            key: text
            for key in ("url", *_OF_TYPE[kind], "ca_bundle")
            if key in value and (text := self.setting(path, key, value[key])) is not None
        }
        self.required(path, kind, value)
        catalog = CatalogConfig(
            name,
            kind,
            texts,
            self.headers((*path, "headers"), value.get("headers", {})),
            folder=self.folder,
            places=self.places(path, value),
        )
        checks: dict[str, Callable[[str], Any]] = {
            "timeout": lambda key: self.number((*path, key), value[key], whole=False),
            "slow_timeout": lambda key: self.number((*path, key), value[key], whole=False),
            "concurrency": lambda key: self.number((*path, key), value[key], whole=True),
            "requests_per_minute": lambda key: self.number((*path, key), value[key], whole=True),
        }
        given = {key: check(key) for key, check in checks.items() if key in value}
        return replace(catalog, **{key: each for key, each in given.items() if each is not None})

    def places(self, path: tuple[Step, ...], value: Mapping[str, Any]) -> dict[str, Location]:
        places = {key: self.document.key_at((*path, key)) for key in value}
        headers = value.get("headers")
        for name in headers if isinstance(headers, dict) else ():
            places[f"headers.{name}"] = self.document.key_at((*path, "headers", name))
        return places

    def required(self, path: tuple[Step, ...], kind: str, value: Mapping[str, Any]) -> None:
        wanted = ["url", "token"] + (["project_id"] if kind == "posthog" else [])
        if kind == "alation" and "refresh_token" in value:
            wanted = ["url", "user_id"]
            if "token" in value:
                hint = "keep one of the two"
                self.note("CONF002", path, "both token and refresh_token are given", hint)
        for key in wanted:
            if key not in value:
                hint = f"write {key}: env/NAME" if key != "project_id" else "write project_id: 1"
                self.note("CONF004", path, f'the key "{key}" is missing', hint)

    def setting(self, path: tuple[Step, ...], key: str, value: Any) -> str | None:
        """A text of a catalog. A secret is never repeated in a message."""
        path = (*path, key)
        if key in _SECRETS and not _is_reference(value):
            empty = isinstance(value, Plain) and value.value is None
            message = "there is no value" if empty else "a secret must not stand in the file"
            self.note("CONF006", path, message, _SECRET_HINT if not empty else "write env/NAME")
            return None
        text = self.text(path, value, numbers=key in ("project_id", "user_id"))
        if text is None or is_reference(text) or key != "url":
            return text
        if has_login(text):
            self.note("CONF006", path, "a secret must not stand in the URL", _SECRET_HINT)
        elif not is_url(text):
            self.note("CONF005", path, "this is no http:// or https:// URL", URL_HINT)
        return text

    def headers(self, path: tuple[Step, ...], value: Any) -> dict[str, str]:
        found = {}
        for name, given in self.mapping(path, value).items():
            if not _HEADER.fullmatch(name):
                self.note("CONF002", (*path, name), "this is no name of a header", "check it")
            elif _SECRET_HEADER.search(name) and not _is_reference(given):
                message = "a secret must not stand in the file"
                self.note("CONF006", (*path, name), message, _SECRET_HINT)
            elif (text := self.text((*path, name), given)) is not None:
                found[name] = text
        return found

    # Guards.

    def guards(self, value: Mapping[str, Any]) -> Guards:
        given: dict[str, Any] = {}
        for key in ("max_changed", "max_removed"):
            if key in value and (limit := self.limit(("guards", key), value[key])) is not None:
                given[key] = limit
        if "min_objects" in value:
            number = self.number(("guards", "min_objects"), value["min_objects"], whole=True)
            given.update({"min_objects": number} if number is not None else {})
        for key in ("protected", "allow"):
            if key in value:
                given[key] = self.texts(("guards", key), value[key])
        for index, name in enumerate(given.get("allow", ())):
            if name not in GUARDS:
                path = ("guards", "allow", index)
                self.note("CONF008", path, f'there is no guard "{name}"', _meant(name, GUARDS))
        return replace(Guards(), **given)

    def limit(self, path: tuple[Step, ...], value: Any) -> Limit | None:
        """`30%`, or a number of objects."""
        percent = _PERCENT.fullmatch(value) if isinstance(value, str) else None
        if percent and float(percent[1]) <= 100:
            return Limit(float(percent[1]))
        number = value.value if isinstance(value, Plain) else None
        if type(number) is int and number >= 0:
            return Limit(number, percent=False)
        hint = "write a percentage (30%) or a number of objects (50)"
        self.note("CONF003", path, f"{_shown(value)} is no limit", hint)
        return None


def _is_reference(value: Any) -> bool:
    return isinstance(value, str) and is_reference(value)


def _meant(word: str, known: Iterable[str]) -> str:
    from difflib import get_close_matches

    close = get_close_matches(word, sorted(known), n=1)
    return f'did you mean "{close[0]}"?' if close else f"one of {', '.join(known)}"


def _shape(value: Any) -> str:
    if isinstance(value, Plain):
        return value.meaning
    if isinstance(value, str):
        return "a text"
    return "a list" if isinstance(value, list) else "a mapping"


def _shown(value: Any) -> str:
    return f'"{value}"' if isinstance(value, str | Plain) else _shape(value)


def _quotable(path: tuple[Step, ...], value: Any) -> bool:
    return isinstance(value, Plain) and value.value is not None and path[-1] not in _SECRETS
