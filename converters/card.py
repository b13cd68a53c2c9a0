"""Writing the model card of a converted variant."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import numpy as np
from numpy.typing import NDArray

from device.contract import CONTRACT_VERSION, SIDE
from device.inference.golden import Golden, pack_golden
from device.inference.model_card import ModelCard
from device.inference.model_file import sha256
from device.inference.trial import Trial
from device.statistics import wilson_interval

from .finishing import Finished
from .graph import read_graph
from .op_versions import oldest_common_runtimes
from .request import Agreement, ConversionRequest
from .verification import golden_positions


def make_card(
    request: ConversionRequest,
    variant: str,
    finished: Finished,
    *,
    input_range: str,
    images: NDArray[np.uint8],
    trials: list[Trial],
    agreements: tuple[Agreement, ...],
) -> ModelCard:
    """Describe a converted variant.

    Args:
        request: what was asked for.
        variant: its name.
        finished: its flatbuffer, and how it came about.
        input_range: what the original takes.
        images: uint8 (N, *shape), the test images.
        trials: each runtime's answers to them.
        agreements: each runtime's comparison with the reference.
    """
    operations = read_graph(finished.flatbuffer).operation_counts
    calibrated = variant.startswith("int")
    return ModelCard(
        name=request.name,
        variant=variant,
        flatbuffer_sha256=sha256(finished.flatbuffer),
        labels=request.labels,
        input=trials[0].input,
        output=trials[0].output,
        contract_version=CONTRACT_VERSION,
        ops=operations,
        oldest_runtime=oldest_common_runtimes(operations),
        conversion={
            "targets": list(request.targets),
            "original_input_range": input_range,
            **({"per_tensor": True} if request.per_tensor else {}),
            **({"mending": finished.mending} if finished.mending else {}),
            **({"stripped_bytes": finished.saved_bytes} if finished.saved_bytes else {}),
        },
        calibration=_without_folders(request.calibration.source) if calibrated and request.calibration else {},
        training=_without_folders({key: value for key, value in request.training.items() if key != "decision"}),
        decision=request.training.get("decision", {}),
        accuracy={each.runtime: _accuracy(each) for each in agreements}
        | {"data": _without_folders(request.test.source)},
        agreement={each.runtime: _rounded(asdict(each)) for each in agreements},
        golden=_golden(request, images, trials),
    )


def _without_folders(origin: Mapping[str, Any]) -> dict[str, Any]:
    """Name data by their files alone: where they lay on the machine that converted is nobody else's business."""
    if not isinstance(origin.get("source"), str):
        return dict(origin)
    parts = [part if "://" in part else part.rstrip("/").rpartition("/")[2] for part in origin["source"].split(" + ")]
    return {**origin, "source": " + ".join(parts)}


def _golden(request: ConversionRequest, images: NDArray[np.uint8], trials: list[Trial]) -> Mapping[str, Any]:
    """Pack golden vectors; images other than digits are too large for a card."""
    if int(np.prod(images.shape[1:])) != SIDE * SIDE:
        return {}
    chosen = golden_positions(request.test)
    outputs = {trial.runtime: trial.raw_scores[chosen] for trial in trials}
    return pack_golden(Golden(images[chosen].reshape(-1, SIDE, SIDE), outputs))


def _accuracy(agreement: Agreement) -> Mapping[str, Any] | None:
    if agreement.correct is None:
        return None
    low, high = wilson_interval(agreement.correct, agreement.count)
    return {
        "correct": agreement.correct,
        "n": agreement.count,
        "accuracy": agreement.correct / agreement.count,
        "interval_95": [round(low, 5), round(high, 5)],
    }


def _rounded(fields: dict[str, Any]) -> dict[str, Any]:
    """Round figures to what they can mean, so that cards stay small."""
    rounded = {key: round(value, 6) if isinstance(value, float) else value for key, value in fields.items()}
    shares: tuple[float | None, ...] = fields["class_agreement"]
    return {**rounded, "class_agreement": [None if share is None else round(share, 5) for share in shares]}
