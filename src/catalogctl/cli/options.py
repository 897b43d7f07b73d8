"""Options that every command knows, before or after its name, and what they come to."""

from __future__ import annotations

import functools
import json
import logging
import os
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

GLOBAL = ("config", "no_cache", "concurrency", "log_level", "log_format", "no_color")


def global_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the global options; a command finds them, merged, through `settings()`."""

    @click.option(
        "--config",
        type=click.Path(path_type=Path, dir_okay=False),
        metavar="FILE",
        help="The configuration; default: catalogctl.yaml, found by walking up.",
    )
    @click.option(
        "--no-cache", is_flag=True, default=None, help="Parse and compare everything anew."
    )
    @click.option(
        "--concurrency",
        type=click.IntRange(1, 64),
        metavar="N",
        help="Requests under way at once, for each catalog.",
    )
    @click.option(
        "--log-level",
        type=click.Choice(["debug", "info", "warning", "error"]),
        help="What is logged on stderr; default: warning.",
    )
    @click.option("--log-format", type=click.Choice(["text", "json"]), help="Default: text.")
    @click.option(
        "--no-color", is_flag=True, default=None, help="No colours; NO_COLOR does the same."
    )
    @functools.wraps(command)
    def wrapped(*args: Any, **options: Any) -> Any:
        context = click.get_current_context()
        merged = context.ensure_object(dict)
        for name in GLOBAL:
            value = options.pop(name)
            if value is not None:
                merged[name] = value
        _log(merged.get("log_level", "warning"), merged.get("log_format", "text"))
        return command(*args, **options)

    return wrapped


def duration(context: click.Context, parameter: click.Parameter, text: str) -> float:
    """Callback of an option that is a length of time: `90s`, `30m`, `2h`, or bare seconds."""
    found = re.fullmatch(r"(\d{1,9}(?:\.\d{1,3})?)([smh]?)", text.strip())
    if found is None:
        message = f"{text!r} is no length of time; write 90s, 30m or 2h"
        raise click.BadParameter(message, context, parameter)
    return float(found[1]) * {"": 1, "s": 1, "m": 60, "h": 3600}[found[2]]


def settings() -> dict[str, Any]:
    """The global options that were given, from before and after the command's name."""
    context = click.get_current_context()
    merged: dict[str, Any] = context.ensure_object(dict)
    return merged


def cache_folder() -> Path | None:
    """What one run leaves for the next; None with --no-cache. It can be deleted at any time."""
    if settings().get("no_cache"):
        return None
    own, shared = os.environ.get("CATALOGCTL_CACHE_DIR"), os.environ.get("XDG_CACHE_HOME")
    if own:
        return Path(own)
    return (Path(shared) if shared else Path.home() / ".cache") / "catalogctl"


def colored(stream: Any) -> bool:
    """NO_COLOR and --no-color before FORCE_COLOR, before whether it is a terminal."""
    if settings().get("no_color") or os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return bool(stream.isatty()) and os.environ.get("TERM") != "dumb"


def interactive() -> bool:
    """Whether somebody is there to answer a question."""
    return sys.stdin.isatty() and sys.stderr.isatty() and not os.environ.get("CI")


class _JsonLines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        entry = {"level": record.levelname.lower(), "logger": record.name}
        return json.dumps({**entry, "message": record.getMessage()}, ensure_ascii=False)


def _log(level: str, form: str) -> None:
    handler = logging.StreamHandler(sys.stderr)
    text = logging.Formatter("%(levelname)s %(name)s: %(message)s")
    handler.setFormatter(_JsonLines() if form == "json" else text)
    logger = logging.getLogger("catalogctl")
    logger.handlers[:] = [handler]
    logger.setLevel(level.upper())
    logger.propagate = False
