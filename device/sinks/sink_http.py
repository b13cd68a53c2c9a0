"""Readings and frames over HTTP."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ..secret_files import read_secret
from ..settings.settings import HttpSettings
from .http_server import RunServer
from .live_state import LiveState, Run
from .sink import Event
from .web_server import parse_address

TOKEN_VARIABLE = "EDGE_DIGITS_HTTP_TOKEN"  # noqa: S105 - the name of a variable


class HttpSink:
    """Keeps what the server shows."""

    name, every, pictures = "HTTP", True, True

    def __init__(self, settings: HttpSettings, *, run: Run, note: Callable[[str], None]) -> None:
        """Start the server.

        Raises:
            UsageError: no address, a token that cannot be read, or none where one is needed.
            OutputError: the port cannot be had.
        """
        assert settings.listen is not None
        address = parse_address(settings.listen)
        token = read_secret(settings.token_file, TOKEN_VARIABLE, what="token")
        self.state = LiveState(keep=settings.keep)
        self.server = RunServer(address, token=token, state=self.state, run=run)
        note(f"serving {self.server.url}")

    def write(self, events: Sequence[Event]) -> None:
        """Remember the newest frame and readings."""
        self.state.take(events)

    def close(self) -> None:
        """Stop serving."""
        self.server.end()
