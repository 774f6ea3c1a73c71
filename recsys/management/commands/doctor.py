"""Examine the installation and say what to do about what ails it."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from recsys.operations.doctor import Finding, examine


class Command(BaseCommand):
    """`manage.py doctor [--json]`: ends with 1 where anything has to be mended."""

    help = (
        "Checks versions, services, migrations, disk, locks, workers, queues, clocks and artifacts."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the form of the answer."""
        parser.add_argument("--json", action="store_true", help="one JSON object, for programs")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Print every finding."""
        findings = examine()
        if options["json"]:
            told = [{**asdict(each), "ok": each.ok} for each in findings]
            well = all(each.ok for each in findings)
            self.stdout.write(json.dumps({"ok": well, "findings": told}, indent=1))
        else:
            for finding in findings:
                self._tell(finding)
        if not all(finding.ok for finding in findings):
            sys.exit(1)

    def _tell(self, finding: Finding) -> None:
        mark = self.style.SUCCESS("OK ") if finding.ok else self.style.ERROR("FIX")
        self.stdout.write(f"{mark}  {finding.subject}: {finding.text}")
        if finding.remedy:
            self.stdout.write(f"     → {finding.remedy}")
