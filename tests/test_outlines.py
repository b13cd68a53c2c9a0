"""Digits that are drawn as outlines, and what only looks like one."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from device.finding.outlines import with_outlines_filled
from device.finding.view import overlook
from device.frames import Frame
from device.inference.classifier import Classifier
from device.reader import Reader
from device.reading import AS_IT_IS

STROKES = {
    "2": [[(120, 90), (160, 60), (200, 90), (190, 130), (110, 220), (210, 220)]],
    "3": [[(115, 70), (190, 60), (190, 110), (140, 135), (200, 160), (190, 220), (115, 215)]],
    "4": [[(170, 50), (100, 160), (215, 160)], [(180, 110), (180, 235)]],
    "6": [[(185, 50), (130, 130), (115, 190), (150, 235), (200, 205), (180, 160), (125, 175)]],
    "7": [[(105, 60), (205, 60), (140, 230)]],
    "8": [[(160, 140), (120, 100), (160, 60), (200, 100), (160, 140), (115, 190), (160, 235), (205, 190), (160, 140)]],
}


def outlined(label: str, *, line: int = 2, width: int = 28) -> np.ndarray:
    """Draw a digit as its outline, on paper, uint8 (300, 320)."""
    body = np.zeros((300, 320), np.uint8)
    for stroke in STROKES[label]:
        cv2.polylines(body, [np.array(stroke, np.int32)], False, (255,), width)
    edge = cv2.morphologyEx(body, cv2.MORPH_GRADIENT, np.ones((line + 1, line + 1), np.uint8))
    noise = np.random.default_rng(0).normal(0, 2, body.shape)
    return np.clip(cv2.GaussianBlur(215 - 150 * (edge / 255), (3, 3), 0) + noise, 0, 255).astype(np.uint8)


@pytest.mark.parametrize("label", STROKES)
def test_a_digit_drawn_as_an_outline_is_read(label: str, classifier: Classifier) -> None:
    """What lies between its lines is its ink; what its holes are drawn by is none."""
    assert Reader(classifier).read(Frame("outline", 0, 0.0, outlined(label))).rows == (label,)
    assert Reader(classifier).read(Frame("light", 0, 0.0, 255 - outlined(label))).rows == (label,)


def framed_by(shape: str, digit: str) -> np.ndarray:
    """Draw a digit in a line that is closed around it, on paper, uint8 (300, 320)."""
    frame = np.full((300, 320), 215, np.uint8)
    cv2.putText(frame, digit, (115, 205), cv2.FONT_HERSHEY_SIMPLEX, 4.5, (60,), 12)
    if shape == "box":
        cv2.rectangle(frame, (92, 70), (232, 230), (70,), 4)
    elif shape == "ring":
        cv2.ellipse(frame, (162, 150), (90, 105), 0, 0, 360, (70,), 4)
    elif shape == "double frame":
        cv2.rectangle(frame, (60, 40), (265, 262), (70,), 3)
        cv2.rectangle(frame, (85, 64), (240, 238), (70,), 3)
    elif shape == "tag":
        cv2.polylines(frame, [np.array([(80, 60), (245, 60), (275, 150), (245, 240), (80, 240)])], True, (70,), 4)
    return frame


@pytest.mark.parametrize("digit", ["6", "8"])
@pytest.mark.parametrize("shape", ["box", "ring", "double frame", "tag"])
def test_a_line_around_a_digit_is_no_outline(shape: str, digit: str, classifier: Classifier) -> None:
    """Boxes, rings and tags are convex, as no outline of a digit but that of a 0 is."""
    frame = framed_by(shape, digit)
    view = overlook(frame, AS_IT_IS)
    assert with_outlines_filled(view) is view
    assert Reader(classifier).read(Frame(shape, 0, 0.0, frame)).rows == (digit,)


def test_digits_in_a_tag_that_is_bent_are_no_holes(classifier: Classifier) -> None:
    """What lies between them and an arrow around them is as even as a stroke, but they are not round."""
    frame = np.full((480, 640), 215, np.uint8)
    cv2.putText(frame, "49", (210, 268), cv2.FONT_HERSHEY_SIMPLEX, 2.4, (60,), 6)
    arrow = [(190, 190), (320, 190), (320, 160), (400, 240), (320, 320), (320, 290), (190, 290)]
    cv2.polylines(frame, [np.array(arrow)], True, (60,), 3, cv2.LINE_AA)
    assert Reader(classifier).read(Frame("arrow", 0, 0.0, frame)).rows == ("49",)


@pytest.mark.parametrize("tail", [None, ((140, 80), (150, 160)), ((122, 140), (138, 205))])
def test_a_slender_zero_is_no_outline(
    tail: tuple[tuple[int, int], tuple[int, int]] | None, classifier: Classifier
) -> None:
    """Its hole is hardly bent, unlike what lies between the lines of an outline; a pen may have gone on inside."""
    frame = np.full((300, 320), 215, np.uint8)
    cv2.ellipse(frame, (160, 150), (35, 110), 25, 0, 360, (60,), 3)
    if tail:
        cv2.line(frame, *tail, (60,), 3)
    assert Reader(classifier).read(Frame("zero", 0, 0.0, frame)).rows == ("0",)
