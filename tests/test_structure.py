"""The folders keep to their places: who imports whom, and what a command may load."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import ROOT

# Imported late, where asked for: tomli reads settings on Python 3.10, paho speaks MQTT, and picamera2 with libcamera
# (from the system's packages) opens the CSI camera of a Raspberry Pi.
DEVICE_PACKAGES = {"numpy", "click", "cv2", "PIL", "tomli", "paho", "picamera2", "libcamera"}
ALLOWED = {
    "device": DEVICE_PACKAGES,
    "benchmarks": {"numpy", "click", "device", "matplotlib", "PIL"},
    "converters": {"numpy", "click", "tensorflow", "keras", "device"},
    "edge_digits": {
        *("numpy", "click", "PIL", "cv2", "tensorflow", "keras", "matplotlib", "sklearn"),
        *("device", "benchmarks", "converters", "edge_digits"),
    },
}
SUBFOLDERS = {
    "device": ("settings", "inference", "finding", "sources", "sinks", "commands"),
    "edge_digits": ("data", "synthetic", "evaluation", "training", "context", "touching", "commands"),
}
"""Each imports only from those before it, and from the modules beside them."""
MODULES = [path for folder in ALLOWED for path in sorted((ROOT / folder).rglob("*.py"))]


def imports(path: Path) -> Iterator[tuple[int, str]]:
    """Yield level and top-level name of everything a module imports, wherever in it."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from ((0, name.name.split(".")[0]) for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.level, (node.module or "").split(".")[0]


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_module_imports_only_what_its_folder_may(path: Path) -> None:
    """Data flows through the folders in one direction."""
    folder = path.relative_to(ROOT).parts[0]
    allowed = ALLOWED[folder] | set(sys.stdlib_module_names)
    found = {name for level, name in imports(path) if level == 0}
    if path.name.startswith("command") or "commands" in path.parts:
        allowed = allowed | {folder}  # a command names its folder's modules absolutely, inside the function
    assert found <= allowed, f"{path} imports {found - allowed}"


@pytest.mark.parametrize(("folder", "names"), SUBFOLDERS.items())
def test_data_flows_through_the_folders_of_a_folder_in_one_direction(folder: str, names: tuple[str, ...]) -> None:
    """Every folder in it has its place in the order, and a module in one imports from no later one."""
    assert {path.name for path in (ROOT / folder).iterdir() if (path / "__init__.py").exists()} == set(names)
    for place, name in enumerate(names):
        for path in (ROOT / folder / name).glob("*.py"):
            above = {imported for level, imported in imports(path) if level == 2}
            assert not above & set(names[place:]), f"{path} imports {above & set(names[place:])}"


def test_only_the_runtime_seam_names_an_interpreter_package() -> None:
    """The interpreter packages are named in one module."""
    naming = {
        path.name
        for path in MODULES
        if any(name in ("tflite_runtime", "ai_edge_litert") for _, name in imports(path))
        or ('"tflite_runtime' in path.read_text() and path.name != "startup.py")
    }
    assert naming <= {"runtime.py", "runtime_names.py"}


def run_hidden(code: str, *, hidden: tuple[str, ...]) -> str:
    """Run code in a process where some packages cannot be imported, and return its stdout."""
    block = f"import sys\nfor name in {hidden!r}: sys.modules[name] = None\n"
    done = subprocess.run([sys.executable, "-c", block + code], capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_device_benchmarks_and_command_line_import_without_tensorflow() -> None:
    """Every module of device and benchmarks, and the whole command line, imports where TensorFlow is not installed."""
    names = [
        ".".join(path.relative_to(ROOT).with_suffix("").parts)
        for path in MODULES
        if path.parts[len(ROOT.parts)] in ("device", "benchmarks") and path.stem != "__main__"
    ]
    code = "import importlib\n" + "\n".join(f"importlib.import_module({name!r})" for name in names)
    code += "\nfrom edge_digits.cli import cli, COMMANDS\nfor name in COMMANDS: cli.get_command(None, name)"
    run_hidden(code, hidden=("tensorflow", "keras"))


@pytest.mark.parametrize("arguments", [["--help"], ["run", "--help"], ["classify", "--help"], ["train", "--help"]])
def test_help_loads_nothing_heavy(arguments: list[str]) -> None:
    """Help is instant: it loads neither numpy nor OpenCV nor an interpreter nor TensorFlow."""
    code = f"from edge_digits.cli import cli\ncli.main({arguments!r}, standalone_mode=False)"
    hidden = ("numpy", "cv2", "PIL", "tensorflow", "keras", "tflite_runtime", "ai_edge_litert", "matplotlib")
    assert "Usage:" in run_hidden(code, hidden=hidden)
