"""Many values as one parameter, or one row as one line: JSON with other brackets, which is quick to write.

PostgreSQL reads JSON's quotes, escapes of quotes and null alike in an array and, told so, in CSV. It does
not read JSON's escapes of control characters: no text with one comes past the door of feedback.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

import orjson

CSV: Final = r"""(FORMAT csv, ESCAPE '\', NULL 'null')"""
"""How COPY is told to read what `line` writes."""


def array(values: Iterable[Any]) -> str:
    """An array of one dimension, of UUIDs, texts, numbers, instants or None; cast it in the statement."""
    return "{" + orjson.dumps(list(values)).decode()[1:-1] + "}"


def line(row: tuple[Any, ...]) -> bytes:
    """One row for COPY."""
    return orjson.dumps(row)[1:-1] + b"\n"
