"""One frame of a camera or stream, to see whether it works."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from ..errors import SourceError
from .frame_device import FrameOpener

if TYPE_CHECKING:
    from numpy.typing import NDArray

LIMIT_S = 15.0


def first_frame(opener: FrameOpener, *, limit_s: float = LIMIT_S) -> NDArray[Any]:
    """Open a camera or stream, wait for one frame, and let go of it.

    Raises:
        SourceError: it cannot be opened, or gives no frame in time.
    """
    found: list[NDArray[Any] | SourceError] = []

    def read() -> None:
        try:
            device = opener.open()
            try:
                image = device.read()
            finally:
                device.close()
            found.append(SourceError(f"{opener.name}: it is there and gives no frame") if image is None else image)
        except SourceError as error:
            found.append(error)

    thread = threading.Thread(target=read, name="camera", daemon=True)
    thread.start()
    thread.join(limit_s)
    if not found:
        raise SourceError(f"{opener.name}: no frame within {limit_s:.0f} s; replug it")
    if isinstance(found[0], SourceError):
        raise found[0]
    return found[0]
