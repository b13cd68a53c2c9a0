"""A prediction as a picture: the digit under what was predicted and what is true, and its ten scores as bars."""

from __future__ import annotations

import math

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.ticker import PercentFormatter

from benchmarks.plots import FAINT, INK, PAPER
from device.contract import LABELS

from .plots import ACCENT, CALM
from .prediction import PredictedDigit, Prediction

MOST_COLUMNS = 10
LONGEST_SOURCE = 70


def draw_prediction(prediction: Prediction) -> Figure:
    """Draw a sample with its scores; a picture with what was found in it and, of a single digit, its scores."""
    if prediction.picture is None:
        return _draw_sample(prediction.digits[0], prediction)
    if len(prediction.digits) == 1:
        return _draw_single(prediction)
    return _draw_several(prediction)


def _draw_sample(digit: PredictedDigit, prediction: Prediction) -> Figure:
    figure = _figure(prediction, size=(7.2, 3.7))
    picture, bars = figure.subplots(1, 2, width_ratios=(1, 1.1))
    _show_digit(picture, digit)
    _show_scores(bars, digit)
    return figure


def _draw_single(prediction: Prediction) -> Figure:
    digit = prediction.digits[0]
    figure = _figure(prediction, size=(10, 3.7))
    photograph, picture, bars = figure.subplots(1, 3, width_ratios=(1.1, 1, 1.1))
    _show_picture(photograph, prediction)
    _show_digit(picture, digit)
    _show_scores(bars, digit)
    return figure


def _draw_several(prediction: Prediction) -> Figure:
    """Draw the picture and, where digits were found, the digits in reading order below it."""
    assert prediction.picture is not None
    count = len(prediction.digits)
    columns = min(MOST_COLUMNS, max(1, count))
    rows = math.ceil(count / columns)
    height, width = prediction.picture.shape[:2]
    picture_inches = min(6.0, 8 * height / width)
    figure = _figure(prediction, size=(8, picture_inches + 1.15 * rows + 0.7))
    grid = figure.add_gridspec(1 + rows, columns, height_ratios=(picture_inches, *[1.05] * rows))
    _show_picture(figure.add_subplot(grid[0, :]), prediction)
    for place, digit in enumerate(prediction.digits):
        axes = figure.add_subplot(grid[1 + place // columns, place % columns])
        axes.imshow(digit.shown.image, cmap="gray", vmin=0, vmax=255, interpolation="nearest")
        axes.set_title(f"{'?' if digit.refused else digit.label}  {digit.confidence:.0%}", fontsize=9, color=INK)
        axes.set_axis_off()
    return figure


def _figure(prediction: Prediction, *, size: tuple[float, float]) -> Figure:
    figure = Figure(figsize=size, layout="constrained", facecolor=PAPER)
    source = prediction.source
    shown = source if len(source) <= LONGEST_SOURCE else f"…{source[1 - LONGEST_SOURCE :]}"
    by = f", read by {prediction.model.name}" if prediction.digits else ": nothing found"
    figure.suptitle(f"{shown}{by}", fontsize=9.5, x=0.01, ha="left", color=FAINT)
    return figure


def _show_digit(axes: Axes, digit: PredictedDigit) -> None:
    axes.imshow(digit.shown.image, cmap="gray", vmin=0, vmax=255, interpolation="nearest")
    axes.set_title(digit.words, fontsize=13, color=ACCENT if digit.right is False else INK)
    axes.set_axis_off()


def _show_scores(axes: Axes, digit: PredictedDigit) -> None:
    """Draw the scores; the answer in colour, the true digit, where it is another, in a second one."""
    wrong = digit.right is False
    colours = [
        (ACCENT if wrong else CALM) if label == digit.label else CALM if label == digit.shown.truth else FAINT
        for label in LABELS
    ]
    places = np.arange(len(LABELS))
    axes.barh(places, digit.scores, color=colours, height=0.72)
    for place, value in enumerate(digit.scores):
        axes.annotate(
            f"{value:.1%}", (value, place), (4, 0), textcoords="offset points", va="center", fontsize=8.5, color=INK
        )
    axes.set_yticks(places, LABELS)
    axes.set_ylim(len(LABELS) - 0.4, -0.6)
    axes.set_xlim(0, 1)  # the layout leaves room for what is written beyond
    axes.set_xticks([0, 0.25, 0.5, 0.75, 1])
    axes.xaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(colors=INK)
    axes.set_xlabel("score", color=INK)


def _show_picture(axes: Axes, prediction: Prediction) -> None:
    assert prediction.picture is not None
    picture = prediction.picture
    axes.imshow(picture if picture.ndim == 2 else picture[..., ::-1], cmap="gray", vmin=0, vmax=255)
    for digit in prediction.digits:
        if digit.shown.box:
            x, y, width, height = digit.shown.box
            axes.add_patch(Rectangle((x - 0.5, y - 0.5), width, height, fill=False, edgecolor=ACCENT, lw=1.4))
    axes.set_axis_off()
