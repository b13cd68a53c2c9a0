"""The models that ship keep to their sizes, describe themselves and read digits."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.measuring_digits import MeasuringDigits
from device.inference.classifier import Classifier
from device.inference.model_file import read_model
from device.inference.runtime import installed_runtimes, load_runtime
from device.paths import DEFAULT_MODEL, SHIPPED_MODELS

KIB = 1024
LARGEST = {"cnn-nano": 8 * KIB, "cnn-tiny": 16 * KIB, "cnn": 64 * KIB, "cnn-large": 256 * KIB}
FILES = sorted(SHIPPED_MODELS.glob("*.tflite"))


def test_four_sizes_ship_in_two_variants() -> None:
    """And the default is the int8 one of the third."""
    assert {path.stem for path in FILES} == {f"{name}_{variant}" for name in LARGEST for variant in ("int8", "float32")}
    assert DEFAULT_MODEL.stem == "cnn_int8"


@pytest.mark.parametrize("name", LARGEST)
def test_an_int8_model_keeps_to_its_size(name: str) -> None:
    """Its flatbuffer, which the runtime maps, and the card behind it, which it does not."""
    path = SHIPPED_MODELS / f"{name}_int8.tflite"
    flatbuffer = len(read_model(path).flatbuffer)
    assert flatbuffer <= LARGEST[name]
    assert path.stat().st_size - flatbuffer <= 8 * KIB


def test_the_smallest_model_is_mostly_weights() -> None:
    """Everything in its flatbuffer that is no weight or bias is less than 3 kB."""
    from converters.graph import read_graph

    flatbuffer = read_model(SHIPPED_MODELS / "cnn-nano_int8.tflite").flatbuffer
    weights = sum(tensor.constant_bytes for tensor in read_graph(flatbuffer).subgraphs[0].tensors)
    assert weights > 4000
    assert len(flatbuffer) - weights < 3000


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_shipped_model_says_how_it_was_made_and_decides(path) -> None:
    """Recipe, seed and data digests for repeating it; accuracy with its interval; a threshold for refusing."""
    card = read_model(path).card
    assert card.training["settings"]["arch"] == card.name
    assert card.training["data"]["train_images"]
    assert all(figures["n"] == 10000 for name, figures in card.accuracy.items() if name != "data")
    assert 0.1 < card.decision["reject_below"] < 1
    assert card.decision["accepted"] >= 0.988
    assert card.decision["expected_calibration_error"] <= 0.01
    assert card.golden


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_shipped_model_names_no_folder(path) -> None:
    """Data is named by its file: where it lay on the machine that converted is left out."""
    card = read_model(path).card
    origins = (card.training, card.calibration, card.accuracy["data"])
    assert {origin["source"] for origin in origins if "source" in origin} == {"mnist.npz"}


@pytest.mark.parametrize("runtime", installed_runtimes())
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_shipped_model_reads_digits(path, runtime: str, sample_digits: MeasuringDigits) -> None:
    """At least 98 of 100 of the sample, in every runtime installed."""
    scores = Classifier(read_model(path), load_runtime(runtime)).scores(sample_digits.images)
    assert (np.argmax(scores, axis=1) == sample_digits.labels).mean() >= 0.98
