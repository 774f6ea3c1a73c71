"""Policies at the desk: versions compared, and files."""
