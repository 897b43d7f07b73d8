"""Connections: settings by reference (`env/NAME`, `file/PATH`), resolved when a catalog is needed.

No message of this module repeats a value, since any of them may be a secret.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from catalogctl.errors import Diagnostic, InvalidError, Location

TYPES = ("openmetadata", "alation", "posthog")
URL_HINT = "write it like https://openmetadata.example.com, or env/NAME"
# What is no name of a variable is taken for a secret that somebody put behind `env/` by mistake.
_REFERENCE = re.compile(r"env/[A-Za-z_][A-Za-z0-9_]*|file/.+")


def _reveal(reference: str, environ: Mapping[str, str], folder: Path) -> str:
    try:
        return resolve(reference, environ, folder)
    except ValueError as error:
        hint = "set it, or change the reference in the spec"
        raise InvalidError([Diagnostic("CONF007", f"{reference}: {error}", hint=hint)]) from None


def _no_secrets(reference: str) -> str:
    raise InvalidError([Diagnostic("CONF007", f"{reference}: no secret can be read here")])


@dataclass(frozen=True, slots=True)
class Connection:
    """A catalog ready to be called: every reference is resolved. Secrets stay out of its repr.

    `url` is as given, with or without a trailing slash or `/api`. `options` holds what only one
    type has: `project_id`, `user_id`.
    """

    name: str
    type: str
    url: str
    token: str = field(repr=False, default="")
    refresh_token: str = field(repr=False, default="")
    timeout: float = 60.0
    slow_timeout: float = 300.0
    concurrency: int | None = None
    requests_per_minute: int | None = None
    ca_bundle: Path | None = None
    headers: Mapping[str, str] = field(repr=False, default_factory=dict)
    secrets: tuple[str, ...] = field(repr=False, default=())
    """Every value that came from a reference; none of them may stand in a message."""
    options: Mapping[str, str] = field(default_factory=dict)
    cache: Path | None = None
    """A folder in which what was learnt may be kept for the next run, so that it does less."""
    reveal: Callable[[str], str] = field(repr=False, compare=False, default=_no_secrets)
    """The value of a reference in a spec, read when it is about to be sent. Raises InvalidError."""


@dataclass(frozen=True, slots=True)
class CatalogConfig:
    """A configured catalog. `texts` holds its settings as written, references unresolved."""

    name: str
    type: str
    texts: Mapping[str, str]
    headers: Mapping[str, str] = field(default_factory=dict)
    timeout: float = 60.0
    slow_timeout: float = 300.0
    concurrency: int | None = None
    requests_per_minute: int | None = None
    folder: Path = Path()
    places: Mapping[str, Location] = field(default_factory=dict, compare=False, repr=False)

    def resolve(self, environ: Mapping[str, str] | None = None) -> Connection:
        """Reads the environment and the files it refers to. Raises InvalidError, all at once."""
        found: list[Diagnostic] = []
        variables = os.environ if environ is None else environ
        texts = {key: self._value(key, text, variables, found) for key, text in self.texts.items()}
        headers = {
            name: self._value(f"headers.{name}", text, variables, found)
            for name, text in self.headers.items()
        }
        url = texts.get("url", "")
        if not found and (has_login(url) or not is_url(url)):
            what = "holds a login" if has_login(url) else "is no http:// or https:// URL"
            message = f"catalogs.{self.name}.url {what}"
            found.append(Diagnostic("CONF005", message, self.places.get("url"), URL_HINT))
        bundle = texts.get("ca_bundle")
        if bundle and not (self.folder / bundle).is_file():
            message = f"catalogs.{self.name}.ca_bundle: there is no file {bundle}"
            found.append(Diagnostic("CONF007", message, self.places.get("ca_bundle"), "check it"))
        if found:
            raise InvalidError(found)
        return Connection(
            name=self.name,
            type=self.type,
            url=url,
            token=texts.get("token", ""),
            refresh_token=texts.get("refresh_token", ""),
            timeout=self.timeout,
            slow_timeout=self.slow_timeout,
            concurrency=self.concurrency,
            requests_per_minute=self.requests_per_minute,
            ca_bundle=self.folder / bundle if bundle else None,
            headers=headers,
            secrets=tuple(
                value
                for value in (
                    texts.get("token"),
                    texts.get("refresh_token"),
                    *(headers[name] for name, text in self.headers.items() if is_reference(text)),
                )
                if value
            ),
            options={key: texts[key] for key in ("project_id", "user_id") if key in texts},
            reveal=partial(_reveal, environ=variables, folder=self.folder),
        )

    def _value(
        self, key: str, text: str, environ: Mapping[str, str], found: list[Diagnostic]
    ) -> str:
        try:
            value = resolve(text, environ, self.folder)
        except ValueError as error:
            message = f"catalogs.{self.name}.{key}: {error}"
            hint = "set it, or change the reference"
            found.append(Diagnostic("CONF007", message, self.places.get(key), hint))
            return ""
        return value


def is_url(text: str) -> bool:
    """Whether this is an http or https URL with a host."""
    scheme, found, rest = text.partition("://")
    host = rest.split("/")[0].split("?")[0]
    return (
        scheme.lower() in ("http", "https")
        and bool(found and host)
        and not set(text) & set(" \t\n")
    )


def has_login(url: str) -> bool:
    """Whether a user name or password stands in a URL, where reports would repeat it."""
    return "@" in url.partition("://")[2].split("/")[0]


def is_reference(text: str) -> bool:
    """Whether a text says where a value is, instead of being it."""
    return _REFERENCE.fullmatch(text) is not None


def resolve(text: str, environ: Mapping[str, str], folder: Path) -> str:
    """The value that a text refers to; the text itself if it is no reference.

    Raises ValueError in plain words, without the value, when there is none.
    """
    if not is_reference(text):
        return text
    sort, _, name = text.partition("/")
    if sort == "env":
        value = environ.get(name)
        if not value:
            raise ValueError(f"the variable {name} is {'not set' if value is None else 'empty'}")
    else:
        try:
            value = (folder / name).read_text("utf-8").rstrip("\r\n")
        except (OSError, ValueError) as error:
            why = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
            raise ValueError(f"the file {name} cannot be read: {why}") from None
        if not value:
            raise ValueError(f"the file {name} is empty")
    if not value.isprintable():
        raise ValueError(f"what {text} holds has a line break or a control character in it")
    return value
