"""Digits of displays are told by their segments or dots, and the gaps between these are closed."""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np
import pytest

from device.finding.marks import mark_weights, measure_marks
from device.finding.segments import MANY, are_segments, without_gaps


def places(count: int) -> Iterator[tuple[int, int]]:
    """Yield where marks lie, 24 px apart."""
    return ((12 + 24 * (place % 25), 12 + 24 * (place // 25)) for place in range(count))


def drawn(count: int, *, radius: int = 7, largest: int = 7, thickness: int = cv2.FILLED) -> np.ndarray:
    """Draw discs or rings, a fifth of them of the largest radius."""
    mask = np.zeros((400, 620), np.uint8)
    for number, place in enumerate(places(count)):
        cv2.circle(mask, place, largest if number % 5 == 0 else radius, (255,), thickness)
    return mask


def with_unit(mask: np.ndarray) -> np.ndarray:
    """Write a unit in thin small letters beside what is drawn, and specks."""
    mask = mask.copy()
    for x in (200, 215, 230, 245):
        cv2.ellipse(mask, (x, 350), (5, 8), 0, 0, 360, (255,), 1)
    return mask


def a_stroke_and_dirt(*radii: int) -> np.ndarray:
    """Draw one thick stroke, and specks of these radii."""
    mask = np.zeros((400, 620), np.uint8)
    for place, radius in zip(places(len(radii)), radii, strict=True):
        cv2.circle(mask, place, radius, (255,), cv2.FILLED)
    cv2.line(mask, (300, 100), (300, 300), (255,), 25)
    return mask


def bars(count: int) -> np.ndarray:
    """Draw upright and level bars of one width."""
    mask = np.zeros((400, 620), np.uint8)
    for number, (x, y) in enumerate(places(count)):
        half = (3, 10) if number % 2 else (10, 3)
        cv2.rectangle(mask, (x - half[0], y - half[1]), (x + half[0], y + half[1]), (255,), cv2.FILLED)
    return mask


@pytest.mark.parametrize(
    ("mask", "expected"),
    [
        (bars(14), True),
        (with_unit(bars(16)), True),
        (with_unit(bars(4)), False),
        (a_stroke_and_dirt(*[1] * 9), True),
        (a_stroke_and_dirt(1, 2, 4, 6), False),
        (drawn(60), True),
        (drawn(MANY + 50), True),
        (bars(3), False),
        (drawn(60, thickness=2), False),
        (drawn(60, radius=2, largest=9), False),
        (drawn(MANY + 50, radius=4, largest=10), False),
    ],
    ids=[
        "segments",
        "and a unit",
        "few and a unit",
        "dirt",
        "dirt of many sizes",
        "dots",
        "many dots",
        "few",
        "rings",
        "of two widths",
        "many, of two areas",
    ],
)
def test_segments_are_straight_and_alike(mask: np.ndarray, *, expected: bool) -> None:
    """Curved marks are letters or digits, and marks of many sizes a texture."""
    marks = measure_marks(mask)
    assert are_segments(marks, mark_weights(marks)) == expected


@pytest.mark.parametrize(("gap", "marks"), [(3.0, 1), (1.5, 2)], ids=["as wide", "narrower"])
def test_gaps_are_closed_up_to_a_width(gap: float, marks: int) -> None:
    """Two bars with a gap of 3 px between them become one, and stay two where less is closed."""
    grey = np.full((60, 60), 200, np.uint8)
    grey[10:28, 25:35] = grey[31:50, 25:35] = 40
    closed = without_gaps(grey, gap)
    assert len(measure_marks((closed < 100).astype(np.uint8)).names) == marks
    assert (closed <= grey).all()
