"""Progress within an epoch: a line of a terminal, some lines of a log, nothing with --quiet."""

from __future__ import annotations

import io
import re
import sys
from collections.abc import Callable
from contextlib import suppress

import click
import pytest
from click.testing import CliRunner

from device.command_line import Command
from edge_digits.training.step_progress import step_progress


class Screen(io.StringIO):
    """A standard error that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def on_screen(monkeypatch: pytest.MonkeyPatch, *, columns: int = 80) -> Screen:
    """Make standard error a terminal; no fixture, because pytest takes it back before the test itself."""
    screen = Screen()
    monkeypatch.setattr(sys, "stderr", screen)
    monkeypatch.setenv("COLUMNS", str(columns))
    return screen


def steps_taking(seconds: float, report: Callable[[str], None], *, steps: int = 100) -> None:
    """Make steps that take so long each."""
    now_s = 0.0
    with step_progress("in epoch 2/40", steps=steps, report=report, clock=lambda: now_s) as advance:
        for done in range(1, steps + 1):
            now_s += seconds
            advance(done)


def seen(screen: Screen) -> list[str]:
    """Return what stands on the line after each carriage return."""
    assert "\n" not in screen.getvalue()
    line, lines = "", []
    for part in screen.getvalue().split("\r")[1:]:
        line = part + line[len(part) :]
        lines.append(line.rstrip())
    return lines


def test_a_terminal_shows_one_line_that_overwrites_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    """It says how far the epoch is and how long it takes, and is gone when the epoch ends."""
    screen = on_screen(monkeypatch)
    steps_taking(1.0, pytest.fail)
    lines = seen(screen)
    assert lines[0] == "in epoch 2/40: step 2 of 100, 98 s left"
    assert lines[48] == "in epoch 2/40: step 50 of 100, 50 s left"
    assert lines[-1] == ""
    assert all(re.fullmatch(r"in epoch 2/40: step \d+ of 100, \d+ s left|", line) for line in lines)


def test_a_terminal_is_written_a_few_times_a_second(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten thousand steps in ten seconds are fifty lines, not ten thousand."""
    screen = on_screen(monkeypatch)
    steps_taking(0.001, pytest.fail, steps=10_000)
    assert 40 <= len(seen(screen)) <= 55


def test_a_line_fits_a_narrow_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """One that wrapped could not be overwritten."""
    screen = on_screen(monkeypatch, columns=20)
    steps_taking(1.0, pytest.fail)
    assert max(map(len, seen(screen))) == 19


def test_a_stop_leaves_a_clean_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is said of it stands alone."""
    screen = on_screen(monkeypatch)
    clock = iter([0.0, 1.0, 2.0])
    with suppress(KeyboardInterrupt), step_progress("a", steps=9, report=pytest.fail, clock=clock.__next__) as advance:
        advance(1)
        advance(2)
        raise KeyboardInterrupt
    assert seen(screen) == ["a: step 2 of 9, 7 s left", "", ""]


def test_a_log_gets_a_line_every_half_minute() -> None:
    """And none about what is done in a few seconds."""
    said: list[str] = []
    steps_taking(1.0, said.append)
    assert said == [f"in epoch 2/40: step {done} of 100, {100 - done} s left" for done in (30, 60, 90)]


def test_short_epochs_leave_no_line_in_a_log() -> None:
    """The line of the epoch itself is soon enough."""
    steps_taking(0.29, pytest.fail)
    steps_taking(0.35, pytest.fail)


def test_quiet_shows_nothing_on_a_terminal_either(monkeypatch: pytest.MonkeyPatch) -> None:
    """As for all progress."""

    @click.command(cls=Command)
    def steps() -> None:
        screen = on_screen(monkeypatch)
        steps_taking(1.0, lambda line: None)
        click.echo(f"written: {screen.getvalue()!r}")

    assert CliRunner().invoke(steps, ["--quiet"]).stdout == "written: ''\n"
    assert "step 2 of" in CliRunner().invoke(steps).stdout
