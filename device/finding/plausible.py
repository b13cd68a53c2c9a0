"""Leave out what cannot be a digit, whatever its shape says: lines left over, blots, and what the rim cuts off."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .marks import BLOT, width_of, without_edge
from .rows import Group
from .view import CUT_OFF, View

HAIRLINE, STRAIGHT = 0.4, 4.0  # of the usual stroke's width, times as long as wide: a line that is left over
FLAT, DIRECT = 2.0, 1.4  # times as wide as high, of the diagonal: a bar is so flat, and no stroke longer than this
FILLS = 0.8  # of the frame's sides
ALONE, SPANS, SLENDER = 0.95, 0.9, 0.35  # of all ink, of one side of the frame, of its longer side
RIM_CUT = 0.75  # of the main digit's height: what touches the rim and is lower was cut off
FIELD, CLOSE = 1.5, 0.75  # times as wide as high, of the frame's height: a frame, and digits, cut out along a row
POSTS, POST, POST_TALL, POSTS_ALIKE = 3, 5.0, 1.3, 0.2  # so many, times as high as wide, and as others; they differ so
POST_GAP = 0.4  # of their height: nearer than this, a post has no more than one other on either side, unlike a bar
SIDE, FINE, PALE = 4.0, 14.0, 0.8  # times as high as wide, also of fine ones, and of the usual ink's darkness: a side
PITCHES, PITCH, END = 2, 1.15, 0.75  # distances that are known, and times the usual one: where a side stands
RIM_LINE, RIM_NEAR = 6.0, 0.15  # times as high as wide, of the frame's width: the border of a cell


def could_be_digit(group: Group, view: View, *, expected: bool = False) -> bool:
    """Tell whether one group, alone in its frame, could be a digit: no blot, and not cut off by the rim.

    Args:
        group: the marks.
        view: what was seen.
        expected: whether there is a digit for sure, which may then lie at the rim.
    """
    import cv2

    area = int(view.marks.area[list(group.members)].sum())
    bounds = (slice(group.top, group.bottom), slice(group.left, group.right))
    shorter, longer = sorted((group.width, group.height))
    stroke = width_of(area, cv2.countNonZero(without_edge(view.mask[bounds])))
    blot = stroke > BLOT * longer
    contact, (down, across) = int(view.marks.contact[list(group.members)].sum()), view.mask.shape
    fills = group.height >= FILLS * down and group.width >= FILLS * across  # a picture of the digit alone
    # In even light what is alone, and no pole, may be a picture of a digit, cropped to its height.
    is_alone = view.is_even and area >= ALONE * view.marks.area.sum() and shorter >= SLENDER * longer
    fills |= is_alone and (group.height >= SPANS * down or group.width >= SPANS * across)
    cut = contact > CUT_OFF * longer and not (fills or expected)
    return not blot and not cut and not _is_bar(group.width, group.height, area / stroke)


def could_be_digits(groups: Sequence[Group], view: View) -> list[Group]:
    """Choose, among several groups, those that could be digits; one alone is never left out."""
    marks = view.marks
    if len(groups) < 2:
        return list(groups)
    members = np.array([member for group in groups for member in group.members])
    starts = np.cumsum([0, *(len(group.members) for group in groups[:-1])])
    area, inside, contact, weight = (
        np.add.reduceat(values[members], starts) for values in (marks.area, marks.inner, marks.contact, view.weight)
    )
    width, height = np.array([(group.width, group.height) for group in groups]).T
    stroke = width_of(area, inside)
    blot = stroke > BLOT * np.maximum(width, height)
    order = np.argsort(np.where(blot, np.inf, stroke), kind="stable")
    summed = np.where(blot, 0, area / stroke)[order].cumsum()
    usual = stroke[order[np.searchsorted(summed, summed[-1] / 2)]]
    slender = np.maximum(width, height) / np.minimum(width, height)
    hairline = (stroke < HAIRLINE * usual) & (slender > STRAIGHT) & (len(groups) > 2)
    bar, posts = _is_bar(width, height, area / stroke), _are_posts(groups)
    main = int(np.where(bar | posts, 0, weight).argmax())
    cut = (contact > 0) & _cut_off(groups, contact, main, marks.labels.shape, even=view.is_even)
    kept = ~hairline & ~blot & ~bar & ~cut & ~posts
    kept[main] = not bar[main]
    return [group for group, keep in zip(groups, kept, strict=True) if keep]


def _is_bar(width: Any, height: Any, length: Any) -> Any:
    """Tell whether what has these bounds, and strokes of this length, pixels, is one that lies flat: a pen, a dash."""
    return (width > FLAT * height) & (length < DIRECT * np.hypot(width, height))


def _are_posts(groups: Sequence[Group]) -> NDArray[np.bool_]:
    """Tell which groups are the upright lines between boxes: slender, alike, and higher than what is not: bool (n,)."""
    left, top, right, bottom = np.array([(each.left, each.top, each.right, each.bottom) for each in groups]).T
    width, height, middle = right - left, bottom - top, (left + right) / 2
    slender = height > POST * width
    if np.count_nonzero(slender) < POSTS or slender.all():
        return np.zeros_like(slender)
    usual = np.median(height[slender])
    posts: NDArray[np.bool_] = slender & (np.abs(height - usual) <= POSTS_ALIKE * usual)
    near = (np.abs(middle[:, None] - middle) < POST_GAP * usual) & (
        np.minimum(bottom[:, None], bottom) > np.maximum(top[:, None], top)
    )
    posts &= (near & slender).sum(axis=1) <= 2
    is_high = usual > POST_TALL * np.median(height[~slender])
    return posts & (is_high and np.count_nonzero(posts) >= POSTS)


def without_sides(row: Sequence[Group], view: View) -> list[Group]:
    """Leave the sides of boxes out of a row: slender, paler or finer than digits, and too near these to be one.

    One stands halfway between two digits that are no further apart than others, or half as far from the last one.
    """
    broad = [place for place, group in enumerate(row) if group.height < SIDE * group.width]
    middle = [(group.left + group.right) / 2 for group in row]
    pitches = sorted(middle[b] - middle[a] for a, b in pairwise(broad) if b == a + 1)
    if len(pitches) < PITCHES or len(broad) == len(row):
        return list(row)
    usual = pitches[len(pitches) // 2]
    near = {a + 1 for a, b in pairwise(broad) if b == a + 2 and middle[b] - middle[a] <= PITCH * usual}
    if broad[0] == 1 and middle[1] - middle[0] <= END * usual:
        near.add(0)
    if broad[-1] == len(row) - 2 and middle[-1] - middle[-2] <= END * usual:
        near.add(len(row) - 1)
    pale = PALE * sorted(_tone(row[place], view) for place in broad)[len(broad) // 2] if near else 0.0
    return [
        group
        for place, group in enumerate(row)
        if place not in near or (_tone(group, view) > pale and group.height < FINE * group.width)
    ]


def _tone(group: Group, view: View) -> float:
    """Return how dark the ink of a group is on average, 0–255."""
    import cv2

    part = slice(group.top, group.bottom), slice(group.left, group.right)
    return float(cv2.mean(view.ink[part], view.mask[part])[0])


def _cut_off(
    groups: Sequence[Group], contact: NDArray[Any], main: int, shape: tuple[int, ...], *, even: bool
) -> NDArray[np.bool_]:
    """Tell which of several groups, if they touch the rim, were cut off by it or are a border: bool (n,).

    Args:
        groups: the groups.
        contact: int (n,), pixels of each on the rim.
        main: position of the weightiest.
        shape: height and width of the frame.
        even: whether light is, in which several that are as high as the frame are a row that was cut out.
    """
    down, across = shape
    left, right = np.array([(group.left, group.right) for group in groups]).T
    width, height = np.array([(group.width, group.height) for group in groups]).T
    to_side = np.minimum(left, across - right)
    is_tight = even and np.count_nonzero((height >= SPANS * down) & (height <= RIM_LINE * width)) > 1
    if (is_tight or across >= FIELD * down) and height[main] >= CLOSE * down:
        # A field cut out along its row: digits touch the rim, and are whole; a border runs along the sides.
        border: NDArray[Any] = (height > RIM_LINE * width) & (to_side == 0)
        return border
    cut: NDArray[Any] = (contact > CUT_OFF * np.maximum(width, height)) | (height == down) | (width == across)
    cut |= height < RIM_CUT * height[main]
    cut |= (height > RIM_LINE * width) & (to_side < RIM_NEAR * across)
    return cut
