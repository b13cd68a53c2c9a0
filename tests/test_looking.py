"""Looking at one frame in several ways, which have much in common."""

from __future__ import annotations

from itertools import product
from unittest.mock import Mock

import cv2
import numpy as np
import pytest

import device.finding.looking as looking
from device.finding.looking import Looks, look
from device.reading import Way

USUAL = Way("auto")
WAYS = [
    USUAL,
    *(USUAL._replace(joined=gap) for gap in (1.7, 0.85)),
    *(USUAL._replace(**change) for change in ({"least": 0.5}, {"least": 1.2}, {"reach": 0.25}, {"inset": 0.04})),
    *(USUAL._replace(whole=True, beside=beside, lower=lower) for beside, lower in product((False, True), repeat=2)),
    *(USUAL._replace(label=True), USUAL._replace(sheet=1), Way("other"), Way("yes"), Way("no")),
]


def dots() -> np.ndarray:
    """Draw dots on ruled paper."""
    frame = np.full((240, 400), 220, np.uint8)
    for x, y in np.random.default_rng(0).integers(2, 18, (60, 2)).tolist():
        cv2.circle(frame, (20 * x, 12 * y), 4, (60,), cv2.FILLED)
    for y in range(30, 240, 60):
        cv2.line(frame, (0, y), (400, y), (120,), 2)
    return frame


def cards(*left: int) -> np.ndarray:
    """Draw cards on a dark table, each with large digits and small ones."""
    frame = np.full((480, 640, 3), (40, 60, 70), np.uint8)
    for x, text in zip(left, ("47", "92"), strict=False):
        cv2.rectangle(frame, (x, 50), (x + 270, 430), (225, 230, 235), cv2.FILLED)
        cv2.putText(frame, text, (x + 80, 200), cv2.FONT_HERSHEY_SIMPLEX, 2.5, (60, 50, 50), 9)
        for row in range(3):
            cv2.putText(frame, "1234", (x + 100, 280 + 40 * row), cv2.FONT_HERSHEY_SIMPLEX, 0.7, (60, 50, 50), 2)
    noise = np.random.default_rng(1).normal(0, 2, frame.shape)
    return np.clip(cv2.GaussianBlur(frame, (3, 3), 0) + noise, 0, 255).astype(np.uint8)


def plate() -> np.ndarray:
    """Draw light digits on a dark plate on a light wall."""
    frame = np.full((480, 640), 210, np.uint8)
    cv2.rectangle(frame, (150, 180), (450, 300), (60,), cv2.FILLED)
    cv2.putText(frame, "318", (200, 270), cv2.FONT_HERSHEY_SIMPLEX, 2.5, (220,), 9)
    return frame


FRAMES = {"dots": dots(), "plate": plate(), "card": cards(200), "dark card": 255 - cards(200), "cards": cards(30, 340)}


@pytest.mark.parametrize("name", FRAMES)
@pytest.mark.parametrize("turn", [1, -1], ids=["usual first", "usual last"])
def test_what_was_seen_before_changes_nothing(name: str, turn: int) -> None:
    """Each way shows what it shows by itself, whatever was looked at before."""
    frame = FRAMES[name]
    looks = Looks(frame)
    for way in WAYS[::turn]:
        view, alone = looks.look(way), look(frame, way)
        assert view.part == alone.part, way
        assert (view.mask == alone.mask).all(), way
        assert (view.weight == alone.weight).all(), way
        assert (view.height, view.lower, view.is_close) == (alone.height, alone.lower, alone.is_close), way


@pytest.mark.parametrize("name", FRAMES)
def test_what_ways_have_in_common_is_seen_once(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The sheet, and what is seen at once, which takes most of the time of another way."""
    looks, sheets, sights = Looks(FRAMES[name]), Mock(wraps=looking.find_sheet), Mock(wraps=looking._sight)
    monkeypatch.setattr(looking, "find_sheet", sheets)
    monkeypatch.setattr(looking, "_sight", sights)
    views = [looks.look(way) for way in WAYS]
    assert (views[0].sheet is not None) == ("card" in name)
    assert sheets.call_count == len({(way.label, way.sheet) for way in WAYS if not way.whole and not way.inset})
    # Closed gaps are, whatever their width, what lies beside things or is lower, and without a sheet also the whole.
    looked_at = [way for way, view in zip(WAYS, views, strict=True) if view.sheet or not way.label]
    assert len(looked_at) - sights.call_count == (4 if "card" in name else 5)
