"""The figures of a run in Prometheus's text format, and its health."""

from __future__ import annotations

import time
from collections.abc import Iterator

from ..version import VERSION
from .live_state import STAGES, LiveState, Run

PATIENCE_S = 10.0  # a source that has given nothing for so long is not well


def health(state: LiveState, run: Run, *, now_s: float | None = None) -> tuple[bool, dict[str, object]]:
    """Return whether the run is well, and why it is or is not.

    Args:
        state: what was read.
        run: source and sinks.
        now_s: the time, seconds since 1970.
    """
    age_s = None if state.heard_s is None else (time.time() if now_s is None else now_s) - state.heard_s
    silent = run.source is not None and (age_s is None or age_s > PATIENCE_S)
    away = _is_away(run) or silent
    failing = [thread.sink.name for thread in run.threads if thread.failing]
    status = "source away" if away else "sinks failing" if failing else "ok"
    found: dict[str, object] = {"status": status, "failing_sinks": failing, "readings": state.readings}
    found["last_reading_age_s"] = None if age_s is None else round(age_s, 3)
    if run.source is not None:
        found |= vars(run.source.counts)
    return not away, found


def _is_away(run: Run) -> bool:
    return any(each is not None and each.away for each in (run.source, run.watched))


def metrics(state: LiveState, run: Run) -> str:
    """Return every figure in Prometheus's text format, version 0.0.4."""
    return "\n".join(_lines(state, run)) + "\n"


def _lines(state: LiveState, run: Run) -> Iterator[str]:
    yield from _figure("info", "gauge", "The program.", [(f'version="{VERSION}"', 1)])
    if run.source is not None or run.watched is not None:
        yield from _figure("source_up", "gauge", "Whether the source gives frames.", [("", int(not _is_away(run)))])
    if run.source is not None:
        counts = run.source.counts
        for name, text, value in (
            ("frames", "Frames that the source gave.", counts.frames),
            ("frames_taken", "Frames that were read.", counts.taken),
            ("frames_dropped", "Frames that a newer one replaced.", counts.dropped),
            ("failed_reads", "Reads that gave no frame.", counts.failed_reads),
            ("outages", "Times the source went away.", counts.outages),
            ("reconnects", "Times the source came back.", counts.reconnects),
        ):
            yield from _figure(f"{name}_total", "counter", text, [("", value)])
    for name, text, value in (
        ("readings", "Readings made.", state.readings),
        ("reading_errors", "Frames that could not be read.", state.errors),
        ("readings_held_back", "Readings that were not believed.", state.held_back),
    ):
        yield from _figure(f"{name}_total", "counter", text, [("", value)])
    spent = [(f'stage="{stage}"', state.seconds[stage]) for stage in STAGES]
    yield from _figure("stage_seconds_total", "counter", "Time spent, by stage; total counts capture too.", spent)
    if state.heard_s is not None:
        stamp = [("", state.heard_s)]
        yield from _figure("last_reading_timestamp_seconds", "gauge", "When the last reading was made.", stamp)
    newest = state.newest()
    if newest is not None and newest.reading.error is None:
        sure = [("", newest.reading.confidence)]
        yield from _figure("confidence", "gauge", "Lowest score of the last reading's digits.", sure)
    yield from _sink_lines(run)


def _sink_lines(run: Run) -> Iterator[str]:
    for name, text in (
        ("written", "Readings that a sink took."),
        ("lost", "Readings that a sink lost."),
        ("failures", "Times a sink failed."),
    ):
        values = [(f'sink="{_quoted(each.sink.name)}"', getattr(each.counts, name)) for each in run.threads]
        yield from _figure(f"sink_{name}_total", "counter", text, values)
    for queue in [each.sink.queue for each in run.threads if hasattr(each.sink, "queue")]:
        yield from _figure("mqtt_waiting", "gauge", "Messages that no broker has confirmed yet.", [("", len(queue))])
        yield from _figure("mqtt_lost_total", "counter", "Messages that a full queue lost.", [("", queue.lost)])


def _figure(name: str, kind: str, text: str, values: list[tuple[str, float]]) -> Iterator[str]:
    yield f"# HELP edge_digits_{name} {text}"
    yield f"# TYPE edge_digits_{name} {kind}"
    for labels, value in values:
        yield f"edge_digits_{name}{'{' + labels + '}' if labels else ''} {value!r}"


def _quoted(text: str) -> str:
    return text.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
