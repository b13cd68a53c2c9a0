"""Whether all of a TFLite model without a card is there: one that was cut short is damaged, not foreign."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..errors import ModelFileError
from .flatbuffer_reader import Table, root

# What lies outside of a table, by the numbers of its fields in the public schema (tensorflow/lite/schema/schema.fbs,
# version 3): a vector of numbers by the bytes that one takes, a table by its own fields, a vector of tables as a list.
Fields = Mapping[int, Any]
_NAMED: Fields = {0: 1}
_QUANTIZATION: Fields = {0: 4, 1: 4, 2: 4, 3: 8}
_TENSOR: Fields = {0: 4, 3: 1, 4: _QUANTIZATION, 7: 4}
_OPTIONS: Fields = {}  # of what is in them each operation has its own idea
_OPERATOR: Fields = {1: 4, 2: 4, 4: _OPTIONS, 5: 1}
_SUBGRAPH: Fields = {0: [_TENSOR], 1: 4, 2: 4, 3: [_OPERATOR], 4: 1}
_BUFFER: Fields = {0: 1}
_SIGNATURE: Fields = {0: [_NAMED], 1: [_NAMED], 2: 1}
_MODEL: Fields = {1: [{1: 1}], 2: [_SUBGRAPH], 3: 1, 4: [_BUFFER], 6: [_NAMED], 7: [_SIGNATURE]}


def check_whole(path: Path, flatbuffer: bytes) -> None:
    """Refuse a model of which parts do not lie within its file.

    What the parts say is not looked at: only a child process may try that.

    Args:
        path: what to call it.
        flatbuffer: any bytes.

    Raises:
        ModelFileError: it is cut short, or damaged in its tables.
    """
    try:
        _check(root(flatbuffer), _MODEL)
    except ModelFileError as cause:
        raise ModelFileError(f"{path}: {cause}; copy it again or get it from its source") from cause


def _check(table: Table, fields: Fields) -> None:
    table.check_extent()
    for number, kind in fields.items():
        if isinstance(kind, int):
            table.span(number, kind)
        elif isinstance(kind, list):
            for each in table.tables(number):
                _check(each, kind[0])
        else:
            inner = table.table(number)
            if inner is not None:
                _check(inner, kind)
