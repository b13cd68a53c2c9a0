"""Using a .tflite file that carries no model card: tried in a child process first, then given a card of its own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..contract import CONTRACT_VERSION, SIDE
from ..errors import DataError, UsageError, one_line
from ..reading import UNSURE
from .assumed_range import assumed_range
from .input_range import INPUT_RANGES
from .model_card import ModelCard
from .model_file import ModelFile, has_card, read_bare_flatbuffer, sha256
from .trial import try_runtimes


@dataclass(frozen=True)
class ForeignModel:
    """A foreign model that ran.

    Attributes:
        file: the model with a card made for it.
        runtime: name of the runtime that it ran in.
    """

    file: ModelFile
    runtime: str


def read_foreign_model(
    path: Path, *, labels: Path, runtime: str | None, input_range: str | None, warn: Callable[[str], None]
) -> ForeignModel:
    """Read a TFLite model without a card after it ran once in a child process.

    Args:
        path: the model.
        labels: a text file with one label a line, in the order of the model's scores.
        runtime: the runtime to try it in; the first that can run it where None.
        input_range: what it was trained on, one of `INPUT_RANGES`; None for what its input says, else raw pixels.
        warn: is told what is assumed where nothing is said, and when a runtime is passed over for another.

    Raises:
        ModelFileError: no TFLite model.
        DataError: the labels cannot be read.
        FitError: the runtime, or each of them, refuses the model or dies of it.
    """
    flatbuffer, names = read_bare_flatbuffer(path), read_labels(labels)
    blank = np.zeros((0, SIDE, SIDE), np.uint8)
    trial = try_runtimes(path, flatbuffer, runtime=runtime, digits=blank, warn=warn)
    card = ModelCard(
        name=path.stem,
        variant=trial.input.dtype,
        flatbuffer_sha256=sha256(flatbuffer),
        labels=names,
        input=trial.input,
        output=trial.output,
        contract_version=CONTRACT_VERSION,
    )
    assumed = assumed_range(trial.input)
    if input_range is None:
        warn(f"{path}: {assumed.note}")
    file = ModelFile(path, flatbuffer, card, INPUT_RANGES[input_range] if input_range else assumed.taken)
    return ForeignModel(file, trial.runtime_name)


def refuse_needless(models: Sequence[Path], *, labels: Path | None, input_range: str | None) -> None:
    """Refuse labels and a range where the card of each model says them.

    Raises:
        UsageError: one of them is given, and no model lacks a card.
    """
    option = "--labels" if labels else "--input-range" if input_range else None
    if option and all(has_card(path) for path in models):
        raise UsageError(
            f"{option}: expected a model without a card, found {models[0]}, whose card says this; leave {option} out"
        )


def read_labels(path: Path) -> tuple[str, ...]:
    """Read a labels file.

    Raises:
        DataError: it is missing, empty, not UTF-8 text, names two scores alike, or one as what is refused is shown.
    """
    try:
        if path.exists() and not path.is_file():
            raise DataError(f"{path}: expected a labels file, found a folder, device or pipe; name a file")
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except FileNotFoundError as cause:
        raise DataError(f"{path}: expected a labels file, found none; check the path") from cause
    except UnicodeDecodeError as cause:
        raise DataError(f"{path}: expected one label a line, found no UTF-8 text; save it as UTF-8") from cause
    except OSError as cause:
        raise DataError(f"{path}: expected a labels file, found: {one_line(cause)}; check the path") from cause
    labels = tuple(line.strip() for line in lines if line.strip())
    if not labels:
        raise DataError(f"{path}: expected one label a line, found an empty file")
    twice = next((label for label in labels if labels.count(label) > 1), None)
    if twice is not None:
        raise DataError(f"{path}: expected a label for each score, found {twice!r} twice; name each by its own")
    if UNSURE in labels:
        raise DataError(f"{path}: expected labels other than {UNSURE!r}, which stands for what is refused; rename it")
    return labels
