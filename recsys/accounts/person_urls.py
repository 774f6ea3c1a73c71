"""Where administrators look after the access of others, inside the admin."""

from __future__ import annotations

from django.urls import path

from recsys.accounts import person_views as views

app_name = "people"
urlpatterns = [
    path("<uuid:user_id>/", views.access, name="access"),
    path("<uuid:user_id>/end/", views.end, name="end"),
]
