"""Numbers as they stand in daily life: dates, prices, times, lists, plates; and the signs in them, drawn by a pen."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

Plane = NDArray[np.float32]
Line = Sequence[tuple[float, float]]
"""Points x, y of a stroke, in heights of a digit: y is 0 at its top and 1 at its foot."""

LETTERS = "ACEFHKMNPRWX"  # of plates: no hand writes them as digits
CURRENCIES, UNITS = "€$£", ("g", "kg", "m", "l", "ml", "W", "h", "%", "A", "V", "x", "km", "€", "mg", "pcs")
FINE_BITS = 3  # of a pixel, in which strokes are drawn


def draw_signed_number(rng: np.random.Generator) -> str:
    """Draw a number with signs, units or letters in it or beside it."""
    return _NUMBERS[rng.integers(len(_NUMBERS))](rng)


def _digits(rng: np.random.Generator, most: int = 4) -> str:
    return "".join(str(rng.integers(10)) for _ in range(rng.integers(1, most + 1)))


def _date(rng: np.random.Generator) -> str:
    parts = [str(rng.integers(1, 32)), str(rng.integers(1, 13)), str(rng.choice([rng.integers(10, 40), 2026]))]
    return str(rng.choice(["/", "/", "/", ".", "-"])).join(parts[: rng.integers(2, 4)])


def _item(rng: np.random.Generator) -> str:
    number = _digits(rng, 2)
    return (f"{number})", f"({number})", f"{number}.", f"#{number}")[rng.integers(4)]


def _amount(rng: np.random.Generator) -> str:
    return f"{_digits(rng)}{rng.choice(['.', ','])}{rng.integers(10)}{rng.integers(10)}"


def _price(rng: np.random.Generator) -> str:
    sign, amount = CURRENCIES[rng.integers(len(CURRENCIES))], _amount(rng)
    return (f"{sign}{amount}", f"{amount}{sign}", f"{amount} {sign}")[rng.integers(3)]


def _time(rng: np.random.Generator) -> str:
    return f"{rng.integers(24)}:{rng.integers(60):02d}"


def _measured(rng: np.random.Generator) -> str:
    amount = _amount(rng) if rng.random() < 0.4 else _digits(rng)
    return f"{amount}{rng.choice(['', ' '])}{UNITS[rng.integers(len(UNITS))]}"


def _signed(rng: np.random.Generator) -> str:
    return f"{rng.choice(['-', '+', '='])}{_digits(rng)}"


def _plate(rng: np.random.Generator) -> str:
    letters = "".join(LETTERS[rng.integers(len(LETTERS))] for _ in range(rng.integers(1, 4)))
    parts = [letters, _digits(rng)][:: rng.choice([1, -1])]
    return str(rng.choice(["", " ", "-"])).join(parts)


def _fraction(rng: np.random.Generator) -> str:
    return f"{_digits(rng, 2)}{rng.choice(['/', '/', '-', '+', 'x', '='])}{_digits(rng, 2)}"


_NUMBERS = (_date, _item, _price, _time, _measured, _signed, _plate, _fraction)


def draw_sign(sign: str, rng: np.random.Generator, *, high: float, pen: float) -> tuple[Plane, float]:
    """Draw one of SIGNS as a pen does.

    Args:
        sign: which.
        rng: draws its form.
        high: how high the digits beside it are, pixels.
        pen: width of its strokes, pixels.

    Returns:
        float32 (h, w), 0–1, and how far below the top of a digit it begins, pixels.
    """
    strokes = [np.array(line) * high for line in _STROKES[sign](rng)]
    low = np.min(np.concatenate(strokes), axis=0) - pen
    across, down = np.ceil(np.max(np.concatenate(strokes), axis=0) + pen - low).astype(int).tolist()
    canvas = np.zeros((down + 1, across + 1), np.uint8)
    for stroke in strokes:
        points = np.rint((stroke - low) * 2**FINE_BITS).astype(np.int32)
        cv2.polylines(canvas, [points], False, (255,), max(1, round(pen)), cv2.LINE_AA, FINE_BITS)
    return canvas.astype(np.float32) / 255, float(low[1])


def _arc(middle: tuple[float, float], radii: tuple[float, float], start: float, end: float) -> Line:
    """Return points along an ellipse, from and to turns clockwise from the right."""
    angles = 2 * np.pi * np.linspace(start, end, 16)
    return [(middle[0] + radii[0] * np.cos(angle), middle[1] + radii[1] * np.sin(angle)) for angle in angles.tolist()]


def _slash(rng: np.random.Generator) -> list[Line]:
    return [[(0, 1 + rng.uniform(-0.05, 0.35)), (rng.uniform(0.12, 0.7), rng.uniform(-0.35, 0.05))]]


def _bracket(rng: np.random.Generator, side: int) -> list[Line]:
    half, bulge, bend = rng.uniform(0.5, 0.75), rng.uniform(0.12, 0.4), rng.uniform(0.13, 0.2)
    middle = 0.5 if side < 0 else 0.0
    return [_arc((middle, 0.5), (bulge, half), middle - bend, middle + bend)]


def _comma(rng: np.random.Generator) -> list[Line]:
    return [[(0.08, 0.92), (rng.uniform(-0.06, 0.06), 1 + rng.uniform(0.05, 0.3))]]


def _dots(rng: np.random.Generator, *heights: float) -> list[Line]:
    return [[(0, at), (0.02, at + rng.uniform(0, 0.04))] for at in heights]


def _dash(rng: np.random.Generator) -> list[Line]:
    at = rng.uniform(0.42, 0.62)
    return [[(0, at), (rng.uniform(0.2, 0.5), at + rng.normal(0, 0.03))]]


def _plus(rng: np.random.Generator) -> list[Line]:
    half = rng.uniform(0.16, 0.3)
    return [[(0, 0.5), (2 * half, 0.5)], [(half, 0.5 - half), (half, 0.5 + half)]]


def _euro(rng: np.random.Generator) -> list[Line]:
    bars = [[(-0.08, at), (rng.uniform(0.3, 0.42), at)] for at in (0.42, 0.58)]
    return [_arc((0.36, 0.5), (rng.uniform(0.28, 0.36), 0.5), 0.13, 0.87), *bars]


def _dollar(rng: np.random.Generator) -> list[Line]:
    across, over = rng.uniform(0.2, 0.28), rng.uniform(0.02, 0.15)
    lower = _arc((0.3, 0.74), (across, 0.25), -0.25, 0.42)
    return [_arc((0.3, 0.25), (across, 0.25), -0.1, -0.75), lower, [(0.3, -over), (0.3, 1 + over)]]


_STROKES: dict[str, Callable[[np.random.Generator], list[Line]]] = {
    "/": _slash,
    "(": lambda rng: _bracket(rng, -1),
    ")": lambda rng: _bracket(rng, 1),
    ",": _comma,
    ".": lambda rng: _dots(rng, 0.97),
    ":": lambda rng: _dots(rng, 0.35, 0.85),
    "-": _dash,
    "+": _plus,
    "€": _euro,
    "$": _dollar,
}
SIGNS = tuple(_STROKES)
