"""What the `data` commands share: naming sources of digits, and files to write."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from device.command_line import FILE, NamedPath, reporter

from .option_types import Once

if TYPE_CHECKING:
    from device.idx import LabelledDigits

    from ..data.digit_sources import SourceDigits
    from ..data.mixture import Mixture

KINDS = ("thin", "thick", "faint", "noise", "blur", "slant", "broken", "misframed", "rules", "shadow")
STRENGTHS = ("weak", "middle", "strong")
SOURCES_HELP = (
    "Digits: an npz, a folder of IDX files, Kaggle's train.csv, a folder of pictures by class (0/ to 9/, such as a "
    "device's collection), or the word mnist. Repeat it for several."
)

sources_option = click.option("--data", "sources", metavar="SOURCE", multiple=True, help=f"{SOURCES_HELP} [mnist]")
force_option = click.option("--force", is_flag=True, help="Overwrite what is there.")
json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
seed_option = click.option(
    "--seed",
    type=click.IntRange(0, 2**31 - 1),
    default=0,
    show_default=True,
    help="The same seed gives the same outcome.",
)
count_option = click.option(
    "--count", type=click.IntRange(1), help="Only so many test digits, all ten equally often; all unless given."
)
pictures_option = click.option(
    "--count", type=click.IntRange(1, 10_000), default=1000, show_default=True, help="Pictures of each kind."
)
fashion_option = click.option(
    "--fashion",
    type=FILE,
    help="Folder of Fashion-MNIST's IDX files; those of Debian's dataset-fashion-mnist, where it is installed, unless "
    "given.",
)


def file_option(name: str, **options: Any) -> Callable[[Any], Any]:
    """Return an option that names a file to write."""
    return click.option(name, type=NamedPath(dir_okay=False), **options)


def data_option(purpose: str) -> Callable[[Any], Any]:
    """Return an option that names one source with a test part."""
    return click.option(
        "--data", cls=Once, type=FILE, help=f"npz file or folder of IDX files {purpose}; MNIST unless given."
    )


def load_sources(sources: Sequence[str], *, seed: int = 0) -> Mixture:
    """Read the sources named, or MNIST where none is; say which classes they lack."""
    from ..data.mixture import load_mixture

    mixture = load_mixture(list(sources) or ["mnist"], seed=seed, every_class=False, report=reporter())
    if mixture.missing_classes:
        missing = ", ".join(mixture.missing_classes)
        reporter()(f"warning: no training digits of {missing}; `train` needs some of every class, MNIST's will do")
    return mixture


def load_test_digits(data: Path | None, *, count: int | None, seed: int) -> tuple[LabelledDigits, str]:
    """Read the test digits of one source, or some of them, and say where they came from.

    Raises:
        DataError: it is missing or damaged, or has no test digits.
        UsageError: it has fewer than `count`.
    """
    from device.idx import LabelledDigits

    from ..data.digit_sources import read_source
    from ..data.mnist import balanced_sample

    source = read_source(data or "mnist", report=reporter())
    test = own_test_part(source)
    if count is None:
        return test, source.name
    chosen = balanced_sample(test.labels, count=count, seed=seed)
    return LabelledDigits(test.images[chosen], test.labels[chosen]), source.name


def own_test_part(source: SourceDigits) -> LabelledDigits:
    """Return the test digits that a source keeps apart.

    Raises:
        DataError: it has none.
    """
    from device.errors import DataError

    if source.test is None:
        raise DataError(f"{source.name}: expected a test part, found training digits alone; name other --data")
    return source.test


def check_file(path: Path, suffix: str, *, option: str, force: bool, inputs: Iterable[Path | None] = ()) -> None:
    """Refuse a file that could not be written, before the work whose result it is for.

    Raises:
        UsageError: it has another suffix, or is one of `inputs`.
        OutputExistsError: it is there, and `force` is not given.
        OutputError: its folder cannot be made or written.
    """
    from device.output_files import refuse_existing

    from ..run_files import writable_folder

    check_suffix(path, suffix, option=option)
    refuse_existing(path, force=force, inputs=inputs)
    click.get_current_context().with_resource(writable_folder(path.parent))


def check_suffix(path: Path, suffix: str, *, option: str) -> None:
    """Refuse a file to write that is not named after what it will hold.

    Raises:
        UsageError: it has another suffix.
    """
    from device.errors import UsageError

    if path.suffix.lower() != suffix:
        raise UsageError(f"expected {option} to end in {suffix}, found {path}")
