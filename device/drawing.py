"""Drawing a reading on its frame: a box and a label for every digit, the text that holds above."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .reading import Reading

if TYPE_CHECKING:
    from numpy.typing import NDArray

SURE, UNSURE, DARK = (80, 200, 60), (40, 140, 255), (20, 20, 20)  # BGR


def draw_reading(image: NDArray[Any], reading: Reading) -> NDArray[Any]:
    """Return a copy of a frame with its reading drawn on it.

    Args:
        image: uint8 (H, W) grey or (H, W, 3) BGR, 0–255.
        reading: what was read in it.

    Returns:
        uint8 (H, W, 3) BGR.
    """
    import cv2

    drawn: NDArray[Any] = cv2.cvtColor(image, cv2.COLOR_GRAY2BGR) if image.ndim == 2 else image.copy()
    unit = max(1, round(min(drawn.shape[:2]) / 240))
    for digit in reading.digits:
        x, y, width, height = digit.box
        colour = SURE if digit.label != "?" and digit.score >= 0.5 else UNSURE
        cv2.rectangle(drawn, (x, y), (x + width, y + height), colour, unit)
        _label(drawn, f"{digit.label} {digit.score:.2f}", (x, max(12 * unit, y - 3 * unit)), colour, unit)
    held = reading.text if reading.held is None else reading.held
    first = reading.error or held.replace("\n", " / ") or "nothing found"
    # OpenCV's built-in letters are ASCII only.
    _label(drawn, first.encode("ascii", "replace").decode(), (4 * unit, 14 * unit), (255, 255, 255), unit)
    return drawn


def _label(drawn: NDArray[Any], text: str, place: tuple[int, int], colour: tuple[int, ...], unit: int) -> None:
    import cv2

    (width, height), below = cv2.getTextSize(text, cv2.FONT_HERSHEY_SIMPLEX, 0.4 * unit, unit)
    x, y = place
    x = max(0, min(x, drawn.shape[1] - width))
    cv2.rectangle(drawn, (x - unit, y - height - unit), (x + width + unit, y + below), DARK, cv2.FILLED)
    cv2.putText(drawn, text, (x, y), cv2.FONT_HERSHEY_SIMPLEX, 0.4 * unit, colour, unit, cv2.LINE_AA)
