"""Converting a classifier: each variant is verified in every device runtime before it gets its final name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from device.contract import CONTRACT_VERSION
from device.errors import ContractError, FitError, RuntimeMissingError, UsageError
from device.golden import Golden, pack_golden
from device.model_card import ModelCard
from device.model_file import pack_model, sha256
from device.output_files import refuse_existing, write_bytes
from device.runtime import INSTALL_HINT, installed_runtimes
from device.statistics import wilson_interval
from device.trial import Trial

from .finishing import Finished, finish
from .graph import read_graph
from .input_range import find_input_range
from .mending import make_for_targets
from .op_versions import oldest_common_runtimes
from .references import INPUT_RANGES, InputRange, Reference, load_reference
from .request import Agreement, Conversion, ConversionRequest
from .variants import VARIANTS, Variant
from .verification import compare, gate_failure, golden_positions, hostile_images, run_everywhere

Report = Callable[[str], None]


def convert(
    request: ConversionRequest, *, reference: Reference | None = None, report: Report = lambda line: None
) -> list[Conversion]:
    """Convert a classifier into self-describing TFLite files that take raw 0–255 pixels, one at a time.

    A variant that does not meet its gate, or that a runtime cannot run, is not written; its `Conversion` says why. The
    others are.

    Args:
        request: what to convert and what the result must reach.
        reference: the model, where it is loaded already.
        report: takes a line for each step.

    Raises:
        ModelFileError: the model is missing or damaged.
        ContractError: it is no image classifier of fixed shape, or has another number of scores than labels.
        UsageError: a variant needs a representative set, or that set holds test images, or the input range cannot be
            found out.
        RuntimeMissingError: no device runtime is installed to verify in.
        OutputExistsError: a file is there already and `force` is not given; nothing is converted.
        OutputError: the folder cannot be written.
    """
    runtimes = request.runtimes if request.runtimes is not None else runtimes_of(request.targets)
    if not runtimes:
        raise RuntimeMissingError(f"no device runtime is installed to verify the result in; {INSTALL_HINT}")
    paths = {VARIANTS[name]: request.out / f"{request.name}_{name}.tflite" for name in request.variants}
    for variant, path in paths.items():
        refuse_existing(path, force=request.force)
        if variant.calibrated and request.calibration is None:
            raise UsageError(
                f"{variant.name} needs a representative set of training images; give one to calibrate with"
            )
    _refuse_overlap(request)
    reference = reference or load_reference(request.model)
    if reference.classes != len(request.labels):
        raise ContractError(
            f"{request.model}: expected {len(request.labels)} scores, one a label, found {reference.classes}; "
            "name the model's labels"
        )
    job = _Job(request, reference, runtimes, report)
    return [job.convert(variant, path) for variant, path in paths.items()]


def runtimes_of(targets: tuple[str, ...]) -> tuple[str, ...]:
    """Return the installed runtimes that the targets are releases of; all that are installed where there is none."""
    installed = installed_runtimes()
    return tuple(name for name in installed if any(target.startswith(name) for target in targets)) or tuple(installed)


def _refuse_overlap(request: ConversionRequest) -> None:
    """Refuse a representative set that holds images of the test set."""
    if request.calibration is None:
        return
    tested = {image.tobytes() for image in request.test.images}
    shared = sum(image.tobytes() in tested for image in request.calibration.images)
    if shared:
        raise UsageError(
            f"expected a representative set apart from the test set, found {shared} of its "
            f"{len(request.calibration.images)} images there; calibrate with training images"
        )


class _Job:
    """One request with what all its variants share: the reference's answers and its input range."""

    def __init__(
        self, request: ConversionRequest, reference: Reference, runtimes: tuple[str, ...], report: Report
    ) -> None:
        self._request, self._reference, self._runtimes, self._report = request, reference, runtimes, report
        self._range = self._input_range()
        report(f"asking {request.model} about {len(request.test.images)} test images")
        self._images = reference.shaped(request.test.images)
        self._expected = reference.scores(self._images, self._range)
        self._hostile_expected = reference.scores(hostile_images(self._images.shape[1:]), self._range)

    def _input_range(self) -> InputRange:
        if self._request.input_range is not None:
            return INPUT_RANGES[self._request.input_range]
        found = find_input_range(self._reference, self._request.calibration)
        if found.name != "0-255":
            self._report(f"the model takes {found.name}; the converted files take 0-255 like all others")
        return found

    def convert(self, variant: Variant, path: Path) -> Conversion:
        """Convert, verify and write one variant."""
        request, report = self._request, self._report
        report(f"{variant.name}: converting")
        calibration = None if request.calibration is None else self._reference.shaped(request.calibration.images)
        flatbuffer = b""
        try:
            made = make_for_targets(
                lambda: self._reference.make_converter(self._range), variant, calibration, targets=request.targets
            )
            finished = finish(made, request, images=self._images, runtimes=self._runtimes)
            flatbuffer = finished.flatbuffer
            if made.mending:
                report(f"{variant.name}: mended for {', '.join(request.targets)}: {made.mending}")
            report(f"{variant.name}: verifying in {' and '.join(self._runtimes)}")
            trials = run_everywhere(flatbuffer, images=self._images, runtimes=self._runtimes)
            agreements = tuple(self._compare(each) for each in trials)
        except FitError as error:
            size = len(flatbuffer)
            return Conversion(variant.name, path, size, size, (), failure=str(error), misfit=True)
        content = pack_model(flatbuffer, self._card(variant, finished, [first for first, _ in trials], agreements))
        failure = gate_failure(agreements, request.gate, min_agreement=variant.min_agreement)
        if failure is None:
            write_bytes(path, content)
        return Conversion(
            variant.name,
            path,
            len(content),
            len(flatbuffer),
            agreements,
            failure=failure,
            mending=made.mending,
            saved_bytes=finished.saved_bytes,
        )

    def _compare(self, trials: tuple[Trial, Trial]) -> Agreement:
        return compare(
            trials,
            expected=self._expected,
            hostile_expected=self._hostile_expected,
            labels=self._request.test.labels,
        )

    def _card(
        self, variant: Variant, finished: Finished, trials: list[Trial], agreements: tuple[Agreement, ...]
    ) -> ModelCard:
        request = self._request
        operations = read_graph(finished.flatbuffer).operation_counts
        calibration = request.calibration if variant.calibrated else None
        return ModelCard(
            name=request.name,
            variant=variant.name,
            flatbuffer_sha256=sha256(finished.flatbuffer),
            labels=request.labels,
            input=trials[0].input,
            output=trials[0].output,
            contract_version=CONTRACT_VERSION,
            ops=operations,
            oldest_runtime=oldest_common_runtimes(operations),
            conversion={
                "targets": list(request.targets),
                "original_input_range": self._range.name,
                **({"mending": finished.mending} if finished.mending else {}),
                **({"stripped_bytes": finished.saved_bytes} if finished.saved_bytes else {}),
            },
            calibration={} if calibration is None else calibration.source,
            training=request.training,
            accuracy={each.runtime: _accuracy(each) for each in agreements} | {"data": request.test.source},
            agreement={each.runtime: _rounded(asdict(each)) for each in agreements},
            golden=self._golden(trials),
        )

    def _golden(self, trials: list[Trial]) -> Mapping[str, Any]:
        """Pack golden vectors; images other than digits are too large for a card."""
        chosen = golden_positions(self._request.test)
        images: NDArray[np.uint8] = self._images[chosen]
        if int(np.prod(images.shape[1:])) != int(np.prod((28, 28))):
            return {}
        return pack_golden(
            Golden(images.reshape(-1, 28, 28), {trial.runtime: trial.raw_scores[chosen] for trial in trials})
        )


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
