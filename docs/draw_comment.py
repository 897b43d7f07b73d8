"""Draw docs/comment.svg: the comment that `catalogctl comment` keeps on a pull request.

    .venv/bin/python docs/draw_comment.py [FILE]

The plan is a real run against the sandbox, with one misspelt tag; the Markdown is what the command
sends. Only what stands in such a comment is drawn: headings, paragraphs, folded objects and diffs.
The same specs and seed give the same bytes.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from html import escape, unescape
from pathlib import Path
from typing import NamedTuple

DOCS = Path(__file__).resolve().parent
SAMPLES = DOCS.parent / "catalog-specs"
SUBSET = {"finance/_defaults.yaml": None, "finance/ledger.yaml": 5, "public/customers.yaml": 20}
"""Files of the sample specs, and after how many lines each is cut: the comment fits a screen."""
MISSPELT = ("PII.Sensitive", "PII.Sensitiv")

SANS = "-apple-system,BlinkMacSystemFont,'Segoe UI','Noto Sans',Helvetica,Arial,sans-serif"
MONO = "ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono','Liberation Mono',monospace"
WIDTH, MARGIN, BAR = 940, 20, 42
CSS = f"""\
text {{ font: 14px {SANS}; fill: #1f2328; white-space: pre; }}
.h2 {{ font-size: 20px; font-weight: 600; }}
.h3 {{ font-size: 17px; font-weight: 600; }}
.h4 {{ font-size: 14px; font-weight: 600; }}
.m {{ font: 12px {MONO}; }}
.q {{ fill: #656d76; }}
.l {{ fill: #0969da; }}"""
GROUNDS = {"-": "#ffebe9", "+": "#dafbe1", "@": "#ddf4ff", "!": "#fff8c5"}


class Row(NamedTuple):
    """A line of the picture: its class, its spans (class, text), its height and its ground."""

    style: str
    spans: list[tuple[str, str]]
    height: int
    ground: str = ""


def comment() -> str:
    """The Markdown of the comment about a real plan."""
    from catalogctl import planfile
    from catalogctl.render import comment
    from catalogctl.sandbox import Sandbox

    with tempfile.TemporaryDirectory() as folder, Sandbox() as sandbox:
        for name, lines in SUBSET.items():
            copy = Path(folder, "catalog-specs", name)
            copy.parent.mkdir(parents=True, exist_ok=True)
            text = (SAMPLES / name).read_text("utf-8").splitlines(keepends=True)
            copy.write_text("".join(text[:lines]).replace(*MISSPELT), "utf-8")
        done = subprocess.run(
            [sys.executable, "-m", "catalogctl", "plan", "--format", "json"],
            cwd=folder,
            env={"PATH": os.environ.get("PATH", ""), **sandbox.variables()},
            capture_output=True,
            encoding="utf-8",
            check=False,
            timeout=60,
        )
    plan = planfile.loads(done.stdout, "plan.json")
    return comment.body(plan, name="production", link=lambda place: f"#{place.file}")


def rows(markdown: str) -> Iterator[Row]:
    """The comment, line by line; folded objects show their summary only."""
    fenced = folded = False
    for line in markdown.splitlines():
        if line.startswith("```"):
            fenced = not fenced
        elif line.startswith("</details>"):
            folded = False
        elif folded or line.startswith("<!--") or not line.strip():
            continue
        elif fenced:
            yield Row("m", [("", line)], 20, GROUNDS.get(line[0], "#f6f8fa"))
        elif line.startswith("#"):
            marks, _, title = line.partition(" ")
            yield Row(f"h{len(marks)}", list(spans(title)), 34 if len(marks) < 4 else 30)
        elif line.startswith("<details"):
            folded = "open" not in line.partition(">")[0]
            sign = ("q", "\u25b8 " if folded else "\u25be ")
            yield from (Row("", each, 24) for each in wrapped([sign, *spans(line)]))
        else:
            yield from (Row("", each, 24) for each in wrapped(list(spans(line))))


def wrapped(found: list[tuple[str, str]]) -> Iterator[list[tuple[str, str]]]:
    """The spans in lines that fit, broken where a dot stands between two of them."""
    line: list[tuple[str, str]] = []
    used = 0.0
    for style, text in found:
        size = len(text) * (7.3 if "m" in style.split() else 7.9)
        if line and used + size > WIDTH - 2 * MARGIN and line[-1][1] == " \u00b7 ":
            yield line[:-1]
            line, used = [], 0.0
        line.append((style, text))
        used += size
    yield line


def spans(line: str) -> Iterator[tuple[str, str]]:
    """Code, links and plain words of one line of Markdown or HTML."""
    style, linked = "", False
    for part in re.split(r"(<[^>]*>|`[^`]*`)", line):
        if part.startswith("<"):
            linked = part.startswith("<a ") or (linked and part != "</a>")
            style = "m" if part == "<code>" else "" if part == "</code>" else style
        elif part.startswith("`"):
            yield "m", part.strip("`")
        elif part:
            yield f"{style} l".strip() if linked else style, unescape(part).replace("\\", "")


def drawn(markdown: str) -> str:
    """The picture: a comment as it stands on a pull request, on a ground of its own."""
    body, y = [], BAR + 14
    for row in rows(markdown):
        if row.ground:
            body.append(
                f'<rect x="{MARGIN}" y="{y}" width="{WIDTH - 2 * MARGIN}" height="{row.height}" '
                f'fill="{row.ground}"/>'
            )
        text = "".join(
            f'<tspan class="{style}">{escape(shown, quote=False)}</tspan>'
            if style
            else escape(shown, quote=False)
            for style, shown in row.spans
        )
        body.append(
            f'<text class="{row.style}" x="{MARGIN + (10 if row.ground else 0)}" '
            f'y="{y + row.height - 6}" xml:space="preserve">{text}</text>'
        )
        y += row.height
    height = y + MARGIN
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" '
            f'viewBox="0 0 {WIDTH} {height}" role="img" aria-labelledby="title">',
            '<title id="title">A plan as a comment on a pull request: a refused tag first</title>',
            f"<style>\n{CSS}\n</style>",
            f'<rect x="0.5" y="0.5" width="{WIDTH - 1}" height="{height - 1}" rx="6" '
            'fill="#ffffff" stroke="#d1d9e0"/>',
            f'<path d="M0.5 {BAR} V6.5 a6 6 0 0 1 6 -6 H{WIDTH - 6.5} a6 6 0 0 1 6 6 V{BAR} Z" '
            'fill="#f6f8fa" stroke="#d1d9e0"/>',
            f'<text x="{MARGIN}" y="26" xml:space="preserve"><tspan class="h4">github-actions'
            '</tspan><tspan class="q"> bot commented</tspan></text>',
            *body,
            "</svg>",
            "",
        ]
    )


def main() -> None:
    file = Path(sys.argv[1]) if len(sys.argv) > 1 else DOCS / "comment.svg"
    file.write_text(drawn(comment()), "utf-8", newline="\n")
    print(f"drew {file}")


if __name__ == "__main__":
    main()
