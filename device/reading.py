"""A reading: what was read in one frame, how surely, by which model and how fast; and its JSON line."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from .printable import printable

if TYPE_CHECKING:
    from collections.abc import Sequence

SCHEMA = "edge-digits.reading/1"
UNSURE = "?"  # the label of a digit whose score is too low to be believed


@dataclass(frozen=True)
class ReadDigit:
    """One digit of a reading.

    Attributes:
        label: the best label, or "?" where its score is below the threshold.
        score: score of the best label, 0–1.
        box: x, y, width, height in the frame, pixels.
        top: the best labels with their scores, best first; empty unless asked for.
        row: number of its row, from 0 at the top.
        roi: name of the region it was read in, empty where none was named.
    """

    label: str
    score: float
    box: tuple[int, int, int, int]
    top: tuple[tuple[str, float], ...] = ()
    row: int = 0
    roi: str = ""


class Way(NamedTuple):
    """How a frame, or a region of it, is looked at.

    Attributes:
        invert: "yes" for light ink on dark ground, "no" for dark on light, "auto" to find out, "other" for what that
            does not find.
        whole: whether all of it, whatever sheet it shows.
        lower: whether only what is too low to be a digit beside what is seen else.
        least: so many times as much ink as usual makes a mark.
        inset: so much of its sides is left out all around.
        joined: gaps in ink are closed where they are narrower than so many times the width of its strokes.
        reach: so many times as wide as usual may be what is ink, and no ground or shadow.
        label: whether only a sheet that is smaller than others, as a label on a jar is, or torn.
        sheet: which one of several sheets of one colour.
        beside: whether only what lies beside broad dark things, and may be far paler.
        fine: whether tiny digits alone, in a larger copy.
        wide: whether with what lies closely around the sheet.
    """

    invert: str
    whole: bool = False
    lower: bool = False
    least: float = 1.0
    inset: float = 0.0
    joined: float = 0.0
    reach: float = 1.0
    label: bool = False
    sheet: int = 0
    beside: bool = False
    fine: bool = False
    wide: bool = False


AS_IT_IS = Way("auto")


@dataclass(frozen=True)
class Timing:
    """Where the time of one frame went, in seconds.

    Attributes:
        capture_s: getting the frame.
        find_s: finding what may be digits.
        prepare_s: framing these as the network expects them.
        invoke_s: scoring them, and choosing between the ways to put marks together.
        total_s: all of it.
    """

    capture_s: float = 0.0
    find_s: float = 0.0
    prepare_s: float = 0.0
    invoke_s: float = 0.0
    total_s: float = 0.0


@dataclass(frozen=True)
class ModelName:
    """Which model read, in which runtime."""

    name: str
    variant: str
    sha256: str
    runtime: str


@dataclass(frozen=True)
class Reading:
    """What was read in one frame.

    Attributes:
        source: path or name of where the frame came from.
        frame: number of the frame in its source, from 0.
        taken_at_s: when the frame was taken, seconds since 1970.
        digits: the digits found, row by row, left to right; empty where there is nothing to read.
        stable: whether the text has held (always true for a still picture).
        rois: names of the regions that were read, empty where none was named.
        ways: how each, or the whole, was looked at.
        held: the text that holds over the latest frames, rows apart by a line feed; None where there is none yet, and
            for a still picture.
        changed: whether that text began to hold with this reading.
        held_back: why the value was not believed; None where it was.
        model: the model that read, None where the frame could not be read.
        timing: where the time went.
        size: width and height of the frame, pixels, of which the boxes are; None where it could not be read.
        error: why the frame could not be read, or None.
    """

    source: str
    frame: int
    taken_at_s: float
    digits: tuple[ReadDigit, ...] = ()
    stable: bool = True
    rois: tuple[str, ...] = ()
    ways: tuple[Way, ...] = ()
    held: str | None = None
    changed: bool = False
    held_back: str | None = None
    model: ModelName | None = None
    timing: Timing = field(default_factory=Timing)
    size: tuple[int, int] | None = None
    error: str | None = None

    @property
    def text(self) -> str:
        """The labels of all rows, as one string in reading order."""
        return "".join(self.rows)

    @property
    def rows(self) -> tuple[str, ...]:
        """The labels of each row, from the top; of each region instead, where some were named."""
        return tuple("".join(digit.label for digit in row) for row in self.digit_rows)

    @property
    def digit_rows(self) -> tuple[tuple[ReadDigit, ...], ...]:
        """The digits of each row, from the top; of each region instead, where some were named."""
        if self.rois:
            return tuple(tuple(digit for digit in self.digits if digit.roi == name) for name in self.rois)
        rows: dict[int, list[ReadDigit]] = {}
        for digit in self.digits:
            rows.setdefault(digit.row, []).append(digit)
        return tuple(map(tuple, rows.values()))

    @property
    def shown_rows(self) -> tuple[str, ...]:
        """The text that holds, row by row or region by region; what was read where none holds yet, and of a still."""
        return self.rows if self.held is None else tuple(self.held.split("\n"))

    @property
    def roi_texts(self) -> dict[str, str]:
        """The text of each region by its name; its rows run on."""
        return dict(zip(self.rois, self.rows, strict=True)) if self.rois else {}

    @property
    def confidence(self) -> float:
        """The lowest score of the digits, 0.0 where there is none."""
        return min((digit.score for digit in self.digits), default=0.0)

    def to_json(self) -> str:
        """Return the reading as one line of JSON in the schema "edge-digits.reading/1"."""
        fields: dict[str, object] = {
            "schema": SCHEMA,
            "ts": utc_timestamp(self.taken_at_s),
            "source": printable(self.source),
            "frame": self.frame,
        }
        if self.error is not None:
            return json.dumps({**fields, "error": printable(self.error)}, ensure_ascii=False)
        fields |= {"text": self.text, "confidence": round(self.confidence, 4), "stable": self.stable}
        fields["rows"] = list(self.rows)
        if self.rois:
            fields["rois"] = self.roi_texts
        if self.held is not None:
            fields |= {"held": self.held, "changed": self.changed}
        if self.held_back is not None:
            fields["held_back"] = self.held_back
        if self.size is not None:
            fields |= {"width": self.size[0], "height": self.size[1]}
        fields["digits"] = [_digit_fields(digit) for digit in self.digits]
        if self.model:
            fields["model"] = vars(self.model)
        fields["timing_ms"] = {
            name.removesuffix("_s"): round(seconds * 1e3, 3) for name, seconds in vars(self.timing).items()
        }
        return json.dumps(fields, ensure_ascii=False)

    def to_line(self) -> str:
        """Return the reading as a line for people: of a stream what holds, and what this frame reads if it differs."""
        if self.error is not None:
            return printable(self.error)
        place = printable(self.source) if self.frame == 0 else f"{printable(self.source)}#{self.frame}"
        line = f"{place}: {self.on_one_line(self.shown_rows)}"
        if self.digits:
            line += f"  ({self.confidence:.3f})"
        if self.held is not None and self.held != "\n".join(self.rows):
            line += f"  this frame: {self.on_one_line(self.rows)}"
        if self.held_back is not None:
            line += f"  held back: {self.held_back}"
        for digit in self.digits:
            if digit.top:
                line += "  [" + ", ".join(f"{label} {score:.3f}" for label, score in digit.top) + "]"
        return line

    def on_one_line(self, texts: Sequence[str]) -> str:
        """Return the texts of rows or regions on one line, each with the name of its region where some were named."""
        if not any(texts):
            return "nothing found"
        if len(texts) == len(self.rois):
            texts = [f"{name}={text}" for name, text in zip(self.rois, texts, strict=True)]
        return " | ".join(texts)


def utc_timestamp(seconds: float) -> str:
    """Return seconds since 1970 as "2026-01-31T12:00:00.123Z"."""
    milliseconds = int(seconds * 1000)
    whole = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(milliseconds // 1000))
    return f"{whole}.{milliseconds % 1000:03d}Z"


def _digit_fields(digit: ReadDigit) -> dict[str, object]:
    fields: dict[str, object] = {"label": digit.label, "score": round(digit.score, 4), "box": list(digit.box)}
    fields["row"] = digit.row
    if digit.roi:
        fields["roi"] = digit.roi
    if digit.top:
        fields["top"] = [{"label": label, "score": round(score, 4)} for label, score in digit.top]
    return fields
