# ruff: noqa: RUF009 - `setting` makes dataclass fields
"""What a user may say about reading: layout, regions, polarity, decision; the section [reading] of a settings file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from ..errors import UsageError
from .setting import MOST, setting, settings_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

Layout = Literal["auto", "single", "row", "page"]
Invert = Literal["auto", "yes", "no"]
MOST_DIGITS = 10_000


class Roi(NamedTuple):
    """A named region of the frame: x, y, width and height in pixels of the frame."""

    name: str
    x: int
    y: int
    width: int
    height: int

    def part_of(self, image: NDArray[Any]) -> NDArray[Any]:
        """Return what a frame, (H, W) or (H, W, 3), shows of the region; no pixel where it lies beyond it."""
        part: NDArray[Any] = image[self.y : self.y + self.height, self.x : self.x + self.width]
        return part

    def __str__(self) -> str:
        """Return the region as options and settings files write it."""
        return f"{self.name}={self.x},{self.y},{self.width},{self.height}"


@dataclass(frozen=True)
class ReadingSettings:
    """[reading]: what is looked for in a frame, and when it is believed."""

    layout: Layout = setting("auto", "One digit, one row, a page of rows, or as many as there are.", option="--layout")
    rois: tuple[str, ...] = setting(
        (), "Regions to read, NAME=x,y,w,h in pixels of the frame.", option="--roi", example=["meter=40,60,320,80"]
    )
    expect_digits: int = setting(
        0, "Digits in each row; 0 for any number.", option="--expect-digits", least=0, most=MOST_DIGITS
    )
    min_height: int = setting(
        0, "Lowest digit, pixels of the frame; lower ones are left out.", option="--min-height", least=0
    )
    invert: Invert = setting("auto", "Light ink on dark ground: yes, no, or to be found out.", option="--invert")
    reject_below: float | None = setting(
        None,
        'Read "?" below this score; the threshold of the model card where absent.',
        option="--reject-below",
        example=0.9,
        least=0,
        most=1,
    )
    reject: bool = setting(True, "Whether doubtful digits are refused at all.", option="--reject")
    top_k: int = setting(0, "Also give the K best labels of each digit.", option="--top-k", least=0, most=100)

    def __post_init__(self) -> None:
        """Check all, as programs may give anything.

        Raises:
            UsageError: a value is of a wrong type or out of its range, a region is written wrongly, two have one name,
                or several digits are expected of a layout of one.
        """
        for each in settings_of(ReadingSettings):
            each.convert(getattr(self, each.key), where=each.key)
        names = [roi.name for roi in self.regions]
        if len(set(names)) < len(names):
            raise UsageError(f"rois: expected a name of its own for each region, found {', '.join(names)}")
        if self.layout == "single" and self.expect_digits > 1:
            raise UsageError(
                "expect_digits: expected 0 or 1 with layout single, which reads one digit, found "
                f"{self.expect_digits}; choose layout row, or 1"
            )

    @property
    def regions(self) -> tuple[Roi, ...]:
        """The regions, taken apart."""
        return tuple(parse_roi(text) for text in self.rois)


def refuse_by_threshold(values: dict[str, dict[str, Any]]) -> None:
    """Let a threshold that is named refuse, though what it overrides says that nothing is refused.

    Args:
        values: what overrides other settings, by section and key; `reject` is added where a threshold asks for it.

    Raises:
        UsageError: a threshold is named, and that nothing is refused.
    """
    reading = values.get("reading", {})
    if reading.get("reject_below") is None:
        return
    if reading.setdefault("reject", True) is False:
        raise UsageError("expected a threshold (reject_below) or none (reject = false), found both; leave one out")


def parse_roi(text: str) -> Roi:
    """Take "NAME=x,y,w,h" apart.

    Raises:
        UsageError: it is written otherwise, holds no pixel, its numbers are beyond any frame, or its name is not
            printable.
    """
    name, _, numbers = text.partition("=")
    try:
        x, y, width, height = (int(number) for number in numbers.split(","))
    except ValueError:
        x = y = width = height = -1
    if not name.strip() or min(x, y) < 0 or min(width, height) < 1:
        raise UsageError(
            f"rois: expected NAME=x,y,width,height in whole pixels, x and y from 0, the others from 1, found {text!r}"
        )
    if max(x, y, width, height) >= MOST:
        raise UsageError(f"rois: expected NAME=x,y,width,height, each below {MOST:.0e}, found {text!r}")
    if not name.strip().isprintable():
        raise UsageError(f"rois: expected a name of letters, digits and signs, found {name.strip()!r}; rename it")
    return Roi(name.strip(), x, y, width, height)
