"""The contract between training and device: what a canonical digit is and how ink is framed into one.

A canonical digit is uint8 (28, 28), light ink (255) on dark ground (0), framed as MNIST frames its digits: the longest
side scaled to 20 px by area averaging, the centre of mass at the centre of the picture. Training starts from it and the
camera path ends in it. The framing is that of LeCun, Bottou, Bengio and Haffner, "Gradient-Based Learning Applied to
Document Recognition" (1998), section III.A.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
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
    import cv2
    import numpy as np

    if ink.ndim != 2 or ink.size == 0 or not ink.any():
        raise ValueError(f"expected a crop (H, W) that holds ink, found shape {ink.shape} without any")
    height, width = ink.shape
    scale = INK_SIDE / max(height, width)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    # Area averaging only exists for shrinking; enlarging takes bilinear interpolation.
    small = cv2.resize(ink, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    moments = cv2.moments(small)
    if moments["m00"] == 0:
        raise ValueError(f"expected ink that survives shrinking to {INK_SIDE} px, found specks in {height}×{width}")
    left = round((SIDE - 1) / 2 - moments["m10"] / moments["m00"])
    top = round((SIDE - 1) / 2 - moments["m01"] / moments["m00"])
    left = min(max(left, 0), SIDE - size[0])
    top = min(max(top, 0), SIDE - size[1])
    canonical = np.zeros((SIDE, SIDE), np.uint8)
    canonical[top : top + size[1], left : left + size[0]] = small
    return canonical
