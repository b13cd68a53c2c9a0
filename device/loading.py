"""Loading a model and its runtime, and the reader that reads with them."""

from __future__ import annotations

import gc
from collections.abc import Callable
from typing import TYPE_CHECKING

from .paths import DEFAULT_MODEL
from .settings.model_settings import ModelSettings
from .settings.reading_settings import ReadingSettings

if TYPE_CHECKING:
    from .reader import Reader


def load_reader(model: ModelSettings, reading: ReadingSettings, *, warn: Callable[[str], None]) -> Reader:
    """Return a reader for the settings.

    Args:
        model: which model reads, in which runtime.
        reading: what is looked for in a frame.
        warn: is told, in one line each, when a broken runtime is passed over for another, what is assumed of a model
            without a card, and of regions beyond the frame.

    Raises:
        UsageError: labels or a range are given for a model whose card says them.
        EdgeDigitsError: the model is damaged or foreign, or no runtime runs it.
    """
    # Nothing that loading makes is garbage: looking for some would take a twentieth of a start, and of every
    # collection after it.
    gc.disable()
    try:
        return _load_reader(model, reading, warn)
    finally:
        gc.freeze()
        gc.enable()


def _load_reader(model: ModelSettings, reading: ReadingSettings, warn: Callable[[str], None]) -> Reader:
    from .finding.context import context_of
    from .finding.touching import touching_of
    from .inference.classifier import Classifier
    from .inference.model_file import read_model
    from .inference.runtime import load_runtime
    from .reader import Reader

    path = model.file or DEFAULT_MODEL
    if model.labels or model.input_range:
        from .inference.foreign_model import refuse_needless

        refuse_needless([path], labels=model.labels, input_range=model.input_range)
    if model.labels is None:
        loaded, file = load_runtime(model.runtime, warn=warn), read_model(path)
    else:
        from .inference.foreign_model import read_foreign_model

        foreign = read_foreign_model(
            path, labels=model.labels, runtime=model.runtime, input_range=model.input_range, warn=warn
        )
        loaded, file = load_runtime(foreign.runtime), foreign.file
    classifier = Classifier(file, loaded, num_threads=model.num_threads)
    context = context_of(file, loaded, num_threads=model.num_threads)
    touching = touching_of(file, loaded, num_threads=model.num_threads)
    return Reader(classifier, settings=reading, context=context, touching=touching, warn=warn)
