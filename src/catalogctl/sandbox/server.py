"""Running a sandbox: in a background thread for tests, in the foreground for people."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

import uvicorn

from .alation import DEFAULT as ALATION_VERSION
from .alation import Alation
from .app import State, create_app
from .clock import Clock
from .faults import Faults
from .openmetadata import OpenMetadata
from .openmetadata.call import Settings
from .openmetadata.tokens import mint
from .posthog import PostHog
from .store import Store

BOT = "ingestion-bot"
MESSAGING_CSV = ("off", "inferred", "docs")
SEEDS = Path(__file__).parent / "openmetadata" / "seeds"
POSTHOG_SEEDS = Path(__file__).parent / "posthog" / "seeds"
ALATION_SEEDS = Path(__file__).parent / "alation" / "seeds"
START_SECONDS = 10.0


class Sandbox:
    """An emulated server on a port of 127.0.0.1; use it as a context manager.

    ``data`` names a SQLite file that outlives the sandbox; without it all is in memory. ``seed`` is
    the name of a shipped seed, a path of a JSON file, a dictionary, or ``None`` for the built-in
    users and classifications only; a file that holds data already is not seeded again.
    ``posthog_seed`` is the same for PostHog, ``posthog_era`` the version of its API;
    ``alation_seed`` and ``alation_version`` are those of Alation.
    """

    def __init__(
        self,
        port: int = 0,
        data: str | Path | None = None,
        seed: str | Path | Mapping[str, Any] | None = "demo",
        mode: str = "2.0",
        messaging_csv: str = "off",
        latency_ms: float = 0,
        job_seconds: float = 0,
        posthog_era: str = "2026-09",
        posthog_seed: str | Path | Mapping[str, Any] | None = "demo",
        alation_version: str = ALATION_VERSION,
        alation_seed: str | Path | Mapping[str, Any] | None = "demo",
    ) -> None:
        if messaging_csv not in MESSAGING_CSV:
            raise ValueError(f"messaging_csv is one of {', '.join(MESSAGING_CSV)}")
        clock, settings = Clock(), Settings(messaging_csv, job_seconds)
        self._store = Store(str(data) if data else None)
        try:
            self._openmetadata = OpenMetadata(
                self._store, clock, settings, mode=mode, seed=_read_seed(seed)
            )
            self._posthog = PostHog(
                self._store,
                clock,
                era=posthog_era,
                seed=_read_seed(posthog_seed, POSTHOG_SEEDS),
            )
            self._alation = Alation(
                self._store,
                clock,
                version=alation_version,
                seed=_read_seed(alation_seed, ALATION_SEEDS),
            )
            self._socket = _listen(port)
        except BaseException:
            self._store.close()
            raise
        self._state = State(
            [self._openmetadata, self._posthog, self._alation],
            clock=clock,
            settings=settings,
            latency_ms=latency_ms,
            tuners={"posthog": self._posthog.configure, "alation": self._alation.configure},
        )
        self._state.variables = self.variables()
        self._server: _Server | None = None
        self._thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        """``http://127.0.0.1:PORT``."""
        return f"http://127.0.0.1:{self._socket.getsockname()[1]}"

    @property
    def openmetadata_url(self) -> str:
        """The host to give to a client; its API is below ``/api``."""
        return f"{self.url}/openmetadata"

    @property
    def posthog_url(self) -> str:
        """The host to give to a client; its API is below ``/api``."""
        return f"{self.url}/posthog"

    @property
    def alation_url(self) -> str:
        """The host to give to a client; its paths start with ``/api`` or ``/integration``."""
        return f"{self.url}/alation"

    def posthog_key(self, name: str = "full") -> str:
        """A personal API key: "full", "read", "none" (no fitting scope), "second" (project 2)."""
        return self._posthog.key(name)

    def alation_token(self, user: str = "admin") -> str:
        """An API access token, valid for a day from the start or the last reset: "admin",
        "catalog_admin", "source_admin", "steward", "viewer" or a user of the seed."""
        return self._alation.token(user)

    def alation_refresh_token(self, user: str = "admin") -> str:
        """A refresh token, valid for sixty days; it goes with ``alation_user_id``."""
        return self._alation.refresh_token(user)

    def alation_user_id(self, user: str = "admin") -> int:
        return self._alation.user_id(user)

    def token(self, user: str = BOT, **claims: Any) -> str:
        """The bearer token of a user; ``claims`` such as ``exp`` make special ones."""
        return mint(user, is_bot=user == BOT, **claims)

    def variables(self) -> dict[str, str]:
        """Environment variables that point a client here: as the ingestion bot, with the full key
        of PostHog's project 1, and as the admin of Alation."""
        return {
            "OPENMETADATA_HOST": f"{self.openmetadata_url}/api",
            "OPENMETADATA_JWT_TOKEN": self.token(BOT),
            "POSTHOG_HOST": self.posthog_url,
            "POSTHOG_API_KEY": self.posthog_key(),
            "POSTHOG_PROJECT_ID": "1",
            "ALATION_URL": self.alation_url,
            "ALATION_TOKEN": self.alation_token(),
        }

    @property
    def faults(self) -> Faults:
        return self._state.faults

    def requests(self) -> list[dict[str, Any]]:
        """The requests so far, oldest first; those to the control routes are not among them."""
        return self._state.log.entries()

    def clear_requests(self) -> None:
        self._state.log.clear()

    def reset(self) -> None:
        """As new: the seed loaded again, no faults, an empty log."""
        self._state.reset()

    def configure(self, **changes: Any) -> dict[str, Any]:
        """See ``State.configure``: latency, length of jobs, the clock."""
        return self._state.configure(changes)

    def start(self) -> Sandbox:
        """Listen in a background thread; returns when requests are answered."""
        started = threading.Event()
        self._server = _Server(_config(self._state), started.set)
        self._thread = threading.Thread(
            target=self._server.run, kwargs={"sockets": [self._socket]}, daemon=True
        )
        self._thread.start()
        if not started.wait(START_SECONDS):
            raise RuntimeError("the sandbox did not start")
        return self

    def stop(self) -> None:
        """Drop open connections and end; the data file can be opened again afterwards."""
        if self._server is not None and self._thread is not None:
            self._server.should_exit = True
            self._server.force_exit = True
            self._thread.join(START_SECONDS)
        self._close()

    def run(self, listening: Callable[[dict[str, str]], None] | None = None) -> None:
        """Serve in this thread until interrupted."""
        try:
            server = _Server(
                _config(self._state), lambda: listening(self.variables()) if listening else None
            )
            # uvicorn shuts down in order on an interrupt, then raises it again.
            with contextlib.suppress(KeyboardInterrupt):
                server.run(sockets=[self._socket])
        finally:
            self._close()

    def _close(self) -> None:
        self._state.workers.shutdown(wait=False)
        self._socket.close()
        self._store.close()

    def __enter__(self) -> Sandbox:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()


def serve(
    port: int = 8585,
    listening: Callable[[dict[str, str]], None] | None = None,
    **options: Any,
) -> None:
    """Run a sandbox in the foreground; ``listening`` is called once, with the variables to export.

    ``options`` are those of ``Sandbox``.
    """
    Sandbox(port=port, **options).run(listening)


class _Server(uvicorn.Server):
    """Tells when it listens."""

    def __init__(self, config: uvicorn.Config, listening: Callable[[], None]) -> None:
        super().__init__(config)
        self._listening = listening

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._listening()


def _config(state: State) -> uvicorn.Config:
    return uvicorn.Config(
        create_app(state),
        log_level="critical",
        access_log=False,
        lifespan="off",
        loop="asyncio",
        http="h11",
        ws="none",
        server_header=False,
    )


def _listen(port: int) -> socket.socket:
    # The protocol must be named: asyncio turns Nagle's algorithm off only for sockets that say so,
    # and with it every small answer takes 40 ms.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", port))
    return listener


def _read_seed(
    seed: str | Path | Mapping[str, Any] | None, shipped_in: Path = SEEDS
) -> Mapping[str, Any]:
    if seed is None or isinstance(seed, Mapping):
        return seed or {}
    shipped = shipped_in / f"{seed}.json"
    path = shipped if shipped.is_file() else Path(seed)
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return content
