"""Writing the report of `evaluate`: a page, the pictures in it as PNG files, and the JSON document."""

from __future__ import annotations

import json
import re
from pathlib import Path

from benchmarks.photo_list import ROW, SINGLE
from device.output_files import write_text
from device.reading import utc_timestamp

from ..run_files import read_json
from .document import MOST_MISTAKES, SCHEMA, make_document
from .figures import worst_mistakes
from .misread_sheet import draw_misread
from .page import make_page
from .photo_evaluation import PhotoEvaluation
from .plots import draw_confusion, draw_mistakes, draw_models, draw_reliability, save_png
from .result import EvaluatedModel, EvaluationResult

PAGE_NAME = "report.html"
DOCUMENT_NAME = "evaluation.json"
MODELS_NAME = "models.png"
MODEL_PICTURES = ("confusion", "calibration", "mistakes")
PHOTOS, ROWS = "photos", "rows"
TILE, ROW_TILE = 230, 390  # pixels


def write_report(result: EvaluationResult, folder: Path, *, made_at_s: float) -> list[Path]:
    """Write the report, and remove the pictures of an earlier one there that it does not draw again.

    Args:
        result: what was found.
        folder: where to write; made if need be.
        made_at_s: the time, seconds since 1970.

    Returns:
        The files, the page first.

    Raises:
        OutputError: one cannot be written.
    """
    made_at = f"{utc_timestamp(made_at_s)[:16].replace('T', ' ')} UTC"
    page, document = folder / PAGE_NAME, folder / DOCUMENT_NAME
    earlier = _pictures_of(document)
    stems = _stems([model.name for model in result.models])
    written = []
    for model in result.models:
        written += _write_model(model, result, folder, stem=stems[model.name])
    if len(result.models) > 1:
        models = folder / MODELS_NAME
        evaluations = [model.evaluation for model in result.models]
        names = [model.name for model in result.models]
        save_png(draw_models(names, evaluations, title=result.digits.description), models)
        written.append(models)
    for photos in result.photos:
        written += _write_photos(photos, folder, stem=stems[photos.model])
    # Before the document, which tells what there is to remove should this be stopped.
    for path in earlier.difference(written):
        path.unlink(missing_ok=True)
    write_text(document, json.dumps(make_document(result), indent=1, ensure_ascii=False) + "\n")
    write_text(page, make_page(result, made_at=made_at))
    return [page, document, *written]


def _pictures_of(document: Path) -> set[Path]:
    """Return the pictures of the report whose document this is; none where it is no such document, or not there."""
    try:
        report = read_json(document)
        if report["schema"] != SCHEMA:
            return set()
        stems = _stems([each["name"] for each in report["models"]])
        found = {f"{stem}-{what}.png" for stem in stems.values() for what in MODEL_PICTURES}
        for photos in report["photos"]:
            whats = {ROWS if each["kind"] == ROW else PHOTOS for each in photos["kinds"]}
            found |= {f"{stems[photos['model']]}-{what}.png" for what in whats}
    except (KeyError, TypeError, ValueError):  # among them DataError
        return set()
    paths = {document.with_name(name) for name in found | ({MODELS_NAME} if len(stems) > 1 else set())}
    return {path for path in paths if path.is_file()}


def _write_model(model: EvaluatedModel, result: EvaluationResult, folder: Path, *, stem: str) -> list[Path]:
    found, labels = model.evaluation, result.digits.labels
    paths = [folder / f"{stem}-{what}.png" for what in MODEL_PICTURES]
    wrong = found.count - found.correct
    title = f"{model.name}: {found.accuracy:.2%} of {found.count:,} right, {wrong:,} mistakes"
    save_png(draw_confusion(found, title=title), paths[0])
    save_png(draw_reliability(found, title=model.name), paths[1])
    mistakes = worst_mistakes(found, labels, most=MOST_MISTAKES)
    which = f"all {wrong} mistakes, the surest first"
    if len(mistakes) < wrong:
        which = f"the {len(mistakes)} of {wrong:,} mistakes it was surest of"
    save_png(draw_mistakes(result.digits.images, mistakes, title=f"{model.name}: {which}"), paths[2])
    return paths


def _write_photos(photos: PhotoEvaluation, folder: Path, *, stem: str) -> list[Path]:
    """Write the contact sheets of misread photographs, those of several digits larger and apart."""
    written = []
    for what, tile, is_row in ((PHOTOS, TILE, False), (ROWS, ROW_TILE, True)):
        read = [each for each in photos.readings if each.error is None and (each.photo.kind == ROW) == is_row]
        misread = [each for each in photos.misread if (each.photo.kind == ROW) == is_row]
        if not read:
            continue
        path = folder / f"{stem}-{what}.png"
        kind = "photographs of several digits" if is_row else "photographs of a single digit or none"
        if all(each.photo.kind == SINGLE for each in read):
            kind = "photographs of single digits"
        draw_misread(misread, path, title=f"{photos.model}: {len(misread)} of {len(read)} {kind} misread", tile=tile)
        written.append(path)
    return written


def _stems(names: list[str]) -> dict[str, str]:
    """Return for each model a stem for file names, no two alike."""
    plain = {name: re.sub(r"[^\w.-]+", "-", str(Path(name).with_suffix(""))).strip("-.") or "model" for name in names}
    found: dict[str, str] = {}
    for number, (name, stem) in enumerate(plain.items(), start=1):
        alone = sum(other == stem for other in plain.values()) == 1
        candidate = stem if alone else f"{stem}-{Path(name).suffix.lstrip('.') or number}"
        found[name] = candidate if candidate not in found.values() else f"{candidate}-{number}"
    return found
