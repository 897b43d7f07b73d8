"""Draw docs/plan.svg: what `catalogctl plan` prints for a few of the sample specs.

    .venv/bin/python docs/draw_plan.py [FILE]

The plan is a real run against the sandbox, in colour; the ANSI colours become those of the picture.
The same specs and seed give the same bytes.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from html import escape
from pathlib import Path

DOCS = Path(__file__).resolve().parent
SAMPLES = DOCS.parent / "catalog-specs"

SUBSET = {
    "finance/_defaults.yaml": None,
    "finance/ledger.yaml": 5,
    "public/customers.yaml": 20,
}
"""Files of the sample specs, and after how many lines each is cut: the plan fits a screen."""

FONT = "ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono','Liberation Mono',monospace"
SIZE, ADVANCE, LEADING = 13, 7.85, 19
MARGIN, BAR = 20, 34

STYLES = {"1": "b", "2": "d", "31": "r", "32": "g", "33": "y", "36": "c"}
"""Classes of the picture by the codes of ANSI."""

CSS = f"""\
text {{ font: {SIZE}px {FONT}; fill: #1f2328; white-space: pre; }}
.b {{ font-weight: 600; }}
.d {{ fill: #656d76; }}
.r {{ fill: #b3202a; }}
.g {{ fill: #116329; }}
.y {{ fill: #8a5a00; }}
.c {{ fill: #0b6a73; }}"""


def printed_plan() -> str:
    """What the command prints, with its colours."""
    from catalogctl.sandbox import Sandbox

    with tempfile.TemporaryDirectory() as folder, Sandbox() as sandbox:
        for name, lines in SUBSET.items():
            copy = Path(folder, "catalog-specs", name)
            copy.parent.mkdir(parents=True, exist_ok=True)
            text = (SAMPLES / name).read_text("utf-8").splitlines(keepends=True)
            copy.write_text("".join(text[:lines]), "utf-8")
        environment = {"PATH": os.environ.get("PATH", ""), "FORCE_COLOR": "1"}
        done = subprocess.run(
            [sys.executable, "-m", "catalogctl", "plan"],
            cwd=folder,
            env={**environment, **sandbox.variables()},
            capture_output=True,
            encoding="utf-8",
            check=True,
            timeout=60,
        )
    return done.stdout


def pieces(line: str) -> Iterator[tuple[str, str]]:
    """The classes and the text of each stretch of one colour."""
    style = ""
    for part in re.split(r"(\x1b\[[\d;]*m)", line):
        code = re.fullmatch(r"\x1b\[([\d;]*)m", part)
        if code:
            found = (STYLES.get(each, "") for each in code[1].split(";"))
            style = " ".join(each for each in found if each)
        elif part:
            yield style, part


def drawn(output: str) -> str:
    """The picture: a window on a ground of its own, readable on a light and on a dark page."""
    lines = ["\x1b[2m$\x1b[0m catalogctl plan", "", *output.rstrip("\n").splitlines()]
    columns = max(len("".join(text for _, text in pieces(line))) for line in lines)
    width = round(columns * ADVANCE) + 2 * MARGIN
    height = BAR + len(lines) * LEADING + MARGIN
    svg = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}" role="img" aria-labelledby="title">',
        '<title id="title">What catalogctl plan prints: the changes of two tables</title>',
        f"<style>\n{CSS}\n</style>",
        f'<rect x="0.5" y="0.5" width="{width - 1}" height="{height - 1}" rx="8" '
        'fill="#fbfcfd" stroke="#c5ccd3"/>',
    ]
    svg += [
        f'<circle cx="{MARGIN + 4 + 18 * place}" cy="{BAR // 2}" r="5" fill="#c5ccd3"/>'
        for place in range(3)
    ]
    for number, line in enumerate(lines):
        spans = "".join(
            f'<tspan class="{style}">{escape(text, quote=False)}</tspan>'
            if style
            else escape(text, quote=False)
            for style, text in pieces(line)
        )
        if spans:
            y = BAR + 12 + number * LEADING
            svg.append(f'<text x="{MARGIN}" y="{y}" xml:space="preserve">{spans}</text>')
    return "\n".join([*svg, "</svg>", ""])


def main() -> None:
    file = Path(sys.argv[1]) if len(sys.argv) > 1 else DOCS / "plan.svg"
    file.write_text(drawn(printed_plan()), "utf-8", newline="\n")
    print(f"drew {file}")


if __name__ == "__main__":
    main()
