"""Serving the page to draw on, and beside it what a camera sees, until the program is stopped."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from typing import BinaryIO

from .board import Board
from .board_server import BoardServer
from .early_end import raise_if_asked
from .errors import DataError
from .loading import load_reader
from .running import pump
from .secret_files import read_secret
from .settings.settings import Settings
from .sinks.live_state import LiveState, Run
from .sinks.sink import Event
from .sinks.sink_http import TOKEN_VARIABLE
from .sinks.web_server import parse_address
from .sources.opening import choose_source

LISTEN = "8080"
SHOWN = 10  # labels whose scores the page shows for each digit
LOOK_S = 0.2  # short waits let signals through, which Python handles between them


def serve_settings(
    settings: Settings, *, live: bool, stdin: BinaryIO, note: Callable[[str], None], say: Callable[[str], None]
) -> None:
    """Serve until the program is stopped.

    Args:
        settings: model, reading, [http] and [collect] folder; with `live` also [source] and [camera].
        live: whether the page shows what the source sees.
        stdin: where "-" reads a picture from.
        note: is told where the page is and what is worth knowing.
        say: is told what is wrong with the camera, and when it is right again.

    Raises:
        EdgeDigitsError: settings do not go together, the model cannot be loaded, the port cannot be had, or the source
            is not there.
        DataError: nothing of a source that has ended could be read.
    """
    address = parse_address(settings.http.listen or LISTEN)
    token = read_secret(settings.http.token_file, TOKEN_VARIABLE, what="token")
    warn = _once(note)  # there are two readers of one model
    reader = load_reader(settings.model, replace(settings.reading, top_k=SHOWN), warn=warn)
    board = Board(reader, folder=settings.collect.folder)
    state, run = LiveState(keep=settings.http.keep), Run()
    source = None
    if live:
        source = choose_source(settings.source, settings.camera, stdin=stdin, say=say)
        run.source, run.watched = source.live, source.watched
    with ExitStack() as open_parts:
        frames = open_parts.enter_context(source.frames) if source else ()
        server = BoardServer(address, token=token, state=state, run=run, board=board, live=live)
        open_parts.callback(server.end)
        note(f"serving {server.url}")
        if source:
            watching = load_reader(settings.model, settings.reading, warn=warn)
            pump(frames, watching, _without_end(settings), stream=source.stream, sinks=_Shown(state))
            _refuse_nothing_shown(state)
        while True:
            raise_if_asked()
            time.sleep(LOOK_S)


def _without_end(settings: Settings) -> Settings:
    """Return settings without what ends a run while its source goes on."""
    return replace(
        settings, voting=replace(settings.voting, once=False), source=replace(settings.source, max_frames=None)
    )


def _once(note: Callable[[str], None]) -> Callable[[str], None]:
    """Return what says every line only once."""
    said: set[str] = set()

    def say_new(line: str) -> None:
        if line not in said:
            said.add(line)
            note(line)

    return say_new


def _refuse_nothing_shown(state: LiveState) -> None:
    """Raise DataError where a source has ended of which nothing could be read."""
    newest = state.newest()
    if newest is not None and state.errors == state.readings:
        raise DataError(f"{newest.reading.error}; name another --source")


class _Shown:
    """Takes every reading to where the pages look for it."""

    def __init__(self, state: LiveState) -> None:
        self._state = state

    def put(self, event: Event, *, every: bool) -> None:
        """Take an event."""
        if every:
            self._state.take([event])
