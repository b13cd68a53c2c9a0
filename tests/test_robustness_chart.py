"""The heat maps of `data robustness`."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from edge_digits.evaluation.robustness import Robustness
from edge_digits.evaluation.robustness_chart import robustness_figure
from edge_digits.synthetic.distortions import KINDS, STRENGTHS


def measured(model: str, *, lost: float = 0.02) -> Robustness:
    """A model that loses as much on everything."""
    by_strength = dict.fromkeys(STRENGTHS, 0.99 - lost)
    return Robustness(model, "a runtime", 1000, 0.99, dict.fromkeys(KINDS, by_strength))


def drawn(*found: Robustness) -> Figure:
    figure = robustness_figure(found, note="1,000 test digits in each cell, seed 0")
    FigureCanvasAgg(figure).draw()
    return figure


@pytest.mark.parametrize("count", [1, 2, 4])
@pytest.mark.parametrize("name", ["cnn-nano_int8.tflite", "runs/a-model-of-a-long-name/model.keras"])
def test_nothing_touches_the_edges(count: int, name: str) -> None:
    """Rows, models and scale have a margin of a tenth of an inch around them, however many models there are."""
    figure = drawn(*[measured(name)] * count)
    box, (width, height) = figure.get_tightbbox(), figure.get_size_inches()
    assert min(box.x0, box.y0, width - box.x1, height - box.y1) > 0.1


def test_every_cell_has_its_number() -> None:
    """Points lost, of each kind and of their mean, one panel for each strength."""
    figure = drawn(measured("a", lost=0.123), measured("b", lost=-0.001))
    for panel, strength in zip(figure.axes, STRENGTHS, strict=False):
        assert panel.get_title() == strength
        assert [label.get_text() for label in panel.get_xticklabels()][:2] == ["a", "b"]
        assert [text.get_text() for text in panel.texts] == ["12.3", "−0.1"] * (len(KINDS) + 1)


def test_a_point_lost_can_be_seen() -> None:
    """What loses one point of a hundred is no pale yellow, and more is darker: lightness falls evenly."""
    (panel, *_) = drawn(*[measured("a", lost=lost) for lost in (0.0, 0.01, 0.05, 0.2)]).axes
    (image,) = panel.images
    lightness = np.dot(image.to_rgba(image.get_array())[0, :, :3], (0.2126, 0.7152, 0.0722))
    assert (np.diff(lightness) < -0.1).all()
