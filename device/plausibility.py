"""Plausibility of a counter: an impossible value is held back and flagged. A pure function of a stream of readings."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from .reading import Reading

Rule = Callable[[str, str], "str | None"]


@dataclass
class _Counter:
    """What is known of the counter that a row, or a region, shows.

    Attributes:
        last: the number believed; None before the first.
        doubted: the impossible number that it shows now, or showed last; empty where it is believed.
        times: how many frames read that, less those that read another number.
        moved: whether it is what another one, doubted before, may have moved on to.
    """

    last: str | None = None
    doubted: str = ""
    times: int = 0
    moved: bool = False

    def judge(self, text: str, read: str | None, *, rule: Rule, believe_after: int) -> str | None:
        """Say why the counter cannot show a text; None where it can, or has been read often enough, and is believed.

        Args:
            text: to judge.
            read: what this frame alone reads of the counter; None where it reads nothing of it.
            rule: says why a number cannot follow another.
            believe_after: how often an impossible number must be read, as `hold_back` counts it; 0 for never.
        """
        if not is_number(text):
            return None
        reason = None if self.last is None else rule(self.last, text)
        if reason is not None:
            if text != self.doubted:
                # A counter that was exchanged moves on while it is doubted.
                self.moved = bool(self.doubted) and rule(self.doubted, text) is None
                self.doubted, self.times = text, self.times if self.moved else 0
            if read == text:
                self.times += 1
            elif read == self.last:
                self.times = 0
            elif read is not None and is_number(read):
                self.times = max(0, self.times - 1)
            if not believe_after or self.times < believe_after + self.moved:
                return reason
        self.last, self.doubted, self.times, self.moved = text, "", 0, False
        return None


def hold_back(
    readings: Iterable[Reading], *, monotonic: str = "no", max_step: int = 0, believe_after: int = 0
) -> Iterator[Reading]:
    """Flag the values that a counter cannot have reached since the last one believed.

    A counter that turns over from its last number to 0 has risen by one step, and by more only where steps have a
    limit, since any fall would be such a step else. Of a stream the text that holds is judged, whatever single frames
    read; of stills what each reads. What is no number (nothing, or with a "?") is passed on unjudged. Each row, or
    region, shows a counter of its own, and of frames with another number of rows others. No reading says of an
    impossible value that it holds: the last one believed stays, and what others show goes on meanwhile.

    Args:
        readings: in the order the frames were taken, voted on.
        monotonic: "up" for a counter that only rises, "down" for one that only falls, else "no".
        max_step: the most that it changes by; 0 for any step.
        believe_after: how many frames must have read an impossible value for it to be believed. One with another number
            takes one off, and one with the value believed begins anew. What it moves on to, as the counter may, counts
            as the same, but takes one frame more. 0 for never.

    Yields:
        Each reading; while a value is impossible with `held_back`, the reason, and not stable; `changed` where what is
        believed began to hold.
    """

    def rule(last: str, text: str) -> str | None:
        return why_impossible(last, text, monotonic=monotonic, max_step=max_step)

    every: dict[int, list[_Counter]] = {}
    told: str | None = None
    was_held_back = False
    for reading in readings:
        is_voted = reading.held is not None
        texts = reading.shown_rows
        if not is_voted and not (reading.stable and any(map(is_number, texts))):
            yield reading
            continue
        reads: Sequence[str | None] = reading.rows if len(reading.rows) == len(texts) else [None] * len(texts)
        reasons, believed = [], []
        for place, counter in enumerate(every.setdefault(len(texts), [_Counter() for _ in texts])):
            reason = counter.judge(texts[place], reads[place], rule=rule, believe_after=believe_after)
            if reason is not None:
                reasons.append(f"{_name(reading, place, among=len(texts))}{reason}")
            believed.append(texts[place] if reason is None else str(counter.last))
        text = "\n".join(believed)
        # A still that follows one that was held back has changed if what was believed before it has.
        changed = text != told if is_voted else reading.changed or (was_held_back and text != told)
        told, was_held_back = text, bool(reasons)
        yield replace(
            reading,
            stable=reading.stable and not reasons,
            held=text if is_voted else None,
            changed=changed,
            held_back="; ".join(reasons) if reasons and reading.error is None else None,
        )


def _name(reading: Reading, place: int, *, among: int) -> str:
    """Say which row, or region, a reason is about, where there are several."""
    if among == 1:
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
    # At the end of its range a counter that rises turns over to 0, and one that falls to its last number; a way over
    # the end that is the longer one would let any fall pass, if steps may be as large.
    most = min(max_step or 1, turn // 2)
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
