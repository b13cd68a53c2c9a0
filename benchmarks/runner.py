"""The device runner: start, memory, growth, load of a camera, and outages, each against its limit.

`python -m benchmarks.runner`
"""

from __future__ import annotations

import json
import statistics
import sys
import tempfile
from pathlib import Path
from typing import Any

import click

from device.child_process import describe_end, run_module
from device.command_line import Command, reporter, run_command_line
from device.errors import FitError

from .limits import Limit, at_least, at_most, show
from .measuring_digits import load_measuring_digits
from .startup import program, write_digit
from .whole_process import run_whole

MAX_START_S, MAX_RSS_MB, MAX_SMALL_RSS_MB = 0.6, 110, 80
MAX_GROWTH_MB = 1.0
FPS, CAMERA_FRAMES, MAX_CORE_SHARE = 30.0, 600, 0.25
MAX_RECOVERY_S = 5.0
OUTAGES_SILENCE_S = 0.3  # the script's faults are short
WHATS = ("start", "growth", "camera", "outages")


@click.command(name="runner", cls=Command)
@click.argument("what", nargs=-1, type=click.Choice(WHATS))
@click.option("--frames", type=click.IntRange(1000), help="Frames of growth (200,000) and outages (100,000).")
@click.option("--seed", default=0, show_default=True, help="Of the script of faults.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def runner(*, what: tuple[str, ...], frames: int | None, seed: int, as_json: bool) -> None:
    """Measure the runner: all of it, or start, growth, camera or outages.

    Exit code 3 if a limit is not met.
    """
    limits: list[Limit] = []
    measured: dict[str, Any] = {}
    with tempfile.TemporaryDirectory(prefix="edge-digits-runner-") as folder:
        paper, digit = Path(folder) / "paper.png", Path(folder) / "digit.png"
        write_digit(digit)
        write_paper(paper)
        for each in what or WHATS:
            reporter()(f"measuring {each}")
            if each == "start":
                measured[each], found = start(paper, digit)
            elif each == "growth":
                measured[each], found = growth(digit, frames or 200_000)
            elif each == "camera":
                measured[each], found = camera(paper)
            else:
                measured[each], found = outages(digit, frames or 100_000, seed)
            limits += found
    table = [["measurement", "figure", "value"]]
    table += [[name, key, str(value)] for name, figures in measured.items() for key, value in figures.items()]
    show(
        schema="edge-digits.runner/1",
        table=table,
        measured=measured,
        limits=limits,
        as_json=as_json,
        right=frozenset({2}),
    )


def start(paper: Path, digit: Path) -> tuple[dict[str, Any], list[Limit]]:
    """Measure `run` on one picture, from its start to its end."""
    base = [sys.executable, *program(), "run", "--source"]
    photographs = [run_whole([*base, str(paper)]) for _ in range(8)][1:]
    digits = [run_whole([*base, str(digit)]) for _ in range(8)][1:]
    start_s = statistics.median(run.wall_s for run in photographs)
    rss_mb = max(run.peak_rss_bytes for run in photographs) / 1e6
    small_mb = max(run.peak_rss_bytes for run in digits) / 1e6
    return {
        "photograph, s": round(start_s, 3),
        "photograph, MB": round(rss_mb, 1),
        "28×28, s": round(statistics.median(run.wall_s for run in digits), 3),
        "28×28, MB": round(small_mb, 1),
    }, [
        at_most("start to the end of one photograph, s", start_s, MAX_START_S),
        at_most("memory with OpenCV, MB", rss_mb, MAX_RSS_MB),
        at_most("memory for 28×28 without OpenCV, MB", small_mb, MAX_SMALL_RSS_MB),
    ]


def growth(picture: Path, frames: int) -> tuple[dict[str, Any], list[Limit]]:
    """Read many frames as fast as they can be read and see what the process holds after a fifth and at the end."""
    found = subject(picture=picture, fps=100_000.0, frames=frames, seed=None, silence_s=5.0)
    growth_mb = (found["end"]["rss_bytes"] - found["warm"]["rss_bytes"]) / 1e6
    return {
        "frames read": found["counts"]["taken"],
        "memory, MB": round(found["end"]["rss_bytes"] / 1e6, 1),
        "growth, MB": round(growth_mb, 2),
        "frames a second": round(found["counts"]["taken"] / found["wall_s"]),
    }, [at_most("growth of memory, MB", growth_mb, MAX_GROWTH_MB), *_constant(found)]


def camera(picture: Path) -> tuple[dict[str, Any], list[Limit]]:
    """Read a camera of 640×480 at 30 frames a second."""
    found = subject(picture=picture, fps=FPS, frames=CAMERA_FRAMES, seed=None, silence_s=5.0)
    share = found["cpu_s"] / found["wall_s"]
    rate = found["counts"]["taken"] / found["wall_s"]
    oldest_s, median_s, _ = found["ages_s"]
    return {
        "frames a second read": round(rate, 2),
        "share of a core": round(share, 3),
        "age when read, median ms": round(1e3 * median_s, 2),
        "age when read, most ms": round(1e3 * oldest_s, 2),
        "dropped": found["counts"]["dropped"],
    }, [
        at_least("frames a second", rate, 0.98 * FPS),
        at_most("share of a core", share, MAX_CORE_SHARE),
        at_most("oldest frame when read, frame times", oldest_s * FPS, 2),
    ]


def outages(picture: Path, frames: int, seed: int) -> tuple[dict[str, Any], list[Limit]]:
    """Read a camera that fails all the time, by a seeded script."""
    found = subject(picture=picture, fps=1000.0, frames=frames, seed=seed, silence_s=OUTAGES_SILENCE_S)
    counts = found["counts"]
    growth_mb = (found["end"]["rss_bytes"] - found["warm"]["rss_bytes"]) / 1e6
    wrong = abs(found["given"] - counts["frames"]) + abs(counts["taken"] + counts["dropped"] - counts["frames"])
    return {
        "frames": counts["frames"],
        "faults": json.dumps(found["kinds"]),
        "outages / reconnects": f"{counts['outages']} / {counts['reconnects']}",
        "failed reads": counts["failed_reads"],
        "longest recovery, s": round(max(found["recoveries_s"]), 2),
        "growth, MB": round(growth_mb, 2),
        "took, s": round(found["wall_s"]),
    }, [
        at_most("longest recovery, s", max(found["recoveries_s"]), MAX_RECOVERY_S),
        at_most("frames counted wrongly", wrong, 0),
        at_most("outages not recovered", counts["outages"] - counts["reconnects"], 0),
        at_most("growth of memory, MB", growth_mb, MAX_GROWTH_MB),
        *_constant(found),
    ]


def subject(**arguments: Any) -> dict[str, Any]:
    """Run the measured process.

    Raises:
        FitError: it failed.
    """
    text = json.dumps({**arguments, "picture": str(arguments["picture"])})
    child = run_module("benchmarks.runner_subject", [text], timeout_s=7200.0)
    if child.returncode != 0:
        raise FitError(f"the measured process {describe_end(child)}")
    answer: dict[str, Any] = json.loads(child.stdout)
    return answer


def write_paper(path: Path) -> None:
    """Write a photograph-like picture of a digit on paper, 640×480."""
    import numpy as np
    from PIL import Image

    digit = Image.fromarray(load_measuring_digits(None).images[0]).resize((220, 220), Image.Resampling.BICUBIC)
    paper = np.random.default_rng(0).normal(200, 4, (480, 640, 1)).repeat(3, axis=2)
    paper[130:350, 210:430] -= 0.6 * np.asarray(digit, np.float64)[:, :, np.newaxis]
    Image.fromarray(np.clip(paper, 0, 255).astype(np.uint8)).save(path)


def _constant(found: dict[str, Any]) -> list[Limit]:
    more = {name: max(0, found["end"][name] - found["warm"][name]) for name in ("threads", "files")}
    return [at_most(f"more {name} at the end", count, 0) for name, count in more.items()]


if __name__ == "__main__":
    run_command_line(runner)
