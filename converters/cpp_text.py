"""Numbers and texts as C++ writes them."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

_A_LINE = 20
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
# The keywords of C++20 and the one namespace that nobody may add to.
_RESERVED = re.compile(
    "alignas|alignof|and|and_eq|asm|auto|bitand|bitor|bool|break|case|catch|char|char8_t|char16_t|char32_t|class|compl|"
    "concept|const|const_cast|consteval|constexpr|constinit|continue|co_await|co_return|co_yield|decltype|default|"
    "delete|do|double|dynamic_cast|else|enum|explicit|export|extern|false|float|for|friend|goto|if|inline|int|long|"
    "mutable|namespace|new|noexcept|not|not_eq|nullptr|operator|or|or_eq|private|protected|public|register|"
    "reinterpret_cast|requires|return|short|signed|sizeof|static|static_assert|static_cast|struct|switch|template|this|"
    "thread_local|throw|true|try|typedef|typeid|typename|union|unsigned|using|virtual|void|volatile|wchar_t|while|xor|"
    "xor_eq|std"
)


def is_identifier(name: str) -> bool:
    """Return whether a namespace may be called so."""
    return bool(_NAME.fullmatch(name)) and not _RESERVED.fullmatch(name)


def matrix(declaration: str, values: NDArray[np.generic]) -> list[str]:
    """Return the lines of a constant array of arrays.

    Args:
        declaration: type, name and sizes.
        values: (N, ...) of integers or float32; each of N becomes one inner array.
    """
    lines = [f"const {declaration} = {{"]
    for row in values.reshape(len(values), -1).tolist():
        texts = [float_literal(value) if values.dtype.kind == "f" else str(value) for value in row]
        lines += ["  {", *rows(texts), "  },"]
    return [*lines, "};"]


def rows(texts: Sequence[str]) -> list[str]:
    """Return lines of comma-separated texts."""
    starts = range(0, len(texts), _A_LINE)
    return [f"    {', '.join(texts[start : start + _A_LINE])}," for start in starts]


def float_literal(value: float) -> str:
    """Return a finite number as a literal of the type float, exact to the last bit of it."""
    text = f"{np.float32(value):.9g}"
    return f"{text}f" if re.search(r"[.e]", text) else f"{text}.0f"


def string_literal(text: str) -> str:
    """Return a text as a literal of its UTF-8 bytes."""
    # Octal escapes end by themselves; "?" could begin a trigraph.
    safe = (chr(byte) if 32 <= byte < 127 and chr(byte) not in '"\\?' else f"\\{byte:03o}" for byte in text.encode())
    return f'"{"".join(safe)}"'
