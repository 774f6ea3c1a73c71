"""`manage.py compile_words`: the catalogues as the server reads them."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from recsys.config.translations import compile_catalogues


class Command(BaseCommand):
    """Compile the translations that changed."""

    help = "Compiles the translations that changed; `make run` and the tests do it by themselves."
    requires_system_checks: list[str] = []

    def handle(self, **options: Any) -> None:
        for path in compile_catalogues():
            self.stdout.write(f"compiled {path}")
