"""A real git repository in a temporary folder, untouched by the settings of this machine."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

_SETTINGS = {
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_AUTHOR_DATE": "2026-01-01T00:00:00Z",
    "GIT_COMMITTER_DATE": "2026-01-01T00:00:00Z",
}
_LOCAL = {
    "user.name": "Alice",
    "user.email": "alice@example.com",
    "commit.gpgsign": "false",
    "uploadpack.allowFilter": "true",
}


class GitRepo:
    """A repository with a work tree at `root`, on the branch `main`."""

    def __init__(self, root: Path, *, hashes: str = "sha1") -> None:
        self.root = root
        root.mkdir(parents=True, exist_ok=True)
        self.git("init", "--quiet", "-b", "main", f"--object-format={hashes}")
        self._configure()

    def git(self, *arguments: str, **environ: str) -> str:
        """What git prints; it must not fail."""
        ended = subprocess.run(
            ["git", "-C", str(self.root), *arguments],
            env={**os.environ, **_SETTINGS, **environ},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=30,
            check=False,
        )
        assert ended.returncode == 0, ended.stderr.decode()
        return os.fsdecode(ended.stdout).strip()

    def write(self, files: Mapping[str, str | bytes | None]) -> None:
        """Files by their paths; None deletes one."""
        for name, content in files.items():
            path = self.root / name
            if content is None:
                path.unlink()
                continue
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content.encode() if isinstance(content, str) else content)

    def commit(self, files: Mapping[str, str | bytes | None] | None = None) -> str:
        """Writes the files and commits all that is there; the full hash."""
        self.write(files or {})
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", "A change.")
        return self.head

    def merge(self, branch: str) -> str:
        """Merges a branch with a commit of its own; the full hash."""
        self.git("merge", "--quiet", "--no-ff", "--no-edit", branch)
        return self.head

    @property
    def head(self) -> str:
        return self.git("rev-parse", "HEAD")

    def clone(self, to: Path, *options: str) -> GitRepo:
        """A clone as over a network, so that `--depth` and `--filter` are heeded."""
        self.git("clone", "--quiet", *options, self.root.as_uri(), str(to))
        cloned = GitRepo.__new__(GitRepo)
        cloned.root = to
        cloned._configure()
        return cloned

    def _configure(self) -> None:
        for name, value in _LOCAL.items():
            self.git("config", name, value)
