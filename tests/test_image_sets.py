"""Images of the user's own to calibrate with."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from benchmarks.measuring_digits import MeasuringDigits
from converters.references import Reference
from device.contract import LABELS
from device.errors import DataError
from edge_digits.conversion_images import images_for
from edge_digits.data.image_sets import has_training_part, read_image_set

SHAPE = (28, 28, 1)


def save(digits: MeasuringDigits, folder: Path, *, count: int, by_class: bool) -> Path:
    for place, (image, label) in enumerate(zip(digits.images[:count], digits.labels[:count], strict=True)):
        path = folder / (str(label) if by_class else "") / f"{place}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(path), image)
    return folder


def test_a_collection_calibrates_with_what_was_reviewed(sample_digits: MeasuringDigits, tmp_path: Path) -> None:
    """Crops in unsure/ may be no digits, and frames/ holds whole pictures: both are left out, with a word."""
    save(sample_digits, tmp_path, count=20, by_class=True)
    save(sample_digits, tmp_path / "unsure", count=5, by_class=False)
    save(sample_digits, tmp_path / "frames", count=5, by_class=False)
    said: list[str] = []
    found = read_image_set(tmp_path, shape=SHAPE, labels=LABELS, part="train", report=said.append)
    assert len(found.images) == 20
    assert found.labels is not None
    assert sorted(found.labels) == sorted(sample_digits.labels[:20])
    assert any("left out 5 pictures in unsure/" in line for line in said)
    assert not any("frames" in line for line in said)


def test_a_collection_that_nobody_reviewed_is_refused(sample_digits: MeasuringDigits, tmp_path: Path) -> None:
    """The line says what to do first."""
    save(sample_digits, tmp_path / "unsure", count=20, by_class=False)
    with pytest.raises(DataError, match="review the 20 in unsure/ first"):
        read_image_set(tmp_path, shape=SHAPE, labels=LABELS, part="train", report=print)


def test_pictures_need_no_labels(sample_digits: MeasuringDigits, tmp_path: Path) -> None:
    """A plain folder of digits will do, as calibrating asks for none."""
    found = read_image_set(
        save(sample_digits, tmp_path, count=12, by_class=False), shape=SHAPE, labels=LABELS, part="train", report=print
    )
    assert found.labels is None
    assert np.array_equal(np.sort(found.images.sum(axis=(1, 2))), np.sort(sample_digits.images[:12].sum(axis=(1, 2))))


def two_parts(tmp_path: Path, *, labels: int) -> Path:
    """An npz of twelve training and eleven test images, as Keras names the arrays."""
    path = tmp_path / "two.npz"
    train, test = np.zeros((12, 8, 8), np.uint8), np.ones((11, 8, 8), np.uint8)
    np.savez(path, x_train=train, y_train=np.arange(12) % labels, x_test=test, y_test=np.arange(11) % labels)
    return path


def test_an_npz_with_two_parts_calibrates_with_one_and_tests_with_the_other(tmp_path: Path) -> None:
    """Test images come from x_test, although x_train is there too."""
    path = two_parts(tmp_path, labels=3)
    assert has_training_part(path)
    for part, count, value in (("train", 12, 0), ("test", 11, 1)):
        found = read_image_set(path, shape=(8, 8), labels=("a", "b", "c"), part=part, report=print)
        assert (len(found.images), found.images.max()) == (count, value)


def test_labels_that_the_model_does_not_have_are_refused(tmp_path: Path) -> None:
    """The line says which there are and how labels are named."""
    with pytest.raises(DataError, match=r"expected labels 0 to 1, found 0 to 2; .* --labels"):
        read_image_set(two_parts(tmp_path, labels=3), shape=(8, 8), labels=("a", "b"), part="test", report=print)


def test_digits_without_a_training_part_only_test(sample_digits: MeasuringDigits, tmp_path: Path) -> None:
    """Float variants need nothing to calibrate with, so such a file is no error; integer ones are told what to name."""
    np.savez(tmp_path / "test.npz", x_test=sample_digits.images[:30], y_test=sample_digits.labels[:30])
    reference = Reference(Path("m.keras"), SHAPE, 10, answer=lambda values: values, make_converter=print, rescales=True)
    calibration, test = images_for(
        reference, LABELS, data=tmp_path / "test.npz", calibrate_from=None, count=10, seed=0, report=lambda line: None
    )
    assert (calibration, len(test.images)) == (None, 30)
