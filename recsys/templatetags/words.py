"""Stored words of the product's own in the reader's language."""

from __future__ import annotations

from django import template
from django.utils.translation import gettext

from curation.field_words import scale_called, scorer_called

register = template.Library()


@register.filter
def scorer(name: str) -> str:
    """What a scorer is called."""
    return scorer_called(name)


@register.filter
def scale(key: str) -> str:
    """What a scale of scores is called."""
    return scale_called(key)


@register.filter
def minus(figure: str) -> str:
    """A figure with a minus where programs write a hyphen."""
    return str(figure).replace("-", "\N{MINUS SIGN}")


@register.filter
def as_said(text: str) -> str:
    """A stored reason or note: translated where the product itself wrote it, else as somebody wrote it.

    Of a sentence that ends in a colon, the figures behind it stay as they are.
    """
    sentence, colon, figures = text.partition(": ")
    return gettext(sentence + colon) + figures if sentence else text
