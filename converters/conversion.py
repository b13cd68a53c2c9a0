"""Converting a classifier: each variant is verified in every device runtime before it gets its final name."""

from __future__ import annotations

from collections.abc import Callable

from device.errors import RuntimeMissingError, UsageError
from device.inference.runtime import INSTALL_HINT, installed_runtimes
from device.output_files import refuse_existing

from .job import Job, Report
from .layer_errors import describe_errors
from .references import Reference, load_reference
from .request import MIXED, Conversion, ConversionRequest
from .variants import VARIANTS


def convert(
    request: ConversionRequest,
    *,
    reference: Reference | None = None,
    report: Report = lambda line: None,
    on_conversion: Callable[[Conversion], None] = lambda conversion: None,
) -> list[Conversion]:
    """Convert a classifier into self-describing TFLite files that take raw 0–255 pixels, one at a time.

    A variant that does not meet its gate, or that a runtime cannot run, is not written; its `Conversion` says why. The
    others are.

    Args:
        request: what to convert and what the result must reach.
        reference: the model, where it is loaded already.
        report: takes a line for each step.
        on_conversion: takes each variant when it is done, as a signal may come before the others are.

    Raises:
        ModelFileError: the model is missing or damaged.
        ContractError: it is no image classifier of fixed shape, or has another number of scores than labels.
        UsageError: a variant needs a representative set, or that set holds test images, or the input range cannot be
            found out, or a layer that is to stay in float is not there; nothing is converted.
        RuntimeMissingError: no device runtime is installed to verify in.
        OutputExistsError: a file is there already and `force` is not given; nothing is converted.
        OutputError: the folder cannot be written.
    """
    runtimes = request.runtimes if request.runtimes is not None else runtimes_of(request.targets)
    if not runtimes:
        raise RuntimeMissingError(f"no device runtime is installed to verify the result in; {INSTALL_HINT}")
    paths = {VARIANTS[name]: request.out / f"{request.name}_{name}.tflite" for name in request.variants}
    mixed = request.out / f"{request.name}_{MIXED}.tflite" if request.keep_float or request.mixed else None
    for path in [*paths.values(), *([mixed] if mixed else [])]:
        refuse_existing(path, force=request.force)
    calibrated = [variant.name for variant in paths if variant.calibrated] + ([MIXED] if mixed else [])
    if calibrated and request.calibration is None:
        raise UsageError(f"{calibrated[0]} needs a representative set; name training images with --calibrate-from")
    _refuse_overlap(request)
    reference = reference or load_reference(request.model)
    reference.check_labels(request.labels)
    job = Job(request, reference, runtimes, report)
    job.check_kept_layers()  # before minutes of work that a slip of the finger would end
    conversions: list[Conversion] = []
    for variant, path in paths.items():
        conversions.append(job.convert(variant, path))
        on_conversion(conversions[-1])
    if mixed is not None:
        conversions.append(job.convert_mixed(mixed))
        on_conversion(conversions[-1])
    _advise(job, conversions, request, report)
    return conversions


def _advise(job: Job, conversions: list[Conversion], request: ConversionRequest, report: Report) -> None:
    """Say which layers lose most where int8 failed, and whether the choice of the representative set matters."""
    if any(each.variant.startswith("int8") and each.failure and not each.misfit for each in conversions):
        for line in describe_errors(job.layer_errors()):
            report(line)
        report("keep the worst layers in float with --keep-float LAYER, or let --mixed auto find how many it takes")
    if request.stability and any(each.variant == "int8" and not each.misfit for each in conversions):
        found = job.stability()
        report(
            f"int8: two halves of the representative set give the same label for {found['agreement']:.2%} of "
            f"{found['images']} images; scores differ by up to {found['largest_difference']:.3f}"
        )


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
