"""From a frame to its ink: made small, polarity found, background and shadow removed, ink light on dark ground.

The background is a grey closing of a small copy: dark strokes narrower than the structuring element are filled with
what surrounds them (Serra, "Image Analysis and Mathematical Morphology", 1982). It follows the edge of a shadow
closely, where a blur or a mean would leave a ghost along it. Ink is the share of light that is missing against this
background; shadow multiplies paper and ink alike, so the share does not change under it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from numpy.typing import NDArray

LEAST_SIDE = 160  # px: a smaller frame is enlarged, so that strokes can be widened by less than one of its pixels
GROUND_SIDE = 160  # px: about the longest side of the copy that the background is taken from
POLARITY_SIDE = 128  # px: about the longest side of the copy that polarity is found in
NOISY = 3  # of 255: the noise of a sensor is strong from here
DARKEST_GROUND = 40  # grey value; dividing by a darker ground would only enlarge its noise
SMALL_REACHES = 2.5  # power of the reach that its weight falls with: strokes are narrower than gaps
GROUND_SHARE = 0.3  # of the longest side: what a pixel's surroundings are
RARE_WEIGHT, RIM_WEIGHT = 0.25, 0.3
RIM_SHARE = 0.06  # of the longest side: not looked at for polarity, it shows tables, cell borders and neighbours
POLARITY_REACHES = (3, 7, 15, 27)  # px of the small copy, up to the widest stroke of a digit that fills it
HALVED_FROM = 15  # px: a larger reach is looked at in a copy half as large, at a quarter of the cost


@dataclass(frozen=True, eq=False)
class Ink:
    """Ink, and what of it is marks.

    Attributes:
        values: uint8 (H, W), 0 is ground and 255 is ink that reflects nothing.
        least: what is above it is a mark; chosen by `ink_threshold` unless given.
        times: what is chosen is multiplied by this.
    """

    values: NDArray[Any]
    least: float | None = None
    times: float = 1.0

    @cached_property
    def mask(self) -> NDArray[Any]:
        """Where marks are: uint8 (H, W), 255 there and 0 elsewhere."""
        import cv2

        least = self.times * ink_threshold(self.values) if self.least is None else self.least
        return cv2.threshold(self.values, least, 255, cv2.THRESH_BINARY)[1]

    def changed(self, values: NDArray[Any]) -> Ink:
        """Return other ink, of which what is marks is chosen in the same way."""
        return replace(self, values=values)


def grey_copy(frame: NDArray[Any], side: int) -> NDArray[Any]:
    """Make a copy of a frame, uint8 (H, W) or (H, W, 3), that is grey: uint8 (h, w); see `small_copy`."""
    return grey_of(small_copy(frame, side))


def small_copy(frame: NDArray[Any], side: int) -> NDArray[Any]:
    """Halve a frame until its longest side is nearest to `side`; a tiny one is enlarged.

    Args:
        frame: uint8 (H, W) grey or (H, W, 3) BGR, 0–255.
        side: pixels.

    Returns:
        uint8 (h, w) or (h, w, 3), the longest side at least LEAST_SIDE px.
    """
    import cv2

    frame = halved(frame, side)
    height, width = frame.shape[:2]
    scale = LEAST_SIDE / max(height, width)
    if scale <= 1:
        return frame
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return cv2.resize(frame, size, interpolation=cv2.INTER_CUBIC)


def grey_of(frame: NDArray[Any]) -> NDArray[Any]:
    """Return the brightness, uint8 (H, W), of a frame, uint8 (H, W) grey or (H, W, 3) BGR."""
    import cv2

    return frame if frame.ndim == 2 else cv2.cvtColor(frame, cv2.COLOR_BGR2GRAY)


def halved(picture: NDArray[Any], side: float) -> NDArray[Any]:
    """Halve a picture until its longest side is nearest to `side`: many times faster than any other factor."""
    import cv2

    while max(picture.shape[:2]) > 1.42 * side and min(picture.shape[:2]) >= 2:
        height, width = picture.shape[0] // 2, picture.shape[1] // 2
        picture = cv2.resize(picture[: 2 * height, : 2 * width], (width, height), interpolation=cv2.INTER_AREA)
    return picture


def calm(grey: NDArray[Any]) -> NDArray[Any]:
    """Take the noise of a sensor out of a picture, uint8 (H, W), where it is strong, by a median of 3×3 px.

    How strong it is, the median of what that changes tells: strokes, being rare, do not raise it.
    """
    import cv2
    import numpy as np

    height, width = grey.shape
    # Three rows of nine say as much as all.
    some = grey[: height - height % 9].reshape(-1, 9, width)[:, :3].reshape(-1, width) if height >= 9 else grey
    loud = cv2.absdiff(some, cv2.medianBlur(some, 3))[1::3, ::3] >= NOISY
    return cv2.medianBlur(grey, 3) if 2 * np.count_nonzero(loud) >= loud.size > 0 else grey


def ink_map(grey: NDArray[Any], *, reach: float) -> NDArray[Any]:
    """Remove the background of a picture of dark ink.

    Args:
        grey: uint8 (H, W), 0–255.
        reach: anything narrower can be ink, anything wider is ground or shadow; pixels.

    Returns:
        uint8 (H, W), 0 is ground and 255 is ink that reflects nothing.
    """
    import cv2
    import numpy as np

    small = halved(grey, GROUND_SIDE)
    side = max(3, int(reach * max(small.shape) / max(grey.shape)) | 1)
    closed = cv2.morphologyEx(small, cv2.MORPH_CLOSE, np.ones((side, side), np.uint8))
    # The closing is made of flat squares, whose corners show as faint ink. A mean takes them away, but would put light
    # across the edge of a shadow; less than the closing is never wrong.
    ground = cv2.min(closed, cv2.blur(closed, (side // 3 | 1, side // 3 | 1)))
    ground = cv2.erode(ground, np.ones((3, 3), np.uint8))
    ground = cv2.resize(ground, (grey.shape[1], grey.shape[0]), interpolation=cv2.INTER_LINEAR)
    return cv2.divide(cv2.subtract(ground, grey), np.maximum(ground, np.uint8(DARKEST_GROUND)), scale=255)


def ink_threshold(ink: NDArray[Any]) -> int:
    """Choose the value above which a pixel is a mark, by Otsu (1979) over the pixels that are not pure ground.

    Args:
        ink: uint8 (H, W), 0 is ground.

    Returns:
        0–255; 255, which no pixel exceeds, where there is no ink.
    """
    import cv2
    import numpy as np

    count = cv2.calcHist([ink], [0], None, [256], [0, 256]).ravel().astype(float)
    count[0] = 0
    below, moment = count.cumsum(), (count * np.arange(256)).cumsum()
    total = below[-1]
    if total == 0:
        return 255
    # The variance between the two classes, times a constant; it is 0/0 where one class is empty.
    share = below * (total - below)
    between = (moment * total - moment[-1] * below) ** 2 / np.maximum(share, 1)
    return int(between.argmax())


def is_light_on_dark(grey: NDArray[Any]) -> bool:
    """Tell whether a picture, uint8 (H, W), holds light strokes on dark ground.

    Three signs are added up, as they err in different pictures: strokes are narrower than the gaps between them, ink is
    rarer than ground, and the rim is ground. The last, the usual test, errs where the rim shows a table or a frame.

    Returns:
        True for light strokes; False for dark ones and for a picture without any.
    """
    import cv2

    small = halved(grey, POLARITY_SIDE)
    narrow, rare, rim = _narrow_light(cv2.blur(small, (3, 3))), _rare_light(small), _light_rim(small)
    return narrow + RARE_WEIGHT * rare - RIM_WEIGHT * rim > 0


def _narrow_light(small: NDArray[Any]) -> float:
    """Say from −1 to 1 how much more top-hat than black-hat there is, small structuring elements weighing far more."""
    import cv2
    import numpy as np

    half = halved(small, max(small.shape) / 2)
    light = dark = 0.0
    for reach in POLARITY_REACHES:
        step, picture = (2, half) if reach >= HALVED_FROM else (1, small)
        side, inside = reach // step | 1, _inner(picture.shape, RIM_SHARE)
        element = np.ones((side, side), np.uint8)
        weight = step**2 / reach**SMALL_REACHES
        light += weight * cv2.norm(cv2.morphologyEx(picture, cv2.MORPH_TOPHAT, element)[inside], cv2.NORM_L2SQR)
        dark += weight * cv2.norm(cv2.morphologyEx(picture, cv2.MORPH_BLACKHAT, element)[inside], cv2.NORM_L2SQR)
    return float((light - dark) / max(1.0, light + dark))


def _rare_light(small: NDArray[Any]) -> float:
    """Return the skewness of what differs from its surroundings: above 0 where light is rarer than dark."""
    import cv2
    import numpy as np

    values = small[_inner(small.shape, 1.5 * RIM_SHARE)].astype(np.float32)
    side = int(GROUND_SHARE * max(small.shape)) | 1
    values -= cv2.blur(values, (side, side))
    squares = values * values
    skewness: float = float((squares * values).mean()) / max(1.0, float(squares.mean())) ** 1.5
    return skewness


def _light_rim(small: NDArray[Any]) -> float:
    """Say from −1 to 1 by how many standard deviations the rim is lighter than the rest."""
    import cv2
    import numpy as np

    mean, deviation = cv2.meanStdDev(small)
    rim = np.concatenate([small[0], small[-1], small[:, 0], small[:, -1]])
    usual = np.partition(rim, len(rim) // 2)[len(rim) // 2]
    return max(-1.0, min(1.0, float((usual - mean[0, 0]) / max(1.0, deviation[0, 0]))))


def _inner(shape: tuple[int, ...], share: float) -> tuple[slice, slice]:
    """Leave out the rim of a picture, a share of its longest side, unless it is too slender to have one."""
    rim = round(share * max(shape))
    rim = rim if min(shape) > 4 * rim else 0
    return slice(rim, shape[0] - rim), slice(rim, shape[1] - rim)
