# ruff: noqa: RUF009 - `setting` makes dataclass fields
"""Which model reads; the section [model] of a settings file, and all that reading pictures needs to be told."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from .reading_settings import ReadingSettings
from .setting import setting

RuntimeName = Literal["tflite-runtime", "ai-edge-litert"]
InputRangeName = Literal["0-255", "0-1", "-1-1"]


@dataclass(frozen=True)
class ModelSettings:
    """[model]: what reads."""

    file: Path | None = setting(
        None, "Converted model; the one that ships where absent.", option="--model", example="cnn_int8.tflite"
    )
    labels: Path | None = setting(
        None, "Labels, one a line, for a .tflite file without a model card.", option="--labels", example="labels.txt"
    )
    input_range: InputRangeName | None = setting(
        None,
        "What a .tflite file without a model card was trained on; else what its quantised input says, or 0-255.",
        option="--input-range",
        example="0-1",
    )
    runtime: RuntimeName | None = setting(
        None, "Device runtime; the first that works.", option="--runtime", example="tflite-runtime"
    )
    num_threads: int = setting(1, "Threads for one inference.", option="--num-threads", least=1, most=64)


@dataclass(frozen=True)
class NetworkSettings:
    """The one section that proposing settings needs."""

    model: ModelSettings = field(default_factory=ModelSettings)


@dataclass(frozen=True)
class PictureSettings:
    """The sections that reading pictures needs: a part of `Settings` that loads fast."""

    model: ModelSettings = field(default_factory=ModelSettings)
    reading: ReadingSettings = field(default_factory=ReadingSettings)
