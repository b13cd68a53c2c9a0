"""Plausibility of a counter: an impossible value is held back and flagged. A pure function of a stream of readings."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from .reading import Reading


@dataclass
class _Counter:
    """What is known of the counter that a row, or a region, shows."""

    last: str | None = None
    doubted: str = ""
    times: int = 0

    def believe(self, text: str) -> None:
        """Go on from what was read, if it is a number."""
        if is_number(text):
            self.last, self.doubted, self.times = text, "", 0


def hold_back(
    readings: Iterable[Reading], *, monotonic: str = "no", max_step: int = 0, believe_after: int = 0
) -> Iterator[Reading]:
    """Flag the values that a counter cannot have reached since the last one believed.

    A counter that turns over from its last number to 0 has risen by one step, and by more only where steps have a
    limit, since any fall would be such a step else. A value is judged when it is stable; what is no number (nothing, or
    with a "?") is passed on unjudged. Each row, or region, shows a counter of its own, and of frames with another
    number of rows others; a reading is held back where one of them cannot show what was read. No reading says of an
    impossible value that it holds: what the vote says is judged too, also where no single frame read it, and the last
    value believed stays.

    Args:
        readings: in the order the frames were taken, voted on.
        monotonic: "up" for a counter that only rises, "down" for one that only falls, else "no".
        max_step: the most that it changes by; 0 for any step.
        believe_after: how many times in a row the same impossible value must be read to be believed; 0 for never.

    Yields:
        Each reading; an impossible one with `held_back`, the reason, and neither stable nor changed.
    """
    every: dict[int, list[_Counter]] = {}

    def doubt(counter: _Counter, text: str) -> str | None:
        if counter.last is None or not is_number(text):
            return None
        return why_impossible(counter.last, text, monotonic=monotonic, max_step=max_step)

    told: tuple[str, ...] = ()
    pending = False  # a change that was held back is told when it is believed
    for reading in readings:
        rows = reading.rows
        if reading.error is not None or not reading.stable or not any(map(is_number, rows)):
            texts = [] if reading.held is None else reading.held.split("\n")
            counters = every.get(len(texts), [])
            if any(map(doubt, counters, texts)):
                pending = pending or reading.changed
                reading = replace(reading, held=_last(counters, texts), changed=False)
            yield reading
            continue
        counters = every.setdefault(len(rows), [_Counter() for _ in rows])
        reasons: list[str] = []
        for place, (counter, text) in enumerate(zip(counters, rows, strict=True)):
            reason = doubt(counter, text)
            if reason is not None:
                counter.times = counter.times + 1 if text == counter.doubted else 1
                counter.doubted = text
                if not believe_after or counter.times < believe_after:
                    reasons.append(f"{_name(reading, place)}{reason}")
                    continue
            counter.believe(text)
        if reasons:
            pending = True
            held = None if reading.held is None else _last(counters, rows)
            yield replace(reading, stable=False, held=held, changed=False, held_back="; ".join(reasons))
            continue
        changed = reading.changed or (pending and rows != told)
        told, pending = rows, False
        yield replace(reading, changed=changed)


def _last(counters: Sequence[_Counter], texts: Sequence[str]) -> str:
    """Return the last numbers believed, and what was read where there is none yet; rows apart by a line feed."""
    return "\n".join(text if each.last is None else each.last for each, text in zip(counters, texts, strict=True))


def _name(reading: Reading, place: int) -> str:
    """Say which row, or region, a reason is about, where there are several."""
    if len(reading.rows) == 1:
        return ""
    return f"{reading.rois[place]}: " if reading.rois else f"row {place + 1}: "


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
    elif turn and monotonic == "no":
        step = min(step % turn, step % turn - turn, key=abs)
    fell, rose = monotonic == "up" and step < 0, monotonic == "down" and step > 0
    if fell or rose:
        return f"{'fell' if fell else 'rose'} from {last} to {text}"
    if max_step and abs(step) > max_step:
        return f"went from {last} to {text}, by more than {max_step}"
    return None


def is_number(text: str) -> bool:
    """Tell whether a text is the digits of one number."""
    return text.isascii() and text.isdigit()
