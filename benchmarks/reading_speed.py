"""Time from a frame to its reading, and how hostile frames are met: `python -m benchmarks.reading_speed`."""

from __future__ import annotations

import math
import os
import statistics
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from device.command_line import FILE, Command, reporter, run_command_line
from device.inference.runtime_names import RUNTIME_NAMES
from device.paths import DEFAULT_MODEL
from device.settings.option_types import FiniteRange

from .hostile_frames import hostile_frames
from .limits import at_most, show
from .shipped_reader import shipped_reader

if TYPE_CHECKING:
    from device.reader import Reader

COUNTS = (1, 2, 5, 10, 20, 50, 100, 200)
SIZE, LARGE = (480, 640), (1080, 1920)  # height and width
ROUNDS = 5  # the machine may be busy: of so many medians the least is taken


@dataclass(frozen=True)
class Speed:
    """How long a frame takes after it was captured, medians.

    Attributes:
        frame: its width and height, "640×480".
        digits: how many it holds, as they were found.
        find_s: the finder's part, seconds.
        total_s: all of it, seconds.
    """

    frame: str
    digits: int
    find_s: float
    total_s: float


@dataclass(frozen=True)
class Met:
    """How the hostile frames of one kind were met.

    Attributes:
        kind: what they show.
        count: how many there were.
        median_s, longest_s: time of one, seconds.
        most_digits: the most digits that one was read to have.
        silent: share of them that were read as nothing, or as "?".
    """

    kind: str
    count: int
    median_s: float
    longest_s: float
    most_digits: int
    silent: float


def page(digits: NDArray[np.uint8], count: int, *, size: tuple[int, int] = SIZE) -> NDArray[np.uint8]:
    """Draw digits in rows on paper.

    Args:
        digits: uint8 (N, 28, 28), canonical digits; the first `count`, again from the first where they are too few.
        count: how many.
        size: height and width, pixels.

    Returns:
        uint8 (height, width, 3), BGR, dark on light with a little noise.
    """
    columns = max(1, min(count, round(math.sqrt(count * size[1] / size[0]))))
    rows = math.ceil(count / columns)
    side = min(size[0] // rows, size[1] // columns)
    ink = np.zeros(size, np.float64)
    for number in range(count):
        row, column = divmod(number, columns)
        picture = Image.fromarray(digits[number % len(digits)]).resize((side, side), Image.Resampling.BICUBIC)
        top, left = row * size[0] // rows, column * size[1] // columns
        ink[top : top + side, left : left + side] = np.asarray(picture)
    noise = np.random.default_rng(0).normal(0, 3, size)
    grey = np.clip(215 - 165 * ink / 255 + noise, 0, 255).astype(np.uint8)
    return np.repeat(grey[..., np.newaxis], 3, axis=2)


def measure_speed(reader: Reader, frame: NDArray[np.uint8], *, runs: int) -> Speed:
    """Read one frame again and again, warm."""
    from device.frames import Frame

    taken = Frame("page", 0, 0.0, frame)
    for _ in range(max(3, runs // 5)):
        reading = reader.read(taken)
    rounds = []
    for _ in range(ROUNDS):
        timings = [reader.read(taken).timing for _ in range(runs)]
        rounds.append(
            (statistics.median(each.total_s for each in timings), statistics.median(each.find_s for each in timings))
        )
    total_s, find_s = min(rounds)
    return Speed(f"{frame.shape[1]}×{frame.shape[0]}", len(reading.digits), find_s, total_s)


def meet_hostile(reader: Reader, count: int, *, seed: int) -> list[Met]:
    """Read hostile frames, all kinds in turn; an exception is not caught."""
    from device.frames import Frame

    seen: dict[str, list[tuple[float, str]]] = {}
    for kind, frame in hostile_frames(count, seed=seed):
        start_s = time.process_time()
        text = reader.read(Frame(kind, 0, 0.0, frame)).text
        seen.setdefault(kind, []).append((time.process_time() - start_s, text))
    return [
        Met(
            kind=kind,
            count=len(found),
            median_s=statistics.median(spent_s for spent_s, _ in found),
            longest_s=max(spent_s for spent_s, _ in found),
            most_digits=max(len(text) for _, text in found),
            silent=sum(not text.strip("?") for _, text in found) / len(found),
        )
        for kind, found in seen.items()
    ]


@click.command(name="reading-speed", cls=Command)
@click.option("--model", "-m", type=FILE, default=DEFAULT_MODEL, help="The shipped one if absent.")
@click.option("--runtime", type=click.Choice(RUNTIME_NAMES), help="Device runtime; the first that works.")
@click.option("--runs", type=click.IntRange(1), default=50, show_default=True, help="Readings of each frame, a round.")
@click.option("--hostile", type=click.IntRange(0), default=200, show_default=True, help="Hostile frames to read.")
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True, help="Of the hostile frames.")
@click.option("--max-ms", type=FiniteRange(0), metavar="MS", help="Limit for a 640×480 frame with one digit.")
@click.option("--max-digit-us", type=FiniteRange(0), metavar="US", help="Limit for each further digit, up to 200.")
@click.option("--max-hostile-ms", type=FiniteRange(0), metavar="MS", help="Limit for the longest hostile frame.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def reading_speed(
    *,
    model: Path,
    runtime: str | None,
    runs: int,
    hostile: int,
    seed: int,
    max_ms: float | None,
    max_digit_us: float | None,
    max_hostile_ms: float | None,
    as_json: bool,
) -> None:
    """Time everything after capture, on one thread, for 1 to 200 digits, and read frames that hold none.

    Hostile frames are timed by the processor time they take, which other programs do not lengthen. With a limit given,
    exit code 3 if it is not met.
    """
    reader, report = shipped_reader(model, runtime), reporter()
    from .measuring_digits import load_measuring_digits

    digits = load_measuring_digits(None).images
    report(f"reading pages of {COUNTS[0]} to {COUNTS[-1]} digits, {ROUNDS * runs} times each")
    speeds = [measure_speed(reader, page(digits, count), runs=runs) for count in COUNTS]
    speeds.append(measure_speed(reader, page(digits, 1, size=LARGE), runs=runs))
    if hostile:
        report(f"reading {hostile:,} hostile frames")
    met = meet_hostile(reader, hostile, seed=seed) if hostile else []
    first, last = speeds[0], speeds[len(COUNTS) - 1]
    further_us = 1e6 * (last.total_s - first.total_s) / max(1, last.digits - first.digits)
    limits = [
        at_most(name, found, limit)
        for name, found, limit in (
            ("one digit at 640×480, ms", 1e3 * first.total_s, max_ms),
            ("each further digit, µs", further_us, max_digit_us),
            ("longest hostile frame, ms", 1e3 * max((each.longest_s for each in met), default=0.0), max_hostile_ms),
        )
        if limit is not None
    ]
    show(
        schema="edge-digits.reading-speed/1",
        table=_table(speeds, met, further_us),
        measured={
            "speeds": [asdict(each) for each in speeds],
            "further_digit_s": further_us / 1e6,
            "hostile": [asdict(each) for each in met],
        },
        limits=limits,
        as_json=as_json,
        right=frozenset({1, 2, 3, 4}),
    )


def _table(speeds: list[Speed], met: list[Met], further_us: float) -> list[list[str]]:
    milliseconds: Callable[[float], str] = lambda seconds: f"{1e3 * seconds:.2f}"  # noqa: E731 - a format, by name
    rows = [["frame", "digits", "finder, ms", "all, ms", ""]]
    rows += [
        [each.frame, str(each.digits), milliseconds(each.find_s), milliseconds(each.total_s), ""] for each in speeds
    ]
    rows.append(["each further digit, µs", "", "", f"{further_us:.0f}", ""])
    if met:
        rows.append(["hostile frames", "most digits", "median, ms", "longest, ms", "silent"])
        rows += [
            [each.kind, str(each.most_digits), milliseconds(each.median_s), milliseconds(each.longest_s),
             f"{each.silent:.0%}"]
            for each in met
        ]  # fmt: skip
    return rows


def main() -> Any:
    """Run the command on one thread, as a device with one core would."""
    os.environ["OPENCV_FOR_THREADS_NUM"] = "1"  # OpenCV is loaded by the first frame
    run_command_line(reading_speed)


if __name__ == "__main__":
    main()
