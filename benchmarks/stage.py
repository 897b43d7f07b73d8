"""Where runs take place: specs and state on disk, a server process, a project around them."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

PACKAGE = Path(__file__).parent
ROOT = PACKAGE.parent
TOKEN = "CATALOGCTL_BENCHMARK_TOKEN"
_CONFIG = """\
catalogs:
  openmetadata:
    type: openmetadata
    url: {url}
    token: env/{token}
guards: {{max_changed: 100%, max_removed: 100%}}
"""


@dataclass(frozen=True, slots=True)
class Catalog:
    """Which made-up catalog: its size is what a row of the results is about."""

    tables: int
    schemas: int
    seed: int
    folder: Path

    @property
    def state(self) -> Path:
        return self._own / "state.jsonl"

    @property
    def _own(self) -> Path:
        """Made anew when the code that makes it changes."""
        sources = [(PACKAGE / name).read_bytes() for name in ("tables.py", "bodies.py", "specs.py")]
        digest = hashlib.sha256(b"".join(sources)).hexdigest()[:8]
        return self.folder / f"{self.tables}-{self.schemas}-{self.seed}-{digest}"

    def project(self, changed: int, edit: str) -> Path:
        """A folder with specs in which so many tables are edited, made unless it is there."""
        folder = self._own / (f"{edit}-{changed}" if changed else "unchanged")
        done = folder / "edits.json"  # written last
        if not done.exists():
            if folder.exists():
                shutil.rmtree(folder)
            made = f"--tables {self.tables} --schemas {self.schemas} --seed {self.seed}"
            edited = f"--changed {changed} --edit {edit} --state {self.state}"
            python("benchmarks.specs", str(folder), *made.split(), *edited.split())
        return folder


def python(module: str, *arguments: str) -> None:
    """Run a module of this package to its end, in a process of its own."""
    subprocess.run([sys.executable, "-m", module, *arguments], cwd=ROOT, check=True)


class Server:
    """The server of one state, while the `with` lasts."""

    def __init__(self, state: Path, zipped: bool) -> None:
        command = [sys.executable, "-m", "benchmarks.server", str(state)]
        self._process = subprocess.Popen(
            [*command, "--gzip"] if zipped else command,
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout is not None
        self.url = self._process.stdout.readline().strip()
        if not self.url:
            raise RuntimeError("the server did not start")

    def __enter__(self) -> Server:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._process.terminate()
        self._process.wait()
        assert self._process.stdout is not None
        self._process.stdout.close()

    def reset(self) -> None:
        """As at the start: no edits, counters at nought."""
        self._bench("reset", b"")

    def delay(self, milliseconds: float) -> None:
        self._bench(f"delay?ms={milliseconds}", b"")

    def requests(self) -> Mapping[str, int]:
        """Requests by kind since the last reset."""
        return dict(json.loads(self._bench("counters", None))["requests"])

    def _bench(self, what: str, content: bytes | None) -> bytes:
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(f"{self.url}/_bench/{what}", content, timeout=30) as answer:
            found: bytes = answer.read()
        return found


def configure(folder: Path, url: str) -> None:
    """Make the folder a project whose catalog is at `url`."""
    (folder / "catalogctl.yaml").write_text(_CONFIG.format(url=url, token=TOKEN), "utf-8")


def forget(folder: Path) -> None:
    """Take away what earlier runs left: caches, journals, undo files."""
    for name in (".catalogctl", ".cache"):
        shutil.rmtree(folder / name, ignore_errors=True)


def environment(folder: Path) -> dict[str, str]:
    """The environment of a run: this one without what would change the tool's behaviour."""
    ours = ("CATALOGCTL_", "OPENMETADATA_", "GITHUB_", "PYTHONPROFILE")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    return kept | {
        TOKEN: "benchmark",
        "CATALOGCTL_CACHE_DIR": str(folder / ".cache"),
        "NO_COLOR": "1",
        "PYTHONPATH": str(ROOT),
    }
