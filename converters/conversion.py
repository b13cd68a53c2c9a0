"""Converting a Keras model: each variant is verified in every device runtime before it gets its final name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from device.contract import CONTRACT_VERSION
from device.errors import FitError, RuntimeMissingError
from device.golden import Golden, pack_golden
from device.model_card import ModelCard
from device.model_file import pack_model, sha256
from device.output_files import refuse_existing, write_bytes
from device.runtime import INSTALL_HINT, installed_runtimes
from device.statistics import wilson_interval
from device.trial import Trial

from .flatbuffers import make_flatbuffer, read_operations
from .keras_models import check_digit_model, fix_batch_size, load_keras_model
from .request import MIN_AGREEMENT, Agreement, Conversion, ConversionRequest
from .verification import compare, golden_positions, run_everywhere


def convert(request: ConversionRequest, *, report: Callable[[str], None] = lambda line: None) -> list[Conversion]:
    """Convert a Keras model into self-describing TFLite files.

    A variant that does not meet its gate is not written; its `Conversion` says why. The others are.

    Args:
        request: what to convert and what the result must reach.
        report: takes a line for each step.

    Raises:
        ModelFileError: the Keras model is missing or damaged.
        ContractError: it is no digit model.
        RuntimeMissingError: no device runtime is installed to verify in.
        OutputExistsError: a file is there already and `force` is not given; nothing is converted.
        OutputError: the folder cannot be written.
    """
    runtimes = request.runtimes if request.runtimes is not None else tuple(installed_runtimes())
    if not runtimes:
        raise RuntimeMissingError(f"no device runtime is installed to verify the result in; {INSTALL_HINT}")
    paths = {variant: request.out / f"{request.name}_{variant}.tflite" for variant in request.variants}
    for path in paths.values():
        refuse_existing(path, force=request.force)
    model = load_keras_model(request.model)
    check_digit_model(model, request.model, labels=len(request.labels))
    report(f"asking {request.model} about {len(request.test.images)} test digits")
    expected = _keras_scores(model, request.test.images)
    fixed = fix_batch_size(model)
    return [
        _convert_variant(request, variant, path, fixed, expected=expected, runtimes=runtimes, report=report)
        for variant, path in paths.items()
    ]


def _convert_variant(
    request: ConversionRequest,
    variant: str,
    path: Path,
    model: keras.Model,
    *,
    expected: NDArray[np.float32],
    runtimes: tuple[str, ...],
    report: Callable[[str], None],
) -> Conversion:
    report(f"{variant}: converting")
    flatbuffer = make_flatbuffer(model, variant, request.calibration.images)
    report(f"{variant}: verifying in {' and '.join(runtimes)}")
    try:
        trials = run_everywhere(flatbuffer, digits=request.test.images, runtimes=runtimes)
    except FitError as error:
        return Conversion(variant, path, len(flatbuffer), len(flatbuffer), (), failure=str(error))
    agreements = tuple(compare(trial, expected=expected, labels=request.test.labels) for trial in trials)
    content = pack_model(flatbuffer, _card(request, variant, flatbuffer, trials, agreements))
    limit = MIN_AGREEMENT[variant] if request.min_agreement is None else request.min_agreement
    failure = gate_failure(agreements, limit=limit)
    if failure is None:
        write_bytes(path, content)
    return Conversion(variant, path, len(content), len(flatbuffer), agreements, failure=failure)


def gate_failure(agreements: tuple[Agreement, ...], *, limit: float) -> str | None:
    """Return why a variant may not be written, or None if it may.

    Args:
        agreements: one a runtime.
        limit: the lowest agreement that is allowed, 0–1.
    """
    worst = min(agreements, key=lambda each: each.agreement)
    if worst.agreement >= limit:
        return None
    return (
        f"expected at least {limit:.2%} of {worst.count} digits read as the Keras model reads them, found "
        f"{worst.agreement:.2%} on {worst.runtime} (largest difference of a score {worst.largest_difference:.3f})"
    )


def _keras_scores(model: keras.Model, digits: NDArray[np.uint8]) -> NDArray[np.float32]:
    scores: NDArray[np.float32] = model.predict(digits[..., np.newaxis].astype(np.float32), batch_size=250, verbose=0)
    return scores


def _card(
    request: ConversionRequest,
    variant: str,
    flatbuffer: bytes,
    trials: tuple[Trial, ...],
    agreements: tuple[Agreement, ...],
) -> ModelCard:
    operations = read_operations(flatbuffer)
    golden = golden_positions(request.test)
    return ModelCard(
        name=request.name,
        variant=variant,
        flatbuffer_sha256=sha256(flatbuffer),
        labels=request.labels,
        input=trials[0].input,
        output=trials[0].output,
        contract_version=CONTRACT_VERSION,
        ops=operations.counts,
        oldest_runtime=operations.oldest_runtime,
        calibration={} if variant == "float32" else request.calibration.source,
        training=request.training,
        accuracy={each.runtime: _accuracy(each) for each in agreements} | {"data": request.test.source},
        agreement={each.runtime: asdict(each) for each in agreements},
        golden=pack_golden(
            Golden(request.test.images[golden], {trial.runtime: trial.raw_scores[golden] for trial in trials})
        ),
    )


def _accuracy(agreement: Agreement) -> Mapping[str, Any]:
    low, high = wilson_interval(agreement.correct, agreement.count)
    return {
        "correct": agreement.correct,
        "n": agreement.count,
        "accuracy": agreement.correct / agreement.count,
        "interval_95": [round(low, 5), round(high, 5)],
    }
