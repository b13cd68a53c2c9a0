"""Drawing a reading on its frame: a box and a label for every digit, the text that holds above."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .label_places import place_labels
from .lettering import fitted, text_size, write
from .reading import Reading

if TYPE_CHECKING:
    from numpy.typing import NDArray

SURE, UNSURE, DARK = (80, 200, 60), (40, 140, 255), (20, 20, 20)  # BGR
LEAST_FONT = 0.4  # OpenCV's unit; what is smaller cannot be read


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
    least = min(drawn.shape[:2])
    unit = max(1, round(least / 240))
    # Places are looked for as if a large frame were smaller, so that its labels can be read where it is shown smaller.
    whole = max(1, round(least / 480))
    places = place_labels(reading.digits, scale=1 / whole, size=(drawn.shape[1] // whole, drawn.shape[0] // whole))
    for digit, label in zip(reading.digits, places, strict=True):
        x, y, width, height = digit.box
        colour = SURE if digit.label != "?" and digit.score >= 0.5 else UNSURE
        cv2.rectangle(drawn, (x, y), (x + width, y + height), colour, unit)
        place, font = (label.where.left * whole, label.where.bottom * whole), label.font * whole
        stroke = whole * (2 if label.font > 0.7 else 1)
        write(drawn, label.text, place, font, colour, bold=stroke, halo=DARK, reach=round(1.5 * whole))
    _head(drawn, reading.error or " / ".join(filter(None, reading.shown_rows)) or "nothing found", unit)
    return drawn


def _head(drawn: NDArray[Any], text: str, unit: int) -> None:
    """Write a text above, as small as it has to be to fit; what still does not fit is left out at its end."""
    import cv2

    x, y, room = 4 * unit, 14 * unit, drawn.shape[1] - 8 * unit
    font, bold = 0.4 * unit, unit
    while font > LEAST_FONT and text_size(text, font, bold=bold)[0] > room:
        font = max(LEAST_FONT, 0.9 * font)
        bold = max(1, round(2.5 * font))
    shown = fitted(text, font, room, bold=bold)
    width, height, below = text_size(shown, font, bold=bold)
    cv2.rectangle(drawn, (x - unit, y - height - unit), (x + width + unit, y + below), DARK, cv2.FILLED)
    write(drawn, shown, (x, y), font, (255, 255, 255), bold=bold)
