"""Profiles: members and items as numbers, and what tells them apart in words."""
