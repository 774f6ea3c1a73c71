"""The report and its tables."""

from __future__ import annotations

from django.urls import path

from feedback import views

app_name = "feedback"

urlpatterns = [
    path("", views.report, name="report"),
    path("<slug:table>.csv", views.download, name="download"),
]
