"""Say what a set of digits holds: where it is from, how many of each class, its digests."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from device.contract import LABELS
from device.idx import CANONICAL_MD5

from .digit_set import Digits, digests
from .mixture import MixtureSource

SCHEMA = "edge-digits.data-info/1"


@dataclass(frozen=True)
class PartFacts:
    """What one part holds.

    Attributes:
        shape: of the images, (N, 28, 28).
        per_class: how many digits of each label.
        images_md5: hex MD5 of the images as an IDX file.
        labels_md5: hex MD5 of the labels as an IDX file.
    """

    shape: tuple[int, ...]
    per_class: dict[str, int]
    images_md5: str
    labels_md5: str


@dataclass(frozen=True)
class DigitFacts:
    """What a set of digits holds.

    Attributes:
        source: where it came from.
        is_canonical: whether all four digests are MNIST's.
        is_sample: whether it is the sample that ships with this project.
        train: the training part.
        test: the test part.
    """

    source: str
    is_canonical: bool
    is_sample: bool
    train: PartFacts
    test: PartFacts


def facts_of(digits: Digits) -> DigitFacts:
    """Count and digest a set of digits."""
    sums = digests(digits)
    return DigitFacts(
        source=digits.source,
        is_canonical=sums == CANONICAL_MD5,
        is_sample=digits.is_sample,
        train=_part(digits.train_images, digits.train_labels, sums["train_images"], sums["train_labels"]),
        test=_part(digits.test_images, digits.test_labels, sums["test_images"], sums["test_labels"]),
    )


def document(facts: DigitFacts, *, cache: Path, sources: Sequence[MixtureSource]) -> dict[str, Any]:
    """Return the facts as a JSON document.

    Args:
        facts: of all digits together.
        cache: where MNIST is kept, whether or not it is there.
        sources: what they were put together from.
    """
    return {
        "schema": SCHEMA,
        "source": facts.source,
        "canonical": facts.is_canonical,
        "sample": facts.is_sample,
        "cache": {"path": str(cache), "exists": cache.exists()},
        **{
            name: {
                "shape": list(part.shape),
                "dtype": "uint8",
                "per_class": part.per_class,
                "md5": {"images": part.images_md5, "labels": part.labels_md5},
            }
            for name, part in (("train", facts.train), ("test", facts.test))
        },
        "sources": [asdict(each) for each in sources],
    }


def table(facts: DigitFacts, *, cache: Path, sources: Sequence[MixtureSource]) -> str:
    """Return the facts as lines for a terminal; the arguments are those of `document`."""
    kind = "yes" if facts.is_canonical else "no, a sample of it" if facts.is_sample else "no, other digits"
    lines = [
        f"source   {facts.source}",
        f"MNIST    {kind}",
        f"cache    {cache}{'' if cache.exists() else ' (not there)'}",
        "",
        counts(facts),
    ]
    if len(sources) > 1 or sources[0].is_held_back:
        lines += ["", *source_lines(sources)]
    lines.append("")
    for name, part in (("train", facts.train), ("test", facts.test)):
        lines.append(f"{name:<6} images uint8 {part.shape}  MD5 {part.images_md5}  labels MD5 {part.labels_md5}")
    return "\n".join(lines)


def counts(facts: DigitFacts) -> str:
    """Return how many digits of each class there are, as three lines."""
    lines = ["digit  " + "".join(f"{label:>8}" for label in (*LABELS, "all"))]
    for name, part in (("train", facts.train), ("test", facts.test)):
        row = (*part.per_class.values(), sum(part.per_class.values()))
        lines.append(f"{name:<7}" + "".join(f"{count:>8,}" for count in row))
    return "\n".join(lines)


def source_lines(sources: Sequence[MixtureSource]) -> list[str]:
    """Return what each source gives, a line each under a heading."""
    lines = [f"{'train':>8}{'test':>8}  source"]
    for each in sources:
        notes: list[str] = [each.kind]
        notes += ["test part held back"] if each.is_held_back and each.test_count else []
        notes += [f"{each.taken_out:,} left out, others test on them"] if each.taken_out else []
        lines.append(f"{each.train_count:>8,}{each.test_count:>8,}  {each.name} ({', '.join(notes)})")
    return lines


def _part(images: NDArray[np.uint8], labels: NDArray[np.uint8], images_md5: str, labels_md5: str) -> PartFacts:
    counts = np.bincount(labels, minlength=len(LABELS)).tolist()
    return PartFacts(images.shape, dict(zip(LABELS, counts, strict=True)), images_md5, labels_md5)
