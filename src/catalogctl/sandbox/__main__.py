"""``python -m catalogctl.sandbox``: a sandbox in the foreground, for debugging."""

from __future__ import annotations

import argparse
import shlex
import sys

from . import serve
from .alation import DEFAULT as ALATION_VERSION
from .alation import VERSIONS
from .posthog.eras import DEFAULT, ERAS


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m catalogctl.sandbox", description=__doc__)
    parser.add_argument("--port", type=int, default=8585)
    parser.add_argument("--mode", choices=("1.6", "2.0"), default="2.0")
    parser.add_argument("--seed", default="demo", help='name or path; "none" for an empty catalog')
    parser.add_argument("--data", help="SQLite file that keeps the data")
    parser.add_argument("--messaging-csv", choices=("off", "inferred", "docs"), default="off")
    parser.add_argument("--posthog-era", choices=tuple(ERAS), default=DEFAULT)
    parser.add_argument("--alation-version", choices=VERSIONS, default=ALATION_VERSION)
    parser.add_argument("--latency-ms", type=float, default=0)
    options = parser.parse_args()
    serve(
        options.port,
        _tell,
        mode=options.mode,
        seed=None if options.seed == "none" else options.seed,
        data=options.data,
        messaging_csv=options.messaging_csv,
        latency_ms=options.latency_ms,
        posthog_era=options.posthog_era,
        alation_version=options.alation_version,
    )


def _tell(variables: dict[str, str]) -> None:
    lines = [f"export {name}={shlex.quote(value)}" for name, value in variables.items()]
    sys.stdout.write("\n".join(lines) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
