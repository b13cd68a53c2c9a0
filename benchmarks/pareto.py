"""The Pareto front: what nothing else beats in both of two things."""

from __future__ import annotations

from collections.abc import Sequence


def pareto_front(points: Sequence[tuple[float, float]]) -> list[int]:
    """Return the places of the points that no other beats, by cost.

    A point is beaten by one that costs no more and is worth no less, and is better in one of them.

    Args:
        points: cost, of which less is better, and worth, of which more is better.
    """
    front: list[int] = []
    for place in sorted(range(len(points)), key=lambda place: (points[place][0], -points[place][1])):
        last = points[front[-1]] if front else None
        if last is None or points[place][1] > last[1] or points[place] == last:
            front.append(place)
    return front
