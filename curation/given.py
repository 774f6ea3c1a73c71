"""Names that the product itself gives to rows, read in the reader's language whoever's act it was.

What is always called the same is stored as it is and looked up. What is called by what it holds is stored as it reads
in each language. What people named keeps its name.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, TypeAlias

from django.conf import settings
from django.db.models import Q, TextField
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast, Coalesce
from django.utils import translation
from django.utils.translation import get_language, pgettext

CONTEXT: Final = "given name"
Readings: TypeAlias = Mapping[str, str]
"""A name that the product gave, by language: no sentence has to be made again, of rows that may have changed since."""


def pgettext_noop(_context: str, text: str) -> str:
    """The text as it is; marks it as one to translate in its context."""
    return text


def given(name: str) -> str:
    """A name in the reader's language where the product gave it, else as it is."""
    return pgettext(CONTEXT, name) if name else name


def in_each_language(tell: Callable[[], str]) -> Readings:
    """What `tell` says, in each language of the product."""
    told = {}
    for language, _called in settings.LANGUAGES:
        with translation.override(language):
            told[language] = tell()
    return told


def reading(readings: Readings, stored: str = "") -> str:
    """A name in the reader's language; as it is stored where the product did not give it, or not in that language."""
    return readings.get(get_language() or "", stored)


def columns_of(readings: Readings) -> dict[str, Any]:
    """What a row keeps of a name that the product gave: the name for machines in the installation's own language."""
    return {"name": readings[settings.LANGUAGE_CODE], "given": readings}


def called(*names: str) -> Q:
    """Rows that have one of these names, in whichever language it is read."""
    either = Q(name__in=names)
    for language, _called in settings.LANGUAGES:
        either |= Q(**{f"given__{language}__in": names})
    return either


def read_in_sql(name: str, readings: str) -> Coalesce:
    """`reading` of two columns, in the database."""
    told = KeyTextTransform(get_language() or "", readings)
    return Coalesce(told, Cast(name, TextField()), output_field=TextField())
