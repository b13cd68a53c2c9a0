"""Finding out whether this machine can read digits: every part is really tried, and what is wrong is said."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

from .errors import EdgeDigitsError, ModelFileError, RuntimeMissingError
from .inference.model_file import ModelFile, read_model
from .inference.runtime_names import MODULES, RUNTIME_VARIABLE
from .paths import DEFAULT_MODEL, NETWORK, SHIPPED_MODELS, TOUCHING, cache_dir
from .version import VERSION

DATA_VARIABLE = "EDGE_DIGITS_DATA"
CAMERA_S = 12.0  # V4L2 itself gives up waiting for a frame after ten
Status = Literal["ok", "note", "fail"]


@dataclass(frozen=True)
class Finding:
    """What became of one part that was tried.

    Attributes:
        part: what was tried.
        status: "ok", "note" (absent, and not needed for reading digits from files) or "fail".
        text: what was found, and what to do about it.
        runs_models: whether this shows that a model runs here.
    """

    part: str
    status: Status
    text: str
    runs_models: bool = False


def examine(*, camera: bool = True) -> Iterator[Finding]:
    """Try every part, one finding each, in order.

    Args:
        camera: also open the first camera and wait for a frame.
    """
    yield Finding("edge-digits", "ok", VERSION)
    yield _python()
    yield from _packages()
    model, findings = _models()
    yield from findings
    forced = os.environ.get(RUNTIME_VARIABLE)
    if forced:
        status: Status = "ok" if forced in MODULES else "fail"
        yield Finding("runtime", status, f"{RUNTIME_VARIABLE} asks for {forced}; known are {', '.join(MODULES)}")
    for runtime in MODULES:
        found = _runtime(runtime, model)
        yield _as_forced(found, forced) if forced else found
    if camera:
        yield _camera()
    yield _data()


def _python() -> Finding:
    where = "virtual environment" if sys.prefix != sys.base_prefix else "no virtual environment"
    text = f"{platform.python_version()} on {platform.system()} {platform.machine()} ({where})"
    return Finding("python", "ok", text)


def _packages() -> Iterator[Finding]:
    for part, module, distributions in (
        ("numpy", "numpy", ("numpy",)),
        ("pillow", "PIL.Image", ("pillow",)),
        ("opencv", "cv2", ("opencv-python-headless", "opencv-python", "opencv-contrib-python")),
    ):
        try:
            __import__(module)
        except ImportError as cause:
            hint = {"opencv": "pip install opencv-python-headless"}.get(part, f"pip install {part}")
            yield Finding(part, "fail", f"cannot be imported ({cause}); {hint}")
            continue
        yield Finding(part, "ok", _installed_version(distributions))


def _installed_version(distributions: tuple[str, ...]) -> str:
    for distribution in distributions:
        try:
            return f"{version(distribution)} ({distribution})"
        except PackageNotFoundError:
            continue
    return "version unknown"


def _models() -> tuple[ModelFile | None, list[Finding]]:
    """Return the model to try the runtimes with, and what was found of the models that ship."""
    findings = []
    default: ModelFile | None = None
    shipped = sorted(SHIPPED_MODELS.glob("*.tflite"))
    for path in [*shipped, NETWORK, TOUCHING]:
        try:
            model = read_model(path)
        except ModelFileError as error:
            findings.append(Finding("model", "fail", str(error)))
            continue
        if path == DEFAULT_MODEL:
            default = model
        findings.append(Finding("model", "ok", f"{path} ({path.stat().st_size:,} bytes, whole)"))
    if not shipped:
        findings.append(Finding("model", "fail", f"expected models in {SHIPPED_MODELS}, found none; install again"))
    return default, findings


def _runtime(name: str, model: ModelFile | None) -> Finding:
    if find_spec(MODULES[name]) is None:
        return Finding(name, "note", "not installed")
    if model is None:
        return Finding(name, "fail", "cannot be tried without the model that ships; install again")
    try:
        from .inference.golden_replay import replay_golden

        replay = replay_golden(model, runtime=name)
    except RuntimeMissingError as error:
        return Finding(name, "note", str(error))
    except (EdgeDigitsError, ImportError) as error:
        return Finding(name, "fail", str(error))
    text = f"{model.card.name} {model.card.variant} in {replay}"
    return Finding(name, "ok" if replay.met else "fail", text, runs_models=replay.met)


def _as_forced(found: Finding, forced: str) -> Finding:
    """Return what was found of a runtime where the environment variable leaves the commands no other than one."""
    if found.part != forced:
        return replace(found, runs_models=False)
    if found.status == "note":
        return replace(found, status="fail", text=f"{found.text}; {RUNTIME_VARIABLE} asks for it")
    return found


def _data() -> Finding:
    named = os.environ.get(DATA_VARIABLE)
    if named:
        there = Path(named).exists()
        cure = "" if there else ", which is not there; set it right or unset it"
        return Finding("data", "ok" if there else "fail", f"{DATA_VARIABLE} names {named}{cure}")
    cached = cache_dir() / "mnist.npz"
    there = cached.exists()
    return Finding("data", "ok" if there else "note", f"{cached}{'' if there else ' (not fetched)'}")


def _camera() -> Finding:
    if sys.platform != "linux":
        return Finding("camera", "note", "cameras are tried on Linux only")
    from .sources.v4l2 import camera_nodes

    nodes = [node for node in camera_nodes() if node.gives_video or node.trouble]
    if not nodes:
        return Finding("camera", "note", "none found")
    from .settings.settings import CameraSettings
    from .sources.camera import Camera
    from .sources.first_frame import first_frame

    said = []
    for node in nodes:
        try:
            settings = CameraSettings(backend="picamera2" if node.needs_libcamera else "auto")
            image = first_frame(Camera(str(node.path), settings), limit_s=CAMERA_S)
        except (EdgeDigitsError, ImportError, AttributeError) as error:
            said.append(str(error))
            continue
        height, width = image.shape[:2]
        how = " through picamera2" if node.needs_libcamera else ""
        return Finding("camera", "ok", f"{node.path} ({node.name}) gives {width}×{height} pictures{how}")
    return Finding("camera", "fail", "; ".join(said))
