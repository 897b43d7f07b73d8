"""Other programs that do a comparable thing, and what they need to do it.

    python -m benchmarks.peers octodns FOLDER 10000     # writes what a peer works on

What Python's package registry has is installed on first use into a virtual environment of its own,
as pinned in `peers.txt`. What cannot be had raises `Absent`, and is left out with that word.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

from benchmarks.measure import Contender
from benchmarks.stage import PACKAGE, environment, python

ENTRIES = 20
"""Of a Terraform resource's map: as many as a table has columns."""

ZONE = "example.com."
_OCTODNS = f"""\
providers:
  source: {{class: octodns.provider.yaml.YamlProvider, directory: ./source}}
  target: {{class: octodns.provider.yaml.YamlProvider, directory: ./target}}
zones:
  {ZONE}: {{sources: [source], targets: [target]}}
"""


class Absent(Exception):
    """A peer that is not to be had here, and why."""


def scripts(root: Path) -> Path:
    """The programs of the peers from the package registry."""
    pins = PACKAGE / "peers.txt"
    digest = hashlib.sha256(pins.read_bytes() + sys.version.encode()).hexdigest()[:8]
    folder = root / "peers" / f"venv-{digest}"
    found = folder / ("Scripts" if os.name == "nt" else "bin")
    done = folder / "done"
    if not done.exists():
        install = ["-m", "pip", "install", "--quiet", "--require-hashes", "--requirement"]
        try:
            shutil.rmtree(folder, ignore_errors=True)
            _quiet([sys.executable, "-m", "venv", str(folder)])
            _quiet([str(found / "python"), *install, str(pins)])
        except (OSError, subprocess.SubprocessError) as problem:
            raise Absent("skipped: the peers could not be installed") from problem
        done.touch()
    return found


def octodns(root: Path, records: int) -> Contender:
    """A dry run of `octodns-sync` over one zone whose target holds what its source says."""
    program = scripts(root) / "octodns-sync"
    folder = _made(root / "peers" / f"octodns-{records}", _writer("octodns", records))
    return Contender(
        "octoDNS",
        [str(program), "--config-file", "config.yaml"],
        folder,
        environment(folder),
        says="No changes were planned",
    )


def _zone(folder: Path, records: int) -> None:
    text = "---\n" + "".join(_record(number) for number in range(records))
    for side in ("source", "target"):
        (folder / side).mkdir()
        (folder / side / f"{ZONE}yaml").write_text(text, "utf-8")
    (folder / "config.yaml").write_text(_OCTODNS, "utf-8")


def _record(number: int) -> str:
    """Addresses, aliases and texts in turn, in the order of their names, which octoDNS asks for."""
    kinds = (
        f"type: A\n  values:\n  - 192.0.2.{number % 250 + 1}",
        f"type: CNAME\n  value: host-{max(0, number - 1):06}.{ZONE}",
        f"type: TXT\n  values:\n  - note number {number} of this zone",
    )
    return f"host-{number:06}:\n  ttl: 300\n  {kinds[number % 3]}\n"


def terraform(root: Path, resources: int) -> Contender:
    """A plan of built-in resources that are as declared, by Terraform or OpenTofu."""
    program = shutil.which("terraform") or shutil.which("tofu")
    if program is None:
        raise Absent("skipped: terraform is not installed")
    name = Path(program).stem
    more = {"CHECKPOINT_DISABLE": "1", "TF_CLI_CONFIG_FILE": os.devnull}

    def make(folder: Path) -> None:
        _writer("terraform", resources)(folder)
        initialise = [program, "init", "-input=false", "-no-color"]
        _quiet(initialise, cwd=folder, env=environment(folder) | more)

    try:
        folder = _made(root / "peers" / f"{name}-{resources}", make)
    except (OSError, subprocess.SubprocessError) as problem:
        raise Absent(f"skipped: {name} could not be set up") from problem
    return Contender(
        "Terraform",
        [program, "plan", "-input=false", "-no-color", "-lock=false", "-detailed-exitcode"],
        folder,
        environment(folder) | more,
        rounds=1,
    )


def _resources(folder: Path, count: int) -> None:
    """A configuration, and the state that an apply of it would leave.

    The state is written and not applied: Terraform writes all of it after each resource.
    """
    inputs = {
        f"table_{number:06}": {
            f"column_{at:02}": f"What column {at} of table {number} holds." for at in range(ENTRIES)
        }
        for number in range(count)
    }
    declared = {name: {"input": entries} for name, entries in inputs.items()}
    _write(folder / "main.tf.json", {"resource": {"terraform_data": declared}})
    state = {
        "version": 4,
        "terraform_version": "1.4.0",
        "serial": 1,
        "lineage": str(UUID(int=1)),
        "outputs": {},
        "resources": [
            {
                "mode": "managed",
                "type": "terraform_data",
                "name": name,
                "provider": 'provider["terraform.io/builtin/terraform"]',
                "instances": [{"schema_version": 0, "attributes": _attributes(at, entries)}],
            }
            for at, (name, entries) in enumerate(inputs.items(), 2)
        ],
    }
    _write(folder / "terraform.tfstate", state)


def _attributes(at: int, entries: dict[str, str]) -> dict[str, Any]:
    typed = {"value": entries, "type": ["object", dict.fromkeys(entries, "string")]}
    return {"id": str(UUID(int=at)), "input": typed, "output": typed, "triggers_replace": None}


def naive(root: Path, url: str) -> Sequence[str]:
    """The command of the naive pipeline, for a project's folder."""
    schema = PACKAGE.parent / "src" / "catalogctl" / "schemas" / "table.schema.json"
    script = PACKAGE / "naive_pipeline.py"
    return [str(scripts(root) / "python"), str(script), url, "catalog-specs", str(schema)]


def _writer(peer: str, count: int) -> Callable[[Path], None]:
    """In a process of its own: this one stays small, see `measure`."""
    return lambda folder: python("benchmarks.peers", peer, str(folder), str(count))


def _made(folder: Path, make: Callable[[Path], None]) -> Path:
    """Made anew when this module changes."""
    digest = hashlib.sha256(Path(__file__).read_bytes()).hexdigest()[:8]
    folder = folder.with_name(f"{folder.name}-{digest}")
    done = folder / "done"
    if not done.exists():
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        make(folder)
        done.touch()
    return folder


def _write(path: Path, value: Any) -> None:
    path.write_text(json.dumps(value), "utf-8")


def _quiet(command: list[str], **how: Any) -> None:
    subprocess.run(
        command, check=True, capture_output=True, stdin=subprocess.DEVNULL, timeout=600, **how
    )


def main() -> None:
    _, peer, folder, count = sys.argv
    write = {"octodns": _zone, "terraform": _resources}[peer]
    write(Path(folder), int(count))


if __name__ == "__main__":
    main()
