"""A catalog on the loopback that costs as little as it can, so that a client is what is measured.

    python -m benchmarks.server STATE [--delay-ms 20]

The first line of its output is its URL. `GET /_bench/counters` tells how many requests of which
kind came since the last `POST /_bench/reset`, which also forgets every edit.
`POST /_bench/delay?ms=20` sets how long each answer waits; waiting answers do not hold up others.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import socket
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast
from urllib.parse import parse_qsl, unquote

from benchmarks.catalog import Answer, Catalog, Refused

REASONS = {200: "OK", 400: "Bad Request", 404: "Not Found", 412: "Precondition Failed"}


class Service:
    """Routes requests to the catalog and counts them by kind."""

    def __init__(self, catalog: Catalog, delay: float) -> None:
        self.catalog = catalog
        self.delay = delay
        self.requests: Counter[str] = Counter()
        self.sent = 0

    def answer(
        self, method: str, target: str, headers: Mapping[str, str], content: bytes
    ) -> tuple[int, Answer]:
        path, _, search = target.partition("?")
        query = dict(parse_qsl(search, keep_blank_values=True))
        parts = [unquote(part) for part in path.strip("/").split("/")]
        try:
            if parts[0] == "_bench":
                return 200, self._bench(parts[1:], query)
            if parts[:2] != ["api", "v1"]:
                raise Refused(404, "HTTP 404 Not Found")
            return 200, self._route(method, parts[2:], query, headers, content)
        except Refused as refusal:
            body = json.dumps({"code": refusal.status, "message": str(refusal)}).encode()
            return refusal.status, Answer(body)

    def _bench(self, parts: list[str], query: Mapping[str, str]) -> Answer:
        if parts == ["reset"]:
            self.requests.clear()
            self.sent = 0
            self.catalog.reset()
        elif parts == ["delay"]:
            self.delay = float(query["ms"]) / 1000
        counted = {"requests": self.requests, "rows": self.catalog.rows, "bytes": self.sent}
        return Answer(json.dumps(counted).encode())

    def _route(
        self,
        method: str,
        parts: list[str],
        query: Mapping[str, str],
        headers: Mapping[str, str],
        content: bytes,
    ) -> Answer:
        if parts[0] == "tables":
            return self._tables(method, parts[1:], query, headers, content)
        about_server = {
            "system/version": self.catalog.version,
            "users/loggedInUser": self.catalog.logged_in_user,
        }.get("/".join(parts))
        self.requests["system" if about_server else "reference"] += 1
        if about_server:
            return about_server()
        if len(parts) == 3 and parts[1] == "name":
            return self.catalog.entity(parts[0], parts[2])
        return self.catalog.entities(parts[0])

    def _tables(
        self,
        method: str,
        parts: list[str],
        query: Mapping[str, str],
        headers: Mapping[str, str],
        content: bytes,
    ) -> Answer:
        if not parts:
            self.requests["count" if query.get("limit") == "0" else "list"] += 1
            return self.catalog.page(query)
        key, *rest = parts[1:] if parts[0] == "name" else parts
        match [method, *rest]:
            case ["GET"]:
                self.requests["read"] += 1
                return self.catalog.table(key)
            case ["PATCH"]:
                self.requests["patch"] += 1
                return self.catalog.patch(key, content, headers.get("if-match"))
            case ["GET", "export"]:
                self.requests["export"] += 1
                return self.catalog.export(key)
            case ["PUT", "import"]:
                dry_run = query.get("dryRun", "true") == "true"
                self.requests["rehearse" if dry_run else "import"] += 1
                return self.catalog.import_csv(key, content, dry_run=dry_run)
            case ["PUT", "followers"]:
                self.requests["follow"] += 1
                return self.catalog.follow(key, json.loads(content), add=True)
            case ["DELETE", "followers", user_id]:
                self.requests["follow"] += 1
                return self.catalog.follow(key, user_id, add=False)
            case ["PUT", "vote"]:
                self.requests["vote"] += 1
                return self.catalog.vote(key, content)
            case _:
                raise Refused(404, "HTTP 404 Not Found")


class Connection(asyncio.Protocol):
    """HTTP/1.1 with keep-alive; one request after another on a connection."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self.received = bytearray()
        self.waiting = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        own: socket.socket = transport.get_extra_info("socket")
        own.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def data_received(self, data: bytes) -> None:
        self.received += data
        self._proceed()

    def _proceed(self) -> None:
        end = self.received.find(b"\r\n\r\n")
        if self.waiting or end < 0:
            return
        first, *lines = self.received[:end].decode("latin-1").split("\r\n")
        pairs = (line.partition(":") for line in lines)
        headers = {name.lower(): value.strip() for name, _, value in pairs}
        whole = end + 4 + int(headers.get("content-length", "0"))
        if len(self.received) < whole:
            return
        content = bytes(self.received[end + 4 : whole])
        del self.received[:whole]
        method, target, _ = first.split(" ")
        status, answer = self.service.answer(method, target, headers, content)
        ready = self._bytes(status, answer)
        if self.service.delay and not target.startswith("/_bench/"):
            self.waiting = True
            asyncio.get_running_loop().call_later(self.service.delay, self._send, ready)
        else:
            self._send(ready)

    def _send(self, ready: bytes) -> None:
        self.waiting = False
        self.transport.write(ready)
        self._proceed()

    def _bytes(self, status: int, answer: Answer) -> bytes:
        self.service.sent += len(answer.body)
        head = (
            f"HTTP/1.1 {status} {REASONS[status]}\r\nContent-Type: ".encode()
            + answer.kind
            + f"\r\nContent-Length: {len(answer.body)}\r\n".encode()
        )
        tag = f"ETag: {answer.etag}\r\n".encode() if answer.etag else b""
        return head + tag + b"\r\n" + answer.body


async def serve(service: Service, port: int) -> None:
    loop = asyncio.get_running_loop()
    server: Any = await loop.create_server(lambda: Connection(service), "127.0.0.1", port)
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    await server.serve_forever()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.server", description=__doc__)
    parser.add_argument("state", type=Path)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--delay-ms", type=float, default=0.0)
    given = parser.parse_args()
    service = Service(Catalog(given.state), given.delay_ms / 1000)
    gc.freeze()
    try:
        asyncio.run(serve(service, given.port))
    except KeyboardInterrupt:
        return


if __name__ == "__main__":
    main()
