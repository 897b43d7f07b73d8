"""Specs in a git repository, for the tests of `catalogctl.history`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from catalogctl import spec
from catalogctl.config import Config, load_config
from catalogctl.errors import InvalidError
from catalogctl.history import Base, read_base
from catalogctl.spec import Specs
from e2e.git_repo import GitRepo

CONFIGURATION = """\
catalogs:
  openmetadata: {type: openmetadata, url: env/OPENMETADATA_HOST, token: env/OPENMETADATA_JWT_TOKEN}
"""


def new_repo(root: Path) -> GitRepo:
    """A repository without a commit; its configuration is there."""
    repo = GitRepo(root)
    repo.write({"catalogctl.yaml": CONFIGURATION})
    return repo


def table(name: str, more: str = "") -> str:
    return f"kind: Table\nname: s.d.p.{name}\n{more}"


def configured(root: Path) -> Config:
    return load_config(cwd=root, environ={})


def base(root: Path, revision: str, *paths: Path, **options: Any) -> Base:
    return read_base(configured(root), revision, paths, **options)


def today(root: Path) -> Specs:
    config = configured(root)
    return spec.load(config.specs, root=config.root, catalogs=config.types)


def names(specs: Specs) -> list[str]:
    return [each.address.name.rpartition(".")[2] for each in specs.desired]


def refusal(root: Path, revision: str, *paths: Path) -> str:
    """The one finding because of which a base cannot be read."""
    with pytest.raises(InvalidError) as caught:
        base(root, revision, *paths)
    (found,) = caught.value.diagnostics
    assert found.hint
    return str(found)
