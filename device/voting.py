"""Voting across frames: a reading is stable only when its text has held. Pure functions of a stream of readings."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from .reading import UNSURE, ReadDigit, Reading

GRAIN_S = 0.001  # times of frames are not exact to less

Rows = tuple[tuple[ReadDigit, ...], ...]


def vote(readings: Iterable[Reading], *, frames: int = 5, hold: int = 3) -> Iterator[Reading]:
    """Let the latest frames vote on the text, each region by itself, and say of each reading what holds.

    The text that holds gives way only to another with one vote more than it took to hold at first, so that two texts
    that alternate do not flicker.

    Args:
        readings: in the order the frames were taken. One with an error passes and does not vote.
        frames: how many readings vote.
        hold: how many must agree.

    Yields:
        Each reading with `held`, the text that holds (None until one does; of several regions until each has one or so
        many frames have voted, and then nothing for one without); `stable` where it reads that text; `changed` where
        the text began to hold with this reading.
    """
    latest: deque[Reading] = deque(maxlen=frames)
    holding: list[str | None] = []
    held: str | None = None
    for reading in readings:
        if reading.error is not None:
            yield replace(reading, stable=False, held=held)
            continue
        latest.append(reading)
        ballots = [*zip(*map(_ballot, latest), strict=True)]
        holding = holding or [None] * len(ballots)
        for place, of_place in enumerate(ballots):
            text, votes = winner(of_place)
            if votes >= (hold if holding[place] is None else min(hold + 1, frames)):
                holding[place] = text
        before = held
        if None not in holding or (len(latest) == frames and any(text is not None for text in holding)):
            held = "\n".join(text or "" for text in holding)
        yield replace(reading, stable=_lines(reading) == held, held=held, changed=held != before)


def _ballot(reading: Reading) -> tuple[Rows, ...]:
    """Return what is voted on apart: the digits of each region, or those of all rows at once."""
    return tuple((row,) for row in reading.digit_rows) if reading.rois else (reading.digit_rows,)


def winner(ballots: Sequence[Rows]) -> tuple[str, int]:
    """Count the votes for a text, place by place.

    The ballots that have the most frequent layout (rows and digits) vote on each place with their scores; "?" votes
    for nothing. So a text can win of which each frame misread another digit.

    Args:
        ballots: the digits that each frame shows, row by row; at least one frame.

    Returns:
        The text, rows apart by a line feed, and how many frames agree with it in the place where fewest do. Of texts
        with as many votes it is the latest layout.
    """
    layouts = Counter(tuple(map(len, each)) for each in reversed(ballots))
    layout = layouts.most_common(1)[0][0]
    voters = [each for each in ballots if tuple(map(len, each)) == layout]
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
    """Let at most one reading through in so many seconds of the time at which frames were taken; errors pass.

    The first is one that holds, or the first after so many seconds in which none does, or the last of all.
    """
    due_s: float | None = None
    is_first, late = True, None
    for reading in readings:
        if reading.error is None:
            if is_first and (reading.stable or reading.held is not None):
                due_s = reading.taken_at_s
            elif due_s is None:
                due_s = reading.taken_at_s + seconds
            if _is_early(reading, due_s, seconds):
                late = reading
                continue
            due_s, is_first = reading.taken_at_s + seconds, False
        yield reading
    if is_first and late is not None:
        yield late


def only_changes(readings: Iterable[Reading], *, seconds: float = 0.0) -> Iterator[Reading]:
    """Let the readings through at which the text that holds changed, or why a value is held back; errors pass.

    Args:
        readings: voted on.
        seconds: at most one in so many. What changes before goes through when they are over, or with the last reading
            of all, if it still holds then.
    """
    told: tuple[str | None, str | None] = None, None
    due_s, late = float("-inf"), None
    for reading in readings:
        if reading.error is not None:
            yield reading
            continue
        late = None
        if (reading.held, reading.held_back) == told:
            continue
        if _is_early(reading, due_s, seconds):
            late = reading
            continue
        told, due_s = (reading.held, reading.held_back), reading.taken_at_s + seconds
        yield reading
    if late is not None:
        yield late


def _is_early(reading: Reading, due_s: float, seconds: float) -> bool:
    """Tell whether a reading comes before it is due; a clock that is set back must not silence a device."""
    return due_s - seconds <= reading.taken_at_s < due_s - GRAIN_S


def first_stable(readings: Iterable[Reading]) -> Iterator[Reading]:
    """Let the first reading at which a text with a digit holds through, and end; errors before it pass."""
    for reading in readings:
        if reading.error is not None:
            yield reading
            continue
        text = reading.held or ("".join(reading.rows) if reading.stable else "")
        if text.strip(f"{UNSURE}\n"):
            yield reading
            return
