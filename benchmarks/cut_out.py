"""Rows and digits cut out closely, as regions are: `python -m benchmarks.cut_out LABELS.csv`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click
import numpy as np

from device.command_line import FILE, Command, run_command_line
from device.inference.runtime_names import RUNTIME_NAMES
from device.paths import DEFAULT_MODEL

from .limits import show
from .photo_list import ROW, SINGLE, read_photo_list
from .shipped_reader import shipped_reader

if TYPE_CHECKING:
    from typing import Any

    from numpy.typing import NDArray

    from device.reader import Reader
    from device.reading import Reading

MARGINS = (0.0, 0.02, 0.05, 0.1, 0.2)  # of the height of what is cut out, left around it


def cut_out(image: NDArray[Any], reading: Reading, *, margin: float) -> NDArray[Any]:
    """Cut what was read out of its frame.

    Args:
        image: uint8 (H, W) grey or (H, W, 3) BGR.
        reading: what was read in it, one digit or more.
        margin: how much is left around the boxes of the digits, of their height together.
    """
    left, top, width, height = np.array([digit.box for digit in reading.digits]).T
    right, bottom = int((left + width).max()), int((top + height).max())
    x, y = int(left.min()), int(top.min())
    room = round(margin * (bottom - y))
    return np.ascontiguousarray(image[max(0, y - room) : bottom + room, max(0, x - room) : right + room])


def count_right(pictures: Sequence[tuple[NDArray[Any], str]], reader: Reader) -> tuple[int, dict[float, int]]:
    """Read pictures, and again cut out.

    Args:
        pictures: each with what is written on it.
        reader: what reads.

    Returns:
        How many are read right as they are, and of these how many are when they are cut out with each margin.
    """
    from device.frames import Frame

    whole, right = 0, dict.fromkeys(MARGINS, 0)
    for image, text in pictures:
        reading = reader.read(Frame("whole", 0, 0.0, image))
        if reading.text != text:
            continue
        whole += 1
        for margin in MARGINS:
            part = cut_out(image, reading, margin=margin)
            right[margin] += reader.read(Frame("cut out", 0, 0.0, part)).text == text
    return whole, right


@click.command(name="cut-out", cls=Command)
@click.argument("labels_csv", type=FILE, metavar="LABELS.csv")
@click.option("--model", "-m", type=FILE, default=DEFAULT_MODEL, help="The shipped one if absent.")
@click.option("--runtime", type=click.Choice(RUNTIME_NAMES), help="Device runtime; the first that works.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def main(*, labels_csv: Path, model: Path, runtime: str | None, as_json: bool) -> None:
    """Read the pictures that LABELS.csv names, and those that are read right again, cut out along their digits."""
    from device.sources.pictures import read_picture

    listed = read_photo_list(labels_csv, kinds=(SINGLE, ROW))
    reader = shipped_reader(model, runtime)
    whole, right = count_right([(read_picture(each.path), each.label) for each in listed], reader)
    rows = [["left around", "right", "of", "share"]]
    rows += [[f"{margin:.0%}", str(right[margin]), str(whole), _share(right[margin], whole)] for margin in MARGINS]
    show(
        schema="edge-digits.cut-out/1",
        table=[*rows, ["as it is", str(whole), str(len(listed)), _share(whole, len(listed))]],
        measured={"model": model.name, "pictures": len(listed), "whole": whole, "right": right},
        limits=[],
        as_json=as_json,
        right=frozenset({1, 2, 3}),
    )


def _share(right: int, total: int) -> str:
    return f"{right / total:.1%}" if total else "–"


if __name__ == "__main__":
    run_command_line(main)
