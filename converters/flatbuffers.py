"""Making the flatbuffer of a variant with TensorFlow's converter."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from device.errors import FitError, OutputError

from .quiet_conversion import quiet_conversion
from .variants import Variant

ROOM_BYTES = 2**20  # less in the folder for temporary files, and what TensorFlow says is of no use


def make_flatbuffer(converter: Any, variant: Variant, calibration: NDArray[np.uint8] | None) -> bytes:
    """Convert a model of batch size 1.

    Args:
        converter: TensorFlow's, for a model that takes float32 (1, *shape), raw 0–255 pixels.
        variant: what to convert it to.
        calibration: uint8 (N, *shape), the representative set, for variants that need one.

    Returns:
        The flatbuffer.

    Raises:
        FitError: TensorFlow's converter cannot make this variant of this model.
        OutputError: it has no room for temporary files.
    """
    variant.configure(converter, lambda: _one_by_one(calibration))
    with quiet_conversion():
        try:
            flatbuffer: bytes = converter.convert()
        except Exception as cause:
            if (free_bytes := shutil.disk_usage(tempfile.gettempdir()).free) < ROOM_BYTES:
                raise OutputError(
                    f"{tempfile.gettempdir()}: TensorFlow needs room there for what it converts, found "
                    f"{free_bytes:,} bytes; free some, or name another folder by TMPDIR"
                ) from cause
            reason = " ".join(str(cause).split())[:300]
            raise FitError(f"TensorFlow cannot convert this model to {variant.name}: {reason}") from cause
    return flatbuffer


def _one_by_one(images: NDArray[np.uint8] | None) -> Iterator[list[NDArray[np.float32]]]:
    assert images is not None, "the caller refuses variants that need a representative set where there is none"
    for image in images:
        yield [image[np.newaxis].astype(np.float32)]
