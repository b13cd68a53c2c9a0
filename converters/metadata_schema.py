"""The tables of TensorFlow Lite Metadata that describe an image classifier, as a flatbuffer of their own.

Field numbers and enumerations are those of `metadata_schema.fbs`, version 1.0.0 of TensorFlow Lite Metadata.
"""

from __future__ import annotations

from dataclasses import dataclass

from .flatbuffer_layout import lay_out
from .flatbuffer_parts import LINK, PartsBuilder

IDENTIFIER = b"M001"
# All fields used here have been there since the first version.
MIN_PARSER_VERSION = "1.0.0"

_TENSOR_AXIS_LABELS = 2
_RGB, _GRAYSCALE = 1, 2
_FEATURE_PROPERTIES, _IMAGE_PROPERTIES = 1, 2
_NORMALIZATION_OPTIONS = 1


@dataclass(frozen=True)
class ImageInput:
    """The tensor that takes pixels.

    Attributes:
        width: pixels.
        height: pixels.
        channels: 1 for grey, 3 for RGB.
        mean: subtracted from a raw pixel, 0–255.
        std: what the difference is divided by.
    """

    width: int
    height: int
    channels: int
    mean: float
    std: float


@dataclass(frozen=True)
class ScoresOutput:
    """The tensor that answers with one score a label.

    Attributes:
        labels_name: the associated file with one label a line.
        lowest: the least score there can be.
        highest: the largest; None for both where scores have no limits.
    """

    labels_name: str
    lowest: float | None
    highest: float | None


def make_metadata(*, name: str, description: str, image: ImageInput, scores: ScoresOutput) -> bytes:
    """Return a ModelMetadata flatbuffer of a model with one input and one output."""
    builder = PartsBuilder()
    subgraph = builder.table(
        {
            2: (LINK, builder.vector(LINK, [_add_image(builder, image)])),
            3: (LINK, builder.vector(LINK, [_add_scores(builder, scores)])),
        }
    )
    slots = {
        0: (LINK, builder.string(name)),
        3: (LINK, builder.vector(LINK, [subgraph])),
        7: (LINK, builder.string(MIN_PARSER_VERSION)),
    }
    if description:
        slots[1] = (LINK, builder.string(description))
    return lay_out(builder.parts, root=builder.table(slots), identifier=IDENTIFIER)


def _add_image(builder: PartsBuilder, image: ImageInput) -> int:
    size = builder.table({0: ("I", image.width), 1: ("I", image.height)})
    color_space = _GRAYSCALE if image.channels == 1 else _RGB
    properties = builder.table({0: ("b", color_space), 1: (LINK, size)})
    normalization = builder.table(
        {0: (LINK, builder.vector("f", [image.mean])), 1: (LINK, builder.vector("f", [image.std]))}
    )
    unit = builder.table({0: ("B", _NORMALIZATION_OPTIONS), 1: (LINK, normalization)})
    lowest, highest = ((pixel - image.mean) / image.std for pixel in (0, 255))
    return builder.table(
        {
            0: (LINK, builder.string("image")),
            3: (LINK, builder.table({0: ("B", _IMAGE_PROPERTIES), 1: (LINK, properties)})),
            4: (LINK, builder.vector(LINK, [unit])),
            5: (LINK, _add_stats(builder, lowest, highest)),
        }
    )


def _add_scores(builder: PartsBuilder, scores: ScoresOutput) -> int:
    file = builder.table({0: (LINK, builder.string(scores.labels_name)), 2: ("b", _TENSOR_AXIS_LABELS)})
    slots = {
        0: (LINK, builder.string("scores")),
        3: (LINK, builder.table({0: ("B", _FEATURE_PROPERTIES), 1: (LINK, builder.table({}))})),
        6: (LINK, builder.vector(LINK, [file])),
    }
    if scores.lowest is not None and scores.highest is not None:
        slots[5] = (LINK, _add_stats(builder, scores.lowest, scores.highest))
    return builder.table(slots)


def _add_stats(builder: PartsBuilder, lowest: float, highest: float) -> int:
    return builder.table({0: (LINK, builder.vector("f", [highest])), 1: (LINK, builder.vector("f", [lowest]))})
