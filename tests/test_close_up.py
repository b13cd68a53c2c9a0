"""Pictures of digits that fill them, as data sets and users crop them: thick strokes, no room, borders of a cell."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from benchmarks.measuring_digits import MeasuringDigits
from device.finding.close_up import close_up, even_ground, shrunk
from device.finding.finder import find_digits
from device.finding.marks import mark_weights, measure_marks

INK, GROUND = 245, 8  # grey values of light ink on dark ground


def drawn(text: str, *, pen: int = 32, room: int = 40) -> np.ndarray:
    """Draw a digit about 170 px high with so many pixels around it, uint8 (H, W), light on dark."""
    picture = np.zeros((500, 500), np.uint8)
    cv2.putText(picture, text, (100, 300), cv2.FONT_HERSHEY_SIMPLEX, 7, (255,), pen, cv2.LINE_AA)
    x, y, width, height = cv2.boundingRect(picture)
    picture = picture[y - room : y + height + room, x - room : x + width + room]
    return (GROUND + picture / 255.0 * (INK - GROUND)).astype(np.uint8)


def canonical(frame: np.ndarray) -> np.ndarray:
    """Return the canonical digit of a frame that must hold one."""
    (found,) = find_digits(frame)
    return found.canonical


def alike(a: np.ndarray, b: np.ndarray) -> float:
    """Compare two canonical digits by the correlation of their ink; 1.0 is the same digit."""
    return float(np.corrcoef(a.ravel(), b.ravel())[0, 1])


@pytest.mark.parametrize("text", list("0235689"))
@pytest.mark.parametrize("light", [True, False])
def test_a_picture_cropped_to_its_digit_is_read(text: str, *, light: bool) -> None:
    """The digit touches all four sides, or two where the picture is a square."""
    expected = canonical(drawn(text))
    tight = drawn(text, room=0)
    beside = (max(tight.shape) - tight.shape[1]) // 2
    for frame in (tight, cv2.copyMakeBorder(tight, 0, 0, beside, beside, cv2.BORDER_CONSTANT, value=(GROUND,))):
        assert alike(canonical(frame if light else 255 - frame), expected) > 0.95


@pytest.mark.parametrize("text", list("023569"))
def test_eight_by_eight_pixels_enlarged_are_one_digit(text: str) -> None:
    """Strokes are a quarter of the frame wide and have no edges, as in the digits of Alpaydin and Kaynak (1998)."""
    small = cv2.resize(drawn(text, room=0), (8, 8), interpolation=cv2.INTER_AREA)
    frame = cv2.resize(small, (160, 160), interpolation=cv2.INTER_CUBIC)
    (found,) = find_digits(frame)
    _, _, width, height = found.box
    assert min(width, height) > 90
    assert (found.canonical > 127).sum() > 60


@pytest.mark.parametrize("text", list("237"))
@pytest.mark.parametrize("light", [True, False])
def test_the_rim_is_ground_where_strokes_are_as_wide_as_gaps(text: str, *, light: bool) -> None:
    """Elsewhere ink is what is narrower."""
    frame = drawn(text, pen=62, room=50)
    (found,) = find_digits(frame if light else 255 - frame)
    height, width = frame.shape
    assert found.box == pytest.approx((50, 50, width - 100, height - 100), abs=12)


def test_numbers_of_two_digits_cropped_tightly_are_read_whole(sample_digits: MeasuringDigits) -> None:
    """In even light what is as high as the frame is not cut off where another digit is too."""
    digits = [digit for digit, label in zip(sample_digits.images, sample_digits.labels, strict=True) if label != 1]
    found = []
    for one, other in zip(digits[:60:2], digits[1:60:2], strict=True):
        frame = np.hstack([enlarged(one), np.zeros((150, 30), np.uint8), enlarged(other)])
        found.append(len(find_digits(210 - (0.6 * frame).astype(np.uint8))))
    assert found.count(2) >= 29


def enlarged(digit: np.ndarray, height: int = 150) -> np.ndarray:
    """Crop a digit, uint8 (28, 28), along its strokes, and enlarge it to a height in pixels."""
    x, y, wide, high = cv2.boundingRect((digit > 60).astype(np.uint8))
    crop = digit[y : y + high, x : x + wide]
    return cv2.resize(crop, (max(10, round(wide * height / high)), height), interpolation=cv2.INTER_CUBIC)


@pytest.mark.parametrize(
    ("start", "end"),
    [((2, 0), (22, 159)), ((0, 150), (159, 132)), ((24, 159), (36, 45))],
    ids=["left", "below", "part"],
)
def test_a_border_of_a_cell_has_no_weight(start: tuple[int, int], end: tuple[int, int]) -> None:
    """It runs along the rim, and leaves the frame; a digit lies in its middle, or leaves room at the rim."""
    mask = np.zeros((160, 160), np.uint8)
    cv2.putText(mask, "5", (50, 120), cv2.FONT_HERSHEY_SIMPLEX, 4, (255,), 9)
    digit = mark_weights(measure_marks(mask))
    cv2.line(mask, start, end, (255,), 5)
    assert sorted(mark_weights(measure_marks(mask))) == [0, *digit]
    inner = mark_weights(measure_marks(cv2.copyMakeBorder(mask, *(5, 5, 5, 5), cv2.BORDER_CONSTANT)))
    assert (inner > 0).all()


def test_a_shadow_on_a_digit_is_no_thick_stroke() -> None:
    """It is far paler than the digit that it lies on."""
    grey = np.full((240, 260), 210.0)
    grey[60:180, 90:110] = 50
    expected = find_digits(grey.astype(np.uint8))
    grey[:, 80:125] *= 0.55
    frame = cv2.GaussianBlur(grey, (0, 0), 1).astype(np.uint8)
    assert even_ground(shrunk(frame))
    assert close_up(frame, shrunk(frame)) is None
    assert len(expected) == 1


@pytest.mark.parametrize("width", [40, 60])
def test_a_pole_before_the_sky_is_no_digit(width: int) -> None:
    """What runs through the frame, as slender as a 1, was cut off by the rim."""
    sky = np.full((240, 320), 215.0)
    sky[:, 150 : 150 + width] = 60
    assert find_digits(cv2.GaussianBlur(sky, (0, 0), 1).astype(np.uint8)) == []


@pytest.mark.parametrize("side", range(4))
def test_a_table_along_one_side_is_no_thick_stroke(side: int) -> None:
    """A pale digit on the sheet beside it is found."""
    frame = 220 - drawn("6", pen=10, room=100) // 4
    (alone,) = find_digits(frame)
    table = np.rot90(frame, side).copy()
    height, width = table.shape
    cv2.fillPoly(table, [np.array([(0, 0), (width // 8, 0), (width // 10, height), (0, height)], np.int32)], (60,))
    (found,) = find_digits(np.rot90(table, -side).copy())
    assert np.abs(np.subtract(found.box, alone.box)).max() <= 6


def test_uneven_light_has_no_ground_of_one_tone() -> None:
    """One quarter of the frame is dark all over."""
    grey = np.full((240, 320), 215, np.uint8)
    grey[:130, :170] = 120
    assert even_ground(shrunk(grey)) == 0.0


@pytest.mark.parametrize("text", list("23579"))
def test_a_dark_screen_is_no_thick_stroke(text: str) -> None:
    """It is solid, and what is on it is light, also where light falls askew on it."""
    grey = np.full((480, 640), 140.0)
    cv2.rectangle(grey, (75, 55), (600, 440), (35,), cv2.FILLED)
    cv2.fillPoly(grey, [np.array([(150, 440), (480, 55), (560, 55), (230, 440)])], (46,))
    cv2.putText(grey, text, (250, 330), cv2.FONT_HERSHEY_SIMPLEX, 6, (190,), 26, cv2.LINE_AA)
    frame = cv2.GaussianBlur(grey, (0, 0), 1).astype(np.uint8)
    assert close_up(frame, shrunk(frame)) is None
    (found,) = find_digits(frame)
    assert found.box[1] == pytest.approx(190, abs=12)
    assert found.box[3] == pytest.approx(150, abs=16)
