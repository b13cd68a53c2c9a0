"""A model as ONNX, made by tf2onnx from the flatbuffer and held against the golden vectors in onnxruntime.

tf2onnx loads TensorFlow, so it runs in a process of its own.
"""

from __future__ import annotations

import importlib
import importlib.util
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from device.child_process import describe_end, run_module
from device.errors import ExtraMissingError, FitError, GateError, ModelFileError
from device.inference.golden import Golden, unpack_golden
from device.inference.golden_replay import BOUND
from device.inference.inference import dequantize, quantize_pixels
from device.inference.model_file import ModelFile

OPSET = 17
EXTRA_HINT = "pip install 'edge-digits[train,onnx]'"
# Other kernels add in another order: a float differs in its last bits. Where integers are computed, also behind a float
# output, every layer rounds, and onnxruntime is to the device what another runtime is: golden vectors have one bound.
FLOAT_VARIANTS = ("float32", "float16")
FLOAT_BOUND = 1e-4


@dataclass(frozen=True)
class OnnxModel:
    """An ONNX file that was checked.

    Attributes:
        content: its bytes.
        checked: how many golden vectors it was held against.
        largest_difference: of any score.
        reference: the device runtime whose scores those are.
    """

    content: bytes
    checked: int
    largest_difference: float
    reference: str


def make_onnx(model: ModelFile) -> OnnxModel:
    """Convert a model to ONNX and check it.

    Args:
        model: a file with golden vectors in its card.

    Raises:
        ExtraMissingError: tf2onnx, onnxruntime or TensorFlow is not installed.
        ModelFileError: the card has no golden vectors.
        FitError: tf2onnx or onnxruntime cannot take the model.
        GateError: the scores are not those that the card expects.
    """
    for module in ("tf2onnx", "onnxruntime", "tensorflow"):
        if importlib.util.find_spec(module) is None:
            raise ExtraMissingError(f"expected {module} for ONNX, found it not installed; {EXTRA_HINT}")
    golden = unpack_golden(model)
    if golden is None:
        raise ModelFileError(f"{model.path}: expected golden vectors in its card, found none; convert it again")
    with tempfile.TemporaryDirectory(prefix="edge-digits-onnx-") as folder:
        content = _convert(model, Path(folder))
    scores = dequantize(_run(content, model, golden), model.card.output)
    reference, expected = next(iter(golden.outputs.items()))
    difference = float(np.abs(scores - dequantize(expected, model.card.output)).max())
    bound = FLOAT_BOUND if model.card.variant in FLOAT_VARIANTS else BOUND
    if not difference <= bound:
        raise GateError(
            f"{model.path}: expected scores within {bound:g} of those of {reference}, found a difference of "
            f"{difference:g} in onnxruntime; the ONNX file is not written"
        )
    return OnnxModel(content, len(golden.digits), difference, reference)


def _convert(model: ModelFile, folder: Path) -> bytes:
    whole, source, target = folder / "whole.tflite", folder / "model.tflite", folder / "model.onnx"
    whole.write_bytes(model.flatbuffer)
    quiet = {"TF_CPP_MIN_LOG_LEVEL": "3"}
    child = run_module("converters.onnx_preparation", [str(whole), str(source)], environment=quiet)
    if child.returncode == 0:
        arguments = ["--tflite", str(source), "--output", str(target), "--opset", str(OPSET)]
        child = run_module("tf2onnx.convert", arguments, environment=quiet)
    if child.returncode != 0 or not target.is_file():
        raise FitError(f"{model.path}: tf2onnx {describe_end(child)} on this model; it has no ONNX form")
    return target.read_bytes()


def _run(content: bytes, model: ModelFile, golden: Golden) -> np.ndarray[Any, Any]:
    """Return the raw scores (N, labels) for the golden digits."""
    runtime = importlib.import_module("onnxruntime")
    try:
        session = runtime.InferenceSession(content, providers=["CPUExecutionProvider"])
        name = session.get_inputs()[0].name
        values = quantize_pixels(golden.digits, model.card.input)
        return np.concatenate([session.run(None, {name: value})[0] for value in values])
    except Exception as cause:  # onnxruntime's errors derive from nothing narrower
        reason = " ".join(str(cause).split())[:200]
        raise FitError(f"{model.path}: onnxruntime cannot run the converted model: {reason}") from cause
