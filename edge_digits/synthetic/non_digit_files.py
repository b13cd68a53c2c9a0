"""Writing pictures that are no digits, and a sheet with some of each kind."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ..contact_sheet import draw_contact_sheet, save_contact_sheet
from ..run_files import write_npz
from .non_digit_tests import NonDigits

COLUMNS = 20


def write_non_digits(made: NonDigits, path: Path) -> None:
    """Write an npz file with the arrays images and kinds, whole or not at all.

    Raises:
        OutputError: it cannot be written.
    """
    write_npz(path, compressed=True, images=made.images, kinds=np.array(made.kinds))


def draw_non_digits(made: NonDigits, path: Path, *, each: int, seed: int) -> None:
    """Draw the first pictures of each kind, a kind after the other.

    Args:
        made: the pictures.
        path: PNG file to write.
        each: how many of a kind.
        seed: which they were made with, for the note.

    Raises:
        OutputError: it cannot be written.
    """
    kinds = np.array(made.kinds)
    chosen = np.concatenate([np.flatnonzero(kinds == kind)[:each] for kind in dict.fromkeys(made.kinds)])
    sheet = draw_contact_sheet(
        made.images[chosen],
        [""] * len(chosen),
        headings=list(dict.fromkeys(made.kinds)),
        title="Pictures that are no digits, as a model gets them",
        note=f"the first {each} of each kind, made with seed {seed}",
        columns=min(each, COLUMNS),
    )
    save_contact_sheet(sheet, path)
