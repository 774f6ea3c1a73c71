"""The product's addresses and a bare view beside them, to compare with: below /api/v1/, so that no header differs."""

from __future__ import annotations

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.urls import path

from recsys.config.urls import urlpatterns as product
from recsys.transport import cache

KEY = "bench:bare"


@login_not_required
def bare(_request: HttpRequest) -> HttpResponse:
    """Answer with what one key of the cache holds."""
    value = cache.client().get(KEY)
    return HttpResponse(value, content_type="application/json")


urlpatterns = [path("api/v1/bare/", bare), *product]
