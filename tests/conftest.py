"""What every test stands on: no network beyond loopback, an empty environment, golden files."""

from __future__ import annotations

import ipaddress
import itertools
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

GOLDEN = Path(__file__).parent / "golden"

# The same examples on every machine and in every run.
settings.register_profile("catalogctl", deadline=None, derandomize=True)
settings.load_profile("catalogctl")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-golden", action="store_true", help="rewrite the golden files of the tests run"
    )


# -- network


class NetworkRefused(RuntimeError):
    """A test reached for a machine other than this one."""


def _is_loopback(host: Any) -> bool:
    if isinstance(host, bytes):
        host = host.decode()
    if host in (None, "", "localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _guard_sockets(event: str, args: tuple[Any, ...]) -> None:
    if event in ("socket.connect", "socket.sendto", "socket.sendmsg"):
        target = args[1]
        if isinstance(target, tuple) and not _is_loopback(target[0]):
            raise NetworkRefused(f"{event} to {target}")
    elif event == "socket.getaddrinfo" and not _is_loopback(args[0]):
        raise NetworkRefused(f"look-up of {args[0]!r}")


# A hook sees every socket of the process, whatever library opens it.
sys.addaudithook(_guard_sockets)


# -- environment

_KEPT = ("PATH", "TMPDIR", "TEMP", "TMP", "SYSTEMROOT", "VIRTUAL_ENV", "LANG", "TZ")
_KEPT_PREFIXES = ("PYTHON", "PYTEST", "COV", "LC_")


_number = itertools.count()


@pytest.fixture(scope="session")
def _scratch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(autouse=True)
def _scrubbed_environment(_scratch: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No token, proxy, CI or git setting of the machine reaches a test; each has its own cache."""
    for name in list(os.environ):
        if name not in _KEPT and not name.startswith(_KEPT_PREFIXES):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(_scratch))
    monkeypatch.setenv("CATALOGCTL_CACHE_DIR", str(_scratch / f"cache-{next(_number)}"))
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")


# -- golden files


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[str, str], None]:
    """`golden(name, text)`: the text is what `tests/golden/<name>` holds.

    `pytest --update-golden` writes the files instead; a change to one is what to review first.
    """
    update = request.config.getoption("--update-golden")

    def check(name: str, text: str) -> None:
        file = GOLDEN / name
        if update:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(text.encode())
            return
        assert file.is_file(), f"no {file}: run pytest --update-golden, and read what it wrote"
        assert file.read_bytes().decode() == text

    return check
