"""The connected marks of a mask of ink, measured, and how much each counts for what is written."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

# Of a mask, and of them ink: 16 bits name all the marks there can be, in half the time.
FEW_PIXELS, FEW_INKED = 4 * 2**16 - 2048, 2**16 - 1
MOST_MARKS = 280  # the largest ones that are looked at; what else there is, is noise
RIM_FADE = 0.8  # a mark at the middle of a side weighs 1 − this, one in the middle of the frame weighs 1
BOXED, BOXED_AMONG = 0.25, 0.12  # of a box's longer side: what it encloses, alone or beside others, is so long
PIECE = 0.5  # of the longer side: what lies within the bounds of another and is so long may be a piece of a digit
LINE, SLENDER, CORNER = 0.6, 5.0, 0.4  # of the longest side, times as long as wide, of both sides: a border of a cell
SQUARES, SQUARED = 6, 0.04  # in a grid, so many, so long as a part of it
NETTED, LEAST_SQUARED = 0.3, 0.015  # of its bounds, what it covers; of the frame's longest side, what stands in it
CELLS, CELL = 3, 0.8  # or more are in a table, of the rectangle around each: so much of it is a cell
SEVERAL = 3  # marks may be the digits that another one is compared with
SPANS, FAR_LARGER = 0.95, 2.2  # of the frame's side, of the others' height: what runs across the frame and is no digit
SPARSE, HAIR = 0.08, 10.0  # of its bounds, times as long as wide: a thin line, which is long, covers less, is longer
LEAST_SHARE = 0.03  # of the longest side: what is smaller is specks
SURROUND = 0.25  # of the frame's edge: what lies along so much of it is ground, if something lies in it
STRAIGHT = 1.2  # times its strokes' width and its diagonal: a line covers no more
RECTANGLE, WIDER = 0.85, 2.0  # of its bounds, times as wide as strokes: a solid mark that is none
ROD, LYING, SOLID = 0.2, 0.7, 0.75  # of the longest side, of its height, of the rectangle around it: a pen
DOT, NARROW, OFF, UNEVEN = 0.4, 0.4, 0.05, 0.1  # of a zero's width, of its height: the dot in it; see `_dots`
BLOT = 0.34  # of a mark's longer side: a stroke wider than this is a blot
CROSS = np.array([[0, 1, 0], [1, 1, 1], [0, 1, 0]], np.uint8)


@dataclass(frozen=True, eq=False)
class Marks:
    """The marks of a mask.

    Attributes:
        labels: uint16 or int32 (H, W), the label of each pixel's mark, 0 for ground.
        names: int (n,), the label of each mark, largest area first.
        left, top, right, bottom: int (n,), bounds in pixels, right and bottom exclusive.
        area: int (n,), pixels.
        contact: int (n,), pixels on the outermost rows and columns.
    """

    labels: NDArray[Any]
    names: NDArray[Any]
    left: NDArray[Any]
    top: NDArray[Any]
    right: NDArray[Any]
    bottom: NDArray[Any]
    area: NDArray[Any]
    contact: NDArray[Any]

    @property
    def width(self) -> NDArray[Any]:
        """Pixels, int (n,)."""
        width: NDArray[Any] = self.right - self.left
        return width

    @property
    def height(self) -> NDArray[Any]:
        """Pixels, int (n,)."""
        height: NDArray[Any] = self.bottom - self.top
        return height

    @cached_property
    def mask(self) -> NDArray[Any]:
        """Where any mark is: uint8 (H, W), 255 there and 0 elsewhere."""
        import cv2

        return cv2.compare(self.labels, 0, cv2.CMP_GT)  # type: ignore[call-overload,no-any-return]  # numbers do too

    @cached_property
    def inner(self) -> NDArray[Any]:
        """Pixels of each without those at its edge, int (n,)."""
        count = np.bincount(self.labels[without_edge(self.mask) > 0], minlength=int(self.names.max(initial=0)) + 1)
        inner: NDArray[Any] = count[self.names]
        return inner

    def cut_out(self, place: int, *, room: int = 0) -> tuple[tuple[slice, slice], NDArray[Any]]:
        """Return where a mark is, with so many pixels around it: rows and columns, and it there, uint8, 255 inside."""
        part = (
            slice(max(0, int(self.top[place]) - room), int(self.bottom[place]) + room),
            slice(max(0, int(self.left[place]) - room), int(self.right[place]) + room),
        )
        return part, pixels_of(self.labels[part], self.names[place])

    def only(self, chosen: NDArray[Any]) -> NDArray[Any]:
        """Return the mask of some of the marks, uint8 (H, W); `chosen` is bool (n,)."""
        table = np.zeros(int(self.labels.max()) + 1, np.uint8)
        table[self.names[chosen]] = 255
        mask: NDArray[Any] = table[self.labels]
        return mask


def labelled(mask: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    """Label the marks of a mask, uint8 (H, W): uint16 or int32 (H, W), and OpenCV's statistics."""
    import cv2

    are_few = mask.size < FEW_PIXELS or cv2.countNonZero(mask) < FEW_INKED
    kind = cv2.CV_16U if are_few else cv2.CV_32S
    labels, stats = cv2.connectedComponentsWithStats(mask, connectivity=8, ltype=kind)[1:3]
    return labels, stats


def measure_marks(mask: NDArray[Any]) -> Marks:
    """Label and measure the marks of a mask, uint8 (H, W), not 0 where there is ink."""
    import cv2

    labels, stats = labelled(mask)
    area, count = stats[1:, cv2.CC_STAT_AREA], len(stats)
    order = np.argsort(-area, kind="stable")[:MOST_MARKS]
    names = order + 1
    rim = np.concatenate([labels[0], labels[-1], labels[1:-1, 0], labels[1:-1, -1]])
    contact = np.bincount(rim, minlength=count)[names]
    left, top = stats[names, cv2.CC_STAT_LEFT], stats[names, cv2.CC_STAT_TOP]
    right, bottom = left + stats[names, cv2.CC_STAT_WIDTH], top + stats[names, cv2.CC_STAT_HEIGHT]
    return Marks(labels, names, left, top, right, bottom, area[order], contact)


@cache
def square(side: int) -> NDArray[Any]:
    """Return a square structuring element, uint8."""
    return np.ones((side, side), np.uint8)


def pixels_of(labels: NDArray[Any], name: int) -> NDArray[Any]:
    """Return where a label is: uint8 (H, W), 255 there and 0 elsewhere."""
    import cv2

    pixels: NDArray[Any] = cv2.compare(labels, int(name), cv2.CMP_EQ)  # type: ignore[call-overload]  # numbers do too
    return pixels


def stroke_width(mask: NDArray[Any]) -> float:
    """Estimate the mean width of strokes, pixels; `mask` is uint8 (H, W), not 0 where there is ink."""
    import cv2

    return float(width_of(cv2.countNonZero(mask), cv2.countNonZero(without_edge(mask))))


def width_of(area: Any, inner: Any) -> Any:
    """Estimate the mean width of strokes, pixels, from their area and what is left of it without their edge."""
    return 2 * area / np.maximum(1, area - inner)


def without_edge(mask: NDArray[Any]) -> NDArray[Any]:
    """Take a border of one pixel from ink, uint8 (H, W); what lies beyond the picture is none."""
    import cv2

    return cv2.erode(mask, CROSS, borderType=cv2.BORDER_CONSTANT, borderValue=(0,))


def mark_weights(marks: Marks) -> NDArray[Any]:
    """Say, as float (n,), how much each mark counts: its area, less near the rim, 0 for what is no ink of a digit.

    That is a box drawn around others, a grid of squares, a table in which something is written, the borders of the cell
    that a frame shows, what lies along a quarter of the rim, and, where several marks are far smaller, what runs across
    it, encloses another, is a long thin line, or solid and wider than strokes: the gutter of a book, the axes and curve
    of a graph, the gap between cards; and a pen that lies beside what is written.
    """
    height, width = marks.labels.shape
    across, down = (marks.left + marks.right) / width - 1, (marks.top + marks.bottom) / height - 1
    weight: NDArray[Any] = marks.area * (1 - RIM_FADE * across**2) * (1 - RIM_FADE * down**2)
    weight[_borders(marks)] = 0
    if len(weight) < 2:
        return weight
    encloses = (
        (marks.left[:, None] < marks.left)
        & (marks.top[:, None] < marks.top)
        & (marks.right[:, None] > marks.right)
        & (marks.bottom[:, None] > marks.bottom)
    )
    side = np.maximum(marks.height, marks.width)
    around = marks.contact > SURROUND * 2 * (height + width)
    if (side[~around] > 2 * LEAST_SHARE * max(height, width)).any():
        weight[around] = 0
    outer, inner = np.nonzero(encloses & ~_dots(marks, encloses))
    share = side[inner] / side[outer]
    lies_in = ~_is_open(marks, outer, inner, share)
    outer, inner, share = outer[lies_in], inner[lies_in], share[lies_in]
    weight[outer[share > BOXED]] = 0
    drawn = np.zeros(len(weight), bool)
    if len(weight) < MOST_MARKS:  # else a texture, in which nothing surrounds anything
        enclosed = np.bincount(outer[share > BOXED_AMONG], minlength=len(weight))
        weight[enclosed > 1] = 0
        is_square = (share > SQUARED) & (side[inner] > LEAST_SQUARED * max(height, width))
        squares = np.bincount(outer[is_square], minlength=len(weight))
        weight[(squares >= SQUARES) & (marks.area < NETTED * marks.height * marks.width)] = 0
        weight[_tables(marks, (squares > 0) & (weight > 0))] = 0
        drawn = (enclosed > 0) | (marks.area < SPARSE * marks.height * marks.width)
    drawn |= (marks.height >= SPANS * height) | (marks.width >= SPANS * width)
    drawn |= _hairs(marks, weight) | _gaps(marks, weight)
    weight[_rods(marks, weight)] = 0
    usual = typical_height(marks, np.where(drawn, 0, weight))
    alike = (weight > 0) & ~drawn & (marks.height > usual / 2) & (marks.height < 2 * usual)
    if np.count_nonzero(alike) >= SEVERAL and usual >= LEAST_SHARE * max(height, width):
        weight[drawn & (side > FAR_LARGER * usual)] = 0
    return weight


def _is_open(marks: Marks, outer: NDArray[Any], inner: NDArray[Any], share: NDArray[Any]) -> NDArray[Any]:
    """Tell of which pairs the first bends around the second on some sides alone, bool (n,): pieces of a broken digit.

    Args:
        marks: the marks.
        outer: int (n,), the first of each pair, whose bounds enclose those of the second.
        inner: int (n,), the second.
        share: float (n,), of the longer side of the first, that of the second.
    """
    is_open = np.zeros(len(outer), bool)
    if len(marks.names) == MOST_MARKS:  # a texture
        return is_open
    for place in np.flatnonzero((share > BOXED) & (share < PIECE)):
        one, other = outer[place], inner[place]
        across = marks.labels[(marks.top[other] + marks.bottom[other]) // 2, marks.left[one] : marks.right[one]]
        down = marks.labels[marks.top[one] : marks.bottom[one], (marks.left[other] + marks.right[other]) // 2]
        middle = (marks.left[other] - marks.left[one], marks.top[other] - marks.top[one])
        sides = [part for line, at in zip((across, down), middle, strict=True) for part in (line[:at], line[at:])]
        is_open[place] = not all((part == marks.names[one]).any() for part in sides)
    return is_open


def _dots(marks: Marks, encloses: NDArray[Any]) -> NDArray[Any]:
    """Tell of which pairs, as `encloses`, bool (n, n), the second is the dot of a zero: narrow, and in its very middle.

    A zero is about as high as other marks that hold nothing, and a box around a digit is not.
    """
    dots = np.zeros_like(encloses)
    if len(encloses) == MOST_MARKS:  # a texture
        return dots
    empty = ~encloses.any(axis=1)
    for outer in np.flatnonzero(encloses.sum(axis=1) == 1):
        inner = int(encloses[outer].argmax())
        off = [abs(one[outer] + other[outer] - one[inner] - other[inner]) / 2 for one, other in
               ((marks.left, marks.right), (marks.top, marks.bottom))]  # fmt: skip
        width, height = marks.width[outer], marks.height[outer]
        is_alike = np.abs(marks.height - height) <= 1 + UNEVEN * height
        dots[outer, inner] = (
            OFF * height + 1 >= max(off)
            and marks.width[inner] <= DOT * width
            and NARROW * height <= width <= height
            and np.count_nonzero(empty & is_alike) >= SEVERAL - 1
        )
    return dots


def _tables(marks: Marks, chosen: NDArray[Any]) -> NDArray[Any]:
    """Tell which of some marks, which have others in them, are lines around several cells with corners; bool (n,)."""
    import cv2

    tables, least = np.zeros_like(chosen), (LEAST_SHARE * max(marks.labels.shape)) ** 2
    for place in np.flatnonzero(chosen):
        pixels = cv2.dilate(marks.cut_out(place)[1], square(3))  # lines may have gaps
        outlines, tree = cv2.findContours(pixels, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_SIMPLE)
        holes = [outline for outline, (*_, parent) in zip(outlines, tree[0], strict=True) if parent >= 0]
        tables[place] = sum(cv2.contourArea(hole) >= max(least, CELL * _around(hole)) for hole in holes) >= CELLS
    return tables


def _around(outline: Any) -> float:
    """Return the area of the least rectangle around an outline, pixels."""
    import cv2

    width, height = cv2.minAreaRect(outline)[1]
    return float(width * height)


def _hairs(marks: Marks, weight: NDArray[Any]) -> NDArray[Any]:
    """Tell which marks are long thin lines, however they lie, bool (n,)."""
    hairs: NDArray[Any] = np.maximum(marks.height, marks.width) > HAIR * np.minimum(marks.height, marks.width)
    if len(weight) == MOST_MARKS:  # a texture
        return hairs
    long = np.hypot(marks.height, marks.width)
    for place in np.flatnonzero((weight > 0) & ~hairs & (STRAIGHT * long**2 > HAIR * marks.area)):
        stroke = stroke_width(marks.cut_out(place)[1])
        hairs[place] = long[place] > HAIR * stroke and marks.area[place] < STRAIGHT * long[place] * stroke
    return hairs


def _gaps(marks: Marks, weight: NDArray[Any]) -> NDArray[Any]:
    """Tell which marks are solid rectangles far wider than the strokes of several others, bool (n,): gaps of cards."""
    narrower = np.minimum(marks.height, marks.width)
    solid: NDArray[Any] = (weight > 0) & (marks.area >= RECTANGLE * marks.height * marks.width)
    others = (weight > 0) & ~solid
    if not solid.any() or np.count_nonzero(others) < SEVERAL or len(weight) == MOST_MARKS:
        return np.zeros_like(solid)
    stroke = width_of(marks.area, marks.inner)[others]
    order = np.argsort(stroke)
    summed = weight[others][order].cumsum()
    usual = stroke[order[np.searchsorted(summed, summed[-1] / 2)]]
    solid &= narrower > WIDER * usual
    return solid


def _rods(marks: Marks, weight: NDArray[Any]) -> NDArray[Any]:
    """Tell which marks are straight, solid, longer than others that are not and no thinner: a pen; bool (n,)."""
    longer, side = np.maximum(marks.width, marks.height), max(marks.labels.shape)
    across = np.hypot(marks.width, marks.height)
    rods: NDArray[Any] = (weight > 0) & (across > ROD * side) & (marks.area * SLENDER < across**2)
    rods &= (marks.width > LYING * marks.height) | (marks.contact > 0)
    if not 0 < np.count_nonzero(rods) <= SEVERAL:  # more are a texture
        return np.zeros_like(rods)
    thickness = np.zeros(len(rods))
    for place in np.flatnonzero(rods):
        thickness[place], length = _least_sides(marks, place)
        is_solid = marks.area[place] >= SOLID * length * thickness[place]
        rods[place] = is_solid and length >= SLENDER * thickness[place]
    others = (weight > 0) & ~rods & (marks.height > LEAST_SHARE * side)
    if not rods.any() or not others.any():
        return np.zeros_like(rods)
    rods &= thickness >= np.median(width_of(marks.area, marks.inner)[others])
    rods &= longer > longer[(weight > 0) & ~rods].max(initial=0)
    return rods


def _borders(marks: Marks) -> NDArray[Any]:
    """Tell which marks are borders of a cell: long, at the rim of the frame, and not in its middle; bool (n,)."""
    height, width = marks.labels.shape
    corner = (marks.height >= CORNER * height) & (marks.width >= CORNER * width)
    found = (marks.contact > 0) & (np.maximum(marks.height, marks.width) >= LINE * max(height, width))
    middle = marks.labels[height // 4 : height - height // 4, width // 4 : width - width // 4]
    for place in np.flatnonzero(found):
        found[place] = not (middle == marks.names[place]).any()
        if found[place] and not corner[place]:
            thickness, length = _least_sides(marks, place)
            found[place] = length >= SLENDER * thickness
    return found


def _least_sides(marks: Marks, place: int) -> tuple[float, float]:
    """Return the shorter and the longer side of the least rectangle around a mark, however it lies, pixels."""
    import cv2

    outlines = cv2.findContours(marks.cut_out(place)[1], cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)[0]
    shorter, longer = sorted(cv2.minAreaRect(outlines[0])[1])
    return shorter, longer


def typical_height(marks: Marks, weight: NDArray[Any], *, share: float = 0.5) -> float:
    """Return the height, pixels, that a share of the weight stays below: that of digits, whatever specks there are."""
    order = np.argsort(marks.height, kind="stable")
    summed = weight[order].cumsum()
    return float(marks.height[order[int(np.searchsorted(summed, share * summed[-1]))]]) if summed.size else 0.0
