"""The HTTP client: what it sends, what it repeats, and how it says what went wrong."""

from __future__ import annotations

import asyncio
import gzip
import json
import logging
import shutil
import socket
import ssl
import subprocess
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator, Mapping
from contextlib import asynccontextmanager
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalogctl import errors
from catalogctl.client import TRIES, Client, Response
from catalogctl.client.pacing import Limiter, Pace, Quota

T = TypeVar("T")
TOKEN = "eyJhbGciOi.s3cr3t/+=.tail"
URL = "https://catalog.example/prefix/api/"
Handler = Callable[[httpx.Request], httpx.Response]
Peer = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


class Time:
    """A clock that only sleeping moves."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.slept: list[float] = []

    def clock(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds
        await asyncio.sleep(0)


def client(handler: Handler | None = None, time: Time | None = None, **options: Any) -> Client:
    time = time or Time()
    if handler is not None:
        options["transport"] = httpx.MockTransport(handler)
    defaults: dict[str, Any] = {
        "catalog": "openmetadata",
        "base_url": URL,
        "auth": {"Authorization": f"Bearer {TOKEN}"},
        "sleep": time.sleep,
        "clock": time.clock,
        "jitter": lambda: 1.0,
    }
    return Client(**{**defaults, **options})


def run(work: Coroutine[Any, Any, T]) -> T:
    return asyncio.run(asyncio.wait_for(work, 20))


def ask(subject: Client, method: str = "GET", path: str = "/v1/x", **options: Any) -> Response:
    async def work() -> Response:
        async with subject:
            with subject.may_write():
                return await subject.request(method, path, **options)

    return run(work())


def refusal(subject: Client, method: str = "GET", **options: Any) -> errors.CatalogError:
    with pytest.raises(errors.CatalogError) as caught:
        ask(subject, method, **options)
    return caught.value


def answering(*answers: httpx.Response | Exception) -> tuple[Handler, list[httpx.Request]]:
    """A catalog that gives these answers one after the other, the last one for ever."""
    seen: list[httpx.Request] = []

    def handler(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        answer = answers[min(len(seen), len(answers)) - 1]
        if isinstance(answer, Exception):
            raise answer
        return answer

    return handler, seen


@asynccontextmanager
async def serving(peer: Peer, tls: ssl.SSLContext | None = None) -> AsyncIterator[str]:
    """A server on loopback that treats connections as `peer` says."""

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await peer(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(connected, "127.0.0.1", 0, ssl=tls)
    port = server.sockets[0].getsockname()[1]
    try:
        yield f"{'https' if tls else 'http'}://127.0.0.1:{port}"
    finally:
        server.close()


async def head(reader: asyncio.StreamReader) -> bytes:
    return await reader.readuntil(b"\r\n\r\n")


def http(body: bytes = b"{}", status: str = "200 OK", *headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join([*lines, "", ""]).encode() + body


class TestWhatIsSent:
    def test_url_query_and_headers(self) -> None:
        handler, seen = answering(httpx.Response(200, json={"ok": True}))
        subject = client(handler, headers={"X-Tenant": "blue", "authorization": "mine"})

        answer = ask(subject, params={"fields": "a,b", "q": "x y+z&=ü"}, accept="text/plain, */*")

        assert answer.json() == {"ok": True}
        (request,) = seen
        assert request.url.raw_path == b"/prefix/api/v1/x?fields=a%2Cb&q=x%20y%2Bz%26%3D%C3%BC"
        assert request.headers.get_list("Authorization") == [f"Bearer {TOKEN}"]
        assert request.headers["X-Tenant"] == "blue"
        assert request.headers["Accept"] == "text/plain, */*"
        assert request.headers["User-Agent"].startswith("catalogctl/")
        assert "cookie" not in request.headers

    @pytest.mark.parametrize("value", ["a-bare-string", "", [], {"ä": "\ud83d"}, False])
    def test_json_of_any_kind_is_a_body(self, value: object) -> None:
        handler, seen = answering(httpx.Response(204))

        ask(client(handler), "PUT", json=value)

        assert json.loads(seen[0].content) == value
        assert seen[0].headers["Content-Type"] == "application/json"

    def test_json_may_have_a_type_of_its_own(self) -> None:
        handler, seen = answering(httpx.Response(200))
        kind = "application/json-patch+json"

        ask(client(handler), "PATCH", json=[], headers={"content-type": kind})

        assert seen[0].headers.get_list("Content-Type") == [kind]

    def test_content_keeps_its_type_and_its_bytes(self) -> None:
        handler, seen = answering(httpx.Response(200))

        ask(client(handler), "PUT", content="é\r\n", headers={"Content-Type": "text/plain"})

        assert seen[0].content == b"\xc3\xa9\r\n"
        assert seen[0].headers["Content-Type"] == "text/plain"

    @given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1))
    def test_an_encoded_segment_stays_as_it_is(self, name: str) -> None:
        handler, seen = answering(httpx.Response(200))
        segment = quote(name, safe="")
        if segment in (".", ".."):
            return

        ask(client(handler), path=f"/v1/tables/name/{segment}/export")

        assert seen[0].url.raw_path.decode() == f"/prefix/api/v1/tables/name/{segment}/export"

    def test_the_path_is_exact_on_the_wire(self) -> None:
        lines = []

        async def peer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            lines.append((await head(reader)).split(b"\r\n")[0])
            writer.write(http())

        async def work() -> None:
            async with serving(peer) as url, client(base_url=url + "/a%2Fb/api") as subject:
                await subject.request("GET", "/v1/na%2Fme/%22d.ot%22%25/%2e")

        run(work())

        assert lines == [b"GET /a%2Fb/api/v1/na%2Fme/%22d.ot%22%25/%2e HTTP/1.1"]

    @pytest.mark.parametrize("path", ["/v1/tables/..", "/v1/./x"])
    def test_a_path_that_would_name_another_object_is_not_sent(self, path: str) -> None:
        handler, seen = answering(httpx.Response(200))

        problem = refusal(client(handler), "DELETE", path=path)

        assert isinstance(problem, errors.Rejected)
        assert not problem.sent
        assert seen == []

    @pytest.mark.parametrize("path", ["@evil.example/", "/v1/x?a=/import", "/v1/x#/import"])
    def test_a_path_is_nothing_but_a_path(self, path: str) -> None:
        handler, seen = answering(httpx.Response(200))

        with pytest.raises(ValueError, match="begins with a slash and holds no query"):
            ask(client(handler, base_url="https://catalog.example"), path=path)

        assert seen == []

    def test_requests_are_counted_with_their_tries(self) -> None:
        handler, _ = answering(httpx.Response(503), httpx.Response(200))
        subject = client(handler)

        ask(subject)
        ask(subject, "PATCH")

        assert subject.requests == {"GET": 2, "PATCH": 1}
        assert subject.requests.total() == 3


class TestPlanning:
    def test_a_write_is_refused_before_anything_is_sent(self) -> None:
        handler, seen = answering(httpx.Response(200))
        subject = client(handler)

        for method in ("POST", "put", "PATCH", "DELETE", "OPTIONS"):
            with pytest.raises(errors.WriteRefused, match=r"/v1/x while planning"):
                run(subject.request(method, "/v1/x", repeatable=True))

        assert seen == []
        assert subject.requests.total() == 0

    def test_reads_and_rehearsals_pass(self) -> None:
        asked = []

        def rehearsal(method: str, path: str, params: Mapping[str, str]) -> bool:
            asked.append((method, path, dict(params)))
            return params.get("dryRun") == "true"

        handler, seen = answering(httpx.Response(200))

        async def work() -> None:
            async with client(handler, rehearsal=rehearsal) as subject:
                await subject.request("GET", "/a")
                await subject.request("head", "/b")
                await subject.request("put", "/c", params={"dryRun": "true"})
                with pytest.raises(errors.WriteRefused):
                    await subject.request("PUT", "/d", params={"dryRun": "false"})
                with pytest.raises(errors.WriteRefused):
                    await subject.request("PUT", "/e")

        run(work())

        assert [request.method for request in seen] == ["GET", "HEAD", "PUT"]
        assert asked[0] == ("PUT", "/c", {"dryRun": "true"})
        assert asked[-1] == ("PUT", "/e", {})

    def test_writes_pass_inside_of_the_block_only(self) -> None:
        handler, seen = answering(httpx.Response(200))

        async def work() -> None:
            async with client(handler) as subject:
                with subject.may_write():
                    with subject.may_write():
                        pass
                    await subject.request("POST", "/a")
                with pytest.raises(RuntimeError), subject.may_write():
                    raise RuntimeError
                assert not subject.writing
                with pytest.raises(errors.WriteRefused):
                    await subject.request("POST", "/b")

        run(work())

        assert len(seen) == 1


class TestAnswers:
    @pytest.mark.parametrize(
        ("answer", "words"),
        [
            (httpx.Response(200, html="<!doctype html>"), "answered HTML where JSON was expected"),
            (httpx.Response(200, text="  "), "answered nothing where"),
            (httpx.Response(200, text="a,b"), r"answered something else \(text/plain\) where"),
            (httpx.Response(200, content=b"\xff"), r"something else \(of no type\)"),
            (httpx.Response(200, content=b"[" * 100_000), "something else"),
        ],
    )
    def test_no_json_is_told_by_what_came(self, answer: httpx.Response, words: str) -> None:
        handler, _ = answering(answer)
        response = ask(client(handler), operation="list tables")

        with pytest.raises(errors.BadResponse, match=words) as caught:
            response.json()

        assert str(caught.value).startswith("openmetadata: list tables: answered ")
        assert caught.value.__context__ is None

    def test_html_asks_whether_the_url_is_right(self) -> None:
        handler, _ = answering(httpx.Response(200, html="<html>"))

        with pytest.raises(errors.BadResponse, match="; is the URL right"):
            ask(client(handler)).json()

    def test_text_is_utf8_whatever_the_header_says(self) -> None:
        kind = {"Content-Type": "text/plain; charset=iso-8859-1"}
        handler, _ = answering(
            httpx.Response(200, content="ü\r\n".encode() + b"\xff", headers=kind)
        )

        answer = ask(client(handler))

        assert answer.text() == "ü\r\n\ufffd"
        assert answer.headers["content-TYPE"] == kind["Content-Type"]
        assert answer.status == 200

    def test_a_zipped_answer_is_unpacked(self) -> None:
        kind = {"Content-Encoding": "gzip"}
        packed = httpx.Response(200, content=gzip.compress(b'{"a": 1}'), headers=kind)
        handler, seen = answering(packed)

        assert ask(client(handler)).json() == {"a": 1}
        assert seen[0].headers["Accept-Encoding"] == "gzip"

    def test_an_answer_that_cannot_be_unpacked_is_a_bad_one(self) -> None:
        async def peer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await head(reader)
            writer.write(http(b"no gzip at all", "200 OK", "Content-Encoding: gzip"))

        async def work() -> None:
            async with serving(peer) as url, client(base_url=url) as subject:
                with pytest.raises(errors.BadResponse, match="cannot be unpacked"):
                    await subject.request("GET", "/")
                assert subject.requests.total() == 1

        run(work())

    @pytest.mark.parametrize(
        ("base", "location", "words"),
        [
            (URL, "https://login.example/?to=x", r"answered 302, a redirect to login\.example,"),
            (URL, "/login", r"redirect to catalog\.example, .*; is the URL right, and is there a"),
            ("http://c.example", "https://c.example/v1/x", "write the URL with https://"),
            (URL, "https://[broken", r"redirect to catalog\.example"),
            (URL, "https://me:pass@login.example/", r"redirect to login\.example,"),
        ],
    )
    def test_a_redirect_is_not_followed(self, base: str, location: str, words: str) -> None:
        handler, seen = answering(httpx.Response(302, headers={"Location": location}))

        problem = refusal(client(handler, base_url=base))

        assert isinstance(problem, errors.BadResponse)
        assert len(seen) == 1
        with pytest.raises(errors.BadResponse, match=words):
            raise problem


class TestRefusals:
    @pytest.mark.parametrize(
        ("status", "kind"),
        [
            (400, errors.Rejected),
            (401, errors.Unauthorized),
            (403, errors.Forbidden),
            (404, errors.NotFound),
            (405, errors.Rejected),
            (409, errors.Conflict),
            (412, errors.Conflict),
            (415, errors.Rejected),
            (429, errors.RateLimited),
            (500, errors.BadResponse),
            (503, errors.BadResponse),
            (599, errors.BadResponse),
        ],
    )
    def test_each_status_has_its_error(self, status: int, kind: type[errors.CatalogError]) -> None:
        handler, _ = answering(httpx.Response(status, json={"message": "table not found"}))

        problem = refusal(client(handler), "PATCH", operation="patch table a.b")

        assert type(problem) is kind
        assert problem.status == status
        assert problem.sent
        assert problem.message.startswith("table not found")
        assert str(problem).startswith("openmetadata: patch table a.b: table not found")

    def test_the_provider_may_know_better_what_was_meant(self) -> None:
        handler, seen = answering(httpx.Response(500, text="wrapped"))

        def explain(status: int, body: bytes) -> tuple[int, str]:
            return 404, f"{status} {body.decode()}"

        problem = refusal(client(handler, explain=explain))

        assert isinstance(problem, errors.NotFound)
        assert problem.message == "500 wrapped"
        assert len(seen) == 1

    def test_an_error_stays_an_error_whatever_the_provider_makes_of_it(self) -> None:
        handler, _ = answering(httpx.Response(400, text="no"))

        problem = refusal(client(handler, explain=lambda status, body: (200, "fine")))

        assert isinstance(problem, errors.Rejected)
        assert problem.status == 400

    @pytest.mark.parametrize(
        ("body", "message"),
        [
            (b'{"message": "a\\u001b[31m\\u202e\\ud800\\n  b"}', "a[31m b"),
            (b'{"detail": "throttled", "message": ""}', "throttled"),
            (b'{"errors": [1]}', '{"errors": [1]}'),
            (b"plain\x00 \xff words", "plain \ufffd words"),
            (b"", "HTTP 418 I'm a Teapot"),
            (b"\n<html><title>\n Bad\tGateway </title>", "HTTP 418, a page titled 'Bad\\tGateway'"),
            (b"<html>", "HTTP 418, a page"),
            (b"[" * 100_000, "[" * 499 + "…"),
        ],
    )
    def test_the_word_of_the_catalog_is_made_fit_to_be_shown(
        self, body: bytes, message: str
    ) -> None:
        handler, _ = answering(httpx.Response(418, content=body))

        assert refusal(client(handler)).message == message

    def test_a_status_that_nobody_knows_is_named(self) -> None:
        handler, _ = answering(httpx.Response(499))

        assert refusal(client(handler)).message == "HTTP 499"


class TestTryingAgain:
    @pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
    def test_a_read_waits_longer_each_time_and_gives_up_after_five(self, status: int) -> None:
        handler, seen = answering(httpx.Response(status, text="busy"))
        time = Time()

        problem = refusal(client(handler, time))

        assert problem.status == status
        assert problem.message == "busy (5 tries)"
        assert len(seen) == TRIES == 5
        assert time.slept == [1, 2, 4, 8]

    def test_chance_spreads_the_waits(self) -> None:
        handler, _ = answering(httpx.Response(502))
        time, draws = Time(), iter([0.5, 0.0, 0.25, 1.0, 1.0])

        refusal(client(handler, time, jitter=lambda: next(draws)))

        assert time.slept == [0.5, 0.0, 1.0, 8.0]

    def test_a_write_that_may_be_repeated_is_repeated(self) -> None:
        handler, seen = answering(httpx.Response(503), httpx.ReadTimeout(""), httpx.Response(200))

        ask(client(handler), "PUT", json={"a": 1}, repeatable=True)

        assert [request.content for request in seen] == [b'{"a":1}'] * 3

    def test_a_500_is_an_answer_to_a_write(self) -> None:
        handler, seen = answering(httpx.Response(500))

        refusal(client(handler), "PUT", repeatable=True)

        assert len(seen) == 1

    @pytest.mark.parametrize(
        "lost",
        [
            httpx.ConnectError("refused"),
            httpx.ConnectTimeout(""),
            httpx.PoolTimeout(""),
            httpx.Response(429),
        ],
    )
    def test_any_write_is_repeated_if_the_catalog_surely_did_not_act(
        self, lost: httpx.Response | Exception
    ) -> None:
        handler, seen = answering(lost, httpx.Response(200))

        ask(client(handler), "POST")

        assert len(seen) == 2

    @pytest.mark.parametrize(
        "lost",
        [
            httpx.ReadTimeout(""),
            httpx.WriteTimeout(""),
            httpx.ReadError(""),
            httpx.WriteError(""),
            httpx.RemoteProtocolError("Server disconnected without sending a response."),
            httpx.Response(500),
            httpx.Response(502),
            httpx.Response(503, headers={"Retry-After": "1"}),
            httpx.Response(504),
        ],
    )
    def test_no_other_write_is_sent_twice_once_it_may_have_worked(
        self, lost: httpx.Response | Exception
    ) -> None:
        handler, seen = answering(lost)

        problem = refusal(client(handler), "POST")

        assert isinstance(problem, errors.Unreachable | errors.BadResponse)
        assert problem.sent
        assert len(seen) == 1

    def test_a_read_that_must_not_be_repeated_is_not(self) -> None:
        handler, seen = answering(httpx.ReadTimeout(""))

        refusal(client(handler), repeatable=False)

        assert len(seen) == 1

    @pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 501])
    def test_a_plain_answer_is_taken_as_one(self, status: int) -> None:
        handler, seen = answering(httpx.Response(status))

        refusal(client(handler))

        assert len(seen) == 1

    def test_patience_ends_before_the_tries_do_if_each_takes_long(self) -> None:
        time = Time()

        def handler(request: httpx.Request) -> httpx.Response:
            time.now += 140
            raise httpx.ReadTimeout("")

        subject = client(handler, time)

        assert refusal(subject, slow=True).message.endswith("(3 tries)")

    def test_waiting_for_a_place_is_no_part_of_the_patience(self) -> None:
        time, states = Time(), iter([200] * 6 + [503] + [200] * 10)

        def handler(request: httpx.Request) -> httpx.Response:
            time.now += 100
            return httpx.Response(next(states))

        async def work() -> list[Response]:
            async with client(handler, time, concurrency=1) as subject:
                return await asyncio.gather(*(subject.request("GET", "/") for _ in range(8)))

        assert len(run(work())) == 8


class TestRetryAfter:
    @pytest.mark.parametrize(
        ("header", "seconds"),
        [
            ({"Retry-After": "7"}, 7.0),
            ({"Retry-After": " 2.5 "}, 2.5),
            (
                {
                    "Retry-After": "Wed, 21 Oct 2026 07:28:30 GMT",
                    "Date": "Wed, 21 Oct 2026 07:28:00 GMT",
                },
                30.0,
            ),
            ({"Retry-After": "Wed, 21 Oct 2015 07:28:30 GMT"}, 1.0),
            ({"Retry-After": "0"}, 1.0),
            ({"Retry-After": "soon"}, 1.0),
            ({"Retry-After": "-5"}, 1.0),
            ({"Retry-After": "Wed, 99 Foo 2026 07:28:30 GMT"}, 1.0),
            ({}, 1.0),
        ],
    )
    @pytest.mark.parametrize("status", [429, 503])
    def test_is_obeyed_where_it_asks_for_something(
        self, status: int, header: dict[str, str], seconds: float
    ) -> None:
        handler, _ = answering(httpx.Response(status, headers=header), httpx.Response(200))
        time = Time()

        ask(client(handler, time))

        assert time.slept == [seconds]

    def test_too_long_a_wait_is_told_and_not_waited(self) -> None:
        later = httpx.Response(429, headers={"Retry-After": "3600"}, json={"detail": "throttled"})
        handler, seen = answering(later)
        time = Time()

        problem = refusal(client(handler, time), "POST")

        assert isinstance(problem, errors.RateLimited)
        assert problem.message == "asks to wait 3600 s: throttled"
        assert time.slept == []
        assert len(seen) == 1

    def test_holds_back_every_request_to_the_catalog(self) -> None:
        sent: list[tuple[str, float]] = []
        time = Time()

        def handler(request: httpx.Request) -> httpx.Response:
            sent.append((request.url.path[-1], time.now))
            early = time.now < 1030
            return httpx.Response(429 if early else 200, headers={"Retry-After": "30"})

        async def work() -> None:
            async with client(handler, time, concurrency=1) as subject:
                await asyncio.gather(*(subject.request("GET", f"/{name}") for name in "abc"))

        run(work())

        assert sent[0] == ("a", 1000.0)
        assert sorted(sent[1:]) == [("a", 1030.0), ("b", 1030.0), ("c", 1030.0)]

    def test_too_long_a_wait_is_no_wait_for_the_others_either(self) -> None:
        handler, seen = answering(
            httpx.Response(503, headers={"Retry-After": "3600"}), httpx.Response(200)
        )
        time = Time()
        subject = client(handler, time)

        refusal(subject)
        ask(subject)

        assert time.slept == []
        assert len(seen) == 2

    def test_the_longest_wait_counts_and_may_grow_while_one_waits(self) -> None:
        time = Time()

        async def pause(seconds: float, why: str) -> None:
            await time.sleep(seconds)
            if len(time.slept) == 1:
                pace.hold(4, "more")

        pace = Pace((), clock=time.clock, pause=pause)
        pace.hold(30, "first")
        pace.hold(5, "shorter")

        run(pace.turn())

        assert time.slept == [30, 4]

    def test_is_announced_to_whoever_waits(self) -> None:
        handler, _ = answering(
            httpx.Response(429, headers={"Retry-After": "12"}),
            httpx.Response(502, text=f"down {TOKEN}"),
            httpx.Response(502),
            httpx.Response(200),
        )
        lines: list[str] = []
        draws = iter([1.0, 0.2])  # the wait after the second 502 is too short to be told

        ask(client(handler, on_wait=lines.append, jitter=lambda: next(draws)))

        assert lines == [
            "openmetadata: waiting 12 s, as the catalog asks",
            "openmetadata: waiting 2 s, down ***",
        ]


class TestPaceAndLimit:
    def test_no_minute_sees_more_requests_than_allowed(self) -> None:
        sent: list[float] = []
        time = Time()

        def handler(request: httpx.Request) -> httpx.Response:
            sent.append(time.now)
            time.now += 1
            return httpx.Response(200)

        async def work() -> None:
            async with client(handler, time, requests_per_minute=10) as subject:
                for _ in range(35):
                    await subject.request("GET", "/")

        run(work())

        assert all(later - sent[i] >= 60 for i, later in enumerate(sent[10:]))
        assert sent[34] == 1000 + 3 * 60 + 4

    def test_no_more_run_at_once_than_allowed(self) -> None:
        running, most = 0, 0

        async def handler(request: httpx.Request) -> httpx.Response:
            nonlocal running, most
            running += 1
            most = max(most, running)
            await asyncio.sleep(0)
            running -= 1
            return httpx.Response(200)

        async def work() -> None:
            transport = httpx.MockTransport(handler)
            async with client(transport=transport, concurrency=3) as subject:
                await asyncio.gather(*(subject.request("GET", "/") for _ in range(50)))

        run(work())

        assert most == 3

    def test_the_limit_sinks_once_a_round_and_rises_slowly(self) -> None:
        limiter = Limiter(8)

        for _ in range(5):
            limiter.sink(sent_in=0)
        assert limiter.limit == 4
        for sent_in in (1, 2, 3, 4):
            limiter.sink(sent_in)
        assert limiter.limit == 1
        for _ in range(11):
            limiter.rise()
        assert limiter.limit == 2
        for _ in range(1000):
            limiter.rise()
        assert limiter.limit == 8

    @pytest.mark.parametrize(("status", "most"), [(429, 4), (503, 4), (500, 8)])
    def test_fewer_run_at_once_after_the_catalog_pushed_back(self, status: int, most: int) -> None:
        running, peaks, refused = 0, [0], False

        async def handler(request: httpx.Request) -> httpx.Response:
            nonlocal running, refused
            running += 1
            peaks[-1] = max(peaks[-1], running)
            await asyncio.sleep(0)
            running -= 1
            if request.url.path.endswith("/first"):
                first, refused = not refused, True
                return httpx.Response(status if first else 200)
            return httpx.Response(200)

        async def work() -> None:
            async with client(transport=httpx.MockTransport(handler)) as subject:
                await subject.request("GET", "/first")
                peaks.append(0)
                await asyncio.gather(*(subject.request("GET", "/") for _ in range(9)))

        run(work())

        assert peaks[-1] == most

    def test_good_answers_win_the_places_back(self) -> None:
        running, most = 0, 0

        async def handler(request: httpx.Request) -> httpx.Response:
            nonlocal running, most
            running += 1
            most = max(most, running)
            await asyncio.sleep(0)
            running -= 1
            return httpx.Response(503 if request.url.path.endswith("/busy") else 200)

        async def work() -> None:
            nonlocal most
            transport = httpx.MockTransport(handler)
            async with client(transport=transport, concurrency=2) as subject:
                with pytest.raises(errors.BadResponse):
                    await subject.request("GET", "/busy")
                await asyncio.gather(*(subject.request("GET", "/") for _ in range(9)))
                assert most == 1
                await asyncio.gather(*(subject.request("GET", "/") for _ in range(9)))
                assert most == 2

        run(work())

    def test_a_cancelled_request_gives_its_place_back(self) -> None:
        async def work() -> None:
            never = asyncio.Event()

            async def handler(request: httpx.Request) -> httpx.Response:
                if request.url.path.endswith("/stuck"):
                    await never.wait()
                return httpx.Response(200)

            transport = httpx.MockTransport(handler)
            async with client(transport=transport, concurrency=1) as subject:
                holds = asyncio.ensure_future(subject.request("GET", "/stuck"))
                await asyncio.sleep(0)
                waits = asyncio.ensure_future(subject.request("GET", "/stuck"))
                follows = asyncio.ensure_future(subject.request("GET", "/"))
                await asyncio.sleep(0)
                waits.cancel()
                holds.cancel()
                assert (await follows).status == 200
                assert (await subject.request("GET", "/")).status == 200

        run(work())

    def test_a_place_that_comes_together_with_the_cancellation_is_given_on(self) -> None:
        async def work() -> None:
            limiter = Limiter(1)

            async def pass_through() -> None:
                async with limiter:
                    await asyncio.sleep(0)

            async with limiter:
                unlucky = asyncio.ensure_future(pass_through())
                follows = asyncio.ensure_future(pass_through())
                await asyncio.sleep(0)
            unlucky.cancel()  # it has the place by now, and has not run since
            await follows
            with pytest.raises(asyncio.CancelledError):
                await unlucky
            await pass_through()

        run(work())


def every_exception_of_httpx() -> Iterator[type[Exception]]:
    for name in httpx.__all__:
        found = getattr(httpx, name)
        if isinstance(found, type) and issubclass(found, Exception):
            yield found


def made(kind: type[Exception], text: str) -> Exception:
    if kind is httpx.HTTPStatusError:
        request = httpx.Request("GET", URL)
        return httpx.HTTPStatusError(text, request=request, response=httpx.Response(500))
    try:
        return kind(text)
    except TypeError:
        return kind()


class TestTheSeam:
    @pytest.mark.parametrize("kind", list(every_exception_of_httpx()))
    def test_every_exception_of_httpx_becomes_an_error_of_ours(self, kind: type[Exception]) -> None:
        handler, _ = answering(made(kind, f"Bearer {TOKEN}"))

        problem = refusal(client(handler), "POST")

        assert type(problem).__module__ == "catalogctl.errors"
        assert problem.message
        assert "{" not in str(problem)
        assert_no_token(problem)

    def test_the_tree_was_walked(self) -> None:
        assert {httpx.ReadTimeout, httpx.InvalidURL, httpx.StreamClosed} <= set(
            every_exception_of_httpx()
        )

    @pytest.mark.parametrize(
        ("slow", "words"),
        [
            (False, "catalog.example did not answer within 60 s; give it longer with `timeout`"),
            (True, "did not answer within 300 s; give it longer with `slow_timeout`"),
        ],
    )
    def test_a_time_out_says_how_long_and_what_to_set(self, slow: bool, words: str) -> None:
        handler, _ = answering(httpx.ReadTimeout(""))

        assert words in str(refusal(client(handler), "POST", slow=slow))

    def test_time_outs_reach_the_transport(self) -> None:
        handler, seen = answering(httpx.Response(200))
        subject = client(handler, timeout=20, slow_timeout=500)

        ask(subject)
        ask(subject, slow=True)

        usual, slow = (request.extensions["timeout"] for request in seen)
        assert (usual["read"], usual["connect"]) == (20, 10)
        assert (slow["read"], slow["connect"]) == (500, 10)

    @pytest.mark.parametrize(
        ("reason", "words", "tries"),
        [
            (
                socket.gaierror(socket.EAI_NONAME, "unknown"),
                "the name of catalog.example cannot be resolved; is the URL right?",
                1,
            ),
            (socket.gaierror(socket.EAI_AGAIN, "later"), "cannot be resolved (5 tries)", 5),
            (ConnectionRefusedError(), "catalog.example refuses connections (5 tries); is the", 5),
            (ssl.SSLError(1, "odd"), "no TLS connection to catalog.example: it failed", 5),
            (OSError("no route"), "no connection to catalog.example (5 tries)", 5),
        ],
    )
    def test_what_keeps_from_connecting_is_named(
        self, reason: Exception, words: str, tries: int
    ) -> None:
        try:
            try:
                raise OSError("All connection attempts failed") from reason
            except OSError as low:
                raise httpx.ConnectError("All connection attempts failed") from low
        except httpx.ConnectError as caught:
            handler, seen = answering(caught)

        problem = refusal(client(handler), "POST")

        assert isinstance(problem, errors.Unreachable)
        assert words in str(problem)
        assert not problem.sent
        assert len(seen) == tries

    def test_a_proxy_in_the_environment_is_among_the_suspects(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example:3128")
        handler, _ = answering(httpx.ConnectError("x"))

        assert "HTTPS_PROXY" in str(refusal(client(handler)))
        monkeypatch.setenv("NO_PROXY", "catalog.example")
        assert "HTTPS_PROXY" not in str(refusal(client(handler)))

    def test_one_refusing_address_of_several_is_reason_enough(self) -> None:
        both = OSError("multiple addresses failed")
        both.exceptions = (OSError(101, "unreachable"), ConnectionRefusedError())  # type: ignore[attr-defined]
        lost = httpx.ConnectError("x")
        lost.__cause__ = both
        handler, _ = answering(lost)

        assert "catalog.example refuses connections" in str(refusal(client(handler)))

    @pytest.mark.parametrize(
        ("url", "words"),
        [
            ("catalog.example/api", "the URL must begin with https://"),
            ("localhost:8585/api", "the URL must begin with https://"),
            ("ftp://catalog.example", "the URL must begin with https://"),
            ("http://catalog.example:port", "the URL cannot be used"),
            ("http://[::1", "the URL cannot be read"),
            ("https://me:hunter22@catalog.example", "may hold no user or password"),
        ],
    )
    def test_a_url_that_cannot_work_is_told_without_sending(self, url: str, words: str) -> None:
        problem = refusal(client(base_url=url), "POST")

        assert words in str(problem)
        assert not problem.sent
        assert "hunter22" not in str(problem)

    def test_a_header_that_cannot_be_sent_is_told(self) -> None:
        handler, seen = answering(httpx.Response(200))

        problem = refusal(client(handler), headers={"If-Match": "ü"})

        assert problem.message == "a header cannot be sent"
        assert seen == []

    def test_a_port_without_a_server_refuses(self) -> None:
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            port = taken.getsockname()[1]

            problem = refusal(client(base_url=f"http://127.0.0.1:{port}/api"))

        assert str(problem).startswith(
            f"openmetadata: 127.0.0.1:{port} refuses connections (5 tries)"
        )
        assert isinstance(problem, errors.Unreachable)


class TestConnections:
    def test_one_connection_serves_many_requests(self) -> None:
        connections = 0

        async def peer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            nonlocal connections
            connections += 1
            while await head(reader):
                writer.write(http())

        async def work() -> None:
            async with serving(peer) as url, client(base_url=url) as subject:
                for _ in range(5):
                    await subject.request("GET", "/")

        run(work())

        assert connections == 1

    @pytest.mark.parametrize(("method", "tries"), [("GET", 5), ("POST", 1)])
    def test_silence_counts_as_sent(self, method: str, tries: int) -> None:
        async def peer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await head(reader)
            await reader.read()

        async def work() -> None:
            async with serving(peer) as url, client(base_url=url, timeout=0.02) as subject:
                with subject.may_write(), pytest.raises(errors.Unreachable) as caught:
                    await subject.request(method, "/")
                assert caught.value.sent
                assert "did not answer within 0.02 s" in caught.value.message
                assert subject.requests.total() == tries

        run(work())

    @pytest.mark.parametrize("partial", [b"", http(b"{}")[:-1], http()[:20], b"no HTTP\r\n\r\n"])
    @pytest.mark.parametrize(("method", "tries"), [("GET", 5), ("POST", 1)])
    def test_a_cut_connection_counts_as_sent(self, method: str, tries: int, partial: bytes) -> None:
        async def peer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await head(reader)
            writer.write(partial)

        async def work() -> None:
            async with serving(peer) as url, client(base_url=url) as subject:
                with subject.may_write(), pytest.raises(errors.Unreachable, match="cut") as caught:
                    await subject.request(method, "/")
                assert caught.value.sent
                assert subject.requests.total() == tries

        run(work())

    def test_a_kept_connection_that_is_cut_counts_as_sent_as_well(self) -> None:
        async def peer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await head(reader)
            writer.write(http())
            await head(reader)

        async def work() -> None:
            async with serving(peer) as url, client(base_url=url) as subject:
                await subject.request("GET", "/")
                with subject.may_write(), pytest.raises(errors.Unreachable) as caught:
                    await subject.request("POST", "/")
                assert caught.value.sent
                assert subject.requests["POST"] == 1

        run(work())

    def test_a_cancelled_request_leaves_the_client_usable(self) -> None:
        arrived = asyncio.Event()

        async def peer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            if b"/stuck" in await head(reader):
                arrived.set()
                await reader.read()
            writer.write(http())

        async def work() -> None:
            async with serving(peer) as url, client(base_url=url, concurrency=1) as subject:
                stuck = asyncio.ensure_future(subject.request("GET", "/stuck"))
                await arrived.wait()
                stuck.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await stuck
                assert (await subject.request("GET", "/")).status == 200

        run(work())

    def test_a_proxy_is_honoured_but_not_for_loopback(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        lines = []

        async def peer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            lines.append((await head(reader)).split(b"\r\n")[0])
            writer.write(http())

        async def work() -> None:
            async with serving(peer) as proxy:
                monkeypatch.setenv("HTTP_PROXY", proxy)
                async with client(base_url="http://catalog.example/api") as subject:
                    await subject.request("GET", "/v1/x")
                async with client(base_url=proxy) as subject:
                    await subject.request("GET", "/v1/y")

        run(work())

        assert lines == [
            b"GET http://catalog.example/api/v1/x HTTP/1.1",
            b"GET /v1/y HTTP/1.1",
        ]

    @pytest.mark.parametrize(
        ("answer", "tries"), [("407 Proxy Authentication Required", 1), ("503 Busy", 5)]
    )
    def test_a_proxy_that_refuses_is_named(
        self, monkeypatch: pytest.MonkeyPatch, answer: str, tries: int
    ) -> None:
        async def peer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await head(reader)
            writer.write(http(b"", answer))

        async def work() -> None:
            async with serving(peer) as proxy:
                monkeypatch.setenv("HTTPS_PROXY", proxy)
                async with client(base_url="https://catalog.example/api") as subject:
                    with subject.may_write(), pytest.raises(errors.Unreachable) as caught:
                        await subject.request("POST", "/v1/x")
                    assert subject.requests.total() == tries
            assert f"the proxy makes no connection to catalog.example: {answer}" in str(
                caught.value
            )
            assert not caught.value.sent

        run(work())

    @pytest.mark.parametrize("proxy", ["gopher://proxy.example", "socks5://proxy.example"])
    def test_a_proxy_that_cannot_be_used_is_told(
        self, monkeypatch: pytest.MonkeyPatch, proxy: str
    ) -> None:
        monkeypatch.setenv("ALL_PROXY", proxy)

        assert "the proxy that the environment names cannot be used" in str(refusal(client()))


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for localhost, signed by itself, and its key."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl makes the certificate for this test")
    path = tmp_path_factory.mktemp("tls") / "localhost.pem"
    words = (
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2"
        f" -subj /CN=localhost -addext subjectAltName=DNS:localhost -keyout {path} -out {path}.crt"
    )
    subprocess.run(words.split(), check=True, capture_output=True)
    path.write_text(path.read_text() + Path(f"{path}.crt").read_text())
    return path


class TestTls:
    async def ask(self, certificate: Path, host: str, ca_bundle: str | None) -> Response:
        async def peer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await head(reader)
            writer.write(http())

        tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        tls.load_cert_chain(certificate)
        async with serving(peer, tls) as url:
            base = url.replace("127.0.0.1", host)
            async with client(base_url=base, ca_bundle=ca_bundle) as subject:
                return await subject.request("GET", "/")

    def test_a_bundle_of_ones_own_is_trusted(self, certificate: Path) -> None:
        answer = run(self.ask(certificate, "localhost", f"{certificate}.crt"))

        assert answer.status == 200

    @pytest.mark.parametrize(
        ("host", "own", "words"),
        [
            ("localhost", False, "name your organisation's CA in `ca_bundle`"),
            ("127.0.0.1", True, "is the URL right?"),
        ],
    )
    def test_a_certificate_that_is_not_accepted_is_told_with_the_mend(
        self, certificate: Path, host: str, own: bool, words: str
    ) -> None:
        with pytest.raises(errors.Unreachable, match=f"the certificate of {host}") as caught:
            run(self.ask(certificate, host, f"{certificate}.crt" if own else None))

        assert words in str(caught.value)
        assert "tries" not in str(caught.value)
        assert not caught.value.sent

    def test_https_to_a_server_without_is_told(self) -> None:
        async def peer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.read(10)
            writer.write(http(b"", "400 Bad Request"))

        async def work() -> None:
            async with serving(peer) as url:
                await client(base_url=url.replace("http:", "https:")).request("GET", "/")

        with pytest.raises(errors.Unreachable, match=r"no TLS connection to .*: [A-Z_]+ \(5 tries"):
            run(work())

    @pytest.mark.parametrize("content", [None, "no certificate"])
    def test_a_bundle_that_cannot_be_read_is_told(
        self, tmp_path: Path, content: str | None
    ) -> None:
        bundle = tmp_path / "ca.pem"
        if content is not None:
            bundle.write_text(content)

        problem = refusal(client(ca_bundle=str(bundle)))

        assert f"no certificates can be read from {bundle}" in str(problem)


def assert_no_token(problem: BaseException) -> None:
    """Not in the error, not in what hangs on to it, not in what a crash would print."""
    chain: list[BaseException] = []
    link: BaseException | None = problem
    while link is not None:
        chain.append(link)
        link = link.__cause__ or link.__context__
    printed = "".join(traceback.format_exception(problem))
    for text in [printed, *map(str, chain), *map(repr, chain), *(str(vars(x)) for x in chain)]:
        for form in (TOKEN, quote(TOKEN), quote(TOKEN, safe=""), "s3cr3t"):
            assert form not in text


class TestSecrets:
    @pytest.mark.parametrize(
        "echo",
        [
            f"Bearer {TOKEN} is wrong",
            f"token={quote(TOKEN)}",
            f"token={quote(TOKEN, safe='')}",
            f"\x1b{TOKEN[:12]}\u200b{TOKEN[12:]}",
            "x" * 490 + TOKEN,
        ],
    )
    def test_an_echo_of_the_token_is_taken_out(self, echo: str) -> None:
        handler, _ = answering(httpx.Response(400, json={"message": echo}))

        problem = refusal(client(handler), operation=f"read {TOKEN}")

        assert_no_token(problem)
        assert "***" in problem.message

    def test_other_secrets_are_taken_out_however_they_are_written(self) -> None:
        secret = 'p"ä ss\nword'
        for form in (secret, json.dumps(secret), repr(secret), quote(secret)):
            handler, _ = answering(httpx.Response(400, text=f"bad password {form}!"))

            message = refusal(client(handler, secrets=[secret])).message

            assert message in (
                "bad password ***!",
                'bad password "***"!',
                "bad password '***'!",
            )

    def test_of_two_secrets_the_longer_one_goes_first_and_line_ends_do_not_matter(self) -> None:
        handler, _ = answering(httpx.Response(400, text="abcd abcdefgh from-a-file"))
        secrets = ["abcd", "abcdefgh", "from-a-file\n"]

        assert refusal(client(handler, secrets=secrets)).message == "*** *** ***"

    def test_a_secret_that_is_no_secret_does_not_garble_everything(self) -> None:
        handler, _ = answering(httpx.Response(400, text="a plain word"))

        assert refusal(client(handler, secrets=["", " ", "a"])).message == "a plain word"

    @pytest.mark.parametrize("token", [f"{TOKEN}\n", f"{TOKEN} ", "", f"{TOKEN}é", f"\t{TOKEN}"])
    def test_a_token_that_cannot_be_sent_is_told_without_showing_it(self, token: str) -> None:
        handler, seen = answering(httpx.Response(200))

        problem = refusal(client(handler, auth={"Authorization": f"Bearer {token}"}))

        assert "the value of the header Authorization" in str(problem)
        assert not problem.sent
        assert seen == []
        assert_no_token(problem)

    def test_a_redirect_does_not_show_it(self) -> None:
        there = f"https://{quote(TOKEN, safe='')}.example/?t={quote(TOKEN)}"
        handler, _ = answering(httpx.Response(302, headers={"Location": there}))

        assert_no_token(refusal(client(handler)))

    def test_the_log_tells_of_each_try_and_shows_nothing_else(
        self, caplog: pytest.LogCaptureFixture
    ) -> None:
        time = Time()

        def handler(request: httpx.Request) -> httpx.Response:
            time.now += 0.25
            if len(seen.append(1) or seen) == 1:  # type: ignore[func-returns-value]
                raise httpx.ReadTimeout("")
            return httpx.Response(200, text="an answer", headers={"X-Secret": "hidden"})

        seen: list[int] = []
        with caplog.at_level(logging.DEBUG, logger="catalogctl.http"):
            ask(client(handler, time), path=f"/v1/{quote(TOKEN, safe='')}", params={"q": "query"})

        lines = [entry.getMessage() for entry in caplog.records if entry.name == "catalogctl.http"]
        assert lines == [
            "GET /v1/***: no answer, 250 ms, try 1",
            "GET /v1/***: 200, 250 ms, try 2",
        ]


class TestQuotas:
    @given(
        arrivals=st.lists(st.floats(0, 30), min_size=1, max_size=40),
        quotas=st.lists(st.tuples(st.integers(1, 5), st.floats(1, 60)), min_size=1, max_size=3),
    )
    def test_no_stretch_of_time_sees_more_than_its_quota(
        self, arrivals: list[float], quotas: list[tuple[int, float]]
    ) -> None:
        now, went = 0.0, []

        async def pause(seconds: float, why: str) -> None:
            nonlocal now
            assert why == "the limit is reached"
            now += seconds

        async def scenario() -> None:
            nonlocal now
            limits = [Quota(number, seconds, "the limit") for number, seconds in quotas]
            pace = Pace(limits, clock=lambda: now, pause=pause)
            for gap in arrivals:
                now += gap
                await pace.turn()
                went.append(now)

        asyncio.run(scenario())
        for number, seconds in quotas:
            for first, after in zip(went, went[number:], strict=False):
                assert after - first >= seconds - 1e-6


@pytest.mark.parametrize("told", [None, "", "yesterday"])
def test_an_answer_tells_the_catalogs_time_or_ours(told: str | None) -> None:
    dated = Response(200, {"date": "Wed, 25 Nov 2026 12:00:00 GMT"}, b"")
    assert dated.time == datetime(2026, 11, 25, 12, tzinfo=timezone.utc).timestamp()
    undated = Response(200, {} if told is None else {"date": told}, b"")
    assert abs(undated.time - datetime.now(timezone.utc).timestamp()) < 60
