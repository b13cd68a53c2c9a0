"""TensorFlow Lite Metadata inside the flatbuffer, so that standard readers know pixels and labels without our card.

The labels themselves are the file `labels.txt` in the ZIP behind the flatbuffer, which
`device.inference.model_file` appends.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from tensorflow.lite.python import schema_py_generated as schema

from device.errors import FitError, UsageError
from device.inference.model_file import LABELS_NAME

from .flatbuffer_objects import pack_model, unpack_model
from .metadata_schema import ImageInput, ScoresOutput, make_metadata

METADATA_NAME = b"TFLITE_METADATA"
CHANNELS = (1, 3)


def add_metadata(
    flatbuffer: bytes, *, labels: tuple[str, ...], name: str, description: str, mean: float, std: float
) -> bytes:
    """Write what the model takes and gives into its flatbuffer, replacing metadata that is there.

    Args:
        flatbuffer: an image classifier: one input (1, H, W), (1, H, W, C) or (1, N), one output (1, labels).
        labels: one a score; they are checked here and stored behind the flatbuffer.
        name: of the model.
        description: of the model, for people; "" leaves it out.
        mean: the input is (pixel - mean) / std, of raw pixels 0–255; a quantised input takes that value quantised. 0
            and 1 for a model that takes raw pixels.
        std: see `mean`.

    Returns:
        The flatbuffer with an entry TFLITE_METADATA.

    Raises:
        FitError: the model is no image classifier with that many labels.
        UsageError: a mean or std that no pixel can be normalised with.
        ModelFileError: the weights lie outside of the flatbuffer.
    """
    if not (math.isfinite(mean) and math.isfinite(std) and std > 0):
        raise UsageError(f"expected a finite mean and a std above 0, found mean {mean} and std {std}; give others")
    model = unpack_model(flatbuffer)
    image = _read_image(model, mean=mean, std=std)
    scores = _read_scores(model, labels)
    metadata = make_metadata(name=name, description=description, image=image, scores=scores)
    others = [entry for entry in model.metadata or [] if entry.name != METADATA_NAME]
    entry = schema.MetadataT(name=METADATA_NAME, buffer=len(model.buffers))
    model.buffers.append(schema.BufferT(data=np.frombuffer(metadata, np.uint8)))
    model.metadata = [*others, entry]
    return pack_model(model)


def _read_image(model: Any, *, mean: float, std: float) -> ImageInput:
    tensor = _only_tensor(model, "input")
    shape = [int(length) for length in tensor.shape]
    if len(shape) == 2:
        # A row of pixels; standard readers of images will refuse it, whatever is said of it.
        return ImageInput(width=shape[1], height=1, channels=1, mean=mean, std=std)
    if len(shape) not in (3, 4) or (len(shape) == 4 and shape[3] not in CHANNELS):
        raise FitError(f"expected an input (1, H, W, C) of 1 or 3 channels, found {tuple(shape)}; leave metadata out")
    channels = shape[3] if len(shape) == 4 else 1
    return ImageInput(width=shape[2], height=shape[1], channels=channels, mean=mean, std=std)


def _read_scores(model: Any, labels: tuple[str, ...]) -> ScoresOutput:
    tensor = _only_tensor(model, "output")
    shape = tuple(int(length) for length in tensor.shape)
    if shape != (1, len(labels)):
        raise FitError(f"expected an output (1, {len(labels)}), one score a label, found {shape}; give as many labels")
    number = model.subgraphs[0].outputs[0]
    makers = [operator for operator in model.subgraphs[0].operators if number in operator.outputs]
    probabilities = (schema.BuiltinOperator.SOFTMAX, schema.BuiltinOperator.LOGISTIC)
    limited = any(_operator(model, maker) in probabilities for maker in makers)
    return ScoresOutput(LABELS_NAME, lowest=0.0 if limited else None, highest=1.0 if limited else None)


def _only_tensor(model: Any, side: str) -> Any:
    graph = model.subgraphs[0]
    numbers = graph.inputs if side == "input" else graph.outputs
    if len(numbers) != 1:
        raise FitError(f"expected one {side}, found {len(numbers)}; leave metadata out of this model")
    return graph.tensors[numbers[0]]


def _operator(model: Any, operator: Any) -> int:
    code = model.operatorCodes[operator.opcodeIndex]
    return int(max(code.builtinCode, code.deprecatedBuiltinCode))
