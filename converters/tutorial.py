"""The conversion of TensorFlow's tutorials, to measure this project's against: `python -m converters.tutorial IN OUT`.

It is `TFLiteConverter.from_keras_model` on the model as it was trained, with its dynamic batch and no further setting,
as in "Convert a Keras model" of TensorFlow's guide to converting models.
"""

from __future__ import annotations

import sys
from pathlib import Path

import tensorflow as tf

from device.command_line import report_end
from device.errors import EdgeDigitsError
from device.output_files import write_bytes

from .keras_models import read_keras
from .quiet_conversion import quiet_conversion


def convert_as_tutorial(model: Path) -> bytes:
    """Convert a Keras model the way tutorials do.

    Returns:
        The flatbuffer, without a card.

    Raises:
        ModelFileError: the Keras model is missing or damaged.
    """
    converter = tf.lite.TFLiteConverter.from_keras_model(read_keras(model))
    with quiet_conversion():
        flatbuffer: bytes = converter.convert()
    return flatbuffer


def main(model: Path, out: Path) -> int:
    """Convert and write the result; return the exit code."""
    try:
        write_bytes(out, convert_as_tutorial(model))
    except EdgeDigitsError as error:
        return report_end(error)
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2])))
