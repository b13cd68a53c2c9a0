"""Propose how frames like one are read: a region for each row of digits, its layout, and how many digits it holds."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from .output_files import atomic_path
from .reading import ReadDigit, Reading
from .settings.reading_settings import ReadingSettings, Roi

if TYPE_CHECKING:
    from numpy.typing import NDArray

SURE = 0.8  # a digit read with this score is one; others may be something else
LOWEST = 0.5  # of the lowest digit's height: what is lower is no digit


def propose(reading: Reading, image: NDArray[Any], *, room: float) -> ReadingSettings:
    """Propose settings from a reading of the whole frame.

    Args:
        reading: with at least one digit.
        image: uint8 (H, W) or (H, W, 3), the frame that was read.
        room: left around a row as far as its neighbours allow, of the digits' height.
    """
    rows: dict[int, list[ReadDigit]] = {}
    for digit in reading.digits:
        rows.setdefault(digit.row, []).append(digit)
    bounds = [_bounds(row) for row in rows.values()]
    names = [f"row{number}" for number in range(1, len(bounds) + 1)] if len(bounds) > 1 else ["reading"]
    regions = [
        _with_room(box, bounds[:place] + bounds[place + 1 :], name, image.shape, share=room)
        for place, (name, box) in enumerate(zip(names, bounds, strict=True))
    ]
    counts = {len(row) for row in rows.values()}
    sure = all(digit.score >= SURE for digit in reading.digits)
    return ReadingSettings(
        layout="single" if counts == {1} else "row",
        rois=tuple(str(region) for region in regions),
        expect_digits=counts.pop() if len(counts) == 1 and sure else 0,
        min_height=int(LOWEST * min(digit.box[3] for digit in reading.digits)),
    )


def _bounds(row: list[ReadDigit]) -> tuple[int, int, int, int]:
    """Return left, top, right and bottom of a row."""
    x, y, width, height = np.array([digit.box for digit in row]).T
    return int(x.min()), int(y.min()), int((x + width).max()), int((y + height).max())


def _with_room(
    box: tuple[int, int, int, int],
    others: list[tuple[int, int, int, int]],
    name: str,
    shape: tuple[int, ...],
    *,
    share: float,
) -> Roi:
    """Widen the bounds of a row, and leave a neighbour above or below half of the gap at least."""
    left, top, right, bottom = box
    room = round(share * (bottom - top))
    beside = [other for other in others if other[0] < right + room and other[2] > left - room]
    above = min([room, *(max(0, top - other[3]) // 2 for other in beside if other[1] < top)])
    below = min([room, *(max(0, other[1] - bottom) // 2 for other in beside if other[1] >= top)])
    x, y = max(0, left - room), max(0, top - above)
    return Roi(name, x, y, min(shape[1], right + room) - x, min(shape[0], bottom + below) - y)


def draw_proposal(image: NDArray[Any], reading: Reading, settings: ReadingSettings, path: Path) -> None:
    """Draw the regions, and what was read in them, into a PNG.

    Raises:
        OutputError: it cannot be written.
    """
    import cv2

    from .shown_reading import annotated

    drawn = annotated(image, reading, regions=settings.regions)
    with atomic_path(path) as temporary:
        temporary.write_bytes(cv2.imencode(".png", drawn)[1].tobytes())


def write_proposal(settings: ReadingSettings, source: str, path: Path) -> None:
    """Write settings as a settings file with the section [reading] alone.

    Raises:
        OutputError: it cannot be written.
    """
    from .settings.setting import settings_of

    lines = [f"# How frames like {source!a} are read; proposed by calibrate.", "[reading]"]
    for known in settings_of(ReadingSettings):
        value = getattr(settings, known.key)
        if value != known.default:
            lines += [f"# {known.help}"]
            if known.key == "expect_digits":
                lines += ["# As many as this one shows: where numbers grow, take this out, and make the regions wider."]
            lines += [f"{known.key} = {json.dumps(value)}"]  # JSON's texts, numbers and lists are TOML's
    with atomic_path(path) as temporary:
        temporary.write_text("\n".join(lines) + "\n", "utf-8")
