"""What was found in a frame: the parts that may hold digits, framed as the network expects them, cut and joined."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from typing import Any

    from numpy.typing import NDArray

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


def pieces_of(digits: Sequence[Found]) -> list[dict[tuple[int, int], Found]]:
    """Return what may be digits between two cuts of each, by their numbers; nothing of what is too narrow for two."""
    from .splitting import is_wide, pieces

    whole = [digit.strokes and is_wide(digit.strokes.bounds) and digit.strokes.shrunk() for digit in digits]
    if not any(whole):  # as where a frame is taken as it is, which needs no OpenCV
        return [{} for _ in digits]
    cuts = iter(pieces([strokes.inside for strokes in whole if strokes]))
    names: list[dict[tuple[int, int], int]] = []
    parts: list[Part] = []
    for digit, strokes in zip(digits, whole, strict=True):
        names.append({})
        if not strokes:
            continue
        x, y, width, height = strokes.bounds
        across, down = digit.box[2] / width, digit.box[3] / height
        for piece in next(cuts):
            part = strokes.only(piece.inside)
            left, top, wide, high = part.bounds
            # Of a tiny mark a piece may be no pixel wide.
            beside = min(round((left - x) * across), digit.box[2] - 1)
            below = min(round((top - y) * down), digit.box[3] - 1)
            size = min(max(1, round(wide * across)), digit.box[2] - beside), max(1, round(high * down))
            box = digit.box[0] + beside, digit.box[1] + below, size[0], min(size[1], digit.box[3] - below)
            names[-1][piece.start, piece.end] = len(parts)
            parts.append(Part(box, digit.row, digit.word, part))
    found = framed(parts)
    return [{name: found[place] for name, place in each.items()} for each in names]


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
