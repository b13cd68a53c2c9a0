"""The classifier: canonical digits in, one score a label out, whatever numbers the model wants between."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from ..contract import CONTRACT_VERSION, SIDE
from ..errors import ContractError
from .inference import Inference, are_logits, dequantize, quantize_pixels, softmax
from .model_card import TensorCard
from .model_file import ModelFile
from .runtime import Runtime

if TYPE_CHECKING:
    from typing import Any

    from numpy.typing import NDArray


class Classifier:
    """A model in a runtime, checked against its card and the contract before the first inference.

    Scale and zero point are read from the model, so that every variant takes the same canonical digits.
    """

    def __init__(self, model: ModelFile, runtime: Runtime, *, num_threads: int = 1) -> None:
        """Build the interpreter and check its tensors.

        Args:
            model: a file that `read_model` checked.
            runtime: from `load_runtime`.
            num_threads: threads for one inference.

        Raises:
            FitError: the runtime cannot run the model.
            ContractError: the tensors are not those of the card, or do not take canonical digits.
        """
        self.model = model
        self.runtime = runtime
        self._inference = Inference(model.flatbuffer, runtime, num_threads=num_threads)
        check_contract(model, self._inference.input, self._inference.output)

    def raw_scores(self, digits: NDArray[np.uint8]) -> NDArray[Any]:
        """Return the output tensor as it is, for each digit.

        Args:
            digits: uint8 (N, 28, 28), canonical digits.

        Returns:
            (N, labels) in the dtype of the model's output.
        """
        if digits.dtype != np.uint8 or digits.ndim != 3 or digits.shape[1:] != (SIDE, SIDE):
            raise ContractError(f"expected uint8 (N, {SIDE}, {SIDE}), found {digits.dtype} {digits.shape}")
        return self._inference.run(quantize_pixels(digits, self._inference.input, self.model.taken))

    def scores(self, digits: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return the model's score for each label of each digit.

        Args:
            digits: uint8 (N, 28, 28), canonical digits.

        Returns:
            float32 (N, labels), 0–1; of a model that ends without softmax, that of its logits.
        """
        scores = dequantize(self.raw_scores(digits), self._inference.output)
        return softmax(scores) if self._gives_logits else scores

    @cached_property
    def _gives_logits(self) -> bool:
        """Whether the network ends without softmax, by its answers to nothing and to ink alone."""
        extremes = np.stack([np.full((SIDE, SIDE), value, np.uint8) for value in (0, 255)])
        return are_logits(dequantize(self.raw_scores(extremes), self._inference.output))


def check_contract(model: ModelFile, source: TensorCard, target: TensorCard) -> None:
    """Refuse a model whose tensors are not those of its card or do not take canonical digits.

    Raises:
        ContractError: names what was expected and found.
    """
    card = model.card
    if card.contract_version != CONTRACT_VERSION:
        raise ContractError(
            f"{model.path}: expected a model for contract {CONTRACT_VERSION}, found {card.contract_version}; "
            "convert it again with this version"
        )
    if source.shape[:1] != (1,) or int(np.prod(source.shape)) != SIDE * SIDE:
        raise ContractError(
            f"{model.path}: expected an input of 1×{SIDE}×{SIDE} pixels, found shape {source.shape}: not a digit model"
        )
    if target.shape != (1, len(card.labels)):
        raise ContractError(
            f"{model.path}: expected {len(card.labels)} scores, one a label, found an output of shape {target.shape}; "
            "name as many, one a line, with --labels for a model without a card"
        )
    for said, found, what in ((card.input, source, "input"), (card.output, target, "output")):
        if (said.shape, said.dtype, said.zero_point) != (found.shape, found.dtype, found.zero_point) or not np.isclose(
            said.scale, found.scale, rtol=1e-6, atol=0
        ):
            raise ContractError(f"{model.path}: expected the {what} its card names ({said}), found {found}")
