"""The door for commands: finds the services, then hands over to Django."""

from __future__ import annotations

import os
import sys

try:
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line

    from recsys.config.embedded.attach import attach
    from recsys.config.embedded.trouble import Trouble
except ModuleNotFoundError as error:
    sys.exit(
        f"{error}. The environment is not complete: `make run` repairs it (or: rm -r .venv && make run)."
    )


def main() -> None:
    """Run one command of Django's or of ours."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "recsys.config.settings")
    try:
        os.environ.update(attach(sys.argv[1] if len(sys.argv) > 1 else "", os.environ))
        execute_from_command_line(sys.argv)
    except (Trouble, ImproperlyConfigured) as trouble:
        sys.stderr.write(f"{trouble}\n")
        sys.exit(2)


if __name__ == "__main__":
    main()
