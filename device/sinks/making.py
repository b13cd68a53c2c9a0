"""Making the sinks that settings ask for."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from ..settings.settings import Settings
from .live_state import Run
from .sink import Sink

MB = 1e6
VIDEO_FPS, STILL_FPS = 25.0, 1.0


def make_sinks(
    settings: Settings, run: Run, *, stream: bool, say: Callable[[str], None], note: Callable[[str], None]
) -> list[Sink]:
    """Return the sinks that the settings ask for, ready to write; none has begun to.

    Args:
        settings: all of them.
        run: source and sinks, for those that report on them.
        stream: whether frames follow each other in time.
        say: is told what is wrong, and when it is right again.
        note: is told what is worth knowing.

    Raises:
        EdgeDigitsError: a sink cannot work here: a file that is no history, a missing package, a port in use.
    """
    sinks: list[Sink] = []
    try:
        for sink in _made(settings, run, stream=stream, say=say, note=note):
            sinks.append(sink)
    except BaseException:
        for sink in sinks:
            sink.close()
        raise
    return sinks


def _made(
    settings: Settings, run: Run, *, stream: bool, say: Callable[[str], None], note: Callable[[str], None]
) -> Iterator[Sink]:
    if settings.output.format in ("lines", "json", "none"):
        from .sink_lines import LineSink

        as_json = settings.output.format == "json"
        voting = settings.voting
        quiet = stream and not as_json and not settings.output.every_frame and not voting.once and not voting.every_s
        only_errors = settings.output.format == "none"
        yield LineSink(as_json=as_json, only_changes=quiet, ends=voting.on_change, only_errors=only_errors)
    if settings.output.format == "live":
        from .sink_terminal import TerminalSink

        yield TerminalSink(status=lambda: describe_source(run))
    if settings.output.display:
        from .sink_display import DisplaySink

        yield DisplaySink()
    yield from _file_sinks(settings, run, stream=stream, say=say)
    if settings.mqtt.host:
        from .sink_mqtt import MqttSink

        yield MqttSink(settings.mqtt, regions=[each.name for each in settings.reading.regions], say=say)
    if settings.http.listen:
        from .sink_http import HttpSink

        yield HttpSink(settings.http, run=run, note=note)


def describe_source(run: Run) -> str:
    """Return what became of the frames of a camera or stream, on one line; empty for files."""
    if run.source is None:
        return ""
    counts = run.source.counts
    return (
        f"frames {counts.frames}, read {counts.taken}, dropped {counts.dropped}, failed reads {counts.failed_reads}, "
        f"outages {counts.outages}, reconnects {counts.reconnects}"
    )


def _file_sinks(settings: Settings, run: Run, *, stream: bool, say: Callable[[str], None]) -> Iterator[Sink]:
    history, pictures = settings.history, settings.pictures
    if history.csv:
        from .sink_csv import CsvSink

        yield CsvSink(history.csv, max_bytes=round(history.max_mb * MB))
    if history.sqlite:
        from .sink_sqlite import SqliteSink

        yield SqliteSink(history.sqlite, max_bytes=round(history.max_mb * MB))
    if pictures.folder:
        from .sink_pictures import PictureSink

        yield PictureSink(pictures.folder, max_bytes=round(pictures.max_mb * MB))
    if pictures.video:
        from .sink_pictures import VideoSink

        def fps() -> float:
            return settings.camera.fps or run.fps() or (VIDEO_FPS if stream else STILL_FPS)

        yield VideoSink(pictures.video, fps=fps, max_bytes=round(pictures.max_mb * MB), say=say)
    if settings.collect.folder:
        from .sink_collect import CollectSink

        yield CollectSink(settings.collect)
