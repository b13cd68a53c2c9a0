"""Voting across frames: a reading is stable only when its text has held. Pure functions of a stream of readings."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable, Iterator
from dataclasses import replace

from .reading import UNSURE, Reading

GRAIN_S = 0.001  # times of frames are not exact to less


def vote(readings: Iterable[Reading], *, frames: int = 5, hold: int = 3) -> Iterator[Reading]:
    """Let the latest frames vote on the text, and say of each reading what holds.

    The text that holds gives way only to another with one vote more than it took to hold at first, so that two texts
    that alternate do not flicker.

    Args:
        readings: in the order the frames were taken. One with an error passes and does not vote.
        frames: how many readings vote.
        hold: how many must agree.

    Yields:
        Each reading with `held`, the text that holds (None until one does); `stable` where it reads that text;
        `changed` where the text began to hold with this reading.
    """
    latest: deque[Reading] = deque(maxlen=frames)
    held: str | None = None
    for reading in readings:
        if reading.error is not None:
            yield replace(reading, stable=False, held=held)
            continue
        latest.append(reading)
        text, votes = winner(latest)
        needed = hold if held is None else min(hold + 1, frames)
        changed = votes >= needed and text != held
        held = text if changed else held
        yield replace(reading, stable=_lines(reading) == held, held=held, changed=changed)


def winner(readings: Iterable[Reading]) -> tuple[str, int]:
    """Count the votes for a text, place by place.

    The readings that have the most frequent layout (rows and digits) vote on each place with their scores; "?" votes
    for nothing. So a text can win of which each frame misread another digit.

    Args:
        readings: at least one.

    Returns:
        The text, rows apart by a line feed, and how many readings agree with it in the place where fewest do. Of texts
        with as many votes it is the latest layout.
    """
    rows = [reading.digit_rows for reading in readings]
    layouts = Counter(tuple(map(len, each)) for each in reversed(rows))
    layout = layouts.most_common(1)[0][0]
    voters = [each for each in rows if tuple(map(len, each)) == layout]
    votes, won = len(voters), []
    for same_row in zip(*voters, strict=True):
        labels = []
        for same_place in zip(*same_row, strict=True):
            sums: dict[str, float] = {}
            counts = Counter(digit.label for digit in same_place)
            for digit in same_place:
                sums[digit.label] = sums.get(digit.label, 0.0) + (0.0 if digit.label == UNSURE else digit.score)
            best = max(sums, key=lambda label: (sums[label], counts[label]))
            labels.append(best)
            votes = min(votes, counts[best])
        won.append("".join(labels))
    return "\n".join(won), votes


def _lines(reading: Reading) -> str:
    return "\n".join(reading.rows)


def every(readings: Iterable[Reading], *, seconds: float) -> Iterator[Reading]:
    """Let at most one reading through in so many seconds of the time at which frames were taken; errors pass."""
    due_s = float("-inf")
    for reading in readings:
        if reading.error is None:
            # A clock that is set back must not silence a device.
            if due_s - seconds <= reading.taken_at_s < due_s - GRAIN_S:
                continue
            due_s = reading.taken_at_s + seconds
        yield reading


def only_changes(readings: Iterable[Reading]) -> Iterator[Reading]:
    """Let the readings through at which the text that holds changed; errors pass."""
    return (reading for reading in readings if reading.changed or reading.error is not None)


def first_stable(readings: Iterable[Reading]) -> Iterator[Reading]:
    """Let the first stable reading in which a digit was read through, and end; errors before it pass."""
    for reading in readings:
        if reading.error is not None:
            yield reading
        elif reading.stable and reading.text.strip(UNSURE):
            yield reading
            return
