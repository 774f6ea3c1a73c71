"""The texts that queries ask the like of: how one is kept, and the key by which queries name it."""

from __future__ import annotations

import hashlib
from typing import Final

from django.utils.text import slugify
from django.utils.translation import gettext as _

from curation.problems import Invalid

MOST: Final = 1_000
"""Characters of a text: what an encoder reads of it, and more than a rule should need."""
MOST_KEPT: Final = 200
"""So many texts are offered at most: a list that nobody can read through is read by nobody."""
_NAMED: Final = 40
_TOLD_APART_BY: Final = 10


def plain(text: str) -> str:
    """A text as it is kept, on one line; raises `Invalid`."""
    said = " ".join(text.split())
    if not 0 < len(said) <= MOST or "\x00" in said:
        raise Invalid(
            "bad_text", _("Write a text of at most %(most)d characters.") % {"most": MOST}
        )
    return said


def key_of(text: str, encoder: str) -> str:
    """The key of a text: its first words as people can read them, and what tells it from all others."""
    digest = hashlib.sha256(f"{encoder}\n{text}".encode()).hexdigest()[:_TOLD_APART_BY]
    return f"{slugify(text)[:_NAMED].strip('-_') or 'text'}-{digest}".replace("_", "-")
