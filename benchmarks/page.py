"""A result as a page of HTML that needs no network and no script."""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape
from urllib.parse import quote

from .device_names import device_name, device_names
from .environment import describe_throttling
from .notes import note_lines
from .page_style import STYLE, cards_below
from .quantities import format_accuracy, format_bytes, format_joules, format_median, format_seconds
from .recommendation import Wishes, recommend
from .results import BenchResult, Row
from .table import protocol, runtime_name, tells_energy

PLOT_BYTES = 850_000  # the page stays below 1 MB, whatever there is to draw
PAGE_STYLE = STYLE + cards_below("75rem", tables="table")
HEADS = ("Model", "Variant", "Runtime")
FIGURE_HEADS = (
    *("Bytes", "Accuracy (95 %)", "Median (95 %)", "p95", "p99", "Digits/s", "First", "Build", "Memory", "Energy"),
)


def make_page(results: Sequence[BenchResult]) -> str:
    """Return the page as HTML; every text in it is escaped.

    Args:
        results: one, or those of several devices to show side by side.
    """
    title = f"Digit models on {device_name(results[0]) if len(results) == 1 else f'{len(results)} devices'}"
    sections = [f"<h1>{escape(title)}</h1>", _verdict(results), _plots(results)]
    for result, name in zip(results, device_names(results), strict=True):
        sections += _device_sections(result, name)
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>\n{PAGE_STYLE}</style>\n</head>\n<body>\n"
        + "\n".join(filter(None, sections))
        + "\n</body>\n</html>\n"
    )


def _device_sections(result: BenchResult, name: str) -> list[str]:
    """Return table, environment and notes of one result, under its device's name if there are several."""
    where = f" of {escape(name)}" if name else ""
    cause = "The connection broke" if result.stopped_by == "connection" else f"Stopped by {result.stopped_by}"
    stopped = f'<p class="warning">{escape(cause)} before the end: incomplete.</p>'
    notes = [*(f"{each.model}: {each.error}" for each in result.unreadable), *result.notes, *note_lines(result)]
    sections = [
        f"<h2>Figures{where}</h2>",
        "" if result.complete else stopped,
        f'<p class="faint">edge-digits {escape(result.environment.edge_digits)} · {_minute(result.started_at)}</p>',
        _table(result),
        f'<p class="faint">{escape(protocol(result))} {escape(_explain(result))}</p>',
        f"<h2>Environment{where}</h2>",
        _definitions(_environment_facts(result)),
    ]
    if notes:
        sections += [f"<h2>Notes{where}</h2>", "<ul>", *(f"<li>{escape(note)}</li>" for note in notes), "</ul>"]
    return sections


def _verdict(results: Sequence[BenchResult]) -> str:
    """Return a paragraph for each device: what is fastest, and what is fastest of those that read best."""
    lines = []
    for result, name in zip(results, device_names(results), strict=True):
        fastest, best = _fastest(result), recommend(result.rows, Wishes()).chosen
        if fastest is None:
            continue
        words = [f"Fastest{f' on {escape(name)}' if name else ''}: {_praise(fastest)}."]
        if best is not None and best is not fastest:
            words.append(f"Fastest of those that read as well as the best: {_praise(best)}.")
        lines.append(f'<p class="verdict">{" ".join(words)}</p>')
    return "\n".join(lines)


def _praise(row: Row) -> str:
    assert row.latency is not None
    read = f", reading {format_accuracy(row.accuracy)} of digits right" if row.accuracy else ""
    return (
        f"<b>{escape(row.model)}</b> in {escape(runtime_name(row))}, "
        f"<b>{format_seconds(row.latency.median_s)}</b> a digit{read}"
    )


def _fastest(result: BenchResult) -> Row | None:
    measured = [(row.latency.median_s, index) for index, row in enumerate(result.rows) if row.latency]
    return result.rows[min(measured)[1]] if measured else None


def _plots(results: Sequence[BenchResult]) -> str:
    if all(row.latency is None for result in results for row in result.rows):
        return ""
    from .plots import draw_each, to_svg

    images, left_out, budget = [], 0, PLOT_BYTES
    for words, figure in draw_each(results):
        image = f'<img alt="{escape(words)}" src="{_data_uri(to_svg(figure))}">'
        budget -= len(image.encode())
        if budget < 0:
            left_out += 1
        else:
            images.append(image)
    more = f'<p class="faint">{left_out} more plots are left out to keep this page small.</p>' if left_out else ""
    return f'<div class="plots">\n{chr(10).join(images)}\n</div>\n{more}'


def _data_uri(svg: bytes) -> str:
    """Return an SVG as an address that holds it; text with few escapes is a quarter shorter than base64."""
    text = re.sub(r"<metadata>.*?</metadata>", "", svg.decode(), flags=re.DOTALL)
    text = re.sub(r"(\d\.\d{6})\d+", r"\1", re.sub(r"\s+", " ", text))
    return "data:image/svg+xml," + quote(text, safe=" /:;=,.()'+-*!@$?[]{}|^`~").replace('"', "%22")


def _table(result: BenchResult) -> str:
    best = _fastest(result)
    used = FIGURE_HEADS if tells_energy(result) else FIGURE_HEADS[:-1]
    head = "".join(f"<th>{head}</th>" for head in HEADS)
    head += "".join(f'<th class="number">{head}</th>' for head in used)
    body = "\n".join(_table_row(row, used, best=row is best) for row in result.rows)
    return f'<div class="wide">\n<table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{body}\n</tbody>\n</table>\n</div>'


def _table_row(row: Row, heads: Sequence[str], *, best: bool) -> str:
    cells = [_cell(*each) for each in zip(HEADS, (row.model, row.variant, runtime_name(row)), strict=True)]
    cells.append(_cell("Bytes", f"{row.file_bytes:,}", kind="number"))
    if row.latency is None:
        reason = f'<td class="reason" colspan="{len(heads) - 1}">{escape(row.error or "")}</td>'
        return f"<tr>{''.join(cells)}{reason}</tr>"
    figures = (
        format_accuracy(row.accuracy),
        format_median(row.latency),
        *map(format_seconds, (row.latency.p95_s, row.latency.p99_s)),
        f"{row.latency.per_second:,.0f}",
        *map(format_seconds, (row.first_s, row.construct_s)),
        format_bytes(row.peak_rss_bytes),
        format_joules(row.energy_j),
    )
    cells += [_cell(head, figure, kind="number") for head, figure in zip(heads[1:], figures, strict=False)]
    row_class = ' class="best"' if best else ""
    return f"<tr{row_class}>{''.join(cells)}</tr>"


def _cell(head: str, text: str, *, kind: str = "name") -> str:
    """Return a cell that also carries its head, which a phone shows beside it."""
    kind = "title" if head == HEADS[0] else kind
    return f'<td class="{kind}" data-head="{escape(head)}">{escape(text)}</td>'


def _minute(timestamp: str) -> str:
    """Return "2026-01-31T12:00:00.123Z" as "2026-01-31 12:00 UTC"."""
    return f"{timestamp[:16].replace('T', ' ')} UTC"


def _explain(result: BenchResult) -> str:
    """Return what the columns and plots of the page are, as far as `protocol` does not say."""
    parts = ["First: the first inference. Build: making the interpreter."]
    methods = sorted({row.profile.method for row in result.rows if row.profile})
    parts += [f"Ops: {', '.join(methods)}."] if methods else []
    sources = sorted({row.energy_source for row in result.rows if row.energy_source})
    parts.append(f"Energy of one inference: {', '.join(sources) or 'not told by this machine'}.")
    return " ".join(parts)


def _environment_facts(result: BenchResult) -> list[tuple[str, str]]:
    found = result.environment
    frequency = " of ".join(f"{hertz / 1e9:.2f} GHz" for hertz in (found.frequency_hz, found.max_frequency_hz) if hertz)
    facts = [
        ("Board", found.board),
        ("Processor", f"{found.cpu_model or 'unknown'}, {found.cores} used, {found.machine}"),
        ("Frequency", ", ".join(filter(None, (frequency, found.governor)))),
        ("Temperature", None if found.temperature_celsius is None else f"{found.temperature_celsius:.0f} °C"),
        ("Throttling", found.throttled and (", ".join(describe_throttling(found.throttled)) or "none now")),
        ("Load at the start", None if found.load_1m is None else f"{found.load_1m:.2f}"),
        ("Memory", format_bytes(found.memory_bytes)),
        ("System", ", ".join(filter(None, (found.os, found.kernel)))),
        ("Python", f"{found.python}, numpy {found.numpy}"),
        ("Runtimes", ", ".join(f"{name} {version}" for name, version in found.runtimes.items())),
    ]
    return [(name, text or "not told by this machine") for name, text in facts]


def _definitions(facts: list[tuple[str, str]]) -> str:
    return "<dl>\n" + "\n".join(f"<dt>{name}</dt><dd>{escape(text)}</dd>" for name, text in facts) + "\n</dl>"
