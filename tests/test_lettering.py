"""Texts on pictures fit their places, in any alphabet and release of OpenCV."""

from __future__ import annotations

import numpy as np
import pytest

from device.lettering import fitted, plain, text_size, write


@pytest.mark.parametrize(
    ("text", "shown"), [("Zähler", "Zahler"), ("neun ü", "neun u"), ("数", "_"), ("½", "1_2"), ("a?b", "a?b")]
)
def test_letters_beyond_ascii_are_written_like_others(text: str, shown: str) -> None:
    """Never as a question mark, which is a digit that was refused."""
    assert plain(text) == shown
    assert text_size(text, 0.5) == text_size(shown, 0.5)


def test_a_text_is_shortened_where_it_does_not_fit() -> None:
    """To no less than a letter."""
    room = text_size("seven...", 0.5)[0]
    assert fitted("seventeen", 0.5, room) == "seven..."
    assert fitted("seventeen", 0.5, room, end="") in ("sevente", "seventee", "seventeen")
    assert fitted("seven", 0.5, room) == "seven"
    assert fitted("seven", 0.5, 0, end="") == "s"


def test_a_halo_lies_around_each_stroke() -> None:
    """As far as it reaches on every side, whatever is below it; it changes nothing beyond."""
    plainly, picture = np.full((2, 60, 200, 3), 90, np.uint8)
    write(plainly, "48", (30, 40), 1.0, (0, 0, 0))
    write(picture, "48", (30, 40), 1.0, (0, 0, 0), halo=(255, 255, 255), reach=2)
    strokes = np.argwhere(plainly[..., 0] == 0)
    light = picture[..., 0] > 200
    assert all(light[y - 2 : y + 3, x - 2 : x + 3].any() for y, x in strokes)
    rows, columns = np.nonzero((picture != 90).any(axis=2))
    inked = np.argwhere((plainly != 90).any(axis=2))
    top, left = inked.min(axis=0) - 2
    bottom, right = inked.max(axis=0) + 2
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == (top, bottom, left, right)
    assert (picture[plainly[..., 0] == 0] == 0).all()


@pytest.mark.parametrize("place", [(-30, 20), (190, 20), (50, 2), (50, 75), (-500, -500)])
def test_what_lies_partly_beyond_a_picture_is_written_as_far_as_it_goes(place: tuple[int, int]) -> None:
    """And nothing is where all of it lies beyond."""
    picture = np.full((60, 200, 3), 90, np.uint8)
    write(picture, "48", place, 1.0, (0, 0, 0), halo=(255, 255, 255), reach=3)
    assert (picture != 90).any() == (place != (-500, -500))
