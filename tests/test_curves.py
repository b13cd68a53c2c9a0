"""The picture of a training run."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from edge_digits.training.curves import curves, draw_curves


def history(epochs: int) -> list[dict[str, float]]:
    row = {"loss": 0.4, "accuracy": 0.9, "val_loss": 0.2, "val_accuracy": 0.95}
    return [{"epoch": number + 1, **row} for number in range(epochs)]


@pytest.mark.parametrize("epochs", [1, 2, 3, 40])
def test_ticks_are_whole_epochs(epochs: int) -> None:
    """Nothing happens between epochs, and a run of one has one tick."""
    figure = curves(history(epochs), distorted=False)
    figure.draw_without_rendering()
    for axes in figure.axes:
        low, high = axes.get_xlim()
        ticks = [each for each in axes.get_xticks() if low <= each <= high]
        assert all(each == round(each) for each in ticks)
        assert 1 <= len(ticks) <= 12
        assert epochs > 1 or ticks == [1]


@pytest.mark.parametrize(
    ("distorted", "non_digits", "name"),
    [
        (False, False, "training"),
        (True, False, "training (distorted digits)"),
        (False, True, "training (digits and non-digits)"),
        (True, True, "training (distorted digits and non-digits)"),
    ],
)
def test_what_makes_training_harder_is_said(distorted: bool, non_digits: bool, name: str) -> None:
    """Distorted digits are harder than those of validation, and non-digits have no right reading."""
    (legend,) = curves(history(2), distorted=distorted, non_digits=non_digits).legends
    assert [text.get_text() for text in legend.get_texts()] == [name, "validation"]


def test_curves_are_written_as_png(tmp_path: Path) -> None:
    """A picture of a size for looking at."""
    draw_curves(history(3), tmp_path / "curves.png", distorted=True)
    with Image.open(tmp_path / "curves.png") as picture:
        assert picture.format == "PNG"
        assert picture.width > 1000
