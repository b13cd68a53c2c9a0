"""The result of `evaluate` as one page of HTML that needs no network, script or font from elsewhere."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from html import escape

from matplotlib.figure import Figure
from PIL import Image

from benchmarks.page_style import STYLE, cards_below
from benchmarks.photo_list import ROW
from benchmarks.plots import to_svg
from device.version import VERSION

from .document import MOST_MISTAKES
from .figures import worst_mistakes
from .misread_sheet import describe, reading_as_jpeg
from .photo_evaluation import PhotoEvaluation
from .photo_reading import PhotoReading
from .plots import draw_confusion, draw_models, draw_reliability
from .result import EvaluatedModel, EvaluationResult
from .table import (
    CLASS_HEAD,
    COMPARISON_HEAD,
    KIND_NAMES,
    MODEL_HEAD,
    PHOTO_HEAD,
    accepted_lines,
    class_rows,
    comparison_rows,
    confusion_line,
    format_share,
    model_rows,
    photo_cells,
    photo_rows,
    photo_summary,
)

MOST_PHOTOS, MOST_ROWS = 48, 12
PHOTO_SIDE, ROW_SIDE = 190, 360  # pixels
MANY_COLUMNS = 5  # more have to be set smaller on a telephone
EXPLANATION = (
    "Intervals are Wilson's at 95 %. Top 2: the true digit has the best or second best score. Macro F1: mean of "
    "the F1 of the digits that occur or that something was read as. Loss: mean cross-entropy. ECE: expected "
    "calibration error over 15 bins of equal width."
)

OWN_STYLE = """\
.cards { margin: .6rem 0; }
.cards td.name, .cards td[data-head^="accuracy"] { grid-column: 1 / -1; }
.tiles { display: flex; flex-wrap: wrap; gap: .9rem .8rem; margin: .8rem 0; }
.tiles figure { margin: 0; font-size: .82rem; line-height: 1.3; }
.tiles figcaption b { color: var(--accent); font-weight: 600; }
.digits { display: grid; grid-template-columns: repeat(auto-fill, minmax(5.3rem, 1fr)); }
.digit { width: 5.25rem; height: 5.25rem; image-rendering: pixelated; display: block; }
.photo { display: block; max-width: 100%; height: auto; background: var(--line); }
.photos figure { width: 12.5rem; overflow-wrap: anywhere; }
.rows figure { width: 22.5rem; max-width: 100%; overflow-wrap: anywhere; }
h3 { font-size: .98rem; margin: 1.4rem 0 .3rem; }
.compact { width: auto; }
.beside { display: grid; grid-template-columns: max-content 1fr; gap: 0 2.2rem; align-items: start; }
.beside > div:first-child { width: min-content; }
@media screen and (max-width: 44rem) {
  .beside { display: block; }
  .beside > div:first-child { width: auto; }
  .compact { width: 100%; }
  .compact td, .compact th { padding: .3rem; }
  .compact th, .compact td.name { white-space: normal; overflow-wrap: anywhere; }
  .many { font-size: .74rem; }
  .many td, .many th { padding: .3rem .15rem; }
  .digits { grid-template-columns: repeat(auto-fill, minmax(4.9rem, 1fr)); }
  .digit { width: 4.4rem; height: 4.4rem; }
  .photos figure { width: calc(50% - .4rem); }
}
@media print {
  figure { break-inside: avoid; }
  .tiles { gap: .25cm .2cm; }
  .tiles figure { font-size: 7pt; }
  .digits { grid-template-columns: repeat(8, 1fr); }
  .digits figure { font-size: 6pt; }
  .digit { width: 1.35cm; height: 1.35cm; }
  .photos figure { width: 3.4cm; }
  .rows figure { width: 5.8cm; }
  h3 { break-after: avoid; }
  section.model { break-before: page; }
}
"""
PAGE_STYLE = STYLE + cards_below("60rem", tables=".cards") + OWN_STYLE


def make_page(result: EvaluationResult, *, made_at: str) -> str:
    """Return the page as HTML; every text in it is escaped.

    Args:
        result: what to show.
        made_at: the time, for people to read.
    """
    alone = len(result.models) == 1
    what = result.models[0].name if alone else f"{len(result.models)} digit models"
    title = f"{what} on {len(result.digits.labels):,} digits"
    sections = [
        f"<h1>{escape(title)}</h1>",
        f'<p class="faint">{escape(result.digits.description)} · edge-digits {escape(VERSION)} · {escape(made_at)}</p>',
        _verdict(result),
        "" if alone else _plots([("Accuracy of each model", _models_figure(result))]),
        _table(MODEL_HEAD, model_rows(result.models), names=2),
        *(f"<p>{escape(line)}</p>" for line in accepted_lines(result.models)),
        f'<p class="faint">{escape(EXPLANATION)}</p>',
        _comparisons(result),
        *(_model(each, result) for each in result.models),
        *(_photos(each) for each in result.photos),
        _notes(result),
    ]
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>\n{PAGE_STYLE}</style>\n</head>\n<body>\n"
        + "\n".join(filter(None, sections))
        + "\n</body>\n</html>\n"
    )


def _verdict(result: EvaluationResult) -> str:
    """Name the best model, or those that share the first place."""
    most = max(each.evaluation.correct for each in result.models)
    best = [each for each in result.models if each.evaluation.correct == most]
    found = best[0].evaluation
    names = " and ".join(f"<b>{escape(each.name)}</b>" for each in best)
    return (
        f'<p class="verdict">{"Best: " if len(result.models) > 1 else ""}{names} read{"s" if len(best) == 1 else ""} '
        f"<b>{escape(format_share(found.accuracy, found.interval_95))}</b> right: {found.count - found.correct:,} "
        f"mistakes in {found.count:,}.</p>"
    )


def _models_figure(result: EvaluationResult) -> Figure:
    evaluations = [each.evaluation for each in result.models]
    return draw_models([each.name for each in result.models], evaluations, title=result.digits.description)


def _comparisons(result: EvaluationResult) -> str:
    if not result.comparisons:
        return ""
    rows = comparison_rows(result.comparisons)
    note = "Both models answer for the same digits, so only those that one of them alone reads wrong tell them apart."
    return (
        f"<h2>The same digits, model against model</h2>\n{_table(COMPARISON_HEAD, rows, names=2, words_last=True)}\n"
        f'<p class="faint">{note}</p>'
    )


def _model(model: EvaluatedModel, result: EvaluationResult) -> str:
    found = model.evaluation
    plots = [
        (f"How often {model.name} read each digit as each other", draw_confusion(found, title=_mistakes_title(model))),
        (f"Calibration of {model.name}", draw_reliability(found, title=model.name)),
    ]
    mistaken = f"<p>Most often mistaken: {escape(confusion_line(found))}.</p>" if found.correct < found.count else ""
    parts = [
        f"<h2>{escape(model.name)}</h2>",
        _plots(plots),
        '<div class="beside">',
        f"<div>{_table(CLASS_HEAD, class_rows(found), names=1, compact=True)}{mistaken}</div>",
        f"<div>{_gallery(model, result)}</div>",
        "</div>",
    ]
    return '<section class="model">\n' + "\n".join(filter(None, parts)) + "\n</section>"


def _mistakes_title(model: EvaluatedModel) -> str:
    found = model.evaluation
    return f"{found.count - found.correct:,} mistakes in {found.count:,} digits"


def _gallery(model: EvaluatedModel, result: EvaluationResult) -> str:
    found = model.evaluation
    mistakes = worst_mistakes(found, result.digits.labels, most=MOST_MISTAKES)
    if not mistakes:
        return "<p>Nothing was read wrong.</p>"
    tiles = []
    for mistake in mistakes:
        source = _data("image/png", _png(Image.fromarray(result.digits.images[mistake.index])))
        tiles.append(
            f'<figure><img class="digit" alt="digit number {mistake.index}" src="{source}">'
            f"<figcaption>is {mistake.truth}<br><b>read {mistake.answer}</b> {mistake.confidence:.0%}</figcaption>"
            "</figure>"
        )
    wrong = found.count - found.correct
    count = f"All {wrong}" if len(mistakes) == wrong else f"The {len(mistakes)} of {wrong:,}"
    heading = f"{count} mistakes{', the surest first' if len(mistakes) == wrong else ' it was surest of'}"
    return f'<h3>{heading}</h3>\n<div class="tiles digits">\n{chr(10).join(tiles)}\n</div>'


def _photos(photos: PhotoEvaluation) -> str:
    parts = [f"<h2>Photographs read by {escape(photos.model)}</h2>"]
    for kind in photos.kinds:
        table = photo_cells([PHOTO_HEAD, *photo_rows(kind)], kind.kind)
        parts += [f"<h3>{escape(KIND_NAMES[kind.kind].capitalize())}</h3>", f"<p>{escape(photo_summary(kind))}.</p>"]
        parts.append(_table(table[0], table[1:], names=1, compact=True))
        misread = [each for each in photos.misread if each.photo.kind == kind.kind]
        most = MOST_ROWS if kind.kind == ROW else MOST_PHOTOS
        parts.append(_photo_tiles(misread[:most], rows=kind.kind == ROW))
        if len(misread) > most:
            parts.append(f"<p>And {len(misread) - most} more; the contact sheet beside this page shows all.</p>")
    if photos.unreadable:
        lines = "".join(f"<li>{escape(line)}</li>" for line in photos.unreadable)
        count = len(photos.unreadable)
        pictures = "1 picture that cannot be read" if count == 1 else f"{count} pictures that cannot be read"
        parts.append(f"<h3>{pictures}, counted nowhere</h3>\n<ul>{lines}</ul>")
    return '<section class="model">\n' + "\n".join(filter(None, parts)) + "\n</section>"


def _photo_tiles(readings: Sequence[PhotoReading], *, rows: bool) -> str:
    tiles = []
    for reading in readings:
        truth, said = (escape(text) for text in describe(reading))
        source = _data("image/jpeg", reading_as_jpeg(reading, side=ROW_SIDE if rows else PHOTO_SIDE))
        name = escape(f"{reading.photo.source}: {reading.photo.path.name}")
        tiles.append(
            f'<figure><img class="photo" alt="{name}" src="{source}"><figcaption>{truth}<br><b>{said}</b><br>'
            f'<span class="faint">{name}</span></figcaption></figure>'
        )
    kind = "rows" if rows else "photos"
    return f'<div class="tiles {kind}">\n{chr(10).join(tiles)}\n</div>' if tiles else ""


def _notes(result: EvaluationResult) -> str:
    items = "".join(f"<li>{escape(note)}</li>" for note in result.notes)
    return f"<h2>Notes</h2>\n<ul>{items}</ul>" if items else ""


def _plots(plots: Sequence[tuple[str, Figure]]) -> str:
    images = [f'<img alt="{escape(words)}" src="{_data("image/svg+xml", to_svg(figure))}">' for words, figure in plots]
    return f'<div class="plots">\n{chr(10).join(images)}\n</div>'


def _table(
    head: Sequence[str],
    rows: Sequence[Sequence[str]],
    *,
    names: int,
    compact: bool = False,
    words_last: bool = False,
) -> str:
    """Return a table whose first `names` columns are words and the others, save maybe the last, numbers."""
    kinds = ["name" if place < names else "number" for place in range(len(head))]
    if words_last:
        kinds[-1] = "name"
    heads = "".join(f'<th class="{kind}">{escape(text)}</th>' for kind, text in zip(kinds, head, strict=True))
    body = "\n".join(
        "<tr>"
        + "".join(
            f'<td class="{kind}" data-head="{escape(name)}">{escape(text)}</td>'
            for kind, name, text in zip(kinds, head, row, strict=True)
        )
        + "</tr>"
        for row in rows
    )
    kind = "cards" if not compact else "compact many" if len(head) > MANY_COLUMNS else "compact"
    opening = f'<div class="wide">\n<table class="{kind}">'
    return f"{opening}\n<thead><tr>{heads}</tr></thead>\n<tbody>\n{body}\n</tbody>\n</table>\n</div>"


def _data(kind: str, content: bytes) -> str:
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"


def _png(picture: Image.Image) -> bytes:
    content = io.BytesIO()
    picture.save(content, format="PNG", optimize=True)
    return content.getvalue()
