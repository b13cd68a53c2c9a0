"""Pictures in a terminal: two pixels a character, by the upper half block in 24-bit colour."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from numpy.typing import NDArray

RESET = "\x1b[0m"


def terminal_picture(image: NDArray[Any], *, columns: int, lines: int) -> str:
    """Return a picture as lines of text with colour codes, as large as fits, its sides in proportion.

    Args:
        image: uint8 (H, W) grey or (H, W, 3) BGR, 0–255.
        columns: most characters a line.
        lines: most lines.
    """
    import cv2

    scale = min(columns / image.shape[1], 2 * lines / image.shape[0])
    size = (max(1, int(image.shape[1] * scale)), max(2, int(image.shape[0] * scale) // 2 * 2))
    small: Any = cv2.resize(image, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_NEAREST)
    if small.ndim == 2:
        small = cv2.cvtColor(small, cv2.COLOR_GRAY2BGR)
    return "\n".join(_line(small[row], small[row + 1]) for row in range(0, len(small), 2))


def _line(upper: NDArray[Any], lower: NDArray[Any]) -> str:
    text, last = "", ""
    for (b, g, r), (below_b, below_g, below_r) in zip(upper.tolist(), lower.tolist(), strict=True):
        colours = f"\x1b[38;2;{r};{g};{b};48;2;{below_r};{below_g};{below_b}m"
        text += ("" if colours == last else colours) + "▀"
        last = colours
    return text + RESET
