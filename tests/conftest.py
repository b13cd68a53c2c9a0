"""What the tests share.

No process may hold both TensorFlow and tflite-runtime, so the tests that import TensorFlow are files of their own,
named test_tf_*.py, and run in a second pytest process: `pytest --tensorflow`. `make test` runs both.
"""

from __future__ import annotations

import signal
from pathlib import Path

import numpy as np
import pytest

from benchmarks.measuring_digits import MeasuringDigits, load_measuring_digits
from device.early_end import Asked
from device.inference.classifier import Classifier
from device.inference.model_file import ModelFile, read_model
from device.inference.runtime import load_runtime
from device.paths import DEFAULT_MODEL

ROOT = Path(__file__).parent.parent


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--tensorflow", action="store_true", help="run the tests that import TensorFlow, and only those")


def pytest_configure(config: pytest.Config) -> None:
    # A shell that runs the tests in the background makes them ignore Ctrl-C, and so what they start and interrupt.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    if config.getoption("--tensorflow"):
        from edge_digits.tensorflow_setup import prepare_tensorflow

        prepare_tensorflow()


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    if not collection_path.name.startswith("test_"):
        return None
    return collection_path.name.startswith("test_tf_") != config.getoption("--tensorflow") or None


@pytest.fixture(autouse=True)
def _alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Keep tests away from the user's cache and settings, and from what asked an earlier one to end."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("EDGE_DIGITS_DATA", raising=False)
    monkeypatch.delenv("EDGE_DIGITS_RUNTIME", raising=False)
    monkeypatch.setattr(Asked, "to_end", None)


@pytest.fixture(scope="session")
def sample_digits() -> MeasuringDigits:
    """The 2,000 test digits that ship."""
    return load_measuring_digits(Path(__file__).parent.parent / "benchmarks/assets/mnist_sample_test.npz")


@pytest.fixture(scope="session")
def model() -> ModelFile:
    """The default model that ships."""
    return read_model(DEFAULT_MODEL)


@pytest.fixture(scope="session")
def classifier(model: ModelFile) -> Classifier:
    """The default model in the first runtime that works."""
    return Classifier(model, load_runtime())


@pytest.fixture
def seven(sample_digits: MeasuringDigits) -> np.ndarray:
    """A canonical digit 7, uint8 (28, 28)."""
    return sample_digits.images[int(np.flatnonzero(sample_digits.labels == 7)[0])]


@pytest.fixture
def twelve_classes(tmp_path: Path) -> Path:
    """Random pictures of twelve classes, two of each, as an npz with a test part."""
    images = np.random.default_rng(0).integers(0, 256, (24, 28, 28), np.uint8)
    np.savez(tmp_path / "twelve.npz", x_test=images, y_test=np.arange(24) % 12)
    return tmp_path / "twelve.npz"
