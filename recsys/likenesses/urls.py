"""The pages of texts that queries ask the like of, inside the desk."""

from __future__ import annotations

from django.urls import path

from recsys.likenesses import views

app_name = "likenesses"
urlpatterns = [
    path("", views.overview, name="list"),
    path("try/", views.attempt, name="try"),
    path("use/", views.use, name="use"),
    path("<slug:likeness_key>/remove/", views.remove, name="remove"),
]
