"""Expectations at the desk."""
