"""Cropping and turning frames before they are read."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

from ..errors import UsageError
from ..frames import Frame

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True)
class Orientation:
    """What is done to each frame.

    Attributes:
        crop: x, y, width, height of the part to keep, pixels; None for all.
        rotate: degrees clockwise, after cropping.
    """

    crop: tuple[int, int, int, int] | None = None
    rotate: Literal[0, 90, 180, 270] = 0

    def turn(self, frame: Frame) -> Frame:
        """Return the frame cropped and turned.

        Raises:
            UsageError: the part to keep is not in the frame.
        """
        if frame.image is None or (self.crop is None and not self.rotate):
            return frame
        return replace(frame, image=self._turned(frame.image))

    def _turned(self, image: NDArray[Any]) -> NDArray[Any]:
        import numpy as np

        if self.crop is not None:
            x, y, width, height = self.crop
            if x < 0 or y < 0 or width < 1 or height < 1 or x + width > image.shape[1] or y + height > image.shape[0]:
                raise UsageError(
                    f"--crop: expected X,Y,W,H inside the frame of {image.shape[1]}×{image.shape[0]} px, "
                    f"found {x},{y},{width},{height}"
                )
            image = image[y : y + height, x : x + width]
        return np.ascontiguousarray(np.rot90(image, k=-(self.rotate // 90)))
