"""Converting the variants of one request: what they share, and the road that each takes to its file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from device.early_end import raise_if_asked
from device.errors import FitError
from device.inference.input_range import INPUT_RANGES, InputRange
from device.inference.model_file import pack_model
from device.inference.trial import Trial
from device.output_files import write_bytes

from .card import make_card
from .finishing import finish
from .input_range import find_input_range
from .layer_errors import LayerError, keep_layers_float, layer_errors, matching_layers
from .mending import Made, lacking_operations, make_for_targets, per_tensor_everywhere
from .quiet_conversion import quiet_conversion
from .references import Reference
from .request import MIXED, Agreement, Conversion, ConversionRequest
from .stability import measure_stability
from .variants import VARIANTS, Variant
from .verification import compare, gate_failure, hostile_images, run_everywhere

Report = Callable[[str], None]


class Job:
    """One request with what all its variants share: the reference's answers and its input range."""

    def __init__(
        self, request: ConversionRequest, reference: Reference, runtimes: tuple[str, ...], report: Report
    ) -> None:
        """Ask the reference about the test images."""
        self._request, self._reference, self._runtimes, self._report = request, reference, runtimes, report
        self._range = self._input_range()
        report(f"asking {request.model} about {len(request.test.images)} test images")
        self._images = reference.shaped(request.test.images)
        self._expected = reference.scores(self._images, self._range)
        self._hostile_expected = reference.scores(hostile_images(self._images.shape[1:]), self._range)
        self._calibration = None if request.calibration is None else reference.shaped(request.calibration.images)
        self._layer_errors: list[LayerError] | None = None  # what takes half a minute is measured once

    def check_kept_layers(self) -> None:
        """Look whether the model has the layers that are to stay in float, where some are named.

        Raises:
            FitError: it has loops, so that this cannot be measured.
            UsageError: it lacks one.
        """
        if self._request.keep_float:
            matching_layers(self.layer_errors(), self._request.keep_float)

    def convert(self, variant: Variant, path: Path) -> Conversion:
        """Convert, verify and write one variant."""
        raise_if_asked()
        self._report(f"{variant.name}: converting")
        return self._prove(variant.name, path, lambda: self._make(variant, self._calibration))

    def convert_mixed(self, path: Path) -> Conversion:
        """Convert to int8 with some layers in float: those that were named, or the worst ones until the gate is met."""
        errors = self.layer_errors()
        if self._request.keep_float:
            return self._mix(path, matching_layers(errors, self._request.keep_float))
        conversion = self._mix(path, errors[:1])
        for count in range(2, len(errors) + 1):
            raise_if_asked()
            if conversion.failure is None:
                break
            conversion = self._mix(path, errors[:count])
        return conversion

    def layer_errors(self) -> list[LayerError]:
        """Return the quantisation error of each layer, the worst first."""
        if self._layer_errors is None:
            self._refuse_loops(MIXED)
            self._report("measuring the quantisation error of each layer")
            self._layer_errors = layer_errors(self._make_converter, self._needed_calibration())
        return self._layer_errors

    def stability(self) -> dict[str, Any]:
        """Convert int8 with each half of the representative set, and return how far the results are apart."""
        self._report("int8: converting with each half of the representative set")
        return measure_stability(
            lambda half: self._make(VARIANTS["int8"], half).flatbuffer,
            self._needed_calibration(),
            images=self._images,
            runtime=self._runtimes[0],
        )

    def _make(self, variant: Variant, calibration: NDArray[np.uint8] | None) -> Made:
        if variant.calibrated:
            self._refuse_loops(variant.name)
        make_convolution = self._reference.make_convolution_converter
        return make_for_targets(
            self._make_converter,
            variant,
            calibration,
            targets=self._request.targets,
            make_convolution_converter=None if make_convolution is None else lambda: make_convolution(self._range),
        )

    def _refuse_loops(self, variant: str) -> None:
        """Refuse what would end the process with SIGSEGV instead of an exception."""
        if self._reference.loops:
            raise FitError(
                f"{self._request.model}: expected a model without loops for {variant}, found a recurrent layer, of "
                "which TensorFlow's calibration dies; build it with unroll=True, or take --variant float32 or dynamic"
            )

    def _make_converter(self) -> Any:
        with quiet_conversion():
            converter = self._reference.make_converter(self._range)
        if self._request.per_tensor:
            per_tensor_everywhere(converter)
        return converter

    def _needed_calibration(self) -> NDArray[np.uint8]:
        assert self._calibration is not None, "checked before the job began"
        return self._calibration

    def _input_range(self) -> InputRange:
        if self._request.input_range is not None:
            return INPUT_RANGES[self._request.input_range]
        found = find_input_range(self._reference, self._request.calibration, report=self._report)
        if found.name != "0-255":
            self._report("the converted files take 0-255 like all others")
        return found

    def _mix(self, path: Path, kept: list[LayerError]) -> Conversion:
        names = ", ".join(layer.short_name for layer in kept)
        self._report(f"{MIXED}: converting with {names} in float")

        def make() -> Made:
            flatbuffer = keep_layers_float(self._make_converter, self._needed_calibration(), kept)
            lacking = lacking_operations(flatbuffer, self._request.targets)
            if lacking:
                raise FitError(
                    "; ".join(f"{target}: {', '.join(map(str, found))}" for target, found in lacking.items())
                )
            return Made(flatbuffer, f"kept in float: {names}")

        return self._prove(MIXED, path, make)

    def _prove(self, variant: str, path: Path, make: Callable[[], Made]) -> Conversion:
        """Make a variant, verify it in every runtime, and write it if it meets its gate."""
        request, flatbuffer = self._request, b""
        try:
            made = make()
            finished = finish(made, request, images=self._images, runtimes=self._runtimes)
            flatbuffer = finished.flatbuffer
            if made.mending:
                self._report(f"{variant}: {made.mending}")
            self._report(f"{variant}: verifying in {' and '.join(self._runtimes)}")
            trials = run_everywhere(flatbuffer, images=self._images, runtimes=self._runtimes)
            agreements = tuple(self._compare(each) for each in trials)
        except FitError as error:
            size = len(flatbuffer)
            return Conversion(variant, path, size, size, (), failure=str(error), misfit=True)
        card = make_card(
            request,
            variant,
            finished,
            input_range=self._range.name,
            images=self._images,
            trials=[first for first, _ in trials],
            agreements=agreements,
        )
        content = pack_model(flatbuffer, card)
        failure = gate_failure(agreements, request.gate, variant=variant)
        if failure is None:
            write_bytes(path, content)
        return Conversion(
            variant,
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
