"""Holding the benchmark against LiteRT's own tool."""

import importlib.util
import json
from dataclasses import replace

import pytest
from click.testing import CliRunner

from benchmarks.trust import digits_per_s, median_of_tool, trust
from device.errors import FitError
from device.inference.model_file import pack_model, read_model
from device.paths import DEFAULT_MODEL

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("ai_edge_litert") is None, reason="needs ai-edge-litert, whose tool it is"
)


def test_both_tools_are_run_and_judged():
    """One JSON document holds both medians, exact to the nanosecond, and every limit."""
    done = CliRunner().invoke(trust, ["--pairs", "2", "--num-runs", "20", "--json", "--quiet"])
    assert done.exit_code in (0, 3), done.output
    document = json.loads(done.stdout)
    assert document["schema"] == "edge-digits.trust/1"
    assert len(document["limits"]) == 4
    for name in ("theirs_s", "ours_s"):
        assert len(document["measured"][name]) == 2
        assert all(0 < each < 1 for each in document["measured"][name])
    # The tool prints hundredths of a millisecond, which is coarser than what is read here.
    assert any(round(each, 5) != each for each in document["measured"]["theirs_s"])


def test_a_model_that_the_tool_refuses_is_one_line(tmp_path):
    """What the tool cannot run is told with the end of what it said."""
    model = tmp_path / "model.tflite"
    model.write_bytes(DEFAULT_MODEL.read_bytes())
    with pytest.raises(FitError, match="LiteRT's benchmark tool ended with exit code"):
        median_of_tool(model, -1)


def test_a_model_that_reads_no_digits_is_one_line(tmp_path):
    """How fast it reads them cannot be told."""
    model, file = tmp_path / "model.tflite", read_model(DEFAULT_MODEL)
    model.write_bytes(pack_model(file.flatbuffer, replace(file.card, labels=("a", "b"))))
    with pytest.raises(FitError, match="expected 2 scores, one a label"):
        digits_per_s(model)


def test_a_missing_model_is_said_before_anything_is_run():
    """One line and exit code 6, without progress."""
    done = CliRunner().invoke(trust, ["--model", "missing.tflite"])
    assert (done.exit_code, done.stdout, len(done.stderr.splitlines())) == (6, "", 1)
    assert "missing.tflite: expected" in done.stderr
