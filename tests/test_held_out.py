"""Numbers of the finder, chosen without the source that they are judged on."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from click.testing import CliRunner
from PIL import Image

from benchmarks.held_out import AS_IT_IS, changed, held_out, leave_one_out, numbers
from device.finding import finder


def test_a_source_does_not_choose_for_itself() -> None:
    """What is best for the others reads the source left out; of equals, what is shipped."""
    shares = {"a × 1.4": {"x": 1.0, "y": 0.5, "z": 0.5}, AS_IT_IS: {"x": 0.6, "y": 0.9, "z": 0.5}}
    found = {each.source: (each.shipped, each.held_out, each.chosen) for each in leave_one_out(shares)}
    assert found == {"x": (0.6, 0.6, AS_IT_IS), "y": (0.9, 0.5, "a × 1.4"), "z": (0.5, 0.5, AS_IT_IS)}


def test_a_changed_number_comes_back() -> None:
    """Also after an error, the finder is what it was."""
    number = next(each for each in numbers() if each.name == "CLEARNESS")
    try:
        with changed(number, 2.0):
            assert number.value * 2 == finder.CLEARNESS
            raise ValueError
    except ValueError:
        assert number.value == finder.CLEARNESS


def test_photographs_are_read_with_every_number_changed(tmp_path: Path, monkeypatch) -> None:
    """The command prints each source, what is chosen for it, and the mean."""
    monkeypatch.setattr("benchmarks.held_out.MODULES", ("finder",))
    page = np.full((120, 120), 220, np.uint8)
    page[30:90, 56:64] = 40
    for name in ("one", "other"):
        Image.fromarray(page).save(tmp_path / f"{name}.png")
    (tmp_path / "labels.csv").write_text("path,label,kind,source\none.png,1,single,a\nother.png,1,single,b\n")
    run = CliRunner().invoke(held_out, [str(tmp_path / "labels.csv"), "--json"])
    document = json.loads(run.stdout)
    assert [each["source"] for each in document["measured"]["sources"]] == ["a", "b"]
    assert len(document["measured"]["changes"]) == 1 + 2 * sum(each.module == "finder" for each in numbers())
