"""From a frame to its ink: background and shadow removed, polarity found, ink light on dark ground.

The background is a grey closing of a small copy of the frame: dark strokes narrower than the structuring element are
filled with what surrounds them (Serra, "Image Analysis and Mathematical Morphology", 1982). It follows the edge of a
shadow closely, where a blur or a mean would leave a ghost along it. Ink is the share of light that is missing against
this background; shadow multiplies paper and ink alike, so the share does not change under it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from numpy.typing import NDArray

WORK_SIDE = 400  # px of the longest side: a digit of a tenth of the frame still has twice the contract's 20 px
LEAST_SIDE = 160  # px: a smaller frame is enlarged, so that strokes can be widened by less than one of its pixels
GROUND_SIDE = 128  # px of the longest side of the copy that the background is taken from
STROKE_SHARE = 0.33  # of the longest side: anything narrower can be ink, anything wider is ground or shadow
DARKEST_GROUND = 40  # grey value; dividing by a darker ground would only enlarge its noise
RIM_SHARE = 0.06  # of the longest side: not looked at for polarity, it shows tables, cell borders and neighbours
POLARITY_REACHES = (3, 5, 9, 13, 21, 27)  # px of the small copy, up to the widest stroke of a digit that fills it


def ink_map(frame: NDArray[Any]) -> NDArray[Any]:
    """Remove the background of a frame and turn its ink light.

    Args:
        frame: uint8 (H, W) grey or (H, W, 3) BGR, 0–255.

    Returns:
        uint8 (h, w), 0 is ground and 255 is ink that reflects nothing; the longest side is from LEAST_SIDE to
        WORK_SIDE px, the proportions are those of the frame.
    """
    import cv2
    import numpy as np

    grey = _working_copy(frame)
    small = _bounded(grey, GROUND_SIDE)
    if is_light_on_dark(small):
        grey, small = cv2.bitwise_not(grey), cv2.bitwise_not(small)
    reach = max(3, int(STROKE_SHARE * max(small.shape)) | 1)
    ground = cv2.morphologyEx(small, cv2.MORPH_CLOSE, np.ones((reach, reach), np.uint8))
    # The closing is made of flat squares; smoothing takes away their corners, which would show as faint ink.
    ground = cv2.GaussianBlur(ground, (0, 0), reach / 8)
    ground = cv2.resize(ground, (grey.shape[1], grey.shape[0]), interpolation=cv2.INTER_LINEAR)
    missing = cv2.subtract(ground, grey)
    return cv2.divide(missing, np.maximum(ground, DARKEST_GROUND), scale=255)


def ink_threshold(ink: NDArray[Any]) -> int:
    """Choose the value above which a pixel is a mark, by Otsu (1979) over the pixels that are not pure ground.

    Args:
        ink: uint8 (H, W), 0 is ground.

    Returns:
        0–255; 255, which no pixel exceeds, where there is no ink.
    """
    import numpy as np

    count = np.bincount(ink.ravel(), minlength=256).astype(float)
    count[0] = 0
    total = count.sum()
    if total == 0:
        return 255
    below, moment = count.cumsum(), (count * np.arange(256)).cumsum()
    # The variance between the two classes, times a constant; it is 0/0 where one class is empty.
    share = below * (total - below)
    between = (moment * total - moment[-1] * below) ** 2 / np.maximum(share, 1)
    return int(between.argmax())


def is_light_on_dark(grey: NDArray[Any]) -> bool:
    """Tell whether a picture holds light strokes on dark ground.

    Strokes are narrower than the gaps between them, so summed over structuring elements of growing reach, the
    small ones weighing more, light strokes give more top-hat than black-hat. The brightness of the border, the
    usual test, errs where the border shows a table, a frame or the neighbouring cell.

    Args:
        grey: uint8 (H, W), 0–255, longest side about GROUND_SIDE px.

    Returns:
        True for light strokes; False for dark ones and for a picture without any.
    """
    import cv2
    import numpy as np

    rim = round(RIM_SHARE * max(grey.shape))
    rim = rim if min(grey.shape) > 4 * rim else 0
    inside = (slice(rim, grey.shape[0] - rim), slice(rim, grey.shape[1] - rim))
    balance = 0.0
    for reach in POLARITY_REACHES:
        element = np.ones((reach, reach), np.uint8)
        light = cv2.morphologyEx(grey, cv2.MORPH_TOPHAT, element)[inside]
        dark = cv2.morphologyEx(grey, cv2.MORPH_BLACKHAT, element)[inside]
        balance += (cv2.norm(light, cv2.NORM_L2SQR) - cv2.norm(dark, cv2.NORM_L2SQR)) / reach
    return balance > 0


def _working_copy(frame: NDArray[Any]) -> NDArray[Any]:
    """Make a frame grey, uint8 (h, w), with its longest side from LEAST_SIDE to WORK_SIDE px."""
    import cv2

    grey = _bounded(frame if frame.ndim == 2 else cv2.cvtColor(frame, cv2.COLOR_BGR2GRAY), WORK_SIDE)
    scale = LEAST_SIDE / max(grey.shape)
    if scale <= 1:
        return grey
    size = (max(1, round(grey.shape[1] * scale)), max(1, round(grey.shape[0] * scale)))
    return cv2.resize(grey, size, interpolation=cv2.INTER_CUBIC)


def _bounded(picture: NDArray[Any], side: int) -> NDArray[Any]:
    """Shrink a picture (H, W) by area averaging until its longest side is at most `side` px."""
    import cv2

    scale = side / max(picture.shape)
    if scale >= 1:
        return picture
    size = (max(1, round(picture.shape[1] * scale)), max(1, round(picture.shape[0] * scale)))
    return cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
