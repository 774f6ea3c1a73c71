"""`manage.py write_bytecode`: leave the compiled form of what the processes are about to import."""

from __future__ import annotations

from importlib import import_module
from pkgutil import walk_packages
from typing import Any, Final

from django.core.management.base import BaseCommand

HEAVY: Final = ("torch", "torch._dynamo")
"""What a fit imports when it begins; the second is loaded by every optimizer of the first."""
PROJECT: Final = ("curation", "feedback", "recsys")


class Command(BaseCommand):
    """Import every module of the project, and the libraries that only fits import."""

    help = (
        "Imports every module once, so that the processes that are started next find their bytecode. "
        "Packages are installed without it, since most of their modules are never imported."
    )
    requires_system_checks: list[str] = []

    def handle(self, *_args: Any, **_options: Any) -> None:
        """The processes of a first start need the project's modules first, and torch last."""
        for name in PROJECT:
            package = import_module(name)
            for module in walk_packages(package.__path__, f"{name}."):
                import_module(module.name)
        for name in HEAVY:
            import_module(name)
