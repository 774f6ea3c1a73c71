"""The product's addresses with those that are there only while debugging."""

from __future__ import annotations

from django.urls import path

from recsys.config import urls
from recsys.staff import styleguide

urlpatterns = [*urls.urlpatterns, path("styleguide/", styleguide.styleguide, name="styleguide")]
