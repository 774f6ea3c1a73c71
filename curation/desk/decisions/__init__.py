"""Decisions written and revised in forms."""
