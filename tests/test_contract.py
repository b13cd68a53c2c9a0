"""The contract: how the ink of a digit is framed into a canonical digit."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from benchmarks.measuring_digits import MeasuringDigits
from device.contract import INK_SIDE, SIDE, frame_ink, frame_inks


def bounds(canonical: np.ndarray) -> tuple[int, int]:
    """Width and height of the ink."""
    _, _, width, height = cv2.boundingRect(canonical)
    return width, height


@pytest.mark.parametrize("shape", [(200, 90), (90, 200), (50, 50), (10, 4), (1, 400), (400, 1), (1, 1)])
def test_the_longest_side_becomes_20_px_and_the_proportions_stay(shape: tuple[int, int]) -> None:
    """A crop of any size fills 20 px of the canonical digit's 28 along its longest side."""
    width, height = bounds(frame_ink(np.full(shape, 255, np.uint8)))
    assert max(width, height) == INK_SIDE
    assert width == max(1, round(shape[1] * INK_SIDE / max(shape)))
    assert height == max(1, round(shape[0] * INK_SIDE / max(shape)))


def test_the_centre_of_mass_lies_at_the_centre() -> None:
    """A digit that is heavy below is shifted up until its mass is centred."""
    ink = np.zeros((60, 60), np.uint8)
    ink[:, 28:32] = 255
    ink[50:, 20:40] = 255
    canonical = frame_ink(ink)
    moments = cv2.moments(canonical)
    assert moments["m10"] / moments["m00"] == pytest.approx((SIDE - 1) / 2, abs=0.5)
    assert moments["m01"] / moments["m00"] == pytest.approx((SIDE - 1) / 2, abs=0.5)


def test_a_lopsided_digit_stays_inside() -> None:
    """Where centring the mass would push ink out of the picture, the ink stays inside instead."""
    ink = np.full((100, 100), 1, np.uint8)
    ink[:10, :10] = 255
    assert bounds(frame_ink(ink)) == (INK_SIDE, INK_SIDE)


def test_digits_of_mnist_are_framed_already(sample_digits: MeasuringDigits) -> None:
    """Cropping a digit of MNIST and framing it again gives the same digit back, give or take a pixel's shift."""
    same = 0
    for digit in sample_digits.images[:200]:
        x, y, width, height = cv2.boundingRect(digit)
        again = frame_ink(digit[y : y + height, x : x + width])
        shifts = (np.roll(again, (down, right), (0, 1)) for down in (-1, 0, 1) for right in (-1, 0, 1))
        same += any(np.array_equal(shifted, digit) for shifted in shifts)
    # Some boxes of MNIST are 19 or 21 px long after its own smoothing, and those are scaled.
    assert same >= 180


def test_digits_are_framed_together_as_alone() -> None:
    """Crops of any size do not change each other, whatever order they come in."""
    rng = np.random.default_rng(0)
    crops = [rng.integers(0, 256, shape).astype(np.uint8) for shape in ((7, 31), (200, 90), (1, 9), (20, 20), (300, 2))]
    assert np.array_equal(frame_inks(crops), np.stack([frame_ink(crop) for crop in crops]))
    assert frame_inks([]).shape == (0, SIDE, SIDE)


@pytest.mark.parametrize("ink", [np.zeros((5, 5), np.uint8), np.zeros((0, 5), np.uint8), np.ones((5, 5, 3), np.uint8)])
def test_a_crop_without_ink_is_refused(ink: np.ndarray) -> None:
    """There is no canonical digit without ink, nor of a coloured crop."""
    with pytest.raises(ValueError, match="expected a crop"):
        frame_ink(ink)
