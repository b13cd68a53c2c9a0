"""What the finder's numbers owe to the photographs at hand: `python -m benchmarks.held_out LABELS.csv`.

Each number of the reading path is made smaller and larger by two fifths in turn, and single digits are read again.
Leaving each source out once, the change that is best for the others reads that source: what would have been chosen
without it. Where this hardly differs from what is shipped, no number was fitted to a single source.
"""

from __future__ import annotations

import importlib
import statistics
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from pkgutil import iter_modules
from typing import TYPE_CHECKING, Any

import click

from device import finding
from device.command_line import FILE, Command, reporter, run_command_line
from device.inference.runtime_names import RUNTIME_NAMES
from device.paths import DEFAULT_MODEL
from device.settings.option_types import FiniteRange

from .limits import at_least, show
from .photo_list import SINGLE, Photo, read_photo_list
from .shipped_reader import shipped_reader

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from device.reader import Reader

MODULES = tuple(module.name for module in iter_modules(finding.__path__))
FACTORS = (1 / 1.4, 1.4)
AS_IT_IS = "as it is"


@dataclass(frozen=True)
class Number:
    """A number of the reading path that somebody chose.

    Attributes:
        module: of `device.finding`, where it stands.
        name: of the constant.
        value: what it is.
    """

    module: str
    name: str
    value: float


@dataclass(frozen=True)
class HeldOut:
    """How a source is read with what is best for the others.

    Attributes:
        source: which.
        shipped: share of its digits read right as shipped, 0–1.
        held_out: the same with what is best for the other sources.
        chosen: the change that is best for them.
    """

    source: str
    shipped: float
    held_out: float
    chosen: str


def numbers() -> list[Number]:
    """List the fractions among the constants of the reading path."""
    return [
        Number(module, name, value)
        for module in MODULES
        for name, value in vars(importlib.import_module(f"{finding.__name__}.{module}")).items()
        if name.isupper() and isinstance(value, float)
    ]


@contextmanager
def changed(number: Number, factor: float) -> Iterator[None]:
    """Let a number be another for a while; a share of something stays below 1."""
    module = importlib.import_module(f"{finding.__name__}.{number.module}")
    other = number.value * factor
    setattr(module, number.name, min(other, 0.99) if number.value < 1 else other)
    try:
        yield
    finally:
        setattr(module, number.name, number.value)


def leave_one_out(shares: Mapping[str, Mapping[str, float]]) -> list[HeldOut]:
    """Choose for each source by the others.

    Args:
        shares: for each change, AS_IT_IS among them, the share read right of each source, 0–1.
    """

    def mean_without(change: str, left_out: str) -> float:
        return statistics.fmean(share for source, share in shares[change].items() if source != left_out)

    found = []
    for source, shipped in shares[AS_IT_IS].items():
        # Of equals the first is taken, and nothing changed comes first.
        order = sorted(shares, key=lambda change: change != AS_IT_IS)
        chosen = max(order, key=lambda change: mean_without(change, source))
        found.append(HeldOut(source, shipped, shares[chosen][source], chosen))
    return found


@click.command(name="held-out", cls=Command)
@click.argument("labels_csv", type=FILE, metavar="LABELS.csv")
@click.option("--model", "-m", type=FILE, default=DEFAULT_MODEL, help="The shipped one if absent.")
@click.option("--runtime", type=click.Choice(RUNTIME_NAMES), help="Device runtime; the first that works.")
@click.option("--min-mean", type=FiniteRange(0, 100), metavar="PERCENT", help="Limit of the mean, held out.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def held_out(*, labels_csv: Path, model: Path, runtime: str | None, min_mean: float | None, as_json: bool) -> None:
    """Read the single digits of LABELS.csv with each number of the finder changed, and choose by all sources but one.

    A digit that is refused counts as wrong. Takes some minutes for two hundred photographs.
    """
    reader = shipped_reader(model, runtime)
    photos = _pictures(read_photo_list(labels_csv, kinds=(SINGLE,)))
    report = reporter()
    shares = {AS_IT_IS: _shares(reader, photos)}
    every = numbers()
    for place, number in enumerate(every, 1):
        for factor in FACTORS:
            with changed(number, factor):
                shares[f"{number.module}.{number.name} × {factor:.1f}"] = _shares(reader, photos)
        report(f"{place} of {len(every)}: {number.module}.{number.name}")
    found = leave_one_out(shares)
    mean = statistics.fmean(each.held_out for each in found)
    show(
        schema="edge-digits.held-out/1",
        table=[*_table(found, mean), *_worst(shares)],
        measured={"sources": [asdict(each) for each in found], "mean": mean, "changes": shares},
        limits=[] if min_mean is None else [at_least("mean over sources held out, %", 100 * mean, min_mean)],
        as_json=as_json,
        right=frozenset({1, 2}),
    )


def _pictures(photos: Sequence[Photo]) -> list[tuple[Photo, NDArray[Any]]]:
    from device.sources.pictures import read_picture

    return [(photo, read_picture(photo.path)) for photo in photos]


def _shares(reader: Reader, photos: Sequence[tuple[Photo, NDArray[Any]]]) -> dict[str, float]:
    """Return the share of each source that is read right, 0–1."""
    from device.frames import Frame

    right: dict[str, list[bool]] = {}
    for photo, picture in photos:
        text = reader.read(Frame(str(photo.path), 0, 0.0, picture)).text
        right.setdefault(photo.source, []).append(text == photo.label)
    return {source: sum(each) / len(each) for source, each in sorted(right.items())}


def _table(found: Sequence[HeldOut], mean: float) -> list[list[str]]:
    percent: Callable[[float], str] = "{:.1%}".format
    rows = [["source", "as shipped", "held out", "best for the others"]]
    rows += [[each.source, percent(each.shipped), percent(each.held_out), each.chosen] for each in found]
    return [*rows, ["mean over sources", percent(statistics.fmean(each.shipped for each in found)), percent(mean), ""]]


def _worst(shares: Mapping[str, Mapping[str, float]], count: int = 5) -> list[list[str]]:
    """Return the changes that cost most, with the mean over sources that they leave."""
    means = sorted((statistics.fmean(each.values()), change) for change, each in shares.items())
    return [["costs most", "", "mean", ""], *(["", "", f"{mean:.1%}", change] for mean, change in means[:count])]


if __name__ == "__main__":
    run_command_line(held_out)
