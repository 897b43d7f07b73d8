"""`catalogctl.yaml` and the environment to a `Config`: connections, guards, where the specs are.

Secrets stay references (`env/NAME`, `file/PATH`) until a catalog is needed; a secret that stands in
the file itself is refused, and is not repeated in the message.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from catalogctl import yamlfile
from catalogctl.config import file as configfile
from catalogctl.config.connection import CatalogConfig, Connection
from catalogctl.errors import InvalidError, UsageError
from catalogctl.policy import Guards

__all__ = ["FILE", "CatalogConfig", "Config", "Connection", "load_config", "relative"]

FILE = "catalogctl.yaml"


@dataclass(frozen=True, slots=True)
class Config:
    """What the project says. `root` is the folder that every reported path is relative to."""

    file: Path | None
    root: Path
    specs: tuple[Path, ...]
    catalogs: Mapping[str, CatalogConfig]
    guards: Guards

    @property
    def types(self) -> Mapping[str, str]:
        """The type of each configured catalog by its name, as `spec.load` takes it."""
        return {name: catalog.type for name, catalog in self.catalogs.items()}

    def relative(self, path: Path) -> str:
        """A path as it is reported: relative to the root, in POSIX form; outside of it whole."""
        return relative(path, self.root)


def relative(path: Path, root: Path) -> str:
    """See `Config.relative`."""
    whole = Path(os.path.abspath(path))
    return (whole.relative_to(root) if whole.is_relative_to(root) else whole).as_posix()


def load_config(
    path: Path | None = None,
    *,
    environ: Mapping[str, str] | None = None,
    cwd: Path | None = None,
) -> Config:
    """The configuration in `path`, else in the nearest `catalogctl.yaml` at or above `cwd`.

    Without a file, or with one that names no catalogs, there is one catalog for each vendor whose
    variables are set. Raises InvalidError with everything that is wrong, and UsageError when `path`
    is not there.
    """
    variables = os.environ if environ is None else environ
    here = Path(os.path.abspath(cwd or Path.cwd()))
    file = _find(here) if path is None else Path(os.path.abspath(here / path))
    folder = file.parent if file else here
    root = _root(folder)
    if file is None:
        specs = (folder / configfile.SPECS,)
        return Config(None, root, specs, from_environment(variables), Guards())
    try:
        content = file.read_bytes()
    except FileNotFoundError:
        raise UsageError(f"there is no file {path}") from None
    except OSError as error:
        raise InvalidError([yamlfile.unreadable(relative(file, root), error)]) from None
    settings = configfile.read(content, relative(file, root), folder)
    catalogs = settings.catalogs
    if catalogs is None:
        catalogs = from_environment(variables)
    return Config(file, root, settings.specs, catalogs, settings.guards)


def _find(folder: Path) -> Path | None:
    for above in (folder, *folder.parents):
        if (above / FILE).is_file():
            return above / FILE
    return None


def _root(folder: Path) -> Path:
    """The git repository that a folder is in, a worktree too; else the folder itself."""
    for above in (folder, *folder.parents):
        if (above / ".git").exists():
            return above
    return folder


_VARIABLES = {
    "openmetadata": {"url": "OPENMETADATA_HOST", "token": "OPENMETADATA_JWT_TOKEN"},
    "alation": {
        "url": "ALATION_URL",
        "token": "ALATION_TOKEN",
        "refresh_token": "ALATION_REFRESH_TOKEN",
        "user_id": "ALATION_USER_ID",
    },
    "posthog": {
        "url": "POSTHOG_HOST",
        "token": "POSTHOG_API_KEY",
        "project_id": "POSTHOG_PROJECT_ID",
    },
}


def from_environment(environ: Mapping[str, str]) -> Mapping[str, CatalogConfig]:
    """One catalog, named by its type, for each vendor that has a variable set.

    What is missing then is said when the catalog is needed.
    """
    found = {}
    for type, names in _VARIABLES.items():
        if not any(environ.get(name) for name in names.values()):
            continue
        wanted = dict(names)
        if type == "alation":
            refresh = environ.get(names["refresh_token"]) and not environ.get(names["token"])
            for key in ("token",) if refresh else ("refresh_token", "user_id"):
                del wanted[key]
        texts = {key: f"env/{name}" for key, name in wanted.items()}
        found[type] = CatalogConfig(type, type, texts)
    return found
