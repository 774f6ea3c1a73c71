"""The pages of the reward table, inside the desk."""

from __future__ import annotations

from django.urls import path

from feedback.rewards import views

app_name = "rewards"
urlpatterns = [
    path("", views.overview, name="overview"),
    path("change/", views.change, name="change"),
]
