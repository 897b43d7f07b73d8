"""Specs from texts, for the tests of the spec language."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from catalogctl import spec
from catalogctl.spec import Source, Specs
from catalogctl.yamlfile import Plain

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


def as_json(value: Any) -> Any:
    """A document as a JSON Schema sees it."""
    if isinstance(value, dict):
        return {key: as_json(below) for key, below in value.items()}
    if isinstance(value, list):
        return [as_json(below) for below in value]
    return value.value if isinstance(value, Plain) else value


def as_yaml(value: Any) -> str:
    """Flow style, every text quoted."""
    if isinstance(value, dict):
        rows = [f"{as_yaml(key)}: {as_yaml(below)}" for key, below in value.items()]
        return f"{{{', '.join(rows)}}}"
    if isinstance(value, list):
        return f"[{', '.join(map(as_yaml, value))}]"
    return value.text if isinstance(value, Plain) else json.dumps(value, ensure_ascii=False)
