"""Plausibility of a counter: an impossible value is held back and flagged. A pure function of a stream of readings."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from .reading import Reading


def hold_back(
    readings: Iterable[Reading], *, monotonic: str = "no", max_step: int = 0, believe_after: int = 0
) -> Iterator[Reading]:
    """Flag the values that a counter cannot have reached since the last one believed.

    A counter that turns over from its last number to 0 has risen by one step, and by more only where steps have a
    limit, since any fall would be such a step else. A value is judged when it is stable; what is no number (nothing, or
    with a "?") is passed on unjudged. No reading says of an impossible value that it holds: what the vote says is
    judged too, also where no single frame read it, and the last value believed stays.

    Args:
        readings: in the order the frames were taken, voted on.
        monotonic: "up" for a counter that only rises, "down" for one that only falls, else "no".
        max_step: the most that it changes by; 0 for any step.
        believe_after: how many times in a row the same impossible value must be read to be believed; 0 for never.

    Yields:
        Each reading; an impossible one with `held_back`, the reason, and neither stable nor changed.
    """
    last: str | None = None

    def is_impossible(held: str | None) -> bool:
        if last is None or held is None or not is_number(held):
            return False
        return why_impossible(last, held, monotonic=monotonic, max_step=max_step) is not None

    doubted, times = "", 0
    pending = False  # a change that was held back is told when it is believed
    for reading in readings:
        text = reading.text
        if reading.error is not None or not reading.stable or len(reading.rows) != 1 or not is_number(text):
            if is_impossible(reading.held):
                pending = pending or reading.changed
                reading = replace(reading, held=last, changed=False)
            yield reading
            continue
        reason = None if last is None else why_impossible(last, text, monotonic=monotonic, max_step=max_step)
        if reason:
            times = times + 1 if text == doubted else 1
            doubted = text
            if not believe_after or times < believe_after:
                pending = True
                held = None if reading.held is None else last
                yield replace(reading, stable=False, held=held, changed=False, held_back=reason)
                continue
        changed = reading.changed or (pending and text != last)
        last, doubted, times, pending = text, "", 0, False
        yield replace(reading, changed=changed)


def why_impossible(last: str, text: str, *, monotonic: str, max_step: int) -> str | None:
    """Say why a counter cannot have gone from one number to another; None where it can.

    Args:
        last: digits of the last number believed.
        text: digits of the number read.
        monotonic: "up", "down" or "no".
        max_step: the most that the counter changes by; 0 for any step.
    """
    step = int(text) - int(last)
    turn = 10 ** len(text) if len(text) == len(last) else 0
    # At the end of its range a counter that rises turns over to 0, and one that falls to its last number.
    most = max_step or 1
    if turn and monotonic == "up" and step % turn <= most:
        step %= turn
    elif turn and monotonic == "down" and -step % turn <= most:
        step = -(-step % turn)
    fell, rose = monotonic == "up" and step < 0, monotonic == "down" and step > 0
    if fell or rose:
        return f"{'fell' if fell else 'rose'} from {last} to {text}"
    if max_step and abs(step) > max_step:
        return f"went from {last} to {text}, by more than {max_step}"
    return None


def is_number(text: str) -> bool:
    """Tell whether a text is the digits of one number."""
    return text.isascii() and text.isdigit()
