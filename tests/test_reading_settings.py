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


@pytest.mark.parametrize("name", ["a\nb", "a\x1b[31m", "a\tb", "a\u2028b", "a\udcff"])
def test_a_name_that_cannot_be_printed_is_refused(name: str) -> None:
    """It would break lines and colour terminals; spaces and other letters are fine."""
    with pytest.raises(UsageError, match="expected a name of letters, digits and signs") as refused:
        ReadingSettings(rois=(f"{name}=0,0,9,9",))
    assert str(refused.value).isprintable()
    assert parse_roi("Zähler 1=0,0,9,9").name == "Zähler 1"


def test_two_regions_have_two_names() -> None:
    """A name stands for one region."""
    with pytest.raises(UsageError, match="a name of its own"):
        ReadingSettings(rois=("a=0,0,9,9", "a=9,9,9,9"))
