"""Segments at the desk."""
