"""Leave out what cannot be a digit, whatever its shape says: lines left over, blots, and what the rim cuts off."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .looking import View
from .printed_lines import CROSS
from .rows import Group

HAIRLINE, STRAIGHT = 0.55, 4.0  # of the usual stroke's width, times as long as wide: a line that is left over
BLOT = 0.34  # of the longer side: a stroke wider than this is a blot
RIM_CUT = 0.75  # of the main digit's height: what touches the rim and is lower was cut off
RIM_LINE, RIM_NEAR = 6.0, 0.15  # times as high as wide, of the frame's width: the border of a cell


def could_be_digits(groups: Sequence[Group], view: View) -> list[Group]:
    """Choose, among several groups, those that could be digits; one alone is never left out."""
    import cv2

    marks = view.marks
    if len(groups) < 2:
        return list(groups)
    inner = cv2.erode(view.mask, CROSS)
    core = np.bincount(marks.labels[inner > 0], minlength=int(marks.labels.max()) + 1)[marks.names]
    area, inside, contact, weight = (
        np.array([values[list(group.members)].sum() for group in groups])
        for values in (marks.area, core, marks.contact, view.weight)
    )
    width, height = np.array([(group.width, group.height) for group in groups]).T
    stroke = 2 * area / np.maximum(1, area - inside)
    order = np.argsort(stroke, kind="stable")
    usual = stroke[order[np.searchsorted(area[order].cumsum(), area.sum() / 2)]]
    slender = np.maximum(width, height) / np.minimum(width, height)
    hairline = (stroke < HAIRLINE * usual) & (slender > STRAIGHT) & (len(groups) > 2)
    blot = stroke > BLOT * np.maximum(width, height)
    down, across = marks.labels.shape
    near = np.array([min(group.left, across - group.right) for group in groups]) < RIM_NEAR * across
    cut = (contact > np.maximum(width, height) / 2) | (height == down) | (width == across)
    cut |= (height < RIM_CUT * height[weight.argmax()]) | ((height > RIM_LINE * width) & near)
    kept = ~hairline & ~blot & ~((contact > 0) & cut)
    kept |= np.arange(len(groups)) == weight.argmax()
    return [group for group, keep in zip(groups, kept, strict=True) if keep]
