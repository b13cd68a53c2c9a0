"""Making the sinks that settings ask for."""

from __future__ import annotations

from collections.abc import Callable

from .settings import Settings
from .sink import Sink

MB = 1e6


def make_sinks(settings: Settings, *, stream: bool, say: Callable[[str], None]) -> list[Sink]:
    """Return the sinks that the settings ask for, ready to write; none has begun to.

    Args:
        settings: all of them.
        stream: whether frames follow each other in time.
        say: is told what is wrong, and when it is right again.

    Raises:
        EdgeDigitsError: a sink cannot work here: a file that is no history, a missing package, a port in use.
    """
    sinks: list[Sink] = []
    if settings.output.format in ("lines", "json"):
        from .sink_lines import LineSink

        as_json = settings.output.format == "json"
        quiet = stream and not as_json and not settings.output.every_frame and not settings.voting.once
        sinks.append(LineSink(as_json=as_json, only_changes=quiet and not settings.voting.every_s))
    history = settings.history
    if history.csv:
        from .sink_csv import CsvSink

        sinks.append(CsvSink(history.csv, max_bytes=round(history.max_mb * MB)))
    if history.sqlite:
        from .sink_sqlite import SqliteSink

        sinks.append(SqliteSink(history.sqlite, max_bytes=round(history.max_mb * MB)))
    if settings.mqtt.host:
        from .sink_mqtt import MqttSink

        sinks.append(MqttSink(settings.mqtt, say=say))
    return sinks
