"""The settings file: TOML in, `Settings` out, and back; what is unknown or of a wrong type is refused by name."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator
from dataclasses import fields, is_dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from ..errors import DataError, UsageError
from .reading_settings import refuse_by_threshold
from .setting import Setting, changed, sections_of, settings_of
from .settings import Settings

ASSIGNMENT = "--set {}.{}"  # what messages call one, by section and key
MOST_DEEP = 8  # lists and tables in each other; no setting has more than three


def load_settings(path: Path) -> Settings:
    """Read a settings file; what it does not say keeps its default.

    Raises:
        DataError: the file is missing or cannot be read.
        UsageError: it is not in UTF-8, no TOML, or holds an unknown section, an unknown key or a value of a wrong type.
    """
    return parse_settings(_text_of(path), name=str(path))


def has_section(path: Path, section: str) -> bool:
    """Tell whether a settings file says anything in a section, be it the default.

    Raises:
        DataError, UsageError: see `load_settings`.
    """
    return section in _tables(_text_of(path), name=str(path))


def parse_settings(text: str, *, name: str) -> Settings:
    """Return the settings that a TOML text holds.

    Args:
        text: the whole file.
        name: what messages call it.

    Raises:
        UsageError: see `load_settings`.
    """

    def where(section: str, key: str) -> str:
        return f"{name}: [{section}] {key}"

    settings = Settings()
    sections = section_types()
    for section, table in _tables(text, name=name).items():
        if section not in sections:
            homes = _homes(section, sections)
            if homes and not isinstance(table, dict):
                raise UsageError(
                    f"{name}: expected {section} below its section [{homes[0]}], found it above all; move it"
                )
            raise UsageError(f"{name}: expected a section, {_nearest(section, sections)}, found [{section}]")
        if not isinstance(table, dict):
            raise UsageError(f"{name}: expected [{section}] with settings below it, found {section} = {table!r}")
        values = {
            key: find_setting(section, key, name=name).convert(value, where=where(section, key))
            for key, value in table.items()
        }
        settings = changed(settings, {section: values}, where=where)
    return settings


def _text_of(path: Path) -> str:
    try:
        if path.exists() and not path.is_file():
            raise DataError(f"{path}: expected a settings file, found a folder, device or pipe")
        return path.read_text("utf-8-sig")  # as editors of Windows write it, with a mark in front
    except UnicodeDecodeError as cause:
        byte = f"byte 0x{cause.object[cause.start]:02x} at {cause.start}"
        raise UsageError(f"{path}: expected a text in UTF-8, found {byte}; save it as UTF-8") from cause
    except OSError as cause:
        raise DataError(f"{path}: expected a settings file, found: {cause.strerror}; check the name") from cause


def _tables(text: str, *, name: str) -> dict[str, Any]:
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib
    try:
        tables = tomllib.loads(text)
    except RecursionError:
        tables = None
    except ValueError as cause:  # TOMLDecodeError is one, and a number of too many digits is another
        raise UsageError(f"{name}: expected TOML, found a mistake: {cause}; run --print-config shows how") from cause
    if tables is None or _is_deep(tables):
        raise UsageError(
            f"{name}: expected sections with settings, found lists or tables in more than {MOST_DEEP} others"
        )
    return tables


def _is_deep(value: object) -> bool:
    level = [value]
    for _ in range(MOST_DEEP + 1):
        holding = [each for each in level if isinstance(each, (dict, list))]
        level = [inner for each in holding for inner in (each.values() if isinstance(each, dict) else each)]
    return bool(level)


def section_types() -> dict[str, type]:
    """Return the class of each section by its name."""
    return sections_of(Settings())


def find_setting(section: str, key: str, *, name: str) -> Setting:
    """Return one setting by section and key.

    Raises:
        UsageError: there is none; the nearest is named.
    """
    sections = section_types()
    if section not in sections:
        raise UsageError(f"{name}: expected a section, {_nearest(section, sections)}, found [{section}]")
    known = {each.key: each for each in settings_of(sections[section])}
    if key not in known:
        hint = _nearest(key, known)
        if homes := _homes(key, sections):
            hint = f"{key} belongs under [{homes[0]}]"
        raise UsageError(f"{name}: [{section}] expected a known key, {hint}, found {key!r}")
    return known[key]


def _homes(key: str, sections: dict[str, type]) -> list[str]:
    """Return which sections have a setting of this name."""
    return [section for section, kind in sections.items() if key in {each.key for each in settings_of(kind)}]


def override(settings: Settings, assignments: Iterable[str]) -> Settings:
    """Return settings with "section.key=value" assignments applied, as `--set` gives them.

    Raises:
        UsageError: see `assigned`.
    """
    return changed(settings, assigned(assignments), where=ASSIGNMENT.format)


def assigned(assignments: Iterable[str]) -> dict[str, dict[str, Any]]:
    """Return what "section.key=value" assignments assign, by section and key.

    Raises:
        UsageError: one is not of that form, names nothing known, or has a wrong value.
    """
    values: dict[str, dict[str, Any]] = {}
    for assignment in assignments:
        left, equals, text = assignment.partition("=")
        section, dot, key = left.strip().partition(".")
        if not equals or not dot:
            raise UsageError(f"--set: expected SECTION.KEY=VALUE, found {assignment!r}")
        known = find_setting(section, key, name="--set")
        values.setdefault(section, {})[key] = known.parse(text.strip(), where=ASSIGNMENT.format(section, key))
    refuse_by_threshold(values)
    return values


def print_settings(settings: Settings) -> str:
    """Return settings as a documented TOML file that loads back to the same settings.

    Raises:
        UsageError: the name of a file or folder is no text.
    """
    lines = ["# Settings for `edge-digits run --config FILE`; an option of the command line wins over them."]
    for each in fields(settings):
        section = getattr(settings, each.name)
        about = (type(section).__doc__ or "").splitlines()[0].rpartition("]: ")[2]
        lines += ["", f"# {about[:1].upper()}{about[1:]}", f"[{each.name}]"]
        for known in settings_of(type(section)):
            lines += _print_setting(known, getattr(section, known.key))
    return "\n".join(lines) + "\n"


def _print_setting(known: Setting, value: Any) -> Iterator[str]:
    option = f" ({known.option})" if known.option else ""
    yield f"# {known.help}{option}"
    if value is None:
        yield f"# {known.key} = {_toml(known.example)}" if known.example is not None else f"# {known.key} ="
    else:
        text = _toml(value)
        if not text.isascii() and text != text.encode(errors="replace").decode():
            option = known.option or known.key
            raise UsageError(f"{option}: expected a text in UTF-8, which settings files hold, found {value}; rename it")
        yield f"{known.key} = {text}"


def _toml(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return repr(value)
    if isinstance(value, (tuple, list)):
        return "[" + ", ".join(map(_toml, value)) + "]"
    if is_dataclass(value):
        pairs = ((each.name, getattr(value, each.name)) for each in fields(value))
        return "{ " + ", ".join(f"{key} = {_toml(one)}" for key, one in pairs if one is not None) + " }"
    # JSON's escapes are TOML's, but for DEL, which TOML wants escaped and JSON does not.
    return json.dumps(str(value), ensure_ascii=False).replace("\x7f", "\\u007f")


def _nearest(word: str, known: Iterable[str]) -> str:
    near = get_close_matches(word, list(known), n=1, cutoff=0.5)
    return f"perhaps {near[0]!r}" if near else f"one of {', '.join(known)}"
