"""The pages of a run: readings, frames, health and metrics."""

from __future__ import annotations

import re
import threading
from http import HTTPStatus

from ..paths import ASSETS
from ..printable import printable
from .live_state import LiveState, Run
from .metrics import health, metrics
from .web_server import Address, Page, WebHandler, WebServer

MOST_STREAMS = 8
BOUNDARY = "edge-digits-frame"
PAGE = ASSETS / "live.html"


class RunServer(WebServer):
    """Serves a run from threads of its own until it is closed."""

    def __init__(
        self,
        address: Address,
        *,
        token: str | None,
        state: LiveState,
        run: Run,
        handler: type[RunHandler] | None = None,
    ) -> None:
        """Bind the port and start to serve.

        Args:
            address: where.
            token: what every request must bring, or None.
            state: what was read.
            run: source and sinks.
            handler: answers requests, where there are more pages than those of a run.

        Raises:
            UsageError: other machines could reach it and there is no token.
            OutputError: the port is in use, or the address not this machine's.
        """
        self.state, self.run = state, run
        self.streams = threading.Semaphore(MOST_STREAMS)
        super().__init__(address, handler or RunHandler, token=token)

    def end(self) -> None:
        """Stop serving and close the port."""
        self.state.close()
        super().end()


class RunHandler(WebHandler):
    """Answers for a run."""

    server: RunServer

    def pages(self) -> dict[str, Page]:
        """Return what answers GET, by path."""
        return {
            "/": self.page,
            "/readings": self.readings,
            "/frame.jpg": self.frame,
            "/stream.mjpg": self.stream,
            "/healthz": self.healthz,
            "/metrics": self.metrics,
        }

    def page(self, _query: dict[str, list[str]]) -> None:
        """Show the newest frame and what holds."""
        self.answer(HTTPStatus.OK, PAGE.read_bytes(), kind="text/html; charset=utf-8")

    def readings(self, query: dict[str, list[str]]) -> None:
        """Give the latest readings."""
        last = query.get("last", [str(10**9)])[0]
        if not re.fullmatch("0*[1-9][0-9]*", last):
            line = f"last: expected a whole number from 1, found {printable(last[:20])}\n"
            return self.answer(HTTPStatus.BAD_REQUEST, line.encode())
        most = int(last) if len(last) < 10 else 10**9
        return self.answer(HTTPStatus.OK, b'{"readings": [%s]}\n' % ", ".join(self.server.state.recent(most)).encode())

    def frame(self, _query: dict[str, list[str]]) -> None:
        """Give the newest frame with its reading drawn on it."""
        jpeg = self.server.state.jpeg()
        if jpeg is None:
            return self.answer(HTTPStatus.SERVICE_UNAVAILABLE, b"no frame yet\n", kind="text/plain")
        return self.answer(HTTPStatus.OK, jpeg, kind="image/jpeg")

    def healthz(self, _query: dict[str, list[str]]) -> None:
        """Tell whether all is well."""
        well, found = health(self.server.state, self.server.run)
        self.answer_json(found, status=HTTPStatus.OK if well else HTTPStatus.SERVICE_UNAVAILABLE)

    def metrics(self, _query: dict[str, list[str]]) -> None:
        """Give the figures in Prometheus's format."""
        text = metrics(self.server.state, self.server.run)
        self.answer(HTTPStatus.OK, text.encode(), kind="text/plain; version=0.0.4; charset=utf-8")

    def stream(self, _query: dict[str, list[str]]) -> None:
        """Send every frame as it comes, until the watcher goes."""
        if not self.server.streams.acquire(blocking=False):
            return self.answer(HTTPStatus.SERVICE_UNAVAILABLE, f"{MOST_STREAMS} watch already\n".encode())
        try:
            self.server.forget(self.connection)
            self.head(HTTPStatus.OK, f"multipart/x-mixed-replace; boundary={BOUNDARY}")
            if self.command == "GET":
                self._send_frames()
        finally:
            self.server.streams.release()

    def _send_frames(self) -> None:
        state, seen = self.server.state, -1
        while not state.closed:
            # Without news the same frame goes again: browsers show one when the next comes, and so who left is noticed.
            seen = state.wait_for_news(seen, timeout_s=1.0)
            jpeg = state.jpeg()
            part = b""  # before the first frame an empty line, which browsers pass over
            if jpeg is not None:
                head = f"--{BOUNDARY}\r\nContent-Type: image/jpeg\r\nContent-Length: {len(jpeg)}\r\n\r\n"
                part = head.encode() + jpeg
            try:
                self.wfile.write(part + b"\r\n")
            except OSError:  # the watcher has gone, or is too slow
                return
