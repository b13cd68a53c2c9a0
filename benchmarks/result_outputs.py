"""Where the result of a benchmark goes: the terminal, and files in several forms."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from device.command_line import reporter
from device.errors import UsageError

if TYPE_CHECKING:
    from .results import BenchResult

STDOUT = "-"


@dataclass(frozen=True)
class Outputs:
    """What to write a result to; None for what is not asked for.

    Attributes:
        json: a file, or "-" for stdout.
        markdown: a file.
        csv: a file.
        html: a file.
        plot: a PNG.
        force: whether files that are there may be overwritten.
    """

    json: str | None = None
    markdown: Path | None = None
    csv: Path | None = None
    html: Path | None = None
    plot: Path | None = None
    force: bool = False

    @property
    def json_file(self) -> Path | None:
        """The file to write JSON to, None where it goes to stdout or nowhere."""
        return None if self.json in (None, STDOUT) else Path(str(self.json))

    def check(self, inputs: Iterable[Path | None]) -> None:
        """Refuse what could not be written, before anything is measured; `inputs` are the files that are read.

        Raises:
            OutputError: a folder cannot be written to.
            OutputExistsError: a file is there already and `force` is not given.
            UsageError: the plots would not be a PNG, or two outputs would go to one file, or one to an input.
            ExtraMissingError: plots are asked for and matplotlib is not installed.
        """
        from device.output_files import refuse_existing, refuse_unwritable

        read = [*inputs]
        paths = [path for path in (self.json_file, self.markdown, self.csv, self.html, self.plot) if path]
        for path in paths:
            if path.name == "-":
                raise UsageError("expected the name of a file, found -; only --json goes to standard output")
            refuse_existing(path, force=self.force, inputs=read)
            refuse_unwritable(path.parent)
        if len({path.resolve() for path in paths}) < len(paths):
            raise UsageError("expected a file of its own for each output, found the same one named twice")
        if self.plot and self.plot.suffix.lower() != ".png":
            raise UsageError(f"expected --plot to end in .png, found {self.plot}")
        if self.html or self.plot:
            from .report import require_matplotlib

            require_matplotlib()

    def write(self, results: Sequence[BenchResult], *, with_table: bool = True) -> None:
        """Write results; JSON takes one alone. Files are written also where standard output takes no more.

        Raises:
            OutputError: a file cannot be written.
        """
        try:
            if self.json == STDOUT:
                click.echo(results[0].to_json())
            elif with_table:
                for result in results:
                    show_tables(result)
        finally:
            self._write_files(results)

    def _write_files(self, results: Sequence[BenchResult]) -> None:
        from device.output_files import write_text

        from .csv_document import format_csv
        from .markdown import format_markdown
        from .report import write_html, write_plot

        if self.json_file:
            write_text(self.json_file, results[0].to_json() + "\n")
        if self.markdown:
            write_text(self.markdown, format_markdown(results))
        if self.csv:
            write_text(self.csv, format_csv(results))
        if self.html:
            write_html(results[0], self.html, others=results[1:])
        if self.plot and any(row.latency for result in results for row in result.rows):
            write_plot(results[0], self.plot, others=results[1:])


def show_tables(result: BenchResult) -> None:
    """Print the table of a result, and those of ops and stages where they were measured."""
    from .detail_tables import detail_tables
    from .table import format_table

    if result.rows:
        click.echo(format_table(result))
    for table in detail_tables(result):
        click.echo(f"\n{table.as_text()}")


def report_notes(result: BenchResult) -> None:
    """Say on stderr what is to be known of single rows."""
    from .notes import note_lines

    report = reporter()
    for line in note_lines(result):
        report(f"note: {line}")
