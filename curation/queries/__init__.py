"""Queries over items and members: their fields, and the SQL that answers them."""
