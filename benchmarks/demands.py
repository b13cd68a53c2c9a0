"""What a benchmark is asked to judge: gates, a baseline that must hold, a recommendation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import click

from device.command_line import reporter
from device.errors import GateError, UsageError

from .baseline import regressions, undecided, unmatched
from .environment import Environment
from .gates import Gate, failures, parse_gate
from .likeness import refuse_unlike
from .pairings import pair_rows
from .recommendation import Wishes, format_recommendation, recommend
from .result_files import read_result
from .results import BenchResult
from .subjects import read_subjects
from .units import SHARE, SIZE, TIME, parse_accuracy, parse_figure

OTHER_MACHINE = "--baseline-elsewhere"


@dataclass(frozen=True)
class Demands:
    """What to judge a result by.

    Attributes:
        gates: conditions that fail it.
        baseline: an earlier result, and what it is called.
        most: by how much longer than in the baseline a row may take, as a share.
        elsewhere: whether the baseline may come from an unlike environment.
        wishes: what a recommendation must keep; None where none is asked for.
    """

    gates: tuple[Gate, ...] = ()
    baseline: tuple[BenchResult, str] | None = None
    most: float = 0.1
    elsewhere: bool = False
    wishes: Wishes | None = None

    def check_environment(self, environment: Environment) -> None:
        """Refuse a baseline from an unlike environment.

        Raises:
            UsageError: it is unlike, and `elsewhere` is not said; every difference is named.
        """
        if self.baseline is not None and not self.elsewhere:
            earlier, name = self.baseline
            refuse_unlike(earlier.environment, environment, names=(name, "this benchmark"), option=OTHER_MACHINE)

    def check_models(self, models: Sequence[Path]) -> None:
        """Refuse a baseline that holds none of the models that are to be measured.

        Raises:
            UsageError: there are models to measure, and each is new to it.
        """
        if self.baseline is None:
            return
        earlier, name = self.baseline
        asked = [each.label for each in read_subjects(models)[0]]
        known = {row.model for row in earlier.rows}
        if asked and known.isdisjoint(asked):
            raise UsageError(
                f"--baseline: expected {', '.join(asked)} in {name}, found {', '.join(sorted(known)) or 'no model'}; "
                "name a result of the same models"
            )

    def judge(self, result: BenchResult, *, aside: bool) -> None:
        """Judge a result.

        Args:
            result: what was measured.
            aside: whether stdout holds something else, so that the recommendation goes to stderr.

        Raises:
            UsageError: the baseline was measured in an unlike environment, or shares no row with the result.
            GateError: a gate is not met, or nothing can be recommended; every figure is named.
        """
        found = []
        if self.wishes is not None:
            advice = recommend(result.rows, self.wishes)
            click.echo(format_recommendation(advice), err=aside)
            if advice.chosen is None:
                found.append("no model keeps what --recommend was asked for")
        found += failures(self.gates, result.rows)
        if self.baseline is not None:
            found += self._against(*self.baseline, result)
        if found:
            raise GateError("; ".join(found))

    def _against(self, earlier: BenchResult, name: str, result: BenchResult) -> list[str]:
        self.check_environment(result.environment)
        if not pair_rows(earlier.rows, result.rows):
            raise UsageError(f"--baseline: expected the same models and runtimes in {name}, found none of them")
        report = reporter()
        for line in [*unmatched(earlier, result.rows), *undecided(earlier, result.rows, most=self.most)]:
            report(f"note: {line}")
        same_digits = earlier.settings.data_md5 == result.settings.data_md5
        return regressions(earlier, result.rows, most=self.most, same_digits=same_digits)


def read_demands(
    *,
    fail_if: Sequence[str],
    baseline: Path | None,
    max_regression: str,
    baseline_elsewhere: bool,
    recommended: bool,
    max_latency: str | None,
    min_accuracy: str | None,
    max_bytes: str | None,
) -> Demands:
    """Read the options of the command, before anything is measured.

    Raises:
        UsageError: a figure or condition is ill-formed, or a wish is given without --recommend.
        DataError: the baseline is no result.
    """
    wishes = Wishes(
        max_latency_s=None if max_latency is None else parse_figure(max_latency, TIME, option="--max-latency"),
        min_accuracy=None if min_accuracy is None else parse_accuracy(min_accuracy, option="--min-accuracy"),
        max_bytes=None if max_bytes is None else parse_figure(max_bytes, SIZE, option="--max-bytes"),
    )
    if wishes != Wishes() and not recommended:
        raise UsageError(
            "--max-latency, --min-accuracy and --max-bytes are for --recommend; give it too, or use --fail-if"
        )
    return Demands(
        gates=tuple(parse_gate(text) for text in fail_if),
        baseline=None if baseline is None else (read_result(baseline), str(baseline)),
        most=parse_figure(max_regression, SHARE, option="--max-regression"),
        elsewhere=baseline_elsewhere,
        wishes=wishes if recommended else None,
    )
