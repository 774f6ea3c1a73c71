"""Addresses of the panes that fuse slates for the desk, mounted inside the admin."""

from __future__ import annotations

from django.urls import path

from recsys.previews import views

app_name = "previews"
urlpatterns = [
    path("surfaces/<slug:slug>/", views.slates, name="slates"),
    path("blend/", views.blend, name="blend"),
    path("blend/others/", views.panel, name="panel"),
    path("<uuid:preview_id>/<slug:side>/<int:slot>/", views.placement, name="placement"),
]
