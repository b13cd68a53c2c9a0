"""Photographs are changed in many ways, and what is still read is counted by source."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from click.testing import CliRunner

from benchmarks.changed_photos import changes, main
from benchmarks.measuring_digits import MeasuringDigits


@pytest.mark.parametrize("shape", [(40, 60), (40, 60, 3)])
@pytest.mark.parametrize("name", list(changes()))
def test_a_change_gives_another_frame(name: str, shape: tuple[int, ...]) -> None:
    """Grey or BGR, and not the same unless it is called so."""
    image = np.random.default_rng(0).integers(0, 256, shape).astype(np.uint8)
    before = image.copy()
    changed = changes()[name](image)
    assert changed.dtype == np.uint8
    assert changed.shape[2:] in ((), (3,))
    assert np.array_equal(image, before)
    is_same = changed.shape == image.shape and np.array_equal(changed, image)
    assert is_same == (name == "none" or (name == "grey" and image.ndim == 2))


def test_the_command_counts_by_source_and_holds_its_limit(tmp_path: Path, sample_digits: MeasuringDigits) -> None:
    """Digits that are easy to read are read under most changes."""
    lines = ["path,label,kind,source"]
    for number, (digit, label) in enumerate(zip(sample_digits.images[:4], sample_digits.labels[:4], strict=True)):
        cv2.imwrite(str(tmp_path / f"{number}.png"), cv2.resize(255 - digit, (140, 140)))
        lines.append(f"{number}.png,{label},single,{'ab'[number % 2]}")
    (tmp_path / "labels.csv").write_text("\n".join(lines))
    result = CliRunner().invoke(main, [str(tmp_path / "labels.csv"), "--json", "--min-mean", "1"])
    document = json.loads(result.stdout)
    assert result.exit_code == (0 if document["met"] else 3)
    assert document["measured"]["photographs"] == {"a": 2, "b": 2}
    assert list(document["measured"]["right"]) == list(changes())
    assert document["measured"]["right"]["none"] == {"a": 2, "b": 2}
    assert document["measured"]["mean"] > 0.7
