from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from benchmarks.measuring_digits import MeasuringDigits
from device.idx import LabelledDigits, idx_md5
from edge_digits.synthetic.distortion_files import RECORD_NAME, SHEET_NAME, DistortionRequest, write_distortions
from edge_digits.synthetic.distortions import KINDS, STRENGTHS, distort

ALL = [(kind, strength) for kind in KINDS for strength in STRENGTHS]

# Mean grey value of the first hundred sample digits in each strength, seed 0. They guard the fixed test against a
# change by mistake; half a grey value is more than OpenCV's versions differ by.
MEANS = {
    "thin": (26.28, 20.06, 13.62),
    "thick": (38.17, 44.06, 51.07),
    "faint": (35.22, 38.58, 41.17),
    "noise": (36.71, 42.16, 50.01),
    "blur": (32.88, 35.14, 39.85),
    "slant": (32.16, 31.88, 30.05),
    "broken": (31.84, 30.57, 27.36),
    "misframed": (32.94, 33.39, 33.83),
    "rules": (34.97, 37.89, 41.91),
    "shadow": (50.09, 70.0, 94.31),
}


@pytest.fixture(scope="module")
def hundred(sample_digits: MeasuringDigits) -> np.ndarray:
    """The first hundred sample digits, uint8 (100, 28, 28)."""
    return sample_digits.images[:100]


def test_there_are_ten_kinds_in_three_strengths() -> None:
    """The fixed test has 30 sets."""
    assert (len(KINDS), len(STRENGTHS)) == (10, 3)
    assert set(MEANS) == set(KINDS)


@pytest.mark.parametrize(("kind", "strength"), ALL)
def test_distorted_digits_are_what_they_were(kind: str, strength: str, hundred: np.ndarray) -> None:
    """The same digits, kind, strength and seed give the same pictures as ever."""
    distorted = distort(hundred, kind, strength, seed=0)
    assert (distorted.dtype, distorted.shape) == (np.uint8, hundred.shape)
    assert np.array_equal(distorted, distort(hundred, kind, strength, seed=0))
    assert distorted.mean() == pytest.approx(MEANS[kind][STRENGTHS.index(strength)], abs=0.5)


@pytest.mark.parametrize("kind", KINDS)
def test_a_digit_is_distorted_by_itself(kind: str, hundred: np.ndarray) -> None:
    """A digit's distortion follows from its index, not from the digits beside it."""
    together = distort(hundred[:10], kind, "middle", seed=3)
    assert np.array_equal(together[7:], distort(hundred[7:10], kind, "middle", seed=3, first=7))


@pytest.mark.parametrize("kind", KINDS)
def test_strengths_grow(kind: str, hundred: np.ndarray) -> None:
    """From weak over middle to strong, digits move further from what they were."""
    clean = hundred.astype(float)
    weak, middle, strong = (np.abs(distort(hundred, kind, each, seed=0) - clean).mean() for each in STRENGTHS)
    assert 0 < weak < middle < strong


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in ("thin", "thick")])
def test_another_seed_distorts_otherwise(kind: str, hundred: np.ndarray) -> None:
    """What is drawn by lot depends on the seed; thinning and thickening have nothing to draw."""
    assert not np.array_equal(distort(hundred, kind, "middle", seed=0), distort(hundred, kind, "middle", seed=1))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("value", [0, 40, 255])
def test_even_pictures_are_no_obstacle(kind: str, value: int) -> None:
    """A frame without a stroke, empty or full, is distorted like any other."""
    assert distort(np.full((1, 28, 28), value, np.uint8), kind, "strong", seed=0).shape == (1, 28, 28)


def test_new_strokes_are_framed_anew(hundred: np.ndarray) -> None:
    """Thickened and slanted digits fit the 20 px that a canonical digit has, as the finder would frame them."""
    for kind in ("thick", "slant"):
        for picture in distort(hundred, kind, "strong", seed=0):
            rows, columns = np.flatnonzero(picture.any(axis=1)), np.flatnonzero(picture.any(axis=0))
            assert max(np.ptp(rows), np.ptp(columns)) + 1 <= 20


def test_files_hold_the_sets_and_a_record_of_them(hundred: np.ndarray, sample_digits: MeasuringDigits, tmp_path: Path):
    """Each set is an npz with x_test and y_test; the record names seed, source and digests."""
    digits = LabelledDigits(hundred[:20], sample_digits.labels[:20])
    request = DistortionRequest(kinds=["faint", "rules"], strengths=["weak", "strong"], seed=5)
    files = write_distortions(digits, request, tmp_path, source="sample", report=lambda line: None)
    assert [path.name for path in files] == ["faint-weak.npz", "faint-strong.npz", "rules-weak.npz", "rules-strong.npz"]
    with np.load(files[3]) as arrays:
        assert arrays.files == ["x_test", "y_test"]
        assert np.array_equal(arrays["x_test"], distort(digits.images, "rules", "strong", seed=5))
        assert np.array_equal(arrays["y_test"], digits.labels)
        digest = idx_md5(arrays["x_test"])
    record = json.loads((tmp_path / RECORD_NAME).read_text())
    assert (record["seed"], record["source"], record["count"]) == (5, "sample", 20)
    assert record["sets"][3] == {
        **{"file": "rules-strong.npz", "kind": "rules", "strength": "strong", "images_md5": digest}
    }
    assert (tmp_path / SHEET_NAME).read_bytes().startswith(b"\x89PNG")
