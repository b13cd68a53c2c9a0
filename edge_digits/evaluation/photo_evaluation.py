"""How well photographs were read, by where they come from: readings in, figures out."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from benchmarks.photo_list import NOTHING, ROW, SINGLE

from .photo_reading import REFUSED, PhotoReading


@dataclass(frozen=True)
class SourceScore:
    """How well the photographs of one source were read.

    Attributes:
        source: whose they are.
        pictures: how many.
        pictures_right: how many of them were read whole and right.
        digits: digits in them.
        digits_right: digits less the edits it takes to turn each reading into its label, none below 0.
        refused: digits that were read as "?".
    """

    source: str
    pictures: int
    pictures_right: int
    digits: int
    digits_right: int
    refused: int

    @property
    def pictures_share(self) -> float:
        """Share of pictures read whole and right, 0–1."""
        return self.pictures_right / self.pictures

    @property
    def digits_share(self) -> float | None:
        """Share of digits read right, 0–1; None where there are none."""
        return self.digits_right / self.digits if self.digits else None


@dataclass(frozen=True)
class KindScore:
    """How well the photographs of one kind were read.

    Attributes:
        kind: "single", "row" or "nothing".
        sources: each source, by name.
    """

    kind: str
    sources: tuple[SourceScore, ...]

    @property
    def total(self) -> SourceScore:
        """All sources as one."""
        return _sum("all pictures", self.sources)

    @property
    def mean_pictures_share(self) -> float:
        """Mean over sources of the share of pictures read right, 0–1."""
        return math.fsum(each.pictures_share for each in self.sources) / len(self.sources)

    @property
    def mean_digits_share(self) -> float | None:
        """Mean over sources of the share of digits read right, 0–1; None for pictures with nothing to read."""
        shares = [each.digits_share for each in self.sources if each.digits_share is not None]
        return math.fsum(shares) / len(shares) if shares else None


@dataclass(frozen=True)
class PhotoEvaluation:
    """How well a model read photographs.

    Attributes:
        model: its name.
        readings: one a photograph.
        kinds: single digits, rows and pictures with nothing to read, as far as there are any.
        unreadable: why pictures could not be read; they count as misread nowhere.
    """

    model: str
    readings: tuple[PhotoReading, ...]
    kinds: tuple[KindScore, ...]
    unreadable: tuple[str, ...]

    @property
    def misread(self) -> tuple[PhotoReading, ...]:
        """The readings that are wrong, without pictures that could not be read."""
        return tuple(each for each in self.readings if each.error is None and not each.right)


def evaluate_photos(model: str, readings: Sequence[PhotoReading]) -> PhotoEvaluation:
    """Count what was read right, by kind and source.

    Args:
        model: name of the model that read.
        readings: what it read.
    """
    read = [each for each in readings if each.error is None]
    kinds = tuple(
        KindScore(kind, _by_source(each for each in read if each.photo.kind == kind))
        for kind in (SINGLE, ROW, NOTHING)
        if any(each.photo.kind == kind for each in read)
    )
    return PhotoEvaluation(model, tuple(readings), kinds, tuple(each.error for each in readings if each.error))


def digits_right(text: str, label: str) -> int:
    """Return how many digits of a label a reading has right: its length less the edit distance, not below 0."""
    return max(0, len(label) - edit_distance(text, label))


def edit_distance(text: str, label: str) -> int:
    """Return the fewest insertions, deletions and replacements that turn one text into the other (Levenshtein 1966)."""
    return _distances(text, label)[-1][-1]


def right_places(text: str, label: str) -> list[bool]:
    """Return which characters of a reading are right: those that stay where it is edited into its label."""
    table = _distances(text, label)
    row, column = len(text), len(label)
    right = [False] * row
    while row and column:
        same = text[row - 1] == label[column - 1]
        if table[row][column] == table[row - 1][column - 1] + (not same):
            row, column = row - 1, column - 1
            right[row] = same
        elif table[row][column] == table[row - 1][column] + 1:
            row -= 1
        else:
            column -= 1
    return right


def _distances(text: str, label: str) -> list[list[int]]:
    """Return the edit distance of every beginning of one text from every beginning of the other."""
    table = [list(range(len(label) + 1))]
    for row, found in enumerate(text, start=1):
        above, current = table[-1], [row]
        for column, wanted in enumerate(label, start=1):
            current.append(min(above[column] + 1, current[-1] + 1, above[column - 1] + (found != wanted)))
        table.append(current)
    return table


def _by_source(readings: Iterable[PhotoReading]) -> tuple[SourceScore, ...]:
    found: dict[str, list[SourceScore]] = {}
    for reading in readings:
        label = reading.photo.label
        one = SourceScore(
            source=reading.photo.source,
            pictures=1,
            pictures_right=int(reading.right),
            digits=len(label),
            digits_right=digits_right(reading.text, label),
            refused=reading.text.count(REFUSED),
        )
        found.setdefault(one.source, []).append(one)
    return tuple(_sum(source, scores) for source, scores in sorted(found.items()))


def _sum(source: str, scores: Sequence[SourceScore]) -> SourceScore:
    return SourceScore(
        source,
        pictures=sum(each.pictures for each in scores),
        pictures_right=sum(each.pictures_right for each in scores),
        digits=sum(each.digits for each in scores),
        digits_right=sum(each.digits_right for each in scores),
        refused=sum(each.refused for each in scores),
    )
