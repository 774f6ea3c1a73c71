"""Fields in which somebody names an item, a member or an instant."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from django import forms
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _

from curation.models import Item, Member

if TYPE_CHECKING:
    from django_stubs_ext import StrPromise

_SUGGESTIONS: Final = 5


class ItemField(forms.CharField):
    """An item by its outside id, its exact title or its id here; found by words while one types."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Have the desk look for items as somebody types."""
        super().__init__(*args, **kwargs)
        self.widget.attrs |= {
            "autocomplete": "off",
            "hx-get": reverse_lazy("desk:find-item"),
            "hx-trigger": "input changed delay:250ms, search",
            "hx-target": "#found-items",
        }

    def clean(self, value: object) -> Item | None:
        """The item; where none or several are meant, an error that names some."""
        text = super().clean(value)
        if not text:
            return None
        found = items_called(text)
        if len(found) == 1:
            return found[0]
        raise forms.ValidationError(self._advice(text))

    def _advice(self, text: str) -> str:
        near = Item.objects.filter(title__icontains=text).order_by("title")[:_SUGGESTIONS]
        names = "; ".join(f"{item.title} ({item.outside_id})" for item in near)
        if not names:
            return str(_("No item has this id or title."))
        return str(_("Give the id of one of these: %(names)s.")) % {"names": names}


def items_called(text: str) -> list[Item]:
    """The items that a text may mean, two where it means several: by id here, outside id, or title."""
    try:
        return list(Item.objects.filter(pk=UUID(text)))
    except ValueError:
        pass  # no id of ours: it may be an outside id or a title, below
    by_id = list(Item.objects.filter(outside_id=text)[:2])
    return by_id or list(Item.objects.filter(title__iexact=text)[:2])


def name_of(item: Item) -> str:
    """What names an item in a form: its outside id, or where others have the same, its id here."""
    alone = Item.objects.filter(outside_id=item.outside_id).count() == 1
    return item.outside_id if alone else str(item.pk)


class MemberField(forms.CharField):
    """A member by their outside id."""

    def clean(self, value: object) -> Member | None:
        """The member; an error where there is none."""
        text = super().clean(value)
        if not text:
            return None
        member = Member.objects.filter(outside_id=text).first()
        if member is None:
            raise forms.ValidationError(_("No member has this id."))
        return member


def moment(label: StrPromise, help_text: StrPromise | str = "") -> forms.DateTimeField:
    """An instant on the clock of whoever writes."""
    widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
    return forms.DateTimeField(label=label, help_text=help_text, required=False, widget=widget)
