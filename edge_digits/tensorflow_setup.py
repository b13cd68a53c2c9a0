"""Making TensorFlow quiet and Keras work on it before either is imported, and repeatable before it trains."""

from __future__ import annotations

import importlib.util
import logging
import os
from pathlib import Path

from device.errors import ExtraMissingError

_log = logging.getLogger(__name__)

_BACKEND = "tensorflow"
# Keras reads keras.json there, at its import, for the data type and the order of axes of all layers.
_KERAS_HOME = Path(__file__).parent / "assets"


def prepare_tensorflow() -> None:
    """Silence TensorFlow's start-up chatter and keep Keras on it; call before the first import of either.

    Keras is set up as this project needs it, whatever a keras.json in the user's home says for other programs.

    Raises:
        ExtraMissingError: TensorFlow is not installed.
    """
    if importlib.util.find_spec("tensorflow") is None:
        raise ExtraMissingError(
            "this command needs TensorFlow, which is not installed; pip install 'edge-digits[train]'"
        )
    # Level 3 hides even what C++ calls errors: those that matter come as exceptions too.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    asked = os.environ.get("KERAS_BACKEND") or _BACKEND
    if asked != _BACKEND:
        _log.warning("KERAS_BACKEND=%s has no effect here: models are made for TensorFlow Lite, by TensorFlow", asked)
    os.environ |= {"KERAS_BACKEND": _BACKEND, "KERAS_HOME": str(_KERAS_HOME)}
    # There is no use for a GPU on networks this small, and looking for one writes errors.
    os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")
    from device.native_stderr import hidden_native_stderr

    with hidden_native_stderr():
        import tensorflow

        tensorflow.config.list_physical_devices()
    # It warns of building a graph for each of several models, which is what evaluating several models is.
    tensorflow.get_logger().setLevel("ERROR")


def make_deterministic() -> None:
    """Have TensorFlow, where Keras is on it, compute the same each time."""
    import keras

    if keras.backend.backend() == "tensorflow":
        import tensorflow

        tensorflow.config.experimental.enable_op_determinism()
