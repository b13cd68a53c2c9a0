"""Records (frozen dataclasses) and JSON: reading a document back as a record, and the JSON Schema of a record."""

from __future__ import annotations

import math
import re
import types
from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

Record = TypeVar("Record")

_SCALARS: Mapping[type, tuple[str, tuple[type, ...]]] = {
    bool: ("boolean", (bool,)),
    int: ("integer", (int,)),
    float: ("number", (int, float)),
    str: ("string", (str,)),
}


def from_document(kind: type[Record], document: Any, *, where: str = "result") -> Record:
    """Make a record of what JSON gave; fields it does not know are left aside, and lists become tuples.

    Args:
        kind: a dataclass of scalars, tuples, mappings of strings and such dataclasses.
        document: from `json.loads`.
        where: what the document is called in errors.

    Raises:
        ValueError: a field is missing or of another kind; the text says which, what was expected and found.
    """
    if not isinstance(document, dict):
        raise ValueError(f"{where} must be an object, found {_shown(document)}")
    hints = get_type_hints(kind)
    read = {}
    for field in fields(kind):  # type: ignore[arg-type]  # every record is a dataclass
        if field.name in document:
            read[field.name] = _value(hints[field.name], document[field.name], f"{where}.{field.name}")
        elif field.default is MISSING and field.default_factory is MISSING:
            raise ValueError(f"{where}.{field.name} is missing")
    return kind(**read)


def schema_of(kind: Any) -> dict[str, Any]:
    """Return the JSON Schema of a record, described by the `Attributes` of its docstring, or of one of its fields."""
    arguments = get_args(kind)
    if _is_union(kind):
        return {"anyOf": [schema_of(each) for each in arguments]}
    if kind is type(None):
        return {"type": "null"}
    if kind in _SCALARS:
        return {"type": _SCALARS[kind][0]}
    if get_origin(kind) is tuple:
        if arguments[-1] is Ellipsis:
            return {"type": "array", "items": schema_of(arguments[0])}
        count = len(arguments)
        return {"type": "array", "items": schema_of(arguments[0]), "minItems": count, "maxItems": count}
    if not is_dataclass(kind):
        return {"type": "object", "additionalProperties": schema_of(arguments[1])}
    hints, words = get_type_hints(kind), _attribute_words(kind.__doc__ or "")
    properties = {}
    for field in fields(kind):
        described = {"description": words[field.name]} if field.name in words else {}
        properties[field.name] = {**described, **schema_of(hints[field.name])}
    return {
        "type": "object",
        "description": (kind.__doc__ or "").splitlines()[0],
        "properties": properties,
        "required": [field.name for field in fields(kind)],
    }


def _value(kind: Any, value: Any, where: str) -> Any:
    arguments = get_args(kind)
    if _is_union(kind):
        (inner,) = (each for each in arguments if each is not type(None))
        return None if value is None else _value(inner, value, where)
    if kind in _SCALARS:
        name, accepted = _SCALARS[kind]
        if not isinstance(value, accepted) or (isinstance(value, bool) and kind is not bool):
            raise ValueError(f"{where} must be of type {name}, found {_shown(value)}")
        if isinstance(value, float) and not math.isfinite(value):
            raise ValueError(f"{where} must be a finite number, found {value}")
        return value
    if get_origin(kind) is tuple:
        return _tuple(arguments, value, where)
    if is_dataclass(kind):
        return from_document(kind, value, where=where)  # type: ignore[arg-type]  # a class, not an instance
    if not isinstance(value, dict):
        raise ValueError(f"{where} must be an object, found {_shown(value)}")
    return {name: _value(arguments[1], each, f"{where}.{name}") for name, each in value.items()}


def _tuple(arguments: tuple[Any, ...], value: Any, where: str) -> tuple[Any, ...]:
    if not isinstance(value, list):
        raise ValueError(f"{where} must be an array, found {_shown(value)}")
    if arguments[-1] is not Ellipsis and len(value) != len(arguments):
        raise ValueError(f"{where} must have {len(arguments)} entries, found {len(value)}")
    return tuple(_value(arguments[0], each, f"{where}[{place}]") for place, each in enumerate(value))


def _is_union(kind: Any) -> bool:
    return get_origin(kind) in (Union, types.UnionType)


def _shown(value: Any) -> str:
    return repr(value) if len(repr(value)) <= 40 else f"{repr(value)[:37]}..."


def _attribute_words(docstring: str) -> dict[str, str]:
    """Return what the section `Attributes` of a docstring says of each name, as one line."""
    _, _, section = docstring.partition("Attributes:\n")
    found = re.findall(r"^ {8}(\w+): (.*(?:\n {12}.*)*)", section, flags=re.MULTILINE)
    return {name: " ".join(text.split()).rstrip(".") for name, text in found}
