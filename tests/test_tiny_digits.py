"""Digits that are tiny beside their frame: pages of handwriting, and numbers far away."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from benchmarks.measuring_digits import MeasuringDigits
from device.finding.context import Context
from device.frames import Frame
from device.inference.classifier import Classifier
from device.inference.runtime import load_runtime
from device.reader import Reader
from device.settings.reading_settings import ReadingSettings


@pytest.fixture(scope="module")
def reader(classifier: Classifier) -> Reader:
    return Reader(classifier, context=Context(load_runtime(None)))


def written(
    digits: MeasuringDigits, size: tuple[int, int], *, high: int, rows: int, columns: int, corner: tuple[int, int]
) -> tuple[np.ndarray, list[str]]:
    """Write digits as they follow each other, so high, on light paper of this height and width; and what they are."""
    page, side, texts = np.full(size, 225, np.uint8), round(high * 28 / 20), []
    for row in range(rows):
        places = range(row * columns, (row + 1) * columns)
        texts.append("".join(str(digits.labels[place]) for place in places))
        for column, place in enumerate(places):
            ink = cv2.resize(digits.images[place], (side, side), interpolation=cv2.INTER_CUBIC)
            y, x = corner[0] + 4 * high * row, corner[1] + side * column
            part = page[y : y + side, x : x + side]
            np.minimum(part, 225 - (ink * 0.75).astype(np.uint8), out=part)
    return page, texts


@pytest.mark.parametrize("high", [24, 30, 36])
def test_a_scanned_page_of_small_handwriting_is_read(high: int, reader: Reader, sample_digits: MeasuringDigits) -> None:
    """Of 4 to 6 mm on A4 at 150 dots an inch."""
    page, texts = written(sample_digits, (1754, 1240), high=high, rows=5, columns=8, corner=(200, 150))
    rows = reader.read(Frame("scan", 0, 0.0, page)).rows
    assert len(rows) == len(texts)
    assert sum(read == text for read, text in zip(rows, texts, strict=True)) >= 4


def test_a_tiny_mark_by_itself_is_a_speck(reader: Reader, sample_digits: MeasuringDigits) -> None:
    """However much it looks like a digit; a number of several is none."""
    for columns, is_read in ((1, False), (2, False), (5, True)):
        page, (text,) = written(sample_digits, (480, 640), high=11, rows=1, columns=columns, corner=(200, 200))
        noise = np.random.default_rng(0).normal(0, 2, page.shape)
        seen = np.clip(page + noise, 0, 255).astype(np.uint8)
        assert bool(reader.read(Frame("speck", 0, 0.0, seen)).digits) == is_read, text


def test_a_number_far_away_is_sought_in_a_large_frame(reader: Reader, sample_digits: MeasuringDigits) -> None:
    """Where nothing is read, once more and finer; not where one digit alone is expected."""
    page, (text,) = written(sample_digits, (720, 1280), high=13, rows=1, columns=5, corner=(330, 600))
    noise = np.random.default_rng(1).normal(0, 2, page.shape)
    far = Frame("far", 0, 0.0, np.clip(cv2.GaussianBlur(page, (0, 0), 0.6) + noise, 0, 255).astype(np.uint8))
    reading = reader.read(far)
    assert (reading.text, reading.ways[0].fine) == (text, True)
    assert not reader.with_settings(ReadingSettings(layout="single")).read(far).ways[0].fine


@pytest.mark.parametrize("shadow", ["across", "cloud"])
def test_a_number_far_away_is_read_beside_a_shadow(shadow: str, reader: Reader, sample_digits: MeasuringDigits) -> None:
    """Which is neither a digit that fills the frame nor darker than the ink, however large it is."""
    page, (text,) = written(sample_digits, (720, 1280), high=16, rows=1, columns=5, corner=(120, 400))
    dark = np.zeros(page.shape, np.float32)
    if shadow == "across":
        cv2.fillPoly(dark, [np.array([(0, 720), (1280, 250), (1280, 720)])], (1.0,))
    else:
        cv2.ellipse(dark, (700, 500), (420, 130), 0, 0, 360, (1.0,), -1)
    light = 1 - 0.6 * cv2.GaussianBlur(dark, (0, 0), 12)
    noise = np.random.default_rng(1).normal(0, 2, page.shape)
    far = np.clip(cv2.GaussianBlur(page, (0, 0), 0.6) * light + noise, 0, 255).astype(np.uint8)
    reading = reader.read(Frame("far", 0, 0.0, far))
    assert text in reading.rows
    assert reading.ways[0].fine
