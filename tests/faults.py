"""An HTTP proxy that records what passes and breaks what it is told to break."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPResponse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlsplit

_HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "content-length"}
_PIECE = 1 << 16


@dataclass(frozen=True)
class Request:
    """A request as the proxy saw it; header names are in lower case."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes

    @property
    def path(self) -> str:
        """The path, decoded."""
        return unquote(urlsplit(self.target).path)

    @property
    def query(self) -> dict[str, str]:
        """The parameters, decoded."""
        found = parse_qs(urlsplit(self.target).query, keep_blank_values=True)
        return {name: values[0] for name, values in found.items()}

    @property
    def is_listing(self) -> bool:
        """Whether it lists a bucket."""
        return "list-type" in self.query

    @property
    def is_get(self) -> bool:
        """Whether it reads an object."""
        return self.method == "GET" and not self.query and self.path.count("/") > 1


Matches = Callable[[Request], bool]


@dataclass
class Rule:
    """A fault: which requests it meets, how often, and what happens to them.

    Attributes:
        times: how many requests it meets; None for all.
        status: answer with this and an error as the service writes it, in place of forwarding.
        cut: send so many bytes of the body, then close.
        delay: seconds before the answer begins.
        pause: seconds between pieces of a body of `piece` bytes each.
        drop: close without an answer.
    """

    matches: Matches
    times: int | None = 1
    status: int = 0
    code: str = ""
    message: str = ""
    cut: int | None = None
    delay: float = 0
    pause: float = 0
    piece: int = _PIECE
    drop: bool = False
    met: int = 0


@dataclass
class Proxy:
    """What a test tells the proxy and learns from it."""

    endpoint: str
    requests: list[Request] = field(default_factory=list)
    rules: list[Rule] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, rule: Rule) -> Rule:
        """Break what the rule meets from now on; the first rule that meets a request counts."""
        with self._lock:
            self.rules.append(rule)
        return rule

    def listings(self) -> list[str]:
        """Return the prefixes that were listed."""
        return [r.query.get("prefix", "") for r in self.requests if r.is_listing]

    def take(self, request: Request) -> Rule | None:
        """Record a request and return the rule that meets it."""
        with self._lock:
            self.requests.append(request)
            for rule in self.rules:
                if (rule.times is None or rule.met < rule.times) and rule.matches(request):
                    rule.met += 1
                    return rule
        return None


@contextmanager
def proxy_before(upstream: str) -> Iterator[Proxy]:
    """Run a proxy on loopback before a server."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.daemon_threads = True
    server.block_on_close = False
    host, port = server.server_address[:2]
    proxy = Proxy(f"http://{host!s}:{port}")
    server.proxy, server.upstream = proxy, urlsplit(upstream).netloc  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield proxy
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1

    def _serve(self) -> None:
        request = Request(
            self.command,
            self.path,
            {name.lower(): value for name, value in self.headers.items()},
            self.rfile.read(int(self.headers.get("Content-Length") or 0)),
        )
        rule = self.server.proxy.take(request) or Rule(lambda _: True)  # type: ignore[attr-defined]
        time.sleep(rule.delay)
        if rule.drop:
            self.close_connection = True
        elif rule.status:
            self._refuse(rule)
        else:
            self._forward(request, rule)

    do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = _serve  # noqa: N815  # http.server's names

    def _refuse(self, rule: Rule) -> None:
        is_json = "X-Amz-Target" in self.headers
        body = (_json_error if is_json else _xml_error)(rule, self.command).encode()
        self.send_response(rule.status)
        self.send_header("Content-Type", "application/x-amz-json-1.0" if is_json else "text/xml")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def _forward(self, request: Request, rule: Rule) -> None:
        connection = HTTPConnection(self.server.upstream, timeout=30)  # type: ignore[attr-defined]
        connection.request(request.method, request.target, request.body, request.headers)
        answer = connection.getresponse()
        body = answer.read()
        connection.close()
        self._send_head(answer, body)
        if self.command != "HEAD":
            self._send_body(body, rule)

    def _send_head(self, answer: HTTPResponse, body: bytes) -> None:
        self.send_response_only(answer.status, answer.reason)
        for name, value in answer.getheaders():
            if name.lower() not in _HOP_BY_HOP:
                self.send_header(name, value)
        length = answer.getheader("Content-Length") if self.command == "HEAD" else None
        self.send_header("Content-Length", length or str(len(body)))
        self.end_headers()

    def _send_body(self, body: bytes, rule: Rule) -> None:
        whole = body if rule.cut is None else body[: rule.cut]
        for start in range(0, len(whole), rule.piece):
            self.wfile.write(whole[start:][: rule.piece])
            self.wfile.flush()
            time.sleep(rule.pause)
        if rule.cut is not None:
            self.close_connection = True

    def handle(self) -> None:
        """Serve a connection; a client that hangs up is no error of the proxy."""
        try:
            super().handle()
        except (ConnectionError, TimeoutError):
            self.close_connection = True

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def _xml_error(rule: Rule, method: str) -> str:
    error = f"<Error><Code>{rule.code}</Code><Message>{rule.message}</Message></Error>"
    is_query_protocol = method == "POST"
    return f"<ErrorResponse>{error}</ErrorResponse>" if is_query_protocol else error


def _json_error(rule: Rule, _: str) -> str:
    return json.dumps({"__type": f"com.amazonaws.sqs#{rule.code}", "message": rule.message})
