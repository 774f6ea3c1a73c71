"""The admin site: Django's own, under our name."""

from __future__ import annotations

from django.contrib.admin import AdminSite
from django.contrib.admin.apps import AdminConfig
from django.utils.translation import gettext_lazy as _


class TandemAdminSite(AdminSite):
    """Where curators and operators work."""

    site_header = _("Tandem desk")
    site_title = _("Tandem")
    index_title = _("Desk")
    site_url = "/"


class TandemAdminConfig(AdminConfig):
    """Puts our site in the place of Django's."""

    default_site = "recsys.config.admin.TandemAdminSite"
