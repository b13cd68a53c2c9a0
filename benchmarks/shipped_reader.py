"""The reader as the device reads with it, around a model and runtime that a benchmark names."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from device.command_line import reporter
from device.contract import LABELS
from device.errors import ContractError

from .answers import describe_labels

if TYPE_CHECKING:
    from device.reader import Reader


def shipped_reader(model: Path, runtime: str | None) -> Reader:
    """Return the reader that `classify` and `run` use.

    Args:
        model: a converted model.
        runtime: name of the runtime; None for the first that works.

    Raises:
        EdgeDigitsError: the model is damaged or foreign, or no runtime runs it, or its labels are not the ten digits.
    """
    from device.loading import load_reader
    from device.settings.model_settings import ModelSettings
    from device.settings.reading_settings import ReadingSettings

    settings = ModelSettings(file=model, runtime=cast("Any", runtime))
    reader = load_reader(settings, ReadingSettings(), warn=reporter())
    labels = reader.card.labels
    if set(labels) != set(LABELS):
        raise ContractError(f"{model}: expected the labels 0 to 9, found {describe_labels(labels)}; name a digit model")
    return reader
