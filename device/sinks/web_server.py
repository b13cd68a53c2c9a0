"""A small web server: on this machine alone unless a token protects it, bounded in connections, time and size."""

from __future__ import annotations

import hmac
import ipaddress
import json
import os
import re
import socket
import socketserver
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from ..errors import OutputError, UsageError, one_line

LOOPBACK = "127.0.0.1"
MOST_CONNECTIONS = 32  # besides those that watch
MOST_BYTES = 32 * 1024 * 1024  # of what is sent: more than a camera's JPEG takes
IDLE_S = 10.0
LINGER_S = 1.0  # in which a client that still sends can take the answer

Page = Callable[[dict[str, list[str]]], None]
Taker = Callable[[dict[str, list[str]], bytes], None]


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


class WebServer(ThreadingHTTPServer):
    """Serves from threads of its own until it is closed."""

    daemon_threads = True
    request_queue_size = MOST_CONNECTIONS
    block_on_close = False

    def __init__(self, address: Address, handler: type[WebHandler], *, token: str | None) -> None:
        """Bind the port and start to serve.

        Args:
            address: where.
            handler: answers requests.
            token: what every request must bring, or None.

        Raises:
            UsageError: other machines could reach it and there is no token.
            OutputError: the port is in use, or the address not this machine's.
        """
        if address.beyond_loopback and token is None:
            raise UsageError(
                f"--http: expected a token for {address.host}, which other machines can reach, found none; name a "
                "file with [http] token_file or set EDGE_DIGITS_HTTP_TOKEN"
            )
        self.token, self.host = token, address.host
        self._open: list[socket.socket] = []
        if ":" in address.host:
            self.address_family = socket.AF_INET6
        try:
            super().__init__((address.host, address.port), handler)
        except (OSError, TypeError, UnicodeError) as cause:  # all but the first: no name at all, such as "ä..b"
            raise OutputError(
                f"--http: cannot serve on {address.host} port {address.port}: {one_line(cause)}; choose another"
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
        """Close a connection; what still comes is dropped first, because closing over it could take the answer away."""
        with suppress(OSError):
            request.shutdown(socket.SHUT_WR)
            request.settimeout(LINGER_S)
            until_s = time.monotonic() + LINGER_S
            while time.monotonic() < until_s and request.recv(65536):
                pass
        self.forget(request)
        self.close_request(request)

    def forget(self, request: Any) -> None:
        """Count a connection no longer among those that may be too many."""
        with suppress(ValueError):
            self._open.remove(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of clients that leave."""

    def end(self) -> None:
        """Stop serving and close the port."""
        self.shutdown()
        self.server_close()


class WebHandler(BaseHTTPRequestHandler):
    """Who may ask, for which page, and how answers are sent; `pages` and `takers` say what there is."""

    server: WebServer
    timeout = IDLE_S
    server_version, sys_version = "edge-digits", ""

    def pages(self) -> dict[str, Page]:
        """Return what answers GET, by path."""
        return {}

    def takers(self) -> dict[str, Taker]:
        """Return what answers POST, by path."""
        return {}

    def do_GET(self) -> None:
        """Answer a request for a page."""
        path, _, asked = self.path.partition("?")
        query, pages = parse_qs(asked), self.pages()
        if self._refused(query):
            return
        if path in pages:
            self._answer_by(lambda: pages[path](query))
        else:
            self.answer(HTTPStatus.NOT_FOUND, f"expected one of {' '.join(pages)}\n".encode())

    def do_HEAD(self) -> None:
        """Answer as to GET, without the body."""
        self.do_GET()

    def do_POST(self) -> None:
        """Take what is sent, from this server's own pages and from programs."""
        path, _, asked = self.path.partition("?")
        query, takers = parse_qs(asked, keep_blank_values=True), self.takers()
        length = self.headers.get("Content-Length", "")
        if self._refused(query):
            return
        if path not in takers:
            wanted = f"expected one of {' '.join(takers)}" if takers else "nothing can be sent here; ask by GET"
            self.answer(HTTPStatus.NOT_FOUND, f"{wanted}\n".encode())
        elif not re.fullmatch("[0-9]{1,15}", length):
            self.answer(HTTPStatus.LENGTH_REQUIRED, b"expected the length of what is sent, found none\n")
        elif int(length) > MOST_BYTES:
            self.answer(
                HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"expected at most {MOST_BYTES} bytes, found {length}\n".encode()
            )
        else:
            if self.headers.get("Expect", "").lower() == "100-continue":  # else curl waits a second to send more
                self.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            content = self.rfile.read(int(length))
            if len(content) == int(length):  # else the client has gone
                self._answer_by(lambda: takers[path](query, content))

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Answer what the base class refuses in a line of text, where it would send a page."""
        if code != HTTPStatus.NOT_IMPLEMENTED:
            status = HTTPStatus(code)
            return self.answer(status, f"{message or explain or status.phrase}\n".encode("utf-8", "replace"))
        methods = ", ".join(["GET", "HEAD", *(["POST"] if self.takers() else [])])
        text = f"expected one of {methods}, found {self.command}\n".encode("utf-8", "replace")
        return self.answer(HTTPStatus.METHOD_NOT_ALLOWED, text, Allow=methods)

    def log_message(self, *_: object) -> None:
        """Log nothing: stderr is for what is wrong."""

    def _answer_by(self, answer: Callable[[], None]) -> None:
        """Answer, also where that fails for a reason that nobody thought of."""
        try:
            answer()
        except OSError:  # the client has gone
            raise
        except Exception as error:  # noqa: BLE001 - the last resort, for mistakes of our own
            text = f"a mistake in this program, please report it: {type(error).__name__}: {one_line(error)}\n"
            self.answer(HTTPStatus.INTERNAL_SERVER_ERROR, text.encode("utf-8", "replace"))

    def _refused(self, query: dict[str, list[str]]) -> bool:
        """Answer a request that must not be answered, and tell whether it was one."""
        if not self._known_host():
            self.answer(HTTPStatus.FORBIDDEN, b"this server is called otherwise\n")
        elif self.command == "POST" and not self._own_page():
            self.answer(HTTPStatus.FORBIDDEN, b"pages elsewhere must not send anything here\n")
        elif not self._permitted(query):
            text = b"a token is needed: ?token=TOKEN behind the address, or a header Authorization: Bearer TOKEN\n"
            self.answer(HTTPStatus.UNAUTHORIZED, text, **{"WWW-Authenticate": "Bearer"})
        else:
            return False
        return True

    def _own_page(self) -> bool:
        # Browsers name the page that sends; programs name none. Who has the token may send from anywhere.
        origin = self.headers.get("Origin")
        own = origin is None or origin.partition("://")[2] == self.headers.get("Host")
        return own or self.server.token is not None

    def _known_host(self) -> bool:
        # Without a token only this machine asks; a web page elsewhere that had its name point here must not.
        if self.server.token is not None:
            return True
        try:
            host = urlsplit(f"//{self.headers.get('Host', '')}").hostname
        except ValueError:  # a bracket that nothing closes
            return False
        return host in (None, "localhost", "127.0.0.1", "::1", self.server.host)

    def _permitted(self, query: dict[str, list[str]]) -> bool:
        if self.server.token is None:
            return True
        # RFC 9110: the name of a scheme in any case; and headers come as Latin-1, whatever bytes are in them.
        bearer = re.sub("(?i)^Bearer ", "", self.headers.get("Authorization", ""))
        given = [bearer.encode("latin-1", "replace"), *(each.encode() for each in query.get("token", []))]
        # A token from the environment need be no UTF-8; os.fsencode gives its bytes back.
        return any(hmac.compare_digest(each, os.fsencode(self.server.token)) for each in given)

    def answer_json(self, fields: object, *, status: HTTPStatus = HTTPStatus.OK) -> None:
        """Answer with a JSON document."""
        self.answer(status, json.dumps(fields, ensure_ascii=False).encode() + b"\n")

    def answer(self, status: HTTPStatus, body: bytes, *, kind: str = "application/json", **headers: str) -> None:
        """Answer with a body; a failure whose body is no JSON is plain text."""
        if status >= 400 and kind == "application/json" and not body.startswith(b"{"):
            kind = "text/plain"
        self.head(status, kind, **{"Content-Length": str(len(body)), **headers})
        if self.command != "HEAD":
            self.wfile.write(body)

    def head(self, status: HTTPStatus, kind: str, **headers: str) -> None:
        """Send the head of an answer."""
        self.close_connection = True
        self.send_response(status)
        fixed = {"Content-Type": kind, "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
        for name, value in {**fixed, **headers}.items():
            self.send_header(name, value)
        self.end_headers()
