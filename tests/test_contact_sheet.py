from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from digit_fakes import make_digits
from PIL import Image

from device.errors import OutputError
from edge_digits.contact_sheet import draw_contact_sheet, save_contact_sheet

MARGIN, PITCH = 24, 94


def test_sheet_shows_the_very_pixels():
    """A digit is enlarged without smoothing: every third pixel of its tile is the digit itself."""
    images = make_digits().test_images
    sheet = np.asarray(draw_contact_sheet(images[:12], ["1"] * 12).convert("L"))
    for place, left in ((0, MARGIN), (3, MARGIN + 3 * PITCH)):
        assert np.array_equal(sheet[MARGIN : MARGIN + 84 : 3, left : left + 84 : 3], images[place])


def test_caption_is_below_its_digit():
    """Each digit has its caption below it, and an empty caption leaves the paper blank."""
    images = np.zeros((2, 28, 28), np.uint8)
    sheet = np.asarray(draw_contact_sheet(images, ["8", ""]).convert("L"))
    below = sheet[MARGIN + 84 : MARGIN + 84 + 20]
    assert below[:, MARGIN : MARGIN + 84].min() < 100
    assert below[:, MARGIN + PITCH : MARGIN + PITCH + 84].min() > 200


def test_a_row_has_its_heading_before_it():
    """Once, in the height of its digits; rows without captions leave no room for them."""
    images = np.zeros((4, 28, 28), np.uint8)
    sheet = np.asarray(draw_contact_sheet(images, [""] * 4, headings=["ones", ""], columns=2).convert("L"))
    left = sheet.shape[1] - MARGIN - 84 - PITCH
    assert sheet[MARGIN : MARGIN + 84, MARGIN:left].min() < 100
    assert sheet[MARGIN + 94 :, MARGIN:left].min() > 200
    assert sheet.shape[0] == MARGIN + 2 * 94 + 10


@pytest.mark.parametrize(
    ("count", "columns", "rows"), [(1, 1, 1), (10, 10, 1), (11, 10, 2), (100, 10, 10), (400, 20, 20)]
)
def test_sheet_is_about_square_with_at_least_ten_columns(count: int, columns: int, rows: int):
    """The sheet has ten columns, fewer for fewer digits, and more where it would get much higher than wide."""
    sheet = draw_contact_sheet(np.zeros((count, 28, 28), np.uint8), ["0"] * count, zoom=1)
    assert sheet.width == 2 * MARGIN + columns * 38 - 10
    assert sheet.height == MARGIN + rows * (28 + 17 + 20) + 10


def test_title_has_room_over_a_single_digit():
    """A sheet with a title is wide enough to read it, and a longer one is shortened within the margins."""
    images = np.zeros((1, 28, 28), np.uint8)
    sheet = np.asarray(draw_contact_sheet(images, ["0"], title="W" * 400).convert("L"))
    assert sheet.shape[1] == 500
    assert sheet[:, -MARGIN:].min() > 200
    assert sheet[: MARGIN * 2].min() < 100


def test_each_digit_needs_a_caption():
    """Fewer captions than digits is an error rather than a sheet with captions missing."""
    with pytest.raises(ValueError, match="shorter"):
        draw_contact_sheet(np.zeros((2, 28, 28), np.uint8), ["0"])


def test_sheet_is_saved_whole(tmp_path: Path):
    """The file is a PNG with the sheet's pixels, and nothing else is left in the folder."""
    sheet = draw_contact_sheet(make_digits().test_images, ["3"] * 20, title="Twenty", note="made up")
    save_contact_sheet(sheet, tmp_path / "new" / "sheet.png")
    with Image.open(tmp_path / "new" / "sheet.png") as saved:
        assert saved.format == "PNG"
        assert np.array_equal(np.asarray(saved), np.asarray(sheet))
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["sheet.png"]


def test_unwritable_place_is_an_output_error(tmp_path: Path):
    """A place where nothing can be written is an OutputError."""
    (tmp_path / "file").write_bytes(b"")
    sheet = draw_contact_sheet(make_digits().test_images[:1], ["3"])
    with pytest.raises(OutputError, match="expected a folder for the results, found a file"):
        save_contact_sheet(sheet, tmp_path / "file" / "sheet.png")
