"""The options that override settings: made from the settings themselves, so that both say the same."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Literal, TypeVar, get_args, get_origin

import click

from ..errors import UsageError
from .reading_settings import refuse_by_threshold
from .setting import Setting, changed, sections_of, settings_of

Function = TypeVar("Function", bound=Callable[..., Any])
Sections = TypeVar("Sections")
OTHER_NAMES = {"--model": ["-m"], "--top-k": ["-k"], "--reject-below": ["-t", "--threshold"]}


def option_settings(settings: object) -> Iterator[tuple[str, Setting]]:
    """Yield section and setting of every setting that has an option."""
    for section, kind in sections_of(settings).items():
        for each in settings_of(kind):
            if each.option:
                yield section, each


def settings_options(settings: object) -> Callable[[Function], Function]:
    """Return a decorator that adds an option for each setting that has one.

    Args:
        settings: a dataclass of sections, such as `Settings()`.
    """

    def decorate(function: Function) -> Function:
        for section, each in reversed([*option_settings(settings)]):
            function = _option(section, each)(function)
        return function

    return decorate


def apply_options(settings: Sections, given: dict[str, Any], assignments: Iterable[str] = ()) -> Sections:
    """Return settings with the options that were given applied, and remove these from `given`.

    A source that is named takes the place of a fake camera that the file names.

    Args:
        settings: those of the file, a dataclass of sections.
        given: the command's parameters by name; what is None was not given.
        assignments: what `--set` gives, over the options; all of them hold at once, as they may only go together.

    Raises:
        UsageError: an option or an assignment has a wrong value, or two contradict each other.
    """
    if given.get("reading__reject") is False and given.get("reading__reject_below") is not None:
        raise UsageError("expected --reject-below or --no-reject, found both; leave one out")
    if given.get("source__source") is not None and given.get("source__fake_camera") is not None:
        raise UsageError("expected --source or --fake-camera, found both; leave one out")
    values: dict[str, dict[str, Any]] = {}
    for section, each in option_settings(settings):
        value = given.pop(parameter(section, each), None)
        if value is None or value == ():
            continue
        where = str(each.option)
        made = each.parse(value, where=where) if isinstance(value, str) else each.convert(value, where=where)
        values.setdefault(section, {})[each.key] = made
    refuse_by_threshold(values)
    names = {(section, each.key): str(each.option) for section, each in option_settings(settings)}
    _take_place_of_fake_camera(values)
    if assignments:
        from .settings_file import ASSIGNMENT, assigned

        others = assigned(assignments)
        _take_place_of_fake_camera(others)
        for section, changes in others.items():
            values.setdefault(section, {}).update(changes)
            names |= {(section, key): ASSIGNMENT.format(section, key) for key in changes}
    return changed(settings, values, where=lambda section, key: names.get((section, key), key))


def _take_place_of_fake_camera(values: dict[str, dict[str, Any]]) -> None:
    """Let a source that is named be read, and no fake camera, unless that is named as well."""
    source = values.get("source", {})
    if "source" in source and "fake_camera" not in source:
        source |= {"fake_camera": None, "faults": source.get("faults", "")}


def parameter(section: str, each: Setting) -> str:
    """Return the name of the command's parameter for a setting."""
    return f"{section}__{each.key}"


def _option(section: str, each: Setting) -> Callable[[Function], Function]:
    name = parameter(section, each)
    assert each.option
    if each.type is bool:
        return click.option(f"{each.option}/--no-{each.option[2:]}", name, default=None, help=each.help)
    several = get_origin(each.type) is tuple and get_args(each.type) == (str, ...)
    shown = "" if each.default in (None, "", ()) else f"  [default: {each.default}]"
    return click.option(
        *OTHER_NAMES.get(each.option, []),
        each.option,
        name,
        metavar="TEXT" if several else _metavar(each),
        multiple=several,
        help=each.help + shown,
    )


def _metavar(each: Setting) -> str:
    inner = next((one for one in get_args(each.type) if one is not type(None)), each.type)
    wanted = each.type if get_origin(each.type) in (Literal, tuple) or each.type is bool else inner
    if get_origin(wanted) is Literal:
        return "[" + "|".join(map(str, get_args(wanted))) + "]"
    if get_origin(wanted) is tuple:
        return "X,Y,W,H"
    return {int: "N", float: "NUMBER", str: "TEXT"}.get(wanted, "PATH")
