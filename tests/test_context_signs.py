"""Numbers of daily life and the signs in them, which the network around marks learns to tell from digits."""

from __future__ import annotations

import re

import numpy as np
import pytest

from edge_digits.context.page import Page
from edge_digits.context.pages import write_number_large
from edge_digits.context.signs import SIGNS, draw_sign, draw_signed_number


def test_every_number_holds_digits_and_all_kinds_come() -> None:
    """Dates, items, prices, times, amounts with units, signed ones, plates and fractions."""
    rng = np.random.default_rng(0)
    drawn = [draw_signed_number(rng) for _ in range(600)]
    assert all(re.search(r"\d", text) for text in drawn)
    forms = (
        r"\d+/\d+/\d+",
        r"\d+\)",
        r"[€$£]\d+[.,]\d\d",
        r"\d+:\d\d",
        r"[\d.,]+ ?kg",
        r"[-+]\d+",
        r"[A-Z]+[ -]?\d+",
        r"\d+/\d+",
    )
    for form in forms:
        assert any(re.fullmatch(form, text) for text in drawn), form


@pytest.mark.parametrize("sign", SIGNS)
def test_signs_are_as_large_as_beside_digits(sign: str) -> None:
    """Strokes as wide as the pen, whole on their canvas, and where they stand: a slash may reach beyond the digits."""
    rng = np.random.default_rng(1)
    for _ in range(20):
        glyph, top = draw_sign(sign, rng, high=60, pen=6)
        assert glyph.dtype == np.float32
        assert glyph.max() > 0.9
        assert not any(side.any() for side in (glyph[0], glyph[-1], glyph[:, 0], glyph[:, -1]))
        inked = np.flatnonzero(glyph.any(axis=1)) + top
        assert inked.min() >= -0.4 * 60 - 6
        assert inked.max() <= 1.4 * 60 + 6
        is_low = sign in ".,"
        assert (inked.min() > 40) == is_low
        assert (np.ptp(inked) > 55) == (sign in "/()$€")


def test_signs_are_no_digits(sample_digits) -> None:
    """Some stand between digits written large, and no pixel of theirs belongs to one."""
    rng, more = np.random.default_rng(3), 0
    for _ in range(40):
        page: Page = write_number_large((240, 320), digits=sample_digits, rng=rng)
        more += bool(((page.ink > 0.6) & (page.owner == 0)).sum() > 20)
    assert more > 3
