"""Write what follows from the commands themselves: a part of docs/cli.md, and the ready-made help.

    .venv/bin/python docs/make_cli.py

What each command's `--help` prints goes between the markers; the options that every command has are
shown once. What `catalogctl --help` prints goes into the package, so that it need not be composed.
"""

from __future__ import annotations

from pathlib import Path

import click

from catalogctl.__main__ import HELP
from catalogctl.cli import COMMANDS, Commands, root
from catalogctl.cli.options import GLOBAL

FILE = Path(__file__).resolve().parent / "cli.md"
BEGIN = "<!-- begin: docs/make_cli.py -->\n"
END = "<!-- end: docs/make_cli.py -->\n"
WIDTH = 98


def page(text: str) -> str:
    """The page with its generated part brought up to date."""
    before, rest = text.split(BEGIN)
    _, after = rest.split(END)
    return before + BEGIN + "\n" + "\n".join(sections()) + "\n" + END + after


def sections() -> list[str]:
    """Each command's help as it is printed, then the options that all of them have."""
    group = Commands("catalogctl")
    above = click.Context(
        group, info_name="catalogctl", terminal_width=WIDTH, help_option_names=["-h", "--help"]
    )
    written, shared = [], []
    for name, (_, about) in COMMANDS.items():
        command = group.get_command(above, name)
        assert command is not None
        shared = [each for each in command.params if each.name in GLOBAL]
        command.params = [each for each in command.params if each.name not in GLOBAL]
        written.append(_section(f"## catalogctl {name}", about, _help(command, name, above)))
        command.params += shared
    everywhere = click.Command("COMMAND", params=shared)
    told = _help(everywhere, "COMMAND", above)
    about = "Every command has these, and they may stand before or after its name."
    return [*written, _section("## Options of every command", about, told)]


def _help(command: click.Command, name: str, above: click.Context) -> str:
    context = click.Context(command, parent=above, info_name=name, terminal_width=WIDTH)
    return command.get_help(context)


def _section(title: str, about: str, told: str) -> str:
    return f"{title}\n\n{about}\n\n```text\n{told}\n```\n"


def overview() -> str:
    """What `catalogctl --help` prints, whatever the width of the terminal."""
    group = root()
    context = click.Context(
        group, info_name="catalogctl", terminal_width=80, help_option_names=["-h", "--help"]
    )
    return group.get_help(context) + "\n"


def main() -> None:
    FILE.write_text(page(FILE.read_text("utf-8")), "utf-8", newline="\n")
    Path(HELP).write_text(overview(), "utf-8", newline="\n")
    print(f"wrote {FILE} and {HELP}")


if __name__ == "__main__":
    main()
