"""Stopping the runner: SIGTERM and Ctrl-C in every state, how long it takes and with which exit code.

`python -m benchmarks.endings`
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import click

from device.child_process import child_environment
from device.command_line import Command, reporter, run_command_line

from .limits import at_most, show
from .runner import write_paper
from .startup import program

MAX_ENDING_S = 2.0
DISK_BYTES, ROOM_BYTES = 64 * 1024, 12 * 1024  # room to begin in, but not for a frame
CODES = {signal.SIGTERM: 0, signal.SIGINT: 130}


@dataclass(frozen=True)
class State:
    """A state to stop the runner in.

    Attributes:
        name: in words.
        arguments: of `run`; FOLDER stands for a folder of its own, PORT for the port of a server that never answers.
        after_s: seconds after the start at which the signal is sent.
    """

    name: str
    arguments: str
    after_s: float = 2.5


STATES = (
    State("reading", "--format json"),
    State("blocked read", "--faults 1:freeze=60"),
    State("blocked read, given up", "--faults 1:freeze=60 --set camera.silence_s=0.5", 4.0),
    State("waiting for a camera", "--faults 0:unplug --wait"),
    State("opening a stream that never answers", "--source rtsp://127.0.0.1:PORT/live"),
    State("broker refuses connections", "--mqtt-host 127.0.0.1 --mqtt-port 9 --set mqtt.queue=FOLDER/q.sqlite"),
    State("broker never answers", "--mqtt-host 127.0.0.1 --mqtt-port PORT --set mqtt.queue=FOLDER/q.sqlite"),
    State("disk full", "--csv FOLDER/full/h.csv --collect FOLDER/full/c"),
    State("standard output blocked", "--format json", 6.0),
    State("everything at once", "--http 0 --csv FOLDER/h.csv --sqlite FOLDER/h.sqlite --collect FOLDER/c"),
)


@dataclass(frozen=True)
class Ending:
    """How one run ended.

    Attributes:
        state: its name.
        signal: the signal's name.
        ending_s: from the signal to the end, seconds.
        exit_code: what it answered with.
        right: whether that is the designed one, and nothing looked like a crash.
    """

    state: str
    signal: str
    ending_s: float
    exit_code: int
    right: bool


@click.command(name="endings", cls=Command)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def endings(*, as_json: bool) -> None:
    """Stop `edge-digits run` in every state with both signals.

    Limits: two seconds, and the designed exit code; exit code 3 if one is not met.
    """
    # A shell that runs this in the background ignores Ctrl-C for it, and a child would inherit that.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    found = []
    for state in STATES:
        for number in CODES:
            reporter()(f"{state.name}, {number.name}")
            found.append(stop(state, number))
    table = [["state", "signal", "ended after", "exit code"]]
    table += [[each.state, each.signal, f"{each.ending_s:.2f} s", str(each.exit_code)] for each in found]
    limits = [
        at_most("longest ending, s", max(each.ending_s for each in found), MAX_ENDING_S),
        at_most("wrong endings", sum(not each.right for each in found), 0),
    ]
    measured = [vars(each) for each in found]
    show(
        schema="edge-digits.endings/1",
        table=table,
        measured=measured,
        limits=limits,
        as_json=as_json,
        right=frozenset({2, 3}),
    )


def stop(state: State, number: signal.Signals) -> Ending:
    """Start the runner, bring it into a state, send the signal, and wait for its end."""
    with tempfile.TemporaryDirectory(prefix="edge-digits-endings-") as name, silent_server() as port:
        folder = Path(name)
        write_paper(folder / "paper.png")
        words = state.arguments.replace("FOLDER", name).replace("PORT", str(port)).split()
        if "--source" not in words:
            words += ["--fake-camera", str(folder / "paper.png")]
        with full_disk(folder / "full", wanted="disk full" in state.name):
            return _stop(state, number, [*program(), "run", *words], blocked="blocked" in state.name.split()[-1])


def _stop(state: State, number: signal.Signals, command: list[str], *, blocked: bool) -> Ending:
    out = subprocess.PIPE if blocked and "output" in state.name else subprocess.DEVNULL
    process = subprocess.Popen(
        [sys.executable, *command],
        env=child_environment(),
        stdin=subprocess.DEVNULL,
        stdout=out,
        stderr=subprocess.PIPE,
    )
    time.sleep(state.after_s)
    early = process.poll()
    start_s = time.perf_counter()
    process.send_signal(number)
    try:
        process.wait(30)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    ending_s = time.perf_counter() - start_s
    assert process.stderr
    said = process.stderr.read().decode("utf-8", "replace")
    process.stderr.close()
    if process.stdout:
        process.stdout.close()
    right = early is None and process.returncode == CODES[number] and "Traceback" not in said and "Fatal" not in said
    if not right:
        reporter()(f"{state.name}: {said.strip().splitlines()[-1:]}")
    return Ending(state.name, number.name, ending_s, process.returncode, right)


@contextmanager
def silent_server() -> Iterator[int]:
    """Listen on a port, take connections and never say a word; give the port."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        yield server.getsockname()[1]


@contextmanager
def full_disk(folder: Path, *, wanted: bool) -> Iterator[None]:
    """Mount a small disk that is soon full on a folder, if wanted and permitted; else leave it plain."""
    folder.mkdir()
    mounted = wanted and os.geteuid() == 0 and _mount(folder)
    if mounted:
        (folder / "filler").write_bytes(bytes(DISK_BYTES - ROOM_BYTES))
    try:
        yield
    finally:
        if mounted:
            subprocess.run(["umount", folder], check=False)


def _mount(folder: Path) -> bool:
    command = ["mount", "-t", "tmpfs", "-o", f"size={DISK_BYTES}", "tmpfs", str(folder)]
    return subprocess.run(command, check=False, capture_output=True).returncode == 0


if __name__ == "__main__":
    run_command_line(endings)
