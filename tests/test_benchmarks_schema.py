"""The JSON document of a benchmark: its schema, and what is refused in reading it."""

import json

import jsonschema
import pytest
from click.testing import CliRunner
from test_benchmarks_figures import FAILED, make_result, make_row

from benchmarks.command import bench
from benchmarks.figures import OpTime, Profile, StageTimes
from benchmarks.measuring_digits import SAMPLE_TEST
from benchmarks.results import BenchResult, Unreadable
from benchmarks.schema import SCHEMA_FILE, format_schema
from device.errors import DataError
from device.inference.runtime import installed_runtimes
from device.paths import DEFAULT_MODEL


def check(document):
    jsonschema.Draft202012Validator(json.loads(SCHEMA_FILE.read_text(encoding="utf-8"))).validate(document)


def full_row():
    stages = StageTimes("a frame", 3, 1e-3, 2e-3, 1e-5, 1e-5, 1e-5, 3e-3)
    profile = Profile("a method", (OpTime("CONV_2D", 1e-5, True), OpTime("SOFTMAX", 1e-6, None)), 1.1e-5, 1.1e-5)
    return make_row(stages=stages, profile=profile, energy_j=1e-6, energy_source="x", ops=2, delegated_ops=1)


def test_the_schema_file_is_that_of_the_records():
    """The file that ships is what the records say; `python -m benchmarks.schema` makes it."""
    assert SCHEMA_FILE.read_text(encoding="utf-8") == format_schema()
    jsonschema.Draft202012Validator.check_schema(json.loads(format_schema()))


def test_every_field_of_the_schema_is_described():
    """Each field of each record has its words, and None is named where it may stand."""

    def walk(schema, path):
        for name, field in schema.get("properties", {}).items():
            if name not in SELF_EXPLAINING:
                assert field.get("description"), f"{path}.{name}"
            walk(field, f"{path}.{name}")
        for inner in [*schema.get("anyOf", []), *([schema["items"]] if "items" in schema else [])]:
            walk(inner, path)

    walk(json.loads(format_schema()), "result")


# Figures that their name and the description of their record say all of.
SELF_EXPLAINING = {
    *("min_s", "median_s", "mean_s", "p90_s", "p95_s", "p99_s", "runtimes", "num_threads", "warmup_runs", "num_runs"),
    *("rounds", "seed", "data_source", "data_md5", "delegates", "frames", "profile", "min_s"),
}


@pytest.mark.skipif(not installed_runtimes(), reason="needs a device runtime")
def test_a_measured_result_keeps_the_schema():
    """What `bench --json` prints, with stages and profile, keeps the schema and is read back as it was."""
    quick = ["--num-runs", "3", "--min-secs", "0", "--warmup-runs", "2", "--rounds", "1", "--frames", "2", "--profile"]
    quick += ["--data", str(SAMPLE_TEST)]
    done = CliRunner().invoke(bench, [str(DEFAULT_MODEL), "--json", "-", "--quiet", *quick])
    assert done.exit_code == 0, done.output
    document = json.loads(done.stdout)
    check(document)
    result = BenchResult.from_json(done.stdout)
    assert json.loads(result.to_json()) == document
    for row in result.rows:
        assert row.stages is not None
        assert row.profile is not None
        assert len(row.profile.ops) == row.ops
        assert row.latency is not None
        assert len(row.latency.warmup_s) == 2


@pytest.mark.parametrize("row", [make_row(), full_row(), FAILED])
def test_every_kind_of_row_keeps_the_schema(row):
    """Rows with every figure, with few and with none keep the schema and are read back."""
    result = make_result(row, unreadable=(Unreadable("a", "b"),), stopped_by="SIGINT")
    check(json.loads(result.to_json()))
    assert BenchResult.from_json(result.to_json()) == result


@pytest.mark.parametrize(("version", "said"), [(3, "newer one; update edge-digits"), (1, "older one; measure again")])
def test_another_version_is_refused_by_name(version, said):
    """A document of another version is refused with its version and what to do."""
    text = make_result(make_row()).to_json().replace("edge-digits.bench/2", f"edge-digits.bench/{version}")
    with pytest.raises(DataError, match=f"a.json: .*found edge-digits.bench/{version}, an? {said}"):
        BenchResult.from_json(text, name="a.json")


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.999])
def test_a_truncated_document_is_one_line(share):
    """A document cut short is refused in one line that names it."""
    text = make_result(make_row()).to_json()
    with pytest.raises(DataError, match=r"^a\.json: expected .* found no whole JSON") as error:
        BenchResult.from_json(text[: int(share * len(text))], name="a.json")
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("place", "value", "said"),
    [
        (("rows", 0, "latency", "median_s"), "fast", r"rows\[0\]\.latency\.median_s must be of type number"),
        (("rows", 0, "latency", "median_s"), True, r"rows\[0\]\.latency\.median_s must be of type number"),
        (("rows", 0, "accuracy", "interval_95"), [1.0], r"interval_95 must have 2 entries, found 1"),
        (("rows", 0, "notes"), "none", r"rows\[0\]\.notes must be an array"),
        (("environment",), [], "environment must be an object"),
        (("settings", "runtimes"), [1], r"settings\.runtimes\[0\] must be of type string"),
        (("rows", 0, "file_bytes"), 0, r"rows\[0\]\.file_bytes must be at least 1"),
        (("rows", 0, "latency", "round_medians_s"), [], r"rows\[0\]\.latency must have samples"),
        (("rows", 0, "latency", "sorted_s"), [], r"rows\[0\]\.latency must have samples"),
        (("rows", 0, "latency", "mean_s"), 0, r"rows\[0\]\.latency must have times above 0"),
        (("rows", 0, "latency", "min_s"), -1, r"rows\[0\]\.latency must have no times below 0"),
        (("rows", 0, "latency", "median_s"), 1e308, r"rows\[0\]\.latency\.median_s must be at most 1e\+18"),
        (("rows", 0, "latency", "round_medians_s"), [1e-300], r"rows\[0\]\.latency must have times of 1e-12 s or more"),
        (("rows", 0, "file_bytes"), 10**400, r"rows\[0\]\.file_bytes must be at most 1e\+18"),
        (("rows", 0, "accuracy", "interval_95"), [2, -3], r"rows\[0\]\.accuracy must be a share of 0 to 1 within"),
        (("rows", 0, "accuracy", "accuracy"), 99.7, r"rows\[0\]\.accuracy must be a share of 0 to 1 within"),
        (("rows", 0, "model"), "\ud800", "surrogates not allowed"),
        (("rows", 0, "accuracy", "n"), 0, r"rows\[0\]\.accuracy must be of one digit or more"),
        (("rows", 0, "accuracy", "confusion"), [[1, 2], [3]], r"accuracy\.confusion must have one count more"),
    ],
)
def test_a_field_that_cannot_be_is_named(place, value, said):
    """A document whose fields are of another kind, or are figures that cannot be, is refused; the error says where."""
    document = json.loads(make_result(make_row()).to_json())
    inner = document
    for step in place[:-1]:
        inner = inner[step]
    inner[place[-1]] = value
    with pytest.raises(DataError, match=said):
        BenchResult.from_json(json.dumps(document))


def test_what_is_no_text_is_said_in_plain_words():
    """Neither a codec nor a byte is named."""
    with pytest.raises(DataError, match=r"found no whole JSON document \(it is no UTF-8 text\); copy it again$"):
        BenchResult.from_json(b"\x89PNG", name="a.json")


def test_brackets_without_end_are_no_document():
    """A file that nests deeper than Python reads is refused in one line."""
    with pytest.raises(DataError, match="found no whole JSON document"):
        BenchResult.from_json("[" * 100_000)


def test_a_field_that_is_missing_is_named():
    """A document without a field that has no default is refused by the field's name."""
    document = json.loads(make_result(make_row()).to_json())
    del document["rows"][0]["sha256"]
    with pytest.raises(DataError, match=r"rows\[0\]\.sha256 is missing"):
        BenchResult.from_json(json.dumps(document))
