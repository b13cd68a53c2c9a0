"""Two models on the same images: which of them is wrong where, and whether that can be chance."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from device.statistics import mcnemar_p


@dataclass(frozen=True)
class Comparison:
    """Two models on the same images.

    Attributes:
        first: name of the one.
        second: name of the other.
        both_right: images that both read right.
        both_wrong: images that both read wrong.
        only_first_wrong: images that only the second reads right.
        only_second_wrong: images that only the first reads right.
        same_mistake: images that both read wrong, and as the same label.
        mcnemar_p: two-sided p-value of McNemar's exact test, 0–1.
    """

    first: str
    second: str
    both_right: int
    both_wrong: int
    only_first_wrong: int
    only_second_wrong: int
    same_mistake: int
    mcnemar_p: float

    @property
    def verdict(self) -> str:
        """What follows from it, in words."""
        if self.only_first_wrong == self.only_second_wrong == 0:
            return "wrong on the same digits"
        better = self.second if self.only_first_wrong > self.only_second_wrong else self.first
        return f"{better} is better" if self.mcnemar_p < 0.05 else "no significant difference"


def compare_answers(
    first: NDArray[np.int64], second: NDArray[np.int64], labels: NDArray[np.uint8], *, names: tuple[str, str]
) -> Comparison:
    """Compare the answers of two models.

    Args:
        first: int (N,), answers of the one.
        second: int (N,), answers of the other.
        labels: uint8 (N,), what is true.
        names: of the models.
    """
    first_wrong, second_wrong = first != labels, second != labels
    only_first, only_second = int((first_wrong & ~second_wrong).sum()), int((second_wrong & ~first_wrong).sum())
    return Comparison(
        first=names[0],
        second=names[1],
        both_right=int((~first_wrong & ~second_wrong).sum()),
        both_wrong=int((first_wrong & second_wrong).sum()),
        only_first_wrong=only_first,
        only_second_wrong=only_second,
        same_mistake=int((first_wrong & (first == second)).sum()),
        mcnemar_p=mcnemar_p(only_first, only_second),
    )
