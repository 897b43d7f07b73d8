"""The vendor's own sample, table after table: what an apply is compared with.

The sample in the documentation of the Python SDK exports a table's CSV, edits it, imports it with
`dryRun=true`, prints the answer and imports it for good: three requests a table. Where more than
columns changes, the table's id is needed as well (read by name), then a patch, a follower and a
vote: seven. The SDK itself sends one more, since it reads the table again after adding a follower.

Nothing is planned, compared, checked or read back, and the script is told which tables change; so
whatever does the same and more in less time is faster in spite of that. Connections are kept open
here, which the sample does too; the SDK's own start-up, which is slow, is left out.
"""

from __future__ import annotations

import argparse
import csv
import io
import json
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx

CELLS = {"description": "column.description", "tags": "column.tags"}


def apply(http: httpx.Client, name: str, edit: dict[str, Any]) -> None:
    path = f"/tables/name/{quote(name, safe='')}"
    table: dict[str, Any] = {}
    more = any(edit[key] for key in ("description", "tag", "follower", "vote"))
    if more:
        table = _checked(http.get(path, params={"fields": "tags,followers"})).json()
    rows = list(csv.DictReader(io.StringIO(_checked(http.get(f"{path}/export")).text, newline="")))
    for row in rows:
        for field, value in edit["columns"].get(row["column.name*"], {}).items():
            row[CELLS[field]] = value if isinstance(value, str) else ";".join(value)
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, list(rows[0]), lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(rows)
    for dry_run in ("true", "false"):
        _checked(
            http.put(
                f"{path}/import",
                params={"dryRun": dry_run},
                content=out.getvalue().encode(),
                headers={"Content-Type": "text/plain; charset=UTF-8"},
            )
        )
    if more:
        _apply_more(http, table, edit)


def _apply_more(http: httpx.Client, table: dict[str, Any], edit: dict[str, Any]) -> None:
    own = f"/tables/{table['id']}"
    label = {"tagFQN": edit["tag"], "source": "Classification", "labelType": "Manual",
             "state": "Confirmed"}  # fmt: skip
    operations = [
        {"op": "add", "path": "/description", "value": edit["description"]},
        {"op": "add", "path": "/tags", "value": [*table["tags"], label]},
    ]
    kind = {"Content-Type": "application/json-patch+json"}
    _checked(http.patch(own, content=json.dumps(operations), headers=kind))
    _checked(http.put(f"{own}/followers", json=edit["follower_id"]))
    _checked(http.put(f"{own}/vote", json={"updatedVoteType": edit["vote"]}))


def _checked(answer: httpx.Response) -> httpx.Response:
    return answer.raise_for_status()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.vendor_sample", description=__doc__)
    parser.add_argument("url", help="of the server, without /api")
    parser.add_argument("edits", type=Path, help="edits.json of benchmarks.specs")
    given = parser.parse_args()
    edits = json.loads(given.edits.read_text("utf-8"))
    with httpx.Client(base_url=f"{given.url}/api/v1", trust_env=False, timeout=60) as http:
        for name, edit in edits.items():
            apply(http, name, edit)


if __name__ == "__main__":
    main()
