"""What was found in a frame: the parts that may hold digits, framed as the network expects them, cut and joined."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from typing import Any

    from numpy.typing import NDArray

    from .splitting import Cuts
    from .strokes import Strokes


class Part(NamedTuple):
    """The part of a frame that holds a digit.

    Attributes:
        box: x, y, width and height in pixels of the frame.
        row: number of its row, from 0 at the top.
        word: number of what it belongs to with others that stand near it in its row.
        strokes: what it is framed from; None for a frame that is taken as it is.
        canonical: uint8 (28, 28), such a frame.
    """

    box: tuple[int, int, int, int]
    row: int = 0
    word: int = 0
    strokes: Strokes | None = None
    canonical: NDArray[Any] | None = None


@dataclass(frozen=True, eq=False)
class Found:
    """A digit in a frame, framed.

    Attributes:
        box: x, y, width and height in pixels of the frame.
        canonical: uint8 (28, 28), the canonical digit.
        row: number of its row, from 0 at the top.
        strokes: what it was framed from; None for a frame that was taken as it is.
        word: number of what it belongs to with others that stand near it in its row.
    """

    box: tuple[int, int, int, int]
    canonical: NDArray[Any]
    row: int = 0
    strokes: Strokes | None = None
    word: int = 0


@dataclass(frozen=True)
class Finding:
    """What was found in a frame.

    Attributes:
        digits: in reading order.
        marks: how many marks they were chosen among.
        lower: how many marks that are too low to be digits beside these may be digits by themselves.
        on_sheet, is_torn: whether they were looked for on a sheet, not in the whole frame; whether it is torn.
        in_pieces: whether the marks may be the segments or dots that digits are made of.
        is_cut: whether what may be digits lies at the edge of the sheet.
        others: how many other sheets there are of the colour of this one.
        is_close: whether they were looked at closer than the whole frame.
    """

    digits: list[Part]
    marks: int = 0
    lower: int = 0
    on_sheet: bool = False
    in_pieces: bool = False
    is_cut: bool = False
    others: int = 0
    is_close: bool = False
    is_torn: bool = False


def holds_middle(box: tuple[int, int, int, int], other: tuple[int, int, int, int]) -> bool:
    """Tell whether the middle of another box, both x, y, width and height, lies in a box."""
    left, top, width, height = box
    x, y = other[0] + other[2] / 2, other[1] + other[3] / 2
    return left <= x < left + width and top <= y < top + height


def framed(parts: Sequence[Part]) -> list[Found]:
    """Frame the digits that parts of a frame hold as the network expects them."""
    strokes = [part.strokes for part in parts if part.strokes is not None]
    if strokes:  # not where a frame is taken as it is
        from .strokes import canonical_digits
    made = iter(canonical_digits(strokes) if strokes else ())
    return [
        Found(part.box, next(made) if part.canonical is None else part.canonical, part.row, part.strokes, part.word)
        for part in parts
    ]


@dataclass(frozen=True, eq=False)
class CutMark:
    """A mark that may be several digits, with where it may be cut.

    Attributes:
        found: the mark.
        strokes: its strokes, not much higher than a canonical digit.
        cuts: of these.
    """

    found: Found
    strokes: Strokes
    cuts: Cuts

    @property
    def last(self) -> int:
        """The number of the cut that is the right side of the mark; 0 is the left one."""
        return len(self.cuts.places) - 1

    def parts(self, start: int) -> Iterator[tuple[int, Part]]:
        """Yield what may be a digit to the right of a cut, with the number of the cut that it ends at."""
        digit = self.found
        x, y, width, height = self.strokes.bounds
        across, down = digit.box[2] / width, digit.box[3] / height
        for end, inside in self.cuts.pieces(start):
            strokes = self.strokes.only(inside)
            left, top, wide, high = strokes.bounds
            # Of a tiny mark a piece may be no pixel wide.
            beside = min(round((left - x) * across), digit.box[2] - 1)
            below = min(round((top - y) * down), digit.box[3] - 1)
            size = min(max(1, round(wide * across)), digit.box[2] - beside), max(1, round(high * down))
            box = digit.box[0] + beside, digit.box[1] + below, size[0], min(size[1], digit.box[3] - below)
            yield end, Part(box, digit.row, digit.word, strokes)


def cut_marks(digits: Sequence[Found]) -> list[CutMark | None]:
    """Propose cuts of each mark; None of what is too narrow for two digits."""
    from .splitting import cuts_of, is_wide

    wide = [digit.strokes if digit.strokes and is_wide(digit.strokes.bounds) else None for digit in digits]
    if not any(wide):  # as where a frame is taken as it is, which needs no OpenCV
        return [None] * len(digits)
    shrunk = [strokes and strokes.shrunk() for strokes in wide]
    cuts = iter(cuts_of([strokes.inside for strokes in shrunk if strokes]))
    return [strokes and CutMark(digit, strokes, next(cuts)) for digit, strokes in zip(digits, shrunk, strict=True)]


def pieces_of(digits: Sequence[Found]) -> list[list[Found]]:
    """Return all that may be digits between two cuts of each that is wide enough for two."""
    marks = [mark for mark in cut_marks(digits) if mark]
    return [framed([part for start in range(mark.last) for _, part in mark.parts(start)]) for mark in marks]


def joined(pairs: Sequence[tuple[Found, Found]]) -> list[Found]:
    """Return the two of each pair as one digit; all have strokes."""
    parts = []
    for one, other in pairs:
        assert one.strokes is not None
        assert other.strokes is not None
        (x, y, width, height), (left, top, wide, high) = one.box, other.box
        right, bottom = max(x + width, left + wide), max(y + height, top + high)
        x, y = min(x, left), min(y, top)
        row, word = min((one.row, one.word), (other.row, other.word))
        parts.append(Part((x, y, right - x, bottom - y), row, word, one.strokes.joined(other.strokes)))
    return framed(parts)
