"""How much of what is read in photographs is read in changed ones: `python -m benchmarks.changed_photos LABELS.csv`.

Each change is what other cameras, light and hands do to a picture, and leaves a digit that people read as easily. What
a reader owes to the very pixels of its pictures is lost in them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any

import click
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from device.command_line import FILE, Command, reporter, run_command_line
from device.finding.finder import BGR_TO_GREY
from device.inference.runtime_names import RUNTIME_NAMES
from device.paths import DEFAULT_MODEL
from device.settings.option_types import FiniteRange

from .limits import at_least, show
from .photo_list import SINGLE, read_photo_list
from .shipped_reader import shipped_reader

Change = Callable[[NDArray[Any]], NDArray[Any]]  # uint8 (H, W) or (H, W, 3), to the same with another H and W


def changes() -> dict[str, Change]:
    """Return the changes by their names; "none" is the first."""
    return {
        "none": lambda image: image,
        "grey": _grey,
        **{f"{side} px": partial(_to_side, side=side) for side in (640, 320, 120)},
        "a fifth smaller": partial(_resized, across=0.8, down=0.8),
        "narrower": partial(_resized, across=0.8, down=1.0),
        "JPEG 25": _compressed,
        **{f"turned by {turn}°": partial(_turned, turn=turn) for turn in (-15, -7, 7, 15)},
        "seen askew": _askew,
        "lighter": partial(_curved, gamma=0.5),
        "darker": partial(_curved, gamma=2.0),
        "pale": lambda image: np.rint(110 + 0.35 * image).astype(np.uint8),
        "negative": lambda image: 255 - image,
        "light from a side": _lit,
        "noise": partial(_noisy, deviation=8),
        "much noise": partial(_noisy, deviation=20),
        "blurred": _blurred,
        **{f"{share:.0%} cut off": partial(_cropped, share=share) for share in (0.03, 0.08)},
    }


def _grey(image: NDArray[Any]) -> NDArray[Any]:
    return image if image.ndim == 2 else np.rint(image @ np.array(BGR_TO_GREY)).astype(np.uint8)


def _to_side(image: NDArray[Any], side: int) -> NDArray[Any]:
    factor = side / max(image.shape[:2])
    return _resized(image, factor, factor)


def _resized(image: NDArray[Any], across: float, down: float) -> NDArray[Any]:
    height, width = image.shape[:2]
    size = max(1, round(width * across)), max(1, round(height * down))
    return np.array(Image.fromarray(image).resize(size, Image.Resampling.BILINEAR))


def _compressed(image: NDArray[Any]) -> NDArray[Any]:
    file = BytesIO()
    Image.fromarray(image).save(file, "JPEG", quality=25)
    return np.array(Image.open(file))


def _turned(image: NDArray[Any], turn: float) -> NDArray[Any]:
    return _within(image, lambda picture: picture.rotate(turn, Image.Resampling.BILINEAR))


def _askew(image: NDArray[Any]) -> NDArray[Any]:
    return _within(image, _seen_from_a_corner)


def _seen_from_a_corner(picture: Image.Image) -> Image.Image:
    width, height = picture.size
    left, right = (0.07 * width, 0.05 * height, 0, height), (width, 0.97 * height, 0.96 * width, 0)
    corners = left + right  # from above left, leftwards
    return picture.transform(picture.size, Image.Transform.QUAD, corners, Image.Resampling.BILINEAR)


def _within(image: NDArray[Any], change: Callable[[Image.Image], Image.Image]) -> NDArray[Any]:
    """Change a picture as if its rim went on beyond it."""
    room = max(image.shape[:2]) // 4
    padded = np.pad(image, [(room, room), (room, room), (0, 0)][: image.ndim], mode="edge")
    return np.array(change(Image.fromarray(padded)))[room:-room, room:-room].copy()


def _curved(image: NDArray[Any], gamma: float) -> NDArray[Any]:
    changed: NDArray[Any] = np.rint(255 * (image / 255) ** gamma).astype(np.uint8)
    return changed


def _lit(image: NDArray[Any]) -> NDArray[Any]:
    light = np.linspace(0.6, 1.1, image.shape[1]).reshape(1, -1, *(1,) * (image.ndim - 2))
    changed: NDArray[Any] = np.clip(np.rint(image * light), 0, 255).astype(np.uint8)
    return changed


def _noisy(image: NDArray[Any], deviation: float) -> NDArray[Any]:
    noise = np.random.default_rng(0).normal(0, deviation, image.shape)
    changed: NDArray[Any] = np.clip(np.rint(image + noise), 0, 255).astype(np.uint8)
    return changed


def _blurred(image: NDArray[Any]) -> NDArray[Any]:
    return np.array(Image.fromarray(image).filter(ImageFilter.GaussianBlur(0.006 * max(image.shape[:2]))))


def _cropped(image: NDArray[Any], share: float) -> NDArray[Any]:
    y, x = (int(share * side) for side in image.shape[:2])
    return image[y : image.shape[0] - y, x : image.shape[1] - x].copy()


@click.command(name="changed-photos", cls=Command)
@click.argument("labels_csv", type=FILE, metavar="LABELS.csv")
@click.option("--model", "-m", type=FILE, default=DEFAULT_MODEL, help="The shipped one if absent.")
@click.option("--runtime", type=click.Choice(RUNTIME_NAMES), help="Device runtime; the first that works.")
@click.option("--min-mean", type=FiniteRange(0, 1), help="Limit for the mean over changes, 0–1.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def main(*, labels_csv: Path, model: Path, runtime: str | None, min_mean: float | None, as_json: bool) -> None:
    """Read the photographs of single digits that LABELS.csv names, each as it is and changed in many ways.

    The table has the photographs read right under each change, and of the source that suffers most. With a limit given,
    exit code 3 if it is not met.
    """
    from device.frames import Frame
    from device.sources.pictures import read_picture

    report = reporter()
    photos = read_photo_list(labels_csv, kinds=(SINGLE,))
    images = [read_picture(photo.path) for photo in photos]
    reader = shipped_reader(model, runtime)
    total = Counter(photo.source for photo in photos)
    right: dict[str, Counter[str]] = {}
    for name, change in changes().items():
        report(f"{name}: {len(photos)} photographs")
        right[name] = Counter(
            photo.source
            for photo, image in zip(photos, images, strict=True)
            if reader.read(Frame(name, 0, 0.0, change(image))).text == photo.label
        )
    shares = {name: found.total() / len(photos) for name, found in right.items()}
    mean = sum(shares.values()) / len(shares)
    rows = [["change", "right", "share", "worst source", "share"]]
    for name, found in right.items():
        worst = min(total, key=lambda source: found[source] / total[source])
        rows.append([name, str(found.total()), f"{shares[name]:.1%}", worst, f"{found[worst] / total[worst]:.1%}"])
    show(
        schema="edge-digits.changed-photos/1",
        table=[*rows, ["mean", "", f"{mean:.1%}", "", ""]],
        measured={"model": model.name, "photographs": dict(total), "right": right, "mean": mean},
        limits=[] if min_mean is None else [at_least("mean", mean, min_mean)],
        as_json=as_json,
        right=frozenset({1, 2, 4}),
    )


if __name__ == "__main__":
    run_command_line(main)
