"""What a model without a card is given where nobody says what it was trained on."""

from __future__ import annotations

import pytest

from device.inference.assumed_range import assumed_range
from device.inference.model_card import TensorCard

WHY = "which its quantised input takes; --input-range says otherwise"


def tensor(dtype: str, scale: float = 0.0, zero_point: int = 0) -> TensorCard:
    return TensorCard((1, 28, 28), dtype, scale, zero_point)


@pytest.mark.parametrize(
    ("taken", "name"),
    [
        (tensor("uint8", 1.0), "0-255"),
        (tensor("int8", 1.0, -128), "0-255"),
        (tensor("uint8", 1 / 255), "0-1"),
        (tensor("int8", 1 / 255, -128), "0-1"),
        (tensor("uint8", 1 / 256), "0-1"),
        (tensor("int8", 2 / 255, -1), "-1-1"),
        (tensor("uint8", 1 / 128, 128), "-1-1"),
    ],
)
def test_a_quantised_input_says_its_range(taken: TensorCard, name: str) -> None:
    """Where it reaches from one end of a known range to the other, but for a step."""
    found = assumed_range(taken)
    assert (found.taken.name, found.note) == (name, f"given pixels {name}, {WHY}")


@pytest.mark.parametrize("taken", [tensor("float32"), tensor("int16", 255 / 32767)])
def test_what_says_nothing_is_given_raw_pixels(taken: TensorCard) -> None:
    """Floats, and 16 bits that hold more than any pixel."""
    found = assumed_range(taken)
    assert found.taken.name == "0-255"
    assert "until --input-range says so" in found.note


@pytest.mark.parametrize(
    ("taken", "ends"),
    [(tensor("uint8", 3.25 / 255, 33), "-0.421 to 2.83"), (tensor("int16", 1 / 32767), "-1 to 1")],
)
def test_an_input_that_takes_other_values_is_told(taken: TensorCard, ends: str) -> None:
    """Standardised pixels are no known range, and 16 bits from −1 to 1 may be for 0–1 too."""
    found = assumed_range(taken)
    assert found.taken.name == "0-255"
    assert f"though its quantised input takes {ends}" in found.note
