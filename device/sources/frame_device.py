"""What supervision needs of a camera or stream, whatever is behind it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from numpy.typing import NDArray


class FrameDevice(Protocol):
    """An open camera or stream. One thread calls it."""

    def read(self) -> NDArray[Any] | None:
        """Wait for the next frame; it may block for long.

        Returns:
            uint8 (H, W) grey or (H, W, 3) BGR, 0–255; None where this read failed.
        """

    def close(self) -> None:
        """Let go of the device."""


class FrameOpener(Protocol):
    """A camera or stream that can be opened, again and again.

    Attributes:
        name: what frames, readings and messages call it, on one line and without secrets.
    """

    name: str

    def open(self) -> FrameDevice:
        """Open it anew.

        Raises:
            SourceError: it is not there, busy, not permitted, or no camera.
        """

    def probe(self) -> object:
        """Look, at no cost, for signs of it; where the answer has changed it is worth opening at once."""

    def most_pause_s(self) -> float:
        """Return how long to pause at most before the next attempt to open it, seconds."""

    def gave_nothing(self) -> None:
        """Take note that it was opened and did not give a single frame."""


ABSENT_PAUSE_S = 10.0  # for what is not there at all: that it is back ends the pause
PRESENT_PAUSE_S = (
    3.5  # for what is there and does not work, such as a busy camera: only trying shows that it does again
)


class LocalCamera:
    """What openers of cameras on this machine have in common."""

    def probe(self) -> object:
        """Look at the device files: a camera that is plugged in makes new ones."""
        import os

        found = []
        with os.scandir("/dev") as entries:
            for entry in entries:
                if entry.name.startswith("video"):
                    try:
                        found.append((entry.name, entry.stat().st_ctime_ns))
                    except OSError:
                        continue
        return sorted(found)

    def gave_nothing(self) -> None:
        """Make nothing of it."""
