"""Training a named architecture on digits, repeatably, with a checkpoint after every epoch."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from device.errors import UsageError
from device.output_files import atomic_path, refuse_existing, refuse_unwritable
from device.version import VERSION

from .architectures import ARCHITECTURES, Recipe
from .augmentation import AffineRange
from .batches import steps_per_epoch, training_batches
from .checkpoint import Checkpoint, load_checkpoint, remove_checkpoint, save_checkpoint
from .curves import draw_curves
from .digit_set import Digits, digests
from .mnist import validation_split
from .run_files import read_json, write_json

MODEL_NAME = "model.keras"
HISTORY_NAME = "history.json"
TRAINING_NAME = "training.json"
CURVES_NAME = "curves.png"


@dataclass(frozen=True)
class TrainingSettings:
    """What decides the outcome of a run; two runs with the same settings and data give the same model.

    Attributes:
        arch: name of the architecture.
        epochs: passes over the training digits.
        batch_size: digits in one step.
        seed: weights, dropout, order, distortion and split follow from it.
        validation: how many training digits to hold back.
        augment: distort digits while training.
        learning_rate: peak of the schedule.
        weight_decay: decoupled weight decay of AdamW.
        label_smoothing: probability mass spread over the wrong classes.
    """

    arch: str
    epochs: int
    batch_size: int
    seed: int
    validation: int
    augment: bool
    learning_rate: float
    weight_decay: float
    label_smoothing: float

    @classmethod
    def from_recipe(
        cls,
        arch: str,
        *,
        epochs: int | None = None,
        batch_size: int | None = None,
        seed: int = 0,
        validation: int = 5000,
        augment: bool = True,
    ) -> TrainingSettings:
        """Take the architecture's recipe where nothing else is said."""
        recipe: Recipe = ARCHITECTURES[arch].recipe
        fields = {**asdict(recipe), "epochs": epochs or recipe.epochs, "batch_size": batch_size or recipe.batch_size}
        return cls(arch=arch, seed=seed, validation=validation, augment=augment, **fields)


@dataclass(frozen=True)
class Trained:
    """What a run left behind.

    Attributes:
        model: path of the Keras model.
        history: one row an epoch.
        validation_accuracy: after the last epoch, 0–1.
    """

    model: Path
    history: tuple[Mapping[str, float], ...]
    validation_accuracy: float


def train(
    digits: Digits,
    settings: TrainingSettings,
    out: Path,
    *,
    resume: bool = False,
    force: bool = False,
    report: Callable[[str], None],
) -> Trained:
    """Train a model; write model.keras, history.json, training.json and curves.png to `out`.

    Args:
        digits: the data; only its training part is used.
        settings: what decides the outcome.
        out: folder for the results, made if need be.
        resume: continue the run that was stopped in `out`; start one if there is none.
        force: overwrite what is in `out`.
        report: takes a line for each epoch.

    Raises:
        OutputExistsError: `out` holds a run and neither `resume` nor `force` is given.
        UsageError: `resume` with other settings than the stopped run's, or too few digits for one batch.
        OutputError: `out` cannot be written.
    """
    split = validation_split(digits.train_labels, count=settings.validation, seed=settings.seed)
    steps = steps_per_epoch(len(split.train), settings.batch_size)
    if steps == 0:
        raise UsageError(f"expected at least one batch of {settings.batch_size}, found {len(split.train)} digits")
    refuse_unwritable(out)
    keras.utils.set_random_seed(settings.seed)
    tf.config.experimental.enable_op_determinism()

    identity = {"settings": asdict(settings), "data": digests(digits)}
    finished = _finished(out, identity) if resume and not force else None
    if finished is not None:
        report(f"{out}: this run is finished already")
        return finished
    checkpoint = _start(out, identity, resume=resume, force=force, report=report)
    model = checkpoint.model if checkpoint else compile_model(settings, steps=steps)
    history = list(checkpoint.history) if checkpoint else []
    if len(history) < settings.epochs:
        batches = training_batches(
            digits.train_images[split.train],
            digits.train_labels[split.train],
            classes=model.output_shape[-1],
            batch_size=settings.batch_size,
            epochs=range(len(history), settings.epochs),
            seed=settings.seed,
            limits=AffineRange() if settings.augment else None,
        )
        held_back = digits.train_images[split.validation], digits.train_labels[split.validation]
        model.fit(
            batches,
            steps_per_epoch=steps,
            initial_epoch=len(history),
            epochs=settings.epochs,
            validation_data=_as_targets(*held_back, classes=model.output_shape[-1]),
            validation_batch_size=500,
            shuffle=False,
            verbose=0,
            callbacks=[_Epochs(out, identity, history, settings, report)],
        )
    return _finish(model, out, identity, history, digits)


def compile_model(settings: TrainingSettings, *, steps: int) -> keras.Model:
    """Build and compile the architecture with AdamW, warm-up over one epoch and cosine decay.

    Args:
        settings: what decides the outcome.
        steps: batches in an epoch.
    """
    warm_up = min(steps, steps * settings.epochs // 2)
    schedule = keras.optimizers.schedules.CosineDecay(
        settings.learning_rate / 10,
        decay_steps=max(1, steps * settings.epochs - warm_up),
        warmup_target=settings.learning_rate,
        warmup_steps=warm_up,
        alpha=0.005,
    )
    model = ARCHITECTURES[settings.arch].build()
    model.compile(
        optimizer=keras.optimizers.AdamW(schedule, weight_decay=settings.weight_decay),
        loss=keras.losses.CategoricalCrossentropy(label_smoothing=settings.label_smoothing),
        metrics=["accuracy"],
        jit_compile=False,  # compiling takes longer than it saves on networks this small
    )
    return model


def _start(
    out: Path, identity: Mapping[str, Any], *, resume: bool, force: bool, report: Callable[[str], None]
) -> Checkpoint | None:
    """Return the checkpoint to go on from, or None to begin."""
    if force:
        remove_checkpoint(out)
        return None
    checkpoint = load_checkpoint(out)
    if resume and checkpoint is not None:
        for part, name in (("settings", "settings"), ("data", "data")):
            then, now = checkpoint.identity[part], identity[part]
            changed = [f"{key} was {then.get(key)}, is {now.get(key)}" for key in now if then.get(key) != now.get(key)]
            if changed:
                raise UsageError(f"{out}: --resume needs the {name} of the stopped run; {'; '.join(changed)}")
        report(f"resuming after epoch {len(checkpoint.history)}")
        return checkpoint
    if checkpoint is not None:
        raise UsageError(f"{out}: holds a run that was stopped; continue it with --resume or drop it with --force")
    refuse_existing(out / MODEL_NAME, force=False)
    return None


def _finished(out: Path, identity: Mapping[str, Any]) -> Trained | None:
    """Return the finished run in `out` if it is this one."""
    if not (out / MODEL_NAME).exists() or not (out / TRAINING_NAME).exists():
        return None
    record = read_json(out / TRAINING_NAME)
    if any(record.get(part) != identity[part] for part in identity):
        return None
    history = tuple(read_json(out / HISTORY_NAME))
    return Trained(model=out / MODEL_NAME, history=history, validation_accuracy=record["validation_accuracy"])


class _Epochs(keras.callbacks.Callback):  # type: ignore[misc]  # Keras has no types
    """Seeds the dropout of each epoch; records, saves and reports the finished ones."""

    def __init__(
        self,
        out: Path,
        identity: Mapping[str, Any],
        history: list[Mapping[str, float]],
        settings: TrainingSettings,
        report: Callable[[str], None],
    ) -> None:
        super().__init__()
        self._out, self._identity, self._history = out, identity, history
        self._settings, self._report = settings, report
        self._began_s = 0.0

    def on_epoch_begin(self, epoch: int, logs: Mapping[str, float] | None = None) -> None:
        self._began_s = time.perf_counter()
        # Keras saves no state of random layers, so a resumed run could not go on with it; like the batches, they
        # follow from seed and epoch alone.
        for place, layer in enumerate(self.model.layers):
            if hasattr(layer, "seed_generator"):
                layer.seed_generator.state.assign([self._settings.seed + 1000003 * place, epoch << 20])

    def on_epoch_end(self, epoch: int, logs: Mapping[str, float] | None = None) -> None:
        row = {name: float(value) for name, value in (logs or {}).items()}
        row |= {"epoch": epoch + 1, "seconds": round(time.perf_counter() - self._began_s, 3)}
        self._history.append(row)
        save_checkpoint(self._out, self.model, self._identity, self._history)
        self._report(
            f"epoch {epoch + 1}/{self._settings.epochs}: loss {row['loss']:.4f}, "
            f"validation accuracy {row['val_accuracy']:.2%}, {row['seconds']:.0f} s"
        )


def _as_targets(
    images: NDArray[np.uint8], labels: NDArray[np.uint8], *, classes: int
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    return images[..., np.newaxis].astype(np.float32), np.eye(classes, dtype=np.float32)[labels]


def _finish(
    model: keras.Model,
    out: Path,
    identity: Mapping[str, Any],
    history: list[Mapping[str, float]],
    digits: Digits,
) -> Trained:
    with atomic_path(out / MODEL_NAME) as temporary:
        model.save(temporary)
    validation_accuracy = history[-1]["val_accuracy"]
    write_json(out / HISTORY_NAME, history)
    write_json(
        out / TRAINING_NAME,
        {
            **identity,
            "source": digits.source,
            "parameters": model.count_params(),
            "validation_accuracy": validation_accuracy,
            "seconds": round(sum(row["seconds"] for row in history), 1),
            "versions": {
                "edge-digits": VERSION,
                "tensorflow": tf.__version__,
                "keras": keras.__version__,
                "numpy": np.__version__,
            },
        },
    )
    draw_curves(history, out / CURVES_NAME)
    remove_checkpoint(out)
    return Trained(model=out / MODEL_NAME, history=tuple(history), validation_accuracy=validation_accuracy)
