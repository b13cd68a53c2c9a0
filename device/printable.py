"""Names and messages as text that can be shown and sent."""

from __future__ import annotations


def printable(text: str) -> str:
    """Return text as one line of valid UTF-8, whatever a file name in it holds; what cannot be shown is escaped."""
    try:
        content = text.encode("utf-8", "surrogateescape")  # the bytes of a file name, whatever the locale makes of them
    except UnicodeEncodeError:  # halves of surrogate pairs, which no file name gives
        content = text.encode("utf-8", "backslashreplace")
    shown = content.decode("utf-8", "backslashreplace")
    return "".join(each if each.isprintable() else each.encode("unicode_escape").decode() for each in shown)
