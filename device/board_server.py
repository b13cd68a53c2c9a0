"""The web page to draw on: it reads what is drawn, opened or seen by the camera, and keeps what a person corrects."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus

from .board import Board
from .errors import EdgeDigitsError, OutputError
from .paths import ASSETS
from .sinks.http_server import RunHandler, RunServer
from .sinks.live_state import LiveState, Run
from .sinks.web_server import MOST_BYTES, Address, Page, Taker

PAGE = ASSETS / "board.html"
# Nothing comes from elsewhere and nothing goes there.
POLICY = (
    "default-src 'none'; img-src 'self' data: blob:; connect-src 'self'; style-src 'unsafe-inline'; "
    "script-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


class BoardServer(RunServer):
    """Serves the page, and what a camera sees where there is one."""

    def __init__(
        self, address: Address, *, token: str | None, state: LiveState, run: Run, board: Board, live: bool
    ) -> None:
        """Bind the port and start to serve; `live` says whether frames will come. See `RunServer`."""
        self.board, self.live = board, live
        super().__init__(address, token=token, state=state, run=run, handler=BoardHandler)


class BoardHandler(RunHandler):
    """Answers for the page to draw on."""

    server: BoardServer

    def pages(self) -> dict[str, Page]:
        """Return what answers GET, by path."""
        return {**super().pages(), "/about": self.about, "/picture.png": self.picture}

    def takers(self) -> dict[str, Taker]:
        """Return what answers POST, by path."""
        return {"/read": self.read, "/keep": self.keep}

    def page(self, _query: dict[str, list[str]]) -> None:
        """Show the page to draw on."""
        kind = "text/html; charset=utf-8"
        self.answer(HTTPStatus.OK, PAGE.read_bytes(), kind=kind, **{"Content-Security-Policy": POLICY})

    def about(self, _query: dict[str, list[str]]) -> None:
        """Say what reads, whether a camera shows something, whether corrections are kept, and how much may be sent."""
        self.answer_json({**self.server.board.about(), "live": self.server.live, "most_bytes": MOST_BYTES})

    def picture(self, _query: dict[str, list[str]]) -> None:
        """Give the newest frame as it is."""
        event = self.server.state.newest()
        if event is None or event.image is None:
            return self.answer(HTTPStatus.SERVICE_UNAVAILABLE, b"no frame yet\n", kind="text/plain")
        import cv2

        return self.answer(HTTPStatus.OK, cv2.imencode(".png", event.image)[1].tobytes(), kind="image/png")

    def read(self, _query: dict[str, list[str]], content: bytes) -> None:
        """Read the picture that was sent."""
        self._answer_with(lambda: self.server.board.read(content))

    def keep(self, query: dict[str, list[str]], content: bytes) -> None:
        """Keep the digits of the picture that was sent under their labels."""
        labels = [label for each in query.get("labels", []) for label in each.split(",")]
        self._answer_with(lambda: {"kept": self.server.board.keep(content, labels)})

    def _answer_with(self, made: Callable[[], object]) -> None:
        try:
            self.answer_json(made())
        except EdgeDigitsError as error:
            full = isinstance(error, OutputError)
            status = HTTPStatus.INSUFFICIENT_STORAGE if full else HTTPStatus.BAD_REQUEST
            self.answer_json({"error": str(error)}, status=status)
