"""Making a variant that every target's runtime can load, by the known mendings where the first try does not fit."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from device.errors import FitError

from .flatbuffers import make_flatbuffer
from .graph import read_graph
from .micro import operations_of_other_types
from .op_versions import MICRO, MissingOperation, missing_operations
from .variants import Variant


@dataclass(frozen=True)
class Made:
    """A flatbuffer that fits its targets.

    Attributes:
        flatbuffer: the model.
        mending: what had to be done for it to fit, or "".
    """

    flatbuffer: bytes
    mending: str


def _per_tensor_dense(converter: Any) -> None:
    # TensorFlow 2.21 quantises Dense weights per channel, which takes FULLY_CONNECTED v12, unknown before 2.17.
    converter._experimental_disable_per_channel_quantization_for_dense_layers = True


def _old_quantizer(converter: Any) -> None:
    converter.experimental_new_quantizer = False


def per_tensor_everywhere(converter: Any) -> None:
    """Set a converter to one scale for each tensor of weights instead of one for each channel."""
    converter._experimental_disable_per_channel = True


MENDINGS: tuple[tuple[str, Callable[[Any], None]], ...] = (
    ("Dense weights quantised per tensor instead of per channel", _per_tensor_dense),
    ("all weights quantised per tensor instead of per channel", per_tensor_everywhere),
    ("TensorFlow's earlier quantiser", _old_quantizer),
)


def make_for_targets(
    make_converter: Callable[[], Any],
    variant: Variant,
    calibration: NDArray[np.uint8] | None,
    *,
    targets: tuple[str, ...],
    make_convolution_converter: Callable[[], Any] | None = None,
) -> Made:
    """Convert, and mend the result until every target knows its operations.

    Args:
        make_converter: gives a fresh TensorFlow converter for batch 1 and raw pixels.
        variant: what to convert to.
        calibration: uint8 (N, *shape), the representative set, for variants that need one.
        targets: names in `op_versions.TARGETS`.
        make_convolution_converter: gives one for the model with its Dense layers as 1×1 convolutions.

    Raises:
        FitError: no mending helps; names operation, version, the oldest runtime that has it, and what to do.
        UsageError: a target is unknown.
    """
    flatbuffer = make_flatbuffer(make_converter(), variant, calibration)
    lacking = lacking_operations(flatbuffer, targets)
    if not lacking:
        return Made(flatbuffer, "")
    for mending, attempt in _attempts(make_converter, make_convolution_converter):
        try:
            mended = make_flatbuffer(attempt(), variant, calibration)
        except (FitError, ValueError):
            continue
        if not lacking_operations(mended, targets):
            return Made(mended, f"mended for {', '.join(lacking)}: {mending}")
    said = "; ".join(f"{target}: {', '.join(map(str, missing))}" for target, missing in lacking.items())
    raise FitError(
        f"no conversion to {variant.name} fits its targets ({said}); take another variant, target a newer "
        "runtime, or replace the layer"
    )


def _attempts(
    make_converter: Callable[[], Any], make_convolution_converter: Callable[[], Any] | None
) -> Iterator[tuple[str, Callable[[], Any]]]:
    """Yield each mending with what gives a converter set up for it."""
    for mending, apply in MENDINGS:

        def mended(apply: Callable[[Any], None] = apply) -> Any:
            converter = make_converter()
            apply(converter)
            return converter

        yield mending, mended
    if make_convolution_converter is not None:
        yield "Dense layers computed as 1×1 convolutions", make_convolution_converter


def lacking_operations(flatbuffer: bytes, targets: tuple[str, ...]) -> dict[str, list[MissingOperation]]:
    """Return for each target that lacks any the operations of a flatbuffer that it lacks, or has not for their types.

    Raises:
        UsageError: a target is unknown.
    """
    graph = read_graph(flatbuffer)
    lacking = {target: missing_operations(graph.operation_counts, target) for target in targets}
    if MICRO in lacking:
        lacking[MICRO] += operations_of_other_types(graph)
    return {target: missing for target, missing in lacking.items() if missing}
