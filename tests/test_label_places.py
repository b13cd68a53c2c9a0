"""Labels of digits can be read: they cover neither each other nor a digit, and have one size in a row."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from device.label_places import FONTS, Rectangle, place_labels
from device.lettering import text_size
from device.reading import ReadDigit, Reading
from device.settings.reading_settings import Roi
from device.shown_reading import REGION, annotated

SIZE = (640, 400)


def test_regions_beyond_a_frame_are_drawn_as_far_as_it_goes() -> None:
    """However far they reach, which OpenCV could not count."""
    paper = np.full((60, 80, 3), 255, np.uint8)
    reading = Reading("x", 0, 0.0)
    wide, same = Roi("a", 10, 10, 10**12, 20), Roi("a", 10, 10, 70, 20)
    beyond = Roi("b", 10**12, 0, 5, 5)
    drawn = annotated(paper, reading, regions=[wide, beyond])
    assert np.array_equal(drawn, annotated(paper, reading, regions=[same]))
    assert (drawn < 255).any()


def test_the_name_of_a_region_is_whole_wherever_it_lies() -> None:
    """At the right and at the top of a frame too."""
    paper = np.full((200, 300, 3), 255, np.uint8)
    named = []
    for roi in (Roi("meter", 20, 60, 40, 40), Roi("meter", 290, 60, 10, 40), Roi("meter", 20, 0, 40, 5)):
        drawn = annotated(paper, Reading("x", 0, 0.0), scale=1.0, regions=[roi])
        _, x = np.argwhere((drawn == REGION).all(axis=2)).max(axis=0)
        across, down, below = text_size("meter", 0.5)
        bottom = max(roi.y + roi.height, down + 2 * below)
        named.append(drawn[bottom - below - down : bottom - below, x - across - 4 : x - 4])
    assert (named[0].min(axis=2) > 180).sum() > 50
    assert all(np.array_equal(each, named[0]) for each in named)


def row(*boxes: tuple[int, int, int, int], number: int = 0) -> list[ReadDigit]:
    return [ReadDigit(str(place % 10), 1.0, box, row=number) for place, box in enumerate(boxes)]


@pytest.mark.parametrize(
    "digits",
    [
        row((100, 100, 25, 50), (130, 98, 45, 52), (220, 100, 12, 50)),
        row((10, 2, 40, 60), (60, 8, 12, 60), (80, 4, 40, 60)),
        row((560, 100, 40, 60), (606, 100, 30, 60)),
        row(*((50 + 22 * place, 200, 18, 30) for place in range(20))),
        row((50, 60, 40, 60), (98, 60, 40, 60)) + row((50, 124, 40, 60), (98, 126, 40, 60), number=1),
    ],
    ids=["narrow", "at the top", "at the right", "close", "rows close"],
)
def test_labels_cover_nothing(digits: list[ReadDigit]) -> None:
    """No label meets another or a box, and all are within the drawing."""
    labels = place_labels(digits, scale=1.0, size=SIZE)
    boxes = [Rectangle(x, y, x + width, y + height) for x, y, width, height in (digit.box for digit in digits)]
    assert [label.text[0] for label in labels] == [digit.label for digit in digits]
    assert not any(one.where.meets(other.where) for one, other in combinations(labels, 2))
    assert not any(label.where.meets(box) for label in labels for box in boxes)
    for left, top, right, bottom in (label.where for label in labels):
        assert min(left, top) >= 0
        assert (right <= SIZE[0], bottom <= SIZE[1]) == (True, True)


def test_a_row_has_labels_of_one_size() -> None:
    """As large as its narrowest gap allows; where even small ones do not fit, the digit stands there alone."""
    digits = row((50, 50, 50, 80), (110, 50, 50, 80)) + row((50, 200, 50, 60), (250, 200, 50, 60), number=1)
    labels = place_labels(digits, scale=1.0, size=SIZE)
    assert labels[0].font == labels[1].font < labels[2].font == labels[3].font
    narrow = place_labels(row((50, 50, 16, 80), (76, 50, 16, 80)), scale=1.0, size=SIZE)
    assert [label.text for label in narrow] == ["0", "1 100%"]
    assert {label.font for label in narrow} == {FONTS[-1]}


def test_labels_are_placed_on_the_drawing() -> None:
    """Boxes are those of the frame, labels those of the drawing at its scale."""
    (label,) = place_labels(row((100, 100, 40, 60)), scale=2.0, size=SIZE)
    assert label.where.left == 200
    assert 190 < label.where.bottom < 200


def test_a_digit_that_leaves_no_room_has_a_label_all_the_same() -> None:
    """It lies over the digit, within the drawing."""
    (label,) = place_labels(row((0, 0, 640, 400)), scale=1.0, size=SIZE)
    assert label.where.left >= 0
    assert label.where.top >= 0


def test_the_edge_of_a_region_covers_no_label() -> None:
    """Regions are drawn first, so that a label which lies across an edge can be read."""
    paper = np.full((SIZE[1], SIZE[0], 3), 255, np.uint8)
    digit = ReadDigit("4", 1.0, (100, 100, 40, 60))
    place = place_labels([digit], scale=1.0, size=SIZE)[0].where
    edge = Roi("reading", 20, (place.top + place.bottom) // 2, 200, 150)
    reading = Reading("photo.jpg", 0, 0.0, (digit,))
    label = slice(place.top, place.bottom), slice(place.left, place.right)
    alone = annotated(paper, reading)[label].astype(int)
    with_edge = annotated(paper, reading, regions=[edge])[label].astype(int)
    ink = alone.sum(axis=2) < 500  # strokes are thinner than a pixel, and blend with the paper
    assert ink.sum() > 20
    assert np.abs(with_edge - alone)[ink].max() == 0
    assert (with_edge != alone).any()
