"""What keeps the product from starting, in words that say what to do."""

from __future__ import annotations


class Trouble(Exception):
    """A message for the person at the terminal: what is wrong, and what to do."""
