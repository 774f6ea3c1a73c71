"""The form in which curators write a text that items are to be like, beside the form of the query that asks it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

from django import forms
from django.http import QueryDict
from django.urls import Resolver404, resolve
from django.utils.translation import gettext_lazy as _

from curation.desk.queries.views import with_another
from curation.queries.likeness_keys import MOST, key_of
from curation.queries.likeness_uses import LIKE
from recsys.embeddings import encoders
from recsys.likenesses.reading import START

OWN: Final = frozenset({"like_text", "like_at", "like_key", "like", "back", "csrfmiddlewaretoken"})
"""What is of this form, and not of the one that the query is written in."""
_HOMES: Final = frozenset({"desk", "proposals"})


class LikenessForm(forms.Form):
    """A text, and how near an item has to come to it."""

    like_text = forms.CharField(
        label=_("Items like this text"),
        max_length=MOST,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_(
            "Say what they are about, as a blurb would. The language model that comes with us reads English."
        ),
    )
    like_at = forms.FloatField(
        label=_("At least so like it"),
        initial=START,
        min_value=0,
        max_value=1,
        widget=forms.NumberInput(
            attrs={"type": "range", "min": "0", "max": "1", "step": "0.01", "class": "likeness__at"}
        ),
        help_text=_("To the left more items, to the right only those that mean the same."),
    )


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is written so far: the text on one line, and the threshold, where it is one."""

    text: str
    at: float


def wanted(given: QueryDict) -> Wanted:
    """What is written so far, whatever is wrong with it."""
    text = " ".join(given.get("like_text", "").replace("\x00", " ").split())
    form = LikenessForm(given)
    form.is_valid()
    return Wanted(text[:MOST], float(form.cleaned_data.get("like_at", START)))


def carried(given: QueryDict) -> list[tuple[str, str]]:
    """What of a request is of the form that the query is written in."""
    return [(name, each) for name, values in given.lists() if name not in OWN for each in values]


def with_likeness(given: Iterable[tuple[str, str]], key: str, at: float) -> QueryDict:
    """That form with a condition more: at least so like a text. Raises `QueryError`."""
    one: dict[str, Any] = {"field": f"{LIKE}{key}", "op": "ge", "value": round(at, 4)}
    told = QueryDict(mutable=True)
    for name, value in given:
        told.appendlist(name, value)
    changed = with_another(told.dict(), one)
    for name in told.keys() - changed.keys():
        del told[name]
    for name, value in changed.items():
        if told.get(name) != value:
            told[name] = value
    return told


def key_for(text: str) -> str:
    """The key that a text has by the encoder in use."""
    return key_of(text, encoders.current().name)


def back_to(given: QueryDict) -> str:
    """The page of the form that the query is written in, as a path; empty where none of ours is named."""
    parts = urlsplit(given.get("back", ""))
    if parts.scheme or parts.netloc or not parts.path.startswith("/"):
        return ""
    try:
        found = resolve(parts.path)
    except Resolver404:
        return ""
    if found.namespace not in _HOMES:
        return ""
    return f"{parts.path}?{parts.query}" if parts.query else parts.path
