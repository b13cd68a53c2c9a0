"""Images of the user's own to calibrate with."""

from __future__ import annotations

import zipfile
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
    with pytest.raises(DataError, match=r"expected labels 0 to 1, found 0 to 2 in y_test; .* --labels"):
        read_image_set(two_parts(tmp_path, labels=3), shape=(8, 8), labels=("a", "b"), part="test", report=print)


IMAGES, FOUR = np.zeros((12, 8, 6, 3), np.uint8), np.arange(12) % 4


@pytest.mark.parametrize(
    ("arrays", "said"),
    [
        (
            {"x_test": IMAGES / 255, "y_test": FOUR},
            r"uint8 \(N, \.\.\.\), found x_test float64 .* save them as numpy.uint8",
        ),
        ({"x_test": np.uint8(3), "y_test": FOUR}, r"found x_test uint8 \(\); save them"),
        ({"pictures": IMAGES}, r"named images, .* found \['pictures'\]; save them under one of these names"),
        ({}, "found no arrays; save them under one of these names"),
        (
            {"x_test": np.array(["", None]), "y_test": FOUR},
            "found arrays of Python objects; save images and labels",
        ),
        ({"x_test": IMAGES, "y_test": np.array([4, None])}, "found arrays of Python objects; save images and labels"),
        ({"x_test": IMAGES[:0], "y_test": FOUR[:0]}, "at least 10 images to test with, found 0; add more"),
        (
            {"x_test": IMAGES, "y_test": FOUR[:7]},
            r"for each of 12 images, found y_test int64 \(7,\); save one for each",
        ),
        ({"x_test": IMAGES, "y_test": np.full(12, np.nan)}, r"integer label .* found y_test float64 \(12,\); save"),
        ({"x_test": IMAGES, "y_test": np.eye(12)[:, :4]}, r"integer label .* found y_test float64 \(12, 4\); save"),
        ({"x_test": IMAGES, "y_test": -FOUR}, "labels 0 to 3, found -3 to 0 in y_test; number them from 0"),
        (
            {"x_test": IMAGES[:, :4], "y_test": FOUR},
            r"shape \(8, 6, 3\), found \(4, 6, 3\); bring them into that shape",
        ),
        ({"x_test": IMAGES.transpose(0, 3, 1, 2), "y_test": FOUR}, r"shape \(8, 6, 3\), found \(3, 8, 6\); bring them"),
    ],
)
def test_what_are_no_images_of_a_foreign_model_is_refused_by_its_name(
    arrays: dict[str, np.ndarray], said: str, tmp_path: Path
) -> None:
    """Each wrong array gives one line with what was expected, what was found and what to do."""
    np.savez(tmp_path / "a.npz", **arrays)
    with pytest.raises(DataError, match=rf"a\.npz: expected [^\n]*{said}[^\n]*$"):
        read_image_set(tmp_path / "a.npz", shape=(8, 6, 3), labels=tuple("abcd"), part="test", report=print)


@pytest.mark.parametrize("form", ["single", "cut", "text", "unending"])
def test_what_is_no_whole_npz_is_refused_wherever_it_is_looked_at(form: str, tmp_path: Path) -> None:
    """As for digits: a single array, a file cut short, and members that are no arrays or whose header does not end."""
    path = tmp_path / "a.npz"
    np.savez(path, x_train=IMAGES, y_train=FOUR, x_test=IMAGES)
    if form == "single":
        with path.open("wb") as file:
            np.save(file, IMAGES)
    elif form == "cut":
        path.write_bytes(path.read_bytes()[:-30])
    else:
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("x_test.npy", "text" if form == "text" else b"\x93NUMPY\1\0\x10\0" + b"{" * 16)
    looks = [lambda: read_image_set(path, shape=(8, 6, 3), labels=tuple("abcd"), part="test", report=print)]
    for look in looks if zipfile.is_zipfile(path) else [*looks, lambda: has_training_part(path)]:
        with pytest.raises(DataError, match=r"a\.npz: expected an [^\n]*, found[^\n]*; [^\n]*$"):
            look()


@pytest.mark.parametrize(
    ("found", "taken"), [((8, 6), (48,)), ((48,), (8, 6, 1)), ((8, 6), (1, 8, 6)), ((8, 6), (12, 4))]
)
def test_images_may_lie_in_a_row(found: tuple[int, ...], taken: tuple[int, ...], tmp_path: Path) -> None:
    """A model of flat input takes pictures, and one of pictures flat rows, as their values are in the same order."""
    np.savez(tmp_path / "a.npz", images=np.zeros((12, *found), np.uint8))
    images = read_image_set(tmp_path / "a.npz", shape=taken, labels=("a", "b"), part="test", report=print).images
    assert images.shape == (12, *found)


def test_digits_without_a_training_part_only_test(sample_digits: MeasuringDigits, tmp_path: Path) -> None:
    """Float variants need nothing to calibrate with, so such a file is no error; integer ones are told what to name."""
    np.savez(tmp_path / "test.npz", x_test=sample_digits.images[:30], y_test=sample_digits.labels[:30])
    reference = Reference(Path("m.keras"), SHAPE, 10, answer=lambda values: values, make_converter=print, rescales=True)
    calibration, test = images_for(
        reference, LABELS, data=tmp_path / "test.npz", calibrate_from=None, count=10, seed=0, report=lambda line: None
    )
    assert (calibration, len(test.images)) == (None, 30)
