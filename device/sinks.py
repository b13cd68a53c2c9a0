"""Making the sinks that settings ask for."""

from __future__ import annotations

from collections.abc import Callable

from .settings import Settings
from .sink import Sink


def make_sinks(settings: Settings, *, stream: bool, status: Callable[[], object]) -> list[Sink]:
    """Return the sinks that the settings ask for, ready to write; none has begun to.

    Args:
        settings: all of them.
        stream: whether frames follow each other in time.
        status: returns the state of source and sinks, for those that show it.

    Raises:
        EdgeDigitsError: a sink cannot work here: a file that is no history, a missing package, a port in use.
    """
    sinks: list[Sink] = []
    if settings.output.format in ("lines", "json"):
        from .sink_lines import LineSink

        as_json = settings.output.format == "json"
        quiet = stream and not as_json and not settings.output.every_frame and not settings.voting.once
        sinks.append(LineSink(as_json=as_json, only_changes=quiet and not settings.voting.every_s))
    return sinks
