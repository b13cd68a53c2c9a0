"""Scenes as files: PNG pictures and the list that says what is on them."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path

import cv2

from device.errors import OutputError, UsageError
from device.idx import LabelledDigits
from device.output_files import atomic_path, refuse_existing

from .scenes import CAUSES, LAYOUTS, Scene, empty_scene, render_scene

LIST = "labels.csv"
EMPTY = "empty"
KINDS = {"single": "single", "row": "multi", "page": "multi", EMPTY: "nothing"}
"""The kind of photograph, as lists of photographs call it, by layout."""


def write_scenes(
    digits: LabelledDigits,
    folder: Path,
    *,
    causes: Sequence[str] = (),
    layouts: Sequence[str] = (),
    count: int,
    seed: int,
    force: bool = False,
) -> int:
    """Render scenes of each cause and layout and write them with their truth.

    Args:
        digits: canonical digits to write with.
        folder: for CAUSE-LAYOUT-NUMBER.png and labels.csv (path, label, kind, source; the source is the cause).
        causes: names in `CAUSES`; all where empty.
        layouts: names in `KINDS`; all where empty.
        count: scenes of each cause and layout.
        seed: the same seed renders the same scenes, and with the same digits in each cause; another, others.
        force: whether what is there already is overwritten.

    Returns:
        How many were written.

    Raises:
        UsageError: a cause is unknown.
        OutputExistsError: a file is there already.
        OutputError: one cannot be written.
    """
    for cause in causes:
        if cause not in CAUSES:
            raise UsageError(f"--cause: expected one of {', '.join(CAUSES)}, found {cause!r}")
    # One that is asked for twice is rendered once.
    wanted = [
        (folder / f"{cause}-{layout}-{number}.png", cause, layout, number)
        for cause in dict.fromkeys(causes or CAUSES)
        for layout in dict.fromkeys(layouts or KINDS)
        for number in range(count)
    ]
    for path in (folder / LIST, *(path for path, *_ in wanted)):
        refuse_existing(path, force=force)
    try:  # until all are there, an older list says what other pictures show
        (folder / LIST).unlink(missing_ok=True)
    except OSError as error:
        raise OutputError(f"{folder / LIST}: cannot be replaced: {error.strerror}; check the folder") from error
    listed = io.StringIO()
    rows = csv.writer(listed, lineterminator="\n")
    rows.writerow(["path", "label", "kind", "source"])
    for path, cause, layout, number in wanted:
        scene = _render(digits, cause, layout, (seed, number))
        with atomic_path(path) as temporary:
            temporary.write_bytes(cv2.imencode(".png", scene.frame)[1].tobytes())
        rows.writerow([path.name, "".join(scene.rows), KINDS[layout], cause])
    with atomic_path(folder / LIST) as temporary:
        temporary.write_text(listed.getvalue(), "utf-8")
    return len(wanted)


def _render(digits: LabelledDigits, cause: str, layout: str, seed: tuple[int, int]) -> Scene:
    if layout == EMPTY:
        return empty_scene(cause=CAUSES[cause], seed=seed)
    rows, columns = LAYOUTS[layout]
    return render_scene(digits, cause=CAUSES[cause], rows=rows, columns=columns, seed=seed)
