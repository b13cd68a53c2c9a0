"""Streams of readings become calm: votes, changes, thinning out and implausible values."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import pytest

from device.errors import UsageError
from device.plausibility import hold_back
from device.reading import ReadDigit, Reading
from device.settings.voting_settings import VotingSettings
from device.voting import every, first_stable, only_changes, vote


def reading(text: str, *, at_s: float = 0.0, scores: tuple[float, ...] = ()) -> Reading:
    """Make a reading of a text of one or more rows."""
    digits, row = [], 0
    for mark in text:
        if mark == "\n":
            row += 1
        else:
            score = scores[len(digits)] if scores else 0.9
            digits.append(ReadDigit(mark, score, (0, 0, 1, 1), row=row))
    return Reading("camera", 0, at_s, tuple(digits))


def played(texts: Iterable[str]) -> list[Reading]:
    """Play a recorded stream."""
    return [reading(text, at_s=float(second)) for second, text in enumerate(texts)]


BROKEN = Reading("camera", 0, 0.0, error="gone")


def test_a_text_holds_once_enough_frames_agree() -> None:
    """Nothing is stable before three of the latest five read the same; then it is, and changed is said once."""
    voted = list(vote(played(["41", "41", "41", "41"])))
    assert [each.stable for each in voted] == [False, False, True, True]
    assert [each.held for each in voted] == [None, None, "41", "41"]
    assert [each.changed for each in voted] == [False, False, True, False]


def test_a_misread_frame_changes_nothing() -> None:
    """A flicker is not stable and the held text stays."""
    voted = list(vote(played(["41", "41", "41", "47", "41", "4", "41"])))
    assert {each.held for each in voted[2:]} == {"41"}
    assert [each.stable for each in voted[2:]] == [True, False, True, False, True]
    assert sum(each.changed for each in voted) == 1


def test_alternating_texts_never_flicker() -> None:
    """Where two texts alternate the first holds, and what holds does not go to and fro."""
    voted = list(vote(played(["1", "2"] * 20)))
    assert [each.held for each in voted if each.changed] == ["1"]


def test_another_text_replaces_the_held_one_once_it_has_won() -> None:
    """A change is told in the frame in which the new text has its fourth vote."""
    voted = list(vote(played(["1"] * 5 + ["2"] * 5)))
    assert [each.changed for each in voted].index(True, 3) == 8
    assert voted[-1].held == "2"


def test_nothing_to_read_is_a_text_too() -> None:
    """When the digits go away the empty text takes over."""
    assert [each.held for each in vote(played(["7"] * 3 + [""] * 4))] == [None, None, *["7"] * 4, ""]


def test_frames_that_each_misread_another_place_agree_on_a_text() -> None:
    """Votes are counted place by place, by score."""
    voted = list(vote(played(["1235", "1934", "7234", "1234"]), frames=5, hold=3))
    assert voted[-1].held == "1234"


def test_a_question_mark_does_not_outvote_a_digit() -> None:
    """A digit that is unreadable in most frames is taken from the frames that read it, and needs their agreement."""
    assert [each.held for each in vote(played(["4?", "4?", "41", "4?", "41"]), frames=5, hold=3)] == [None] * 5
    assert list(vote(played(["4?", "41", "41", "4?", "41"]), frames=5, hold=3))[-1].held == "41"


def test_labels_of_any_length_are_voted_on() -> None:
    """A model may call its digits by words."""
    words = [("one", "two"), ("one", "ten"), ("one", "two")]
    frames = [
        Reading("camera", 0, 0.0, tuple(ReadDigit(each, 0.9, (0, 0, 1, 1)) for each in labels)) for labels in words
    ]
    assert [each.held for each in vote(frames, frames=3, hold=2)] == [None, None, "onetwo"]


def test_rows_are_voted_on_apart() -> None:
    """A text of another layout does not vote on places."""
    assert list(vote(played(["12\n3", "12\n3", "1\n23", "12\n3"])))[-1].held == "12\n3"


def test_each_region_votes_by_itself() -> None:
    """One that reads another number of digits in each frame keeps none of the others from changing."""
    voted = [*vote([seen(str(20 + frame // 6), "5" if frame % 2 else "58") for frame in range(24)])]
    assert [each.held for each in voted if each.changed] == [f"{left}\n58" for left in (20, 21, 22, 23)]


def test_a_region_in_which_nothing_holds_is_empty() -> None:
    """Once as many frames as may have voted; until then nothing is said of any."""
    voted = [*vote([seen("7", str(frame)) for frame in range(6)])]
    assert [each.held for each in voted] == [None] * 4 + ["7\n"] * 2
    assert [each.changed for each in voted] == [False] * 4 + [True, False]
    assert not any(each.stable for each in voted)


def test_an_error_neither_votes_nor_holds() -> None:
    """A frame that failed is passed on and forgotten."""
    voted = list(vote([*played(["5", "5"]), BROKEN, reading("5")]))
    assert (voted[2].error, voted[2].stable) == ("gone", False)
    assert voted[3].held == "5"


def test_every_lets_one_reading_through_in_its_time() -> None:
    """Ten readings a second, one wanted in two seconds; errors pass; a clock set back silences nothing."""
    stream = [reading("1", at_s=tenth / 10) for tenth in range(50)]
    assert [each.taken_at_s for each in every(stream, seconds=2)] == [0.0, 2.0, 4.0]
    film = [reading("1", at_s=1795744061.7 + frame / 10) for frame in range(9)]
    assert [film.index(each) for each in every(film, seconds=0.2)] == [0, 2, 4, 6, 8]
    assert [each.error for each in every([reading("1"), BROKEN], seconds=9)] == [None, "gone"]
    assert len(list(every([reading("1", at_s=1000.0), reading("1", at_s=3.0)], seconds=5))) == 2


def test_the_first_reading_in_its_time_is_one_that_holds() -> None:
    """Else the first says nothing of what holds, and the next comes long after; where none holds it waits no longer."""
    voted = list(vote([BROKEN, *played(["7"] * 20)]))
    assert [(each.taken_at_s, each.held) for each in every(voted, seconds=10)] == [
        *((0.0, None), (2.0, "7"), (12.0, "7")),
    ]
    torn = list(vote(played([str(second) for second in range(13)] + ["7"] * 20)))
    assert [(each.taken_at_s, each.held) for each in every(torn, seconds=10)] == [
        *((10.0, None), (20.0, "7"), (30.0, "7")),
    ]
    assert [each.taken_at_s for each in every(vote(played(["7", "7"])), seconds=10)] == [1.0]


def test_only_changes_and_the_first_stable_reading() -> None:
    """The events of a stream are its changes; the first stable reading ends it."""
    voted = list(vote(played(["", "", "", "8", "8", "8", "8", "9", "9", "9", "9"])))
    assert [each.held for each in only_changes(voted)] == ["", "8", "9"]
    assert [each.text for each in first_stable(voted)] == ["8"]


def test_a_change_that_comes_too_early_is_told_when_it_is_due() -> None:
    """If it still holds; at the end of all it is told whenever it came, and what went meanwhile is not told at all."""
    stream = list(vote(played(["1"] * 4 + ["2"] * 8 + ["3"] * 5), frames=3, hold=2))
    changes = [each.taken_at_s for each in stream if each.changed]
    assert changes == [1.0, 6.0, 14.0]
    told = list(only_changes(stream, seconds=8))
    assert [(each.taken_at_s, each.held) for each in told] == [(1.0, "1"), (9.0, "2"), (16.0, "3")]
    back = list(vote(played(["1"] * 4 + ["2"] * 4 + ["1"] * 8), frames=3, hold=2))
    assert [each.held for each in only_changes(back, seconds=9)] == ["1"]
    assert [each.error for each in only_changes([BROKEN, *back], seconds=9)] == ["gone", None]


def test_that_a_value_is_held_back_is_a_change() -> None:
    """And that it no longer is, also where what holds stays."""
    texts = ["42"] * 4 + ["12"] * 6 + ["42"] * 6
    told = list(only_changes(hold_back(vote(played(texts)), monotonic="up")))
    assert [(each.held, each.held_back) for each in told] == [
        *(("42", None), ("42", "fell from 42 to 12"), ("42", None)),
    ]


def test_what_holds_ends_a_stream_though_no_frame_reads_it() -> None:
    """Each misreads another digit."""
    voted = vote(played(["1235", "1934", "7234", "1264"]))
    assert [each.held for each in first_stable(voted)] == ["1234"]


def test_a_text_of_doubtful_digits_alone_does_not_end_a_stream() -> None:
    """Nothing was read yet."""
    assert [each.text for each in first_stable(played(["", "??", "?4", "5"]))] == ["?4"]


def test_a_counter_that_only_rises_does_not_fall() -> None:
    """A lower value is held back with its reason and never stable; later values are judged by the last one believed."""
    judged = list(hold_back(played(["41", "42", "12", "43"]), monotonic="up"))
    assert [each.held_back for each in judged] == [None, None, "fell from 42 to 12", None]
    assert [each.stable for each in judged] == [True, True, False, True]
    falling = [each.held_back for each in hold_back(played(["41", "42"]), monotonic="down")]
    assert falling == [None, "rose from 41 to 42"]


def test_a_counter_moves_by_no_more_than_its_step() -> None:
    """A jump is held back; the next value counts from the last one believed."""
    judged = [each.held_back for each in hold_back(played(["100", "103", "903", "104"]), max_step=5)]
    assert judged == [None, None, "went from 103 to 903, by more than 5", None]


@pytest.mark.parametrize(("monotonic", "texts"), [("up", ["9998", "0001"]), ("down", ["0001", "9998"])])
def test_a_counter_may_turn_over(monotonic: str, texts: list[str]) -> None:
    """From its last number a counter goes on at 0."""
    assert [each.held_back for each in hold_back(played(texts), monotonic=monotonic, max_step=5)] == [None, None]
    assert [each.held_back for each in hold_back(played(texts), monotonic=monotonic)][1] is not None


@pytest.mark.parametrize(
    ("monotonic", "texts"), [("up", ["9999", "0000"]), ("down", ["000", "999"]), ("up", ["9", "0"])]
)
def test_a_counter_without_a_limit_on_its_steps_turns_over_by_one(monotonic: str, texts: list[str]) -> None:
    """Further it would be a fall that no counter makes."""
    assert [each.held_back for each in hold_back(played(texts), monotonic=monotonic)] == [None, None]


@pytest.mark.parametrize("texts", [["9998", "0001", "0003"], ["0001", "9999", "9996"]])
def test_a_counter_that_may_go_either_way_turns_over_too(texts: list[str]) -> None:
    """As far as a step goes, and no further."""
    assert [each.held_back for each in hold_back(played(texts), max_step=3)] == [None] * 3
    assert [each.held_back is None for each in hold_back(played(texts), max_step=1)] == [True, False, False]


@pytest.mark.parametrize(("monotonic", "texts"), [("up", ["1234", "1233"]), ("down", ["1233", "1234"])])
def test_a_counter_whose_steps_may_be_as_large_as_its_range_turns_over_the_shorter_way(
    monotonic: str, texts: list[str]
) -> None:
    """Else any number could follow any other."""
    judged = list(hold_back(played(texts), monotonic=monotonic, max_step=100_000))
    assert judged[1].held_back == f"{'fell' if monotonic == 'up' else 'rose'} from {texts[0]} to {texts[1]}"
    over = ["9876", "0123"] if monotonic == "up" else ["0123", "9876"]
    assert [each.held_back for each in hold_back(played(over), monotonic=monotonic, max_step=100_000)] == [None, None]


def test_each_row_is_a_counter_of_its_own() -> None:
    """One that cannot show what was read is named; the others go on meanwhile, and what they show is told."""
    texts = ["10\n50", "11\n51", "12\n40", "13\n40", "14\n52"]
    judged = list(hold_back(vote(played([text for text in texts for _ in range(4)])), monotonic="up", max_step=1))
    reasons = [each.held_back for each in judged]
    assert set(reasons) == {None, "row 2: fell from 51 to 40"}
    assert [each.held for each in judged if each.changed] == ["10\n50", "11\n51", "12\n51", "13\n51", "14\n52"]
    assert judged[-5].held == "13\n51"


def seen(left: str, right: str) -> Reading:
    """Make a reading of two regions."""
    marks = [(mark, "a") for mark in left] + [(mark, "b") for mark in right]
    digits = tuple(ReadDigit(mark, 0.9, (0, 0, 1, 1), roi=roi) for mark, roi in marks)
    return Reading("camera", 0, 0.0, digits, rois=("a", "b"))


def test_each_region_is_a_counter_of_its_own() -> None:
    """Also beside one in which no number was read; it is called by its name."""
    readings = [seen("9", "7"), seen("", "8"), seen("8", "?"), seen("?", "9"), seen("9", "8")]
    assert [each.held_back for each in hold_back(readings, monotonic="up", max_step=1)] == [
        *(None, None, "a: fell from 9 to 8", None, "b: fell from 9 to 8"),
    ]


def test_only_one_of_two_counters_must_stay_to_be_believed() -> None:
    """The other may move meanwhile; rows that come and go are other counters."""
    frames = played(["10\n50", "5", "11\n02", "12\n02", "4", "13\n02"])
    reasons = [each.held_back is not None for each in hold_back(frames, monotonic="up", believe_after=3)]
    assert reasons == [False, False, True, True, True, False]


@pytest.mark.parametrize("between", ["13", "43"])
def test_an_impossible_value_stays_only_without_another_between(between: str) -> None:
    """Be it impossible too, or one that is believed."""
    judged = list(hold_back(played(["42", "12", between, "12"]), monotonic="up", believe_after=2))
    assert [each.held_back is not None for each in judged] == [False, True, between == "13", True]


def test_a_value_that_is_back_after_an_impossible_one_is_no_change() -> None:
    """It held all the time."""
    assert [each.changed for each in hold_back(played(["42", "12", "42", "43"]), monotonic="up")] == [False] * 4
    judged = list(hold_back(played(["42", "12", "43"]), monotonic="up"))
    assert [each.changed for each in judged] == [False, False, True]


def test_a_still_without_a_number_says_nothing_of_a_counter() -> None:
    """Be it blank, doubtful or broken: what was held back before it is still judged by the last value believed."""
    stills = [*played(["42", "12", "", "?"]), BROKEN, *played(["43"])]
    judged = list(hold_back(stills, monotonic="up"))
    assert judged[2:5] == stills[2:5]
    assert [each.changed for each in judged] == [False] * 5 + [True]


def test_beside_a_counter_that_is_held_back_stays_what_was_no_number() -> None:
    """As it was read, until there is one."""
    readings = [replace(each, held=each.text) for each in played(["9\n?", "8\n?"])]
    readings = [replace(each, held="\n".join(each.rows)) for each in readings]
    assert [each.held for each in hold_back(readings, monotonic="up")] == ["9\n?", "9\n?"]


def test_an_impossible_value_is_believed_when_it_stays() -> None:
    """A counter that was exchanged is not doubted for ever, and its change is told then."""
    voted = vote(played(["500"] * 4 + ["003"] * 8))
    judged = list(hold_back(voted, monotonic="up", believe_after=3))
    assert [each.changed for each in judged].count(True) == 2
    assert [each.held_back is not None for each in judged].count(True) == 2
    assert judged[-1].stable


def test_a_value_that_is_held_back_never_holds() -> None:
    """Neither in its own readings nor in a flicker after it, a broken frame or the first frames of the next value."""
    frames = [*played(["100"] * 4 + ["900"] * 5 + ["9?0"]), BROKEN, *played(["101"] * 5)]
    judged = list(hold_back(vote(frames), monotonic="up", max_step=5))
    assert [each.held for each in judged] == [None] * 2 + ["100"] * 12 + ["101"] * 2
    assert [each.held for each in judged if each.changed] == ["100", "101"]
    assert [each.held_back is not None for each in judged] == [False] * 7 + [True] * 3 + [False] + [True] * 3 + [
        False
    ] * 2


def test_an_impossible_text_that_no_frame_read_never_holds() -> None:
    """A text can win place by place, each frame with another misread digit."""
    torn = [reading(text, scores=(0.9, 0.9, 0.9)) for text in ("900", "90?", "9?0", "?00", "900", "90?", "9?0")]
    judged = list(hold_back(vote([*played(["100"] * 4), *torn]), monotonic="up", max_step=5))
    assert {each.held for each in judged} == {None, "100"}
    assert [each.held for each in judged if each.changed] == ["100"]
    first = replace(reading("100"), held="100", changed=True)
    judged = list(hold_back([first, replace(reading("9?0"), stable=False, held="900", changed=True)], max_step=5))
    assert [(each.held, each.changed) for each in judged] == [("100", True), ("100", False)]


def test_what_no_frame_reads_whole_is_believed_too() -> None:
    """So that a counter that rises does not fall from it."""
    torn = ["90005", "19005", "10905", "10095"]
    judged = list(hold_back(vote(played(["10000"] * 6 + torn + ["10003"] * 6)), monotonic="up"))
    assert [each.held for each in judged if each.changed] == ["10000", "10005"]
    assert judged[-1].held_back == "fell from 10005 to 10003"


def test_no_change_is_told_twice() -> None:
    """Neither after a value that was held back nor where single frames read something else than what holds."""
    texts = ["100000"] * 5 + ["900000"] * 5 + ["190005", "109005", "100905", "100095"] + ["100005"] * 5
    judged = list(hold_back(vote(played(texts)), max_step=50))
    assert [each.held for each in judged if each.changed] == ["100000", "100005"]
    judged = list(hold_back(vote(played(["100"] * 6 + ["900"] * 6 + ["100"] * 6)), max_step=5))
    assert [each.held for each in judged if each.changed] == ["100"]


def test_each_change_of_what_holds_is_told() -> None:
    """Also that from nothing back to what was believed before, while the frame shows an impossible value."""
    judged = list(hold_back(vote(played(["123"] * 8 + [""] * 10 + ["923"] * 8 + ["124"] * 8)), max_step=5))
    assert [each.held for each in judged if each.changed] == ["123", "", "123", "124"]
    before = None
    for each in judged:
        assert each.changed == (each.held != before)
        before = each.held


def test_a_value_is_held_back_as_long_as_the_vote_says_so() -> None:
    """A frame that is misread meanwhile makes it no better."""
    judged = list(hold_back(vote(played(["100"] * 6 + ["900"] * 6 + ["909"] + ["900"] * 4)), max_step=5))
    first = next(place for place, each in enumerate(judged) if each.held_back)
    assert [each.held_back for each in judged[first:]] == ["went from 100 to 900, by more than 5"] * (17 - first)


def test_what_is_believed_between_readings_of_an_impossible_one_begins_their_count_anew() -> None:
    """A doubtful digit between them does not."""
    texts = ["100"] * 6 + ["900"] * 4 + ["100", "900", "100", "900", "900", "100", "900", "900", "100"]
    judged = list(hold_back(vote(played(texts)), max_step=5, believe_after=6))
    assert {each.held for each in judged} == {None, "100"}
    texts = ["100"] * 6 + ["900"] * 5 + ["9?0"] + ["900"] * 4
    assert list(hold_back(vote(played(texts)), max_step=5, believe_after=6))[-1].held == "900"


@pytest.mark.parametrize("misread", ["803", "0031"])
def test_a_misread_frame_takes_one_off_from_readings_of_an_impossible_value(misread: str) -> None:
    """It speaks for nothing else, and a camera misreads one now and then; one with the value believed begins anew."""
    texts = ["500"] * 4 + ["003"] * 8
    seen = [each.held for each in hold_back(vote(played(texts)), monotonic="up", believe_after=4)]
    texts[9] = misread
    later = [each.held for each in hold_back(vote(played([*texts, "003"])), monotonic="up", believe_after=4)]
    assert (seen.index("003"), later.index("003")) == (10, 12)
    texts[9] = "500"
    anew = [each.held for each in hold_back(vote(played([*texts, "003", "003"])), monotonic="up", believe_after=4)]
    assert anew.index("003") == 13


@pytest.mark.parametrize("max_step", [0, 5])
def test_a_counter_that_was_exchanged_may_move_on_before_it_is_believed(max_step: int) -> None:
    """From frame to frame of a stream, or with each still; what cannot follow what was doubted is doubted anew."""
    moving = ["500"] * 4 + [f"{3 + frame // 10:03}" for frame in range(40)]
    judged = list(hold_back(vote(played(moving)), monotonic="up", max_step=max_step, believe_after=12))
    assert [each.held for each in judged if each.changed] == ["500", "005", "006"]
    stills = hold_back(played(["500", "003", "004", "006", "007"]), monotonic="up", max_step=max_step, believe_after=3)
    assert [each.held_back is not None for each in stills] == [False, True, True, True, False]
    torn = hold_back(played(["500", "003", "004", "001", "002", "003"]), monotonic="up", believe_after=3)
    assert [each.held_back is not None for each in torn] == [False] + [True] * 5


def test_what_is_no_number_is_not_judged() -> None:
    """Nothing, a doubtful digit and two rows pass and do not become the last value."""
    assert [each.held_back for each in hold_back(played(["50", "", "4?", "1\n2", "51"]), monotonic="up")] == [None] * 5


@pytest.mark.parametrize(
    "values",
    [{"hold": 0}, {"hold": 6}, {"hold": 2}, {"frames": 6}],
)
def test_settings_that_make_no_sense_are_refused(values: dict[str, object]) -> None:
    """One line says what is expected and found."""
    with pytest.raises(UsageError, match="expected"):
        VotingSettings(**values)  # type: ignore[arg-type]
