"""Op by op: cutting a graph, the delegate's ops, and the times of both; energy and the stages of a frame."""

import dataclasses
import os
import subprocess
import sys

import numpy as np
import pytest
from test_benchmarks_figures import make_result
from test_benchmarks_schema import full_row

from benchmarks.delegates import DELEGATES, describe_ops, with_delegate
from benchmarks.detail_tables import detail_tables
from benchmarks.energy import EnergyMeter, parse_pmic_watts
from benchmarks.figures import OpTime, Profile
from benchmarks.graph_prefix import cut_after, read_graph
from benchmarks.judgement import judge_profile
from benchmarks.measuring_digits import SAMPLE_TEST
from benchmarks.profiling import merge_profiles, profile_ops
from benchmarks.stages import FRAME, TimedClassifier, draw_frame, time_stages
from device.errors import ModelFileError
from device.idx import read_part
from device.inference.model_file import read_model
from device.inference.runtime import installed_runtimes, load_runtime
from device.paths import DEFAULT_MODEL
from device.sources.pictures import decode_picture

needs_runtime = pytest.mark.skipif(not installed_runtimes(), reason="needs a device runtime")
FLOAT_MODEL = DEFAULT_MODEL.with_name("cnn_float32.tflite")


def intermediate(interpreter, value):
    interpreter.set_tensor(interpreter.get_input_details()[0]["index"], value)
    interpreter.invoke()
    return [interpreter.get_tensor(each["index"]) for each in interpreter.get_output_details()]


@needs_runtime
@pytest.mark.parametrize("path", [DEFAULT_MODEL, FLOAT_MODEL], ids=lambda path: path.stem)
def test_a_cut_graph_gives_what_the_whole_one_has_there(path):
    """Cut after any op, the graph gives that op's own values, and cut after the last the model's scores."""
    flatbuffer = read_model(path).flatbuffer
    runtime = with_delegate(load_runtime(), "none")
    graph = read_graph(flatbuffer)
    whole = runtime.interpreter(model_content=flatbuffer, experimental_preserve_all_tensors=True)
    whole.allocate_tensors()
    details = whole.get_input_details()[0]
    value = np.random.default_rng(0).integers(0, 100, details["shape"]).astype(details["dtype"])
    (scores,) = intermediate(whole, value)
    for count in range(1, len(graph.ops) + 1):
        found = intermediate(runtime.build(cut_after(graph, count)), value)
        assert len(found) == 1
        # An interpreter that keeps all tensors may add floats up in another order.
        assert np.allclose(found[0], whole.get_tensor(graph.ops[count - 1][1][0]), rtol=1e-4, atol=1e-5)
    assert np.allclose(found[0], scores, rtol=1e-4, atol=1e-5)


def test_cutting_moves_nothing():
    """Apart from a length and two distances, the bytes before the new vector are those of the file."""
    flatbuffer = read_model(DEFAULT_MODEL).flatbuffer
    cut = cut_after(read_graph(flatbuffer), 1)
    assert sum(a != b for a, b in zip(flatbuffer, cut, strict=False)) <= 12
    assert len(cut) > len(flatbuffer)


@pytest.mark.parametrize("length", [0, 3, 40, 200])
def test_a_graph_cut_short_is_an_error(length):
    """Bytes that end too early are refused in words."""
    with pytest.raises(ModelFileError):
        read_graph(read_model(DEFAULT_MODEL).flatbuffer[:length])


@needs_runtime
@pytest.mark.parametrize("delegate", DELEGATES)
def test_the_delegate_is_used_where_it_is_asked_for(delegate):
    """XNNPACK takes the ops of a float model, and none without it."""
    runtime = with_delegate(load_runtime(), delegate)
    ops = describe_ops(runtime.build(read_model(FLOAT_MODEL).flatbuffer))
    assert {op.delegated for op in ops} == {delegate == "xnnpack"}
    assert len(ops) == len(read_graph(read_model(FLOAT_MODEL).flatbuffer).ops)


@needs_runtime
def test_a_profile_names_each_op_and_its_delegate():
    """The ops of the graph are named in its order, none takes less than no time, and they add up."""
    flatbuffer = read_model(DEFAULT_MODEL).flatbuffer
    runtime = load_runtime()
    details = runtime.build(flatbuffer).get_input_details()[0]
    found = profile_ops(flatbuffer, runtime, value=np.zeros(details["shape"], details["dtype"]), passes=3)
    assert [op.name for op in found.ops][-1] == "SOFTMAX"
    assert min(op.seconds for op in found.ops) >= 0
    assert sum(op.seconds for op in found.ops) == pytest.approx(found.sum_s, abs=1e-7)
    assert found.whole_s > 0
    assert "cut after each op" in found.method


def test_profiles_of_rounds_are_merged_by_the_median():
    """Each op's time is its median over the rounds."""
    rounds = [Profile("m", (OpTime("A", each, True),), each, each) for each in (1e-6, 2e-6, 9e-6)]
    merged = merge_profiles(rounds)
    assert (merged.ops[0].seconds, merged.whole_s, merged.sum_s) == (2e-6, 2e-6, 2e-6)


def test_a_drawn_frame_is_a_photograph_of_a_digit():
    """Frames are 640×480, dark ink on light paper."""
    digit = np.zeros((28, 28), np.uint8)
    digit[4:24, 12:16] = 255
    image = decode_picture(draw_frame(digit), name="frame")
    assert image.shape[:2] == (480, 640)
    assert image.min() < 100 < 180 < np.median(image)


@needs_runtime
def test_the_stages_of_a_frame_add_up():
    """Every stage has a time, and together they are not more than the whole."""
    digits = read_part(SAMPLE_TEST, "test").images[:3]
    found = time_stages(TimedClassifier(read_model(DEFAULT_MODEL), load_runtime()), digits, frames=3)
    assert (found.frame, found.frames) == (FRAME, 3)
    parts = (found.capture_s, found.find_s, found.prepare_s, found.invoke_s)
    assert min(parts) > 0
    assert found.decide_s >= 0


def rapl(folder, *, microjoules, name="package-0", zone="intel-rapl:0"):
    path = folder / "sys/class/powercap" / zone
    path.mkdir(parents=True, exist_ok=True)
    (path / "name").write_text(f"{name}\n")
    (path / "energy_uj").write_text(f"{microjoules}\n")
    (path / "max_energy_range_uj").write_text("1000000\n")


@pytest.mark.parametrize(("end", "joules"), [(900_000, 0.4), (100_000, 0.6)])
def test_energy_is_what_the_counters_rose_by(tmp_path, end, joules):
    """The counters of whole processors are summed, also where one began anew at its maximum; their parts are not."""
    rapl(tmp_path, microjoules=500_000)
    rapl(tmp_path, microjoules=0, name="core", zone="intel-rapl:0:0")
    with EnergyMeter(tmp_path) as meter:
        rapl(tmp_path, microjoules=end)
        rapl(tmp_path, microjoules=777, name="core", zone="intel-rapl:0:0")
    assert meter.energy is not None
    assert meter.energy.joules == pytest.approx(joules)
    assert "RAPL" in meter.energy.source


def test_a_machine_without_counters_has_no_energy(tmp_path, monkeypatch):
    """Where nothing can be read the energy is not known."""
    monkeypatch.setenv("PATH", str(tmp_path))
    with EnergyMeter(tmp_path) as meter:
        pass
    assert meter.energy is None


PMIC = """\
 3V7_WL_SW_A current(0)=0.10000000A
   VDD_CORE_A current(7)=2.00000000A
 3V7_WL_SW_V volt(8)=3.70000000V
   VDD_CORE_V volt(15)=0.75000000V
      EXT5V_V volt(24)=5.10000000V
"""


def test_the_power_of_a_pi_5_is_the_sum_over_its_rails():
    """Volts times amperes of each rail that has both; the rest is left aside."""
    assert parse_pmic_watts(PMIC) == pytest.approx(0.37 + 1.5)
    assert parse_pmic_watts("error=1") is None


def test_the_power_of_a_pi_5_is_read_while_something_runs(tmp_path, monkeypatch):
    """With `vcgencmd` there, energy is mean power times time."""
    tool = tmp_path / "vcgencmd"
    tool.write_text(f"#!{sys.executable}\nprint({PMIC!r})\n")
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    with EnergyMeter(tmp_path / "no") as meter:
        subprocess.run([sys.executable, "-c", "pass"], check=True)
    assert meter.energy is not None
    assert meter.energy.joules > 0
    assert "PMIC" in meter.energy.source


def test_ops_that_do_not_add_up_are_noted():
    """A sum more than a tenth away from the whole graph's time is said, with what to do."""
    op = OpTime("CONV_2D", 1e-5, None)
    assert judge_profile(Profile("cut", (op,), whole_s=1.05e-5, sum_s=1e-5)) == []
    (note,) = judge_profile(Profile("cut", (op,), whole_s=1e-5, sum_s=2.1e-5))
    assert "the ops add up to 210% of the whole graph" in note
    assert "measure again" in note


def test_tables_of_ops_keep_to_the_width_of_a_terminal():
    """Five settings of one model make two tables, of four and of one."""
    rows = [dataclasses.replace(full_row(), num_threads=number) for number in range(1, 6)]
    assert [len(table.cells[0]) for table in detail_tables(make_result(*rows)) if "ops" in table.title] == [5, 2]
