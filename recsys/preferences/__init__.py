"""Preferences: what draws a member, learned from what they chose among what was shown."""
