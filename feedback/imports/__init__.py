"""Feedback and data sets from files."""
