"""Install catalogctl into a virtual environment below RUNNER_TEMP, once for each job.

Output: `catalogctl`, the command. Its folder is put on the PATH of the steps that follow.
"""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
from pathlib import Path

import runner

ROOT = Path(__file__).resolve().parents[1]
OLDEST = (3, 10)


def requirements(version: str) -> list[list[str]]:
    """The arguments of each `pip install`, in order.

    Without a version: the checkout of this action, with its dependencies locked by hash. Else a
    version of the package, or whatever pip takes: a file, a URL, a requirement.
    """
    if not version:
        locked = str(ROOT / "action" / "requirements.txt")
        return [
            ["--require-hashes", "--requirement", locked],
            ["--no-deps", "--no-build-isolation", str(ROOT)],
        ]
    if version.startswith("-"):
        raise runner.Mistake(f"the input version is {version!r}; it is a version or a source")
    if re.fullmatch(r"v?\d+(\.\w+)*", version):
        return [[f"catalogctl=={version.removeprefix('v')}"]]
    return [[version]]


def install(version: str) -> Path:
    """The folder of the commands."""
    if sys.version_info < OLDEST:
        found = ".".join(map(str, sys.version_info[:3]))
        raise runner.Mistake(f"python3 is {found}; catalogctl needs 3.10: set python-version")
    wanted = requirements(version)
    identity = repr((sys.executable, sys.version, wanted))
    home = runner.temporary() / f"catalogctl-{hashlib.sha256(identity.encode()).hexdigest()[:12]}"
    ready = home / ".ready"
    if not ready.exists():
        # Isolated (-I): nothing that lies in the workspace is imported.
        _run([sys.executable, "-I", "-m", "venv", "--clear", str(home)])
        for arguments in wanted:
            pip = [str(home / "bin" / "python"), "-I", "-m", "pip", "install", "--quiet"]
            _run([*pip, "--disable-pip-version-check", *arguments])
        ready.touch()
    return home / "bin"


def _run(command: list[str]) -> None:
    if subprocess.run(command, check=False).returncode:
        raise runner.Mistake(f"catalogctl could not be installed: {' '.join(command)} failed")


def main() -> int:
    try:
        folder = install(runner.text("VERSION"))
        runner.output(catalogctl=folder / "catalogctl")
    except runner.Mistake as problem:
        runner.fail(problem)
        return 1
    with Path(os.environ["GITHUB_PATH"]).open("a", encoding="utf-8") as file:
        file.write(f"{folder}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
