"""The WSGI entry of the web processes."""

from __future__ import annotations

import gc
import os

from django.conf import settings
from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "recsys.config.settings")

application = get_wsgi_application()
gc.set_threshold(settings.COLLECTED_AFTER)
