"""Sinks: one that fails or blocks stops neither reading nor the others, and histories are whole whatever happens."""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from pathlib import Path

import numpy as np
import pytest

from device.errors import DataError, OutputError, UsageError
from device.reading import ReadDigit, Reading
from device.settings.settings import Settings
from device.settings.voting_settings import VotingSettings
from device.sinks.history import COLUMNS, history_row
from device.sinks.live_state import Run
from device.sinks.making import make_sinks
from device.sinks.mqtt_queue import MqttQueue
from device.sinks.sink import PICTURES, READINGS, Event, Sinks
from device.sinks.sink_csv import HEADER, CsvSink
from device.sinks.sink_lines import LineSink
from device.sinks.sink_pictures import PictureSink
from device.sinks.sink_sqlite import SqliteSink


def event(number: int, *, pixels: bool = False) -> Event:
    digits = (ReadDigit("7", 0.9, (0, 0, 9, 9)),)
    image = np.zeros((4, 4), np.uint8) if pixels else None
    return Event(Reading("camera:0", number, 1_700_000_000.0 + number, digits, held="7"), image)


class ListSink:
    """Keeps what it is given, after waiting for `open_gate`; fails on the frames of `bad`."""

    name, every, pictures = "list", True, False

    def __init__(self, *, bad: frozenset[int] = frozenset()) -> None:
        self.events: list[Event] = []
        self.open_gate, self.closed = threading.Event(), False
        self.open_gate.set()
        self._bad = bad

    def write(self, events: Sequence[Event]) -> None:
        self.open_gate.wait(60)
        if any(each.reading.frame in self._bad for each in events):
            raise OSError(28, "No space left on device")
        self.events += events

    def close(self) -> None:
        self.closed = True

    @property
    def frames(self) -> list[int]:
        return [each.reading.frame for each in self.events]


def test_every_sink_gets_its_events_in_order() -> None:
    """Those that take every reading and those that take the written ones; images only where they are wanted."""
    every, chosen = ListSink(), ListSink()
    chosen.every, every.pictures = False, True
    with Sinks([every, chosen], say=pytest.fail, patient=True) as sinks:
        for number in range(10):
            sinks.put(event(number, pixels=True), every=True)
            if number % 3 == 0:
                sinks.put(event(number, pixels=True), every=False)
    assert (every.frames, chosen.frames) == ([*range(10)], [0, 3, 6, 9])
    assert every.events[0].image is not None
    assert chosen.events[0].image is None
    assert every.closed


def test_a_blocked_sink_loses_the_oldest_and_stops_nobody() -> None:
    """The other sink gets everything; the end comes without the blocked one, and that is said."""
    said: list[str] = []
    blocked, free = ListSink(), ListSink()
    blocked.open_gate.clear()
    with Sinks([blocked, free], say=said.append, patient=False) as sinks:
        for number in range(3 * READINGS):
            sinks.put(event(number), every=True)
            while len(free.events) < number - READINGS // 2:
                pass  # the test is about the blocked sink; the free one must not fall behind
        counts = sinks.threads[0].counts
    assert free.frames == [*range(3 * READINGS)]
    assert counts.lost >= READINGS  # as many wait, and as many at most are with the sink
    assert "list: blocked; ended without it" in said[0]
    blocked.open_gate.set()


def test_a_sink_of_pictures_queues_few() -> None:
    """Frames are large."""
    blocked = ListSink()
    blocked.pictures = True
    blocked.open_gate.clear()
    with Sinks([blocked], say=lambda line: None, patient=False) as sinks:
        for number in range(20):
            sinks.put(event(number, pixels=True), every=True)
        assert sinks.threads[0].counts.lost >= 20 - 2 * PICTURES
        blocked.open_gate.set()
    assert blocked.frames[-1] == 19


def put_one_at_a_time(sinks: Sinks, numbers: Sequence[int]) -> None:
    """Together they would fail together."""
    thread = sinks.threads[0]
    for place, number in enumerate(numbers):
        sinks.put(event(number), every=True)
        while thread.counts.written + thread.counts.lost <= place:
            pass


def test_a_failing_sink_is_said_once_and_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """A full disk is one line, and another when there is room again; what was lost is counted."""
    monkeypatch.setattr("device.sinks.sink.STEADY_S", 0.0)
    said: list[str] = []
    sink = ListSink(bad=frozenset({1, 2}))
    with Sinks([sink], say=said.append, patient=False) as sinks:
        put_one_at_a_time(sinks, range(4))
    counts = sinks.threads[0].counts
    assert sink.frames == [0, 3]
    assert (counts.lost, counts.failures) == (2, 2)
    assert ["fails: No space left on device" in said[0], said[1]] == [True, "list: works again"]
    assert said[2:] == ["list: 2 readings lost"]


def test_a_sink_that_fails_now_and_then_is_said_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """It works again when it has not failed for a while, as on a disk that is nearly full."""
    monkeypatch.setattr("device.sinks.sink.STEADY_S", 60.0)
    said: list[str] = []
    with Sinks([ListSink(bad=frozenset({1, 3, 5}))], say=said.append, patient=False) as sinks:
        put_one_at_a_time(sinks, range(7))
        assert sinks.threads[0].failing
    assert ["fails" in line for line in said] == [True, False]
    assert said[1] == "list: 3 readings lost"


def test_pictures_have_names_that_any_disk_takes(tmp_path: Path) -> None:
    """Whatever the source is called."""
    reading = Reading("http://host:80/a?b*c", 0, 1_700_000_000.0)
    sink = PictureSink(tmp_path, max_bytes=10**6)
    sink.write([Event(reading, np.zeros((20, 20, 3), np.uint8))])
    assert [each.name for each in tmp_path.iterdir()] == ["20231114T221320.000Z-0-a_b_c.jpg"]


def test_a_patient_sink_loses_nothing() -> None:
    """Reading files waits for a slow sink."""
    sink = ListSink()
    with Sinks([sink], say=pytest.fail, patient=True) as sinks:
        for number in range(3 * READINGS):
            sinks.put(event(number), every=True)
    assert sink.frames == [*range(3 * READINGS)]


def test_a_blocked_sink_does_not_stop_the_reading_of_files(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is waited for once, and not again until it has room; what it loses is said at the end."""
    monkeypatch.setattr("device.sinks.sink.PATIENCE_S", 0.05)
    said: list[str] = []
    blocked, free = ListSink(), ListSink()
    blocked.open_gate.clear()
    with Sinks([blocked, free], say=said.append, patient=True) as sinks:
        for number in range(3 * READINGS):
            sinks.put(event(number), every=True)
    lost = sinks.threads[0].counts.lost
    assert free.frames == [*range(3 * READINGS)]
    assert lost >= READINGS
    assert said[-1] == f"list: {lost} readings lost"
    blocked.open_gate.set()


def test_the_end_of_a_run_of_files_waits_for_a_slow_sink(monkeypatch: pytest.MonkeyPatch) -> None:
    """As reading did: while it takes something now and then, nothing is lost."""
    monkeypatch.setattr("device.sinks.sink.CLOSING_S", 0.01)
    sink = ListSink()
    sink.open_gate.clear()
    with Sinks([sink], say=pytest.fail, patient=True) as sinks:
        for number in range(5):
            sinks.put(event(number), every=True)
        threading.Timer(0.3, sink.open_gate.set).start()
    assert sink.frames == [*range(5)]


def test_what_a_sink_never_took_is_lost_and_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also what it had in hand: a live run waits for nobody at its end."""
    monkeypatch.setattr("device.sinks.sink.CLOSING_S", 0.01)
    said: list[str] = []
    sink = ListSink()
    sink.open_gate.clear()
    with Sinks([sink], say=said.append, patient=False) as sinks:
        for number in range(3):
            sinks.put(event(number), every=True)
    assert said == ["list: blocked; ended without it and 3 readings that it was to take", "list: 3 readings lost"]
    sink.open_gate.set()


class GoneSink(ListSink):
    """Standard output whose reader has gone."""

    def write(self, events: Sequence[Event]) -> None:
        raise BrokenPipeError


def test_a_reader_that_has_gone_stops_no_other_sink() -> None:
    """It is said once; without another sink the run ends."""
    said: list[str] = []
    other = ListSink()
    with Sinks([GoneSink(), other], say=said.append, patient=True) as sinks:
        for number in range(50):
            sinks.put(event(number), every=True)
            sinks.threads[0]._thread.join(0.1)
    assert other.frames == [*range(50)]
    assert said == ["list: its reader has gone; reading goes on without it"]
    with Sinks([GoneSink()], say=pytest.fail, patient=True) as sinks:
        sinks.put(event(0), every=True)
        sinks.threads[0]._thread.join()
        with pytest.raises(BrokenPipeError):
            sinks.put(event(1), every=True)


def test_pictures_of_others_below_the_folder_stay(tmp_path: Path) -> None:
    """Whatever their names: what a person moved there, or what collecting keeps."""
    theirs = tmp_path / "keep" / "20231114T221320.000Z-0-a.jpg"
    theirs.parent.mkdir()
    theirs.write_bytes(bytes(10_000))
    sink = PictureSink(tmp_path, max_bytes=40_000)
    for number in range(8):
        reading = Reading("a.png", 0, 1_700_000_000.0 + number)
        sink.write([Event(reading, np.random.default_rng(number).integers(0, 255, (60, 60, 3), np.uint8))])
    assert theirs.exists()
    assert 0 < len([*tmp_path.glob("*.jpg")]) < 8


def test_a_picture_of_a_source_with_a_long_name_is_kept(tmp_path: Path) -> None:
    """Its own name is cut to what file systems take."""
    sink = PictureSink(tmp_path, max_bytes=10**6)
    sink.write([Event(Reading("b" * 250 + ".png", 0, 1_700_000_000.0), np.zeros((20, 20, 3), np.uint8))])
    assert len([*tmp_path.iterdir()]) == 1


def test_a_file_in_the_place_of_the_older_history_is_refused(tmp_path: Path) -> None:
    """It would be lost at half the limit; the older part of a history would not be missed."""
    path, older = tmp_path / "h.csv", tmp_path / "h.csv.old"
    older.write_text("mine\n")
    with pytest.raises(UsageError, match=r"h\.csv\.old: expected nothing, or the older part of the history, found"):
        CsvSink(path, max_bytes=5000)
    older.write_bytes(HEADER)
    CsvSink(path, max_bytes=5000).close()


def test_a_history_in_sqlite_that_is_moved_goes_on(tmp_path: Path) -> None:
    """In a new file of the old name, without a gap."""
    path = tmp_path / "h.sqlite"
    sink = SqliteSink(path, max_bytes=10**6)
    for number in range(3):
        sink.write([event(number)])
        if number == 1:
            path.rename(tmp_path / "moved.sqlite")
    sink.close()
    for place, count in ((tmp_path / "moved.sqlite", 2), (path, 1)):
        with closing(sqlite3.connect(place)) as database:
            assert database.execute("SELECT count(*) FROM readings").fetchone() == (count,)


def test_csv_lines_are_whole_after_a_power_cut(tmp_path: Path) -> None:
    """An unfinished last line is cut off on the next start, and the history goes on."""
    path = tmp_path / "new" / "h.csv"
    sink = CsvSink(path, max_bytes=100_000)
    sink.write([event(1), event(2)])
    sink.close()
    whole = path.read_bytes()
    path.write_bytes(whole + b"2026-01-01T00:00:00.000Z,camera:0,3,7")
    sink = CsvSink(path, max_bytes=100_000)
    sink.write([event(3)])
    sink.close()
    lines = path.read_bytes().splitlines()
    assert (lines[0] + b"\n", len(lines)) == (HEADER, 4)
    assert path.read_bytes().startswith(whole)
    assert lines[3] == b"2023-11-14T22:13:23.000Z,camera:0,3,7,7,0.9,1,"


def test_a_history_says_that_a_value_was_not_believed() -> None:
    """In the place where it says why a frame could not be read, as the error topic of MQTT does."""
    judged = Reading("camera:0", 1, 0.0, stable=False, held="42", held_back="fell from 42 to 41")
    row = dict(zip(COLUMNS, history_row(judged), strict=True))
    assert (row["held"], row["stable"], row["error"]) == ("42", 0, "fell from 42 to 41")


def test_a_history_keeps_rows_apart() -> None:
    """In what a frame read as in what holds: one line with spaces."""
    digits = tuple(ReadDigit(mark, 0.9, (0, 0, 1, 1), row=row) for row, mark in enumerate("12"))
    row = dict(zip(COLUMNS, history_row(Reading("page.png", 0, 0.0, digits, held="1\n2")), strict=True))
    assert (row["text"], row["held"]) == ("1 2", "1 2")


def test_csv_stays_under_its_limit(tmp_path: Path) -> None:
    """File and old file together; the newest readings are there."""
    sink = CsvSink(tmp_path / "h.csv", max_bytes=5000)
    for number in range(500):
        sink.write([event(number)])
        assert sum(each.stat().st_size for each in tmp_path.iterdir()) <= 5000
    sink.close()
    assert b",499,7," in (tmp_path / "h.csv").read_bytes()


def test_a_csv_behind_a_link_stays_on_its_disk(tmp_path: Path) -> None:
    """The old readings too; the link goes on leading there."""
    disk, link = tmp_path / "disk", tmp_path / "h.csv"
    disk.mkdir()
    link.symlink_to(disk / "h.csv")
    sink = CsvSink(link, max_bytes=4000)
    for number in range(100):
        sink.write([event(number)])
    sink.close()
    assert link.is_symlink()
    assert sorted(path.name for path in disk.iterdir()) == ["h.csv", "h.csv.old"]
    assert [path.name for path in tmp_path.iterdir() if path.is_file() and not path.is_symlink()] == []


def fill_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the disk take ten bytes more."""
    write, calls = os.write, iter(range(9))

    def write_little(handle: int, data: bytes) -> int:
        if next(calls):
            raise OSError(28, "No space left on device")
        return write(handle, data[:10])

    monkeypatch.setattr(os, "write", write_little)


def test_a_full_disk_leaves_whole_csv_lines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was half written is taken back."""
    sink = CsvSink(tmp_path / "h.csv", max_bytes=5000)
    sink.write([event(1)])
    before = (tmp_path / "h.csv").read_bytes()
    fill_disk(monkeypatch)
    with pytest.raises(OSError, match="No space"):
        sink.write([event(2)])
    monkeypatch.undo()
    assert (tmp_path / "h.csv").read_bytes() == before
    sink.close()


def test_a_full_disk_takes_nothing_from_another_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What it has written meanwhile stays."""
    path = tmp_path / "h.csv"
    sink, other = (CsvSink(path, max_bytes=50_000) for _ in range(2))
    sink.write([event(1)])
    other.write([event(number) for number in range(2, 20)])
    before = path.read_bytes()
    fill_disk(monkeypatch)
    with pytest.raises(OSError, match="No space"):
        sink.write([event(20)])
    monkeypatch.undo()
    assert path.read_bytes() == before
    other.write([event(21)])
    sink.close()
    other.close()
    assert path.read_bytes() == before + b"2023-11-14T22:13:41.000Z,camera:0,21,7,7,0.9,1,\n"


def test_several_runs_write_into_one_csv(tmp_path: Path) -> None:
    """Every line is there, whole, below one header; begun and ended at any time, and under the limit of both files."""
    path, many = tmp_path / "h.csv", 40

    def run(first: int) -> None:
        for number in range(first, first + many):
            sink = CsvSink(path, max_bytes=10**6)
            sink.write([event(number)])
            sink.close()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(run, range(0, 8 * many, many)))
    lines = path.read_bytes().splitlines(keepends=True)
    assert lines[0] == HEADER
    assert sorted(int(line.split(b",")[2]) for line in lines[1:]) == [*range(8 * many)]
    with ThreadPoolExecutor(8) as pool:
        sinks = [CsvSink(path, max_bytes=9000) for _ in range(8)]
        list(pool.map(lambda sink: [sink.write([event(number)]) for number in range(many)], sinks))
    assert sum(each.stat().st_size for each in tmp_path.iterdir()) <= 9000
    for sink in sinks:
        sink.close()


def test_a_longer_history_that_cannot_be_shortened_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It says why, and stays as it is."""
    (tmp_path / "h.csv.old").write_bytes(HEADER + b"x,y,1,7,7,0.9,1,\n" * 1000)

    def refuse(path: Path, content: bytes) -> None:
        raise OutputError(f"{path}: cannot be written: No space left on device")

    monkeypatch.setattr("device.sinks.sink_csv.write_bytes", refuse)
    with pytest.raises(OutputError, match=r"h\.csv: cannot be written: .*No space left on device"):
        CsvSink(tmp_path / "h.csv", max_bytes=5000)
    assert (tmp_path / "h.csv.old").stat().st_size > 10_000


@pytest.mark.parametrize("kind", [CsvSink, SqliteSink])
def test_a_lower_limit_holds_from_the_start(kind: type, tmp_path: Path) -> None:
    """The oldest readings of a longer history go."""
    sink = kind(tmp_path / "h", max_bytes=900_000)
    for number in range(0, 12_000, 400):
        sink.write([event(each) for each in range(number, number + 400)])
    sink.close()
    assert sum(each.stat().st_size for each in tmp_path.iterdir()) > 300_000
    sink = kind(tmp_path / "h", max_bytes=100_000)
    assert sum(each.stat().st_size for each in tmp_path.iterdir()) <= 100_000
    sink.write([event(12_000)])
    sink.close()
    assert sum(each.stat().st_size for each in tmp_path.iterdir()) <= 100_000
    kept = b"".join(each.read_bytes() for each in tmp_path.iterdir())
    assert b"camera:0" in kept
    if kind is CsvSink:
        assert b",11999,7," in (tmp_path / "h.old").read_bytes()
        assert (tmp_path / "h.old").read_bytes().startswith(HEADER + b"2023")


def test_many_readings_at_once_stay_under_the_limit(tmp_path: Path) -> None:
    """However much more room they take than is left free, the oldest alone go."""
    sink = SqliteSink(tmp_path / "h", max_bytes=100_000)
    for number in range(0, 6000, 512):
        sink.write([event(each) for each in range(number, number + 512)])
    sink.close()
    with closing(sqlite3.connect(tmp_path / "h")) as database:
        count, last = database.execute("SELECT count(*), max(frame) FROM readings").fetchone()
    assert (count > 512, last) == (True, 6143)


def test_another_file_is_no_history(tmp_path: Path) -> None:
    """Nothing foreign is appended to."""
    (tmp_path / "h").write_text("date;value\n" * 1000)
    with pytest.raises(UsageError, match="expected a history"):
        CsvSink(tmp_path / "h", max_bytes=5000)
    with pytest.raises(DataError, match="expected a history in SQLite"):
        SqliteSink(tmp_path / "h", max_bytes=5000)
    assert (tmp_path / "h").read_text() == "date;value\n" * 1000


@pytest.mark.parametrize("kind", [CsvSink, SqliteSink])
def test_a_history_that_is_deleted_is_begun_anew(kind: type, tmp_path: Path) -> None:
    """At the next reading, or the one after: nothing is written to a file that has no name."""
    path = tmp_path / "folder" / "h"
    sink = kind(path, max_bytes=120_000)
    sink.write([event(1)])
    path.unlink()
    path.parent.rmdir()
    with suppress(OutputError):
        sink.write([event(2)])
    sink.write([event(3)])
    sink.close()
    assert b"2023-11-14T22:13:23.000Z" in path.read_bytes()


def test_a_csv_that_was_moved_away_is_left_there(tmp_path: Path) -> None:
    """As logrotate does; readings go on in a new file with a header of its own."""
    sink = CsvSink(tmp_path / "h.csv", max_bytes=120_000)
    sink.write([event(1)])
    (tmp_path / "h.csv").rename(tmp_path / "h.csv.1")
    sink.write([event(2)])
    sink.close()
    lines = [(tmp_path / name).read_bytes().splitlines(keepends=True) for name in ("h.csv.1", "h.csv")]
    assert [(each[0], len(each)) for each in lines] == [(HEADER, 2), (HEADER, 2)]


def test_a_disk_that_fills_while_a_csv_is_turned_over_keeps_the_old_readings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whole lines before and after, and nothing is renamed twice."""
    sink = CsvSink(tmp_path / "h.csv", max_bytes=2000)
    write, number = os.write, 0
    while not (tmp_path / "h.csv.old").exists():
        with monkeypatch.context() as disk, suppress(OSError):
            if (tmp_path / "h.csv").stat().st_size > 900:
                disk.setattr(os, "write", lambda handle, data: write(handle, data[:5]))
            sink.write([event(number)])
        number += 1
    old = (tmp_path / "h.csv.old").read_bytes()
    sink.write([event(number)])
    sink.close()
    assert old.count(b"\n") > 5
    assert (tmp_path / "h.csv.old").read_bytes() == old
    assert (tmp_path / "h.csv").read_bytes().startswith(HEADER)


@pytest.mark.parametrize("kind", [CsvSink, SqliteSink])
def test_a_history_that_cannot_be_written_is_said_at_once(kind: type, tmp_path: Path) -> None:
    """Before the first reading."""
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match="expected a folder for the results, found a file"):
        kind(tmp_path / "file" / "h", max_bytes=5000)


def test_sqlite_stays_under_its_limit(tmp_path: Path) -> None:
    """The oldest rows go; the newest are there, with held text and error."""
    path = tmp_path / "h.sqlite"
    sink = SqliteSink(path, max_bytes=120_000)
    for number in range(0, 4000, 100):
        sink.write([event(each) for each in range(number, number + 100)])
        assert path.stat().st_size <= 120_000
    sink.write([Event(Reading("camera:0", 4000, 0.0, error="no\npicture"))])
    sink.close()
    with closing(sqlite3.connect(path)) as database:
        rows = database.execute("SELECT frame, text, held, error FROM readings ORDER BY id").fetchall()
    assert rows[-2:] == [(3999, "7", "7", None), (4000, "", None, "no\\npicture")]
    assert [row[0] for row in rows] == [*range(4001 - len(rows), 4001)]
    assert len(rows) > 500


@pytest.mark.parametrize("kind", [SqliteSink, MqttQueue])
def test_a_disk_that_is_full_at_the_start_is_no_damaged_file(
    kind: type, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Exit code 1, and nobody is told to remove what waits in it."""
    connect = sqlite3.connect

    class Full(sqlite3.Connection):
        def execute(self, statement: str, *values: object) -> sqlite3.Cursor:
            if statement.startswith("CREATE"):
                raise sqlite3.OperationalError("database or disk is full")
            return super().execute(statement, *values)

    monkeypatch.setattr(sqlite3, "connect", lambda path, **how: connect(path, factory=Full, **how))
    with pytest.raises(OutputError, match="cannot be written: database or disk is full; make room") as caught:
        kind(tmp_path / "h.sqlite", max_bytes=100_000)
    assert caught.value.exit_code == 1


def test_a_foreign_table_is_no_full_disk(tmp_path: Path) -> None:
    """Though SQLite has one kind of error for both."""
    with closing(sqlite3.connect(tmp_path / "h.sqlite")) as database:
        database.execute("CREATE TABLE readings (day TEXT)")
    with pytest.raises(DataError, match="expected a history in SQLite, found: no such column"):
        SqliteSink(tmp_path / "h.sqlite", max_bytes=100_000)


def test_an_error_that_goes_on_is_one_line_for_people(capfd: pytest.CaptureFixture[str]) -> None:
    """As are texts that hold; for programs there is a line a frame."""
    bad = [Event(Reading("camera:0", number, 0.0, error="too small")) for number in range(3)]
    LineSink(as_json=False, only_changes=True).write(bad)
    assert capfd.readouterr().err.count("too small") == 1
    LineSink(as_json=False).write(bad)
    assert capfd.readouterr().err.count("too small") == 3
    LineSink(as_json=True).write(bad)
    assert capfd.readouterr().out.count("too small") == 3


def test_a_value_that_is_held_back_is_one_line_for_people(capfd: pytest.CaptureFixture[str]) -> None:
    """And so is the next one; that it is no longer held back is none."""
    quiet = LineSink(as_json=False, only_changes=True)
    for held_back in (None, "fell to 7", "fell to 7", "fell to 6", None, "fell to 6"):
        quiet.write([Event(Reading("camera:0", 1, 0.0, held="8", held_back=held_back))])
    told = [line.partition("held back: ")[2] for line in capfd.readouterr().out.splitlines()]
    assert told == ["fell to 7", "fell to 6", "fell to 6"]


def test_that_a_value_is_no_longer_held_back_is_a_line_where_changes_are_asked_for(
    capfd: pytest.CaptureFixture[str],
) -> None:
    """Once; an error that goes on is still one line."""
    [lines] = make_sinks(Settings(voting=VotingSettings(on_change=True)), Run(), stream=True, say=print, note=print)
    readings = [Reading("camera", 0, 0.0, held="8", held_back=why) for why in (None, "fell to 7", None, None)]
    lines.write([Event(each) for each in [*readings, *[Reading("camera", 0, 0.0, error="too small")] * 2]])
    out, err = capfd.readouterr()
    read = "camera: 8  this frame: nothing found"
    assert out.splitlines() == [f"{read}  held back: fell to 7", read]
    assert err.count("too small") == 1
