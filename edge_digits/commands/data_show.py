"""`data show`: draw digits as a contact sheet."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from device.command_line import Command

from .data_options import check_file, file_option, force_option, load_sources, seed_option, sources_option

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

EACH = 10


@click.command("show", cls=Command)
@sources_option
@file_option("--out", default=Path("digits.png"), show_default=True, help="PNG file to write.")
@click.option("--split", type=click.Choice(["train", "test"]), default="train", show_default=True)
@click.option(
    "--count",
    type=click.IntRange(1, 1000),
    help="How many digits to draw, all ten equally often; else ten of each, or as many as there are.",
)
@seed_option
@click.option("--label", type=click.IntRange(0, 9), help="Only this digit.")
@force_option
def show_command(
    sources: Sequence[str], out: Path, split: str, count: int | None, seed: int, label: int | None, force: bool
) -> None:
    """Draw digits with their labels as a contact sheet.

    Labels that a model finds wrong are drawn by `edge-digits data suspects`.
    """
    from device.errors import UsageError

    from ..contact_sheet import draw_contact_sheet, save_contact_sheet
    from ..data.mnist import is_canonical

    check_file(out, ".png", option="--out", force=force, inputs=map(Path, sources))
    digits = load_sources(sources).digits
    part, kind = (digits.train, "training") if split == "train" else (digits.test, "test")
    if len(part.labels) == 0:
        raise UsageError(f"expected {kind} digits, found none in {digits.source}; choose another --split")
    chosen = _choose(part.labels, count=count, seed=seed, label=label)
    canonical = is_canonical(digits)
    if label is None:
        summary = f"{len(chosen):,} of {len(part.labels):,} {kind} digits"
    else:
        summary = f"{len(chosen):,} of {(part.labels == label).sum():,} {kind} digits of class {label}"
    sheet = draw_contact_sheet(
        part.images[chosen],
        [str(value) for value in part.labels[chosen]],
        title=f"MNIST: {summary}" if canonical else summary,
        note=f"drawn with seed {seed}" if canonical else f"drawn with seed {seed} from {digits.source}",
    )
    save_contact_sheet(sheet, out)
    click.echo(f"{out}: {summary}, {sheet.width}×{sheet.height} pixels")


def _choose(labels: NDArray[np.uint8], *, count: int | None, seed: int, label: int | None) -> NDArray[np.int64]:
    """Return int64 (count,), positions of the digits to show, in the order of their labels."""
    import numpy as np

    from device.errors import UsageError

    from ..data.mnist import balanced_sample, class_sample

    pool = np.arange(len(labels)) if label is None else np.flatnonzero(labels == label)
    if len(pool) == 0:
        raise UsageError(f"expected digits of class {label}, found none in these data; choose another --label")
    if count is None:
        drawn = class_sample(labels[pool], each=EACH if label is None else EACH * EACH, seed=seed)
    else:
        drawn = balanced_sample(labels[pool], count=count, seed=seed)
    chosen: NDArray[np.int64] = pool[drawn]
    return chosen[np.argsort(labels[chosen], kind="stable")]
