"""Words for people that a pure core writes down in English, and whoever shows them translates."""

from __future__ import annotations


class Word(str):
    """A word to be put into a sentence that has to be translated itself."""

    __slots__ = ()


def _(text: str) -> str:
    """Mark a text, so that it is collected for translation; it stays as it is."""
    return text


marked = _
