"""Runs and model versions: asked for, queued, fitted, evaluated, compared, promoted, scheduled."""
