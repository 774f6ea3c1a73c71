"""The Django project: settings, urls, the Celery app and the processes that run them."""

from recsys.config.celery import app as celery_app

__all__ = ["celery_app"]
