"""The whole story in one run: data, training, conversion, benchmark, reading pictures, and a table at the end."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from benchmarks.benchmark import raise_if_stopped, run_benchmark
from benchmarks.quantities import format_accuracy, format_columns, format_seconds
from benchmarks.report import write_html, write_plot
from benchmarks.results import Accuracy, BenchResult, Row
from benchmarks.settings import BenchSettings
from converters import Conversion, ConversionRequest, convert
from device.child_process import run_module
from device.errors import FitError, GateError, UsageError
from device.output_files import atomic_path, write_text
from device.statistics import wilson_interval

from .contact_sheet import draw_contact_sheet, save_contact_sheet
from .conversion_data import calibration_sample, training_record, whole_test_set
from .data.digit_set import Digits, digests, refuse_one_part
from .data.mnist import balanced_sample, default_validation, most_balanced
from .recipes import FAINT
from .run_files import CURVES_NAME, DEMO_TRAINING, MODEL_NAME, write_npz
from .synthetic.paper_pictures import draw_on_paper
from .training.run_outcome import as_json
from .training.training import TrainingSettings, train

ARCHITECTURE = "cnn-quick"
CALIBRATION_COUNT = 500
PICTURE_COUNT = 20
THUMBNAIL_PX = 96


@dataclass(frozen=True)
class Story:
    """What the demo found and where it wrote it.

    Attributes:
        table: variant, runtime, bytes, accuracy, agreement and latency, as lines.
        pictures_right: pictures read right.
        pictures: pictures read.
        written: what each result is → its path.
    """

    table: str
    pictures_right: int
    pictures: int
    written: dict[str, Path]


def tell_story(digits: Digits, out: Path, *, epochs: int, seed: int, report: Callable[[str], None]) -> Story:
    """Train, convert, measure and read pictures; write everything below `out`.

    A training that an earlier run finished with the same settings and data is used again, one that was stopped goes on.

    Args:
        digits: MNIST or its sample.
        out: folder for the results.
        epochs: passes over the training digits.
        seed: of the training, the calibration and the pictures.
        report: takes each step.

    Raises:
        GateError: a converted variant does not agree with the Keras model.
        FitError: pictures cannot be read with a converted model.
        OutputError: a result cannot be written.
    """
    refuse_one_part(digits)
    keras_model = _train(digits, out / DEMO_TRAINING, epochs=epochs, seed=seed, report=report)
    conversions = _convert(digits, keras_model, out / "models", seed=seed, report=report)
    test_data = out / "test.npz"
    write_npz(test_data, x_test=digits.test_images, y_test=digits.test_labels)
    models = [conversion.path for conversion in conversions]
    result = run_benchmark(models, settings=BenchSettings(data=test_data, num_runs=500, min_s=0.5), report=report)
    raise_if_stopped(result)
    written = _write_reports(result, out)
    report(f"reading {PICTURE_COUNT} pictures")
    right = _read_pictures(digits, models[-1], out, seed=seed)
    return Story(
        table=summary_table(result, conversions, keras_model),
        pictures_right=right,
        pictures=PICTURE_COUNT,
        written={
            "Keras model": keras_model,
            **{f"{conversion.variant} model": conversion.path for conversion in conversions},
            "training curves": out / DEMO_TRAINING / CURVES_NAME,
            **written,
            "pictures": out / "pictures",
            "what was read": out / "pictures.png",
        },
    )


def _train(digits: Digits, out: Path, *, epochs: int, seed: int, report: Callable[[str], None]) -> Path:
    validation = default_validation(len(digits.train_labels))
    settings = TrainingSettings.from_recipe(ARCHITECTURE, epochs=epochs, seed=seed, validation=validation)
    settings = replace(settings, augmentation=FAINT)  # its recipe, which is for speed alone, has none
    model = out / MODEL_NAME
    if model.exists():
        record = training_record(model)
        if record.get("settings") == as_json(asdict(settings)) and record.get("data") == digests(digits):
            report(f"{model}: trained by an earlier run, used again")
            return model
    if not model.exists():
        try:
            return train(digits, settings, out, resume=True, report=report).model
        except UsageError as error:
            report(f"{out}: {error}; starting over")
    return train(digits, settings, out, force=True, report=report).model


def _convert(digits: Digits, model: Path, out: Path, *, seed: int, report: Callable[[str], None]) -> list[Conversion]:
    request = ConversionRequest(
        model=model,
        out=out,
        name=ARCHITECTURE,
        calibration=calibration_sample(
            digits, count=min(CALIBRATION_COUNT, most_balanced(digits.train_labels)), seed=seed
        ),
        test=whole_test_set(digits),
        training=training_record(model),
        variants=("float32", "int8"),
        force=True,
    )
    conversions = convert(request, report=report)
    failures = [f"{conversion.path.name}: {conversion.failure}" for conversion in conversions if conversion.failure]
    if failures:
        raise GateError("; ".join(failures))
    return conversions


def _write_reports(result: BenchResult, out: Path) -> dict[str, Path]:
    paths = {"benchmark": out / "bench.json", "report": out / "report.html", "plot": out / "report.png"}
    write_text(paths["benchmark"], result.to_json())
    write_html(result, paths["report"])
    write_plot(result, paths["plot"])
    return paths


def _read_pictures(digits: Digits, model: Path, out: Path, *, seed: int) -> int:
    """Draw test digits on paper, read them as a device would, draw a sheet of what was read; count the right ones."""
    chosen = balanced_sample(digits.test_labels, count=PICTURE_COUNT, seed=seed)
    generator = np.random.default_rng(seed)
    labels = [str(label) for label in digits.test_labels[chosen]]
    paths = [out / "pictures" / f"{place:02d}-{label}.png" for place, label in enumerate(labels)]
    for path, position in zip(paths, chosen, strict=True):
        picture = draw_on_paper(digits.test_images[position], generator=generator)
        with atomic_path(path) as temporary:
            Image.fromarray(picture[..., ::-1]).save(temporary)
    texts = read_in_child(model, paths)
    captions = [
        f"{text or 'nothing'}{'' if text == label else f' ({label})'}"
        for text, label in zip(texts, labels, strict=True)
    ]
    sheet = draw_contact_sheet(
        np.stack([_thumbnail(path) for path in paths]),
        captions,
        title="What was read in the demo's pictures",
        note="Test digits drawn on paper with shadow and noise; in brackets what it is, where that differs.",
        zoom=1,
    )
    save_contact_sheet(sheet, out / "pictures.png")
    return sum(text == label for text, label in zip(texts, labels, strict=True))


def _thumbnail(path: Path) -> NDArray[np.uint8]:
    with Image.open(path) as picture:
        return np.asarray(picture.resize((THUMBNAIL_PX, THUMBNAIL_PX), Image.Resampling.LANCZOS))


def read_in_child(model: Path, pictures: Sequence[Path]) -> list[str]:
    """Read pictures with `classify` in a process without TensorFlow, as a device does.

    Returns:
        The text read in each picture.

    Raises:
        FitError: the process failed; its message is passed on.
    """
    arguments = ["classify", "--json", "--model", str(model), *map(str, pictures)]
    child = run_module("device", arguments)
    if child.returncode != 0:
        raise FitError(f"expected `classify` to read the demo's pictures, found: {child.stderr.strip()[-300:]}")
    return [json.loads(line)["text"] for line in child.stdout.splitlines()]


def summary_table(result: BenchResult, conversions: Sequence[Conversion], keras_model: Path) -> str:
    """Return the table that the demo ends with: the Keras model, then each variant in each runtime."""
    head = ["variant", "runtime", "bytes", "accuracy (95 %)", "as Keras", "median", "p95"]
    reference = conversions[0].agreements[0]
    correct = reference.reference_correct or 0
    interval = wilson_interval(correct, reference.count)
    accuracy = Accuracy(correct, reference.count, correct / reference.count, interval)
    rows = [["Keras", "TensorFlow", f"{keras_model.stat().st_size:,}", format_accuracy(accuracy), "–", "–", "–"]]
    agreements = {
        (conversion.path.name, each.runtime): each.agreement
        for conversion in conversions
        for each in conversion.agreements
    }
    rows += [_table_row(row, agreements) for row in result.rows]
    return format_columns([head, *rows], right=frozenset({2, 3, 4, 5, 6}))


def _table_row(row: Row, agreements: dict[tuple[str, str], float]) -> list[str]:
    runtime = f"{row.runtime} {row.runtime_version}"
    start = [row.variant, runtime, f"{row.file_bytes:,}"]
    if row.latency is None:
        return [*start, row.error or "not measured"]
    agreement = agreements.get((Path(row.model).name, runtime))
    return [
        *start,
        format_accuracy(row.accuracy),
        "–" if agreement is None else f"{agreement:.2%}",
        format_seconds(row.latency.median_s),
        format_seconds(row.latency.p95_s),
    ]
