"""The runner: from source to sinks, with everything between, until the source ends or the program is stopped."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any, BinaryIO, Protocol

from .collected import FRAMES, UNSURE
from .early_end import raise_if_asked
from .errors import DataError, OutputError, UsageError
from .frames import Frame
from .loading import load_reader
from .settings.setting import settings_of
from .settings.settings import Settings
from .sinks.live_state import Run
from .sinks.making import describe_source, make_sinks
from .sinks.sink import Event, Sinks
from .sources.files import names_file
from .sources.opening import choose_source, turned

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .reader import Reader
    from .reading import Reading


SQLITE_ENDS = ("journal", "wal", "shm")  # of the names of files that SQLite makes and deletes beside a database
SWITCHES = {
    "history": ("csv", "sqlite"),
    "pictures": ("folder", "video"),
    "mqtt": ("host",),
    "http": ("listen",),
    "collect": ("folder",),
}
"""The settings of a section that ask for its outputs; without them the others mean nothing."""


def run_settings(
    settings: Settings, *, stdin: BinaryIO, note: Callable[[str], None], say: Callable[[str], None]
) -> int:
    """Read what the settings name, until it ends.

    Args:
        settings: all of them.
        stdin: where "-" reads a picture from.
        note: is told what is worth knowing.
        say: is told what is wrong, and when it is right again.

    Returns:
        How many frames could not be read.

    Raises:
        EdgeDigitsError: settings do not go together, the model cannot be loaded, or the source is not there.
        OutputError: readings of files were lost.
    """
    _refuse_to_read_own_pictures(settings)
    _refuse_wrong_files(settings)
    source = choose_source(settings.source, settings.camera, stdin=stdin, say=say)
    if idle := [] if source.stream else idle_on_pictures(settings):
        note(f"{', '.join(idle)}: without effect on pictures, each of which stands for itself")
    for line in idle_without_their_output(settings):
        note(line)
    reader = load_reader(settings.model, settings.reading, warn=note)
    parts = Run(source.live, source.watched, fps=lambda: source.fps)
    made = make_sinks(settings, parts, stream=source.stream, say=say, note=note)
    try:
        with Sinks(made, say=say, patient=not source.endless) as sinks, source.frames as frames:
            parts.threads = sinks.threads
            errors = pump(frames, reader, settings, stream=source.stream, sinks=sinks)
        if not source.endless:
            _refuse_losses(sinks)
        return errors
    finally:
        if parts.threads and source.live is not None:  # it was opened
            note(describe_source(parts))


def _refuse_to_read_own_pictures(settings: Settings) -> None:
    """Raise UsageError where pictures go to where they come from: each would be read, drawn on and read again."""
    if settings.source.fake_camera is not None:
        return
    pictures, collection = settings.pictures.folder, settings.collect.folder
    places = [("--pictures", pictures, "1.jpg")] if pictures else []
    places += [("--collect", collection / name, "1.png") for name in (FRAMES, UNSURE)] if collection else []
    for option, place, name in places:
        if names_file(settings.source.source, place / name, deep=not settings.source.watch):
            raise UsageError(f"{option}: expected a folder that is not read here, found {place}; choose another place")


def _refuse_wrong_files(settings: Settings) -> None:
    """Raise UsageError where an output is meant for standard output, or two would be written to one file."""
    places = {"--csv": settings.history.csv, "--sqlite": settings.history.sqlite, "--video": settings.pictures.video}
    places["mqtt.queue"] = settings.mqtt.queue if settings.mqtt.host else None
    known: dict[str, str] = {}
    for option in ("--sqlite", "mqtt.queue"):
        if path := places[option]:
            known |= {f"{os.path.realpath(path)}-{end}": f"SQLite beside {option}" for end in SQLITE_ENDS}
    if settings.history.csv:
        known[f"{os.path.realpath(settings.history.csv)}.old"] = "the older part of --csv"
    for option, path in places.items():
        if str(path) == "-":
            raise UsageError(f"{option}: expected the name of a file, found -; on standard output, give --format json")
        first = known.setdefault(os.path.realpath(path), option) if path else option
        if first != option:
            raise UsageError(f"{option}: expected a file of its own, found that of {first}: {path}; name another")


def _refuse_losses(sinks: Sinks) -> None:
    """Raise OutputError where a sink lost readings of files, which can be read again."""
    lost = [thread.sink.name for thread in sinks.threads if thread.counts.lost]
    if lost:
        raise OutputError(f"not every reading was written ({', '.join(lost)}); see above, mend that and read again")


class Taker(Protocol):
    """What readings are given to."""

    def put(self, event: Event, *, every: bool) -> None:
        """Take a reading: each one with `every`, and again without it where it is one to be written."""


def pump(frames: Iterable[Frame], reader: Reader, settings: Settings, *, stream: bool, sinks: Taker) -> int:
    """Read every frame and give the readings to the sinks.

    Returns:
        How many frames could not be read.

    Raises:
        DataError: one text was asked for, and none holds.
    """
    image: NDArray[Any] | None = None
    canonical: Sequence[NDArray[Any]] = ()
    count = 0

    def read() -> Iterator[Reading]:
        nonlocal image, canonical, count
        raise_if_asked()
        for frame in turned(islice(frames, settings.source.max_frames), settings.camera):
            count += 1
            reading, found = reader.read_closely(frame)
            if reading.error is None:  # else one that is told later than it came would lose its picture
                image, canonical = frame.image, found
            yield reading
            raise_if_asked()

    def event(reading: Reading) -> Event:
        return Event(reading, image, canonical) if reading.error is None else Event(reading)

    def every(readings: Iterable[Reading]) -> Iterator[Reading]:
        for reading in readings:
            sinks.put(event(reading), every=True)
            yield reading

    errors, is_read = 0, False
    # The filters look at one reading at a time, so `image` and `canonical` are always those of the one that comes out.
    for reading in written(every(judged(read(), settings, stream=stream)), settings, stream=stream):
        errors, is_read = errors + (reading.error is not None), reading.error is None
        sinks.put(event(reading), every=False)
    if settings.voting.once and not is_read:
        frames_read = f"{count} frame{'s' if count != 1 else ''}"
        raise DataError(
            f"--once: expected a text with a digit that holds, found none in {frames_read}; see what is read without it"
        )
    return errors


def idle_on_pictures(settings: Settings) -> list[str]:
    """Return the options that are set, here or in the file, and mean nothing where frames do not follow each other."""
    idle = {"--vote-frames", "--hold", "--on-change", "--every-frame", "--every"}
    if settings.source.watch:
        idle.remove("--every")
    return [
        str(known.option)
        for section in (settings.voting, settings.output)
        for known in settings_of(type(section))
        if known.option in idle and getattr(section, known.key) != known.default
    ]


def idle_without_their_output(settings: Settings) -> Iterator[str]:
    """Yield a line for each output that is not asked for, though settings of it are set, here or in the file."""
    for name, switches in SWITCHES.items():
        section = getattr(settings, name)
        known = {each.key: each for each in settings_of(type(section))}
        if any(getattr(section, key) for key in switches):
            continue
        idle = [
            each.option or f"[{name}] {key}" for key, each in known.items() if getattr(section, key) != each.default
        ]
        if idle:
            missing = " or ".join(str(known[key].option) for key in switches)
            yield f"{', '.join(idle)}: without effect, because no {missing} is given"
    if settings.voting.believe_after and settings.voting.monotonic == "no" and not settings.voting.max_step:
        yield "--believe-after: without effect, because no --monotonic or --max-step is given"


def judged(readings: Iterable[Reading], settings: Settings, *, stream: bool) -> Iterable[Reading]:
    """Vote on the readings of a stream and hold back what its counter cannot show; stills pass as they are."""
    from .plausibility import hold_back
    from .voting import vote

    voting = settings.voting
    if stream:
        readings = vote(readings, frames=voting.frames, hold=voting.hold)
    if voting.monotonic != "no" or voting.max_step:
        readings = hold_back(
            readings, monotonic=voting.monotonic, max_step=voting.max_step, believe_after=voting.believe_after
        )
    return readings


def written(readings: Iterable[Reading], settings: Settings, *, stream: bool) -> Iterable[Reading]:
    """Choose the readings that are to be written."""
    from . import voting

    wanted = settings.voting
    if wanted.once:
        return voting.first_stable(readings)
    if stream and wanted.on_change:
        return voting.only_changes(readings, seconds=wanted.every_s)
    if wanted.every_s and (stream or settings.source.watch):  # pictures come when they are read, not in time
        readings = voting.every(readings, seconds=wanted.every_s)
    return readings
