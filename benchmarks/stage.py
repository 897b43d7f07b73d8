"""Where runs take place: specs and state on disk, a server process, a project around them."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

from benchmarks.measure import Counters

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

    def project(
        self,
        changed: int = 0,
        edit: str = "mixed",
        *,
        declared: int | None = None,
        scattered: bool = False,
    ) -> Path:
        """A folder with specs in which so many tables are edited, made unless it is there.

        With `declared`, only so many tables have a spec: all of some schemas, or some of all.
        """
        name, options = "unchanged", ["--state", str(self.state)]
        if changed:
            name, options = f"{edit}-{changed}", [*options, *edits(changed, edit)]
        if declared is not None:
            name += f"-{'scattered' if scattered else 'whole'}-{declared}"
            options += ["--declared", str(declared)] + (["--scattered"] if scattered else [])
        return self._made(name, lambda folder: self.write(folder, *options))

    def repository(self, changed: int) -> Path:
        """A git repository whose last commit edits so many tables."""

        def make(folder: Path) -> None:
            for options in ([], edits(changed, "mixed")):
                self.write(folder, "--state", str(self.state), *options)
                if not options:
                    git(folder, "init", "--quiet")
                git(folder, "add", "catalog-specs")
                git(folder, "commit", "--quiet", "--message", f"edit {len(options)}")

        return self._made(f"git-{changed}", make)

    def write(self, folder: Path, *options: str) -> None:
        """Specs of this catalog, and its state if that is not there yet."""
        made = f"--tables {self.tables} --schemas {self.schemas} --seed {self.seed}"
        python("benchmarks.specs", str(folder), *made.split(), *options)

    def _made(self, name: str, make: Callable[[Path], None]) -> Path:
        folder = self._own / name
        done = folder / "done"  # written last
        if not done.exists():
            if folder.exists():
                shutil.rmtree(folder)
            make(folder)
            done.touch()
        return folder


def edits(changed: int, edit: str) -> list[str]:
    """Options of `benchmarks.specs`."""
    return ["--changed", str(changed), "--edit", edit]


def git(folder: Path, *arguments: str) -> None:
    """With a configuration that asks nobody for a name or a signature."""
    who = ["-c", "user.name=benchmarks", "-c", "user.email=benchmarks@localhost"]
    plain = ["-c", "commit.gpgsign=false", "-c", "core.autocrlf=false", "-c", "gc.auto=0"]
    command = ["git", *who, *plain, *arguments]
    subprocess.run(command, cwd=folder, env=environment(folder), check=True)


def python(module: str, *arguments: str) -> None:
    """Run a module of this package to its end, in a process of its own."""
    subprocess.run([sys.executable, "-m", module, *arguments], cwd=ROOT, check=True)


class Server:
    """The server of one state, while the `with` lasts."""

    def __init__(self, state: Path) -> None:
        command = [sys.executable, "-m", "benchmarks.server", str(state)]
        self._process = subprocess.Popen(
            command,
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

    def counters(self) -> Counters:
        """Since the last reset."""
        found = json.loads(self._bench("counters", None))
        return Counters(found["requests"], found["rows"])

    def _bench(self, what: str, content: bytes | None) -> bytes:
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(f"{self.url}/_bench/{what}", content, timeout=30) as answer:
            found: bytes = answer.read()
        return found


def quietly(command: Sequence[str], folder: Path, surroundings: Mapping[str, str]) -> None:
    """Run it, and measure nothing."""
    how: dict[str, Any] = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    subprocess.run(command, cwd=folder, env=surroundings, stdin=subprocess.DEVNULL, **how)


def configure(folder: Path, url: str) -> None:
    """Make the folder a project whose catalog is at `url`."""
    (folder / "catalogctl.yaml").write_text(_CONFIG.format(url=url, token=TOKEN), "utf-8")


def forget(folder: Path) -> None:
    """Take away what earlier runs left: caches, journals, undo files."""
    for name in (".catalogctl", ".cache"):
        shutil.rmtree(folder / name, ignore_errors=True)


def environment(folder: Path, cache: str = ".cache") -> dict[str, str]:
    """The environment of a run: this one without what would change a tool's behaviour."""
    ours = ("CATALOGCTL_", "OPENMETADATA_", "GITHUB_", "GITLAB_", "CI", "GIT_", "TF_", "PYTHON")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    return kept | {
        TOKEN: "benchmark",
        "CATALOGCTL_CACHE_DIR": str(folder / cache),
        "NO_COLOR": "1",
        # This checkout is what is measured, wherever the interpreter's own is installed from.
        "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "src")]),
    }
