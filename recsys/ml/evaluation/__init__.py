"""Asking scorers what came after a cut, and what their lists are worth."""
