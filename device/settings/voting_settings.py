# ruff: noqa: RUF009 - `setting` makes dataclass fields
"""How a stream of readings is made calm and plausible; the section [voting] of a settings file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ..errors import UsageError
from .setting import setting

Monotonic = Literal["no", "up", "down"]


@dataclass(frozen=True)
class VotingSettings:
    """[voting]: how readings of a stream are voted on, thinned out and checked."""

    frames: int = setting(
        5, "How many of the latest frames vote on the text.", option="--vote-frames", least=1, most=1000
    )
    hold: int = setting(
        3, "How many of them must agree before a text holds; another, one more.", option="--hold", least=1, most=1000
    )
    every_s: float = setting(0.0, "Write at most one reading in so many seconds.", option="--every", least=0)
    on_change: bool = setting(False, "Write a reading only when the text that holds changes.", option="--on-change")
    once: bool = setting(False, "Stop after the first reading that holds.", option="--once")
    monotonic: Monotonic = setting(
        "no", "A counter that only rises (up) or falls (down): other values are held back.", option="--monotonic"
    )
    max_step: int = setting(
        0, "The most a counter changes between two readings; 0 for any step.", option="--max-step", least=0
    )
    believe_after: int = setting(
        0,
        "Believe an impossible value after so many readings of it, less those of other numbers; 0 for never.",
        option="--believe-after",
        least=0,
    )

    def __post_init__(self) -> None:
        """Check what no single value says.

        Raises:
            UsageError: fewer than half of the votes would do, or more are needed than there are.
        """
        if not self.frames < 2 * self.hold <= 2 * self.frames:
            raise UsageError(
                f"hold: expected more than half of {self.frames} frames and not more than all, found {self.hold}"
            )
