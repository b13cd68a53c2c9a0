"""Propose settings for frames like one, and read that one with them, to know at once what they do not read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from .calibrating import propose
from .errors import PictureError
from .frames import Frame
from .reader import Reader
from .reading import UNSURE, ReadDigit, Reading
from .settings.reading_settings import Invert, ReadingSettings

ROOMS = (0.6, 0.4, 0.25, 0.1)  # of the digits' height, left around a row: much for what moves, little beside a wall


@dataclass(frozen=True)
class Proposal:
    """Settings for frames like one.

    Attributes:
        settings: what is proposed; without regions where none were found that read what was read.
        reading: what was read in the whole frame.
        read_back: what the regions read in it, those proposed or the last that were tried.
    """

    settings: ReadingSettings
    reading: Reading
    read_back: Reading

    @property
    def holds(self) -> bool:
        """Whether the regions read what was read, or a digit where that was refused."""
        return all(map(_agree, self.read_back.digit_rows, self.reading.digit_rows))

    @property
    def shown(self) -> Reading:
        """What is read with the settings: by the regions if they hold, else in the whole frame."""
        return self.read_back if self.holds else self.reading


def propose_and_check(frame: Frame, reader: Reader) -> Proposal:
    """Propose regions with as much room around each row as lets it be read the same; none where one row never is.

    A region hides what tells ink from ground beside it, and the one layout of all regions may not suit each of them.

    Args:
        frame: with an image.
        reader: reads the whole frame.

    Raises:
        PictureError: no digit is found in it, or none that the model is sure of.
    """
    assert frame.image is not None
    reading, invert = _read_whole(frame, reader)
    chosen: dict[int, str] = {}  # the region of each row that is read the same
    for room in (*ROOMS, ROOMS[0]):
        settings = replace(propose(reading, frame.image, room=room), invert=invert)
        settings = replace(settings, rois=tuple(chosen.get(row, roi) for row, roi in enumerate(settings.rois)))
        proposal = Proposal(settings, reading, reader.with_settings(settings).read(frame))
        if proposal.holds:
            return proposal
        pairs = enumerate(zip(proposal.read_back.digit_rows, reading.digit_rows, strict=True))
        chosen |= {row: settings.rois[row] for row, (found, wanted) in pairs if _agree(found, wanted)}
    return replace(proposal, settings=ReadingSettings(invert=invert))


def _agree(found: Sequence[ReadDigit], wanted: Sequence[ReadDigit]) -> bool:
    """Tell whether a row is read the same, or better: what was refused in the whole frame may be surely a digit now."""
    pairs = zip(found, wanted, strict=False)
    return len(found) == len(wanted) and all(other.label in (one.label, UNSURE) for one, other in pairs)


def _read_whole(frame: Frame, reader: Reader) -> tuple[Reading, Invert]:
    """Read a frame, in the other polarities too where all is doubtful; return the reading, and how ink was taken."""
    reading, invert = reader.read(frame), reader.settings.invert
    if reading.digits and not _says_something(reading):
        polarities: tuple[Invert, Invert] = ("yes", "no")
        tried = {each: reader.with_settings(replace(reader.settings, invert=each)).read(frame) for each in polarities}
        invert = max(tried, key=lambda each: (_says_something(tried[each]), tried[each].confidence))
        reading = tried[invert]
    if not _says_something(reading):
        raise PictureError(f"{frame.source}: expected digits to calibrate on, found none; classify --explain shows why")
    return reading, invert


def _says_something(reading: Reading) -> bool:
    return any(digit.label != UNSURE for digit in reading.digits)
