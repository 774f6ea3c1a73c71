"""Where it is told what draws a member, inside the admin."""

from __future__ import annotations

from django.urls import path

from recsys.preferences import views

app_name = "preferences"
urlpatterns = [path("<uuid:member_id>/", views.preference, name="member")]
