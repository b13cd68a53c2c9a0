"""What a user may say about reading is checked once."""

from __future__ import annotations

import pytest

from device.errors import UsageError
from device.settings.reading_settings import ReadingSettings, Roi, parse_roi


def test_a_region_is_a_name_and_a_box() -> None:
    """NAME=x,y,w,h, and back."""
    assert parse_roi("meter=10,20,300,80") == Roi("meter", 10, 20, 300, 80)
    assert str(parse_roi("meter= 10, 20,300,80")) == "meter=10,20,300,80"


@pytest.mark.parametrize("text", ["", "10,20,30,40", "a=1,2,3", "a=1,2,0,4", "a=-1,2,3,4", "a=1,2,3,x", "=1,2,3,4"])
def test_another_region_is_refused(text: str) -> None:
    """One line says how a region is written."""
    with pytest.raises(UsageError, match="expected NAME=x,y,width,height"):
        ReadingSettings(rois=(text,))


@pytest.mark.parametrize("place", range(4))
def test_a_region_far_beyond_any_frame_is_refused(place: int) -> None:
    """As other numbers are of which nothing can be drawn."""
    numbers = ["1"] * 4
    numbers[place] = "1" + "0" * 400
    with pytest.raises(UsageError, match=r"^rois: expected NAME=x,y,width,height, each below 1e\+18, found"):
        ReadingSettings(rois=(f"a={','.join(numbers)}",))


@pytest.mark.parametrize("name", ["a\nb", "a\x1b[31m", "a\tb", "a\u2028b", "a\udcff"])
def test_a_name_that_cannot_be_printed_is_refused(name: str) -> None:
    """It would break lines and colour terminals; spaces and other letters are fine."""
    with pytest.raises(UsageError, match="expected a name of letters, digits and signs") as refused:
        ReadingSettings(rois=(f"{name}=0,0,9,9",))
    assert str(refused.value).isprintable()
    assert parse_roi("Zähler 1=0,0,9,9").name == "Zähler 1"


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"layout": "bogus"}, "^layout: expected one of 'auto', 'single', 'row', 'page', found 'bogus'"),
        ({"invert": True}, "^invert: expected one of"),
        ({"min_height": -2}, "^min_height: expected at least 0, found -2"),
        ({"expect_digits": 1.0}, "^expect_digits: expected a whole number"),
        ({"reject_below": 2}, "^reject_below: expected 0 to 1, found 2"),
        ({"reject_below": float("nan")}, "^reject_below: expected 0 to 1, found nan"),
        ({"top_k": -1}, "^top_k: expected 0 to 100, found -1"),
        ({"rois": "a=0,0,9,9"}, "^rois: expected a list, each a text"),
    ],
)
def test_a_program_is_told_of_values_that_make_no_sense(values: dict[str, object], said: str) -> None:
    """As the command line is."""
    with pytest.raises(UsageError, match=said):
        ReadingSettings(**values)  # type: ignore[arg-type]


def test_of_one_digit_no_more_are_expected() -> None:
    """A layout of a single digit would be cut into several."""
    with pytest.raises(UsageError, match=r"^expect_digits: expected 0 or 1 with layout single, .* found 3; choose"):
        ReadingSettings(layout="single", expect_digits=3)
    assert ReadingSettings(layout="single", expect_digits=1).layout == "single"


def test_two_regions_have_two_names() -> None:
    """A name stands for one region."""
    with pytest.raises(UsageError, match="a name of its own"):
        ReadingSettings(rois=("a=0,0,9,9", "a=9,9,9,9"))
