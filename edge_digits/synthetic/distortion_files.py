"""Writing distorted digits: a file for each kind and strength, a sheet to look at, a record of what they are."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from device.idx import LabelledDigits, idx_md5
from device.version import VERSION

from ..contact_sheet import save_contact_sheet
from ..data.digit_file import write_digits
from ..data.digit_set import digits_of, no_digits
from ..run_files import write_json
from .distortion_sheet import draw_distortions
from .distortions import distort

SCHEMA = "edge-digits.distortions/1"
RECORD_NAME = "distortions.json"
SHEET_NAME = "sheet.png"


@dataclass(frozen=True)
class DistortionRequest:
    """What to write.

    Attributes:
        kinds: which kinds of distortion.
        strengths: which strengths of each.
        seed: of the distortions.
    """

    kinds: Sequence[str]
    strengths: Sequence[str]
    seed: int


def file_name(kind: str, strength: str) -> str:
    """Return what the file of a kind and strength is called."""
    return f"{kind}-{strength}.npz"


def write_distortions(
    digits: LabelledDigits, request: DistortionRequest, out: Path, *, source: str, report: Callable[[str], None]
) -> list[Path]:
    """Write KIND-STRENGTH.npz for each, then sheet.png, and the record last.

    Args:
        digits: what to distort.
        request: which kinds and strengths, and the seed.
        out: the folder.
        source: where the digits came from.
        report: takes a line for each kind.

    Returns:
        The npz files.

    Raises:
        OutputError: a file cannot be written.
    """
    files: list[Path] = []
    sets = []
    for kind in request.kinds:
        for strength in request.strengths:
            distorted = LabelledDigits(distort(digits.images, kind, strength, seed=request.seed), digits.labels)
            path = out / file_name(kind, strength)
            write_digits(digits_of(no_digits(), distorted, source=source), path)
            files.append(path)
            sets.append(
                {"file": path.name, "kind": kind, "strength": strength, "images_md5": idx_md5(distorted.images)}
            )
        report(f"{kind}: {', '.join(request.strengths)} written")
    save_contact_sheet(draw_distortions(digits.images, digits.labels, seed=request.seed), out / SHEET_NAME)
    write_json(
        out / RECORD_NAME,
        {
            "schema": SCHEMA,
            "version": VERSION,
            "source": source,
            "seed": request.seed,
            "count": len(digits.labels),
            "clean_images_md5": idx_md5(digits.images),
            "labels_md5": idx_md5(digits.labels),
            "sets": sets,
        },
    )
    return files
