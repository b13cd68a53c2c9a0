"""The model card: what a converted model says about itself, as JSON inside the model file."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from ..errors import ModelFileError

CARD_VERSION = 1


@dataclass(frozen=True)
class TensorCard:
    """One input or output tensor.

    Attributes:
        shape: all axes, batch first; batch is 1.
        dtype: numpy's name, such as "int8".
        scale: quantisation step, 0.0 where the tensor is not quantised.
        zero_point: quantised value that stands for 0.
    """

    shape: tuple[int, ...]
    dtype: str
    scale: float = 0.0
    zero_point: int = 0

    def __str__(self) -> str:
        """Return it in words: "int8 (1, 10), scale 0.0039, zero point -128"."""
        scale = f"scale {self.scale:.4g}, zero point {self.zero_point}" if self.scale else "no scale"
        return f"{self.dtype} {self.shape}, {scale}"


@dataclass(frozen=True)
class ModelCard:
    """Everything a converted model says about itself.

    Attributes:
        name: the architecture or file stem it came from.
        variant: float32, int8, ...
        flatbuffer_sha256: hex digest of the flatbuffer bytes that the runtime maps.
        labels: one label a class, in the order of the scores.
        input: the tensor that takes raw 0–255 pixels.
        output: the tensor that answers with one score a label.
        contract_version: the contract between training and device that it was made for.
        card_version: the layout of this card.
        ops: operations as "NAME vVERSION" with how often each is used.
        oldest_runtime: the oldest TensorFlow release whose runtime knows these operations.
        conversion: the targets it was converted for, the input range of the original, and what was mended.
        calibration: source, seed, count and digest of the representative set; empty for float variants.
        training: what is needed to train it again.
        accuracy: correct, n, accuracy and its 95 % interval, on which data and runtime.
        agreement: how often, and how closely, it answers as the Keras model does.
        golden: a few canonical digits and the outputs expected, per runtime.
        decision: `reject_below`, the best score below which an image is taken for no digit, with what was accepted and
            refused when it was chosen; empty where none was chosen, and then nothing is refused.
    """

    name: str
    variant: str
    flatbuffer_sha256: str
    labels: tuple[str, ...]
    input: TensorCard
    output: TensorCard
    contract_version: int
    card_version: int = CARD_VERSION
    ops: Mapping[str, int] = field(default_factory=dict)
    oldest_runtime: str = ""
    conversion: Mapping[str, Any] = field(default_factory=dict)
    calibration: Mapping[str, Any] = field(default_factory=dict)
    training: Mapping[str, Any] = field(default_factory=dict)
    accuracy: Mapping[str, Any] = field(default_factory=dict)
    agreement: Mapping[str, Any] = field(default_factory=dict)
    golden: Mapping[str, Any] = field(default_factory=dict)
    decision: Mapping[str, Any] = field(default_factory=dict)

    def to_json(self) -> str:
        """Write the card as one JSON document."""
        return json.dumps(asdict(self), separators=(",", ":"), ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str | bytes) -> ModelCard:
        """Read a card.

        Raises:
            ModelFileError: the text is not the JSON of a card, a field holds something else than it should, or the card
                is newer than those this program knows.
        """
        try:
            fields = json.loads(text)
            version = fields["card_version"]
            if not isinstance(version, int) or version > CARD_VERSION:
                raise ModelFileError(
                    f"expected a model card of version {CARD_VERSION} or older, found {version!r}; update edge-digits"
                )
            known = {key: fields[key] for key in cls.__dataclass_fields__ if key in fields}
            known["labels"] = tuple(known["labels"])
            for side in ("input", "output"):
                tensor = known[side]
                known[side] = TensorCard(**{**tensor, "shape": tuple(tensor["shape"])})
            card = cls(**known)
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as cause:
            if isinstance(cause, ModelFileError):
                raise
            raise ModelFileError(f"expected a model card as JSON, found something else ({cause!r})") from cause
        for name, found, is_right in _checks(card):
            if not is_right:
                raise ModelFileError(f"expected a model card as `convert` writes it, found {name} {found!r:.80}")
        return card


def _checks(card: ModelCard) -> Iterator[tuple[str, object, bool]]:
    """Yield what a card holds in places from which programs read, and whether it is of the right kind."""
    for name in ("name", "variant", "flatbuffer_sha256", "oldest_runtime"):
        yield name, getattr(card, name), isinstance(getattr(card, name), str)
    for name in ("ops", "conversion", "calibration", "training", "accuracy", "agreement", "golden", "decision"):
        yield name, getattr(card, name), isinstance(getattr(card, name), Mapping)
    yield "labels", card.labels, all(isinstance(label, str) for label in card.labels)
    yield "contract_version", card.contract_version, isinstance(card.contract_version, int)
    for name, tensor in (("input", card.input), ("output", card.output)):
        are_numbers = isinstance(tensor.scale, (int, float)) and isinstance(tensor.zero_point, int)
        are_sides = all(isinstance(side, int) for side in tensor.shape)
        yield name, tensor, are_numbers and are_sides and isinstance(tensor.dtype, str)
    below = card.decision.get("reject_below", 0.0)
    yield "reject_below", below, isinstance(below, (int, float)) and 0 <= below <= 1
