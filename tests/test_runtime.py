"""Absent, broken and too old runtimes are told apart, each with what to do."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from fakes import TooOldInterpreter

from device.errors import FitError, RuntimeBrokenError, RuntimeMissingError, UsageError
from device.inference import runtime as seam
from device.inference.runtime import Runtime, installed_runtimes, load_runtime


@pytest.fixture
def alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A folder that is the only place where runtimes can be found."""
    monkeypatch.setattr(seam, "MODULES", {"tflite-runtime": "fake_tflite", "ai-edge-litert": "fake_litert"})
    monkeypatch.syspath_prepend(tmp_path)
    yield tmp_path
    for name in [name for name in sys.modules if name.startswith("fake_")]:
        del sys.modules[name]


def install(folder: Path, package: str, interpreter: str) -> None:
    (folder / package).mkdir()
    (folder / package / "__init__.py").write_text('__version__ = "9.9"\n')
    (folder / package / "interpreter.py").write_text(interpreter)


def test_the_first_runtime_that_works_is_taken(alone: Path) -> None:
    """With nothing said, tflite-runtime comes before ai-edge-litert."""
    install(alone, "fake_litert", "class Interpreter: pass")
    assert str(load_runtime()) == "ai-edge-litert 9.9"
    install(alone, "fake_tflite", "class Interpreter: pass")
    assert str(load_runtime()) == "tflite-runtime 9.9"
    assert installed_runtimes() == ["tflite-runtime", "ai-edge-litert"]


def test_no_runtime_at_all_says_what_to_install(alone: Path) -> None:
    """An absent runtime is exit code 4 with the command that mends it."""
    with pytest.raises(RuntimeMissingError, match="pip install") as caught:
        load_runtime()
    assert caught.value.exit_code == 4


def test_a_forced_runtime_that_is_absent_is_named(alone: Path) -> None:
    """Forcing never falls back."""
    install(alone, "fake_tflite", "class Interpreter: pass")
    with pytest.raises(RuntimeMissingError, match="ai-edge-litert is not installed"):
        load_runtime("ai-edge-litert")


def test_a_broken_runtime_shows_its_real_error(alone: Path) -> None:
    """Installed and broken is not absent: the cause is named and chained."""
    install(alone, "fake_tflite", "raise ImportError('libfoo.so.1: cannot open')")
    with pytest.raises(RuntimeBrokenError, match=r"installed and broken: .*libfoo\.so\.1") as caught:
        load_runtime("tflite-runtime")
    assert isinstance(caught.value.__cause__, ImportError)


def test_passing_over_a_broken_runtime_is_said(alone: Path) -> None:
    """A fallback names its reason."""
    install(alone, "fake_tflite", "import a_module_that_is_missing")
    install(alone, "fake_litert", "class Interpreter: pass")
    said: list[str] = []
    assert load_runtime(warn=said.append).name == "ai-edge-litert"
    assert len(said) == 1
    assert "a_module_that_is_missing" in said[0]
    assert "using ai-edge-litert" in said[0]


def test_the_environment_variable_forces_a_runtime(alone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """EDGE_DIGITS_RUNTIME counts unless an option says otherwise."""
    install(alone, "fake_tflite", "class Interpreter: pass")
    install(alone, "fake_litert", "class Interpreter: pass")
    monkeypatch.setenv("EDGE_DIGITS_RUNTIME", "ai-edge-litert")
    assert load_runtime().name == "ai-edge-litert"
    assert load_runtime("tflite-runtime").name == "tflite-runtime"
    monkeypatch.setenv("EDGE_DIGITS_RUNTIME", "onnx")
    with pytest.raises(UsageError, match="EDGE_DIGITS_RUNTIME: expected one of"):
        load_runtime()


def test_tflite_runtime_refuses_numpy_2(monkeypatch: pytest.MonkeyPatch) -> None:
    """The pair imports and then fails at the first interpreter; it is refused with both mendings."""
    monkeypatch.setattr(np, "__version__", "2.4.0")
    monkeypatch.setattr(seam.importlib.util, "find_spec", lambda name: ModuleType(name))
    with pytest.raises(RuntimeBrokenError, match=r"numpy 2\.4\.0.*numpy<2.*ai-edge-litert"):
        load_runtime("tflite-runtime")


def test_tflite_runtime_refuses_a_process_with_tensorflow(monkeypatch: pytest.MonkeyPatch) -> None:
    """The pair corrupts memory."""
    monkeypatch.setitem(sys.modules, "tensorflow", ModuleType("tensorflow"))
    with pytest.raises(RuntimeBrokenError, match="process of its own"):
        load_runtime("tflite-runtime")


def test_a_runtime_that_is_too_old_names_operation_and_version() -> None:
    """The most reported error of this field becomes a sentence."""
    old = Runtime("tflite-runtime", "2.14.0", TooOldInterpreter)
    with pytest.raises(FitError, match=r"too old for this model: it has no FULLY_CONNECTED version 12; convert"):
        old.build(b"")
