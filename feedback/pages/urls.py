"""The report and its tables."""

from __future__ import annotations

from django.urls import path

from feedback.pages import views

app_name = "feedback"

urlpatterns = [
    path("", views.report, name="report"),
    path("feedback/", views.activity, name="activity"),
    path("items/", views.items, name="items"),
    path("slots/", views.slots, name="slots"),
    path("members/", views.members, name="members"),
    path("comments/", views.comments, name="comments"),
    path("comments/<uuid:comment_id>/", views.judge_comment, name="judge-comment"),
    path("cleaning/", views.cleaning, name="cleaning"),
    path("cleaning/lift/", views.lift, name="lift"),
    path("<slug:table>.csv", views.download, name="download"),
]
