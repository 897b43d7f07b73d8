"""A small GitHub over real HTTP: comments, issues, pull requests of a commit, and `viewer`.

Written from GitHub's REST and GraphQL documentation. It keeps what it is sent, and fails on demand.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

TOKEN = "ghs_0123456789abcdefghij"
BOT = {"login": "github-actions[bot]", "id": 41898282, "type": "Bot"}
STRANGER = {"login": "mallory", "id": 666, "type": "User"}
REPO = "acme/data"

Answer = tuple[int, Any, Mapping[str, str]]


@dataclass
class Fault:
    """What goes wrong with `times` requests of a kind, after `skip` good ones.

    `after`: the request is carried out all the same, and only its answer is spoilt. `status` 0
    cuts the connection. `then` is done after it, by somebody else.
    """

    method: str
    path: str
    status: int = 500
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    times: int = 1
    skip: int = 0
    after: bool = False
    then: Callable[[], None] | None = None


class GitHub:
    """Use it with `with`. `prefix` is the path of the REST API, `/api/v3` on Enterprise."""

    def __init__(self, prefix: str = "") -> None:
        self.prefix = prefix
        self.viewer: dict[str, Any] = BOT
        self.comments: list[dict[str, Any]] = []
        self.issues: list[dict[str, Any]] = []
        self.pulls: dict[str, list[dict[str, Any]]] = {}
        self.faults: list[Fault] = []
        self.requests: list[tuple[str, str]] = []
        self.longest = 65_536
        self._next = 1000

        fake = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do(self) -> None:
                fake.handle(self)

            do_GET = do_POST = do_PATCH = do_DELETE = do

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.root = f"http://127.0.0.1:{self._server.server_port}"
        self.url = self.root + prefix

    def __enter__(self) -> GitHub:
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    # -- for tests

    def fail(self, method: str, path: str, status: int = 500, **how: Any) -> None:
        """The next such requests fail; `path` is a pattern of the end of the path."""
        self.faults.append(Fault(method, path, status, **how))

    def said(self, body: str, author: Mapping[str, Any], number: int = 7) -> dict[str, Any]:
        """A comment that is there."""
        self._next += 1
        comment = {
            "id": self._next,
            "html_url": f"https://github.com/{REPO}/pull/{number}#issuecomment-{self._next}",
            "body": body,
            "user": dict(author),
            "number": number,
        }
        self.comments.append(comment)
        return comment

    def opened(
        self, title: str, body: str, author: Mapping[str, Any], **more: Any
    ) -> dict[str, Any]:
        """An issue (or, with `pull_request`, a pull request) that is there."""
        self._next += 1
        issue = {
            "id": self._next * 1000,
            "number": self._next,
            "html_url": f"https://github.com/{REPO}/issues/{self._next}",
            "title": title,
            "body": body,
            "state": "open",
            "user": dict(author),
            **more,
        }
        self.issues.append(issue)
        return issue

    def count(self, method: str, path: str = "") -> int:
        return sum(each == method and re.search(path, of) is not None for each, of in self.requests)

    # -- HTTP

    def handle(self, request: BaseHTTPRequestHandler) -> None:
        parts = urlsplit(request.path)
        length = int(request.headers.get("content-length") or 0)
        body = json.loads(request.rfile.read(length) or b"null")
        method = request.command
        self.requests.append((method, parts.path))
        fault = self._fault(method, parts.path)
        if fault is None or fault.after:
            answer = self._answer(request, method, parts.path, parse_qs(parts.query), body)
        if fault is not None:
            if fault.then is not None:
                fault.then()
            if not fault.status:
                request.close_connection = True
                request.connection.close()
                return
            answer = (fault.status, fault.body or {"message": "Server Error"}, fault.headers)
        status, content, headers = answer
        payload = content if isinstance(content, bytes) else json.dumps(content).encode()
        payload = b"" if status == 204 else payload
        request.send_response_only(status)
        usual = {"Content-Length": str(len(payload)), "Date": request.date_time_string()}
        for name, value in {**usual, **headers}.items():
            request.send_header(name, value)
        request.end_headers()
        request.wfile.write(payload)

    def _fault(self, method: str, path: str) -> Fault | None:
        for fault in self.faults:
            if fault.times and fault.method == method and re.search(fault.path + "$", path):
                if fault.skip:
                    fault.skip -= 1
                    return None
                fault.times -= 1
                return fault
        return None

    def _answer(
        self,
        request: BaseHTTPRequestHandler,
        method: str,
        path: str,
        query: dict[str, list[str]],
        body: Any,
    ) -> Answer:
        if request.headers.get("authorization") != f"Bearer {TOKEN}":
            return 401, {"message": "Bad credentials"}, {}
        if path == self.prefix.removesuffix("/v3") + "/graphql":
            viewer = {"login": self.viewer["login"], "databaseId": self.viewer["id"]}
            return 200, {"data": {"viewer": viewer}}, {}
        repo = f"{self.prefix}/repos/{REPO}"
        routes: list[tuple[str, str, Callable[..., Answer]]] = [
            ("GET", rf"{repo}/issues/(\d+)/comments", self._list_comments),
            ("POST", rf"{repo}/issues/(\d+)/comments", self._make_comment),
            ("PATCH", rf"{repo}/issues/comments/(\d+)", self._edit_comment),
            ("DELETE", rf"{repo}/issues/comments/(\d+)", self._delete_comment),
            ("GET", rf"{repo}/issues", self._list_issues),
            ("POST", rf"{repo}/issues", self._make_issue),
            ("PATCH", rf"{repo}/issues/(\d+)", self._edit_issue),
            ("GET", rf"{repo}/commits/(\w+)/pulls", self._list_pulls),
        ]
        for verb, pattern, route in routes:
            found = re.fullmatch(pattern, path)
            if verb == method and found:
                answer = route(*found.groups(), body=body, query=query)
                return self._page(path, query, *answer) if method == "GET" else answer
        return 404, {"message": "Not Found"}, {}

    def _page(
        self, path: str, query: dict[str, list[str]], status: int, items: Any, _: Any
    ) -> Answer:
        size, page = (int(query.get(name, [usual])[0]) for name, usual in (("per_page", "30"),
                      ("page", "1")))  # fmt: skip
        more = len(items) > size * page
        rest = "".join(
            f"&{name}={query[name][0]}" for name in ("state", "direction") if name in query
        )
        url = f"{self.root}{path}?per_page={size}&page={page + 1}{rest}"
        links = {"Link": f'<{url}>; rel="next", <{url}>; rel="last"'} if more else {}
        return status, items[size * (page - 1) : size * page], links

    def _too_long(self, body: Any) -> Answer | None:
        if len(body.get("body") or "") <= self.longest:
            return None
        told = {
            "code": "unprocessable",
            "message": "Body is too long (maximum is 65536 characters)",
        }
        return 422, {"message": "Validation Failed", "errors": [told]}, {}

    def _list_comments(self, number: str, **_: Any) -> Answer:
        return 200, [each for each in self.comments if each["number"] == int(number)], {}

    def _make_comment(self, number: str, *, body: Any, **_: Any) -> Answer:
        refused = self._too_long(body)
        return refused or (201, self.said(body["body"], self.viewer, int(number)), {})

    def _edit_comment(self, key: str, *, body: Any, **_: Any) -> Answer:
        for each in self.comments:
            if each["id"] == int(key):
                refused = self._too_long(body)
                if refused is None:
                    each["body"] = body["body"]
                return refused or (200, each, {})
        return 404, {"message": "Not Found"}, {}

    def _delete_comment(self, key: str, **_: Any) -> Answer:
        before = len(self.comments)
        self.comments = [each for each in self.comments if each["id"] != int(key)]
        gone = len(self.comments) < before
        return (204, None, {}) if gone else (404, {"message": "Not Found"}, {})

    def _list_issues(self, *, query: dict[str, list[str]], **_: Any) -> Answer:
        state = query.get("state", ["open"])[0]
        way = -1 if query.get("direction", ["desc"])[0] == "desc" else 1
        found = [each for each in self.issues[::way] if state in ("all", each["state"])]
        return 200, found, {}

    def _make_issue(self, *, body: Any, **_: Any) -> Answer:
        return self._too_long(body) or (
            201,
            self.opened(body["title"], body["body"], self.viewer),
            {},
        )

    def _edit_issue(self, number: str, *, body: Any, **_: Any) -> Answer:
        for each in self.issues:
            if each["number"] == int(number):
                refused = self._too_long(body)
                if refused is None:
                    each.update(body)
                return refused or (200, each, {})
        return 404, {"message": "Not Found"}, {}

    def _list_pulls(self, sha: str, **_: Any) -> Answer:
        if sha not in self.pulls:
            return 422, {"message": f"No commit found for SHA: {sha}"}, {}
        return 200, self.pulls[sha], {}
