"""The model a conversion starts from, whatever its file format: what it takes, what it answers, how it is converted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from device.errors import ContractError, ModelFileError
from device.inference.input_range import InputRange

BATCH = 250


@dataclass(frozen=True, eq=False)
class Reference:
    """A trained classifier.

    Attributes:
        path: where it was read from.
        input_shape: what it takes, without batch: (28, 28, 1), (784,), (96, 96, 3) ...
        classes: scores it answers with.
        answer: float32 (N, *input_shape) → float32 (N, classes).
        make_converter: a TFLite converter for batch 1 that takes raw pixels of the given range.
        rescales: whether it holds a layer that rescales its input.
        loops: whether it holds a loop, as recurrent layers do; TensorFlow's calibration dies of one.
        make_convolution_converter: as `make_converter`, Dense layers as 1×1 convolutions; None where that cannot be.
    """

    path: Path
    input_shape: tuple[int, ...]
    classes: int
    answer: Callable[[NDArray[np.float32]], NDArray[np.float32]]
    make_converter: Callable[[InputRange], Any]
    rescales: bool
    loops: bool = False
    make_convolution_converter: Callable[[InputRange], Any] | None = None

    def scores(self, images: NDArray[np.uint8], taken: InputRange) -> NDArray[np.float32]:
        """Return the model's scores for raw pixels.

        Args:
            images: uint8 (N, ...), as many values each as the model takes.
            taken: the range the model was trained with.

        Returns:
            float32 (N, classes).

        Raises:
            ContractError: the images have another number of pixels.
            ModelFileError: a score is not a finite number.
        """
        scores = np.empty((len(images), self.classes), np.float32)
        for start in range(0, len(images), BATCH):
            pixels = self.shaped(images[start : start + BATCH]).astype(np.float32)
            scores[start : start + BATCH] = self.answer(pixels * np.float32(taken.scale) + np.float32(taken.offset))
        if not np.isfinite(scores).all():
            raise ModelFileError(f"{self.path}: expected finite scores, found NaN or infinity; train again")
        return scores

    def check_labels(self, labels: tuple[str, ...]) -> None:
        """Refuse labels that are not one for each score.

        Raises:
            ContractError: there are more or fewer.
        """
        if self.classes != len(labels):
            raise ContractError(
                f"{self.path}: expected {len(labels)} scores, one a label, found {self.classes}; name the model's "
                "labels, one a line, with --labels FILE"
            )

    def shaped(self, images: NDArray[Any]) -> NDArray[Any]:
        """Return images in the shape that the model takes.

        Raises:
            ContractError: they have another number of pixels.
        """
        if int(np.prod(images.shape[1:])) != int(np.prod(self.input_shape)):
            raise ContractError(
                f"{self.path}: expected images of shape {self.input_shape}, found {images.shape[1:]}; "
                "give images of the size and channels that the model takes"
            )
        return images.reshape(len(images), *self.input_shape)


def load_reference(path: Path) -> Reference:
    """Load a trained classifier: a `.keras` or `.h5` file or a SavedModel folder.

    Raises:
        ModelFileError: it is missing, damaged, or holds weights that are not numbers.
        ContractError: it has several inputs or outputs, or shapes that are not fixed.
        ExtraMissingError: it is a Keras 2 file and tf_keras is not installed.
    """
    from . import keras_models, saved_models

    if path.is_dir():
        return saved_models.load_saved_model(path)
    if path.suffix == ".h5" or path.suffix == ".hdf5":
        return keras_models.load_h5(path)
    if path.suffix == ".keras":
        return keras_models.load_keras(path)
    if not path.exists():
        raise ModelFileError(f"{path}: expected a model, found no such file; make one with `edge-digits train`")
    raise ModelFileError(
        f"{path}: expected a .keras or .h5 file or a SavedModel folder, found another kind; name a trained model"
    )


def check_shapes(path: Path, shape_in: Any, shape_out: Any) -> tuple[tuple[int, ...], int]:
    """Return what a model takes and how many scores it answers with.

    Args:
        path: for the message.
        shape_in: its input shape, batch first; a list for several inputs.
        shape_out: its output shape, batch first; a list for several outputs.

    Raises:
        ContractError: there are several, or a side other than batch is not fixed.
    """
    for shape, what in ((shape_in, "input"), (shape_out, "output")):
        single = isinstance(shape, tuple) and all(side is None or isinstance(side, int) for side in shape)
        if not single:
            raise ContractError(f"{path}: expected one {what}, found {shape}: not an image classifier")
        if len(shape) < 2 or any(side is None for side in shape[1:]):
            raise ContractError(
                f"{path}: expected a fixed {what} shape after the batch, found {shape}; "
                "build it with numbers for all sides, such as Input((28, 28, 1))"
            )
    if len(shape_out) != 2:
        raise ContractError(f"{path}: expected output (batch, classes), found {shape_out}: not an image classifier")
    return tuple(shape_in[1:]), int(shape_out[1])


def check_weights(path: Path, weights: list[tuple[str, NDArray[Any]]]) -> None:
    """Refuse weights that are not finite numbers.

    Raises:
        ModelFileError: names the first such weight.
    """
    for name, values in weights:
        if values.dtype.kind == "f" and not np.isfinite(values).all():
            raise ModelFileError(f"{path}: expected finite weights, found NaN or infinity in {name}; train again")
