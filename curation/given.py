"""Names that the product itself gives to rows: stored as they are, read in the reader's language.

What people named keeps its name: their words are looked up too, but only beside these.
"""

from __future__ import annotations

from typing import Final

from django.utils.translation import pgettext

CONTEXT: Final = "given name"


def pgettext_noop(_context: str, text: str) -> str:
    """The text as it is; marks it as one to translate in its context."""
    return text


def given(name: str) -> str:
    """A name in the reader's language where the product gave it, else as it is."""
    return pgettext(CONTEXT, name) if name else name
