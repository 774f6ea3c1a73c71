"""What an item says of itself in words: the text whose meaning an encoder gives as a vector."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Final

from curation.models import Attribute, Item

LONGEST: Final = 10_000
"""Characters of a text that count: encoders read a few hundred words, the rest would only cost time."""
_WORDED: Final = (Attribute.Kind.TAGS, Attribute.Kind.TEXT)


def worded_attributes() -> dict[str, str]:
    """The attributes that are words, by key with their labels."""
    rows = Attribute.objects.filter(kind__in=_WORDED).order_by("key")
    return dict(rows.values_list("key", "label"))


def text_of(item: Item, attributes: Mapping[str, str]) -> str:
    """Title, attributes in words and description, the most telling first; empty where there is none."""
    said = [item.title.strip()]
    for key, label in attributes.items():
        value = item.attributes.get(key)
        words = ", ".join(map(str, value)) if isinstance(value, list) else str(value or "")
        said += [f"{label}: {words.strip()}"] if words.strip() else []
    said.append(item.description.strip())
    return "\n".join(filter(None, said))[:LONGEST].strip()


def hash_of(text: str) -> str:
    """SHA-256 of a text."""
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()
