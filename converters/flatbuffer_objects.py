"""A flatbuffer as objects that can be changed, and back: TensorFlow's object API with a packing of our own."""

from __future__ import annotations

from typing import Any

from tensorflow.lite.tools import flatbuffer_utils

from device.errors import ModelFileError
from device.inference.model_file import IDENTIFIER

from .flatbuffer_layout import lay_out
from .flatbuffer_parts import PartsBuilder


def unpack_model(flatbuffer: bytes) -> Any:
    """Return a model as the objects of TensorFlow's `schema_py_generated` (a ModelT).

    Args:
        flatbuffer: a whole TFLite model that its maker vouches for.

    Raises:
        ModelFileError: its weights lie outside of the flatbuffer, as those of models above 2 GB do.
    """
    model = flatbuffer_utils.convert_bytearray_to_object(bytearray(flatbuffer))
    if any(buffer.offset > 1 for buffer in model.buffers):
        raise ModelFileError("expected a model with its weights inside, found them behind it; leave this file as it is")
    return model


def pack_model(model: Any) -> bytes:
    """Return the flatbuffer of a model, equal parts stored once and weights at multiples of 16.

    Args:
        model: a ModelT.
    """
    builder = PartsBuilder()
    root = model.Pack(builder)
    return lay_out(builder.parts, root=root, identifier=IDENTIFIER)
