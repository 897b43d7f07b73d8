"""Specs from texts, for the tests of the spec language."""

from __future__ import annotations

from collections.abc import Mapping

from catalogctl import spec
from catalogctl.spec import Source, Specs

HEAD = "kind: Table\nname: s.d.p.t\n"


def load(files: Mapping[str, str] | str, catalogs: Mapping[str, str] | None = None) -> Specs:
    """Specs from texts; a single text is the file `t.yaml`."""
    if isinstance(files, str):
        files = {"t.yaml": files}
    sources = [Source(name, text.encode) for name, text in files.items()]
    return spec.load_sources(sources, catalogs=catalogs)


def findings(
    files: Mapping[str, str] | str, catalogs: Mapping[str, str] | None = None
) -> list[str]:
    return [str(found) for found in load(files, catalogs).diagnostics]
