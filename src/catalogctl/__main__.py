"""Where the program starts. Version and help are asked for often: they wait for no import."""

from __future__ import annotations

import sys

from catalogctl.version import __version__

HELP = __file__.removesuffix("__main__.py") + "cli/help.txt"
"""What `catalogctl --help` prints, written by docs/make_cli.py from the commands."""


def main() -> None:
    """The console script, and `python -m catalogctl`."""
    asked = sys.argv[1:]
    if asked == ["--version"]:
        sys.stdout.write(f"catalogctl {__version__}\n")
    elif asked in (["--help"], ["-h"]):
        with open(HELP, encoding="utf-8") as file:
            sys.stdout.write(file.read())
    else:
        from catalogctl.cli import main as run

        run()


if __name__ == "__main__":
    main()
