"""Forms of accounts: signing in, and making an API token."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

from allauth.account.forms import LoginForm
from django import forms
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from curation.models import Scope
from curation.people.access import of_staff
from recsys.accounts.tours import TOURS

STAFF_SESSION_S: Final = 8 * 3600
DAYS: Final = {"30": _("30 days"), "90": _("90 days"), "365": _("a year"), "": _("never")}


class SignInForm(LoginForm):  # type: ignore[misc]
    """Name or e-mail address, and password."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"].label = _("Username or e-mail address")
        self.fields["login"].widget.attrs = {"autocomplete": "username"}

    def add_prefix(self, field_name: str) -> str:
        """Call the name what browsers and scripts call it everywhere."""
        return "username" if field_name == "login" else str(super().add_prefix(field_name))

    def login(self, request: HttpRequest, redirect_url: str | None = None) -> HttpResponse:
        """Sign in; staff do so again each working day."""
        response: HttpResponse = super().login(request, redirect_url=redirect_url)
        if of_staff(self.user):
            request.session.set_expiry(STAFF_SESSION_S)
        return response


class TourForm(forms.Form):
    """What becomes of a tour, and the first page to go back to."""

    act = forms.ChoiceField(choices=[("dismiss", "dismiss"), ("restart", "restart")])
    tour = forms.ChoiceField(choices=[(each, each) for each in TOURS], required=False)
    next = forms.ChoiceField(choices=[("/", "/"), ("/admin/", "/admin/")], required=False)

    def clean(self) -> dict[str, Any]:
        """Putting away takes a tour."""
        told = super().clean() or self.cleaned_data
        if told.get("act") == "dismiss" and not (told.get("tour") and told.get("next")):
            raise forms.ValidationError(_("Name the tour and the page."))
        return told


class TokenForm(forms.Form):
    """A name to know the token by, what it may be used for, and how long."""

    name = forms.CharField(
        label=_("Name"), max_length=120, help_text=_("What will use it, so that you know it again.")
    )
    scopes = forms.MultipleChoiceField(
        label=_("May be used to"),
        choices=Scope.choices,
        initial=[Scope.READ],
        widget=forms.CheckboxSelectMultiple,
    )
    days = forms.ChoiceField(
        label=_("Expires after"), choices=list(DAYS.items()), initial="90", required=False
    )

    def expires_in(self) -> timedelta | None:
        """How long the token lives; None for ever."""
        days = self.cleaned_data["days"]
        return timedelta(days=int(days)) if days else None
