"""Puts our admin site in the place of Django's."""

from __future__ import annotations

from django.contrib.admin.apps import SimpleAdminConfig


class TandemAdminConfig(SimpleAdminConfig):
    """Django's admin app with our site. Its pages are looked for where the addresses are: workers have none."""

    default_site = "recsys.config.desk.TandemAdminSite"
