"""Policies: loaded, compared, linted, approved, as files."""
