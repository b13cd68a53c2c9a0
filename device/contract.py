"""The contract between training and device: what a canonical digit is and how ink is framed into one.

A canonical digit is uint8 (28, 28), light ink (255) on dark ground (0), framed as MNIST frames its digits: the longest
side scaled to 20 px by area averaging, the centre of mass at the centre of the picture. Training starts from it and the
camera path ends in it. The framing is that of LeCun, Bottou, Bengio and Haffner, "Gradient-Based Learning Applied to
Document Recognition" (1998), section III.A.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

CONTRACT_VERSION = 1
SIDE = 28
INK_SIDE = 20
LABELS = tuple("0123456789")


def frame_ink(ink: NDArray[Any]) -> NDArray[Any]:
    """Scale and centre the ink of one digit into a canonical digit.

    Args:
        ink: uint8 (H, W), 0 is ground and 255 full ink, cropped tightly to the digit.

    Returns:
        uint8 (28, 28), the canonical digit.

    Raises:
        ValueError: the crop is empty or holds no ink.
    """
    canonical: NDArray[Any] = frame_inks([ink])[0]
    return canonical


def frame_inks(inks: Sequence[NDArray[Any]]) -> NDArray[Any]:
    """Frame the ink of several digits, uint8 (N, 28, 28), which takes less time together; see `frame_ink`."""
    import cv2
    import numpy as np

    canonical: NDArray[Any]
    small, canonical = np.zeros((2, len(inks), SIDE, SIDE), np.uint8)
    sizes = np.empty((len(inks), 2), int)
    for number, ink in enumerate(inks):
        if ink.ndim != 2 or ink.size == 0:
            raise ValueError(f"expected a crop (H, W) that holds ink, found shape {ink.shape}")
        height, width = ink.shape
        scale = INK_SIDE / max(height, width)
        size = (max(1, round(width * scale)), max(1, round(height * scale)))
        # Area averaging only exists for shrinking; enlarging takes bilinear interpolation.
        way = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
        small[number, : size[1], : size[0]] = cv2.resize(ink, size, interpolation=way)
        sizes[number] = size
    columns, rows = small.sum(axis=1, dtype=int), small.sum(axis=2, dtype=int)
    weight = columns.sum(axis=1)
    if not weight.all():
        height, width = inks[int(weight.argmin())].shape
        raise ValueError(
            f"expected a crop with ink that survives shrinking to {INK_SIDE} px, found none in {height}×{width}"
        )
    places = np.stack([columns @ np.arange(SIDE), rows @ np.arange(SIDE)], axis=1)
    corners = np.clip(np.rint((SIDE - 1) / 2 - places / weight[:, np.newaxis]), 0, SIDE - sizes).astype(int)
    for number, ((left, top), (width, height)) in enumerate(zip(corners.tolist(), sizes.tolist(), strict=True)):
        canonical[number, top : top + height, left : left + width] = small[number, :height, :width]
    return canonical
