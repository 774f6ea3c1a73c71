"""Sweeps: a whole grid of blends put to one question, and the point that a curator picks."""
