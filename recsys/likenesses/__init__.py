"""Likenesses: texts that queries ask the like of."""
