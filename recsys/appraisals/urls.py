"""The pages of appraisals, inside the desk."""

from __future__ import annotations

from django.urls import path

from recsys.appraisals import views

app_name = "appraisals"
urlpatterns = [
    path("<uuid:decision_id>/", views.detail, name="detail"),
    path("<uuid:decision_id>/count/", views.count, name="count"),
    path("<uuid:decision_id>/progress/", views.progress, name="progress"),
    path("<uuid:decision_id>/<slug:appraisal_table>.csv", views.table, name="table"),
]
