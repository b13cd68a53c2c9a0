"""What a conversion says at its end: a table for people and a manifest for programs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.quantities import format_columns
from converters import Agreement, Conversion
from device.early_end import Terminated
from device.errors import DataError
from device.output_files import write_text
from device.printable import printable
from device.statistics import wilson_interval
from device.version import VERSION

from .run_files import read_json, to_json

SCHEMA = "edge-digits.conversion/1"


def format_table(conversions: Sequence[Conversion]) -> str:
    """Return one line a variant and runtime; where a variant was not written, the line says why."""
    head = ["file", "bytes", "runtime", "right", "as the model", "largest difference", "McNemar p"]
    rows = [row for conversion in conversions for row in _rows(conversion)]
    notes = [
        f"{printable(each.path.name)}: {note}"
        for each in conversions
        for note in (
            each.mending,
            each.saved_bytes and f"stripping saved {each.saved_bytes:,} bytes",
        )
        if note
    ]
    return "\n".join([format_columns([head, *rows], right=frozenset({1, 3, 4, 5, 6})), *notes])


def guessing_warning(conversions: Sequence[Conversion], labels: NDArray[np.integer[Any]] | None) -> str | None:
    """Say so where the model reads no more images than an answer that is always the same; None where it reads more.

    Args:
        conversions: of one model.
        labels: integers (N,), of the test images; None where they are not known.
    """
    right = [each.reference_correct for conversion in conversions for each in conversion.agreements]
    if labels is None or not right or right[0] is None:
        return None
    commonest = int(np.unique(labels, return_counts=True)[1].max())
    if commonest == len(labels) or wilson_interval(right[0], len(labels))[0] > commonest / len(labels):
        return None
    return (
        f"warning: the model reads {right[0] / len(labels):.2%} of {len(labels):,} test images, one that always says "
        f"the same {commonest / len(labels):.2%}; is it trained, and are --labels and --input-range its own?"
    )


def _rows(conversion: Conversion) -> list[list[str]]:
    name = printable(conversion.path.name)
    if conversion.failure:
        return [[name, "–", f"not written: {printable(conversion.failure)}"]]
    return [[name, f"{conversion.size_bytes:,}", *_figures(each)] for each in conversion.agreements]


def _figures(agreement: Agreement) -> list[str]:
    return [
        agreement.runtime,
        "–" if agreement.correct is None else f"{agreement.correct / agreement.count:.2%}",
        f"{agreement.agreement:.2%}",
        f"{agreement.largest_difference:.4f}",
        "–" if agreement.mcnemar_p is None else f"{agreement.mcnemar_p:.2f}",
    ]


@contextmanager
def telling_what_was_kept(report: Callable[[str], None]) -> Iterator[list[Conversion]]:
    """Give a list of what is done; where a signal comes before the end, say which files that left."""
    done: list[Conversion] = []
    try:
        yield done
    except (KeyboardInterrupt, Terminated):
        if kept := [printable(str(each.path)) for each in done if each.failure is None]:
            report(
                f"kept, each verified and whole: {', '.join(kept)}; go on with --variant for the others, or start "
                "again with --force"
            )
        raise


def _entry(conversion: Conversion) -> dict[str, Any]:
    """Return a conversion for the manifest; what was not written has no size."""
    sizes = {"size_bytes": None, "flatbuffer_bytes": None} if conversion.failure else {}
    return {**asdict(conversion), "path": conversion.path.name, **sizes}


def write_manifest(conversions: Sequence[Conversion], path: Path) -> None:
    """Write what became of each variant as one JSON document; what it says of other variants is kept.

    Raises:
        OutputError: it cannot be written.
    """
    entries = [_entry(conversion) for conversion in conversions]
    made = {entry["variant"] for entry in entries}
    if path.exists():
        with suppress(DataError, KeyError, TypeError):
            entries = [each for each in read_json(path)["conversions"] if each["variant"] not in made] + entries
    write_text(path, to_json({"schema": SCHEMA, "edge_digits": VERSION, "conversions": entries}))
