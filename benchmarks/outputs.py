"""The outputs of the shipped models on one machine, saved to be compared with another's bit for bit.

`python -m benchmarks.outputs save here.npz`, there too, then `python -m benchmarks.outputs compare here.npz there.npz`
"""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from device.command_line import FILE, Command, run_command_line
from device.errors import DataError, FitError
from device.output_files import refuse_existing, write_bytes

from .limits import at_most, show
from .measuring_digits import load_measuring_digits

if TYPE_CHECKING:
    from numpy.typing import NDArray

SAMPLE = Path(__file__).parent / "assets/mnist_sample_test.npz"  # the same digits everywhere
MAX_FLOAT_DRIFT = 1e-5  # of scores between 0 and 1: another machine may add in another order


@click.group(name="outputs", no_args_is_help=True)
def outputs() -> None:
    """Compare what the shipped models answer on two machines."""


@outputs.command(cls=Command)
@click.argument("file", type=FILE)
@click.option("--digits", type=click.IntRange(1, 2000), default=500, show_default=True, help="How many test digits.")
@click.option("--runtime", help="Device runtime; the first that works.")
@click.option("--force", is_flag=True, help="Overwrite a file that is there.")
def save(file: Path, *, digits: int, runtime: str | None, force: bool) -> None:
    """Write the raw outputs of every shipped model on this machine to FILE (.npz)."""
    import numpy as np

    refuse_existing(file, force=force)
    from device.inference.classifier import Classifier
    from device.inference.model_file import read_model
    from device.inference.runtime import load_runtime
    from device.paths import SHIPPED_MODELS

    loaded = load_runtime(runtime)
    images = load_measuring_digits(SAMPLE).images[:digits]
    found = {
        f"{path.stem} {loaded.name}": Classifier(read_model(path), loaded).raw_scores(images)
        for path in sorted(SHIPPED_MODELS.glob("*.tflite"))
    }
    content = io.BytesIO()
    np.savez(content, **found)
    write_bytes(file, content.getvalue())
    click.echo(f"{file}: {len(found)} models, {digits} digits, {loaded}")


@outputs.command(cls=Command)
@click.argument("first", type=FILE)
@click.argument("second", type=FILE)
@click.option("--steps", default=0, show_default=True, help="By how many steps of 256 integer outputs may differ.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def compare(first: Path, second: Path, *, steps: int, as_json: bool) -> None:
    """Compare two files of outputs; exit code 3 where an integer output differs, or a float one by more than 1e-5."""
    one, other = _load(first), _load(second)
    names = sorted(one.keys() & other.keys())
    if not names:
        raise DataError(f"{second}: expected a model and runtime that {first} has too, found none")
    table, limits, measured = [["model and runtime", "outputs", "different", "most"]], [], []
    for name in names:
        if one[name].shape != other[name].shape or one[name].dtype != other[name].dtype:
            raise FitError(f"{name}: expected the same outputs, found {one[name].shape} and {other[name].shape}")
        different = int((one[name] != other[name]).sum())
        most = float(abs(one[name].astype(float) - other[name].astype(float)).max())
        table.append([name, f"{one[name].size:,} {one[name].dtype}", f"{different:,}", f"{most:.2g}"])
        measured.append({"name": name, "different": different, "most": most})
        limits.append(
            at_most(f"{name}, largest difference", most, MAX_FLOAT_DRIFT if one[name].dtype.kind == "f" else steps)
        )
    show(
        schema="edge-digits.outputs/1",
        table=table,
        measured=measured,
        limits=limits,
        as_json=as_json,
        right=frozenset({1, 2, 3}),
    )


def _load(path: Path) -> dict[str, NDArray[Any]]:
    from device.npz import array_names, read_arrays

    try:
        arrays = read_arrays(path, array_names(path))
    except DataError as cause:
        found = "another or a damaged file" if path.exists() else "no such file"
        raise DataError(f"{path}: expected outputs that `save` wrote, found {found}; save them again") from cause
    if any(each.dtype.kind not in "iuf" for each in arrays.values()):
        raise DataError(f"{path}: expected outputs that `save` wrote, found other arrays; save them again")
    return arrays


if __name__ == "__main__":
    run_command_line(outputs)
