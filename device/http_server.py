"""The HTTP server of a run: readings, frames, health and metrics; on this machine alone unless a token protects it."""

from __future__ import annotations

import hmac
import ipaddress
import json
import re
import socket
import socketserver
import threading
from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from .errors import OutputError, UsageError
from .live_state import LiveState, Run
from .metrics import health, metrics

LOOPBACK = "127.0.0.1"
MOST_STREAMS = 8
MOST_CONNECTIONS = 32  # besides those that watch
IDLE_S = 10.0
BOUNDARY = "edge-digits-frame"
PAGE = b"""<!doctype html><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>edge-digits</title>
<style>body{font:16px system-ui,sans-serif;margin:1rem;background:#111;color:#eee}img{max-width:100%;border-radius:6px}
#text{font-size:3rem;white-space:pre-line;min-height:1.3em}</style><div id="text"></div><img id="frame" alt="frame">
<script>const q=location.search;document.getElementById("frame").src="stream.mjpg"+q;
setInterval(async()=>{const r=await fetch("readings"+(q?q+"&":"?")+"last=1");const a=(await r.json()).readings;
if(a.length)document.getElementById("text").textContent=a[0].error||a[0].held||a[0].text},500)</script>"""


@dataclass(frozen=True)
class Address:
    """Where to listen.

    Attributes:
        host: name or address.
        port: number; 0 for any free one.
    """

    host: str
    port: int

    @property
    def beyond_loopback(self) -> bool:
        """Whether other machines can reach it."""
        if self.host == "localhost":
            return False
        try:
            return not ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return True


def parse_address(text: str) -> Address:
    """Return the address that PORT, HOST:PORT or [IPV6]:PORT stands for.

    Raises:
        UsageError: it stands for none.
    """
    found = re.fullmatch(r"(?:(?:\[(?P<ipv6>[^\]]+)\]|(?P<host>[^:\[\]]+)):)?(?P<port>\d{1,5})", text, re.ASCII)
    if found is None or int(found["port"]) > 65535:
        raise UsageError(f"--http: expected PORT, HOST:PORT or [IPV6]:PORT, found {text!r}")
    return Address(found["ipv6"] or found["host"] or LOOPBACK, int(found["port"]))


class RunServer(ThreadingHTTPServer):
    """Serves a run from threads of its own until it is closed."""

    daemon_threads = True
    request_queue_size = MOST_CONNECTIONS
    block_on_close = False

    def __init__(self, address: Address, *, token: str | None, state: LiveState, run: Run) -> None:
        """Bind the port and start to serve.

        Args:
            address: where.
            token: what every request must bring, or None.
            state: what was read.
            run: source and sinks.

        Raises:
            UsageError: other machines could reach it and there is no token.
            OutputError: the port is in use, or the address not this machine's.
        """
        if address.beyond_loopback and token is None:
            raise UsageError(
                f"--http: expected a token for {address.host}, which other machines can reach, found none; name a file "
                "with [http] token_file or set EDGE_DIGITS_HTTP_TOKEN"
            )
        self.token, self.state, self.run, self.host = token, state, run, address.host
        self.streams = threading.Semaphore(MOST_STREAMS)
        self._open: list[socket.socket] = []
        if ":" in address.host:
            self.address_family = socket.AF_INET6
        try:
            super().__init__((address.host, address.port), _Handler)
        except OSError as cause:
            raise OutputError(
                f"--http: cannot serve on {address.host} port {address.port}: {cause.strerror}; choose another"
            ) from cause
        self._thread = threading.Thread(target=self.serve_forever, args=(0.1,), name="http", daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        """Its address for a browser."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}/"

    @property
    def port(self) -> int:
        """The port that is served on."""
        return int(self.server_address[1])

    def server_bind(self) -> None:
        """Bind without asking the network for this machine's name, as the base class would."""
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = self.host, self.port

    def process_request(self, request: Any, client_address: Any) -> None:
        """Answer a request in a thread of its own; the oldest connection goes where there are too many.

        So connections that ask for nothing take neither all threads nor anybody's turn.
        """
        self._open.append(request)
        while len(self._open) > MOST_CONNECTIONS:
            with suppress(OSError, IndexError):  # it has just been closed
                self._open.pop(0).shutdown(socket.SHUT_RDWR)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        """Close a connection."""
        self.forget(request)
        super().shutdown_request(request)

    def forget(self, request: Any) -> None:
        """Count a connection no longer among those that may be too many."""
        with suppress(ValueError):
            self._open.remove(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of clients that leave."""

    def end(self) -> None:
        """Stop serving and close the port."""
        self.state.close()
        self.shutdown()
        self.server_close()


class _Handler(BaseHTTPRequestHandler):
    server: RunServer
    timeout = IDLE_S
    server_version, sys_version = "edge-digits", ""

    def do_GET(self) -> None:
        """Answer one request."""
        parts = urlsplit(self.path)
        query = parse_qs(parts.query)
        if not self._known_host():
            return self._answer(HTTPStatus.FORBIDDEN, b"this server is called otherwise\n")
        if not self._permitted(query):
            return self._answer(HTTPStatus.UNAUTHORIZED, b"a token is needed\n", **{"WWW-Authenticate": "Bearer"})
        pages = {
            "/": self._page,
            "/readings": self._readings,
            "/frame.jpg": self._frame,
            "/stream.mjpg": self._stream,
            "/healthz": self._healthz,
            "/metrics": self._metrics,
        }
        page = pages.get(parts.path)
        if page is None:
            return self._answer(HTTPStatus.NOT_FOUND, f"expected one of {' '.join(pages)}\n".encode())
        return page(query)

    def do_HEAD(self) -> None:
        """Answer as to GET, without the body."""
        self.do_GET()

    def log_message(self, *_: object) -> None:
        """Log nothing: stderr is for what is wrong."""

    def _known_host(self) -> bool:
        # Without a token only this machine asks; a web page elsewhere that had its name point here must not.
        if self.server.token is not None:
            return True
        host = urlsplit(f"//{self.headers.get('Host', '')}").hostname
        return host in (None, "localhost", "127.0.0.1", "::1", self.server.host)

    def _permitted(self, query: dict[str, list[str]]) -> bool:
        if self.server.token is None:
            return True
        bearer = self.headers.get("Authorization", "").removeprefix("Bearer ")
        given = [bearer, *query.get("token", [])]
        return any(hmac.compare_digest(each.encode(), self.server.token.encode()) for each in given)

    def _page(self, _query: dict[str, list[str]]) -> None:
        self._answer(HTTPStatus.OK, PAGE, kind="text/html; charset=utf-8")

    def _readings(self, query: dict[str, list[str]]) -> None:
        last = query.get("last", [""])[0]
        most = int(last) if last.isdecimal() and 0 < int(last) < 10**9 else 10**9
        self._answer(HTTPStatus.OK, b'{"readings": [%s]}\n' % ", ".join(self.server.state.recent(most)).encode())

    def _frame(self, _query: dict[str, list[str]]) -> None:
        jpeg = self.server.state.jpeg()
        if jpeg is None:
            return self._answer(HTTPStatus.SERVICE_UNAVAILABLE, b"no frame yet\n", kind="text/plain")
        return self._answer(HTTPStatus.OK, jpeg, kind="image/jpeg")

    def _healthz(self, _query: dict[str, list[str]]) -> None:
        well, found = health(self.server.state, self.server.run)
        status = HTTPStatus.OK if well else HTTPStatus.SERVICE_UNAVAILABLE
        self._answer(status, json.dumps(found).encode() + b"\n")

    def _metrics(self, _query: dict[str, list[str]]) -> None:
        text = metrics(self.server.state, self.server.run)
        self._answer(HTTPStatus.OK, text.encode(), kind="text/plain; version=0.0.4; charset=utf-8")

    def _stream(self, _query: dict[str, list[str]]) -> None:
        if not self.server.streams.acquire(blocking=False):
            return self._answer(HTTPStatus.SERVICE_UNAVAILABLE, f"{MOST_STREAMS} watch already\n".encode())
        try:
            self.server.forget(self.connection)
            self._head(HTTPStatus.OK, f"multipart/x-mixed-replace; boundary={BOUNDARY}")
            if self.command == "GET":
                self._send_frames()
        finally:
            self.server.streams.release()

    def _send_frames(self) -> None:
        state, seen = self.server.state, -1
        while not state.closed:
            newest = state.wait_for_news(seen, timeout_s=1.0)
            jpeg = state.jpeg()
            if newest == seen or jpeg is None:
                continue
            seen = newest
            head = f"--{BOUNDARY}\r\nContent-Type: image/jpeg\r\nContent-Length: {len(jpeg)}\r\n\r\n"
            try:
                self.wfile.write(head.encode() + jpeg + b"\r\n")
            except OSError:  # the watcher has gone, or is too slow
                return

    def _answer(self, status: HTTPStatus, body: bytes, *, kind: str = "application/json", **headers: str) -> None:
        if status >= 400 and kind == "application/json" and not body.startswith(b"{"):
            kind = "text/plain"
        self._head(status, kind, **{"Content-Length": str(len(body)), **headers})
        if self.command == "GET":
            self.wfile.write(body)

    def _head(self, status: HTTPStatus, kind: str, **headers: str) -> None:
        self.close_connection = True
        self.send_response(status)
        fixed = {"Content-Type": kind, "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
        for name, value in {**fixed, **headers}.items():
            self.send_header(name, value)
        self.end_headers()
