"""Options of the benchmark commands that make no sense are refused before anything is measured."""

from __future__ import annotations

import importlib

import pytest
from click.testing import CliRunner

from benchmarks.command import bench
from benchmarks.units import parse_accuracy
from device.errors import UsageError

LIMITS = [
    ("held_out", "held_out", ["labels.csv"], "--min-mean"),
    ("photos", "photos", ["labels.csv"], "--min-mean"),
    ("photos", "photos", ["labels.csv"], "--min-worst"),
    ("reading_speed", "reading_speed", [], "--max-ms"),
    ("reading_speed", "reading_speed", [], "--max-digit-us"),
    ("reading_speed", "reading_speed", [], "--max-hostile-ms"),
    ("tutorial", "tutorial", ["m.keras", "--ours", "m.tflite"], "--min-secs"),
    ("command", "bench", ["m.tflite"], "--min-secs"),
]


@pytest.mark.parametrize("value", ["nan", "inf", "-1"])
@pytest.mark.parametrize(("module", "name", "arguments", "option"), LIMITS)
def test_a_figure_that_is_no_number_is_refused(module, name, arguments, option, value) -> None:
    """A limit of nan would always be met or never; every such option says what it expected (exit code 2)."""
    command = getattr(importlib.import_module(f"benchmarks.{module}"), name)
    result = CliRunner().invoke(command, [*arguments, option, value])
    assert result.exit_code == 2, result.output
    assert "is not in the range" in result.stderr


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--max-regression", "5%"], "--max-regression is for --baseline"),
        (["--max-regression", "10%"], "--max-regression is for --baseline"),
        (["--baseline-elsewhere"], "--baseline-elsewhere is for --baseline"),
        (["--ssh", "ssh -p 2222"], "--ssh is for --remote"),
        (["--remote-python", "python3"], "--remote-python is for --remote"),
    ],
)
def test_an_option_that_does_nothing_alone_is_refused(options: list[str], said: str) -> None:
    """Who gives it believes that it does something, such as failing a build."""
    result = CliRunner().invoke(bench, ["m.tflite", *options])
    assert (result.exit_code, result.stdout) == (2, "")
    assert said in result.stderr


@pytest.mark.parametrize("option", ["--json", "--device", "--ssh", "--remote-python"])
@pytest.mark.parametrize("value", ["", " "])
def test_an_empty_name_is_refused(option: str, value: str) -> None:
    """It comes from an empty variable of a shell, and is no name."""
    result = CliRunner().invoke(bench, ["m.tflite", option, value])
    assert result.exit_code == 2
    assert "found an empty one" in result.stderr


@pytest.mark.parametrize("options", [["--fail-if", "accuracy<0.999"], ["--recommend", "--min-accuracy", "0.999"]])
def test_a_share_of_one_is_no_accuracy(options: list[str]) -> None:
    """Taken as per cent it would be a gate that never fires; with its sign even less than one per cent is."""
    result = CliRunner().invoke(bench, ["m.tflite", *options])
    assert result.exit_code == 2
    assert "found '0.999' without a %; write 99.9% if that is meant, or 0.999%" in result.stderr
    assert parse_accuracy("0.999%", option="-") == pytest.approx(0.00999)
    assert parse_accuracy("99.9", option="-") == pytest.approx(0.999)
    with pytest.raises(UsageError, match="write 100% if that is meant, or 1%"):
        parse_accuracy("1", option="-")


@pytest.mark.parametrize("options", [["--fail-if", "accuracy<101%"], ["--recommend", "--min-accuracy", "100.1"]])
def test_an_accuracy_above_all_digits_is_refused(options: list[str]) -> None:
    """No model could ever reach it; 100 % is possible, and a regression may be above it."""
    result = CliRunner().invoke(bench, ["m.tflite", *options])
    assert result.exit_code == 2
    assert "at most 100%" in result.stderr
