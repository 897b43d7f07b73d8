"""What went wrong, in words for people: exceptions of httpx, and statuses, as `CatalogError`s.

This is the seam: httpx's exceptions end here. A `Failure` is a value, and the error that comes of
it is raised outside of any `except`, so that nothing of the request (its headers hold the token)
hangs on to the error as a cause or context.
"""

from __future__ import annotations

import json
import re
import socket
import ssl
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import quote, quote_plus, urlsplit
from urllib.request import getproxies, proxy_bypass

import httpx

from catalogctl import errors
from catalogctl.client import pacing
from catalogctl.errors import BadResponse, CatalogError, Rejected, Unreachable

Explain = Callable[[int, bytes], tuple[int, str]]

RAISED = (
    httpx.HTTPError,
    httpx.InvalidURL,
    httpx.CookieConflict,
    httpx.StreamError,
    OSError,  # TLS trouble after the handshake passes httpx unmapped
    UnicodeError,  # so does a header that cannot be encoded
)
"""Everything that sending a request may raise."""

_STATUS: Mapping[int, type[CatalogError]] = {
    401: errors.Unauthorized,
    403: errors.Forbidden,
    404: errors.NotFound,
    409: errors.Conflict,
    412: errors.Conflict,
    429: errors.RateLimited,
}
_PASSING = frozenset({429, 502, 503, 504})
_EXPECTED = re.compile(r"Expected available in (\d{1,9}) second")
_LENGTH = 500
_URL = "is the URL right?"
_UNSEEN = re.compile(
    r"[\x00-\x1f\x7f-\x9f\xad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff]"
)


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a request failed. `transient`: the same request may fare better in a moment."""

    kind: type[CatalogError]
    message: str
    hint: str | None = None
    status: int | None = None
    sent: bool = True
    transient: bool = False
    retry_after: float | None = None

    @property
    def ignored(self) -> bool:
        """The catalog surely did not act: it never got the request, or turned it away unread."""
        return not self.sent or self.status == 429


_SENTENCES: tuple[tuple[type[Exception], Failure], ...] = (  # the first that fits counts
    (
        httpx.ConnectTimeout,
        Failure(Unreachable, "no connection to {host} in time", _URL, sent=False, transient=True),
    ),
    (
        httpx.PoolTimeout,
        Failure(Unreachable, "no connection to {host} came free", sent=False, transient=True),
    ),
    (
        httpx.TimeoutException,
        Failure(
            Unreachable,
            "{host} did not answer within {seconds:g} s",
            "give it longer with `{setting}`",
            transient=True,
        ),
    ),
    (
        httpx.RemoteProtocolError,
        Failure(Unreachable, "{host} cut the connection, or does not speak HTTP", transient=True),
    ),
    (httpx.NetworkError, Failure(Unreachable, "{host} cut the connection", transient=True)),
    (OSError, Failure(Unreachable, "the connection to {host} broke", transient=True)),
    (httpx.LocalProtocolError, Failure(Rejected, "the request cannot be put into HTTP")),
    (
        httpx.UnsupportedProtocol,
        Failure(Unreachable, "the URL must begin with https:// or http://", sent=False),
    ),
    (httpx.InvalidURL, Failure(Rejected, "the URL cannot be used", _URL, sent=False)),
    (UnicodeError, Failure(Rejected, "a header cannot be sent", sent=False)),
    (httpx.DecodingError, Failure(BadResponse, "an answer that cannot be unpacked")),
    (Exception, Failure(BadResponse, "an answer that cannot be handled")),
)


def of_exception(problem: Exception, url: str, seconds: float, setting: str) -> Failure:
    """What an exception of `RAISED` means. Its own text is left out: it may quote headers."""
    parts = urlsplit(url)
    host = parts.netloc
    if isinstance(problem, httpx.ConnectError):
        return _not_connected(problem, parts.scheme, parts.hostname or "", host)
    if isinstance(problem, httpx.ProxyError):
        answer = str(problem)  # its status line
        passing = not answer.startswith("4")
        said = f"the proxy makes no connection to {host}: {answer}"
        return Failure(Unreachable, said, _proxy_hint(), sent=False, transient=passing)
    found = next(failure for kind, failure in _SENTENCES if isinstance(problem, kind))
    names = {"host": host, "seconds": seconds, "setting": setting}
    hint = found.hint.format(**names) if found.hint else None
    return Failure(
        found.kind,
        found.message.format(**names),
        hint,
        sent=found.sent,
        transient=found.transient,
    )


def _not_connected(problem: Exception, scheme: str, name: str, host: str) -> Failure:
    """Why no connection came about. Nothing was sent."""
    hint = _proxy_hint() if _has_proxy(scheme, name) else _URL
    for reason in _reasons(problem):
        if isinstance(reason, ssl.SSLCertVerificationError):
            said = f"the certificate of {host} is not accepted: {reason.verify_message}"
            mend = _URL if "ismatch" in said else "name your organisation's CA in `ca_bundle`"
            return Failure(Unreachable, said, mend, sent=False)
        if isinstance(reason, ssl.SSLError):
            said = f"no TLS connection to {host}: {getattr(reason, 'reason', '') or 'it failed'}"
            return Failure(Unreachable, said, _URL, sent=False, transient=True)
        if isinstance(reason, socket.gaierror):
            passing = reason.errno == socket.EAI_AGAIN
            said = f"the name of {host} cannot be resolved"
            return Failure(Unreachable, said, hint, sent=False, transient=passing)
        if isinstance(reason, ConnectionRefusedError):
            said = f"{host} refuses connections"
            return Failure(Unreachable, said, hint, sent=False, transient=True)
    said = f"no connection to {host}"
    return Failure(Unreachable, said, hint, sent=False, transient=True)


def _reasons(problem: BaseException | None) -> Iterator[BaseException]:
    """An exception and what lies below it; several addresses of a host fail as a group."""
    while problem is not None:
        yield problem
        for member in getattr(problem, "exceptions", ()):
            yield from _reasons(member)
        problem = problem.__cause__ or problem.__context__


def _has_proxy(scheme: str, name: str) -> bool:
    proxies = getproxies()
    return bool(proxies.get(scheme) or proxies.get("all")) and not proxy_bypass(name)


def _proxy_hint() -> str:
    return "are the URL and the proxy in HTTPS_PROXY, HTTP_PROXY or ALL_PROXY right?"


def of_answer(
    status: int, headers: Mapping[str, str], body: bytes, explain: Explain, url: str, reads: bool
) -> Failure:
    """What a status outside of 2xx means, with the catalog's own word for it."""
    if status < 400:
        return _redirected(status, headers, url)
    meant, word = explain(status, body)
    status = meant if meant >= 400 else status
    default = Rejected if status < 500 else BadResponse
    return Failure(
        _STATUS.get(status, default),
        _word(status, word),
        "is the token right, and still valid?" if status == 401 else None,
        status,
        transient=status in _PASSING or (status == 500 and reads),
        retry_after=pacing.retry_after(headers) or _expected_in(status, word),
    )


def _expected_in(status: int, word: str) -> float | None:
    """The wait that Django REST framework puts into its text, also where no header has it."""
    found = _EXPECTED.search(word) if status == 429 else None
    return float(found[1]) if found else None


def _redirected(status: int, headers: Mapping[str, str], url: str) -> Failure:
    try:
        there, here = urlsplit(headers.get("location", "")), urlsplit(url)
    except ValueError:
        there = here = urlsplit(url)
    hint = "is the URL right, and is there a login page in front of the API?"
    if there.netloc == here.netloc and (here.scheme, there.scheme) == ("http", "https"):
        hint = "write the URL with https://"
    target = there.netloc.rpartition("@")[2] or here.netloc
    said = f"answered {status}, a redirect to {target}, which is not followed"
    return Failure(BadResponse, said, hint, status)


def _word(status: int, text: str) -> str:
    """What the catalog said; of a page only its title, and the status when it said nothing."""
    if not text.strip():
        known = status in HTTPStatus._value2member_map_
        return f"HTTP {status} {HTTPStatus(status).phrase if known else ''}".rstrip()
    if not text.lstrip().startswith("<"):
        return text
    title = re.search(r"<title[^>]*>([^<]*)", text, re.I)
    return f"HTTP {status}, a page" + (f" titled {title.group(1).strip()!r}" if title else "")


def default_explain(status: int, body: bytes) -> tuple[int, str]:
    """The status as it is, and the text under the usual keys of a JSON error, else all of it."""
    text = body.decode("utf-8", "replace")
    try:
        answer = json.loads(text)
    except (ValueError, RecursionError):
        return status, text
    if isinstance(answer, dict):
        for key in ("message", "detail", "error_description", "error", "title"):
            if isinstance(answer.get(key), str) and answer[key].strip():
                return status, answer[key]
    return status, text


def redactor(secrets: Iterable[str]) -> Callable[[str], str]:
    """Makes a text fit to be shown: secrets out (as they are, quoted or escaped), one line, short.

    Texts of less than four characters are no secrets: taking them out would garble everything.
    """
    forms: set[str] = set()
    for secret in secrets:
        for text in {secret, secret.strip()}:
            forms |= {text, quote(text), quote(text, safe=""), quote_plus(text)}
            forms |= {json.dumps(text)[1:-1], repr(text)[1:-1]}
    known = sorted((form for form in forms if len(form.strip()) >= 4), key=len, reverse=True)
    pattern = re.compile("|".join(map(re.escape, known)) or r"(?!)")

    def redacted(text: str) -> str:
        text = " ".join(_UNSEEN.sub("", word) for word in pattern.sub("***", text).split())
        text = pattern.sub("***", text)
        return text if len(text) <= _LENGTH else text[: _LENGTH - 1] + "…"

    return redacted
