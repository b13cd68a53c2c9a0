"""How many pictures that are no digits a model refuses, and how many digits it accepts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

from device.errors import UsageError
from device.idx import LabelledDigits

from ..data.mnist import class_sample
from ..synthetic.non_digit_tests import NonDigits
from .probabilities import as_probabilities
from .scoring import Subject, score

SCHEMA = "edge-digits.refusal/1"
ACCEPTED_SHARE = 0.99
CHOOSING_EACH = 500


@dataclass(frozen=True)
class Refusal:
    """What a model refuses.

    Attributes:
        model: its name.
        runtime: what ran it.
        reject_below: the best score below which a picture is refused.
        origin: where that threshold is from, for people.
        digit_count: test digits.
        accepted: share of the test digits that is accepted, 0–1.
        refused: share of the pictures that is refused, 0–1, by kind.
        refused_all: the same over all kinds, each counting alike.
    """

    model: str
    runtime: str
    reject_below: float
    origin: str
    digit_count: int
    accepted: float
    refused: Mapping[str, float]
    refused_all: float


def measure_refusal(
    subject: Subject,
    test: LabelledDigits,
    non_digits: NonDigits,
    *,
    training: LabelledDigits,
    reject_below: float | None = None,
    warn: Callable[[str], None],
) -> Refusal:
    """Hold a model's best scores against its reject threshold.

    Args:
        subject: the model.
        test: digits that should be accepted.
        non_digits: pictures that should be refused.
        training: digits to choose a threshold on where neither the model nor `reject_below` names one: it accepts 99 %
            of a sample of them. The test digits never decide.
        reject_below: a threshold to use instead of the model's own.
        warn: is told when a runtime is passed over for another, and what was done to scores that are no probabilities.

    Raises:
        FitError: no runtime can run the model.
        UsageError: there are no training digits to choose a threshold on.
    """
    limit, origin = (reject_below, "as asked for") if reject_below is not None else (subject.reject_below, "its card's")
    chosen = np.zeros(0, np.int64)
    if limit is None:
        if len(training.labels) == 0:
            raise UsageError(
                f"{subject.name}: expected a reject threshold in its card, found none; give --reject-below"
            )
        chosen = class_sample(training.labels, each=CHOOSING_EACH, seed=0)
    parts = [test.images, non_digits.images, training.images[chosen]]
    scored = score(subject, np.concatenate(parts), warn=warn)
    probabilities = as_probabilities(scored.scores)
    scores = probabilities.values if probabilities.note else scored.scores
    if probabilities.note:
        warn(f"{subject.name}: {probabilities.note}")
    best = np.split(scores.max(axis=1), np.cumsum([len(part) for part in parts])[:-1])
    if limit is None:
        limit = float(np.quantile(best[2], 1 - ACCEPTED_SHARE))
        origin = f"accepts {ACCEPTED_SHARE:.0%} of {len(chosen):,} training digits"
    refused = _by_kind(best[1] < limit, non_digits.kinds)
    return Refusal(
        model=subject.name,
        runtime=scored.runtime,
        reject_below=limit,
        origin=origin,
        digit_count=len(test.labels),
        accepted=float((best[0] >= limit).mean()),
        refused=refused,
        refused_all=float(np.mean(list(refused.values()))),
    )


def refusal_table(found: Sequence[Refusal]) -> str:
    """Return what models refuse as lines for a terminal, a column for each model."""
    kinds = list(found[0].refused)
    width = max(12, *(len(each.model) + 2 for each in found))
    rows = [("", [each.model for each in found])]
    rows.append(("digits accepted", [f"{each.accepted:.2%}" for each in found]))
    rows += [(f"{kind} refused", [f"{each.refused[kind]:.1%}" for each in found]) for kind in kinds]
    rows.append(("all refused", [f"{each.refused_all:.1%}" for each in found]))
    lines = [f"{name:<20}" + "".join(f"{value:>{width}}" for value in values) for name, values in rows]
    lines += [f"{each.model} refuses below {each.reject_below:.3g} ({each.origin})" for each in found]
    return "\n".join(lines)


def refusal_document(found: Sequence[Refusal], *, source: str, seed: int) -> dict[str, object]:
    """Return what was measured as a JSON document; `source` says where the digits came from."""
    return {"schema": SCHEMA, "source": source, "seed": seed, "models": [asdict(each) for each in found]}


def _by_kind(refused: NDArray[np.bool_], kinds: Sequence[str]) -> dict[str, float]:
    names = np.array(kinds)
    return {kind: float(refused[names == kind].mean()) for kind in dict.fromkeys(kinds)}
