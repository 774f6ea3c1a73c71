"""Puts our admin site in the place of Django's."""

from __future__ import annotations

from django.contrib.admin.apps import AdminConfig


class TandemAdminConfig(AdminConfig):
    """Django's admin app with our site."""

    default_site = "recsys.config.desk.TandemAdminSite"
