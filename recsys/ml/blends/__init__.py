"""Blends: scales, questions, weights learned or chosen."""
