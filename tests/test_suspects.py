from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from digit_fakes import make_digits
from PIL import Image

from benchmarks.measuring_digits import MeasuringDigits
from device.errors import DataError
from device.idx import LabelledDigits
from device.paths import DEFAULT_MODEL
from edge_digits.data.digit_sources import SourceDigits, read_source
from edge_digits.evaluation.scoring import read_subject
from edge_digits.evaluation.suspects import find_suspects, gather, suspected_labels


def certain(classes: list[int], *, share: float = 0.91) -> np.ndarray:
    """Probabilities of a model that is as sure of each of these classes."""
    probabilities = np.full((len(classes), 10), (1 - share) / 9)
    probabilities[np.arange(len(classes)), classes] = share
    return probabilities


def test_what_the_model_prefers_to_the_label_is_suspect() -> None:
    """A digit whose label has less probability than another class is listed with both."""
    found = suspected_labels(certain([0, 1, 2, 7]), np.array([0, 1, 2, 4], np.uint8))
    assert [(each.index, each.label, each.suggested) for each in found] == [(3, 4, 7)]
    assert found[0].label_probability == pytest.approx(0.01)
    assert found[0].suggested_probability == pytest.approx(0.91)


def test_nothing_is_suspect_where_the_model_agrees() -> None:
    """Right labels, however unsure the model is of them, are not listed."""
    probabilities = np.concatenate([certain([3], share=0.2), certain([5])])
    assert suspected_labels(probabilities, np.array([3, 5], np.uint8)) == []
    assert suspected_labels(np.full((1, 10), 0.1), np.array([4], np.uint8)) == []


def test_the_clearest_come_first() -> None:
    """Suspects are ordered by how much more the other class has than the label."""
    probabilities = np.concatenate([certain([1] * 5 + [2] * 5), certain([2], share=0.5), certain([2], share=0.9)])
    found = suspected_labels(probabilities, np.array([1] * 5 + [2] * 5 + [1, 1], np.uint8))
    assert [each.index for each in found] == [11, 10]


def test_certainty_is_measured_by_the_class() -> None:
    """A suggestion is certain where it has what its class usually has where it is the label, be that much or little."""
    probabilities = np.concatenate([certain([1] * 6), certain([2] * 6, share=0.5), certain([2, 1], share=0.6)])
    labels = np.array([1] * 6 + [2] * 6 + [1, 2], np.uint8)
    assert {each.index: each.certain for each in suspected_labels(probabilities, labels)} == {12: True, 13: False}


def test_swapped_labels_are_found(sample_digits: MeasuringDigits) -> None:
    """A model finds the labels that were changed by hand, before any other."""
    labels = sample_digits.labels[:300].copy()
    changed = [10, 50, 123, 200, 299]
    labels[changed] = (labels[changed] + 1) % 10
    subject = read_subject(DEFAULT_MODEL, DEFAULT_MODEL.name, warn=print)
    found = find_suspects(subject, LabelledDigits(sample_digits.images[:300], labels), report=lambda line: None)
    assert {each.index for each in found[:5]} == set(changed)
    assert all(each.suggested == sample_digits.labels[each.index] for each in found[:5])


def test_digits_are_gathered_with_their_places(seven: np.ndarray, tmp_path: Path) -> None:
    """A digit of a CSV file is named by its line, a picture by its path, another by part and index."""
    digits = make_digits(train=2, test=1)
    arrays = SourceDigits("a.npz", "npz", digits.train, digits.test)
    table = SourceDigits("b.csv", "csv", digits.train, None)
    (tmp_path / "7").mkdir()
    Image.fromarray(seven).save(tmp_path / "7" / "c.png")
    pictures = read_source(tmp_path, report=lambda line: None)
    looked_at = gather([arrays, table, pictures], ("train", "test"))
    assert looked_at.places == (
        *("a.npz, train 0", "a.npz, train 1", "a.npz, test 0", "b.csv, line 2", "b.csv, line 3"),
        str(tmp_path / "7" / "c.png"),
    )
    assert looked_at.digits.labels.tolist() == [0, 1, 0, 0, 1, 7]
    assert np.array_equal(looked_at.digits.images[-1], seven)
    assert len(gather([arrays, table], ("test",)).places) == 1


def test_a_collection_without_reviewed_digits_says_so(seven: np.ndarray, tmp_path: Path) -> None:
    """A device's collection in which everything waits for review is refused with that reason."""
    (tmp_path / "unsure").mkdir()
    Image.fromarray(seven).save(tmp_path / "unsure" / "c.png")
    with pytest.raises(DataError, match="review the 1 in unsure/ first"):
        read_source(tmp_path, report=lambda line: None)
