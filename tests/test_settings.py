"""The settings file: everything documented, everything refused by name."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from device.errors import DataError, UsageError
from device.settings.setting import settings_of
from device.settings.settings import CameraSettings, MqttSettings, Settings
from device.settings.settings_file import load_settings, override, parse_settings, print_settings, section_types
from device.settings.settings_options import apply_options
from device.settings.voting_settings import VotingSettings

CHANGED = Settings(
    camera=CameraSettings(width=640, crop=(1, 2, 3, 4), rotate=90, fps=12.5),
    voting=VotingSettings(frames=9, hold=8),
    mqtt=MqttSettings(host='odd "name" \x7f\n', tls=True, ca_file=Path("a b/ca.pem")),
)


@pytest.mark.parametrize("settings", [Settings(), CHANGED], ids=["defaults", "changed"])
def test_printed_settings_load_back(settings: Settings) -> None:
    """What --print-config prints is valid TOML and means the same."""
    assert parse_settings(print_settings(settings), name="printed") == settings


def test_values_that_only_go_together_may_come_in_any_order() -> None:
    """Neither eight of five frames nor three of nine make sense on the way to eight of nine."""
    wanted = VotingSettings(frames=9, hold=8)
    for frames, hold in ((0, 1), (1, 0)):
        words = ["voting.frames=9", "voting.hold=8"]
        assert override(Settings(), [words[frames], words[hold]]).voting == wanted
    assert apply_options(Settings(), {"voting__frames": "9", "voting__hold": "8"}).voting == wanted


def test_an_assignment_may_complete_an_option() -> None:
    """And both what the file says; what neither says is refused by the name of what was given last."""
    wanted = VotingSettings(frames=9, hold=5)
    assert apply_options(Settings(), {"voting__frames": "9"}, ["voting.hold=5"]).voting == wanted
    file = replace(Settings(), voting=VotingSettings(frames=9, hold=7))
    assert apply_options(file, {"voting__frames": "5"}, ["voting.hold=3"]).voting == VotingSettings(frames=5, hold=3)
    assert apply_options(file, {"voting__frames": "5"}, ["voting.frames=9"]).voting == file.voting
    with pytest.raises(UsageError, match=r"^--set voting\.hold: expected more than half of 9 frames"):
        apply_options(Settings(), {"voting__frames": "9", "voting__hold": "5"}, ["voting.hold=4"])


def test_a_source_that_is_named_takes_the_place_of_a_fake_camera() -> None:
    """Be it named by an option or an assignment, which are over what they replace."""
    file = replace(Settings(), source=replace(Settings().source, fake_camera=Path("x.png"), faults="5:drop"))
    plain = Settings().source
    for options, assignments in (({"source__source": "a.png"}, []), ({}, ["source.source=a.png"])):
        assert apply_options(file, options, assignments).source == replace(plain, source="a.png")
    assert apply_options(file, {}, ["source.watch=true"]).source == replace(file.source, watch=True)
    faked = apply_options(Settings(), {"source__source": "a.png"}, ["source.fake_camera=y.png"]).source
    assert faked.fake_camera == Path("y.png")
    both = apply_options(Settings(), {}, ["source.source=a.png", "source.fake_camera=y.png"]).source
    assert both.fake_camera == Path("y.png")
    real = apply_options(Settings(), {"source__fake_camera": "y.png"}, ["source.source=a.png"]).source
    assert (real.fake_camera, real.source) == (None, "a.png")
    assert apply_options(file, {"source__source": "0", "source__faults": "1:drop"}).source.faults == "1:drop"


def test_every_setting_is_documented() -> None:
    """No key without a sentence."""
    for section in section_types().values():
        assert section.__doc__
        for each in settings_of(section):
            assert len(each.help) > 8, each


def test_commented_examples_are_valid() -> None:
    """Taking the # off any example gives a file that loads."""
    text = print_settings(Settings())
    keys = {each.key for section in section_types().values() for each in settings_of(section)}
    lines = [
        line[2:] if line.startswith("# ") and line[2:].split(" =")[0] in keys else line for line in text.split("\n")
    ]
    assert parse_settings("\n".join(lines), name="examples").mqtt.host == "broker.local"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[camra]", r"perhaps 'camera', found \[camra\]"),
        ("[camera]\nwdith = 1", "perhaps 'width', found 'wdith'"),
        ("layout = 'row'", r"expected layout below its section \[reading\], found it above all; move it"),
        ("[camera]\nhost = 'a'", r"host belongs under \[mqtt\]"),
        ("[camera]\nwidth = 'a'", "width: expected a whole number, found 'a'"),
        ("[camera]\nwidth = true", "width: expected a whole number, found True"),
        ("[camera]\nwidth = 0", "width: expected at least 1, found 0"),
        ("[camera]\nsilence_s = nan", "silence_s: expected at least"),
        ("[camera]\nsilence_s = 1e308", r"silence_s: expected a number below 1e\+18"),
        ("[camera]\nrotate = 45", "expected one of 0, 90, 180, 270, found 45"),
        ("[camera]\ncrop = [1, 2, 3]", "expected a list of 4, each a whole number"),
        ("[mqtt]\ntls = 1", "tls: expected true or false, found 1"),
        ("[voting]\nhold = 9", r"\[voting\] hold: expected more than half of 5 frames and not more than all, found 9"),
        ('[reading]\nrois = ["x"]', r"s\.toml: \[reading\] rois: expected NAME=x,y,width,height .*, found 'x'"),
        ('[history]\ncsv = "a\\u0000b"', r"csv: expected a text, found one with a NUL in it: 'a\\x00b'"),
        ('[reading]\nrois = ["a\\u0000=1,2,3,4"]', "rois: expected a text, found one with a NUL in it"),
        ("camera = 3", r"expected \[camera\] with settings below it"),
        ("[camera\n", "expected TOML"),
        (f"a = {'9' * 9_999}", "expected TOML"),
        (f"a = {'[' * 9_999}", "expected sections with settings, found lists or tables in more than 8 others"),
        (f"[camera]\n{'a.' * 5_000}a = 1", "found lists or tables in more than 8 others"),
        (f"[camera]\ncrop = {'[' * 8}{']' * 8}", "found lists or tables in more than 8 others"),
    ],
)
def test_what_makes_no_sense_is_refused_by_name(text: str, said: str) -> None:
    """Unknown names come with the nearest known one, wrong types with the right one."""
    with pytest.raises(UsageError, match=said):
        parse_settings(text, name="s.toml")


def test_a_missing_file_is_one_line(tmp_path: Path) -> None:
    """A settings file that is not there, or a folder, is said."""
    for path in (tmp_path, tmp_path / "none.toml"):
        with pytest.raises(DataError, match="expected a settings file"):
            load_settings(path)


def test_a_text_in_utf_8_is_read_with_a_mark_in_front_and_another_is_refused(tmp_path: Path) -> None:
    """Editors write that mark; of another encoding one line says that it is one."""
    path = tmp_path / "s.toml"
    path.write_text('[mqtt]\ntopic = "Zähler"\n', "utf-8-sig")
    assert load_settings(path).mqtt.topic == "Zähler"
    path.write_text('[mqtt]\ntopic = "Zähler"\n', "utf-16")
    with pytest.raises(UsageError, match=r"s\.toml: expected a text in UTF-8, found byte 0xff at 0; save it as UTF-8"):
        load_settings(path)


def test_one_setting_can_be_given_by_name() -> None:
    """--set takes any setting; text needs no quotes."""
    settings = override(Settings(), ["mqtt.topic=meters", "camera.fps=15", "http.token_file=/x y"])
    assert (settings.mqtt.topic, settings.camera.fps) == ("meters", 15.0)
    assert settings.http == replace(Settings().http, token_file=Path("/x y"))


def test_a_list_is_given_with_semicolons() -> None:
    """Regions hold commas themselves; nothing is a list of none, and four numbers stay apart by commas."""
    assert override(Settings(), ["reading.rois=a=0,0,9,9; b=9,0,9,9"]).reading.rois == ("a=0,0,9,9", "b=9,0,9,9")
    assert override(Settings(), ["reading.rois=a=0,0,9,9"]).reading.rois == ("a=0,0,9,9",)
    assert override(Settings(), ["reading.rois="]).reading.rois == ()
    assert override(Settings(), ["camera.crop=1,2,3,4"]).camera.crop == (1, 2, 3, 4)


@pytest.mark.parametrize("assignment", ["camera.fps", "fps=1", "camera.wdith=1", "camera.fps=fast"])
def test_a_wrong_assignment_is_refused(assignment: str) -> None:
    """--set says what it expected."""
    with pytest.raises(UsageError, match=r"--set.*expected"):
        override(Settings(), [assignment])


@pytest.mark.parametrize(
    ("options", "assignments", "said"),
    [
        ({"reading__rois": ("x",)}, [], r"^--roi: expected NAME=x,y,width,height in whole pixels, .*, found 'x'$"),
        ({"reading__rois": ("a=0,0,9,9",) * 2}, [], r"^--roi: expected a name of its own for each region, found a, a$"),
        ({"voting__hold": "9"}, [], r"^--hold: expected more than half of 5 frames"),
        ({}, ["reading.rois=x"], r"^--set reading\.rois: expected NAME=x,y,width,height"),
    ],
)
def test_what_a_section_refuses_is_called_as_it_was_given(
    options: dict[str, object], assignments: list[str], said: str
) -> None:
    """An option by its name, an assignment by its own."""
    with pytest.raises(UsageError, match=said):
        override(apply_options(Settings(), options), assignments)
