"""The Celery app: three queues, a doorbell each; no result backend, since the row is the truth."""

from __future__ import annotations

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "recsys.config.settings")
# Django's checks import every page, of which no worker shows any; each command of manage.py makes them.
os.environ.setdefault("CELERY_SKIP_CHECKS", "true")

app = Celery("tandem")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(["recsys.workers"])
