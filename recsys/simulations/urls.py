"""The pages of simulations, inside the desk."""

from __future__ import annotations

from django.urls import path

from recsys.simulations import views

app_name = "simulations"
urlpatterns = [
    path("change-sets/<uuid:change_set_id>/", views.of_set, name="of-set"),
    path("<uuid:simulation_id>/", views.detail, name="detail"),
    path("<uuid:simulation_id>/progress/", views.progress, name="progress"),
    path("<uuid:simulation_id>/cancel/", views.cancel, name="cancel"),
]
