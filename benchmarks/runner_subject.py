"""The process that the runner's measurements measure: the fake camera, read into sinks; prints what it saw as JSON."""

from __future__ import annotations

import json
import os
import resource
import sys
import tempfile
import threading
import time
from array import array
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from device.frames import Frame
from device.settings.settings import HistorySettings, OutputSettings, Settings, SourceSettings
from device.sinks.making import make_sinks
from device.sinks.sink import Event, Sinks
from device.sources.fake_camera import FakeCamera
from device.sources.fake_faults import Fault, random_faults
from device.sources.supervision import SupervisedSource

GAP_S, SCALE = 0.3, 0.1  # faults come thick and fast: three in two seconds, each a tenth as long as by itself
WARM_SHARE = 0.2  # of the frames, after which everything that is made once has been made


class Figures:
    """A sink that samples what the process holds."""

    name, every, pictures = "figures", True, False

    def __init__(self, frames: int) -> None:
        self._warm_at, self._seen = round(WARM_SHARE * frames), 0
        self.warm: dict[str, int] | None = None

    def write(self, events: Sequence[Event]) -> None:
        """Count, and sample when what is made once has been made."""
        self._seen += len(events)
        if self.warm is None and self._seen >= self._warm_at:
            self.warm = held()

    def close(self) -> None:
        """Keep what was sampled."""


def held() -> dict[str, int]:
    """Return resident memory in bytes, threads and open files of this process."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return {
        "rss_bytes": pages * os.sysconf("SC_PAGE_SIZE"),
        "threads": len(os.listdir("/proc/self/task")),  # noqa: PTH208 - a count, many times
        "files": len(os.listdir("/proc/self/fd")),  # noqa: PTH208
    }


def measure(*, picture: str, fps: float, frames: int, seed: int | None, silence_s: float) -> dict[str, Any]:
    """Read so many frames and return what was seen."""
    from device.sources.pictures import read_picture

    faults: list[Fault] = []
    camera = FakeCamera([read_picture(Path(picture))], faults=recorded(seed, faults), fps=fps)
    source = SupervisedSource(camera, say=lambda line: None, silence_s=silence_s)
    # Made at full length now, so that they do not count as growth.
    times, ages = array("d", [1.0]) * frames, array("d", [1.0]) * frames

    def noted(coming: Iterable[Frame]) -> Iterator[Frame]:
        for place, frame in enumerate(coming):
            times[place] = camera.now_s()
            ages[place] = time.time() - frame.taken_at_s
            yield frame

    figures = Figures(frames)
    # Below the parent's folder, which the parent clears up also where this process is killed.
    with tempfile.TemporaryDirectory(dir=Path(picture).parent) as folder:
        settings = Settings(
            source=SourceSettings(max_frames=frames),
            output=OutputSettings(format="json"),
            history=HistorySettings(csv=Path(folder) / "h.csv", sqlite=Path(folder) / "h.sqlite"),
        )
        start_s, start_cpu_s = time.perf_counter(), cpu_s()
        run(settings, source, noted, figures)
        wall_s, used_s = time.perf_counter() - start_s, cpu_s() - start_cpu_s
    end = held()
    lags = [thread for thread in threading.enumerate() if thread.name == "camera"]
    return {
        "counts": vars(source.counts),
        "given": camera.given,
        "wall_s": wall_s,
        "cpu_s": used_s,
        "ages_s": [max(ages), sorted(ages)[len(ages) // 2], sorted(ages)[int(0.99 * len(ages))]],
        "warm": figures.warm,
        "end": end,
        "stuck_threads": len(lags),
        "recoveries_s": recoveries(faults, times),
        "kinds": {kind: sum(each.kind == kind for each in faults) for kind in sorted({f.kind for f in faults})},
    }


def run(settings: Settings, source: SupervisedSource, noted: Any, figures: Figures) -> None:
    """Do what `edge-digits run` does, with a source of our own."""
    from device.loading import load_reader
    from device.running import pump
    from device.sinks.live_state import Run

    reader = load_reader(settings.model, settings.reading, warn=print)
    made = [*make_sinks(settings, Run(source), stream=True, say=print, note=print), figures]
    with Sinks(made, say=lambda line: print(line, file=sys.stderr), patient=False) as sinks, source as frames:  # noqa: T201
        pump(noted(frames), reader, settings, stream=True, sinks=sinks)


def recorded(seed: int | None, faults: list[Fault]) -> Iterator[Fault]:
    """Yield random faults and keep those that the camera took."""
    if seed is None:
        return
    for fault in random_faults(seed, gap_s=GAP_S, scale=SCALE):
        faults.append(fault)
        yield fault


def recoveries(faults: list[Fault], times: Sequence[float]) -> list[float]:
    """Return for each outage how long after its end the next frame came, seconds.

    A fault that starts before then takes the place of the one before.
    """
    from bisect import bisect_right

    outages = [each for each in faults if each.kind in ("unplug", "freeze", "busy")]
    found = []
    for outage in outages:
        place = bisect_right(times, outage.end_s)
        if place == len(times):
            continue
        late_s = times[place] - outage.end_s
        if not any(outage.end_s < each.start_s < times[place] for each in outages):
            found.append(late_s)
    return found


def cpu_s() -> float:
    """Return the seconds of a core that this process used."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    stdout, sys.stdout = sys.stdout, open(os.devnull, "w")  # noqa: PTH123, SIM115 - lines of readings go nowhere
    print(json.dumps(measure(**json.loads(sys.argv[1]))), file=stdout)
