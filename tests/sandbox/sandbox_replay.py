"""Playing recorded calls of a real server against the sandbox and comparing the answers.

A recorded answer and the sandbox's are compared after both were reduced to what a client may rely
on: ids are matched up, clocks and links dropped, references cut to type and name, labels to their
identity. Order in lists that the server leaves open does not matter.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx

UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
CUT = re.compile(r"… \d+ more, cut")
# Clocks, links and secrets; then parts of the server that the sandbox has no use for.
DROPPED = frozenset({
    "id", "entityId", "href", "updatedAt", "timestamp", "date", "startDate", "revision",
    "expiryDuration", "accessToken", "refreshToken", "JWTToken",
    "connection", "customMetrics", "personas", "isEmailVerified", "authenticationMechanism",
    "usageSummary", "joins", "profile", "lifeCycle", "allowDelete", "style", "domains",
    "dataProducts", "inheritedRoles",
})  # fmt: skip
REFERENCE_KEYS = {"id", "type"}
LABEL_KEYS = ("tagFQN", "source", "labelType", "state")
CHANGES = ("fieldsAdded", "fieldsUpdated", "fieldsDeleted")
CHANGE = "x-openmetadata-change"
STRICT = ("tags", "followers", "owners", "columns")
UNORDERED = ("owners", "followers", "upVoters", "downVoters", "teams", "roles", "tags", *CHANGES)

NOT_EMULATED = re.compile(
    r"dashboard|pipeline|storedProcedures|/feed|/search|swagger|documentation/csv|auth-mechanism|"
    r"config/(auth|jwks)|system/status|(glossaries|teams)/name/[^/]+/(im|ex)port|users/(im|ex)port|"
    r"users/logout|/api/\.\./"
)

Call = dict[str, Any]


def is_emulated(call: Call) -> bool:
    return NOT_EMULATED.search(call["request"]["path"]) is None


def calls(path: Path) -> Iterator[Call]:
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)


class Player:
    """Plays calls in order; learns from each answer which of our ids stands for a recorded one."""

    def __init__(self, base_url: str, token: Callable[[str], str | None]) -> None:
        self.client = httpx.Client(timeout=20)
        self._base = base_url
        self._token = token
        self._ids: dict[str, str] = {}

    def close(self) -> None:
        self.client.close()

    def play(self, call: Call) -> list[str]:
        """Send one call; what differs from the recording, empty if nothing."""
        request, expected = call["request"], call["response"]
        response = self.client.request(
            request["method"],
            self._base + self._mapped(request["path"]) + self._query(request),
            headers=self._headers(request),
            content=self._body(request),
        )
        differences = []
        if response.status_code != expected["status"]:
            differences.append(f"status {expected['status']}, not {response.status_code}")
        want, got = _header(expected, CHANGE), response.headers.get(CHANGE)
        if want != got:
            differences.append(f"{CHANGE} {want}, not {got}")
        return differences + self._compare_body(expected, response)

    def _compare_body(self, expected: Call, response: httpx.Response) -> list[str]:
        if "json" not in expected:
            want = expected.get("text")
            if want is None or _is_free_text(want):
                return []
            return [] if want == response.text else [f"text {want!r}, not {response.text!r}"]
        try:
            answer = response.json()
        except ValueError:
            return [f"JSON, not {response.text[:100]!r}"]
        self._learn(expected["json"], answer)
        return list(_differences(reduced(expected["json"]), reduced(answer), ""))

    def _learn(self, recorded: Any, ours: Any) -> None:
        """Match ids up where both answers have one at the same place."""
        if isinstance(recorded, dict) and isinstance(ours, dict):
            if "id" in recorded and "id" in ours and recorded.get("name") == ours.get("name"):
                self._ids[str(recorded["id"])] = str(ours["id"])
            for name in recorded.keys() & ours.keys():
                self._learn(recorded[name], ours[name])
        elif isinstance(recorded, list) and isinstance(ours, list):
            named = {entry.get("name"): entry for entry in ours if isinstance(entry, dict)}
            for entry in recorded:
                if isinstance(entry, dict):
                    self._learn(entry, named.get(entry.get("name")))

    def learn(self, recorded: str, ours: str) -> None:
        self._ids[recorded] = ours

    def _mapped(self, text: str) -> str:
        def ours(match: re.Match[str]) -> str:
            found = self._ids.get(match[0].lower())
            if found is None:
                return match[0]
            return found.upper() if match[0].isupper() and match[0] != match[0].lower() else found

        return UUID.sub(ours, text)

    def _query(self, request: Call) -> str:
        query = request.get("query")
        if not query:
            return ""
        parts = [self._cursor(part) for part in query.split("&")]
        return "?" + self._mapped("&".join(parts))

    def _cursor(self, part: str) -> str:
        name, _, value = part.partition("=")
        if name not in ("after", "before"):
            return part
        try:
            text = base64.urlsafe_b64decode(value.replace("%3D", "=")).decode()
        except ValueError:
            return part
        encoded = base64.urlsafe_b64encode(self._mapped(text).encode()).decode()
        return f"{name}={encoded}" if "{" in text else part

    def _headers(self, request: Call) -> dict[str, str]:
        admin = self._token("admin") or ""
        given = request.get("headers") or {}
        headers = {name: value.replace("{admin}", admin) for name, value in given.items()}
        token = self._token(request["as"]) if request.get("as") else None
        if token is not None:
            headers.setdefault("Authorization", f"Bearer {token}")
        return headers

    def _body(self, request: Call) -> bytes | None:
        if "body_base64" in request:
            return base64.b64decode(request["body_base64"])
        body = request.get("body")
        if body is None:
            return None
        return self._mapped(body if isinstance(body, str) else json.dumps(body)).encode()


def _header(expected: Call, name: str) -> str | None:
    headers = {key.lower(): value for key, value in (expected.get("headers") or {}).items()}
    return headers.get(name)


def _is_free_text(text: str) -> bool:
    """Wording of a JSON library, which names positions and its own classes."""
    return "at [Source:" in text or text.startswith("<html>")


def reduced(value: Any, name: str = "") -> Any:
    """What a client may rely on."""
    if isinstance(value, dict):
        return _reduced_object(value)
    if isinstance(value, list):
        return [reduced(entry, name) for entry in value]
    if isinstance(value, str):
        return _reduced_text(value, name)
    return value


def _reduced_object(value: dict[str, Any]) -> Any:
    if isinstance(value.get("entity"), str):
        text = value["entity"]
        value = {**value, "entity": json.loads(text) if text.endswith("}") else "cut"}
    if "tagFQN" in value and "source" in value:
        return {name: value.get(name) for name in LABEL_KEYS}
    if "eventType" in value and isinstance(value.get("entity"), dict):
        # The real server puts a cached object here, with traces of earlier calls.
        kept = ("name", "fullyQualifiedName", "version")
        value = {**value, "entity": {name: value["entity"].get(name) for name in kept}}
    if value.keys() >= REFERENCE_KEYS and "version" not in value and "eventType" not in value:
        kept = {name: value.get(name) for name in ("type", "name", "inherited") if name in value}
        return kept | ({"deleted": True} if value.get("deleted") else {})
    result = {name: reduced(entry, name) for name, entry in value.items() if name not in DROPPED}
    if result.get("provider") == "system" or "effect" in result:
        result.pop("description", None)
    for name in ("after", "before"):
        if isinstance(result.get(name), str):
            result[name] = _cursor_name(result[name])
    for name in UNORDERED:
        if isinstance(result.get(name), list):
            result[name] = sorted(result[name], key=lambda entry: json.dumps(entry, sort_keys=True))
    return {name: entry for name, entry in result.items() if entry != [] or name in STRICT}


def _cursor_name(cursor: str) -> Any:
    return json.loads(base64.urlsafe_b64decode(cursor))["name"]


def _reduced_text(text: str, name: str) -> Any:
    if text[:2] in ("[{", '{"') and name in ("newValue", "oldValue", "versions", "entity"):
        return reduced(json.loads(text)) if text[-1] in "]}" else "cut"
    text = re.sub(r"'[\[{].*[\]}]' contains", "'…' contains", text, flags=re.S)
    text = re.sub(r" ?\(through reference chain: .*\)", "", text, flags=re.S)
    text = re.sub(r"\n at \[Source: .*", "", text, flags=re.S)
    text = re.sub(r"\(class \S+\), not marked as ignorable .*", "(…)", text, flags=re.S)
    return UUID.sub("…", text)


def _differences(want: Any, got: Any, where: str) -> Iterator[str]:
    if isinstance(want, dict) and isinstance(got, dict):
        for name in sorted(want.keys() | got.keys()):
            yield from _differences(want.get(name), got.get(name), f"{where}/{name}")
    elif isinstance(want, list) and isinstance(got, list):
        kept = [entry for entry in want if not (isinstance(entry, str) and CUT.fullmatch(entry))]
        if len(kept) < len(want):
            missing = [entry for entry in kept if entry not in got]
            yield from (f"{where}: no {entry!r:.300}" for entry in missing)
            return
        if len(want) != len(got):
            yield f"{where}: {len(want)} entries, not {len(got)}: {want!r:.300} {got!r:.300}"
            return
        for index, entry in enumerate(want):
            other = got[index] if index < len(got) else None
            yield from _differences(entry, other, f"{where}/{index}")
    elif want != got and not (isinstance(want, str) and want == "cut"):
        yield f"{where}: {want!r:.300}, not {got!r:.300}"
