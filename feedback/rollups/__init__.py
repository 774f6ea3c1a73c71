"""Figures kept up to date: of items, of members, of days."""
