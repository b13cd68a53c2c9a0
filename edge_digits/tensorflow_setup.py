"""Making TensorFlow quiet before it is imported, and repeatable before it trains."""

from __future__ import annotations

import contextlib
import ctypes
import importlib.util
import os

from device.errors import ExtraMissingError

MMAP_THRESHOLD, TRIM_THRESHOLD = -3, -1  # what glibc's mallopt calls them
LARGEST_KEPT, MOST_KEPT = 32 << 20, (1 << 31) - 1  # bytes: the largest values that it takes


def prepare_tensorflow() -> None:
    """Silence TensorFlow's start-up chatter and keep Keras on it; call before the first import of either.

    Raises:
        ExtraMissingError: TensorFlow is not installed.
    """
    if importlib.util.find_spec("tensorflow") is None:
        raise ExtraMissingError(
            "this command needs TensorFlow, which is not installed; pip install 'edge-digits[train]'"
        )
    # Level 3 hides even what C++ calls errors: those that matter come as exceptions too.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("KERAS_BACKEND", "tensorflow")
    # There is no use for a GPU on networks this small, and looking for one writes errors.
    os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")
    from device.native_stderr import hidden_native_stderr

    _keep_freed_memory()
    with hidden_native_stderr():
        import tensorflow

        tensorflow.config.list_physical_devices()
    # It warns of building a graph for each of several models, which is what evaluating several models is.
    tensorflow.get_logger().setLevel("ERROR")


def _keep_freed_memory() -> None:
    """Have the C library keep what was freed: each batch needs as much as the one before.

    Giving memory back after each batch, and faulting it in again, takes up to half of the time of a training where
    page faults are slow, as in a virtual machine. Other C libraries than glibc have no such setting.
    """
    with contextlib.suppress(AttributeError, OSError):
        allocator = ctypes.CDLL(None)
        allocator.mallopt(MMAP_THRESHOLD, LARGEST_KEPT)
        allocator.mallopt(TRIM_THRESHOLD, MOST_KEPT)


def make_deterministic() -> None:
    """Have TensorFlow, where Keras is on it, compute the same each time."""
    import keras

    if keras.backend.backend() == "tensorflow":
        import tensorflow

        tensorflow.config.experimental.enable_op_determinism()
