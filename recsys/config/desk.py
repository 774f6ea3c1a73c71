"""The admin site: Django's own, under our name."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from django.contrib.admin import AdminSite, ModelAdmin
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, URLResolver, path, reverse
from django.utils.decorators import method_decorator
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache

from recsys.staff import desk_views

_APART: Final = {"account", "mfa", "usersessions"}


class TandemAdminSite(AdminSite):
    """Where curators and operators work."""

    site_header = _("Tandem desk")
    site_title = _("Tandem")
    index_title = _("Desk")
    site_url = "/"
    enable_nav_sidebar = False  # the rail of rooms stands in its place

    @method_decorator(never_cache)
    @login_not_required
    def login(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Send strangers to the one door of the product, which minds limits and second factors."""
        wanted = request.GET.get("next", "") or request.POST.get("next", "")
        if not url_has_allowed_host_and_scheme(wanted, {request.get_host()}):
            wanted = reverse("admin:index")
        if not request.user.is_authenticated:
            return redirect_to_login(wanted)
        if not self.has_permission(request):
            raise PermissionDenied
        return redirect(wanted)

    def index(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> TemplateResponse:
        """What waits for whoever asks, in the place of Django's list of tables."""
        return desk_views.home(request)

    def get_urls(self) -> list[URLPattern | URLResolver]:
        """Django's addresses, and the list of all tables."""
        tables = path("tables/", self.admin_view(desk_views.tables), name="tables")
        return [tables, *super().get_urls()]

    def register(
        self,
        model_or_iterable: type[Model] | Iterable[type[Model]],
        admin_class: type[ModelAdmin[Any]] | None = None,
        **options: Any,
    ) -> None:
        """Register a model, but none of allauth's: accounts have pages of their own, which keep their secrets."""
        models = [model_or_iterable] if isinstance(model_or_iterable, type) else model_or_iterable
        ours = [model for model in models if model._meta.app_label not in _APART]
        super().register(ours, admin_class, **options)
