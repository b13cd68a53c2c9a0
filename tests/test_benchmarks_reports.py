"""Reports: Markdown, CSV, the page with its plots, and several devices side by side."""

import csv
import dataclasses
import io
import re

import pytest
from click.testing import CliRunner
from test_benchmarks_figures import FAILED, HOSTILE, make_result, make_row
from test_benchmarks_schema import full_row

from benchmarks.csv_document import HEAD as CSV_HEAD
from benchmarks.csv_document import format_csv
from benchmarks.device_names import device_names
from benchmarks.markdown import format_markdown
from benchmarks.pareto import pareto_front
from benchmarks.report import report
from benchmarks.rows import count_answers

np = pytest.importorskip("numpy")


def on_board(name, *rows):
    result = make_result(*rows)
    return dataclasses.replace(result, environment=dataclasses.replace(result.environment, board=name))


def with_confusion(row):
    answers = np.array([0, 1, 2, 3, 3, -1], np.int16)
    return dataclasses.replace(row, accuracy=count_answers(answers, np.array([0, 1, 2, 3, 5, 9], np.uint8)))


def test_markdown_is_a_table_that_no_name_breaks():
    """Each row has as many cells as the head, whatever a model is called."""
    text = format_markdown([make_result(make_row(model="a|b<i>*c*"), FAILED, notes=("note",))])
    table = [line for line in text.splitlines() if line.startswith("|")]
    assert len(table) == 4
    assert {len(re.findall(r"(?<!\\)\|", line)) for line in table} == {11}
    assert "a\\|b&lt;i&gt;\\*c\\*" in text
    assert "- note" in text


def test_csv_has_a_line_for_each_row_with_plain_figures():
    """Figures are those of the JSON, and what is not known is empty."""
    lines = list(csv.DictReader(io.StringIO(format_csv([make_result(make_row(), FAILED)]))))
    assert tuple(lines[0]) == CSV_HEAD
    assert float(lines[0]["median_s"]) == make_row().latency.median_s
    assert (lines[0]["accuracy"], lines[0]["correct"], lines[0]["error"]) == ("0.99", "990", "")
    assert (lines[1]["median_s"], lines[1]["accuracy"]) == ("", "")
    assert "SIGSEGV" in lines[1]["error"]


def test_the_pareto_front_is_what_nothing_beats():
    """A point is left out where another costs no more and is worth no less."""
    points = [(1.0, 0.5), (2.0, 0.4), (2.0, 0.9), (3.0, 0.9), (0.5, 0.1), (1.0, 0.5)]
    assert sorted(pareto_front(points)) == [0, 2, 4, 5]
    assert pareto_front([]) == []


def test_devices_are_told_apart():
    """One device needs no name; equal ones are numbered."""
    assert device_names([make_result()]) == [""]
    assert device_names([on_board("Pi 4"), on_board("Pi 5"), on_board("Pi 4")]) == ["Pi 4 (1)", "Pi 5", "Pi 4 (2)"]


def test_devices_stand_side_by_side(tmp_path):
    """Two results make two tables, and one page with both devices, their figures and environments."""
    pytest.importorskip("matplotlib")
    paths = []
    for name in ("Pi 4", "Pi 5"):
        paths.append(tmp_path / f"{name}.json")
        paths[-1].write_text(on_board(name, with_confusion(full_row()), FAILED).to_json(), encoding="utf-8")
    out = tmp_path / "page.html"
    done = CliRunner().invoke(report, [*map(str, paths), "--html", str(out), "--csv", str(tmp_path / "a.csv")])
    assert done.exit_code == 0, done.output
    assert "Pi 4, 2026-01-31" in done.stdout
    page = out.read_text(encoding="utf-8")
    assert "Digit models on 2 devices" in page
    assert page.count("<table>") == 2
    for words in ("Pareto front", "Distribution", "Time of each op", "time of a frame", "what they were read as"):
        assert words in page
    assert len((tmp_path / "a.csv").read_text(encoding="utf-8").splitlines()) == 5


def test_titles_keep_within_their_plots():
    """The longest name of a row and device leaves no text beyond the right edge of its figure."""
    pytest.importorskip("matplotlib")
    from matplotlib.text import Text

    from benchmarks.detail_plots import draw_confusions, draw_distributions, draw_ops, draw_stages
    from benchmarks.plot_style import Shown

    row = dataclasses.replace(with_confusion(full_row()), model="cnn-large_int8_" * 4, num_threads=16, delegate="none")
    shown = [Shown(row, "Raspberry Pi…del B Rev 1.5")]
    figures = [draw_distributions(shown), *draw_ops(shown), *draw_stages(shown), *draw_confusions(shown)]
    assert len(figures) == 4
    for figure in figures:
        figure.draw_without_rendering()
        for text in figure.findobj(lambda each: isinstance(each, Text) and len(each.get_text()) > len("2.4 ms, 10%")):
            assert text.get_window_extent().x1 <= figure.bbox.x1, text


def test_sixteen_series_have_colours_of_their_own():
    """Two runtimes with three numbers of threads and two delegates are told apart."""
    pytest.importorskip("matplotlib")
    from benchmarks.plot_style import COLOURS

    assert len(set(COLOURS)) == len(COLOURS) == 16


def test_a_long_legend_takes_no_room_from_the_plot():
    """A figure with twelve settings is taller than one with four, so that its plot keeps its height."""
    pytest.importorskip("matplotlib")
    from benchmarks.plots import draw_each

    few, many = ([dataclasses.replace(full_row(), num_threads=1 + each) for each in range(count)] for count in (4, 12))
    heights = []
    for rows in (few, many):
        figure = next(figure for title, figure in draw_each([make_result(*rows)]) if "against bytes" in title)
        figure.draw_without_rendering()
        heights.append(figure.axes[0].get_window_extent().height)
    assert heights[1] > 0.9 * heights[0]


def test_a_page_stays_below_a_megabyte(tmp_path):
    """However much there is to draw, the page is under 1 MB, loads nothing, and says what it leaves out."""
    pytest.importorskip("matplotlib")
    from benchmarks.report import write_html

    rows = [with_confusion(dataclasses.replace(full_row(), model=f"{number}{HOSTILE}")) for number in range(24)]
    write_html(make_result(*rows), tmp_path / "page.html")
    page = (tmp_path / "page.html").read_bytes()
    assert len(page) < 1_000_000
    assert b"plots are left out" in page
    assert b"<script" not in page
    assert not re.search(rb'(src|href)="(?!data:)', page)
    assert b"@import" not in page


def test_a_report_of_an_incomplete_result_says_so(tmp_path):
    """A result that was stopped is shown, with a note."""
    path = tmp_path / "a.json"
    path.write_text(make_result(make_row(), stopped_by="SIGINT").to_json(), encoding="utf-8")
    done = CliRunner().invoke(report, [str(path)])
    assert done.exit_code == 0
    assert "is incomplete: stopped by SIGINT" in done.stderr
    missing = CliRunner().invoke(report, [str(tmp_path / "none.json")])
    assert missing.exit_code == 6
    assert missing.stderr.count("\n") == 1


def test_a_result_without_rows_is_said(tmp_path):
    """An empty report would look like one that went wrong."""
    path = tmp_path / "a.json"
    path.write_text(make_result().to_json(), encoding="utf-8")
    done = CliRunner().invoke(report, [str(path)])
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr == f"error: expected a result with rows to show, found none in {path}; measure again\n"
