"""Measuring whole programs, from their start to their end."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from device.child_process import child_environment, raise_if_about_data
from device.errors import FitError

LAUNCHER = Path(__file__).with_name("launcher.py")
TIMEOUT_S = 300.0
GRACE_S = 20.0  # TensorFlow heeds a signal only between its own long calls


@dataclass(frozen=True)
class WholeRun:
    """One run of a program.

    Attributes:
        wall_s: from its start to its end, seconds.
        peak_rss_bytes: the most memory it held.
    """

    wall_s: float
    peak_rss_bytes: int


def run_whole(command: Sequence[str]) -> WholeRun:
    """Run a program once and measure it.

    Args:
        command: the program's full path and its arguments.

    Raises:
        DataError: it is a command of this project, whose input is missing or damaged.
        FitError: it failed otherwise or took longer than five minutes; the last line of what it said is told.
    """
    with subprocess.Popen(
        [sys.executable, "-I", "-S", str(LAUNCHER), *command],
        env=child_environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
        start_new_session=True,
    ) as launcher:
        try:
            stdout, stderr = launcher.communicate(timeout=TIMEOUT_S)
        except subprocess.TimeoutExpired as cause:
            text = f"expected `{' '.join(command)}` to end, found it running after {TIMEOUT_S:.0f} s"
            raise FitError(text) from cause
        finally:
            if launcher.poll() is None:
                _end_group(launcher)
    last = stderr.strip().splitlines()[-1:] or ["no message"]
    answer = json.loads(stdout) if launcher.returncode == 0 else {"exit_code": launcher.returncode}
    raise_if_about_data(answer["exit_code"], stderr)
    if answer["exit_code"] != 0:
        raise FitError(
            f"expected `{' '.join(command)}` to work, found exit code {answer['exit_code']}: {last[0][:300]}"
        )
    return WholeRun(answer["wall_s"], answer["peak_rss_bytes"])


def _end_group(launcher: subprocess.Popen[str]) -> None:
    """End a launcher and the program it started, which clears up after itself if it is asked to end."""
    os.killpg(launcher.pid, signal.SIGTERM)
    try:
        launcher.communicate(timeout=GRACE_S)  # the launcher has gone at once; the program still holds its stderr
    except subprocess.TimeoutExpired:
        os.killpg(launcher.pid, signal.SIGKILL)


def run_pairs(
    first: Sequence[str], second: Sequence[str], *, pairs: int, warmup_pairs: int = 1
) -> tuple[list[WholeRun], list[WholeRun]]:
    """Run two programs in turns, so that whatever slows the machine down hits both.

    Args:
        first: one program with its arguments.
        second: the other.
        pairs: how often each is measured.
        warmup_pairs: how often each is run before that, to bring its files into memory.

    Raises:
        FitError: one of them failed.
    """
    runs = [(run_whole(first), run_whole(second)) for _ in range(warmup_pairs + pairs)][warmup_pairs:]
    return [run for run, _ in runs], [run for _, run in runs]


def imported_modules(command: Sequence[str]) -> set[str]:
    """Return the top-level modules that a Python program imports.

    Args:
        command: what follows `python`, such as ["-m", "device", "--help"].

    Raises:
        FitError: the program failed.
    """
    child = subprocess.run(
        [sys.executable, "-X", "importtime", *command],
        env=child_environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        timeout=TIMEOUT_S,
        check=False,
    )
    if child.returncode != 0:
        raise FitError(f"expected `python {' '.join(command)}` to work, found exit code {child.returncode}")
    lines = [line for line in child.stderr.splitlines() if line.startswith("import time:") and "|" in line]
    return {line.rpartition("|")[2].strip().partition(".")[0] for line in lines}
