"""One setting: a documented field of a settings section, and turning what a file or an option holds into its type."""

from __future__ import annotations

import dataclasses
import re
import types
from collections.abc import Callable, Iterator, Mapping
from dataclasses import MISSING, dataclass
from pathlib import Path
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from ..errors import UsageError

Sections = TypeVar("Sections")
MOST = 10**18  # no setting means a number beyond this
_WORDS = {bool: "true or false", int: "a whole number", float: "a number", str: "a text", Path: "a text"}


@dataclass(frozen=True)
class Setting:
    """What is known of one field of a section.

    Attributes:
        key: its name in the file.
        type: its type, as `typing.get_type_hints` gives it.
        default: what it is where nobody says.
        help: what it means, one sentence.
        option: the command line option that overrides it, or None.
        example: a value to show where the default is nothing.
        least: the least value of a number.
        most: the greatest value of a number.
    """

    key: str
    type: Any
    default: Any
    help: str
    option: str | None = None
    example: Any = None
    least: float | None = None
    most: float | None = None

    def convert(self, value: object, *, where: str) -> Any:
        """Return a value as the setting's type.

        Args:
            value: what TOML makes of the file: bool, int, float, str, list or dict.
            where: what messages call the setting.

        Raises:
            UsageError: the value has another type or is out of range.
        """
        converted = convert(value, self.type, where=where)
        outside = isinstance(converted, (int, float)) and (
            (self.least is not None and not converted >= self.least)
            or (self.most is not None and not converted <= self.most)
        )
        if outside:
            raise UsageError(f"{where}: expected {self._range()}, found {value!r}")
        return converted

    def parse(self, text: str, *, where: str) -> Any:
        """Return what an option's text stands for.

        Raises:
            UsageError: it stands for nothing of this type.
        """
        return self.convert(from_text(text, self.type), where=where)

    def _range(self) -> str:
        if self.most is None:
            return f"at least {self.least:,.6g}"
        return f"at most {self.most:,.7g}" if self.least is None else f"{self.least:,.6g} to {self.most:,.7g}"


def setting(
    default: Any,
    text: str,
    *,
    option: str | None = None,
    example: Any = None,
    least: float | None = None,
    most: float | None = None,
) -> Any:
    """Make a dataclass field that is a setting; the arguments are those of `Setting`."""
    metadata = {"help": text, "option": option, "example": example, "least": least, "most": most}
    return dataclasses.field(default=default, metadata=metadata)


def settings_of(section: type) -> Iterator[Setting]:
    """Yield the settings of a section, in order; help that a field lacks is taken from the class's docstring."""
    hints = get_type_hints(section)
    documented = dict(re.findall(r"^ +(\w+): (.+?)\.?$", section.__doc__ or "", flags=re.MULTILINE))
    for each in dataclasses.fields(section):
        known = {name: each.metadata.get(name) for name in ("option", "example", "least", "most")}
        text = each.metadata.get("help") or documented.get(each.name, "")
        default = each.default_factory() if each.default_factory is not MISSING else each.default
        yield Setting(each.name, hints[each.name], default, text, **known)


def sections_of(settings: object) -> dict[str, type]:
    """Return the class of each section of a dataclass of sections, by its name."""
    assert dataclasses.is_dataclass(settings)
    return {each.name: type(getattr(settings, each.name)) for each in dataclasses.fields(settings)}


def changed(
    settings: Sections, values: Mapping[str, Mapping[str, Any]], *, where: Callable[[str, str], str]
) -> Sections:
    """Return settings with some values replaced, those of a section at once, because they may only go together.

    Args:
        settings: a dataclass of sections.
        values: by section, then by key.
        where: returns what messages call the setting of a section and a key.

    Raises:
        UsageError: a section's own check, whose message begins with the key, refuses them together.
    """
    parts = {}
    for section, changes in values.items():
        try:
            parts[section] = dataclasses.replace(getattr(settings, section), **changes)
        except UsageError as cause:
            key, _, text = str(cause).partition(": ")
            raise UsageError(f"{where(section, key)}: {text}") from cause
    return dataclasses.replace(settings, **parts)  # type: ignore[type-var]  # any dataclass of sections


def convert(value: object, wanted: Any, *, where: str) -> Any:
    """Return a TOML value as a type: bool, int, float, str, Path, Literal, tuple, dataclass, or one of these or None.

    Raises:
        UsageError: it is of another type; `where` says which setting.
    """
    kind, arguments = get_origin(wanted), get_args(wanted)
    if isinstance(value, str) and "\0" in value:  # no name of a file, host or user has one
        raise UsageError(f"{where}: expected {describe(wanted)}, found one with a NUL in it: {value!r}")
    if kind in (types.UnionType, Union):
        others = [each for each in arguments if each is not type(None)]
        if value == "":  # an empty variable of a shell, more likely than not
            raise UsageError(f"{where}: expected {describe(wanted)}, found an empty one; leave it out for none")
        return None if value is None else convert(value, others[0], where=where)
    if kind is Literal:
        if value not in arguments or isinstance(value, bool) != isinstance(arguments[0], bool):
            raise UsageError(f"{where}: expected {describe(wanted)}, found {value!r}")
        return value
    if kind is tuple and isinstance(value, (list, tuple)):
        inner = [arguments[0]] * len(value) if arguments[-1] is Ellipsis else list(arguments)
        if len(inner) == len(value):
            return tuple(convert(each, one, where=where) for each, one in zip(value, inner, strict=True))
    elif dataclasses.is_dataclass(wanted) and isinstance(value, dict):
        return _convert_table(value, wanted, where)
    elif wanted is float and isinstance(value, int) and not isinstance(value, bool) and abs(value) < MOST:
        return float(value)
    elif wanted is Path and isinstance(value, (str, Path)):
        return Path(value)
    elif isinstance(wanted, type) and type(value) is wanted and not _is_beyond(value):
        return value
    most = f" below {MOST:.0e}" if _is_beyond(value) else ""
    raise UsageError(f"{where}: expected {describe(wanted)}{most}, found {value!r}")


def describe(wanted: Any) -> str:
    """Return a type in words: "a whole number"."""
    kind, arguments = get_origin(wanted), get_args(wanted)
    if kind in (types.UnionType, Union):
        return describe(next(each for each in arguments if each is not type(None)))
    if kind is Literal:
        return "one of " + ", ".join(map(repr, arguments))
    if kind is tuple:
        count = "a list" if arguments[-1] is Ellipsis else f"a list of {len(arguments)}"
        return f"{count}, each {describe(arguments[0])}"
    return _WORDS.get(wanted, "a table")


def from_text(text: str, wanted: Any) -> object:
    """Return what an option's text means for a type, or the text itself where it means nothing."""
    kind, arguments = get_origin(wanted), get_args(wanted)
    if kind in (types.UnionType, Union):
        return from_text(text, next(each for each in arguments if each is not type(None)))
    if kind is Literal:
        return next((each for each in arguments if str(each) == text), text)
    if kind is tuple:
        is_list = arguments[-1] is Ellipsis  # whose texts may hold commas, as those of regions
        parts = [each.strip() for each in text.split(";" if is_list else ",")]
        return [from_text(each, arguments[0]) for each in parts if each or not is_list]
    if wanted is bool:
        return {"true": True, "false": False}.get(text.lower(), text)
    if wanted in (int, float):
        try:
            return wanted(text)
        except ValueError:
            return text
    return text


def _is_beyond(value: object) -> bool:
    return isinstance(value, (int, float)) and abs(value) >= MOST


def _convert_table(table: dict[str, Any], wanted: Any, where: str) -> Any:
    known = {each.key: each for each in settings_of(wanted)}
    for key in table:
        if key not in known:
            raise UsageError(f"{where}: expected {', '.join(known)}, found {key!r}")
    try:
        return wanted(**{key: known[key].convert(value, where=f"{where}.{key}") for key, value in table.items()})
    except TypeError as cause:
        raise UsageError(f"{where}: expected {', '.join(known)}, found {', '.join(table) or 'nothing'}") from cause
