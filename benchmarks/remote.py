"""Measuring on another machine over ssh: nothing stays there, and what was measured before a break is kept.

One connection carries all: a tar goes in, and after each process a result comes out as a line of JSON. The shell there
unpacks into a temporary folder and removes it whatever happens.
"""

from __future__ import annotations

import shlex
import shutil
import subprocess
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO

from device.early_end import Terminated
from device.errors import DataError, FitError, SourceError, UsageError
from device.inference.foreign_model import read_labels

from .judgement import judge_digits
from .measuring_digits import DATA_VARIABLE, MeasuringDigits, load_measuring_digits
from .parcel import DIGITS, LABELS, pack_parcel, remote_path
from .results import BenchResult
from .settings import BenchSettings
from .subjects import Subject, read_subjects

SSH_FAILED = 255
LOST = "connection"
SSH_OPTIONS = ("-o", "ServerAliveInterval=15", "-o", "ServerAliveCountMax=3")


@dataclass(frozen=True)
class Remote:
    """A machine to measure on.

    Attributes:
        host: what ssh calls it: "user@pi" or a name from its configuration.
        python: the Python there; "~/" at its start is the home there.
        ssh: the command that connects, with options of one's own.
    """

    host: str
    python: str = "python3"
    ssh: tuple[str, ...] = ("ssh",)


def run_remote(
    models: Sequence[Path], remote: Remote, *, settings: BenchSettings, report: Callable[[str], None]
) -> BenchResult:
    """Measure models on another machine, on the same test digits as here.

    Where the connection breaks, or Ctrl-C, SIGTERM or SIGHUP ends it, the result holds what was measured and says so.

    Raises:
        UsageError: the host is no name, or there is no program to connect with.
        DataError: no model can be read here, or the test digits or labels cannot.
        SourceError: there is no connection, or it broke before anything was measured.
        FitError: the benchmark there ended with an error before anything was measured; its last line is told.
    """
    if not remote.host or remote.host.startswith("-"):
        raise UsageError(f"--remote: expected a host such as user@pi, found {remote.host!r}")
    digits = load_measuring_digits(settings.data, report=report)
    if settings.labels:
        read_labels(settings.labels)
    subjects, unreadable = read_subjects(models)
    if not subjects:
        reasons = "; ".join(each.error for each in unreadable)
        raise DataError(f"expected a model to send to {remote.host}, found none that can be read: {reasons}")
    for each in unreadable:
        report(each.error)
    command = [*remote.ssh, *SSH_OPTIONS, "--", remote.host, _script(subjects, remote.python, settings)]
    report(f"measuring on {remote.host}")
    found = _converse(command, pack_parcel(subjects, digits, settings.labels), remote.host, report)
    return replace(_with_source(found, digits), unreadable=(*unreadable, *found.unreadable))


def _script(subjects: Sequence[Subject], python: str, settings: BenchSettings) -> str:
    """Return what the shell there is to do."""
    words = ["-m", "benchmarks", *map(remote_path, subjects), *_options(settings)]
    program = f'"$HOME"/{shlex.quote(python[2:])}' if python.startswith("~/") else shlex.quote(python)
    # Named by the variable where nobody named them for these models, which tells them from those for other things.
    variable = "" if settings.data else f"{DATA_VARIABLE}={DIGITS} "
    steps = [
        "folder=$(mktemp -d)",
        "trap 'rm -rf \"$folder\"' EXIT",
        "trap 'exit 129' HUP INT TERM",
        'cd "$folder"',
        "tar xzf -",
        f"{variable}PYTHONDONTWRITEBYTECODE=1 {program} {shlex.join(words)} </dev/null",
    ]
    return f"sh -c {shlex.quote('; '.join(['set -e', *steps]))}"


def _options(settings: BenchSettings) -> list[str]:
    options = ["--json-lines", "--num-threads", ",".join(map(str, settings.num_threads))]
    options += ["--data", DIGITS] if settings.data else []
    for name, values in (("--runtime", settings.runtimes), ("--delegate", settings.delegates)):
        for value in values:
            options += [name, value]
    for name in ("warmup_runs", "num_runs", "rounds", "seed", "frames"):
        options += [f"--{name.replace('_', '-')}", str(getattr(settings, name))]
    options += ["--min-secs", str(settings.min_s), *(["--profile"] if settings.profile else [])]
    options += ["--input-range", settings.input_range] if settings.input_range else []
    return [*options, *(["--labels", LABELS] if settings.labels else [])]


def _converse(command: list[str], parcel: bytes, host: str, report: Callable[[str], None]) -> BenchResult:
    """Send the parcel and take results until the last; return the latest."""
    if shutil.which(command[0]) is None:
        raise UsageError(f"--ssh: expected a program that connects, found none called {command[0]!r}; install ssh")
    latest: BenchResult | None = None
    last_words: list[str] = []
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as child:
        assert child.stdin is not None
        assert child.stdout is not None
        assert child.stderr is not None
        listener = threading.Thread(target=_pass_on, args=(child.stderr, host, report, last_words), daemon=True)
        listener.start()
        try:
            _send(child.stdin, parcel)
            for line in child.stdout:
                if line.startswith(b"{") and line.endswith(b"\n"):
                    latest = BenchResult.from_json(line, name=f"the answer of {host}")
        except (KeyboardInterrupt, Terminated) as stop:
            child.terminate()
            if latest is None:
                raise
            return replace(latest, stopped_by=stop.signal.name if isinstance(stop, Terminated) else "SIGINT")
        finally:
            child.stdout.close()
            code = child.wait()
            listener.join(timeout=5)
    if latest is None:
        words = last_words[-1] if last_words else "no message"
        if code == SSH_FAILED:
            raise SourceError(f"{host}: expected to connect by ssh, found: {words}; check name, keys and network")
        raise FitError(f"{host}: the benchmark there ended with exit code {code} and no result: {words}")
    if latest.stopped_by == "SIGINT" and code != 130:
        report(f"{host}: the connection broke; what was measured until then is kept")
        return replace(latest, stopped_by=LOST)
    return latest


def _send(stdin: IO[bytes], parcel: bytes) -> None:
    """Send all; where the other side has gone, what it said tells why."""
    try:
        stdin.write(parcel)
        stdin.close()
    except BrokenPipeError:
        pass


def _pass_on(stderr: IO[bytes], host: str, report: Callable[[str], None], last_words: list[str]) -> None:
    """Report each line that the other side says, with its name."""
    for line in stderr:
        text = line.decode("utf-8", "replace").strip()
        if text:
            last_words.append(text)
            report(f"{host}: {text}")


def _with_source(result: BenchResult, digits: MeasuringDigits) -> BenchResult:
    """Name the test digits as they are called here."""
    return replace(
        result,
        settings=replace(result.settings, data_source=digits.source),
        rows=tuple(replace(row, data_source=digits.source) for row in result.rows),
        notes=(*result.notes, *judge_digits(digits)),
    )
