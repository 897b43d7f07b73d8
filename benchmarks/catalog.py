"""The catalog behind `server.py`: tables as bytes that are ready to send, and edits of them.

It answers the calls of a reconciler as OpenMetadata 2.0 does, as far as such a client looks. It is
no emulator: tokens, permissions and the `fields` parameter are not looked at (every field is always
sent), references are not checked, and only the mistakes below are found.
"""

from __future__ import annotations

import base64
import csv
import io
import json
import mmap
from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

Body = dict[str, Any]
JSON, TEXT = b"application/json", b"text/plain"
HEADER = (
    "column.name*", "column.displayName", "column.description", "column.dataTypeDisplay",
    "column.dataType*", "column.arrayDataType", "column.dataLength", "column.tags",
    "column.glossaryTerms",
)  # fmt: skip


class Refused(Exception):
    """An answer that is no success."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True, slots=True)
class Answer:
    body: bytes
    kind: bytes = JSON
    etag: str | None = None


class Catalog:
    """Its tables stay in the file of `specs.write_state`; `rows` counts how many were sent."""

    def __init__(self, state: Path) -> None:
        with state.open("rb") as file:
            self._state = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        known = json.loads(self._state[self._state.rfind(b"\n") + 1 :])
        self._names: list[tuple[str, str, str, int, int]] = [tuple(each) for each in known["names"]]
        self._directory: dict[str, dict[str, Body]] = known["directory"]
        self._user: Body = self._directory["users"][known["user"]]
        self._people = {
            body["id"]: body
            for collection in ("users", "teams", "domains")
            for body in self._directory[collection].values()
        }
        self._place = {
            key: at for at, (_, own, fqn, _, _) in enumerate(self._names) for key in (own, fqn)
        }
        self._scopes: dict[str, list[int]] = {"": list(range(len(self._names)))}
        self.reset()

    def reset(self) -> None:
        """Forget every edit, and what was read."""
        self._edited: dict[int, bytes] = {}
        self._versions: dict[int, float] = {}
        self.rows = 0

    def _body(self, at: int) -> bytes:
        edited = self._edited.get(at)
        if edited is not None:
            return edited
        *_, begin, end = self._names[at]
        return self._state[begin:end]

    # -- reading

    def version(self) -> Answer:
        return _json({"version": "2.0.7", "revision": "0", "timestamp": 1760000000000})

    def logged_in_user(self) -> Answer:
        return _json(self._user)

    def entity(self, collection: str, name: str) -> Answer:
        found = self._directory.get(collection, {}).get(name)
        if found is None:
            raise Refused(404, f"{collection.removesuffix('s')} instance for {name} not found")
        return replace(_json(found), etag='"0.1"')  # servers of 1.9 and later send one with each

    def entities(self, collection: str) -> Answer:
        found = list(self._directory.get(collection, {}).values())
        return _json({"data": found, "paging": {"total": len(found)}})

    def page(self, query: Mapping[str, str]) -> Answer:
        """A page, in the order of name and id. `limit=0` only counts."""
        rows = self._scope(query.get("databaseSchema") or query.get("database") or "")
        limit = int(query.get("limit", "10"))
        start = 0
        if "after" in query:
            edge = json.loads(base64.urlsafe_b64decode(query["after"]))
            start = bisect_right(
                rows, (edge["name"], edge["id"]), key=lambda at: self._names[at][:2]
            )
        chosen = rows[start : start + limit]
        paging: Body = {"total": len(rows)}
        if chosen and start + limit < len(rows):
            name, own, *_ = self._names[chosen[-1]]
            edge = json.dumps({"name": name, "id": own}).encode()
            paging["after"] = base64.urlsafe_b64encode(edge).decode()
        self.rows += len(chosen)
        joined = b",".join([self._body(at) for at in chosen])
        return Answer(b'{"data":[' + joined + b'],"paging":' + _dumps(paging) + b"}")

    def _scope(self, above: str) -> list[int]:
        """The tables below a database or schema, by its fully qualified name."""
        rows = self._scopes.get(above)
        if rows is None:
            rows = [at for at, each in enumerate(self._names) if each[2].startswith(f"{above}.")]
            self._scopes[above] = rows
        return rows

    def table(self, key: str) -> Answer:
        """By fully qualified name or id."""
        at = self._at(key)
        self.rows += 1
        return Answer(self._body(at), etag=f'"{self._version(at):.1f}"')

    def export(self, key: str) -> Answer:
        out = io.StringIO(newline="")
        writer = csv.writer(out, lineterminator="\r\n")
        writer.writerow(HEADER)
        writer.writerows(_row(path, column) for path, column in _walk(self._load(key)["columns"]))
        return Answer(out.getvalue().encode(), TEXT)

    # -- writing

    def import_csv(self, key: str, content: bytes, *, dry_run: bool) -> Answer:
        header, *rows = csv.reader(io.StringIO(content.decode(), newline=""))
        if tuple(header) != HEADER:
            raise Refused(400, "#INVALID_HEADER")
        body = self._load(key)
        columns = dict(_walk(body["columns"]))
        out = io.StringIO(newline="")
        writer = csv.writer(out, lineterminator="\r\n")
        writer.writerow(["status", "details", *header])
        for row in rows:
            if row[0] not in columns:
                raise Refused(400, f"column {row[0]} is not there")
            _fill(columns[row[0]], row)
            writer.writerow(["success", "Entity updated", *row])
        if not dry_run:
            self._store(key, body)
        return _json(
            {
                "dryRun": dry_run,
                "status": "success",
                "numberOfRowsProcessed": len(rows),
                "numberOfRowsPassed": len(rows),
                "numberOfRowsFailed": 0,
                "importResultsCsv": out.getvalue(),
            }
        )

    def patch(self, key: str, content: bytes, if_match: str | None) -> Answer:
        version = f"{self._version(self._at(key)):.1f}"
        if if_match not in (None, "*", f'W/"{version}"'):
            raise Refused(412, f'The entity has been modified. Current ETag: "{version}".')
        body = self._load(key)
        for operation in json.loads(content):
            _operate(body, operation)
        for name in ("owners", "domains"):
            body[name] = [self._people.get(each["id"], each) for each in body[name]]
        return self._store(key, body)

    def follow(self, key: str, user_id: str, *, add: bool) -> Answer:
        if user_id not in self._people:
            raise Refused(404, f"user instance for {user_id} not found")
        body = self._load(key)
        body["followers"] = [each for each in body["followers"] if each["id"] != user_id]
        if add:
            body["followers"].append(self._people[user_id])
        return self._event(key, body)

    def vote(self, key: str, content: bytes) -> Answer:
        vote = json.loads(content)["updatedVoteType"]
        body, sides = self._load(key), {"upVoters": "votedUp", "downVoters": "votedDown"}
        for side, word in sides.items():
            others = [each for each in body["votes"][side] if each["id"] != self._user["id"]]
            body["votes"][side] = others + ([self._user] if vote == word else [])
            body["votes"][side.replace("ers", "es")] = len(body["votes"][side])
        return self._event(key, body)

    def _at(self, key: str) -> int:
        at = self._place.get(key)
        if at is None:
            raise Refused(404, f"table instance for {key} not found")
        return at

    def _version(self, at: int) -> float:
        return self._versions.get(at, 0.3)

    def _load(self, key: str) -> Body:
        body: Body = json.loads(self._body(self._at(key)))
        return body

    def _store(self, key: str, body: Body, *, bump: bool = True) -> Answer:
        at = self._at(key)
        if bump:
            self._versions[at] = body["version"] = round(self._version(at) + 0.1, 1)
        self._edited[at] = _dumps(body)
        return self.table(key)

    def _event(self, key: str, body: Body) -> Answer:
        """Followers and votes move no version, and are answered with an event."""
        stored = self._store(key, body, bump=False)
        return Answer(b'{"eventType":"entityUpdated","entityType":"table","entity":'
                      + stored.body + b"}")  # fmt: skip


def _dumps(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def _json(value: Any) -> Answer:
    return Answer(_dumps(value))


def _walk(columns: list[Body], above: str = "") -> Iterator[tuple[str, Body]]:
    for column in columns:
        path = above + column["name"]
        yield path, column
        yield from _walk(column.get("children", []), f"{path}.")


def _row(path: str, column: Body) -> list[Any]:
    texts = [column.get(key) for key in ("displayName", "description", "dataTypeDisplay")]
    more = [column.get(key) for key in ("dataType", "arrayDataType", "dataLength")]
    labels = [_names(column, source) for source in ("Classification", "Glossary")]
    return [path, *texts, *more, *labels]


def _names(column: Body, source: str) -> str:
    found = [each["tagFQN"] for each in column["tags"] if each["source"] == source]
    return ";".join(name for name in found if not name.startswith("Tier."))


def _fill(column: Body, row: list[str]) -> None:
    """An import replaces every cell; labels that stay keep what is known of them."""
    column["displayName"], column["description"] = row[1], row[2]
    known = {(each["tagFQN"], each["source"]): each for each in column["tags"]}
    column["tags"] = [
        known.get((name, source), {"tagFQN": name, "source": source, "labelType": "Manual",
                                   "state": "Confirmed"})
        for source, cell in (("Classification", row[7]), ("Glossary", row[8]))
        for name in cell.split(";")
        if name
    ]  # fmt: skip


def _operate(body: Body, operation: Body) -> None:
    """One operation of a JSON Patch; whole values only."""
    *steps, last = operation["path"].lstrip("/").split("/")
    holder: Any = body
    for step in steps:
        holder = holder[int(step)] if isinstance(holder, list) else holder[step]
    if operation["op"] in ("add", "replace"):
        holder[last] = operation["value"]
    elif operation["op"] == "remove":
        del holder[last]
    else:
        raise Refused(400, f"no operation {operation['op']} here")
